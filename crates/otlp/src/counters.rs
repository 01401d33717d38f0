//! How much came in, and what was refused and why: for `/metrics`, and for whoever wonders where a span is.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::intake::Signal;

/// Everything that is received.
pub const SIGNALS: [Signal; 3] = [Signal::Traces, Signal::Metrics, Signal::Logs];

/// What is counted of each signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Requests that were answered with success, also partial.
    Requests,
    /// Spans, points or lines that were handed on.
    Taken,
    /// Of requests that were taken: without a valid id, or of a form that naru does not keep.
    Refused,
    /// Requests that were no OTLP.
    Malformed,
    /// Requests that were too large.
    TooLarge,
    /// Requests that came while nothing more could be taken; their senders were told to come again.
    Busy,
}

impl Count {
    pub const ALL: [Count; 6] =
        [Count::Requests, Count::Taken, Count::Refused, Count::Malformed, Count::TooLarge, Count::Busy];
}

/// Counted since the receivers' start.
#[derive(Debug, Default)]
pub struct Counters {
    counts: [[AtomicU64; Count::ALL.len()]; SIGNALS.len()],
    connections: AtomicU64,
}

impl Counters {
    pub(crate) fn add(&self, signal: Signal, what: Count, number: u64) -> u64 {
        self.counts[signal as usize][what as usize].fetch_add(number, Ordering::Relaxed)
    }

    pub fn get(&self, signal: Signal, what: Count) -> u64 {
        self.counts[signal as usize][what as usize].load(Ordering::Relaxed)
    }

    /// Connections that are open now.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn disconnected(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
