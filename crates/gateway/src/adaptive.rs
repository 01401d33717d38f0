//! How many requests a service takes at once and still is at its best: found out from how long its answers take.
//!
//! With few requests inside, an answer takes as long as the work; with more than the service can work on at the same time,
//! they wait in it for each other, and each one more only makes all of them slower. So the limit falls in proportion when
//! answers take longer than the least seen, by more than a tolerance, and else grows by its square root: the headroom that
//! finds out whether more goes. Source: Netflix concurrency-limits, "gradient2" ("Performance under load", 2018), which
//! follows TCP Vegas (Brakmo and Peterson 1995).
//!
//! The least seen must be of an uncrowded service and of today. As BBR does with the round trip (Cardwell and others, "BBR:
//! congestion-based congestion control", ACM Queue 14:5, 2016, ProbeRTT; there too ten seconds), it is forgotten after a
//! while, and before that the limit is let down for a moment to where nobody should have to wait.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use naru_model::units::Timestamp;

/// Answers may take so much longer than the least seen before the limit falls.
const TOLERANCE: f64 = 1.5;
/// The limit falls at most to this share of itself, and goes this far of the way, in one step.
const MOST_FALL: f64 = 0.5;
const SMOOTHING: f64 = 0.3;
/// Before anything is known: few, so that the first answers show how long the work takes. Then it doubles with each window
/// until they take longer, as TCP starts slowly (RFC 5681 §3.1).
const FIRST: f64 = 4.0;
/// The least seen is that of the running and the last epoch; each begins with a probe of so many windows, at this share of
/// what the service seems to work on at the same time.
const EPOCH: Duration = Duration::from_secs(10);
const PROBE: u32 = 2;
const PROBE_SHARE: f64 = 0.7;
/// A window ends with so many answers, not before the first time nor so many times the mean of them, because of those who
/// have just been let in the quick ones come first; and with fewer answers after the second time.
const WINDOW: Duration = Duration::from_millis(100);
const MEANS: u64 = 4;
const LONG_WINDOW: Duration = Duration::from_secs(1);
const ENOUGH: u64 = 100;
const FEW: u64 = 10;

/// The decision, with all it knows.
#[derive(Debug)]
pub(crate) struct Law {
    limit: f64,
    /// The least mean time of a window, in microseconds, in this epoch and the last.
    least: [f64; 2],
    epoch_began: Timestamp,
    /// Windows that the probe still takes.
    probing: u32,
    /// Answers have not taken longer yet.
    doubling: bool,
}

/// What was seen in a window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// How long answers took, in microseconds.
    pub(crate) mean: f64,
    /// Requests inside when it ended.
    pub(crate) inside: u32,
    pub(crate) ended: Timestamp,
}

impl Law {
    pub(crate) fn new() -> Self {
        Law { limit: FIRST, least: [f64::INFINITY; 2], epoch_began: Timestamp(0), probing: 0, doubling: true }
    }

    /// Learns from a window and returns how many requests may be inside from now on, from `least` to `most`.
    pub(crate) fn next(&mut self, window: Window, least: u32, most: u32) -> u32 {
        let (floor, ceiling) = (f64::from(least.max(1)), f64::from(most.max(least).max(1)));
        let mean = window.mean.max(1.0);
        if self.epoch_began == Timestamp(0) {
            self.epoch_began = window.ended;
        }
        let shortest = self.least[0].min(self.least[1]).min(mean);
        if window.ended.since(self.epoch_began) >= EPOCH {
            self.least = [f64::INFINITY, self.least[0].min(mean)];
            self.epoch_began = window.ended;
            self.probing = PROBE;
        } else {
            self.least[0] = self.least[0].min(mean);
            let was_probing = self.probing > 0;
            self.probing = self.probing.saturating_sub(1);
            // What a probe has seen tells of the least; the limit was not the probe's.
            if !was_probing && f64::from(window.inside) >= self.limit / 2.0 {
                let gradient = (TOLERANCE * shortest / mean).clamp(MOST_FALL, 1.0);
                self.doubling &= gradient == 1.0;
                let wanted = self.limit * gradient + self.limit.sqrt();
                self.limit = if self.doubling {
                    self.limit * 2.0
                } else {
                    self.limit + SMOOTHING * (wanted - self.limit)
                };
            }
        }
        self.limit = self.limit.clamp(floor, ceiling);
        let probe = (self.limit * PROBE_SHARE * (shortest / mean)).floor();
        let now = if self.probing > 0 { probe } else { self.limit };
        now.clamp(floor, ceiling) as u32
    }
}

/// The law at work for one service, over all threads.
#[derive(Debug)]
pub(crate) struct Adaptive {
    on: AtomicBool,
    /// What the law says.
    limit: AtomicU32,
    began: AtomicU64,
    answers: AtomicU64,
    /// Of the running window, in microseconds.
    took: AtomicU64,
    law: Mutex<Law>,
}

impl Adaptive {
    pub(crate) fn new(on: bool) -> Self {
        Adaptive {
            on: AtomicBool::new(on),
            limit: AtomicU32::new(FIRST as u32),
            began: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            took: AtomicU64::new(0),
            law: Mutex::new(Law::new()),
        }
    }

    pub(crate) fn set(&self, on: bool) {
        self.on.store(on, Relaxed);
    }

    /// Places of a service that has `most` at most, and so many live endpoints, each of which gets one at least.
    pub(crate) fn places(&self, most: usize, live: usize) -> usize {
        if !self.on.load(Relaxed) {
            return most;
        }
        (self.limit.load(Relaxed) as usize).max(live).clamp(1, most.max(1))
    }

    /// An answer took so long. Returns whether the number of places has changed; `bounds` is asked, for the least and the
    /// most, and for how many are inside, only when a window has ended.
    pub(crate) fn answered(
        &self,
        took: Duration,
        now: Timestamp,
        bounds: impl FnOnce() -> (u32, u32, u32),
    ) -> bool {
        if !self.on.load(Relaxed) {
            return false;
        }
        if self.began.load(Relaxed) == 0 {
            self.began.store(now.0, Relaxed);
        }
        self.took.fetch_add(took.as_micros() as u64, Relaxed);
        self.answers.fetch_add(1, Relaxed);
        if !self.is_over(now) {
            return false;
        }
        // Another thread that is at it already does this one's work too.
        let Ok(mut law) = self.law.try_lock() else { return false };
        if !self.is_over(now) {
            return false;
        }
        self.began.store(now.0, Relaxed);
        let (answers, took) = (self.answers.swap(0, Relaxed), self.took.swap(0, Relaxed));
        let (least, most, inside) = bounds();
        let mean = took as f64 / answers.max(1) as f64;
        let limit = law.next(Window { mean, inside, ended: now }, least, most);
        self.limit.swap(limit, Relaxed) != limit
    }

    fn is_over(&self, now: Timestamp) -> bool {
        let (answers, took) = (self.answers.load(Relaxed), self.took.load(Relaxed));
        if answers < FEW {
            return false;
        }
        let lasted = now.since(Timestamp(self.began.load(Relaxed)));
        let least = WINDOW.max(Duration::from_micros(MEANS * took / answers));
        lasted >= least && (answers >= ENOUGH || lasted >= LONG_WINDOW)
    }
}

#[cfg(test)]
mod tests;
