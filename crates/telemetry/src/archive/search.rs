//! Lists transactions: those of a rectangle of the T-Map, or by any other choice, the latest first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::{Arc, Mutex, PoisonError};

use naru_model::series::{Found, Search, Transaction};

use super::parallel;
use super::rows::{Row, Rows};
use super::segment::{Choice, Opened, Part, Segment};
use super::shelf::{Shelf, View};

/// The most that one answer holds.
const LIMIT: usize = 1000;

pub(super) fn choice(search: &Search) -> Choice<'_> {
    let micros = |duration: std::time::Duration| u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    Choice {
        subject: &search.subject,
        from: search.from.0,
        to: search.to.0,
        at_least_us: micros(search.at_least),
        at_most_us: search.at_most.map_or(u32::MAX, micros),
        errors: search.errors,
        filter: Some(&search.filter),
    }
}

/// Where a transaction lies: in the segment of this number, or among the rows in memory of this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    end: u64,
    number: u64,
    row: u32,
    response_us: u32,
}

/// The latest found so far: one more than wanted, to know whether there are more.
struct Latest {
    wanted: usize,
    places: BinaryHeap<Reverse<Place>>,
}

impl Latest {
    fn add(&mut self, place: Place) {
        if self.places.len() <= self.wanted {
            self.places.push(Reverse(place));
        } else if self.places.peek().is_some_and(|Reverse(earliest)| place > *earliest) {
            self.places.pop();
            self.places.push(Reverse(place));
        }
    }

    /// What ended before this can't be among the latest.
    fn floor(&self) -> u64 {
        let full = self.places.len() > self.wanted;
        self.places.peek().filter(|_| full).map_or(0, |Reverse(earliest)| earliest.end)
    }

    /// The latest first, and whether there are more. Those that ended in the same microsecond stay together, so that
    /// asking for what ended before the last one leaves none out.
    fn into_sorted(self) -> (Vec<Place>, bool) {
        let mut places: Vec<Place> = self.places.into_iter().map(|Reverse(place)| place).collect();
        places.sort_unstable_by(|a, b| b.cmp(a));
        if places.len() <= self.wanted {
            return (places, false);
        }
        let beyond = places[self.wanted].end;
        places.truncate(self.wanted);
        let whole = places.partition_point(|place| place.end > beyond);
        if whole > 0 {
            places.truncate(whole);
        }
        (places, true)
    }
}

pub(super) fn search(shelf: &Shelf, search: &Search) -> Found {
    let choice = choice(search);
    let wanted = (search.limit as usize).clamp(1, LIMIT);
    let view = shelf.view();
    let latest = Mutex::new(Latest { wanted, places: BinaryHeap::new() });
    let add = |place| latest.lock().unwrap_or_else(PoisonError::into_inner).add(place);
    for (number, rows) in view.rows() {
        scan_rows(&rows.read(), &choice, |at, row| {
            add(Place { end: row.end, number, row: at, response_us: row.response_us });
        });
    }
    let segments = view.segments_latest_first(choice.from, choice.to);
    parallel::each(&segments, |segment| {
        let floor = || latest.lock().unwrap_or_else(PoisonError::into_inner).floor();
        if segment.last < floor() {
            return;
        }
        shelf.reading(segment, |opened| {
            let mut found = BinaryHeap::new();
            let mut floor = floor();
            opened.scan(&choice, |part| {
                if part.end < floor {
                    return;
                }
                let (end, row, response_us) = (part.end, part.row, part.response_us);
                found.push(Reverse(Place { end, number: segment.number, row, response_us }));
                if found.len() > wanted + 1 {
                    found.pop();
                    floor = floor.max(found.peek().map_or(0, |Reverse(earliest)| earliest.end));
                }
            })?;
            found.into_iter().for_each(|Reverse(place)| add(place));
            Ok(())
        });
    });
    let (places, more) = latest.into_inner().unwrap_or_else(PoisonError::into_inner).into_sorted();
    Found { transactions: transactions(shelf, &view, &segments, &places), more, missing: None }
}

/// Gives each row that is wanted.
pub(super) fn scan_rows(rows: &Rows, choice: &Choice<'_>, mut each: impl FnMut(u32, &Row)) {
    if rows.rows.is_empty() || rows.last < choice.from || rows.first >= choice.to {
        return;
    }
    let of_subject = rows.of_subject(choice.subject);
    let filter = choice.filter.map(|filter| rows.filtered(filter));
    for (row, at) in rows.rows.iter().zip(0..) {
        let wanted = (choice.from..choice.to).contains(&row.end)
            && (choice.at_least_us..=choice.at_most_us).contains(&row.response_us)
            && (!choice.errors || row.is_error())
            && of_subject.get(row.way as usize).copied().unwrap_or(false)
            && filter.as_ref().is_none_or(|filter| filter.wants(row));
        if wanted {
            each(at, row);
        }
    }
}

/// Fetches what lies at these places, in their order.
fn transactions(shelf: &Shelf, view: &View, segments: &[Arc<Segment>], places: &[Place]) -> Vec<Transaction> {
    let fetched = Mutex::new(BTreeMap::<Place, Transaction>::new());
    for (number, rows) in view.rows() {
        let rows = rows.read();
        let mine = places.iter().filter(|place| place.number == number);
        let found = mine.filter_map(|place| {
            let row = rows.rows.get(place.row as usize)?;
            Some((*place, rows.transaction(row, &shelf.ids)))
        });
        fetched.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
    }
    parallel::each(segments, |segment| {
        let mut mine: Vec<Place> =
            places.iter().filter(|place| place.number == segment.number).copied().collect();
        if mine.is_empty() {
            return;
        }
        mine.sort_unstable_by_key(|place| place.row);
        let parts: Vec<Part> = mine.iter().map(Place::part).collect();
        shelf.reading(segment, |opened: &Opened| {
            let found = mine.iter().copied().zip(opened.transactions(&parts)?);
            fetched.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
            Ok(())
        });
    });
    let fetched = fetched.into_inner().unwrap_or_else(PoisonError::into_inner);
    fetched.into_values().rev().collect()
}

impl Place {
    fn part(&self) -> Part {
        Part { row: self.row, end: self.end, response_us: self.response_us, error: false }
    }
}
