//! Takes records in: into the journal first, then among the rows that are looked into. A thread of its own.
//!
//! Nothing waits for it. When it falls behind or the disk is full, records are dropped, counted and said once; it goes on
//! as soon as there is room.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use naru_model::record::RequestRecord;

use super::Limits;
use super::error::Error;
use super::feed::{Load, Taker, Trouble};
use super::figures::{Ledger, Rebuilt};
use super::files;
use super::journal::{self, Frame, Journal};
use super::keeper::Keeper;
use super::rows::Rows;
use super::segment::SLICE_ROWS;
use super::shelf::{Held, Shelf};
use crate::Log;
use crate::names::Names;
use crate::pace::Pace;
use crate::trace_ids::TraceIds;

/// How many times the rows of the largest segment may wait in memory to become segments.
const MAX_WAITING: usize = 2;

/// How many records a batch has.
pub(super) fn count(mut batch: &[u8]) -> u64 {
    let mut records = 0;
    while !batch.is_empty() && RequestRecord::decode(&mut batch).is_ok() {
        records += 1;
    }
    records
}

/// The thread's own.
pub(super) struct Intake {
    pub(super) folder: PathBuf,
    pub(super) limits: Limits,
    pub(super) shelf: Arc<Shelf>,
    pub(super) load: Arc<Load>,
    pub(super) ids: Arc<TraceIds>,
    pub(super) pace: Arc<Pace>,
    pub(super) names: Arc<ArcSwap<Names>>,
    pub(super) keeper: Arc<Keeper>,
    /// Wakes the keeper when rows are full.
    pub(super) call: Sender<()>,
    pub(super) log: Log,
    pub(super) next_number: u64,
    pub(super) open: Option<Open>,
    pub(super) trouble: Trouble,
}

/// What is being filled.
pub(super) struct Open {
    journal: Journal,
    rows: Held,
    since: Instant,
    /// Those that the journal knows.
    names: Arc<Names>,
}

impl Intake {
    /// Reads the journals that a process before this one left, and goes on with the last one.
    pub(super) fn recover(&mut self, journals: &[(u64, PathBuf)], ledger: &Ledger) {
        let mut rebuilt = Rebuilt::after(ledger.last());
        let mut names = Names::default();
        for (at, (number, path)) in journals.iter().enumerate() {
            let mut rows = Rows::default();
            let read = journal::read(path, |frame| match frame {
                Frame::Names(names) => rows.learn(&names),
                Frame::Records(batch) => {
                    take(&mut rows, batch, &self.ids);
                    each_record(batch, |record| rebuilt.add(record, &rows.names));
                }
                _ => {}
            });
            let whole = match read {
                Ok(whole) => whole,
                Err(error) => {
                    (self.log)(&format!("transactions: a journal is left alone: {}", error.whole()));
                    continue;
                }
            };
            if rows.rows.is_empty() {
                // What it could have held is lost already; a name less to look at.
                let _ = std::fs::remove_file(path);
                continue;
            }
            names.learn(&rows.names);
            let rows = Held::new(rows);
            if at + 1 == journals.len() && !self.is_full(&rows, whole) {
                self.go_on(path.clone(), *number, whole, rows);
            } else {
                self.shelf.add_full(*number, rows);
                // At once, so that however many were left they are not in memory together.
                self.keeper.write_segments();
            }
        }
        for minute in rebuilt.minutes(&names) {
            ledger.keep(&minute);
        }
    }

    /// Fills a journal further that is there already. If it can't be opened, it is turned into a segment as it is.
    fn go_on(&mut self, path: PathBuf, number: u64, whole: u64, rows: Held) {
        match Journal::reopen(path, whole) {
            Ok(journal) => {
                let names = Arc::new(rows.read().names.clone());
                self.shelf.add_filling(number, rows.clone());
                self.open = Some(Open { journal, rows, since: Instant::now(), names });
            }
            Err(error) => {
                self.shelf.add_full(number, rows);
                (self.log)(&format!("transactions: {}; a new journal is begun", error.whole()));
            }
        }
    }

    /// For a machine that loses its power after a good end.
    pub(super) fn sync(&self) {
        if let Some(open) = &self.open {
            // The next start reads it from the page cache if the disk does not want it now.
            let _ = open.journal.sync();
        }
    }

