//! How long an endpoint takes to answer: a peak-sensitive moving average that knows of answers still owed.
//!
//! The balancer compares endpoints by it. Three things are different from the plain peak EWMA of Finagle and linkerd:
//! - Requests that have not been answered yet count with their mean age, so that an endpoint that hangs looks slow
//!   before its first late answer has come.
//! - Evidence is weighed: one late answer at most doubles the estimate, a second in a row may make it fourfold, and so
//!   on. A long report among short requests makes no endpoint an outcast; an endpoint that is late every time soon is.
//! - What is not confirmed fades towards half of the service's average, never to nothing: after a quiet night nobody
//!   looks infinitely fast and is stampeded.
//!
//! Source: Finagle's "Aperture + Least Loaded", `PeakEwma.scala`; tower `load::PeakEwma`; irregularly spaced samples are
//! weighted by e^(-Δt/τ) as in Eckner, "Algorithms for unevenly spaced time series" (2012).

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use naru_model::units::Timestamp;

/// How fast the past is forgotten: after this long, what was seen weighs 1/e. The papers use 10 s too.
const DECAY: Duration = Duration::from_secs(10);
/// Microseconds assumed of a service that has never answered.
const UNKNOWN: f32 = 1000.0;
/// Late answers in a row that count at most; the estimate may then be 65,536-fold.
const MAX_EVIDENCE: u32 = 16;
/// The lower bits of [`Latency::owed`] count; the upper ones are a sum of times of start, in microseconds, that may run
/// over at the top: differences are taken modulo 2^48 too.
const COUNT_BITS: u32 = 16;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;
const SUM_MASK: u64 = u64::MAX >> COUNT_BITS;

/// A number of microseconds and when it was last changed, in one word: `f32` bits above milliseconds modulo 2^32.
#[derive(Debug, Default)]
struct Cell(AtomicU64);

impl Cell {
    /// Returns the value and how many milliseconds old it is; `None` before the first.
    fn read(&self, now: Timestamp) -> Option<(f32, f32)> {
        let word = self.0.load(Relaxed);
        (word != 0).then(|| Self::unpack(word, now))
    }

    fn unpack(word: u64, now: Timestamp) -> (f32, f32) {
        let age = (now.millis() as u32).wrapping_sub(word as u32);
        // A writer with a slightly newer time has been here: not four billion milliseconds, but none.
        let age = if age > u32::MAX / 2 { 0 } else { age };
        (f32::from_bits((word >> 32) as u32), age as f32)
    }

    /// Replaces the value by what `next` makes of it and its age. `None` keeps value and age.
    fn update(&self, now: Timestamp, next: impl Fn(Option<(f32, f32)>) -> Option<f32>) {
        let _ = self.0.fetch_update(Relaxed, Relaxed, |word| {
            let value = next((word != 0).then(|| Self::unpack(word, now)))?;
            Some(u64::from(value.max(f32::MIN_POSITIVE).to_bits()) << 32 | u64::from(now.millis() as u32))
        });
    }
}

/// How much a value that is `age` milliseconds old still weighs, 0 to 1.
fn weight(age: f32) -> f32 {
    (-age / DECAY.as_millis() as f32).exp()
}

trait Millis {
    fn millis(self) -> u64;
}

impl Millis for Timestamp {
    fn millis(self) -> u64 {
        self.0 / 1000
    }
}

/// The mean time to the head of an answer, over all endpoints of a service.
#[derive(Debug, Default)]
pub(crate) struct Average(Cell);

impl Average {
    pub(crate) fn observe(&self, sample: Duration, now: Timestamp) {
        let sample = sample.as_micros() as f32;
        self.0.update(now, |old| match old {
            None => Some(sample),
            // Answers within one millisecond are one sample: no weight without time.
            Some((_, 0.0)) => None,
            Some((value, age)) => Some(value * weight(age) + sample * (1.0 - weight(age))),
        });
    }

    /// Returns microseconds; a guess before the first answer.
    pub(crate) fn micros(&self, now: Timestamp) -> f32 {
        self.0.read(now).map_or(UNKNOWN, |(value, _)| value)
    }
}

/// One endpoint's estimate. All threads share it; a lost race costs one sample.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    peak: Cell,
    /// Requests sent and not yet answered: the sum of their times of start (48 bits) and their number (16 bits).
    owed: AtomicU64,
    /// Late answers since the last one in time.
    late: AtomicU32,
}

impl Latency {
    /// A request goes out. [`Latency::settled`] must follow with the same time.
    pub(crate) fn owes(&self, start: Timestamp) {
        self.owed.fetch_add((start.0 << COUNT_BITS) + 1, Relaxed);
    }

    /// The request was answered or given up.
    pub(crate) fn settled(&self, start: Timestamp) {
        self.owed.fetch_sub((start.0 << COUNT_BITS) + 1, Relaxed);
    }

    /// Takes in how long an answer took. `average` is the service's, in microseconds.
    pub(crate) fn observe(&self, sample: Duration, average: f32, now: Timestamp) {
        let sample = sample.as_micros() as f32;
        let expected = self.settled_estimate(average, now);
        if sample > expected {
            self.raise(sample, expected, now);
            return;
        }
        self.late.store(0, Relaxed);
        self.peak.update(now, |old| match old {
            None => Some(sample),
            Some((_, 0.0)) => None,
            Some((value, age)) => Some(value * weight(age) + sample * (1.0 - weight(age))),
        });
    }

