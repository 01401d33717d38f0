//! Where services send to: connections, bounded in number, streams, time and memory, on a thread of their own.
//!
//! Who sends too much is told so, as OTLP has it; nobody waits for anybody else, and nothing here can slow a request that the
//! gateway carries.

mod grpc;
mod http1;
mod office;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use naru_model::units::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};

use crate::counters::Counters;
use crate::sink::Sink;
use office::Office;

/// Tells what time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Takes one line for the server's log.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// How long requests that are under way may take to end when the receiver is told to stop.
const GRACE: Duration = Duration::from_secs(1);
/// How long nothing is accepted after the system had no room for a connection.
const BREATH: Duration = Duration::from_millis(100);

/// What is listened on; `None`: not offered.
#[derive(Debug, Default)]
pub struct Doors {
    pub grpc: Option<TcpListener>,
    pub http: Option<TcpListener>,
}

/// What senders may take of the machine.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open connections of each door; more wait in the kernel's queue. Default 2,048.
    pub connections: usize,
    /// Requests at once on one HTTP/2 connection. Default 32.
    pub streams: u32,
    /// What all requests that are coming in may take together, in bytes; over it they are to come again. Default 64 MiB.
    pub memory: usize,
    /// From a request's head to its last byte. Default 20s.
    pub request: Duration,
    /// A connection without a request. Default 10 minutes: exporters send at least once a minute.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 2048,
            streams: 32,
            memory: 64 << 20,
            request: Duration::from_secs(20),
            idle: Duration::from_secs(600),
        }
    }
}

/// What a receiver needs of whoever starts it.
pub struct Setup {
    pub doors: Doors,
    pub limits: Limits,
    pub sink: Arc<dyn Sink>,
    /// Counted in from now on; a later receiver may go on with them.
    pub counters: Arc<Counters>,
    pub clock: Clock,
    /// Told once when something is lost; more is only counted.
    pub log: Log,
}

/// Receives until it is stopped or dropped.
pub struct Receiver {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Receives on a thread of its own.
    ///
    /// # Errors
    /// The machine has no thread left, or the doors are no sockets that can be waited on.
    pub fn start(setup: Setup) -> io::Result<Receiver> {
        let Setup { doors, limits, sink, counters, clock, log } = setup;
        for door in [&doors.grpc, &doors.http].into_iter().flatten() {
            door.set_nonblocking(true)?;
        }
        let office = Arc::new(Office::new(sink, counters, limits, clock, log));
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let run = move || runtime.block_on(receive(doors, office, stopped));
        let thread = thread::Builder::new().name("otlp".to_owned()).spawn(run)?;
        Ok(Receiver { stop, thread: Some(thread) })
    }

    /// Takes no more connections, lets requests that are under way end, for a second at most, and waits for that.
    pub fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn receive(doors: Doors, office: Arc<Office>, stopped: watch::Receiver<bool>) {
    let grpc = accept(doors.grpc, office.clone(), stopped.clone(), grpc::serve);
    let http = accept(doors.http, office, stopped, http1::serve);
    tokio::join!(grpc, http);
}

/// Accepts connections until it is told to stop, and then waits for those there are.
async fn accept<F>(
    door: Option<TcpListener>,
    office: Arc<Office>,
    mut stopped: watch::Receiver<bool>,
    serve: fn(TcpStream, Arc<Office>, watch::Receiver<bool>) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = match door.map(tokio::net::TcpListener::from_std) {
        Some(Ok(listener)) => listener,
        Some(Err(error)) => return office.say(&format!("otlp: a listener can't be waited on: {error}")),
        None => return,
    };
    let most = office.limits.connections;
    let places = Arc::new(Semaphore::new(most));
    loop {
        let accepted = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => break,
            accepted = async {
                let place = places.clone().acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
        };
        let (Ok(place), Ok((stream, _))) = accepted else {
            // No file descriptor is left, or the client has gone already.
            tokio::time::sleep(BREATH).await;
            continue;
        };
        // Without it, answers only come later.
        let _ = stream.set_nodelay(true);
        let (counters, connection) =
            (office.counters.clone(), serve(stream, office.clone(), stopped.clone()));
        tokio::spawn(async move {
            counters.connected();
            connection.await;
            counters.disconnected();
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, places.acquire_many(most as u32)).await;
}

#[cfg(test)]
mod tests;
