//! Figures for a month: minutes as they come, in a journal and in memory, an hour of them at a time in a file; longer
//! stretches the older they get.
//!
//! A journal of figures is kept until their file is there, as for transactions. A file of longer stretches says by its
//! number which ones it was made of: all shorter ones up to that number are done with, and are removed at the next start
//! if a kill came first.

mod entry;
mod file;
mod merge;
mod rebuild;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use naru_model::series::{Period, Subject};

use super::error::Error;
use super::files::{self, Name};
use super::journal::{self, Frame, Journal};
use super::parallel;
use crate::Log;
use crate::live::{Figures, MINUTE};
use entry::Entry;
use file::File;
use merge::{DAY, LEVELS, Merged, merge};
pub(super) use rebuild::Rebuilt;

/// Stretches in memory and in one file, in bytes, before they are packed.
const OPEN_BYTES: usize = 32 << 20;
/// Stretches of one file are of one hour.
const HOUR: u32 = 3600;
/// All files of figures together, in bytes: the oldest go first.
const ALL_BYTES: u64 = 1 << 30;

/// All figures that are not in memory alone.
pub(super) struct Ledger {
    folder: PathBuf,
    log: Log,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What is in no file yet, and in the journal.
    open: Vec<Entry>,
    open_bytes: usize,
    journal: Option<(Journal, u64)>,
    files: Vec<File>,
    next_number: u64,
    /// When the last minute that is kept begins, in seconds since 1970.
    last: Option<u32>,
    /// Whether it could not be written, and was said.
    failing: bool,
}

impl Ledger {
    /// Finds what is there. What can't be read is said and left out.
    pub(super) fn open(folder: &Path, log: Log) -> Result<Ledger, Error> {
        let mut state = State { next_number: 1, ..State::default() };
        let mut journals = Vec::new();
        for (name, path) in files::list(folder)? {
            match name {
                Name::Figures { width, number } => {
                    state.next_number = state.next_number.max(number + 1);
                    match File::find(&path, width, number) {
                        Ok(file) => state.files.push(file),
                        Err(error) => log(&left_out(&error)),
                    }
                }
                Name::FiguresJournal(number) => {
                    state.next_number = state.next_number.max(number + 1);
                    journals.push((number, path));
                }
                _ => {}
            }
        }
        state.drop_done();
        state.last = state.files.iter().filter(|file| file.width == MINUTE).map(|file| file.last).max();
        let ledger = Ledger { folder: folder.to_owned(), log, state: Mutex::new(state) };
        journals.sort();
        for (number, path) in journals {
            ledger.recover(number, &path);
        }
        Ok(ledger)
    }

