//! Writes points down, makes a file of an hour that is over, reads journals back, and lets go of what is old.
//!
//! The number of a journal is the hour it was begun in, since 1970, times a thousand, and counts up within the hour; the file
//! of an hour has the number of that hour's last journal. So a journal whose number no file is above is still of use, and
//! every other one is done with.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use naru_model::metric::{MetricPoint, SeriesKey};
use naru_model::units::Timestamp;

use super::file::{File, Row};
use super::limits::{ALL_BYTES, MAX_JOURNAL};
use super::point::{self, Entry};
use super::table::Table;
use super::{HOUR, Shared, State};
use crate::archive::error::Error;
use crate::archive::files::{self, Name};
use crate::archive::journal::{self, Frame, Journal};
use crate::live::MINUTE;
use crate::store::second_of;

/// How old a point may grow before it is in the journal.
const EVERY: Duration = Duration::from_millis(200);
/// How long after its end an hour becomes a file, in seconds: what comes within it is in the file.
const SETTLES: u32 = 30;
/// How long after its end an hour is still whole in memory, in seconds.
const GIVEN_UP: u32 = 540;
/// How often what is silent or old is let go, in seconds.
const TIDY_EVERY: u32 = 60;

/// The thread's own.
pub(super) struct Keeper {
    folder: PathBuf,
    shared: Arc<Shared>,
    journal: Option<(Journal, u64)>,
    /// Hours that are over and in no file yet: the last journal's number.
    closing: Vec<u64>,
    next_number: u64,
    tidied: u32,
    /// Whether it could not be written, and was said.
    failing: bool,
    said: Said,
}

/// What was complained of already.
#[derive(Default)]
struct Said {
    dropped: bool,
    crowded: bool,
}

impl Keeper {
    pub(super) fn open(folder: &Path, shared: Arc<Shared>, now: Timestamp) -> Result<Keeper, Error> {
        let mut journals = Vec::new();
        for (name, path) in files::list(folder)? {
            match name {
                Name::Metrics { number, .. } => match File::find(&path, number) {
                    Ok(file) => shared.files().push(file),
                    Err(error) => (shared.log)(&left_out(&error)),
                },
                Name::MetricsJournal(number) => journals.push((number, path)),
                _ => {}
            }
        }
        let done = shared.files().iter().map(|file| file.number).max();
        journals.retain(|(number, path)| {
            let left = done.is_none_or(|done| *number > done);
            if !left {
                let _ = std::fs::remove_file(path);
            }
            left
        });
        journals.sort();
        let newest = journals.last().map(|(number, _)| *number).max(done);
        let mut keeper = Keeper {
            folder: folder.to_owned(),
            shared,
            journal: None,
            closing: Vec::new(),
            next_number: newest.map_or(0, |newest| newest + 1),
            tidied: 0,
            failing: false,
            said: Said::default(),
        };
        keeper.recover(&journals, now);
        Ok(keeper)
    }

    /// Reads journals back into memory. Of hours that are over a file is made at once; the one of this hour is gone on with.
    fn recover(&mut self, journals: &[(u64, PathBuf)], now: Timestamp) {
        let this_hour = second_of(now) / HOUR;
        let mut broken = 0;
        for (at, (number, path)) in journals.iter().enumerate() {
            let hour = hour_of(*number);
            let read = {
                let state = &mut *self.shared.state();
                replay(path, &mut state.table, &mut broken).inspect(|_| {
                    if hour + 1 >= this_hour {
                        state.since = state.since.min(hour * HOUR);
                    }
                })
            };
            let whole = match read {
                Ok(whole) => whole,
                Err(error) => {
                    (self.shared.log)(&left_out(&error));
                    continue;
                }
            };
            let is_last = journals.get(at + 1).is_none_or(|(next, _)| hour_of(*next) != hour);
            if hour < this_hour && is_last {
                self.closing.push(*number);
                self.close_hours(u32::MAX);
            } else if hour >= this_hour && at + 1 == journals.len() {
                match Journal::reopen(path.clone(), whole) {
                    Ok(journal) => self.journal = Some((journal, *number)),
                    Err(error) => self.complain(&error),
                }
            }
        }
        if broken > 0 {
            (self.shared.log)(&format!(
                "metrics: {broken} entries of a journal could not be read and are left out"
            ));
        }
        // The numbers that journals have for series are not those of this process.
        self.shared.state().table.forget_names();
    }

