//! The server's side of the socket that gateways connect to: publishes tables, takes in acknowledgements, health,
//! load and records. See [`naru_model::link`] for the frames.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use naru_model::link::{Frame, FrameError, Listener, ToGateway, ToServer};
use naru_model::snapshot::{Callers, Endpoints, Routing, ServiceId};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};

/// Descriptors that one message may carry, Linux's SCM_MAX_FD. A hello with more comes in several.
const DESCRIPTORS_AT_ONCE: usize = 253;
/// Room for what is read at once, in bytes: a batch of records.
const READ_AT_ONCE: usize = 64 << 10;

/// The newest tables, each with its version. A connection sends what it has not sent yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Published {
    pub(crate) routing: Option<(u64, Arc<Routing>)>,
    pub(crate) endpoints: BTreeMap<ServiceId, (u64, Arc<Endpoints>)>,
    pub(crate) callers: Option<(u64, Arc<Callers>)>,
}

/// Takes in batches of records.
pub(crate) type Records = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// Tells connections apart, also those of one gateway that connected twice.
pub(crate) type ConnectionId = u64;

#[derive(Debug)]
pub(crate) enum LinkEvent {
    Connected { connection: ConnectionId, hello: Hello, control: mpsc::Sender<ToGateway> },
    Said { connection: ConnectionId, message: ToServer },
    Lost { connection: ConnectionId },
}

