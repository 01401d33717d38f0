//! What there is to look into: rows in memory, segments on the disk. Each transaction is in one of them, never in two.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::error::Error;
use super::rows::Rows;
use super::segment::{Opened, Segment};
use crate::Log;
use crate::trace_ids::TraceIds;

/// Shared by the threads that fill it and all who ask.
pub(super) struct Shelf {
    state: RwLock<View>,
    /// Which traces are kept: transactions name those alone.
    pub(super) ids: Arc<TraceIds>,
    log: Log,
}

/// All of it at one moment. Rows and segments stay readable for whoever holds it.
#[derive(Clone, Default)]
pub(super) struct View {
    /// By the number of their journal, in its order.
    rows: Vec<(u64, Held)>,
    /// The rows that are still added to.
    filling: Option<u64>,
    segments: Vec<Arc<Segment>>,
}

/// Rows that one thread adds to and others read.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<RwLock<Rows>>);

impl Held {
    pub(super) fn new(rows: Rows) -> Held {
        Held(Arc::new(RwLock::new(rows)))
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Rows> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Rows> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    pub(super) fn rows(&self) -> impl Iterator<Item = (u64, &Held)> {
        self.rows.iter().map(|(number, rows)| (*number, rows))
    }

    /// Rows that nothing is added to any more.
    pub(super) fn full(&self) -> impl Iterator<Item = (u64, &Held)> {
        self.rows().filter(|(number, _)| Some(*number) != self.filling)
    }

    pub(super) fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    /// The segments in which something may have ended from `from` on and before `to`, in microseconds since 1970.
    pub(super) fn segments_latest_first(&self, from: u64, to: u64) -> Vec<Arc<Segment>> {
        let within =
            |segment: &&Arc<Segment>| segment.last >= from && segment.first < to && !segment.is_broken();
        let mut segments: Vec<Arc<Segment>> = self.segments.iter().filter(within).cloned().collect();
        segments.sort_by_key(|segment| std::cmp::Reverse((segment.last, segment.number)));
        segments
    }
}

impl Shelf {
    pub(super) fn new(segments: Vec<Arc<Segment>>, ids: Arc<TraceIds>, log: Log) -> Shelf {
        Shelf { state: RwLock::new(View { segments, ..View::default() }), ids, log }
    }

    pub(super) fn view(&self) -> View {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self) -> RwLockWriteGuard<'_, View> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts rows up that nothing is added to any more: those of a journal.
    pub(super) fn add_full(&self, number: u64, rows: Held) {
        self.change().rows.push((number, rows));
    }

    /// Puts rows up that are added to until [`Shelf::close`].
    pub(super) fn add_filling(&self, number: u64, rows: Held) {
        let mut state = self.change();
        state.rows.push((number, rows));
        state.filling = Some(number);
    }

    pub(super) fn close(&self) {
        self.change().filling = None;
    }

    /// Puts a segment in the place of the rows that it was made of.
    pub(super) fn replace(&self, segment: Segment) {
        let mut state = self.change();
        state.rows.retain(|(number, _)| *number != segment.number);
        state.segments.push(Arc::new(segment));
    }

    pub(super) fn remove(&self, number: u64) {
        self.change().segments.retain(|segment| segment.number != number);
    }

    /// Reads in a segment. One that is damaged is said once and not read again; one that has just been removed because
    /// of its age is no loss.
    pub(super) fn reading(&self, segment: &Segment, work: impl FnOnce(&Opened) -> Result<(), Error>) {
        if segment.is_broken() {
            return;
        }
        // The Parquet reader may panic on what a damaged page holds.
        let done =
            catch_unwind(AssertUnwindSafe(|| Opened::open(&segment.path).and_then(|opened| work(&opened))));
        let cause = match done {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.whole(),
            Err(_) => "its pages are damaged".to_owned(),
        };
        if segment.path.exists() && segment.break_off() {
            let path = segment.path.display();
            (self.log)(&format!(
                "transactions: {path} is not read any more: {cause}; what it holds is missing, remove it or bring a good copy and start again"
            ));
        }
    }
}
