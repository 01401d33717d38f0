//! One thread of the gateway: accepts connections and serves them, each in a task of its own, on a runtime of its own.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::spawn_local;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

use crate::context::{Connection, Connections, WorkerContext};
use crate::exchange::Origin;
use crate::http1::serve::{First, begin, recognise};
use crate::io::Io;
use crate::policy::access::PeerCertificate;
use crate::thread::Thread;
use crate::timer::Timer;
use crate::tls::Certificates;
use crate::{http1, http2, log};

/// How often pools are swept and certificates looked at.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// How long nothing is accepted after the machine has run out of something (descriptors, memory).
const SHORTAGE: Duration = Duration::from_millis(100);
/// How often a draining thread looks whether its last connection has ended.
const DRAIN_STEP: Duration = Duration::from_millis(10);
/// Tasks run between two looks at the network. Tasks are served in turn whatever it is, so that more of them, twice the
/// default, only save looks.
const EVENT_INTERVAL: u32 = 128;

/// Runs the thread until it has drained.
///
/// # Panics
/// The runtime can't be made, or a listening socket can't be used: the gateway ends, and its server starts another.
pub(crate) fn run(context: WorkerContext) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .event_interval(EVENT_INTERVAL)
        .build_local(LocalOptions::default());
    if let Err(error) = runtime.and_then(|runtime| runtime.block_on(work(context))) {
        panic!("a gateway thread can't work: {error}");
    }
}

async fn work(context: WorkerContext) -> io::Result<()> {
    let WorkerContext {
        thread: number,
        listeners,
        tables,
        mut drain,
        reporter,
        connections,
        clock,
        certificates,
    } = context;
    let thread = Rc::new(Thread::new(number, tables.current(), reporter, &clock));
    let mut tasks = Vec::new();
    let adopting = thread.clone();
    tasks.push(spawn_local(tables.follow(move |table| adopting.adopt(table))));
    tasks.push(spawn_local(keep_house(thread.clone(), certificates.clone())));
    let mut accepting = Vec::new();
    for (listener, tls) in listeners {
        let listener = TcpListener::from_std(listener)?;
        let certificates = tls.then(|| certificates.clone());
        accepting.push(spawn_local(accept(thread.clone(), listener, certificates, connections.clone())));
    }
    let deadline = Instant::from_std(drain.begun().await);
    // Aborted, a task drops its listener, and what the kernel has queued there goes with it; whoever drains a gateway
    // has another process accept from the same sockets.
    accepting.iter().for_each(|task| task.abort());
    thread.drain(deadline);
    while thread.open_count() > 0 && Instant::now() < deadline {
        sleep_until(deadline.min(Instant::now() + DRAIN_STEP)).await;
    }
    tasks.iter().for_each(|task| task.abort());
    Ok(())
}

async fn keep_house(thread: Rc<Thread>, certificates: Arc<Certificates>) {
    let mut ticks = interval(HOUSEKEEPING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let now = ticks.tick().await;
        thread.pool.sweep(now);
        let table = thread.table();
        certificates.refresh(&table.certificates, table.callers.client_ca.as_deref());
    }
}

async fn accept(
    thread: Rc<Thread>,
    listener: TcpListener,
    certificates: Option<Arc<Certificates>>,
    connections: Arc<Connections>,
) {
    loop {
        match listener.accept().await {
            Ok((tcp, peer)) => {
                // One that is over the limit waits here, and those behind it in the kernel's queue.
                let counted = connections.open(thread.table().limits.connections).await;
                let connection = Accepted { tcp, peer, _counted: counted };
                spawn_local(serve(thread.clone(), connection, certificates.clone()));
            }
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                log::line(format_args!("can't accept connections: {error}"));
                sleep(SHORTAGE).await;
            }
        }
    }
}

/// Errors of a connection that ended before it was accepted, as `accept(2)` lists them; all others are shortages.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, NetworkDown, NetworkUnreachable, TimedOut,
    };
    let kinds =
        [ConnectionAborted, ConnectionReset, HostUnreachable, NetworkDown, NetworkUnreachable, TimedOut];
    kinds.contains(&error.kind())
}

struct Accepted {
    tcp: TcpStream,
    peer: SocketAddr,
    _counted: Connection,
}

async fn serve(thread: Rc<Thread>, accepted: Accepted, certificates: Option<Arc<Certificates>>) {
    let _open = thread.open().await;
    let Accepted { tcp, peer, _counted } = accepted;
    if tcp.set_nodelay(true).is_err() {
        return;
    }
    let Ok(local) = tcp.local_addr() else { return };
    let mut origin = Origin::new(peer.ip(), local, certificates.is_some());
    let mut timer = Timer::default();
    let Some(certificates) = certificates else {
        match recognise(begin(Io::Tcp(tcp), origin, &thread), &thread, &mut timer).await {
            First::Http1(session) => http1::serve::serve(&thread, session, &mut timer).await,
            First::Http2(io, read, origin) => http2::serve::serve(&thread, io, read, origin).await,
            First::Nothing => {}
        }
        return;
    };
    let Some(acceptor) = certificates.acceptor() else { return };
    let patience = thread.table().limits.head_timeout;
    let Ok(Ok(tls)) = timeout(patience, acceptor.accept(tcp)).await else { return };
    let session = tls.get_ref().1;
    let shown = session.peer_certificates().and_then(<[_]>::first);
    origin.certificate = shown.and_then(|der| PeerCertificate::read(der)).map(Box::new);
    let http2 = session.alpn_protocol() == Some(b"h2");
    let io = Io::Tls(Box::new(tls.into()));
    if http2 {
        http2::serve::serve(&thread, io, Vec::new(), origin).await;
    } else {
        http1::serve::serve(&thread, begin(io, origin, &thread), &mut timer).await;
    }
}

#[cfg(test)]
mod tests;
