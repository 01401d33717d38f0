//! Takes spans and log lines in: into the journal first, then to where traces wait until they are complete. A thread of its own.
//!
//! A journal is full after an hour or 256 MiB: a new one begins with what still waits, and what is decided becomes files.
//! Then the old one is removed. Decisions are in the journal too, so that a start after a kill finds what was kept and nothing
//! twice. Nothing waits for this thread: what it has no time or no room for is dropped, counted, and said once.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use naru_model::span::{LogRecord, SpanRecord};

use super::Clock;
use super::collector::Decided;
use super::keeper::Keeper;
use super::pile::Pile;
use super::shelf::Shelf;
use crate::Log;
use crate::archive::error::Error;
use crate::archive::feed::{Load, Taker, Trouble};
use crate::archive::files;
use crate::archive::journal::{self, Frame, Journal};
use crate::names::Names;
use crate::pace::Pace;

/// How often complete traces are looked for.
const DECIDE_EVERY: Duration = Duration::from_millis(500);
/// A decision in the journal: an id, and whether it is kept.
const DECISION: usize = 17;

/// When a journal is full.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub journal_bytes: u64,
    /// What is kept, in memory.
    pub held_bytes: usize,
    pub age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { journal_bytes: 256 << 20, held_bytes: 64 << 20, age: Duration::from_secs(3600) }
    }
}

/// How many full journals may wait to become files.
const MAX_WAITING: usize = 2;

#[derive(Debug)]
pub(super) enum Batch {
    Spans(Box<[u8]>),
    Lines(Box<[u8]>),
}

impl Batch {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Batch::Spans(bytes) | Batch::Lines(bytes) => bytes,
        }
    }

    fn count(&self) -> u64 {
        match self {
            Batch::Spans(bytes) => count_spans(bytes),
            Batch::Lines(bytes) => count_lines(bytes),
        }
    }
}

pub(super) fn count_spans(mut batch: &[u8]) -> u64 {
    std::iter::from_fn(|| SpanRecord::decode(&mut batch).ok().map(drop)).count() as u64
}

pub(super) fn count_lines(mut batch: &[u8]) -> u64 {
    std::iter::from_fn(|| LogRecord::decode(&mut batch).ok().map(drop)).count() as u64
}

/// The thread's own.
pub(super) struct Intake {
    pub(super) folder: PathBuf,
    pub(super) limits: Limits,
    pub(super) shelf: Arc<Shelf>,
    pub(super) load: Arc<Load>,
    pub(super) names: Arc<ArcSwap<Names>>,
    pub(super) keeper: Arc<Keeper>,
    pub(super) pace: Arc<Pace>,
    /// Wakes the keeper when a journal is full.
    pub(super) call: Sender<()>,
    pub(super) clock: Clock,
    pub(super) log: Log,
    pub(super) next_number: u64,
    pub(super) open: Option<Open>,
    pub(super) trouble: Trouble,
    /// Those that the collector knows.
    pub(super) known: Option<Arc<Names>>,
    /// Not in the journal yet.
    pub(super) decided: Vec<u8>,
    pub(super) looked: Instant,
}

pub(super) struct Open {
    journal: Journal,
    number: u64,
    /// What it began with, in bytes.
    carried: u64,
    since: Instant,
}

