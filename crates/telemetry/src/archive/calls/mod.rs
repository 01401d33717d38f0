//! What is worth knowing of a stretch's calls: who calls more or less than before, who is new, what nobody calls, what fails, what
//! is slow, and who calls unlike itself.
//!
//! Each segment's footer has its calls added up by route and client ([`Sums`]); rows in memory are added up when asked. What
//! is told then is a pure function of these.

mod habit;
mod known;
mod report;
mod sums;
#[cfg(test)]
mod tests;
mod unusual;

use std::sync::{Mutex, PoisonError};

use naru_model::calls::{Calls, CallsQuery};
use naru_model::units::Timestamp;

use self::known::{Known, Stretch};
use super::parallel;
use super::shelf::Shelf;
pub(super) use sums::Sums;

pub(super) fn calls(shelf: &Shelf, query: &CallsQuery, now: Timestamp) -> Calls {
    let stretch = Stretch::of(query.period, now);
    let view = shelf.view();
    let mut known = Known::default();
    for (_, rows) in view.rows() {
        let sums = Sums::of(&rows.read());
        known.add(&sums, &stretch);
    }
    let known = Mutex::new(known);
    let segments = view.segments_latest_first(0, u64::MAX);
    parallel::each(&segments, |segment| {
        shelf.reading(segment, |opened| {
            if let Some(sums) = opened.sums() {
                known.lock().unwrap_or_else(PoisonError::into_inner).add(&sums, &stretch);
            }
            Ok(())
        });
    });
    let known = known.into_inner().unwrap_or_else(PoisonError::into_inner);
    report::report(&known, &stretch, &query.routes)
}
