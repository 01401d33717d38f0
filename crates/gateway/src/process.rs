//! The gateway process from its first step to its last: take over the sockets, find the server, start a thread per core
//! once there is a table, serve, drain, end.

use std::io;
use std::net::TcpListener;
use std::os::fd::{OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use naru_model::link::Listener;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::context::{Connections, Drain, WorkerContext};
use crate::health::{self, News};
use crate::inherit;
use crate::link::{Link, Start};
use crate::log;
use crate::policy::limit::keep_shared;
use crate::policy::{MakeShape, Maker};
use crate::registry::{Registry, Watched};
use crate::report::Records;
use crate::tls::Certificates;

/// How long requests may take to end after SIGTERM.
const DRAIN: Duration = Duration::from_secs(30);
/// For threads to notice that the time to drain is over.
const GRACE: Duration = Duration::from_secs(2);

/// What `naru gateway` is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server's socket, `STATE/link.sock`.
    pub link: PathBuf,
    /// Inherited listening sockets; `true`: speaks TLS. Each is accepted from by one thread.
    pub listeners: Vec<(RawFd, bool)>,
    /// At least 1.
    pub threads: usize,
    /// What this build is called, for the server to compare with its own.
    pub build: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("file descriptor {fd} can't be taken over")]
    Listener {
        fd: RawFd,
        #[source]
        source: io::Error,
    },
    #[error("the gateway can't start: {what}")]
    Start {
        what: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("gateway thread {0} has failed")]
    Thread(usize),
}

/// Serves until told to drain (by SIGTERM, SIGINT or the server) and done with it. Blocks. To be called once, early: it
/// owns the descriptors in `options` from then on. `work` is what a thread does.
pub(crate) fn run(options: &Options, make_shape: MakeShape, work: fn(WorkerContext)) -> Result<(), Error> {
    raise_descriptor_limit();
    let start = |what| move |source| Error::Start { what, source };
    let clock = Clock::start();
    let listeners = adopt_all(&options.listeners)?;
    let kept = keep(&listeners).map_err(start("copying its sockets"))?;

    let news = Arc::new(News::default());
    let (watch_endpoint, watched) = mpsc::unbounded_channel();
    spawn_checks(watched, news.clone(), clock.clone())?;

    let threads = options.threads.max(1);
    let registry = Registry::new(clock.clone(), threads, watch_endpoint, Maker::new(make_shape));
    let records = Arc::new(Records::new(threads));
    let connections = Arc::new(Connections::default());
    let (drain, drain_order) = watch::channel(None);
    let (routed, first_table) = oneshot::channel();
    let drain_order = Drain::new(drain_order);

    let certificates = Arc::new(Certificates::default());
    let context = |thread| WorkerContext {
        thread,
        listeners: Vec::new(),
        tables: registry.tables(thread),
        drain: drain_order.clone(),
        reporter: records.reporter(thread),
        connections: connections.clone(),
        clock: clock.clone(),
        certificates: certificates.clone(),
    };
    let mut contexts: Vec<_> = (0..threads).map(context).collect();
    for (i, listener) in listeners.into_iter().enumerate() {
        contexts[i % threads].listeners.push(listener);
    }
    let link = Link {
        path: options.link.clone(),
        build: options.build.clone(),
        listeners: kept,
        registry,
        news,
        records,
        connections,
        drain: drain.clone(),
        start: Start::new(routed),
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start("its runtime"))?;
    runtime.block_on(async {
        obey_signals(drain).map_err(start("its signals"))?;
        tokio::spawn(keep_shared(link.registry.counters.clone()));
        let (end, ended) = oneshot::channel();
        let link = tokio::spawn(link.run(ended));
        let result = serve(contexts, work, first_table, drain_order).await;
        // Fails only when the link has ended itself, and then there is nobody to wait for.
        let _ = end.send(());
        let _ = link.await;
        result
    })
}

