//! The server's side of the socket that gateways connect to: publishes tables, takes in acknowledgements, health,
//! load and records. See [`naru_model::link`] for the frames.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use naru_model::link::{self, Listener, ToGateway, ToServer};
use naru_model::snapshot::{Endpoints, Routing, ServiceId};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};

/// Sockets that one hello may carry. More than any machine has gateway threads times addresses.
const MAX_LISTENERS: usize = 250;

/// The newest tables, each with its version. A connection sends what it has not sent yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Published {
    pub(crate) routing: Option<(u64, Arc<Routing>)>,
    pub(crate) endpoints: BTreeMap<ServiceId, (u64, Arc<Endpoints>)>,
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
    pub(crate) listeners: Vec<(Listener, OwnedFd)>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("can't talk to the gateway: {0}")]
    Io(#[from] io::Error),
    #[error("the gateway sent a frame of {0} bytes; the most is {max}", max = link::MAX_FRAME)]
    TooLong(usize),
    #[error("the gateway sent a frame of an unknown kind ({0})")]
    UnknownKind(u8),
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
    let hello = match tokio::time::timeout(Duration::from_secs(5), read_hello(&stream)).await {
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
        ended = read_all(read, connection, &events, records) => ended,
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

/// Reads the first frame together with the descriptors that travel beside it.
async fn read_hello(stream: &UnixStream) -> Result<Hello, Error> {
    let mut descriptors = Vec::new();
    let mut head = [0; 4];
    receive(stream, &mut head, &mut descriptors).await?;
    let len = checked_len(u32::from_be_bytes(head))?;
    let mut body = vec![0; len];
    receive(stream, &mut body, &mut descriptors).await?;
    match serde_json::from_slice(&body[1..])? {
        ToServer::Hello { pid, build, listeners, .. } if listeners.len() == descriptors.len() => {
            Ok(Hello { pid, build, listeners: listeners.into_iter().zip(descriptors).collect() })
        }
        _ => Err(Error::NoHello),
    }
}

/// Fills `buffer`, and puts the descriptors that came with its bytes into `descriptors`.
async fn receive(
    stream: &UnixStream,
    buffer: &mut [u8],
    descriptors: &mut Vec<OwnedFd>,
) -> Result<(), Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        let rest = &mut buffer[filled..];
        let received = stream
            .async_io(Interest::READABLE, || {
                let mut space =
                    [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_LISTENERS))];
                let mut ancillary = RecvAncillaryBuffer::new(&mut space);
                let mut parts = [io::IoSliceMut::new(rest)];
                let received =
                    rustix::net::recvmsg(stream, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
                for message in ancillary.drain() {
                    if let RecvAncillaryMessage::ScmRights(fds) = message {
                        descriptors.extend(fds);
                    }
                }
                Ok(received.bytes)
            })
            .await?;
        if received == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        filled += received;
    }
    Ok(())
}

fn checked_len(len: u32) -> Result<usize, Error> {
    let len = len as usize;
    if len == 0 || len > link::MAX_FRAME { Err(Error::TooLong(len)) } else { Ok(len) }
}

async fn read_all(
    read: OwnedReadHalf,
    connection: ConnectionId,
    events: &mpsc::Sender<LinkEvent>,
    records: Records,
) -> Result<(), Error> {
    let mut read = tokio::io::BufReader::with_capacity(64 << 10, read);
    let mut body = Vec::new();
    loop {
        let len = checked_len(read.read_u32().await?)?;
        body.resize(len, 0);
        read.read_exact(&mut body).await?;
        match body[0] {
            link::KIND_RECORDS => records(&body[1..]),
            link::KIND_MESSAGE => {
                let message = serde_json::from_slice(&body[1..])?;
                if events.send(LinkEvent::Said { connection, message }).await.is_err() {
                    return Ok(());
                }
            }
            kind => return Err(Error::UnknownKind(kind)),
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
        messages.push((*version, ToGateway::Routing { version: *version, routing: (**routing).clone() }));
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
    let mut frame = vec![0; 4];
    frame.push(link::KIND_MESSAGE);
    serde_json::to_writer(&mut frame, message)?;
    let len = (frame.len() - 4) as u32;
    frame[..4].copy_from_slice(&len.to_be_bytes());
    write.write_all(&frame).await?;
    Ok(())
}