    /// The thread: until `going` has no sender any more.
    pub(super) fn run(&mut self, going: &Receiver<()>) {
        while !matches!(going.recv_timeout(EVERY), Err(RecvTimeoutError::Disconnected)) {
            self.tick(self.shared.clock.now());
        }
        self.tick(self.shared.clock.now());
        if let Some((journal, _)) = &self.journal {
            // The next start reads it from the page cache if the disk does not want it now.
            let _ = journal.sync();
        }
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Timestamp) {
        let second = second_of(now);
        let full = self.journal.as_ref().is_some_and(|(journal, _)| journal.len() >= MAX_JOURNAL);
        let pending = {
            let state = &mut *self.shared.state();
            state.begin_hour(now);
            if full {
                // What comes from now on goes into another one, which knows no names.
                state.table.forget_names();
            }
            std::mem::take(&mut state.pending)
        };
        for (hour, packed) in pending {
            self.end_journal_before(hour);
            self.write(hour, &packed);
        }
        self.end_journal_before(second / HOUR);
        if full {
            self.journal = None;
        }
        self.close_hours(second);
        if second >= self.tidied.saturating_add(TIDY_EVERY) {
            self.tidied = second;
            self.shared.state().table.forget_silent(second);
            self.let_go(second);
            self.say_dropped();
        }
    }

    /// Ends a journal of an earlier hour.
    fn end_journal_before(&mut self, hour: u32) {
        if let Some((journal, number)) = self.journal.take_if(|(_, number)| hour_of(*number) < hour) {
            // For a machine that loses its power.
            let _ = journal.sync();
            self.closing.push(number);
        }
    }

    /// Brings what came in an hour into its journal.
    fn write(&mut self, hour: u32, packed: &[u8]) {
        if packed.is_empty() {
            return;
        }
        match self.try_write(hour, packed) {
            Ok(()) if self.failing => {
                self.failing = false;
                (self.shared.log)("metrics: written again");
            }
            Ok(()) => {}
            Err(error) => {
                self.shared.state().table.forget_names();
                self.complain(&error);
            }
        }
    }

    fn try_write(&mut self, hour: u32, packed: &[u8]) -> Result<(), Error> {
        if self.journal.is_none() {
            let number = self.next_number.max(u64::from(hour) * 1000);
            let journal = Journal::create(files::metrics_journal(&self.folder, number))?;
            self.journal = Some((journal, number));
            self.next_number = number + 1;
        }
        let Some((journal, _)) = &mut self.journal else { return Ok(()) };
        journal.add_metrics(packed);
        journal.write()
    }

    fn complain(&mut self, error: &Error) {
        if !std::mem::replace(&mut self.failing, true) {
            let what = "series go on in memory, and are lost should naru be killed before it can be written";
            (self.shared.log)(&format!("metrics: {}; {what}", error.whole()));
        }
    }

    /// Makes files of the hours that are over. What can't be written is tried again for as long as it is whole in memory.
    fn close_hours(&mut self, now: u32) {
        for number in std::mem::take(&mut self.closing) {
            let end = (hour_of(number) + 1).saturating_mul(HOUR);
            if now < end.saturating_add(SETTLES) {
                self.closing.push(number);
                continue;
            }
            let rows = rows(&self.shared.state(), end - HOUR, end);
            if !rows.is_empty() {
                match File::write(&self.folder, number, rows) {
                    Ok(file) => self.shared.files().push(file),
                    Err(error) => {
                        self.complain(&error);
                        // Its journal stays for the next start in any case.
                        if now < end.saturating_add(GIVEN_UP) {
                            self.closing.push(number);
                        }
                        continue;
                    }
                }
            }
            self.remove_journals(number);
        }
    }