    /// Takes in that an answer had not come after so long; says nothing when it was not due yet.
    pub(crate) fn overdue(&self, elapsed: Duration, average: f32, now: Timestamp) {
        let (elapsed, expected) = (elapsed.as_micros() as f32, self.settled_estimate(average, now));
        if elapsed > expected {
            self.raise(elapsed, expected, now);
        }
    }

    /// Takes in a failure: it counts as a late answer, however fast it came, so that failing fast attracts nobody.
    pub(crate) fn penalise(&self, elapsed: Duration, average: f32, now: Timestamp) {
        let expected = self.settled_estimate(average, now);
        let ceiling = (8.0 * average).max(elapsed.as_micros() as f32);
        if expected < ceiling {
            self.raise(ceiling, expected, now);
        }
    }

    /// Returns the microseconds a request sent now is expected to take.
    pub(crate) fn micros(&self, average: f32, now: Timestamp) -> f32 {
        let settled = self.settled_estimate(average, now);
        let word = self.owed.load(Relaxed);
        let count = word & COUNT_MASK;
        if count == 0 {
            return settled;
        }
        let total_age = count.wrapping_mul(now.0).wrapping_sub(word >> COUNT_BITS) & SUM_MASK;
        // A request that started "after" now, on another thread, wraps round: no age.
        let mean_age = if total_age > SUM_MASK / 2 { 0.0 } else { total_age as f32 / count as f32 };
        settled.max(mean_age.min(settled * growth(count as u32)))
    }

    fn raise(&self, sample: f32, expected: f32, now: Timestamp) {
        let late = if sample > 2.0 * expected {
            self.late.fetch_add(1, Relaxed).saturating_add(1)
        } else {
            self.late.load(Relaxed).max(1)
        };
        let value = sample.min(expected * growth(late));
        self.peak.update(now, |_| Some(value));
    }

    /// The estimate from past answers alone.
    fn settled_estimate(&self, average: f32, now: Timestamp) -> f32 {
        let Some((value, age)) = self.peak.read(now) else { return average };
        let floor = average / 2.0;
        if value <= floor { value } else { floor + (value - floor) * weight(age) }
    }
}

/// How many-fold so much evidence may make an estimate.
fn growth(evidence: u32) -> f32 {
    (1u32 << evidence.min(MAX_EVIDENCE)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const START: Timestamp = Timestamp(1_790_000_000_000_000);

    /// A latency that has settled at 50 ms, as has the service.
    fn settled() -> (Latency, Timestamp) {
        let latency = Latency::default();
        let mut now = START;
        for _ in 0..100 {
            now = now + 10 * MS;
            latency.observe(50 * MS, 50_000.0, now);
        }
        (latency, now)
    }

    #[test]
    fn a_new_endpoint_is_taken_for_an_average_one() {
        assert_eq!(Latency::default().micros(50_000.0, START), 50_000.0);
    }

    #[test]
    fn one_late_answer_doubles_and_more_in_a_row_tell_the_truth() {
        let (latency, now) = settled();
        latency.observe(2000 * MS, 50_000.0, now);
        assert_eq!(latency.micros(50_000.0, now), 100_000.0);
        latency.observe(2000 * MS, 50_000.0, now);
        latency.observe(2000 * MS, 50_000.0, now);
        latency.observe(2000 * MS, 50_000.0, now);
        assert_eq!(latency.micros(50_000.0, now), 2_000_000.0);
    }

    #[test]
    fn answers_still_owed_count_by_their_age_and_number() {
        let (latency, now) = settled();
        for _ in 0..4 {
            latency.owes(now);
        }
        assert_eq!(latency.micros(50_000.0, now + 400 * MS), 400_000.0);
        for _ in 0..3 {
            latency.settled(now);
        }
        let left = latency.micros(50_000.0, now + 400 * MS);
        assert!((90_000.0..100_000.0).contains(&left), "one alone proves no more than double: {left}");
        latency.settled(now);
        assert!(latency.micros(50_000.0, now + 400 * MS) < 50_000.0);
    }

    #[test]
    fn what_is_not_confirmed_fades_to_half_the_average_and_no_further() {
        let (latency, now) = settled();
        let later = latency.micros(50_000.0, now + Duration::from_secs(3600));
        assert!((24_999.0..=25_001.0).contains(&later), "{later}");
    }

    #[test]
    fn failing_fast_makes_no_endpoint_look_fast() {
        let (latency, now) = settled();
        latency.penalise(MS, 50_000.0, now);
        assert!(latency.micros(50_000.0, now) >= 99_000.0);
        for _ in 0..100 {
            latency.penalise(MS, 50_000.0, now);
        }
        assert!(latency.micros(50_000.0, now) <= 400_000.0, "bounded, so that it can come back");
    }

    #[test]
    fn a_clock_read_on_another_thread_a_little_later_does_no_harm() {
        let (latency, now) = settled();
        latency.owes(now + 2 * MS);
        assert!(latency.micros(50_000.0, now) <= 50_000.0);
    }
}