impl Intake {
    /// Reads the journals that a process before this one left, and goes on with the last one.
    pub(super) fn recover(&mut self, journals: &[(u64, PathBuf)]) {
        self.learn_names();
        // What was carried over is in memory already when the journal before was read.
        let mut carried_is_here = false;
        for (at, (number, path)) in journals.iter().enumerate() {
            let (read, begun) = self.read(path, carried_is_here);
            let last = at + 1 == journals.len();
            match read {
                Ok(whole) if last && begun => match Journal::reopen(path.clone(), whole) {
                    Ok(journal) => {
                        let (number, since) = (*number, Instant::now());
                        self.open = Some(Open { journal, number, carried: 0, since });
                    }
                    Err(error) => {
                        (self.log)(&format!("traces: {}; a new journal is begun", error.whole()));
                        self.shelf.close(*number);
                    }
                },
                // A kill came while it was begun: what it was to carry over is in the one before, and nothing is behind it.
                Ok(_) if last => drop(std::fs::remove_file(path)),
                Ok(_) => self.shelf.close(*number),
                Err(error) => {
                    (self.log)(&format!("traces: a journal is left alone: {}", error.whole()));
                    continue;
                }
            }
            if carried_is_here && begun {
                // The one before is not needed any more. At once, so that however many were left are not in memory together.
                self.keeper.write();
            }
            carried_is_here = true;
        }
        if self.open.is_none() && !journals.is_empty() {
            match self.begin() {
                Ok(open) => self.open = Some(open),
                Err(error) => (self.log)(&format!("traces: {}; tried again", error.whole())),
            }
        }
        self.keeper.recovered.store(true, Ordering::Relaxed);
    }

    /// Takes in what a journal has; without what it carried over, if that is here. Returns how much of it is whole, and
    /// whether it has all that it was begun with.
    fn read(&self, path: &Path, carried_is_here: bool) -> (Result<u64, Error>, bool) {
        let now = self.clock.now();
        let (mut skipping, mut begun) = (carried_is_here, false);
        let mut collector = self.shelf.collect();
        let read = journal::read(path, |frame| match frame {
            Frame::Carried => (skipping, begun) = (false, true),
            _ if skipping => {}
            Frame::Spans(batch) => collector.take_spans(batch, now),
            Frame::Lines(batch) => collector.take_lines(batch, now),
            Frame::Decided(packed) => {
                unpack(packed).for_each(|decided| collector.finish(decided, now));
            }
            _ => {}
        });
        (read, begun)
    }

    /// For a machine that loses its power after a good end.
    pub(super) fn sync(&self) {
        if let Some(open) = &self.open {
            let _ = open.journal.sync();
        }
    }

