//! What clients got: response times by the minute in which requests came, against what was promised them.

use naru_model::apdex::Apdex;
use serde::{Deserialize, Serialize};

/// Buckets of response times: each is a twelfth of a doubling wide (6 %), from 1 ms on; 24 doublings are four hours.
const PER_DOUBLING: f64 = 12.0;
const BUCKETS: usize = 12 * 24;

/// Response times, to be asked for quantiles within 6 %.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    counts: Box<[u32; BUCKETS]>,
    total: u32,
}

impl Default for Times {
    fn default() -> Self {
        Times { counts: Box::new([0; BUCKETS]), total: 0 }
    }
}

impl Times {
    /// The bucket of a time.
    pub(crate) fn bucket(micros: u64) -> usize {
        let bucket = (micros as f64 / 1000.0).max(1.0).log2() * PER_DOUBLING;
        (bucket as usize).min(BUCKETS - 1)
    }

    pub(crate) fn add(&mut self, bucket: usize) {
        self.counts[bucket] += 1;
        self.total += 1;
    }

    pub(crate) fn merge(&mut self, other: &Times) {
        for (count, more) in self.counts.iter_mut().zip(other.counts.iter()) {
            *count += more;
        }
        self.total += other.total;
    }

    /// Becomes the same as the other.
    pub(crate) fn copy(&mut self, other: &Times) {
        self.counts.copy_from_slice(other.counts.as_slice());
        self.total = other.total;
    }

    pub(crate) fn take_out(&mut self, other: &Times) {
        for (count, less) in self.counts.iter_mut().zip(other.counts.iter()) {
            *count -= less;
        }
        self.total -= other.total;
    }

    pub(crate) fn clear(&mut self) {
        if self.total > 0 {
            self.counts.fill(0);
            self.total = 0;
        }
    }

    /// Returns the time in seconds that 95 % did not exceed.
    pub(crate) fn p95(&self) -> Option<f64> {
        self.quantile(0.95)
    }

    /// Returns the time in seconds that this share, 0 to 1, did not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let rank = (f64::from(self.total) * share).ceil() as u32;
        let mut seen = 0;
        let mut at_rank = |count: &u32| {
            seen += count;
            seen >= rank
        };
        let bucket = self.counts.iter().position(&mut at_rank).filter(|_| self.total > 0)?;
        Some(((bucket as f64 + 0.5) / PER_DOUBLING).exp2() / 1000.0)
    }
}

/// One minute's requests, by when they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Minute {
    pub(crate) requests: u32,
    /// Those that took too long or failed.
    pub(crate) bad: u32,
    pub(crate) failed: u32,
    /// Where they are kept, for a kilobyte each.
    pub(crate) times: Option<Times>,
}

impl Minute {
    /// Whether more than 5 % of its requests took too long or failed.
    pub(crate) fn is_violated(&self) -> bool {
        f64::from(self.bad) > f64::from(self.requests) * ALLOWED
    }
}

/// Requests that were answered or given up, all together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums {
    pub(crate) requests: u64,
    /// Answered, but too late.
    pub(crate) waited: u64,
    pub(crate) failed: u64,
    /// Of all of them, failed ones until they were given up.
    pub(crate) response_us: u64,
    pub(crate) times: Times,
}

impl Sums {
    pub(crate) fn add(&mut self, answer: &Answer) {
        self.requests += 1;
        self.waited += u64::from(answer.late && !answer.failed);
        self.failed += u64::from(answer.failed);
        self.response_us += answer.micros;
        self.times.add(answer.bucket);
    }

    pub(crate) fn merge(&mut self, other: &Sums) {
        self.requests += other.requests;
        self.waited += other.waited;
        self.failed += other.failed;
        self.response_us += other.response_us;
        self.times.merge(&other.times);
    }
}

/// What happened since it was last taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) arrived: u32,
    pub(crate) ended: u32,
    pub(crate) failed: u32,
    pub(crate) response_us: u64,
    pub(crate) apdex: Apdex,
    pub(crate) times: Times,
    /// Requests in the system, summed up over microseconds.
    pub(crate) open_us: u64,
}

impl Tally {
    /// Forgets all of it, and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.times.clear();
        (self.arrived, self.ended, self.failed) = (0, 0, 0);
        (self.response_us, self.open_us) = (0, 0);
        self.apdex = Apdex::default();
    }
}

/// One request's end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// How long it took, in microseconds.
    pub(crate) micros: u64,
    /// Longer than what satisfies.
    pub(crate) late: bool,
    pub(crate) failed: bool,
    /// [`Times::bucket`] of `micros`.
    pub(crate) bucket: usize,
}

/// What came of a replay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub requests: u64,
    /// Requests that were given up: no place, or no worker in time.
    pub failed: u64,
    pub minutes: u32,
    /// The minutes in which more than 5 % of the requests that came took over 500 ms or failed, counted from 0.
    pub violated: Vec<u32>,
    /// The highest of the minutes' p95 response times, in seconds.
    pub worst_p95_seconds: f64,
    /// Instances there were from their start to their end, added up.
    pub instance_hours: f64,
    /// How often the wanted number changed.
    pub scalings: u32,
    /// The most that were wanted at once.
    pub most: u32,
    /// Instances wanted at the end of each second.
    #[serde(skip)]
    pub wanted: Vec<u32>,
    /// Instances there were then, those that start included and those that drain not.
    #[serde(skip)]
    pub kept: Vec<u32>,
}

/// Requests that may miss the response time before a minute is violated.
const ALLOWED: f64 = 0.05;

impl Outcome {
    pub(crate) fn new(minutes: &[Minute], instance_us: u64, wanted: Vec<u32>, kept: Vec<u32>) -> Outcome {
        let indices = minutes.iter().enumerate().filter(|(_, minute)| minute.is_violated());
        Outcome {
            requests: minutes.iter().map(|minute| u64::from(minute.requests)).sum(),
            failed: minutes.iter().map(|minute| u64::from(minute.failed)).sum(),
            minutes: minutes.len() as u32,
            violated: indices.map(|(index, _)| index as u32).collect(),
            worst_p95_seconds: minutes
                .iter()
                .filter_map(|minute| minute.times.as_ref()?.p95())
                .fold(0.0, f64::max),
            instance_hours: instance_us as f64 / 3.6e9,
            scalings: wanted.windows(2).filter(|pair| pair[0] != pair[1]).count() as u32,
            most: wanted.iter().copied().max().unwrap_or(0),
            wanted,
            kept,
        }
    }
}
