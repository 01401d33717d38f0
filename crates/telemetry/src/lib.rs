//! What the platform sees of its requests: takes the gateway's records in, keeps the last hour, answers questions.
//!
//! `gateway ─RequestRecord→ telemetry ─Signals→ controller, Status, /metrics`
//!
//! The last hour is in memory: per second for five minutes, per ten seconds before that; for everything together and per
//! service, revision, route, function and instance. How much that takes at most is said in [`limits`]. What is older, and
//! every transaction, is on the disk, see [`archive`]. What services, their JVMs and the machine measure of themselves is in
//! [`metrics`]. The access log is written beside it, on a thread of its own.

mod access_log;
pub mod archive;
mod cell;
mod clock;
mod course;
mod finished;
mod gauge;
mod joined;
mod keys;
pub mod limits;
mod live;
pub mod metrics;
mod names;
mod observe;
mod pace;
mod packing;
mod points;
mod prometheus;
mod query;
mod readings;
mod screen;

mod series;
mod signals;
mod sketch;
mod store;
mod totals;
mod trace_ids;
pub mod traces;
mod users;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};

use arc_swap::ArcSwap;
use naru_model::access_log::LogFormat;
use naru_model::calls::{Calls, CallsQuery};
use naru_model::name::ServiceName;
use naru_model::platform;
use naru_model::series::{Found, Map, MapQuery, Period, Search, Subject, Tally, TallyQuery};
use naru_model::trace::{FoundLogs, FoundTraces, LogSearch, Statement, Trace, TraceSearch};
use naru_model::units::Timestamp;

pub use course::distinct_users;
pub use gauge::{Gauges, InstanceGauge, RouteGauge, ServiceGauge};
pub use names::Names;
pub use query::Seen;
pub use screen::{Masker, RouteLog, RouteLogs};

use access_log::{AccessLog, LineWriter};
use archive::Archive;
use live::{Figures, Live};
use metrics::Metrics;
use pace::Pace;
use screen::screen;
use store::Store;
use traces::Traces;

