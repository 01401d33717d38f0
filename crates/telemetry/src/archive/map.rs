//! Draws the T-Map: every transaction by the time it ended and how long it took.
//!
//! From the transactions themselves where they are few enough to be read in time, and else from the figures' cells.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use naru_model::series::{Cells, Map, MapQuery, Span};

use super::parallel;
use super::search::scan_rows;
use super::segment::{Choice, Part};
use super::shelf::{Shelf, View};

/// The most cells across and up, and the most dots.
const SIDE: u32 = 1000;
const DOTS: usize = 20_000;
/// What is chosen as the upper edge reaches over this share of the transactions.
const BELOW_TOP: f64 = 0.99;

/// One transaction of a map: 8 bytes, because there may be millions.
#[derive(Debug, Clone, Copy)]
struct Mark {
    column: u16,
    error: bool,
    response_us: u32,
}

#[derive(Default)]
struct Marks {
    marks: Vec<Mark>,
    /// As long as they are few.
    dots: Vec<(f64, f32, u8)>,
}

/// How the map is cut into cells.
#[derive(Debug, Clone, Copy)]
struct Grid {
    from_us: u64,
    span_us: u64,
    columns: u32,
    rows: u32,
    dots: usize,
}

impl Grid {
    fn of(query: &MapQuery) -> Grid {
        Grid {
            from_us: u64::from(query.span.from) * 1_000_000,
            span_us: u64::from(query.span.to.saturating_sub(query.span.from)).max(1) * 1_000_000,
            columns: query.columns.clamp(1, SIDE),
            rows: query.rows.clamp(1, SIDE),
            dots: (query.dots as usize).min(DOTS),
        }
    }

    fn column(&self, end_us: u64) -> u16 {
        let after = u128::from(end_us.saturating_sub(self.from_us));
        (after * u128::from(self.columns) / u128::from(self.span_us)).min(u128::from(self.columns - 1)) as u16
    }

    /// What is above the top is in the row above the last one.
    fn row(&self, response_us: u32, top_us: u64) -> u32 {
        let row = u64::from(response_us) * u64::from(self.rows) / top_us.max(1);
        (row as u32).min(self.rows)
    }

    fn add(&self, marks: &mut Marks, part: Part) {
        marks.marks.push(Mark {
            column: self.column(part.end),
            error: part.error,
            response_us: part.response_us,
        });
        if marks.dots.len() <= self.dots {
            let after = part.end.saturating_sub(self.from_us) as f64 / 1e6;
            marks.dots.push((after, (f64::from(part.response_us) / 1e6) as f32, part.error.into()));
        }
    }
}

/// The map from the transactions themselves.
pub(super) fn from_transactions(shelf: &Shelf, view: &View, query: &MapQuery) -> Map {
    let grid = Grid::of(query);
    let choice = choice(query);
    let all = Mutex::new(Marks::default());
    let add = |marks: Marks| {
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.marks.extend(marks.marks);
        let room = (grid.dots + 1).saturating_sub(all.dots.len());
        all.dots.extend(marks.dots.into_iter().take(room));
    };
    for (_, rows) in view.rows() {
        let mut marks = Marks::default();
        scan_rows(&rows.read(), &choice, |_, row| {
            let (end, response_us, error) = (row.end, row.response_us, row.is_error());
            grid.add(&mut marks, Part { row: 0, end, response_us, error });
        });
        add(marks);
    }
    parallel::each(&view.segments_latest_first(choice.from, choice.to), |segment| {
        shelf.reading(segment, |opened| {
            let mut marks = Marks::default();
            opened.scan(&choice, |part| grid.add(&mut marks, part))?;
            add(marks);
            Ok(())
        });
    });
    draw(query, &grid, all.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn choice(query: &MapQuery) -> Choice<'_> {
    let Span { from, to } = query.span;
    let micros = |second: u32| u64::from(second) * 1_000_000;
    Choice {
        subject: &query.subject,
        from: micros(from),
        to: micros(to),
        at_least_us: 0,
        at_most_us: u32::MAX,
        errors: false,
    }
}

fn draw(query: &MapQuery, grid: &Grid, mut marks: Marks) -> Map {
    let transactions = marks.marks.len();
    let errors = marks.marks.iter().filter(|mark| mark.error).count();
    let top_us = query.top.map_or_else(|| chosen_top(&mut marks.marks), |top| top.as_micros() as u64).max(1);
    let few = transactions <= grid.dots;
    let cells = || {
        let mut counts = vec![(0, 0); grid.columns as usize * (grid.rows as usize + 1)];
        for mark in &marks.marks {
            let row = grid.row(mark.response_us, top_us);
            let (count, failed) =
                &mut counts[row as usize * grid.columns as usize + usize::from(mark.column)];
            *count += 1;
            *failed += u32::from(mark.error);
        }
        used(grid, &counts)
    };
    let cells = if few { None } else { Some(cells()) };
    Map {
        from: query.span.from,
        to: query.span.to,
        top_seconds: Duration::from_micros(top_us).as_secs_f64(),
        transactions: transactions as u64,
        errors: errors as u64,
        dots: few.then_some(marks.dots),
        cells,
    }
}

/// The cells in use, of counts row by row.
fn used(grid: &Grid, counts: &[(u32, u32)]) -> Cells {
    let places = counts.iter().zip(0u32..).filter(|((count, _), _)| *count > 0);
    let used = places.map(|((count, failed), at)| (at % grid.columns, at / grid.columns, *count, *failed));
    Cells { columns: grid.columns, rows: grid.rows, used: used.collect() }
}

fn chosen_top(marks: &mut [Mark]) -> u64 {
    if marks.is_empty() {
        return nice_top(0);
    }
    let rank = ((marks.len() - 1) as f64 * BELOW_TOP) as usize;
    nice_top(marks.select_nth_unstable_by_key(rank, |mark| mark.response_us).1.response_us.into())
}

/// The least of 10, 20, 50, 100 ... milliseconds that is not below.
fn nice_top(micros: u64) -> u64 {
    let steps = (0..8).flat_map(|power| [1, 2, 5].map(|step| step * 10_000 * 10u64.pow(power)));
    steps.into_iter().find(|step| *step >= micros).unwrap_or(micros)
}
