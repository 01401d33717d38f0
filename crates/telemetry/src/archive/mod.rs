//! The store on disk: every transaction for a week, figures for a month, in Parquet files that any tool reads.
//!
//! ```text
//! STATE/telemetry/
//!   journal-17                                every record as it came, at most 200 ms later; becomes a segment
//!   transactions-20261121T093000Z-16.parquet  a segment: an hour, or a million transactions
//!   figures-journal-4                         minutes of figures; becomes a file
//!   figures-60-20261121T090000Z-3.parquet     figures by minutes; of 600 s after two days, of 3,600 s after ten
//! ```
//!
//! Records go into the journal by `write(2)` and among rows in memory, from which they are found at once. Full rows are
//! sorted and written as a segment; then their journal is removed. What kills the process loses what was not in the journal
//! yet. At a start, journals are read back and gone on with. A full disk drops and counts, says it once and goes on when
//! there is room; nothing waits for it.
//!
//! # A segment's columns
//!
//! `end` (when the last byte was sent, UTC, µs), `response_us` (of an upgraded connection until the upgrade), of which
//! `waiting_us` (for a place or a ready instance), `connecting_us` and `other_us` (the gateway's own, and the bodies' way);
//! what is left is the service's: `upstream_us = response_us - waiting_us - connecting_us - other_us`, which is not a
//! column because it is nearly as long again as the response time and follows from the others. `service`, `function`,
//! `route` (empty: none), `revision`, `ordinal` (0: no instance), `client`, `method`, `protocol` (10, 11, 20), `status` (0:
//! the client was gone), `fault` (0 nobody's, 1 the client's, 2 the service's, 3 the platform's), `attempts`,
//! `received_bytes`, `sent_bytes`, `path` (without the query), `trace_id` (16 bytes; of errors by the service's or the
//! platform's fault and of what took over 4 T, else null). `group` numbers the combinations of service, revision,
//! function, route and client within a file, for naru's own way through it. No user is kept. The footer has the calls added up
//! by route and client, ten minutes at a time (`naru.calls`), and what each `group` is (`naru.groups`): JSON, by zstd, in base64.
//!
//! Rows are in slices of 65,536 by time, and within one by group and path, which packs better: whoever wants them by time
//! sorts them.
//!
//! ```sql
//! select service, "end", response_us / 1e3 as ms,
//!        (response_us::bigint - waiting_us - connecting_us - other_us) / 1e3 as upstream_ms, hex(trace_id)
//! from 'STATE/telemetry/transactions-*.parquet' where fault >= 2 order by "end" desc limit 20;
//! ```

mod calls;
pub(crate) mod cursor;
pub(crate) mod disk;
pub(crate) mod error;
pub(crate) mod feed;
mod figures;
pub(crate) mod files;
mod finished;
#[cfg(test)]
pub(crate) mod fixture;
mod intake;
pub(crate) mod journal;
mod keeper;
pub(crate) mod layout;
mod map;
pub(crate) mod parallel;
pub(crate) mod rows;
mod search;
mod segment;
mod shelf;
pub(crate) mod source;
pub(crate) mod space;
mod tally;
pub(crate) mod texts;
mod times;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use naru_model::calls::{Calls, CallsQuery};
use naru_model::platform;
use naru_model::series::{Found, Map, MapQuery, Period, Search, Subject, Tally, TallyQuery};
use naru_model::units::Timestamp;

use crate::Log;
use crate::live::{Figures, Live};
use crate::names::Names;
use crate::pace::Pace;
use crate::trace_ids::TraceIds;
pub use error::Error;
use feed::{Load, Trouble};
use figures::Ledger;
use files::Name;
use intake::{Intake, count};
use keeper::Keeper;
use segment::Segment;
use shelf::Shelf;
use space::Space;

/// When rows in memory become a segment.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// 64 bytes of memory each.
    pub segment_rows: usize,
    pub segment_age: Duration,
    /// All different paths of a segment together: clients make them up.
    pub path_bytes: usize,
    /// What a start may have to read.
    pub journal_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            segment_rows: 1 << 20,
            segment_age: Duration::from_secs(3600),
            path_bytes: 32 << 20,
            journal_bytes: 512 << 20,
        }
    }
}

/// What it shares with the store of traces.
#[derive(Clone, Default)]
pub(crate) struct Beside {
    pub(crate) ids: Arc<TraceIds>,
    pub(crate) space: Arc<Space>,
    pub(crate) pace: Arc<Pace>,
}

