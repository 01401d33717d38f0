//! What the client saw: counts, quantiles, what failed and how, second by second.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use sketches_ddsketch::{Config, DDSketch};

/// Quantiles are within this share of the true value.
const ACCURACY: f64 = 0.001;
/// From 1 µs to a minute at [`ACCURACY`]: ln(6e7) / (2 × 0.001), rounded up.
const MAX_BINS: u32 = 9_000;
/// How many failures are kept word for word.
const MAX_EXAMPLES: usize = 8;

/// Why a request counts as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Nobody listened.
    Refused,
    /// The connection was closed or reset before the head of the answer was there.
    Lost,
    /// The answer's body ended early.
    ShortBody,
    Timeout,
    /// 5xx.
    ServerError,
    /// Any other status than 2xx.
    OtherStatus,
    /// No HTTP, or the answer of another request.
    WrongAnswer,
    /// Too many requests were under way already, so it was not sent.
    Overrun,
}

/// One second of the load, by when requests were due.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Second {
    pub due: u64,
    pub answered: u64,
    pub failed: u64,
    /// The slowest that was answered, in microseconds.
    pub slowest_us: u64,
    /// The latencies of those answered, added up, in microseconds.
    pub total_us: u64,
}

/// How a load went.
#[derive(Clone)]
pub struct Outcome {
    /// Requests that were due.
    pub due: u64,
    /// Those answered with 2xx, whole and right.
    pub answered: u64,
    /// Those answered within the plan's promise.
    pub within: u64,
    pub failures: BTreeMap<Failure, u64>,
    /// Requests that were answered after having been sent again.
    pub resent: u64,
    /// How long connections were refused: each stretch from its first refusal to the next answer, added up.
    pub refused_for: Duration,
    /// The longest time without an answer while requests were due.
    pub longest_silence: Duration,
    /// From the first due time to the last answer.
    pub elapsed: Duration,
    pub timeline: Vec<Second>,
    /// The first few failures, with when and what.
    pub examples: Vec<String>,
    /// The shortest and the longest latency of those answered.
    pub fastest: Duration,
    pub slowest: Duration,
    /// When the last one was due that was answered later than promised, or not at all.
    pub last_late: Option<Duration>,
    latencies: DDSketch,
    latency_seconds: f64,
    refused_since: Option<Duration>,
    last_answer: Duration,
}

impl Outcome {
    pub(crate) fn new() -> Outcome {
        Outcome {
            due: 0,
            answered: 0,
            within: 0,
            failures: BTreeMap::new(),
            resent: 0,
            refused_for: Duration::ZERO,
            longest_silence: Duration::ZERO,
            elapsed: Duration::ZERO,
            timeline: Vec::new(),
            examples: Vec::new(),
            fastest: Duration::MAX,
            slowest: Duration::ZERO,
            last_late: None,
            latency_seconds: 0.0,
            latencies: DDSketch::new(Config::new(ACCURACY, MAX_BINS, 1e-9)),
            refused_since: None,
            last_answer: Duration::ZERO,
        }
    }

    /// All requests that failed.
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    pub fn failed_by(&self, failure: Failure) -> u64 {
        self.failures.get(&failure).copied().unwrap_or(0)
    }

    /// The latency that the given share (0 to 1) of the answered requests stayed within; zero when there were none.
    pub fn quantile(&self, share: f64) -> Duration {
        let seconds = self.latencies.quantile(share).ok().flatten();
        Duration::from_secs_f64(seconds.unwrap_or(0.0).max(0.0))
    }

    /// The mean latency of the answered requests; zero when there were none.
    pub fn mean(&self) -> Duration {
        Duration::from_secs_f64(self.latency_seconds / self.answered.max(1) as f64)
    }

    /// Requests answered a second, from the load's start to the last answer.
    pub fn throughput(&self) -> f64 {
        self.answered as f64 / self.elapsed.as_secs_f64().max(1e-6)
    }

    fn second(&mut self, due: Duration) -> &mut Second {
        let index = due.as_secs() as usize;
        if self.timeline.len() <= index {
            self.timeline.resize_with(index + 1, Second::default);
        }
        &mut self.timeline[index]
    }

    /// A request is due; all times are counted from the load's start.
    pub(crate) fn due(&mut self, due: Duration) {
        self.due += 1;
        self.second(due).due += 1;
    }

    pub(crate) fn answered(&mut self, due: Duration, now: Duration, promise: Duration) {
        let latency = now.saturating_sub(due);
        self.answered += 1;
        self.within += u64::from(latency <= promise);
        self.latencies.add(latency.as_secs_f64());
        self.latency_seconds += latency.as_secs_f64();
        self.fastest = self.fastest.min(latency);
        self.slowest = self.slowest.max(latency);
        if latency > promise {
            self.last_late = self.last_late.max(Some(due));
        }
        let second = self.second(due);
        second.answered += 1;
        second.slowest_us = second.slowest_us.max(latency.as_micros() as u64);
        second.total_us += latency.as_micros() as u64;
        if let Some(since) = self.refused_since.take() {
            self.refused_for += now.saturating_sub(since);
        }
        self.longest_silence = self.longest_silence.max(now.saturating_sub(self.last_answer));
        self.last_answer = now;
        self.elapsed = self.elapsed.max(now);
    }

    pub(crate) fn failed_at(&mut self, due: Duration, now: Duration, failure: Failure, what: &str) {
        *self.failures.entry(failure).or_default() += 1;
        self.second(due).failed += 1;
        self.last_late = self.last_late.max(Some(due));
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push(format!(
                "after {:.3} s, due {:.3} s: {what}",
                now.as_secs_f64(),
                due.as_secs_f64()
            ));
        }
        if failure == Failure::Refused {
            self.refused_since.get_or_insert(now);
        }
        self.elapsed = self.elapsed.max(now);
    }

    /// Closes what is still open when the load ends.
    pub(crate) fn end(&mut self, now: Duration) {
        if let Some(since) = self.refused_since.take() {
            self.refused_for += now.saturating_sub(since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn refusals_count_until_the_next_answer() {
        let mut outcome = Outcome::new();
        outcome.answered(ms(0), ms(1), ms(1000));
        outcome.failed_at(ms(100), ms(100), Failure::Refused, "refused");
        outcome.failed_at(ms(300), ms(300), Failure::Refused, "refused");
        outcome.answered(ms(400), ms(410), ms(1000));
        outcome.failed_at(ms(500), ms(500), Failure::Refused, "refused");
        outcome.end(ms(600));
        assert_eq!(outcome.refused_for, ms(310 + 100));
        assert_eq!(outcome.longest_silence, ms(409));
        assert_eq!(outcome.failed(), 3);
    }

    #[test]
    fn quantiles_are_of_the_time_since_a_request_was_due() {
        let mut outcome = Outcome::new();
        for n in 1..=1000 {
            outcome.answered(ms(0), ms(n), ms(900));
        }
        let p99 = outcome.quantile(0.99).as_secs_f64();
        assert!((p99 - 0.990).abs() < 0.003, "{p99}");
        assert_eq!(outcome.within, 900);
        assert_eq!((outcome.fastest, outcome.slowest), (ms(1), ms(1000)));
        assert!((outcome.mean().as_secs_f64() - 0.5005).abs() < 1e-6);
        assert_eq!(outcome.last_late, Some(ms(0)));
        assert_eq!(outcome.timeline[0].answered, 1000);
    }
}
