//! A load driver, open loop or closed. Open: requests are sent when they are due, not when the last one came back, and
//! their latency is counted from when they were due. A server that stalls can't hide it by holding the client up.
//! Source: Gil Tene, "How NOT to Measure Latency" (coordinated omission). Closed: a number of users, each of whom waits
//! for the answer, as load tests of web applications have them; latency is what such a user feels.
//!
//! One thread of its own with a minimal HTTP/1.1 client, with TLS where it is asked for; it loads this machine's own
//! loopback addresses and nothing else, unless somebody named the other machine.

pub(crate) mod client;
mod drive;
mod outcome;
mod pacer;
mod schedule;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::sync::Notify;

pub use outcome::{Failure, Outcome, Second};
pub use schedule::{Arrivals, Pace, Step};
pub use stream::Tls;

/// What to send, how often and for how long.
#[derive(Debug, Clone)]
pub struct Plan {
    /// A loopback address; any other is refused, unless `elsewhere`.
    pub target: SocketAddr,
    /// Somebody has named the target, so that it may be another machine.
    pub elsewhere: bool,
    /// How TLS is spoken with the target; plain HTTP without.
    pub tls: Option<Tls>,
    pub pace: Pace,
    /// The same seed sends the same requests at the same times.
    pub seed: u64,
    pub duration: Duration,
    /// Ends the load early.
    pub max_requests: u64,
    /// Requests under way at once; one that would be over it is not sent and counts as [`Failure::Overrun`].
    pub max_in_flight: usize,
    /// From when a request is due to the end of its answer, with all its attempts.
    pub timeout: Duration,
    /// What is promised: answers later than this are counted apart in [`Outcome::within`].
    pub promise: Duration,
    /// How often an idempotent request is sent again when its connection is lost, as HTTP clients do (RFC 9110 §9.2.2).
    pub resend: u32,
    /// At least one, of weight over 0 in sum.
    pub shapes: Vec<Shape>,
}

/// One kind of request.
#[derive(Debug, Clone)]
pub struct Shape {
    pub method: &'static str,
    /// The path, without a query: each request gets `?n=NUMBER`, which its answer must repeat, so that an answer that
    /// belongs to another request is found out.
    pub path: String,
    /// Bytes of the request's body.
    pub body_len: usize,
    /// Its share of the requests, in proportion.
    pub weight: u32,
    /// Sent as it stands here instead of what is above, to a service that repeats no number.
    pub written: Option<Written>,
}

/// A request of somebody else's service, whose answer is judged by its status and by being whole.
#[derive(Debug, Clone)]
pub struct Written {
    /// Head and body.
    pub request: Arc<[u8]>,
    /// The answer has no body: HEAD.
    pub head_only: bool,
    /// It may be sent again when its connection is lost.
    pub idempotent: bool,
    /// Which statuses are as wanted.
    pub well: RangeInclusive<u16>,
}

impl Shape {
    pub fn get(path: &str) -> Shape {
        Shape { method: "GET", path: path.to_owned(), body_len: 0, weight: 1, written: None }
    }

    pub fn written(written: Written) -> Shape {
        Shape { written: Some(written), ..Shape::get("/") }
    }
}

impl Plan {
    /// Steady arrivals of GETs, no resending, with bounds that a machine carries.
    pub fn new(target: SocketAddr, rate: f64, duration: Duration, shapes: Vec<Shape>) -> Plan {
        Plan {
            target,
            elsewhere: false,
            tls: None,
            pace: Pace::Open { rate, arrivals: Arrivals::Constant, steps: Vec::new() },
            seed: 1,
            duration,
            max_requests: 10_000_000,
            max_in_flight: 4096,
            timeout: Duration::from_secs(30),
            promise: Duration::from_secs(1),
            resend: 0,
            shapes,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is no loopback address; only this machine may be loaded")]
    NotLoopback(SocketAddr),
    #[error("a load of {0} requests/s can't be sent; give a rate over 0 and at most 1000000")]
    BadRate(f64),
    #[error("a load of {0} users can't be sent; give from 1 to as many as requests may be under way")]
    BadUsers(u32),
    #[error("there is nothing to send; give at least one kind of request a weight")]
    NothingToSend,
    #[error("the load driver can't start")]
    Start(#[source] io::Error),
    #[error("the load driver ended by a fault of its own")]
    Broken,
}

/// A load under way. Dropped, it ends by itself when its time is over.
pub struct Running {
    thread: JoinHandle<io::Result<Outcome>>,
    stop: Arc<Notify>,
    live: Arc<Live>,
}

/// Counted while the load runs.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub(crate) due: AtomicU64,
    pub(crate) answered: AtomicU64,
    pub(crate) failed: AtomicU64,
}

/// Starts the load in a thread of its own.
///
/// # Errors
/// When the plan makes no sense, names another machine, or the thread can't start.
pub fn start(plan: Plan) -> Result<Running, Error> {
    if !plan.elsewhere && !plan.target.ip().is_loopback() {
        return Err(Error::NotLoopback(plan.target));
    }
    match &plan.pace {
        Pace::Open { rate, steps, .. } => {
            let mut rates = std::iter::once(*rate).chain(steps.iter().map(|step| step.rate));
            if let Some(bad) = rates.find(|rate| !(*rate > 0.0 && *rate <= 1e6)) {
                return Err(Error::BadRate(bad));
            }
        }
        Pace::Closed { users, .. } if *users == 0 || *users as usize > plan.max_in_flight => {
            return Err(Error::BadUsers(*users));
        }
        Pace::Closed { .. } => {}
    }
    if plan.shapes.iter().all(|shape| shape.weight == 0) {
        return Err(Error::NothingToSend);
    }
    open_many_files();
    let (stop, live) = (Arc::new(Notify::new()), Arc::new(Live::default()));
    let (stopped, counted) = (stop.clone(), live.clone());
    let thread = std::thread::Builder::new()
        .name("load".to_owned())
        .spawn(move || drive::run(plan, stopped, counted))
        .map_err(Error::Start)?;
    Ok(Running { thread, stop, live })
}

/// Each request under way has a connection, and many systems begin with 1,024 open files. Where they can't be more, the
/// requests that are too many count as lost.
fn open_many_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

impl Running {
    /// Requests that were due, were answered well, and failed, so far.
    pub fn counts(&self) -> (u64, u64, u64) {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (load(&self.live.due), load(&self.live.answered), load(&self.live.failed))
    }

    /// Tells whether its time is over and the last answers are there.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Sends no more, waits for the answers that are due, and tells how it went.
    ///
    /// # Errors
    /// When the driver itself failed.
    pub fn stop(self) -> Result<Outcome, Error> {
        self.stop.notify_one();
        self.finish()
    }

    /// Waits for the end of its time and for the last answers.
    ///
    /// # Errors
    /// When the driver itself failed.
    pub fn finish(self) -> Result<Outcome, Error> {
        self.thread.join().map_err(|_| Error::Broken)?.map_err(Error::Start)
    }
}

#[cfg(test)]
mod tests;