/// Starts the threads when the first table is there, and waits until all of them have ended.
///
/// Not before: without a table all they could say is 404, while a connection that nobody accepts yet just waits.
async fn serve(
    contexts: Vec<WorkerContext>,
    work: fn(WorkerContext),
    first_table: oneshot::Receiver<()>,
    mut drain: Drain,
) -> Result<(), Error> {
    let mut waiting = drain.clone();
    tokio::select! {
        _ = first_table => {}
        _ = waiting.begun() => return Ok(()),
    }
    let (done, mut ended) = mpsc::unbounded_channel();
    let mut running = contexts.len();
    log::line(format_args!("serving with {running} threads"));
    for context in contexts {
        let (number, done) = (context.thread, done.clone());
        let body = move || {
            let mut end = End { number, well: false, done };
            work(context);
            end.well = true;
        };
        thread::Builder::new()
            .name(format!("gateway-{number}"))
            .spawn(body)
            .map_err(|source| Error::Start { what: "a thread", source })?;
    }
    drop(done);
    let late = async {
        let deadline = drain.begun().await;
        tokio::time::sleep_until((deadline + GRACE).into()).await;
    };
    let mut late = std::pin::pin!(late);
    while running > 0 {
        tokio::select! {
            end = ended.recv() => match end {
                Some((_, true)) => running -= 1,
                Some((number, false)) => return Err(Error::Thread(number)),
                None => break,
            },
            () = &mut late => {
                log::line(format_args!("{running} threads have not drained in time and are cut off"));
                break;
            }
        }
    }
    Ok(())
}

/// Says that a thread has ended, even when it panicked.
struct End {
    number: usize,
    well: bool,
    done: mpsc::UnboundedSender<(usize, bool)>,
}

impl Drop for End {
    fn drop(&mut self) {
        // Nobody listens when another thread has failed already.
        let _ = self.done.send((self.number, self.well));
    }
}

fn adopt_all(listeners: &[(RawFd, bool)]) -> Result<Vec<(TcpListener, bool)>, Error> {
    let adopt = |(i, (fd, tls)): (usize, &(RawFd, bool))| {
        let fail = |source| Error::Listener { fd: *fd, source };
        if listeners[..i].iter().any(|(other, _)| other == fd) {
            return Err(fail(io::Error::new(io::ErrorKind::InvalidInput, "given twice")));
        }
        Ok((inherit::adopt(*fd).map_err(fail)?, *tls))
    };
    listeners.iter().enumerate().map(adopt).collect()
}

/// Copies the sockets, for the link to hand to a server.
fn keep(listeners: &[(TcpListener, bool)]) -> io::Result<Vec<(OwnedFd, Listener)>> {
    let copy = |(listener, tls): &(TcpListener, bool)| {
        let listed = Listener { address: listener.local_addr()?, tls: *tls };
        Ok((OwnedFd::from(listener.try_clone()?), listed))
    };
    listeners.iter().map(copy).collect()
}

fn spawn_checks(
    watched: mpsc::UnboundedReceiver<Watched>,
    news: Arc<News>,
    clock: Clock,
) -> Result<(), Error> {
    let fail = |source| Error::Start { what: "the health checks", source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(fail)?;
    let body = move || runtime.block_on(health::run(watched, news, clock));
    // It ends with the registry, or with the process.
    thread::Builder::new().name("gateway-health".to_owned()).spawn(body).map(drop).map_err(fail)
}

/// Gives the order to drain at the first SIGTERM or SIGINT. SIGPIPE is ignored by every Rust program.
fn obey_signals(drain: watch::Sender<Option<Instant>>) -> io::Result<()> {
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        log::line(format_args!("told by a signal to drain within {} s", DRAIN.as_secs()));
        let deadline = Instant::now() + DRAIN;
        drain.send_if_modified(|order| order.is_none() && order.replace(deadline).is_none());
    });
    Ok(())
}

/// Every connection is two descriptors; the soft limit of 1,024 is for programs that use select(2).
fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        log::line(format_args!("the limit of open files stays as it is: {error}"));
    }
}

#[cfg(test)]
mod tests;
