//! The store of series: what services, their JVMs and the machine measure of themselves.
//!
//! `otlp, scrape, host ─MetricPoint→ metrics ─MetricSeries→ API, console; ─Reading→ alert`
//!
//! ```text
//! STATE/telemetry/
//!   metrics-journal-498681000                          points as they came, at most 200 ms later; an hour of them
//!   metrics-60-20261121T090000Z-498681000.parquet      that hour by minutes; a week of them
//! ```
//!
//! Of each series the last seventy minutes are in memory, ten seconds by ten ([`lane`]); of totals that is what was added per
//! second ([`growth`]), of histograms how many came, their mean and three quantiles. What kills the process loses the last
//! 200 ms: a start reads the journal of the hour back. When an hour is over, its minutes become a file, and then its journal
//! is removed. A full disk drops and counts, says it once and goes on when there is room. Bounds are in [`limits`].
//!
//! ```sql
//! select start, mean, max from 'STATE/telemetry/metrics-60-*.parquet'
//! where owner = 'instance:portal-3-1' and name = 'jvm.memory.used' and labels ->> 'jvm.memory.pool.name' = 'G1 Old Gen';
//! ```

mod figures;
mod file;
mod growth;
mod host;
mod jvm;
mod keeper;
mod lane;
pub mod limits;
mod past;
mod point;
mod query;
mod table;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use naru_model::metric::{
    MetricName, MetricPoint, MetricQuery, MetricSeries, MetricValue, Owner, Reading, SeriesKey,
};
use naru_model::name::ServiceName;
use naru_model::status::HostStatus;
use naru_model::units::Timestamp;

use crate::archive::error::Error;
use crate::clock::Clock;
use crate::store::second_of;
use crate::{Log, Telemetry};
use file::File;
use keeper::Keeper;
pub use table::Dropped;
use table::Table;

const HOUR: u32 = 3600;

/// The store, with its thread. Dropping it writes what is left.
pub(crate) struct Metrics {
    shared: Arc<Shared>,
    /// Dropped to end the thread.
    going: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    clock: Clock,
    state: Mutex<State>,
    files: Mutex<Vec<File>>,
    /// For how long files are kept, in seconds.
    kept: AtomicU32,
    log: Log,
}

struct State {
    table: Table,
    /// Entries for the journal, see [`point`], by the hour they came in: each hour has a journal of its own.
    pending: VecDeque<(u32, Vec<u8>)>,
    hour: u32,
    /// From when on everything is in memory, as far as it goes back; in seconds since 1970.
    since: u32,
}

impl Metrics {
    /// Opens the store in a folder that is there, and reads back what a process before this one left.
    ///
    /// # Errors
    /// The folder can't be listed, or the machine has no thread left. A file in it that can't be read is said in the log and
    /// left alone.
    pub(crate) fn open(folder: &Path, kept: Duration, now: Timestamp, log: Log) -> Result<Metrics, Error> {
        let shared = Arc::new(Shared {
            clock: Clock::from(now),
            state: Mutex::new(State::new(now)),
            files: Mutex::default(),
            kept: AtomicU32::new(seconds(kept)),
            log,
        });
        let mut keeper = Keeper::open(folder, shared.clone(), now)?;
        let (going, stop) = channel();
        let thread = std::thread::Builder::new().name("metrics".to_owned());
        let thread = thread.spawn(move || keeper.run(&stop)).map_err(Error::thread)?;
        Ok(Metrics { shared, going: Some(going), thread: Some(thread) })
    }

    /// For how long files are kept from now on.
    pub(crate) fn set_kept(&self, kept: Duration) {
        self.shared.kept.store(seconds(kept), Ordering::Relaxed);
    }

    /// Takes in what was measured of the machine.
    pub(crate) fn observe_host(&self, status: &HostStatus, now: Timestamp) {
        self.shared.state().take(&host::points(status, now), now);
    }

