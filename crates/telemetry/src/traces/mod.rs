//! The store of traces and log lines: what services tell of themselves, whole traces kept by what they are worth.
//!
//! ```text
//! STATE/telemetry/
//!   spans-journal-7                    every span and line as it came, at most 200 ms later; becomes the files below
//!   spans-20261121T093000Z-6.parquet   the spans of traces that are kept
//!   logs-20261121T093000Z-6.parquet    log lines that are kept
//!   edges-20261121T093000Z-6.parquet   who called whom, minute by minute, counted of all traces
//! ```
//!
//! `otlp ─spans, lines→ journal → waiting → decided ─kept→ held → files`
//!
//! Spans wait in memory until their trace is complete ([`collector`]); what is kept is held there too, found at once, and
//! becomes files with its journal. The columns are described in docs/guides/telemetry-store.md; DuckDB reads them directly.

mod budget;
mod collector;
mod edges;
mod files;
mod finished;
mod held;
mod intake;
mod keeper;
mod lines;
mod map;
mod pile;
mod search;
mod shelf;
mod shown;
mod slow;
mod sql;
mod statements;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

use arc_swap::ArcSwap;
use naru_model::name::ServiceName;
use naru_model::platform;
use naru_model::series::Period;
use naru_model::trace::{FoundLogs, FoundTraces, LogSearch, Statement, Trace, TraceSearch};
use naru_model::units::Timestamp;

use crate::Log;
use crate::archive::error::Error;
use crate::archive::feed::{self, Load, Trouble};
use crate::archive::files::Name;
use crate::archive::{Beside, files as names_of};
use crate::names::Names;
use collector::Collector;
use files::{File, Kind};
use intake::{Batch, Intake, count_lines, count_spans};
use keeper::Keeper;
use shelf::Shelf;

pub use collector::Limits as Waits;
pub use intake::Limits;
pub(crate) use map::Calls;

/// Trace ids of files this young are remembered at a start, in microseconds.
const REMEMBERED: u64 = 2 * 3_600_000_000;

/// The time, from the one that was passed in at the start.
#[derive(Debug, Clone, Copy)]
struct Clock {
    start: Timestamp,
    at: Instant,
}

impl Clock {
    fn now(&self) -> Timestamp {
        self.start + self.at.elapsed()
    }
}

/// The store, with its threads. Dropping it writes what is left.
pub struct Traces {
    shelf: Arc<Shelf>,
    load: Arc<Load>,
    keeper: Arc<Keeper>,
    beside: Beside,
    queue: Option<Sender<Batch>>,
    threads: Vec<JoinHandle<()>>,
}

/// Whether a folder has traces, or what becomes of them.
pub(crate) fn are_in(folder: &Path) -> bool {
    let is_one = |name: &Name| matches!(name, Name::TracesJournal(_) | Name::Spans(_));
    names_of::list(folder).is_ok_and(|files| files.iter().any(|(name, _)| is_one(name)))
}

/// Reads 32 hexadecimal digits.
pub(crate) fn trace_id(text: &str) -> Option<[u8; 16]> {
    let is_hexadecimal = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hexadecimal.then(|| u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)).flatten()
}

impl Traces {
    /// Opens the store in a folder, which is made if it is not there, by itself.
    ///
    /// # Errors
    /// The folder can't be made or listed, or the machine has no thread left. A file in it that can't be read is said in the log and
    /// left alone.
    pub fn open(
        folder: &Path,
        limits: (Limits, Waits),
        retention: platform::Telemetry,
        names: Arc<ArcSwap<Names>>,
        now: Timestamp,
        log: Log,
    ) -> Result<Traces, Error> {
        Traces::open_beside(folder, limits, retention, names, now, log, Beside::default())
    }

