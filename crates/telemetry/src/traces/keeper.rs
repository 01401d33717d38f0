//! Makes files of what is full, and lets go of what is too old or too much.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use naru_model::platform;

use super::Clock;
use super::files::{File, edges, logs, spans};
use super::held::Held;
use super::shelf::Shelf;
use crate::Log;
use crate::archive::error::Error;
use crate::archive::space::{Owner, Space, Taken};
use crate::archive::{disk, files};

/// How often it looks whether something must go, and tries again what failed.
const EVERY: Duration = Duration::from_secs(10);

/// Shared by its thread and the one that finds the leftovers of a kill.
pub(super) struct Keeper {
    pub(super) folder: PathBuf,
    pub(super) shelf: Arc<Shelf>,
    pub(super) retention: ArcSwap<platform::Telemetry>,
    pub(super) clock: Clock,
    pub(super) space: Arc<Space>,
    pub(super) log: Log,
    pub(super) stopping: AtomicBool,
    /// All journals that were left have been read. Before, only who reads them knows which may go.
    pub(super) recovered: AtomicBool,
    /// Held while files are written, so that nothing is written twice. Whether the last one could not be, and it was said.
    pub(super) failing: Mutex<bool>,
    /// Whether the disk's bound is what lets traces go, and was said.
    pub(super) crowded: AtomicBool,
}

impl Keeper {
    /// The thread: runs until nobody can call it any more.
    pub(super) fn run(&self, calls: &Receiver<()>) {
        loop {
            self.let_go();
            let called = calls.recv_timeout(EVERY);
            if matches!(called, Err(RecvTimeoutError::Disconnected)) || self.stopping.load(Ordering::Relaxed)
            {
                return;
            }
            if self.recovered.load(Ordering::Relaxed) {
                self.write();
            }
        }
    }

    /// Makes files of everything that is full.
    pub(super) fn write(&self) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, held) in self.shelf.view().full {
            match self.write_one(number, &held) {
                Ok(written) => {
                    if let Some(spans) = written.iter().find(|file| file.kind == super::files::Kind::Spans) {
                        let memory = held.traces.values().map(super::pile::Pile::size).sum();
                        self.shelf.collect().learn_packing(memory, spans.bytes);
                    }
                    self.shelf.replace(number, written);
                    // Until it is gone, the next start reads it again instead of the files.
                    let _ = std::fs::remove_file(files::traces_journal(&self.folder, number));
                    *failing = false;
                }
                Err(error) => {
                    if !*failing {
                        (self.log)(&format!(
                            "traces: {}; tried again every {} seconds, nothing is lost while the journal is there",
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

    fn write_one(&self, number: u64, held: &Held) -> Result<Vec<File>, Error> {
        let edges = edges::write(&self.folder, number, &held.edges)?;
        let logs = logs::write(&self.folder, number, held)?;
        let spans = spans::write(&self.folder, number, held)?;
        Ok([edges, logs, spans].into_iter().flatten().collect())
    }

    /// Removes the oldest files: those past their time, then those that the disk has no share for.
    fn let_go(&self) {
        let retention = self.retention.load_full();
        let oldest_kept = self.clock.now().0.saturating_sub(retention.traces.as_micros() as u64);
        let view = self.shelf.view();
        let mut all: Vec<&Arc<File>> = view.all().iter().collect();
        all.sort_by_key(|file| (file.last, file.number));
        let past = all.partition_point(|file| file.last < oldest_kept);
        all.drain(..past).for_each(|file| self.remove(file));

        let Some(allowed) = disk::share(&self.folder, retention.disk) else { return };
        let own = all.iter().map(|file| file.bytes).sum::<u64>();
        let oldest = all.first().map_or(u64::MAX, |file| file.last);
        self.space.tell(Owner::Traces, Taken { bytes: own, oldest });
        let beside = self.space.beside(Owner::Traces);
        let mut taken = disk::journals(&self.folder) + own + beside.bytes;
        let mut gone = false;
        for file in all {
            // What is older than it goes first, and will have gone when it is looked at again.
            if taken <= allowed || beside.oldest < file.last {
                break;
            }
            taken -= file.bytes;
            gone = true;
            self.remove(file);
        }
        if gone && !self.crowded.swap(true, Ordering::Relaxed) {
            (self.log)(&format!(
                "traces: with transactions they reached {} of the disk ({} MiB), so the oldest go before their time; raise telemetry.disk, or lower telemetry.traces or telemetry.traces_per_day",
                retention.disk,
                allowed >> 20
            ));
        }
    }

    fn remove(&self, file: &Arc<File>) {
        self.shelf.remove(file);
        // What can't be removed now is found again at the next start.
        let _ = std::fs::remove_file(&file.path);
    }
}