/// The store, with its threads. Dropping it writes what is left.
pub struct Archive {
    shelf: Arc<Shelf>,
    ledger: Arc<Ledger>,
    load: Arc<Load>,
    keeper: Arc<Keeper>,
    queue: Option<Sender<Box<[u8]>>>,
    /// Dropped to end the thread that keeps figures.
    follows: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Archive {
    /// Opens the store in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// The folder can't be made or listed, or the machine has no thread left. A file in it that can't be read is said
    /// in the log and left alone.
    pub fn open(
        folder: &Path,
        limits: Limits,
        retention: platform::Telemetry,
        names: Arc<ArcSwap<Names>>,
        now: Timestamp,
        log: Log,
    ) -> Result<Archive, Error> {
        Archive::open_beside(folder, limits, retention, names, now, log, Beside::default())
    }

    /// As [`Archive::open`], beside a store of traces.
    pub(crate) fn open_beside(
        folder: &Path,
        limits: Limits,
        retention: platform::Telemetry,
        names: Arc<ArcSwap<Names>>,
        now: Timestamp,
        log: Log,
        beside: Beside,
    ) -> Result<Archive, Error> {
        std::fs::create_dir_all(folder).map_err(Error::io("make", folder))?;
        let found = Leftovers::find(folder, &log)?;
        let ledger = Arc::new(Ledger::open(folder, log.clone())?);
        let shelf = Arc::new(Shelf::new(found.segments, beside.ids.clone(), log.clone()));
        let load = Arc::new(Load::default());
        let (queue, batches) = channel();
        let (call, calls) = channel();
        let keeper = Arc::new(Keeper::new(
            folder.to_owned(),
            shelf.clone(),
            ledger.clone(),
            retention,
            now,
            log.clone(),
            &beside,
        ));
        let mut intake = Intake {
            folder: folder.to_owned(),
            limits,
            shelf: shelf.clone(),
            load: load.clone(),
            ids: beside.ids.clone(),
            pace: beside.pace.clone(),
            names,
            keeper: keeper.clone(),
            call,
            log,
            next_number: found.next_number,
            open: None,
            trouble: Trouble::default(),
        };
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(Error::thread)
        };
        let journals = found.journals;
        let working = load.clone();
        let figures = ledger.clone();
        let intake = spawn(
            "archive",
            Box::new(move || {
                intake.recover(&journals, &figures);
                feed::run(&mut intake, &working, &batches);
                intake.sync();
            }),
        )?;
        let keeping = keeper.clone();
        let keeping = spawn("archive-keeper", Box::new(move || keeping.run(&calls)))?;
        Ok(Archive {
            shelf,
            ledger,
            load,
            keeper,
            queue: Some(queue),
            follows: None,
            threads: vec![intake, keeping],
        })
    }

    /// Takes a batch of records in, see [`naru_model::record`], or drops it when too much waits.
    pub fn offer(&self, batch: &[u8]) {
        if let Some(queue) = &self.queue {
            self.load.offer(queue, batch, |batch| batch, count);
        }
    }

    /// Records dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.load.dropped.load(Ordering::Relaxed)
    }

    /// Bytes of records that wait to be written.
    pub fn queued(&self) -> usize {
        self.load.queued.load(Ordering::Relaxed)
    }

    /// Whether there are full rows that wait to become segments.
    pub fn behind(&self) -> bool {
        self.shelf.view().full().next().is_some()
    }

    pub fn set_retention(&self, retention: platform::Telemetry) {
        self.keeper.set_retention(retention);
    }

    /// Lists transactions, the latest first.
    pub fn search(&self, search: &Search) -> Found {
        search::search(&self.shelf, search)
    }

    /// Draws the T-Map.
    pub fn map(&self, query: &MapQuery) -> Map {
        map::map(&self.shelf, &self.ledger, query)
    }

    /// Adds up calls.
    pub fn tally(&self, query: &TallyQuery) -> Tally {
        tally::tally(&self.shelf, query)
    }

    /// What stands out in a stretch's calls.
    pub fn calls(&self, query: &CallsQuery, now: Timestamp) -> Calls {
        calls::calls(&self.shelf, query, now)
    }

    /// Keeps each minute of figures from now on, as soon as nothing is added to it any more.
    ///
    /// # Errors
    /// The machine has no thread left.
    pub(crate) fn follow(&mut self, live: Live) -> Result<(), Error> {
        let keeper = self.keeper.clone();
        let thread = std::thread::Builder::new().name("archive-figures".to_owned());
        let (follows, going) = channel();
        let thread = thread.spawn(move || keeper.follow(&live, &going));
        self.threads.push(thread.map_err(Error::thread)?);
        self.follows = Some(follows);
        Ok(())
    }

    /// The end of the last minute of figures that came from memory, in seconds since 1970; 0 before the first.
    pub(crate) fn kept_until(&self) -> u32 {
        self.keeper.kept_until()
    }

    /// What was seen of a subject, in stretches of a minute or longer, in the order of time.
    pub(crate) fn figures(&self, subject: &Subject, period: Period) -> Vec<Figures> {
        self.ledger.figures(subject, period)
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        self.queue = None;
        self.follows = None;
        self.keeper.stop();
        for thread in self.threads.drain(..) {
            // It panicked: there is nothing left to write.
            let _ = thread.join();
        }
    }
}

/// What a process before this one left.
struct Leftovers {
    segments: Vec<Arc<Segment>>,
    /// In the order of their numbers.
    journals: Vec<(u64, PathBuf)>,
    next_number: u64,
}

impl Leftovers {
    fn find(folder: &Path, log: &Log) -> Result<Leftovers, Error> {
        let (mut segments, mut journals, mut next_number) = (Vec::new(), Vec::new(), 1);
        for (name, path) in files::list(folder)? {
            match name {
                Name::Part => drop(std::fs::remove_file(&path)),
                Name::Journal(number) => {
                    next_number = next_number.max(number + 1);
                    journals.push((number, path));
                }
                Name::Transactions(number) => {
                    next_number = next_number.max(number + 1);
                    match Segment::find(&path, number) {
                        Ok(segment) => segments.push(Arc::new(segment)),
                        Err(error) => log(&format!(
                            "transactions: a file is left out: {}; remove it, or bring a good copy and start again",
                            error.whole()
                        )),
                    }
                }
                _ => {}
            }
        }
        // Its segment was finished, the kill came before it was removed.
        let done = |number: u64| segments.iter().any(|segment| segment.number == number);
        let (left, done): (Vec<_>, Vec<_>) = journals.into_iter().partition(|(number, _)| !done(*number));
        done.iter().for_each(|(_, path)| drop(std::fs::remove_file(path)));
        let mut journals = left;
        journals.sort();
        Ok(Leftovers { segments, journals, next_number })
    }
}

#[cfg(test)]
mod tests;
