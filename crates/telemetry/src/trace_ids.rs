//! What the two stores tell each other by trace id: the gateway's transactions, and the traces of services.
//!
//! `archive ─failed or slow at the gateway→ traces`, `traces ─kept→ archive`
//!
//! A transaction keeps its trace id when there is something to find under it. Only hashes are held, for an hour or two.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use twox_hash::XxHash64;

/// Hashes of each of two halves; eight bytes each, and as much again for the table.
const MOST: usize = 512 << 10;

/// Under which a trace is remembered, and by which the fair sample is drawn.
pub(crate) fn hash(trace_id: &[u8; 16]) -> u64 {
    XxHash64::oneshot(0, trace_id)
}

/// Shared by the archive and the store of traces.
#[derive(Debug, Default)]
pub(crate) struct TraceIds {
    /// Whether services have sent spans.
    receiving: AtomicBool,
    kept: Mutex<Recent>,
    marked: Mutex<Recent>,
}

/// The last so many, at least half as many as fit.
#[derive(Debug, Default)]
struct Recent {
    young: HashSet<u64>,
    old: HashSet<u64>,
}

impl Recent {
    fn add(&mut self, hash: u64) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash);
    }

    fn has(&self, hash: u64) -> bool {
        self.young.contains(&hash) || self.old.contains(&hash)
    }
}

impl TraceIds {
    /// Services send spans: from now on it is worth remembering ids.
    pub(crate) fn begin(&self) {
        self.receiving.store(true, Ordering::Relaxed);
    }

    pub(crate) fn receiving(&self) -> bool {
        self.receiving.load(Ordering::Relaxed)
    }

    /// The trace is in the store of traces.
    pub(crate) fn keep(&self, trace_id: &[u8; 16]) {
        lock(&self.kept).add(hash(trace_id));
    }

    pub(crate) fn is_kept(&self, trace_id: &[u8; 16]) -> bool {
        self.receiving() && lock(&self.kept).has(hash(trace_id))
    }

    /// The gateway saw it fail, or take over 4 T of its function.
    pub(crate) fn mark(&self, trace_id: &[u8; 16]) {
        if self.receiving() {
            lock(&self.marked).add(hash(trace_id));
        }
    }

    pub(crate) fn is_marked(&self, trace_id: &[u8; 16]) -> bool {
        lock(&self.marked).has(hash(trace_id))
    }
}

fn lock(recent: &Mutex<Recent>) -> MutexGuard<'_, Recent> {
    recent.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_remembered_before_services_send_spans() {
        let ids = TraceIds::default();
        ids.mark(&[1; 16]);
        ids.keep(&[2; 16]);
        assert!(!ids.is_marked(&[1; 16]) && !ids.is_kept(&[2; 16]));
        ids.begin();
        ids.mark(&[1; 16]);
        assert!(ids.is_marked(&[1; 16]) && ids.is_kept(&[2; 16]) && !ids.is_kept(&[1; 16]));
    }

    #[test]
    fn the_oldest_are_forgotten_and_the_last_ones_are_not() {
        let mut recent = Recent::default();
        (0..2 * MOST as u64 + 1).for_each(|hash| recent.add(hash));
        assert!(!recent.has(0) && recent.has(MOST as u64 + 1) && recent.has(2 * MOST as u64));
    }
}
