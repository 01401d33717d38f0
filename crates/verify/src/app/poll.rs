//! Idle connections are watched by one thread and cost no worker, as in Tomcat's poller: only a connection with a
//! request on it waits in line for a worker.
//!
//! Health checks and `/_app/` have a line of their own, with one thread: an overloaded server is not a dead one.

use std::collections::HashMap;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::time::Timespec;

use super::answer::Server;
use super::connection::{Connection, Next};
use super::queue::Queue;

const LISTENER: u64 = 0;
const STOP: u64 = 1;
const FIRST_CONNECTION: u64 = 2;
/// Once told to stop, how long idle connections may still bring a request that was on its way.
const LINGER: Duration = Duration::from_millis(100);
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

pub(crate) struct Poller {
    epoll: OwnedFd,
    listener: Mutex<Option<TcpListener>>,
    /// Held so that it stays open: the signal handler writes to its other end.
    _stop: UnixStream,
    idle: Mutex<HashMap<u64, Connection>>,
    requests: Queue,
    controls: Queue,
    stopping: AtomicBool,
}

/// Serves the connections of one queue, for ever.
pub(crate) fn work(poller: &Poller, queue: &Queue, server: &Server) {
    loop {
        let (id, mut connection) = queue.take();
        match connection.serve(server, &poller.stopping) {
            Next::Again => poller.enqueue(id, connection),
            Next::Idle => poller.watch(id, connection),
            Next::Close => drop(connection),
        }
        queue.done();
    }
}

impl Poller {
    pub(crate) fn new(listener: TcpListener, stop: UnixStream) -> io::Result<Poller> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        listener.set_nonblocking(true)?;
        epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
        epoll::add(&epoll, &stop, EventData::new_u64(STOP), EventFlags::IN | EventFlags::ONESHOT)?;
        Ok(Poller {
            epoll,
            listener: Mutex::new(Some(listener)),
            _stop: stop,
            idle: Mutex::default(),
            requests: Queue::default(),
            controls: Queue::default(),
            stopping: AtomicBool::new(false),
        })
    }

    pub(crate) fn requests(&self) -> &Queue {
        &self.requests
    }

    pub(crate) fn controls(&self) -> &Queue {
        &self.controls
    }

    fn idle(&self) -> MutexGuard<'_, HashMap<u64, Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts and hands out until told to stop and nothing is under way any more.
    pub(crate) fn run(&self) -> io::Result<()> {
        let mut next_id = FIRST_CONNECTION;
        let mut events = Vec::with_capacity(256);
        let mut last_event = Instant::now();
        loop {
            let stopping = self.stopping.load(Ordering::Relaxed);
            match epoll::wait(&self.epoll, spare_capacity(&mut events), stopping.then_some(&TICK)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            if !events.is_empty() {
                last_event = Instant::now();
            }
            for event in events.drain(..) {
                match event.data.u64() {
                    LISTENER => self.accept(&mut next_id),
                    STOP => self.stop(&mut next_id),
                    id => {
                        // Taken out in a statement of its own, so that the map is not locked while it is handed on.
                        let ready = self.idle().remove(&id);
                        if let Some(connection) = ready {
                            self.enqueue(id, connection);
                        }
                    }
                }
            }
            let quiet = self.requests.is_quiet() && self.controls.is_quiet();
            if stopping && quiet && last_event.elapsed() >= LINGER {
                self.idle().clear();
                return Ok(());
            }
        }
    }

    /// Takes the connections that the kernel has already accepted for it, and then no more.
    fn stop(&self, next_id: &mut u64) {
        self.stopping.store(true, Ordering::Relaxed);
        self.accept(next_id);
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn accept(&self, next_id: &mut u64) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((stream, _)) = listener.as_ref().and_then(|l| l.accept().ok()) {
            self.adopt(*next_id, stream);
            *next_id += 1;
        }
    }

    /// A connection that can't be set up is closed: there is nobody to tell.
    fn adopt(&self, id: u64, stream: TcpStream) {
        let Ok(connection) = Connection::new(stream) else { return };
        let mut idle = self.idle();
        let connection = idle.entry(id).or_insert(connection);
        let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ONESHOT;
        if epoll::add(&self.epoll, connection.stream(), EventData::new_u64(id), flags).is_err() {
            idle.remove(&id);
        }
    }

    fn watch(&self, id: u64, connection: Connection) {
        let mut idle = self.idle();
        let connection = idle.entry(id).or_insert(connection);
        let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ONESHOT;
        if epoll::modify(&self.epoll, connection.stream(), EventData::new_u64(id), flags).is_err() {
            idle.remove(&id);
        }
    }

    fn enqueue(&self, id: u64, mut connection: Connection) {
        let queue = if connection.asks_for_control() { &self.controls } else { &self.requests };
        queue.push(id, connection);
    }
}