    fn write(&mut self, batches: &[Box<[u8]>]) -> Result<(), Error> {
        let names = self.names.load_full();
        let open = match &mut self.open {
            Some(open) => open,
            none => none.insert(begin(&self.folder, &self.limits, &self.shelf, &mut self.next_number)?),
        };
        let new_names = !Arc::ptr_eq(&names, &open.names) && *names != *open.names;
        if new_names {
            open.journal.add_names(&names);
        }
        batches.iter().for_each(|batch| open.journal.add_records(batch));
        open.journal.write()?;
        let mut rows = open.rows.write();
        if new_names {
            rows.learn(&names);
        }
        open.names = names;
        batches.iter().for_each(|batch| take(&mut rows, batch, &self.ids));
        Ok(())
    }

    /// Hands full rows to the keeper, which makes a segment of them.
    fn close_if_full(&mut self) {
        let Some(open) = &self.open else { return };
        let old = open.since.elapsed() >= self.pace.bound(self.limits.segment_age);
        if !(old || self.is_long(&open.rows) || self.is_full(&open.rows, open.journal.len())) {
            return;
        }
        // For a machine that loses its power; a SIGKILL loses nothing without it.
        let _ = open.journal.sync();
        self.open = None;
        self.shelf.close();
        let _ = self.call.send(());
    }

    /// Whether enough of them period more than a segment's age. Not less, so that a few with a wrong time do not make
    /// small segments.
    fn is_long(&self, rows: &Held) -> bool {
        let rows = rows.read();
        let period = Duration::from_micros(rows.last - rows.first);
        period >= self.limits.segment_age && rows.rows.len() >= SLICE_ROWS
    }

    fn is_full(&self, rows: &Held, journal: u64) -> bool {
        let rows = rows.read();
        rows.rows.len() >= self.limits.segment_rows
            || rows.path_bytes() >= self.limits.path_bytes
            || journal >= self.limits.journal_bytes
    }
}

impl Taker for Intake {
    type Item = Box<[u8]>;

    fn size(item: &Box<[u8]>) -> usize {
        item.len()
    }

    /// Rows are shown once they are in the journal: what is shown is kept.
    fn take(&mut self, batches: Vec<Box<[u8]>>) {
        if batches.is_empty() {
            return;
        }
        match self.write(&batches) {
            Ok(()) => {
                if let Some(lost) = self.trouble.end(&self.load) {
                    (self.log)(&format!("transactions: written again; {lost} were dropped"));
                }
            }
            Err(error) => {
                let lost = batches.iter().map(|batch| count(batch)).sum();
                if self.trouble.begin(&self.load, lost) {
                    (self.log)(&format!(
                        "transactions: {}; requests go on, transactions are dropped until it can be written",
                        error.whole()
                    ));
                }
            }
        }
    }

    fn look(&mut self) {
        self.close_if_full();
    }
}

/// Begins with a journal and rows.
fn begin(folder: &Path, limits: &Limits, shelf: &Shelf, next_number: &mut u64) -> Result<Open, Error> {
    let waiting: usize = shelf.view().full().map(|(_, rows)| rows.read().rows.len()).sum();
    if waiting > MAX_WAITING * limits.segment_rows {
        return Err(Error::Behind);
    }
    let number = *next_number;
    let journal = Journal::create(files::journal(folder, number))?;
    *next_number += 1;
    let rows = Held::default();
    shelf.add_filling(number, rows.clone());
    Ok(Open { journal, rows, since: Instant::now(), names: Arc::default() })
}

/// What failed at the gateway or was slow there is worth a trace.
fn take(rows: &mut Rows, batch: &[u8], ids: &TraceIds) {
    each_record(batch, |record| {
        if rows.take(record, ids.receiving()) {
            ids.mark(&record.trace_id);
        }
    });
}

/// What can't be read has been complained of where it was counted.
fn each_record(mut batch: &[u8], mut each: impl FnMut(&RequestRecord<'_>)) {
    while !batch.is_empty() {
        match RequestRecord::decode(&mut batch) {
            Ok(record) => each(&record),
            Err(_) => return,
        }
    }
}
