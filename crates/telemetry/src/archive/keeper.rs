//! Makes segments of full rows, and lets go of what is too old or too much.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use naru_model::platform;
use naru_model::units::Timestamp;

use super::figures::Ledger;
use super::segment::{self, Segment};
use super::shelf::Shelf;
use super::{disk, files};
use crate::Log;
use crate::live::{Live, MINUTE};

/// How often it looks whether something must go, and tries again what failed.
const EVERY: Duration = Duration::from_secs(10);

/// How often it looks whether a minute is over.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long minutes are sure to be in memory, in seconds.
const STILL_THERE: u32 = 50 * 60;
/// How often figures are made longer stretches of, and let go.
const TIDY_EVERY: Duration = Duration::from_secs(600);

/// Shared by its thread and the one that finds the leftovers of a kill.
pub(super) struct Keeper {
    folder: PathBuf,
    shelf: Arc<Shelf>,
    ledger: Arc<Ledger>,
    retention: ArcSwap<platform::Telemetry>,
    clock: Clock,
    stopping: AtomicBool,
    /// The end of the last minute that came from memory, in seconds since 1970; 0 before the first.
    kept_until: AtomicU32,
    log: Log,
    /// Held while segments are written, so that no rows are written twice. Whether the last one could not be, and it
    /// was said.
    failing: Mutex<bool>,
    /// Whether the disk's bound is what lets transactions go, and was said.
    crowded: AtomicBool,
}

/// The time, from the one that was passed in at the start.
#[derive(Debug, Clone, Copy)]
struct Clock {
    start: Timestamp,
    at: Instant,
}

impl Keeper {
    pub(super) fn new(
        folder: PathBuf,
        shelf: Arc<Shelf>,
        ledger: Arc<Ledger>,
        retention: platform::Telemetry,
        now: Timestamp,
        log: Log,
    ) -> Keeper {
        Keeper {
            folder,
            shelf,
            ledger,
            retention: ArcSwap::from_pointee(retention),
            clock: Clock { start: now, at: Instant::now() },
            stopping: AtomicBool::new(false),
            kept_until: AtomicU32::new(0),
            log,
            failing: Mutex::new(false),
            crowded: AtomicBool::new(false),
        }
    }

    pub(super) fn kept_until(&self) -> u32 {
        self.kept_until.load(Ordering::Relaxed)
    }

    fn now(&self) -> Timestamp {
        self.clock.start + self.clock.at.elapsed()
    }

    pub(super) fn set_retention(&self, retention: platform::Telemetry) {
        self.retention.store(Arc::new(retention));
    }

    /// Lets the thread end once it has written what it is writing. What is left is done at the next start.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// The thread: runs until nobody can call it any more.
    pub(super) fn run(&self, calls: &Receiver<()>) {
        loop {
            self.let_go();
            let called = calls.recv_timeout(EVERY);
            if matches!(called, Err(RecvTimeoutError::Disconnected)) || self.stopping.load(Ordering::Relaxed)
            {
                return;
            }
            self.write_segments();
        }
    }

    /// Another thread: keeps each minute of figures once it is over, until `going` has no sender any more.
    pub(super) fn follow(&self, live: &Live, going: &Receiver<()>) {
        // Of the minute of the start, this process has seen its own part only; the other is kept already.
        let mut next = live.closed_minute() + MINUTE;
        let mut tidied = None::<Instant>;
        while !matches!(going.recv_timeout(LOOK_EVERY), Err(RecvTimeoutError::Disconnected)) {
            let closed = live.closed_minute();
            // What could not be written is tried again for as long as it is in memory.
            next = next.max(closed.saturating_sub(STILL_THERE));
            while next <= closed && self.ledger.keep(&live.minute(next)) {
                next += MINUTE;
                self.kept_until.store(next, Ordering::Relaxed);
            }
            if tidied.is_none_or(|tidied| tidied.elapsed() >= TIDY_EVERY) {
                let now = (self.now().0 / 1_000_000) as u32;
                let kept = self.retention.load().figures.as_secs();
                self.ledger.tidy(now, u32::try_from(kept).unwrap_or(u32::MAX));
                tidied = Some(Instant::now());
            }
        }
    }

    /// Makes segments of all rows that are full.
    pub(super) fn write_segments(&self) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, rows) in self.shelf.view().full() {
            match segment::write(&self.folder, number, &rows.read()) {
                Ok(segment) => {
                    self.shelf.replace(segment);
                    // Left behind, it is found to be done with at the next start.
                    let _ = std::fs::remove_file(files::journal(&self.folder, number));
                    *failing = false;
                }
                Err(error) => {
                    if !*failing {
                        (self.log)(&format!(
                            "transactions: {}; tried again every {} seconds, nothing is lost while the journal is there",
                            error.whole(),
                            EVERY.as_secs()
                        ));
                    }
                    *failing = true;
                    return;
                }
            }
        }
    }

    /// Removes the oldest segments: those past their time, then those that the disk has no share for.
    fn let_go(&self) {
        let retention = **self.retention.load();
        let oldest_kept = self.now().0.saturating_sub(retention.transactions.as_micros() as u64);
        let view = self.shelf.view();
        let mut segments: Vec<&Arc<Segment>> = view.segments().iter().collect();
        segments.sort_by_key(|segment| (segment.last, segment.number));
        let past = segments.partition_point(|segment| segment.last < oldest_kept);
        segments.drain(..past).for_each(|segment| self.remove(segment));

        let Some(allowed) = disk::share(&self.folder, retention.disk) else { return };
        let mut taken =
            disk::journals(&self.folder) + segments.iter().map(|segment| segment.bytes).sum::<u64>();
        let mut gone = false;
        for segment in segments {
            if taken <= allowed {
                break;
            }
            taken -= segment.bytes;
            gone = true;
            self.remove(segment);
        }
        if gone && !self.crowded.swap(true, Ordering::Relaxed) {
            (self.log)(&format!(
                "transactions: they reached {} of the disk ({} MiB), so the oldest go before their time; raise telemetry.disk or lower telemetry.transactions",
                retention.disk,
                allowed >> 20
            ));
        }
    }

    fn remove(&self, segment: &Segment) {
        self.shelf.remove(segment.number);
        // What can't be removed now is found again at the next start.
        let _ = std::fs::remove_file(&segment.path);
    }
}
