//! What all scalers are given alike: the service, how long its instances take to start, how requests come to them, what is promised.

use std::time::Duration;

use naru_model::units::Timestamp;

/// The service that all scalers are given alike. Durations are of simulated time.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// Requests that an instance works on at a time. Default 5.
    pub workers: u32,
    /// The mean of a request's work; the standard deviation is half of it (Erlang, four stages). Default 100 ms, so that an instance
    /// carries 50 requests per second at the very most.
    pub work: Duration,
    /// From an instance's start until it can serve. Default 10 s.
    pub start_up: Duration,
    /// Cores it burns meanwhile. Default 1.
    pub start_up_cores: f64,
    /// How long it goes on burning them once it serves, beside its work (just-in-time compilation). Default 0.
    pub burns: Duration,
    /// A client goes away when no worker has its request after this time. Default 30 s.
    pub patience: Duration,
    /// Requests that wait in front of all instances; more are refused. Default 4096, that of `traffic.queue`.
    pub queue: usize,
    /// Instances there are at the least and at the most. Default 1 and 20.
    pub min: u32,
    pub max: u32,
    /// Seconds of the trace, from and before, of which nobody measures the processor. Default none.
    pub unmeasured: Option<(u64, u64)>,
    /// Seconds of which the gateway's gauges are missing: arrivals, in flight, waiting. Default none.
    pub unheard: Option<(u64, u64)>,
    /// How long an instance may be overloaded before it stops answering checks of its health. With [`Spread::RoundRobin`] it is
    /// overloaded while its oldest request has waited so long, and gets no more requests until it has caught up (a readiness
    /// probe); in front of naru while all of its workers have been busy so long. Default: it always answers.
    pub unready_after: Option<Duration>,
    /// Every request takes exactly `work`. Default: it varies.
    pub steady_work: bool,
    /// A function that hangs for a while. Default none.
    pub failing: Option<Failing>,
    /// The response time that still satisfies. Default [`OBJECTIVE`].
    pub objective: Duration,
    /// When simulated time begins, which schedules go by. Default [`EPOCH`].
    pub begins: Timestamp,
    /// Default 1.
    pub seed: u64,
}

/// A function whose requests hang, as when what it is linked to does not answer: each holds its worker until the time-out and fails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failing {
    /// From and before, in microseconds since the beginning.
    pub from: u64,
    pub to: u64,
    /// Which part of all requests is of that function, 0 to 1.
    pub share: f64,
    /// The time-out.
    pub hangs: Duration,
}

impl Default for World {
    fn default() -> Self {
        World {
            workers: 5,
            work: Duration::from_millis(100),
            start_up: Duration::from_secs(10),
            start_up_cores: 1.0,
            burns: Duration::ZERO,
            patience: Duration::from_secs(30),
            queue: 4096,
            min: 1,
            max: 20,
            unmeasured: None,
            unheard: None,
            unready_after: None,
            steady_work: false,
            failing: None,
            objective: OBJECTIVE,
            begins: EPOCH,
            seed: 1,
        }
    }
}

impl World {
    /// Requests per second that keep all workers of an instance busy.
    pub fn carries(&self) -> f64 {
        f64::from(self.workers) / self.work.as_secs_f64()
    }
}

/// Which instance a request goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// To each in turn, whatever it has to do already; it waits in the instance (an ingress before Kubernetes with its defaults).
    RoundRobin,
    /// To the one with the fewest in flight; over so many in flight to each it waits in front of all of them and goes to whichever
    /// has a place first (naru's gateway; Knative's activator and queue-proxy).
    Bounded(u32),
}

/// When traces begin, which name no time: a whole hour.
pub const EPOCH: Timestamp = Timestamp(1_790_002_800_000_000);

/// The response time that still satisfies.
pub const OBJECTIVE: Duration = Duration::from_millis(500);