    /// Tells the collector which services are naru's, when that has changed.
    fn learn_names(&mut self) {
        let names = self.names.load_full();
        if self.known.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &names)) {
            let own: HashSet<String> = names.services.values().map(ToString::to_string).collect();
            self.shelf.collect().set_own(own);
            self.known = Some(names);
        }
    }

    fn write(&mut self, batches: &[Batch]) -> Result<(), Error> {
        if self.open.is_none() {
            self.open = Some(self.begin()?);
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        if !self.decided.is_empty() {
            open.journal.add_decided(&self.decided);
        }
        for batch in batches {
            match batch {
                Batch::Spans(bytes) => open.journal.add_spans(bytes),
                Batch::Lines(bytes) => open.journal.add_lines(bytes),
            }
        }
        open.journal.write()?;
        self.decided.clear();
        Ok(())
    }

    /// Begins with a journal that has what waits at this moment.
    fn begin(&mut self) -> Result<Open, Error> {
        if self.shelf.view().full.len() > MAX_WAITING {
            return Err(Error::Behind);
        }
        let number = self.next_number;
        let path = files::traces_journal(&self.folder, number);
        let mut journal = Journal::create(path.clone())?;
        {
            let collector = self.shelf.collector();
            for (spans, lines) in collector.waits() {
                carry(spans, &mut journal, |journal, batch| journal.add_spans(batch), pack_spans);
                carry(lines, &mut journal, |journal, batch| journal.add_lines(batch), pack_lines);
            }
        }
        journal.add_carried();
        if let Err(error) = journal.write() {
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        self.next_number += 1;
        let carried = journal.len();
        Ok(Open { journal, number, carried, since: Instant::now() })
    }

    /// Hands what is decided to the keeper, which makes files of it.
    fn close_if_full(&mut self) {
        let Some(open) = &self.open else { return };
        let full = open.since.elapsed() >= self.pace.bound(self.limits.age)
            || open.journal.len() - open.carried >= self.limits.journal_bytes
            || self.shelf.collector().held.size >= self.limits.held_bytes;
        if !full {
            return;
        }
        // What was decided must be in the journal that it was decided in.
        if !self.decided.is_empty() && self.write(&[]).is_err() {
            return;
        }
        match self.begin() {
            Ok(new) => {
                let Some(old) = self.open.replace(new) else { return };
                let _ = old.journal.sync();
                self.shelf.close(old.number);
                let _ = self.call.send(());
            }
            // Tried again at the next look; until then the old one grows.
            Err(error) => {
                if self.trouble.begin(&self.load, 0) {
                    (self.log)(&format!("traces: {}; tried again", error.whole()));
                }
            }
        }
    }

    fn decide(&mut self) {
        if self.looked.elapsed() < DECIDE_EVERY {
            return;
        }
        self.looked = Instant::now();
        self.learn_names();
        let decided = self.shelf.collect().decide(self.clock.now());
        for Decided { trace_id, kept } in decided {
            self.decided.extend_from_slice(&trace_id);
            self.decided.push(u8::from(kept));
        }
        // A decision that is not written is made again at the next start.
        if self.decided.len() >= 64 << 10 {
            let _ = self.write(&[]);
        }
    }
}

impl Taker for Intake {
    type Item = Batch;

    fn size(item: &Batch) -> usize {
        item.bytes().len()
    }

    /// Spans are shown once they are in the journal: what is shown is there after a kill.
    fn take(&mut self, batches: Vec<Batch>) {
        self.learn_names();
        if batches.is_empty() && self.decided.is_empty() {
            return;
        }
        if let Err(error) = self.write(&batches) {
            let lost = batches.iter().map(Batch::count).sum();
            if self.trouble.begin(&self.load, lost) {
                (self.log)(&format!(
                    "traces: {}; services go on, spans and log lines are dropped until it can be written",
                    error.whole()
                ));
            }
            return;
        }
        if let Some(lost) = self.trouble.end(&self.load) {
            (self.log)(&format!("traces: written again; {lost} spans and log lines were dropped"));
        }
        let now = self.clock.now();
        let mut collector = self.shelf.collect();
        for batch in &batches {
            match batch {
                Batch::Spans(bytes) => collector.take_spans(bytes, now),
                Batch::Lines(bytes) => collector.take_lines(bytes, now),
            }
        }
    }

    fn look(&mut self) {
        self.decide();
        self.close_if_full();
    }
}

/// What is carried over goes in frames of a bounded length.
const CARRIED: usize = 1 << 20;

fn carry(
    pile: &Pile,
    journal: &mut Journal,
    add: impl Fn(&mut Journal, &[u8]),
    pack: impl Fn(&Pile, &mut dyn FnMut(&[u8])),
) {
    let mut batch = Vec::new();
    pack(pile, &mut |record| {
        batch.extend_from_slice(record);
        if batch.len() >= CARRIED {
            add(journal, &batch);
            batch.clear();
        }
    });
    if !batch.is_empty() {
        add(journal, &batch);
    }
}

fn pack_spans(pile: &Pile, each: &mut dyn FnMut(&[u8])) {
    let mut record = Vec::new();
    for span in pile.spans() {
        record.clear();
        span.encode(&mut record);
        each(&record);
    }
}

fn pack_lines(pile: &Pile, each: &mut dyn FnMut(&[u8])) {
    let mut record = Vec::new();
    for line in pile.lines() {
        record.clear();
        line.encode(&mut record);
        each(&record);
    }
}

fn unpack(packed: &[u8]) -> impl Iterator<Item = Decided> {
    packed.chunks_exact(DECISION).filter_map(|decision| {
        let (trace_id, kept) = decision.split_first_chunk()?;
        Some(Decided { trace_id: *trace_id, kept: kept == [1] })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_read_as_they_were_written() {
        let packed = [[7; 16].as_slice(), &[1], &[8; 16], &[0], &[9; 3]].concat();
        let read: Vec<Decided> = unpack(&packed).collect();
        assert_eq!(
            read,
            [Decided { trace_id: [7; 16], kept: true }, Decided { trace_id: [8; 16], kept: false }]
        );
    }
}
