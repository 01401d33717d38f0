//! What the platform sees of its requests: takes the gateway's records in, keeps the last hour, answers questions.
//!
//! `gateway ─RequestRecord→ telemetry ─Traffic→ controller, status, /metrics`
//!
//! The last hour is in memory: per second for five minutes, per ten seconds before that; for everything together and per
//! service, revision, route, function and instance. How much that takes at most is said in [`limits`]. The access log is
//! written beside it, on a thread of its own.

mod access_log;
pub mod archive;
mod cell;
pub mod limits;
mod names;
mod prometheus;
mod query;
mod series;
mod sketch;
mod store;
mod totals;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use naru_model::units::Timestamp;

pub use names::Names;
pub use query::{Seen, Subject};

use access_log::AccessLog;
use store::Store;

/// Takes one line for the server's log.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// Everything seen. Shared by all who feed it and ask it.
pub struct Telemetry {
    store: Mutex<Store>,
    names: Arc<ArcSwap<Names>>,
    access_log: AccessLog,
    access_log_on: AtomicBool,
    records_dropped: AtomicU64,
    batches_broken: AtomicU64,
    log: Log,
}

impl Telemetry {
    /// Starts with nothing seen, and with the thread that writes the access log at `access_log`.
    ///
    /// # Errors
    /// The machine has no thread left. A log that can't be written is no error: `log` is told, and lines are dropped
    /// and counted until it can.
    pub fn new(access_log: &Path, now: Timestamp, log: Log) -> io::Result<Telemetry> {
        let names = Arc::new(ArcSwap::from_pointee(Names::default()));
        Ok(Telemetry {
            store: Mutex::new(Store::new(now)),
            access_log: AccessLog::start(access_log, names.clone(), log.clone())?,
            names,
            access_log_on: AtomicBool::new(true),
            records_dropped: AtomicU64::new(0),
            batches_broken: AtomicU64::new(0),
            log,
        })
    }

    /// Tells what the ids in records stand for. Names that went out of use may stay in: their last hour is still shown.
    pub fn set_names(&self, names: Names) {
        self.names.store(Arc::new(names));
    }

    /// Whether requests are written to the access log from now on. Default: they are.
    pub fn set_access_log(&self, on: bool) {
        self.access_log_on.store(on, Ordering::Relaxed);
    }

    /// Tells how many records the gateway has dropped so far ([`naru_model::link::Load`]).
    pub fn set_records_dropped(&self, records: u64) {
        self.records_dropped.store(records, Ordering::Relaxed);
    }

    /// Takes a batch of records in, see [`naru_model::record`]. Of a broken batch, what comes before the break counts.
    pub fn ingest(&self, batch: &[u8], now: Timestamp) {
        if let Err(error) = self.store().ingest(batch, now) {
            if self.batches_broken.fetch_add(1, Ordering::Relaxed) == 0 {
                (self.log)(&format!(
                    "telemetry: the gateway sent a broken batch: {error}; more are only counted"
                ));
            }
            return;
        }
        if self.access_log_on.load(Ordering::Relaxed) {
            self.access_log.offer(batch);
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // A panic in between leaves at worst one record half counted.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