    /// Those up to a number are in files now.
    fn remove_journals(&self, number: u64) {
        for (name, path) in files::list(&self.folder).unwrap_or_default() {
            if matches!(name, Name::MetricsJournal(other) if other <= number) {
                // What can't be removed now is found to be done with at the next start.
                let _ = std::fs::remove_file(path);
            }
        }
    }

    fn let_go(&mut self, now: u32) {
        let oldest = now.saturating_sub(self.shared.kept.load(Ordering::Relaxed));
        let mut files = self.shared.files();
        files.sort_by_key(|file| file.last);
        let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
        let mut crowded = false;
        files.retain(|file| {
            let (young, fits) = (file.last.saturating_add(MINUTE) >= oldest, bytes <= ALL_BYTES);
            if !(young && fits) {
                bytes -= file.bytes;
                crowded |= young;
                let _ = std::fs::remove_file(&file.path);
            }
            young && fits
        });
        if crowded && !std::mem::replace(&mut self.said.crowded, true) {
            (self.shared.log)(&format!(
                "metrics: their files reached {} MiB, so the oldest go before their time; have fewer series sent",
                ALL_BYTES >> 20
            ));
        }
    }

    fn say_dropped(&mut self) {
        let (dropped, held) = {
            let state = self.shared.state();
            (state.table.dropped, state.table.held())
        };
        if dropped.all() > 0 && !std::mem::replace(&mut self.said.dropped, true) {
            (self.shared.log)(&format!(
                "metrics: points were dropped: {} had no place ({held} series are kept, at most {} and {} of one owner), {} \
                 had names too long, {} came too late, {} were no numbers, {} could not be written fast enough; more are only counted",
                dropped.too_many,
                super::limits::SERIES,
                super::limits::SERIES_OF_ONE,
                dropped.too_long,
                dropped.too_late,
                dropped.broken,
                dropped.unwritten
            ));
        }
    }
}

/// The hour that a journal or a file is of, since 1970.
fn hour_of(number: u64) -> u32 {
    u32::try_from(number / 1000).unwrap_or(u32::MAX / HOUR - 1)
}

/// Takes the points of a journal in as they came. Returns how much of it is whole, in bytes.
fn replay(path: &Path, table: &mut Table, broken: &mut u64) -> Result<u64, Error> {
    let mut known: HashMap<u32, (SeriesKey, String)> = HashMap::new();
    journal::read(path, |frame| {
        let Frame::Metrics(mut packed) = frame else { return };
        while !packed.is_empty() {
            match point::take(&mut packed) {
                Ok(Entry::Named { id, key, unit }) => drop(known.insert(id, (key, unit))),
                Ok(Entry::Point { id, at, value }) => {
                    let Some((key, unit)) = known.get(&id) else { continue };
                    let point = MetricPoint { key: key.clone(), unit: unit.clone(), at, value };
                    // As it was taken when it came.
                    table.take(&point, at);
                }
                Err(_) => {
                    *broken += 1;
                    return;
                }
            }
        }
    })
}

/// The minutes of all series from `from` on and before `to`.
fn rows(state: &State, from: u32, to: u32) -> Vec<Row> {
    let sources = state.table.sources().filter(|source| source.last_at >= from);
    let lanes = sources.flat_map(|source| {
        let named = source.shape.suffixes().iter().zip(&source.lanes).enumerate();
        named.map(move |(place, (suffix, lane))| (source, place, suffix, lane))
    });
    let row = |(source, place, suffix, lane): (&super::table::Source, usize, &&str, &super::lane::Lane)| {
        let minutes = (from..to).step_by(MINUTE as usize).filter_map(|start| lane.sum(start, start + MINUTE));
        let minutes: Vec<_> = minutes.collect();
        let key = SeriesKey { name: format!("{}{suffix}", source.key.name), ..(*source.key).clone() };
        let unit = source.unit_of(place).to_owned();
        (!minutes.is_empty()).then(|| Row { key, unit, rate: source.shape.is_rate(place), minutes })
    };
    lanes.filter_map(row).collect()
}

pub(super) fn left_out(error: &Error) -> String {
    format!("metrics: a file is left out: {}; remove it, or bring a good copy and start again", error.whole())
}
