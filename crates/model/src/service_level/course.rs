//! What was seen of something over a day, as telemetry tells it: all of it adds up.

use serde::{Deserialize, Serialize};

use crate::apdex::Apdex;

/// What was seen of one thing over a period.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Course {
    /// In the order of time, without those of which nothing was seen: by minutes, longer ones of what is older than two days.
    pub stretches: Vec<Stretch>,
    /// Response times of each hour since the period's begin, failures among them.
    pub hours: Vec<Vec<Bucket>>,
    /// Its distinct users, as telemetry packs them. `None`: they are not kept of it, or not of all of the period.
    pub users: Option<Vec<u8>>,
}

/// Requests by response time: so many took as long as this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// The middle of the bucket, in microseconds; within 1 % of what lies in it.
    pub micros: u32,
    pub requests: u64,
}

/// One stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stretch {
    /// When it begins, in seconds since 1970.
    pub at: u32,
    /// How long it is, in seconds.
    pub seconds: u32,
    /// Seconds of it in which somebody looked; 0: naru's server did not run.
    pub observed: u32,
    pub requests: u64,
    /// Failed by the client's fault, the service's, and naru's or the machine's.
    pub client_errors: u64,
    pub service_errors: u64,
    pub platform_errors: u64,
    /// Response times added up, in microseconds.
    pub latency_us: u64,
    pub apdex: Apdex,
    /// Body bytes from clients, and to them.
    pub received_bytes: u64,
    pub sent_bytes: u64,
    /// Mean over the stretch.
    pub in_flight: Option<f64>,
    /// Ready instances at its end.
    pub instances: Option<u32>,
    /// Cores used, mean over the stretch.
    pub cpu_cores: Option<f64>,
}

impl Stretch {
    /// Requests that failed by our fault: the service's, naru's or the machine's.
    pub fn failed(&self) -> u64 {
        self.service_errors.saturating_add(self.platform_errors)
    }
}
