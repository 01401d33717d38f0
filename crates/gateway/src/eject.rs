//! Passive ejection: an endpoint that fails request after request gets none for a while.
//!
//! What counts:
//! - Failures in a row, `traffic.eject_after` of them: no connection, reset, no answer in time, a broken answer, and the
//!   answers 502, 503 and 504, by which an instance says itself that it can't serve.
//! - Other 5xx are as a rule the request's doing and the same on every instance. They count only by their share of the
//!   last ten seconds, when it is at least half of at least [`MIN_ANSWERS`] and at least four times the others' share.
//!
//! An endpoint is ejected for `traffic.eject_for`, doubled at each repetition up to ten times. When it comes back, its
//! first failure ejects it again. Never are more than `traffic.eject_at_most` of the routed ones ejected at once, and
//! never the last one: when all are ill it is better to try than to fail. A link ([`Traffic::breaks`]) is another matter:
//! there even the last one is ejected, so that a dead system slows nobody, and comes back one request at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use naru_model::platform::Traffic;
use naru_model::units::Timestamp;

use crate::endpoint::Endpoint;

/// Answers in ten seconds below which a share says nothing, of the endpoint and of its peers.
pub(crate) const MIN_ANSWERS: u64 = 20;
/// The longest ejection, in units of `traffic.eject_for`.
const MAX_TIMES: u32 = 10;

#[derive(Debug, Default)]
pub(crate) struct Ejection {
    failures: AtomicU32,
    /// Microseconds since 1970; 0: never ejected.
    until: AtomicU64,
    /// How long the last one was, in microseconds.
    length: AtomicU64,
    /// It has not answered well since.
    unproven: AtomicBool,
}

impl Ejection {
    pub(crate) fn is_ejected(&self, now: Timestamp) -> bool {
        self.until.load(Relaxed) > now.0
    }

    pub(crate) fn success(&self) {
        // Read first: the line stays shared between the threads as long as all goes well.
        if self.failures.load(Relaxed) != 0 {
            self.failures.store(0, Relaxed);
        }
        if self.unproven.load(Relaxed) {
            self.unproven.store(false, Relaxed);
        }
    }

    /// Whether it has not answered well since it was last ejected.
    pub(crate) fn is_unproven(&self) -> bool {
        self.unproven.load(Relaxed)
    }

    /// Counts a failure; returns whether there have been enough of them in a row.
    pub(crate) fn failure(&self, traffic: &Traffic) -> bool {
        self.failures.fetch_add(1, Relaxed) + 1 >= traffic.eject_after.max(1)
    }

    fn begin(&self, traffic: &Traffic, now: Timestamp) {
        let base = traffic.eject_for.as_micros() as u64;
        let (until, length) = (self.until.load(Relaxed), self.length.load(Relaxed));
        // Good for as long as it was out: the slate is clean.
        let again = until != 0 && now.0.saturating_sub(until) <= length;
        let length = if again { (2 * length).min(u64::from(MAX_TIMES) * base).max(base) } else { base };
        self.length.store(length, Relaxed);
        self.until.store((now + Duration::from_micros(length)).0, Relaxed);
        self.failures.store(traffic.eject_after.saturating_sub(1), Relaxed);
        self.unproven.store(true, Relaxed);
    }
}

/// Returns how many of `routed` endpoints may be ejected at once.
fn allowed(routed: usize, traffic: &Traffic) -> usize {
    if traffic.breaks { routed } else { traffic.eject_at_most.of(routed).min(routed.saturating_sub(1)) }
}

fn ejected(routed: &[Arc<Endpoint>], now: Timestamp) -> usize {
    routed.iter().filter(|e| e.ejection.is_ejected(now)).count()
}

/// Ejects `endpoint` if it is one of `routed` and enough others stay. Returns whether it has. Callers take turns.
pub(crate) fn eject(
    endpoint: &Arc<Endpoint>,
    routed: &[Arc<Endpoint>],
    traffic: &Traffic,
    now: Timestamp,
) -> bool {
    let known = routed.iter().any(|e| Arc::ptr_eq(e, endpoint));
    if !known || endpoint.ejection.is_ejected(now) || ejected(routed, now) >= allowed(routed.len(), traffic) {
        return false;
    }
    endpoint.ejection.begin(traffic, now);
    true
}

/// Takes back ejections, those with the least time left first, until no more are out than allowed: the others may have
/// left since. Callers take turns.
pub(crate) fn keep_within(routed: &[Arc<Endpoint>], traffic: &Traffic, now: Timestamp) {
    while ejected(routed, now) > allowed(routed.len(), traffic) {
        let next = routed
            .iter()
            .filter(|e| e.ejection.is_ejected(now))
            .min_by_key(|e| e.ejection.until.load(Relaxed));
        if let Some(endpoint) = next {
            endpoint.ejection.until.store(now.0, Relaxed);
        }
    }
}

/// Tells whether `errors` of `answers` are clearly more than those of its peers.
pub(crate) fn is_worse(answers: u64, errors: u64, peer_answers: u64, peer_errors: u64) -> bool {
    answers >= MIN_ANSWERS
        && peer_answers >= MIN_ANSWERS
        && errors * 2 >= answers
        && errors * peer_answers >= 4 * peer_errors * answers
}

#[cfg(test)]
mod tests;