#[derive(Debug)]
pub(crate) struct Hello {
    pub(crate) pid: u32,
    pub(crate) build: String,
    /// The version it routes by; 0: it begins.
    pub(crate) version: u64,
    pub(crate) listeners: Vec<(Listener, OwnedFd)>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("can't talk to the gateway: {0}")]
    Io(#[from] io::Error),
    #[error("the gateway does not speak as it should: {0}")]
    Frame(#[from] FrameError),
    #[error("the gateway sent a message that can't be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("the gateway did not begin with a hello and a descriptor for each listener")]
    NoHello,
}

/// Listens at `path` until the runtime ends. `records` gets every batch as it comes.
pub(crate) fn listen(
    path: &Path,
    published: watch::Receiver<Arc<Published>>,
    events: mpsc::Sender<LinkEvent>,
    records: Records,
) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    tokio::spawn(async move {
        let mut connection = 0;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    connection += 1;
                    tokio::spawn(serve(
                        stream,
                        connection,
                        published.clone(),
                        events.clone(),
                        records.clone(),
                    ));
                }
                Err(error) => {
                    eprintln!("naru: can't accept the gateway: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    });
    Ok(())
}

async fn serve(
    stream: UnixStream,
    connection: ConnectionId,
    published: watch::Receiver<Arc<Published>>,
    events: mpsc::Sender<LinkEvent>,
    records: Records,
) {
    let mut received = Vec::new();
    let hello = match tokio::time::timeout(Duration::from_secs(5), read_hello(&stream, &mut received)).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(error)) => return eprintln!("naru: {error}"),
        Err(_) => return eprintln!("naru: {}", Error::NoHello),
    };
    let (control, commands) = mpsc::channel(16);
    if events.send(LinkEvent::Connected { connection, hello, control }).await.is_err() {
        return;
    }
    let (read, write) = stream.into_split();
    let ended = tokio::select! {
        ended = read_all(read, received, connection, &events, records) => ended,
        ended = write_all(write, published, commands) => ended,
    };
    if let Err(error) = ended
        && !matches!(&error, Error::Io(io) if io.kind() == io::ErrorKind::UnexpectedEof)
    {
        eprintln!("naru: {error}");
    }
    // The receiver has gone only when the server is ending.
    let _ = events.send(LinkEvent::Lost { connection }).await;
}

/// Reads the first frame together with the descriptors that travel beside it. What came after it stays in `received`.
async fn read_hello(stream: &UnixStream, received: &mut Vec<u8>) -> Result<Hello, Error> {
    let mut descriptors = Vec::new();
    loop {
        let mut rest = received.as_slice();
        let Some(frame) = Frame::decode(&mut rest)? else {
            receive(stream, received, &mut descriptors).await?;
            continue;
        };
        let Frame::Message(message) = frame else { return Err(Error::NoHello) };
        let ToServer::Hello { pid, build, version, listeners } = serde_json::from_slice(message)? else {
            return Err(Error::NoHello);
        };
        if listeners.len() != descriptors.len() {
            return Err(Error::NoHello);
        }
        let used = received.len() - rest.len();
        received.drain(..used);
        return Ok(Hello {
            pid,
            build,
            version,
            listeners: listeners.into_iter().zip(descriptors).collect(),
        });
    }
}

/// Appends what has come to `received`, and the descriptors that came with it to `descriptors`.
async fn receive(
    stream: &UnixStream,
    received: &mut Vec<u8>,
    descriptors: &mut Vec<OwnedFd>,
) -> Result<(), Error> {
    let mut bytes = [0; 4096];
    let count = stream
        .async_io(Interest::READABLE, || {
            let mut space =
                [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_AT_ONCE))];
            let mut ancillary = RecvAncillaryBuffer::new(&mut space);
            let mut parts = [io::IoSliceMut::new(&mut bytes)];
            let message = rustix::net::recvmsg(stream, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
            for beside in ancillary.drain() {
                if let RecvAncillaryMessage::ScmRights(fds) = beside {
                    descriptors.extend(fds);
                }
            }
            Ok(message.bytes)
        })
        .await?;
    if count == 0 {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    received.extend_from_slice(&bytes[..count]);
    Ok(())
}

/// Takes in all that the gateway says, beginning with what has been `received` already.
async fn read_all(
    mut read: OwnedReadHalf,
    mut received: Vec<u8>,
    connection: ConnectionId,
    events: &mpsc::Sender<LinkEvent>,
    records: Records,
) -> Result<(), Error> {
    loop {
        let mut rest = received.as_slice();
        while let Some(frame) = Frame::decode(&mut rest)? {
            let message = match frame {
                Frame::Records(batch) => {
                    records(batch);
                    continue;
                }
                Frame::Message(message) => serde_json::from_slice(message)?,
            };
            if events.send(LinkEvent::Said { connection, message }).await.is_err() {
                return Ok(());
            }
        }
        let used = received.len() - rest.len();
        received.drain(..used);
        received.reserve(READ_AT_ONCE);
        if read.read_buf(&mut received).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
}

async fn write_all(
    mut write: OwnedWriteHalf,
    mut published: watch::Receiver<Arc<Published>>,
    mut commands: mpsc::Receiver<ToGateway>,
) -> Result<(), Error> {
    let mut sent = 0;
    loop {
        let newest = published.borrow_and_update().clone();
        sent = send_newer(&mut write, &newest, sent).await?;
        tokio::select! {
            changed = published.changed() => if changed.is_err() { return Ok(()) },
            command = commands.recv() => match command {
                Some(command) => send(&mut write, &command).await?,
                None => return Ok(()),
            },
        }
    }
}

/// Sends what is newer than version `sent`, oldest first, and returns the version that the gateway then has.
async fn send_newer(write: &mut OwnedWriteHalf, published: &Published, sent: u64) -> Result<u64, Error> {
    let mut newest = sent;
    let mut messages = Vec::new();
    if let Some((version, routing)) = published.routing.as_ref().filter(|(version, _)| *version > sent) {
        newest = newest.max(*version);
        messages.push((
            *version,
            ToGateway::Routing { version: *version, routing: Box::new((**routing).clone()) },
        ));
    }
    if let Some((version, callers)) = published.callers.as_ref().filter(|(version, _)| *version > sent) {
        newest = newest.max(*version);
        messages.push((
            *version,
            ToGateway::Callers { version: *version, callers: Box::new((**callers).clone()) },
        ));
    }
    for (version, endpoints) in published.endpoints.values().filter(|(version, _)| *version > sent) {
        newest = newest.max(*version);
        messages
            .push((*version, ToGateway::Endpoints { version: *version, endpoints: (**endpoints).clone() }));
    }
    messages.sort_by_key(|(version, _)| *version);
    for (_, message) in &messages {
        send(write, message).await?;
    }
    Ok(newest)
}

async fn send(write: &mut OwnedWriteHalf, message: &ToGateway) -> Result<(), Error> {
    let mut frame = Vec::new();
    Frame::Message(&serde_json::to_vec(message)?).encode(&mut frame)?;
    write.write_all(&frame).await?;
    Ok(())
}