    /// As [`Traces::open`], beside an archive of transactions.
    ///
    /// # Errors
    /// The folder can't be listed, or the machine has no thread left. A file in it that can't be read is said in the log and
    /// left alone.
    pub(crate) fn open_beside(
        folder: &Path,
        limits: (Limits, Waits),
        retention: platform::Telemetry,
        names: Arc<ArcSwap<Names>>,
        now: Timestamp,
        log: Log,
        beside: Beside,
    ) -> Result<Traces, Error> {
        std::fs::create_dir_all(folder).map_err(Error::io("make", folder))?;
        let found = Leftovers::find(folder, &log)?;
        let clock = Clock { start: now, at: Instant::now() };
        let collector = Collector::new(limits.1, beside.ids.clone(), now);
        let shelf = Arc::new(Shelf::new(collector, found.files, log.clone()));
        let load = Arc::new(Load::default());
        let (queue, batches) = channel();
        let (call, calls) = channel();
        let keeper = Arc::new(Keeper {
            folder: folder.to_owned(),
            shelf: shelf.clone(),
            retention: ArcSwap::from_pointee(retention),
            clock,
            space: beside.space.clone(),
            log: log.clone(),
            stopping: AtomicBool::new(false),
            recovered: AtomicBool::new(false),
            failing: Default::default(),
            crowded: AtomicBool::new(false),
        });
        let mut intake = Intake {
            folder: folder.to_owned(),
            limits: limits.0,
            shelf: shelf.clone(),
            load: load.clone(),
            names,
            keeper: keeper.clone(),
            pace: beside.pace.clone(),
            call,
            clock,
            log,
            next_number: found.next_number,
            open: None,
            trouble: Trouble::default(),
            known: None,
            decided: Vec::new(),
            looked: Instant::now(),
        };
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(Error::thread)
        };
        let (working, remembering, ids) = (load.clone(), shelf.clone(), beside.ids.clone());
        let journals = found.journals;
        let intake = spawn(
            "traces",
            Box::new(move || {
                remember(&remembering, &ids, now);
                intake.recover(&journals);
                feed::run(&mut intake, &working, &batches);
                intake.sync();
            }),
        )?;
        let keeping = keeper.clone();
        let keeping = spawn("traces-keeper", Box::new(move || keeping.run(&calls)))?;
        let traces =
            Traces { shelf, load, keeper, beside, queue: Some(queue), threads: vec![intake, keeping] };
        traces.set_retention(retention);
        Ok(traces)
    }

    /// Whether so many bytes of spans or log lines would be taken now.
    pub fn has_room(&self, bytes: usize) -> bool {
        self.load.has_room(bytes)
    }

    /// Takes a batch of spans in, see [`naru_model::span`], or drops it when too much waits.
    pub fn offer_spans(&self, batch: &[u8]) {
        if let Some(queue) = self.queue.as_ref().filter(|_| !batch.is_empty()) {
            self.beside.ids.begin();
            self.load.offer(queue, batch, Batch::Spans, count_spans);
        }
    }

    /// Takes a batch of log lines in, or drops it when too much waits.
    pub fn offer_logs(&self, batch: &[u8]) {
        if let Some(queue) = self.queue.as_ref().filter(|_| !batch.is_empty()) {
            self.load.offer(queue, batch, Batch::Lines, count_lines);
        }
    }

    pub(crate) fn set_retention(&self, retention: platform::Telemetry) {
        self.shelf.collect().set_budget(retention.traces_per_day.0, retention.logs_per_day.0);
        self.keeper.retention.store(Arc::new(retention));
    }

    pub fn search(&self, search: &TraceSearch) -> FoundTraces {
        search::search(&self.shelf, search)
    }

    pub fn trace(&self, trace_id: &[u8; 16]) -> Option<Trace> {
        search::trace(&self.shelf, trace_id)
    }

    pub fn logs(&self, search: &LogSearch) -> FoundLogs {
        lines::search(&self.shelf, search).unwrap_or_default()
    }

    /// What databases were asked in the kept traces that one of these services has a part in, by statement.
    pub(crate) fn statements(&self, services: &BTreeSet<ServiceName>, period: Period) -> Vec<Statement> {
        statements::find(&self.shelf, services, period)
    }

    /// Who called whom over a period.
    pub(crate) fn calls(&self, period: Period) -> Calls {
        map::calls(&self.shelf, period)
    }

    /// What became of spans and lines since the start, for /metrics.
    pub fn losses(&self) -> Losses {
        let collector = self.shelf.collector();
        let counts = collector.counts;
        Losses {
            dropped: self.load.dropped.load(Ordering::Relaxed),
            traces: [counts.traces_kept, counts.traces_sampled_out],
            spans: [counts.spans_kept, counts.spans_sampled_out],
            lines: [counts.lines_kept, counts.lines_sampled_out],
            sampled: f64::from(collector.share()) / f64::from(budget::ALL),
            waiting_bytes: collector.waiting_size() as u64,
        }
    }
}

/// What the store has kept and let go since the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Losses {
    /// Spans and lines that were not written: the disk was full or too slow.
    pub dropped: u64,
    /// Kept, and sampled out.
    pub traces: [u64; 2],
    pub spans: [u64; 2],
    pub lines: [u64; 2],
    /// The share of ordinary traces that is kept, 0 to 1.
    pub sampled: f64,
    pub waiting_bytes: u64,
}

impl Drop for Traces {
    fn drop(&mut self) {
        self.queue = None;
        self.keeper.stopping.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It panicked: there is nothing left to write.
            let _ = thread.join();
        }
    }
}

/// Tells which traces the youngest files have.
fn remember(shelf: &Shelf, ids: &crate::trace_ids::TraceIds, now: Timestamp) {
    for file in shelf.view().files(Kind::Spans, now.0.saturating_sub(REMEMBERED), u64::MAX) {
        shelf.reading(&file, |opened| {
            for group in 0..opened.groups() {
                opened.runs(group)?.iter().for_each(|run| ids.keep(&run.trace_id));
            }
            Ok(())
        });
    }
}

/// What a process before this one left.
struct Leftovers {
    files: Vec<Arc<File>>,
    /// In the order of their numbers.
    journals: Vec<(u64, PathBuf)>,
    next_number: u64,
}

impl Leftovers {
    fn find(folder: &Path, log: &Log) -> Result<Leftovers, Error> {
        let listed = names_of::list(folder)?;
        let journal = |(name, path): &(Name, PathBuf)| match name {
            Name::TracesJournal(number) => Some((*number, path.clone())),
            _ => None,
        };
        let mut journals: Vec<(u64, PathBuf)> = listed.iter().filter_map(journal).collect();
        journals.sort();
        let mut next_number = journals.last().map_or(1, |(number, _)| number + 1);
        let mut files = Vec::new();
        for (name, path) in listed {
            let (kind, number) = match name {
                Name::Spans(number) => (Kind::Spans, number),
                Name::Logs(number) => (Kind::Logs, number),
                Name::Edges(number) => (Kind::Edges, number),
                _ => continue,
            };
            next_number = next_number.max(number + 1);
            if journals.iter().any(|(journal, _)| *journal == number) {
                // A kill came before all files of the journal were there; they are made of it again.
                let _ = std::fs::remove_file(&path);
                continue;
            }
            match File::find(kind, &path, number) {
                Ok(file) => files.push(Arc::new(file)),
                Err(error) => log(&format!(
                    "traces: a file is left out: {}; remove it, or bring a good copy and start again",
                    error.whole()
                )),
            }
        }
        Ok(Leftovers { files, journals, next_number })
    }
}

#[cfg(test)]
mod tests;
