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
use super::shelf::{Held, Shelf};
use super::space::{Owner, Space, Taken};
use super::{Beside, disk, files};
use crate::Log;
use crate::clock::Clock;
use crate::live::{Live, MINUTE};

/// How often it looks whether something must go, and tries again what failed.
const EVERY: Duration = Duration::from_secs(10);

/// After how long the traces of transactions are decided, so that these can name them: [`crate::traces::Waits`]' ten quiet
/// seconds and some. Not waited for by more rows than these.
const SETTLED: Duration = Duration::from_secs(12);
const MOST_UNSETTLED: usize = 256 << 10;
/// How often it looks whether they have settled.
const SETTLING: Duration = Duration::from_secs(1);

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
    space: Arc<Space>,
    /// Held while segments are written, so that no rows are written twice. Whether the last one could not be, and it
    /// was said.
    failing: Mutex<bool>,
    /// Whether the disk's bound is what lets transactions go, and was said.
    crowded: AtomicBool,
}

impl Keeper {
    pub(super) fn new(
        folder: PathBuf,
        shelf: Arc<Shelf>,
        ledger: Arc<Ledger>,
        retention: platform::Telemetry,
        now: Timestamp,
        log: Log,
        beside: &Beside,
    ) -> Keeper {
        Keeper {
            folder,
            shelf,
            ledger,
            retention: ArcSwap::from_pointee(retention),
            clock: Clock::from(now),
            stopping: AtomicBool::new(false),
            kept_until: AtomicU32::new(0),
            log,
            space: beside.space.clone(),
            failing: Mutex::new(false),
            crowded: AtomicBool::new(false),
        }
    }

    pub(super) fn kept_until(&self) -> u32 {
        self.kept_until.load(Ordering::Relaxed)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
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
            let settling = self.shelf.view().full().next().is_some() && !self.is_failing();
            let called = calls.recv_timeout(if settling { SETTLING } else { EVERY });
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

    fn is_failing(&self) -> bool {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether traces of these rows may still be kept or not.
    fn is_unsettled(&self, rows: &Held) -> bool {
        let rows = rows.read();
        let passed = self.now().since(Timestamp(rows.last));
        self.shelf.ids.receiving() && passed < SETTLED
    }

    /// Makes segments of all rows that are full and settled.
    pub(super) fn write_segments(&self) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let view = self.shelf.view();
        let waiting: usize = view.full().map(|(_, rows)| rows.read().rows.len()).sum();
        for (number, rows) in view.full() {
            if waiting <= MOST_UNSETTLED && self.is_unsettled(rows) {
                return;
            }
            match segment::write(&self.folder, number, &rows.read(), &self.shelf.ids) {
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
        let own = segments.iter().map(|segment| segment.bytes).sum::<u64>();
        let oldest = segments.first().map_or(u64::MAX, |segment| segment.last);
        self.space.tell(Owner::Transactions, Taken { bytes: own, oldest });
        let beside = self.space.beside(Owner::Transactions);
        let mut taken = disk::journals(&self.folder) + own + beside.bytes;
        let mut gone = false;
        for segment in segments {
            // What is older than it goes first, and will have gone when it is looked at again.
            if taken <= allowed || beside.oldest < segment.last {
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