    /// Reads a journal that was left; its figures go into a file at once.
    fn recover(&self, number: u64, path: &Path) {
        let mut state = self.state();
        let done = state.files.iter().any(|file| file.number == number);
        let mut entries = Vec::new();
        if !done {
            let read = journal::read(path, |frame| {
                if let Frame::Figures(mut packed) = frame {
                    while !packed.is_empty() {
                        let Ok(entry) = Entry::take(&mut packed) else { return };
                        entries.push(entry);
                    }
                }
            });
            if let Err(error) = read {
                return (self.log)(&left_out(&error));
            }
        }
        if !entries.is_empty() {
            state.last = state.last.max(entries.iter().map(|entry| entry.start).max());
            match File::write(&self.folder, MINUTE, number, entries) {
                Ok(file) => state.files.push(file),
                // The journal stays, for the next start.
                Err(error) => return self.complain(&mut state, &error),
            }
        }
        let _ = std::fs::remove_file(path);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the last minute that is kept begins, in seconds since 1970.
    pub(super) fn last(&self) -> Option<u32> {
        self.state().last
    }

    /// Keeps what was seen in a minute. `false`: it could not be written; said once.
    pub(super) fn keep(&self, minute: &[(Subject, Figures)]) -> bool {
        let entries: Vec<Entry> =
            minute.iter().map(|(subject, figures)| Entry::of(subject, figures)).collect();
        let mut packed = Vec::new();
        entries.iter().for_each(|entry| entry.pack(&mut packed));
        let Some(start) = entries.iter().map(|entry| entry.start).max() else { return true };
        let mut state = self.state();
        let another_hour = state.open.first().is_some_and(|first| first.start / HOUR != start / HOUR);
        if another_hour || state.open_bytes >= OPEN_BYTES {
            self.close(&mut state);
        }
        if let Err(error) = self.write(&mut state, &packed) {
            self.complain(&mut state, &error);
            return false;
        }
        if std::mem::take(&mut state.failing) {
            (self.log)("figures: written again");
        }
        state.last = state.last.max(Some(start));
        state.open_bytes += entries.iter().map(Entry::bytes).sum::<usize>();
        state.open.extend(entries);
        true
    }

    fn write(&self, state: &mut State, packed: &[u8]) -> Result<(), Error> {
        if state.journal.is_none() {
            let number = state.next_number;
            let journal = Journal::create(files::figures_journal(&self.folder, number))?;
            state.next_number += 1;
            state.journal = Some((journal, number));
        }
        let Some((journal, _)) = &mut state.journal else { return Ok(()) };
        journal.add_figures(packed);
        journal.write()
    }

    /// Makes a file of what is open. What can't be written stays, and is tried again a minute later; if that lasts for long,
    /// the oldest is given up.
    fn close(&self, state: &mut State) {
        let Some((journal, number)) = &state.journal else { return };
        let number = *number;
        // For a machine that loses its power.
        let _ = journal.sync();
        match File::write(&self.folder, MINUTE, number, state.open.clone()) {
            Ok(file) => {
                state.files.push(file);
                state.open.clear();
                state.journal = None;
                let _ = std::fs::remove_file(files::figures_journal(&self.folder, number));
            }
            Err(error) => {
                self.complain(state, &error);
                let too_much = state.open_bytes.saturating_sub(2 * OPEN_BYTES);
                let mut gone = 0;
                while gone < too_much && !state.open.is_empty() {
                    gone += state.open.remove(0).bytes();
                }
            }
        }
        state.open_bytes = state.open.iter().map(Entry::bytes).sum();
    }

    fn complain(&self, state: &mut State, error: &Error) {
        if !std::mem::replace(&mut state.failing, true) {
            (self.log)(&format!("figures: {}; tried again until it can be written", error.whole()));
        }
    }

    /// What was seen of a subject, in the order of time. A file that can't be read is said and left out.
    pub(super) fn figures(&self, subject: &Subject, period: Period) -> Vec<Figures> {
        let (kind, name) = entry::key(subject);
        let (mut found, files) = {
            let state = self.state();
            let mine = |entry: &&Entry| entry.kind == kind && entry.name == name && entry.overlaps(period);
            let open: Vec<Entry> = state.open.iter().filter(mine).cloned().collect();
            let files: Vec<File> = state.files.iter().filter(|file| file.overlaps(period)).cloned().collect();
            (open, files)
        };
        let read = Mutex::new(Vec::new());
        parallel::each(&files, |file| match file.read_of(kind, &name) {
            Ok(entries) => read.lock().unwrap_or_else(PoisonError::into_inner).extend(entries),
            Err(error) => self.forget(file, &error),
        });
        found.extend(read.into_inner().unwrap_or_else(PoisonError::into_inner));
        found.retain(|entry| entry.overlaps(period));
        found.sort_by_key(|entry| (entry.start, entry.seconds));
        let mut figures = Vec::<Figures>::new();
        for next in found.iter().filter_map(|entry| entry.unpack().ok()) {
            match figures.last_mut().filter(|last| last.start == next.start) {
                // A minute in which naru was started again is in two parts.
                Some(last) => {
                    let seconds = last.seconds.max(next.seconds);
                    last.absorb(&next);
                    last.seconds = seconds;
                }
                None => figures.push(next),
            }
        }
        figures
    }

    /// Leaves a damaged file alone from now on.
    fn forget(&self, file: &File, error: &Error) {
        let mut state = self.state();
        let before = state.files.len();
        state.files.retain(|other| other.path != file.path);
        if state.files.len() < before && file.path.exists() {
            (self.log)(&left_out(error));
        }
    }

    /// Makes longer stretches of what is old enough, one day at a time, and lets go of what is older than `kept` seconds or
    /// over the bound.
    pub(super) fn tidy(&self, now: u32, kept: u32) {
        self.let_go(now.saturating_sub(kept));
        for levels in LEVELS.windows(2) {
            let [(from, _), (to, age)] = levels else { continue };
            // Whole days only, so that each is done once.
            let border = now.saturating_sub(*age) / DAY * DAY;
            let due: Vec<File> = {
                let state = self.state();
                let due = state.files.iter().filter(|file| file.width == *from && file.last < border);
                due.cloned().collect()
            };
            let mut days: Vec<u32> = due.iter().map(|file| file.first / DAY).collect();
            days.sort_unstable();
            days.dedup();
            for day in days {
                let files: Vec<&File> = due.iter().filter(|file| file.first / DAY == day).collect();
                self.lengthen(&files, *to);
            }
        }
    }

    fn lengthen(&self, files: &[&File], width: u32) {
        let mut merged = Merged::default();
        let mut broken = 0;
        for file in files {
            match file.read() {
                Ok(entries) => broken += merge(entries, width, &mut merged),
                Err(error) => return self.forget(file, &error),
            }
        }
        if broken > 0 {
            (self.log)(&format!("figures: {broken} stretches could not be read and are left out"));
        }
        let entries = merged.into_entries();
        let mut state = self.state();
        let Some(number) = files.iter().map(|file| file.number).max() else { return };
        if !entries.is_empty() {
            match File::write(&self.folder, width, number, entries) {
                Ok(file) => state.files.push(file),
                Err(error) => return self.complain(&mut state, &error),
            }
        }
        for file in files {
            state.files.retain(|other| other.path != file.path);
            let _ = std::fs::remove_file(&file.path);
        }
    }

    fn let_go(&self, oldest_kept: u32) {
        let mut state = self.state();
        state.files.sort_by_key(|file| file.last);
        let mut bytes: u64 = state.files.iter().map(|file| file.bytes).sum();
        state.files.retain(|file| {
            let kept = file.last.saturating_add(file.width) >= oldest_kept && bytes <= ALL_BYTES;
            if !kept {
                bytes -= file.bytes;
                let _ = std::fs::remove_file(&file.path);
            }
            kept
        });
    }
}

impl State {
    /// Removes the files of which longer stretches were made just before a kill: those that lie within the same day, by
    /// shorter stretches, with a number that is not above.
    fn drop_done(&mut self) {
        let files = self.files.clone();
        self.files.retain(|file| {
            let covers = |other: &File| {
                other.width > file.width
                    && other.number >= file.number
                    && other.first / DAY == file.first / DAY
            };
            let done = files.iter().any(covers);
            if done {
                let _ = std::fs::remove_file(&file.path);
            }
            !done
        });
    }
}

fn left_out(error: &Error) -> String {
    format!("figures: a file is left out: {}; remove it, or bring a good copy and start again", error.whole())
}

#[cfg(test)]
mod tests;
