//! The gateway's end of the line to the server: snapshots in; acknowledgements, health, load and records out.
//!
//! While there is no server, all goes on with the last snapshot, and it is called again and again. Nothing here makes a
//! request wait, and nothing grows without bound: what is to be sent is made when there is room for it ([`Outgoing`]),
//! until then it is one word (versions), one entry per endpoint (health) or a bounded buffer (records).

mod missed;
mod outgoing;
mod start;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use naru_model::link::{Frame, FrameError, Listener, ToGateway, ToServer, Used};
use tokio::net::UnixStream;
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, sleep_until, timeout};

use crate::context::Connections;
use crate::health::News;
use crate::log;
use crate::registry::Registry;
use crate::report::Records;
use missed::Missed;
use outgoing::Outgoing;
pub(crate) use start::Start;

/// Pauses between two calls to a server that does not answer.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_millis(500);
/// Between two loads when nothing asks for one.
const LOAD_EVERY: Duration = Duration::from_millis(250);
/// And when something does, at least; with each endpoint it grows, so that a hundred changes a second to 2,000 endpoints
/// cost ten loads of 2,000, not a hundred.
const LOAD_PAUSE: Duration = Duration::from_millis(20);
const LOAD_PAUSE_PER_ENDPOINT: Duration = Duration::from_micros(40);
/// Between two fetches of records.
const RECORDS_EVERY: Duration = Duration::from_millis(100);
/// How long the last words may take when the process ends.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Between two words of what quotas have used.
const USED_EVERY: Duration = Duration::from_millis(250);
/// Quotas told of in one message.
const USED_AT_ONCE: usize = 10_000;
/// Bytes asked of the socket at once.
const READ: usize = 64 << 10;

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the server closed the link")]
    Closed,
    #[error("the link broke")]
    Io(#[from] io::Error),
    #[error("the server does not speak this protocol")]
    Frame(#[from] FrameError),
    #[error("the server sent request records, which go the other way")]
    Records,
    #[error("a message from the server can't be read")]
    Message(#[from] serde_json::Error),
}

pub(crate) struct Link {
    pub(crate) path: PathBuf,
    /// What the gateway calls its build in the hello.
    pub(crate) build: String,
    /// Copies of the listening sockets, for a server that has lost its own.
    pub(crate) listeners: Vec<(OwnedFd, Listener)>,
    pub(crate) registry: Registry,
    pub(crate) news: Arc<News>,
    pub(crate) records: Arc<Records>,
    pub(crate) connections: Arc<Connections>,
    /// Where an order to drain goes.
    pub(crate) drain: watch::Sender<Option<Instant>>,
    /// Has the threads begin when they know whom to send where.
    pub(crate) start: Start,
}

impl Link {
    /// Keeps a connection to the server until `end` is told, and then sends what is left to say.
    pub(crate) async fn run(mut self, mut end: oneshot::Receiver<()>) {
        let mut pause = FIRST_PAUSE;
        let mut silent = false;
        loop {
            let connected = tokio::select! {
                connected = UnixStream::connect(&self.path) => connected,
                _ = &mut end => return,
            };
            let error = match connected {
                Ok(stream) => {
                    (pause, silent) = (FIRST_PAUSE, false);
                    match self.session(&stream, &mut end).await {
                        Ok(()) => return,
                        Err(error) => error,
                    }
                }
                Err(error) => Error::Io(error),
            };
            if !silent {
                silent = true;
                let path = self.path.display();
                log::line(format_args!("no link to the server at {path}, requests go on: {}", chain(&error)));
            }
            tokio::select! {
                () = sleep(pause) => pause = (pause * 2).min(LAST_PAUSE),
                _ = &mut end => return,
            }
        }
    }

    /// Serves one connection until it breaks, or `end` is told and all has been said.
    async fn session(&mut self, stream: &UnixStream, end: &mut oneshot::Receiver<()>) -> Result<(), Error> {
        let mut out = Outgoing::default();
        self.hello(stream, &mut out).await?;
        let mut received = BytesMut::new();
        let (acks, drained) = (self.registry.acks(), self.registry.drained());
        let (news, full) = (self.news.clone(), self.records.full.clone());
        // When the next load is due, and the time before which there is none.
        let mut load_at = tokio::time::Instant::now();
        let mut records_at = load_at;
        let (mut earliest_load, mut used_at) = (load_at, load_at);
        let mut missed = Missed::default();
        loop {
            tokio::select! {
                ready = stream.readable() => {
                    ready?;
                    self.receive(stream, &mut received)?;
                }
                ready = stream.writable(), if !out.is_empty() => {
                    ready?;
                    out.send(stream)?;
                }
                () = acks.changed.notified() => load_at = load_at.min(earliest_load),
                () = drained.notified() => load_at = load_at.min(earliest_load),
                () = news.arrived.notified(), if out.has_room() => self.tell_health(&mut out)?,
                () = self.start.overdue() => self.start.callers_came(),
                () = full.notified(), if out.has_room() => self.tell_records(&mut out)?,
                () = sleep_until(records_at), if out.has_room() => {
                    records_at = tokio::time::Instant::now() + RECORDS_EVERY;
                    self.tell_records(&mut out)?;
                }
                () = sleep_until(used_at), if out.has_room() => {
                    used_at = tokio::time::Instant::now() + USED_EVERY;
                    self.tell_used(&mut out)?;
                    for issuer in missed.due(self.registry.missed_keys(), Instant::now()) {
                        out.message(&ToServer::UnknownKey { issuer })?;
                    }
                }
                () = sleep_until(load_at), if out.has_room() => {
                    let told = self.tell_load(&mut out)?;
                    let pause = LOAD_PAUSE + LOAD_PAUSE_PER_ENDPOINT * told as u32;
                    let now = tokio::time::Instant::now();
                    (load_at, earliest_load) = (now + LOAD_EVERY.max(pause), now + pause);
                }
                _ = &mut *end => {
                    let _ = timeout(LAST_WORDS, self.last_words(stream, &mut out)).await;
                    return Ok(());
                }
            }
        }
    }

    /// Says who this is, with the listening sockets beside it, and then how every endpoint is.
    async fn hello(&mut self, stream: &UnixStream, out: &mut Outgoing) -> Result<(), Error> {
        out.message(&ToServer::Hello {
            pid: std::process::id(),
            build: self.build.clone(),
            version: self.registry.version(),
            listeners: self.listeners.iter().map(|(_, listener)| listener.clone()).collect(),
        })?;
        let sockets: Vec<BorrowedFd<'_>> = self.listeners.iter().map(|(fd, _)| fd.as_fd()).collect();
        out.send_with(stream, &sockets).await?;
        // What was news is told with all the rest.
        self.news.take();
        for endpoint in self.registry.endpoints() {
            let instance = endpoint.instance().clone();
            out.message(&ToServer::Health { instance, health: endpoint.findings.health() })?;
        }
        Ok(())
    }

    fn receive(&mut self, stream: &UnixStream, received: &mut BytesMut) -> Result<(), Error> {
        received.reserve(READ);
        match stream.try_read_buf(received) {
            Ok(0) => return Err(Error::Closed),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let mut rest = &received[..];
        while let Some(frame) = Frame::decode(&mut rest)? {
            match frame {
                Frame::Message(json) => self.follow(serde_json::from_slice(json)?),
                Frame::Records(_) => return Err(Error::Records),
            }
        }
        let consumed = received.len() - rest.len();
        received.advance(consumed);
        if received.is_empty() && received.capacity() > 4 * READ {
            // A whole table has passed through; its room is not needed until the next one.
            *received = BytesMut::new();
        }
        Ok(())
    }

    fn follow(&mut self, message: ToGateway) {
        match message {
            ToGateway::Routing { version, routing } => {
                self.registry.apply_routing(version, &routing);
                self.start.routing_came();
            }
            ToGateway::Endpoints { version, endpoints } => {
                if !self.registry.apply_endpoints(version, &endpoints) {
                    let service = endpoints.service.0;
                    log::line(format_args!("endpoints of service {service}, which no routing has named"));
                }
            }
            ToGateway::Callers { version, callers } => {
                self.registry.apply_callers(version, &callers);
                self.start.callers_came();
            }
            ToGateway::Used { used } => self.registry.counters.set_used(used),
            ToGateway::Drain { within_ms } => {
                let deadline = Instant::now() + Duration::from_millis(within_ms);
                log::line(format_args!("told by the server to drain within {within_ms} ms"));
                self.drain.send_if_modified(|order| order.is_none() && order.replace(deadline).is_none());
            }
        }
    }

    fn tell_health(&mut self, out: &mut Outgoing) -> Result<(), Error> {
        for (endpoint, health) in self.news.take() {
            if !endpoint.is_retired() {
                out.message(&ToServer::Health { instance: endpoint.instance().clone(), health })?;
            }
        }
        Ok(())
    }

    /// The load goes before the acknowledgement and is made after it: whoever reads "all threads have version v" has
    /// read what was in flight when they had. Returns the number of endpoints told of.
    fn tell_load(&mut self, out: &mut Outgoing) -> Result<usize, Error> {
        let acknowledged = self.registry.newly_acknowledged();
        let load = self.registry.load(self.connections.count() as u64, self.records.dropped());
        let told = load.endpoints.len();
        out.message(&ToServer::Load(load))?;
        if let Some(version) = acknowledged {
            out.message(&ToServer::Ack { version })?;
        }
        Ok(told)
    }

    /// In parts, so that no frame is too long however many quotas there are.
    fn tell_used(&mut self, out: &mut Outgoing) -> Result<(), Error> {
        let tell = |used: &[Used]| out.message(&ToServer::Used { used: used.to_vec() });
        self.registry.counters.take_used().chunks(USED_AT_ONCE).try_for_each(tell)
    }

    fn tell_records(&mut self, out: &mut Outgoing) -> Result<(), Error> {
        (0..self.records.threads()).try_for_each(|thread| out.records(&self.records, thread))
    }

    async fn last_words(&mut self, stream: &UnixStream, out: &mut Outgoing) -> Result<(), Error> {
        self.tell_records(out)?;
        self.tell_used(out)?;
        self.tell_load(out)?;
        while !out.is_empty() {
            stream.writable().await?;
            out.send(stream)?;
        }
        Ok(())
    }
}

/// The error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

#[cfg(test)]
mod tests;