/// Takes one line for the server's log.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// Why there is no telemetry.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not start the thread that writes the access log")]
    Thread(#[source] io::Error),
    #[error("could not open the transactions and figures kept")]
    Archive(#[source] archive::Error),
}

/// Everything seen. Shared by all who feed it and ask it.
pub struct Telemetry {
    live: Live,
    archive: Archive,
    traces: Traces,
    metrics: Metrics,
    pace: Arc<Pace>,
    access_log: AccessLog,
    access_log_on: AtomicBool,
    access_log_format: Arc<ArcSwap<LogFormat>>,
    routes: Arc<ArcSwap<RouteLogs>>,
    records_dropped: AtomicU64,
    batches_broken: AtomicU64,
    log: Log,
}

impl Telemetry {
    /// Starts with what is kept in `dir`, the state folder: transactions and figures in `telemetry/`, for as long as
    /// `retention` says, and the access log in `access.log`.
    ///
    /// # Errors
    /// The folder can't be made or listed, or the machine has no thread left. A log that can't be written is no error:
    /// `log` is told, and lines are dropped and counted until it can; so it is with transactions.
    pub fn open(
        dir: &Path,
        retention: platform::Telemetry,
        now: Timestamp,
        log: Log,
    ) -> Result<Telemetry, Error> {
        let live = Live::new(now);
        let folder = dir.join("telemetry");
        let (beside, names) = (archive::Beside::default(), live.names.clone());
        let pace = beside.pace.clone();
        if traces::are_in(&folder) {
            // Before the archive reads what was left: what has a trace is to name it.
            beside.ids.begin();
        }
        let limits = archive::Limits::default();
        let archive =
            Archive::open_beside(&folder, limits, retention, names.clone(), now, log.clone(), beside.clone());
        let mut archive = archive.map_err(Error::Archive)?;
        let traces =
            Traces::open_beside(&folder, Default::default(), retention, names, now, log.clone(), beside);
        let traces = traces.map_err(Error::Archive)?;
        archive.follow(live.clone()).map_err(Error::Archive)?;
        let metrics = Metrics::open(&dir.join("telemetry"), retention.metrics, now, log.clone())
            .map_err(Error::Archive)?;
        let routes = Arc::<ArcSwap<RouteLogs>>::default();
        let access_log_format = Arc::<ArcSwap<LogFormat>>::default();
        let lines = LineWriter::new(live.names.clone(), routes.clone(), access_log_format.clone());
        let access_log = AccessLog::start(&dir.join("access.log"), lines, log.clone());
        Ok(Telemetry {
            archive,
            traces,
            metrics,
            pace,
            access_log: access_log.map_err(Error::Thread)?,
            live,
            access_log_on: AtomicBool::new(true),
            access_log_format,
            routes,
            records_dropped: AtomicU64::new(0),
            batches_broken: AtomicU64::new(0),
            log,
        })
    }

    /// How long transactions and figures are kept from now on.
    pub fn set_retention(&self, retention: platform::Telemetry) {
        self.metrics.set_kept(retention.metrics);
        self.archive.set_retention(retention);
        self.traces.set_retention(retention);
    }

    /// Whether so many bytes of spans or log lines would be taken now; who can have them sent again asks before.
    pub fn has_room_for_traces(&self, bytes: usize) -> bool {
        self.traces.has_room(bytes)
    }

    /// Takes a batch of spans in, see [`naru_model::span`]. Nobody waits: what there is no room for is dropped and counted.
    pub fn offer_spans(&self, batch: &[u8]) {
        self.traces.offer_spans(batch);
    }

    /// Takes a batch of log lines in, as [`Telemetry::offer_spans`].
    pub fn offer_logs(&self, batch: &[u8]) {
        self.traces.offer_logs(batch);
    }

    /// Lists traces, the latest first.
    pub fn traces(&self, search: &TraceSearch) -> FoundTraces {
        self.traces.search(search)
    }

    /// All of one trace, with what the gateway saw of it; `None`: nothing of it is kept.
    pub fn trace(&self, trace_id: [u8; 16]) -> Option<Trace> {
        joined::trace(&self.traces, &self.archive, &trace_id)
    }

    /// Lists log lines, the latest first.
    pub fn logs(&self, search: &LogSearch) -> FoundLogs {
        self.traces.logs(search)
    }

    /// What databases were asked over a period, in those kept traces that one of these services has a part in: by statement, in the
    /// order of services and statements; of very many different ones those that were found first.
    pub fn statements(&self, services: &BTreeSet<ServiceName>, period: Period) -> Vec<Statement> {
        self.traces.statements(services, period)
    }

    /// Lists transactions, the latest first.
    pub fn search(&self, search: &Search) -> Found {
        self.archive.search(search)
    }

    /// Adds up calls: who called what, and with what result.
    pub fn tally(&self, query: &TallyQuery) -> Tally {
        self.archive.tally(query)
    }

    /// What stands out in a stretch's calls, as of `now`.
    pub fn calls(&self, query: &CallsQuery, now: Timestamp) -> Calls {
        self.archive.calls(query, now)
    }

    /// Draws the T-Map.
    pub fn map(&self, query: &MapQuery) -> Map {
        self.archive.map(query)
    }

    /// Tells what the ids in records stand for. Names that went out of use may stay in: their last hour is still shown.
    pub fn set_names(&self, names: Names) {
        let names = Arc::new(names);
        self.store().set_targets(names.apdex_t.iter().map(|(id, target)| (*id, *target)));
        self.live.names.store(names);
    }

    /// Whether requests are written to the access log from now on, and how. Default: they are, as JSON.
    pub fn set_access_log(&self, on: bool, format: LogFormat) {
        self.access_log_on.store(on, Ordering::Relaxed);
        self.access_log_format.store(Arc::new(format));
    }

    /// What is masked in the records of routes from now on, and how many of them are logged.
    pub fn set_route_logs(&self, routes: RouteLogs) {
        self.routes.store(Arc::new(routes));
    }

    /// Tells how many records the gateway has dropped so far ([`naru_model::link::Load`]).
    pub fn set_records_dropped(&self, records: u64) {
        self.records_dropped.store(records, Ordering::Relaxed);
    }

    /// Takes a batch of records in, see [`naru_model::record`]. Of a broken batch, what comes before the break counts.
    pub fn ingest(&self, batch: &[u8], now: Timestamp) {
        let counted = self.store().ingest(batch, now);
        let carries_agents = match counted {
            Ok(carries_agents) => carries_agents,
            Err(error) => {
                if self.batches_broken.fetch_add(1, Ordering::Relaxed) == 0 {
                    let what = "telemetry: the gateway sent a broken batch";
                    (self.log)(&format!("{what}: {error}; more are only counted"));
                }
                return;
            }
        };
        let on = self.access_log_on.load(Ordering::Relaxed);
        let logs_agents = on && **self.access_log_format.load() == LogFormat::Combined;
        let screened = screen(batch, &self.routes.load(), carries_agents, logs_agents);
        self.archive.offer(&screened.kept);
        if on {
            self.access_log.offer(screened.logged());
        }
    }

    /// What the archive has: figures by minutes or longer that overlap with a period, in the order of time.
    fn archived_figures(&self, subject: &Subject, period: Period) -> Vec<Figures> {
        self.archive.figures(subject, period)
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.live.store()
    }
}

#[cfg(test)]
mod tests;
