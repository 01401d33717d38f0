//! Adds the edges of a period up.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use naru_model::series::Period;

use super::edges::Sum;
use super::files::Kind;
use super::shelf::Shelf;
use crate::archive::parallel;

/// What was called along each edge: from and to.
pub(crate) type Calls = BTreeMap<(String, String), Sum>;

pub(super) fn calls(shelf: &Shelf, period: Period) -> Calls {
    let all = Mutex::new(Calls::new());
    let add = |minute: u32, from: &str, to: &str, sum: &Sum| {
        if (period.from..period.to).contains(&minute) {
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry((from.to_owned(), to.to_owned())).or_default().add(sum);
        }
    };
    let collector = shelf.collector();
    // With the collector held, nothing moves from it to the view.
    let view = shelf.view();
    collector.held.edges.each().for_each(|(minute, from, to, sum)| add(minute, from, to, sum));
    drop(collector);
    for (_, held) in &view.full {
        held.edges.each().for_each(|(minute, from, to, sum)| add(minute, from, to, sum));
    }
    let micros = |second: u32| u64::from(second) * 1_000_000;
    parallel::each(&view.files(Kind::Edges, micros(period.from), micros(period.to)), |file| {
        shelf.reading(file, |opened| opened.edges(add));
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}