    /// What the series tell of the figures that are watched.
    pub(crate) fn figures(&self, now: u32) -> Vec<Reading> {
        self.shared.state().figures(now)
    }
}

fn seconds(of: Duration) -> u32 {
    u32::try_from(of.as_secs()).unwrap_or(u32::MAX)
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.going = None;
        if let Some(thread) = self.thread.take() {
            // It panicked: there is nothing left to write.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in between leaves at worst one point half taken.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> MutexGuard<'_, Vec<File>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(now: Timestamp) -> State {
        let hour = second_of(now) / HOUR;
        State { table: Table::default(), pending: VecDeque::new(), hour, since: second_of(now) }
    }

    /// What comes from now on is of this hour, if it is a later one.
    fn begin_hour(&mut self, now: Timestamp) {
        let hour = second_of(now) / HOUR;
        if hour > self.hour {
            self.hour = hour;
            self.table.forget_names();
        }
    }

    fn take(&mut self, points: &[MetricPoint], now: Timestamp) {
        self.begin_hour(now);
        if self.pending.back().is_none_or(|(hour, _)| *hour != self.hour) {
            self.pending.push_back((self.hour, Vec::new()));
        }
        let Some((_, pending)) = self.pending.back_mut() else { return };
        for point in points {
            let Some(taken) = self.table.take(point, now) else { continue };
            if pending.len() >= limits::MAX_PENDING {
                // Its name may be among what is not written.
                self.table.forget_names();
                self.table.dropped.unwritten += 1;
                continue;
            }
            if taken.is_new {
                point::pack_name(pending, taken.id, &point.key, &point.unit);
            }
            point::pack_point(pending, taken.id, point.at.min(now), &point.value);
        }
    }
}

impl Telemetry {
    /// Takes points in. What is over a bound ([`limits`]) is dropped, counted and said once.
    pub fn offer_metrics(&self, points: Vec<MetricPoint>) {
        let shared = &self.metrics.shared;
        let now = shared.clock.now();
        shared.state().take(&points, now);
    }

    /// Series over time, in the order of their owners and names; at most [`limits::MAX_FOUND`].
    pub fn metrics(&self, query: &MetricQuery) -> Vec<MetricSeries> {
        let shared = &self.metrics.shared;
        shared.series(query, second_of(shared.clock.now()))
    }

    /// What came in the last hour: of one owner or of all, with a name that has `name` in it.
    pub fn metric_names(&self, owner: Option<&Owner>, name: &str) -> Vec<MetricName> {
        self.metrics.shared.names(owner, name)
    }

    /// The metrics of these names as they are now, of everything that has any: of totals their rate per second, of histograms
    /// their mean. Several series of one owner are one reading: rates are added up, of other values the largest counts.
    pub fn metric_readings(&self, names: &[String], now: Timestamp) -> Vec<Reading> {
        self.metrics.shared.latest(names, second_of(now))
    }

    /// Ends of a service's instances that nobody asked for, since its revision began: to be told each ten seconds. What was added
    /// over ten minutes is the figure `restarts`.
    pub fn tell_restarts(&self, service: &ServiceName, restarts: u32, now: Timestamp) {
        let owner = Owner::Service(service.clone());
        let key = SeriesKey { owner, name: figures::RESTARTS.to_owned(), labels: BTreeMap::new() };
        let value = MetricValue::Total { since: Timestamp(0), value: restarts.into(), monotonic: true };
        let point = MetricPoint { key, unit: "1".to_owned(), at: now, value };
        self.metrics.shared.state().take(&[point], now);
    }

    /// How many series of metrics there are in memory.
    pub fn metrics_held(&self) -> usize {
        self.metrics.shared.state().table.held()
    }

    /// Points that were not taken since the start, by why.
    pub fn metrics_dropped(&self) -> Dropped {
        self.metrics.shared.state().table.dropped
    }
}

#[cfg(test)]
mod tests;
