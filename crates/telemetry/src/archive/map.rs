//! Draws the T-Map: every transaction by the time it ended and how long it took.
//!
//! From the transactions themselves where they are few enough to be read in time, and else from the figures' cells.

use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use naru_model::series::{Cells, Map, MapQuery, Period};

use super::figures::Ledger;
use super::parallel;
use super::search::scan_rows;
use super::segment::{Choice, Part};
use super::shelf::{Shelf, View};
use crate::live::Figures;

/// The most cells across and up, and the most dots.
const SIDE: u32 = 1000;
const DOTS: usize = 20_000;
/// The most transactions that are read for one map: two cores read that many in about a fifth of a second.
const READ_AT_MOST: f64 = 12e6;
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
            from_us: u64::from(query.period.from) * 1_000_000,
            span_us: u64::from(query.period.to.saturating_sub(query.period.from)).max(1) * 1_000_000,
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

pub(super) fn map(shelf: &Shelf, ledger: &Ledger, query: &MapQuery) -> Map {
    let view = shelf.view();
    if transactions_to_read(&view, &choice(query)) > READ_AT_MOST
        && let Some(map) = from_figures(&view, ledger, query)
    {
        return map;
    }
    from_transactions(shelf, &view, query)
}

/// How many transactions lie in the segments and rows that a map is of, about.
fn transactions_to_read(view: &View, choice: &Choice<'_>) -> f64 {
    let share = |first: u64, last: u64| {
        let within = last.min(choice.to).saturating_sub(first.max(choice.from)) as f64;
        (within / (last - first).max(1) as f64).min(1.0)
    };
    let segments = view.segments_latest_first(choice.from, choice.to);
    let segments = segments.iter().map(|segment| segment.rows as f64 * share(segment.first, segment.last));
    let rows = view.rows().map(|(_, rows)| {
        let rows = rows.read();
        rows.rows.len() as f64 * share(rows.first, rows.last)
    });
    segments.chain(rows).sum()
}

/// The map from the figures' cells; what is in memory alone, the last minutes, from the transactions. `None`: there are
/// no figures of the period.
fn from_figures(view: &View, ledger: &Ledger, query: &MapQuery) -> Option<Map> {
    let grid = Grid::of(query);
    let figures = ledger.figures(&query.subject, query.period);
    let end = figures.iter().map(|figures| figures.start + figures.seconds).max()?;
    let mut marks = Marks::default();
    // The running minute.
    let rest = Choice { from: u64::from(end.max(query.period.from)) * 1_000_000, ..choice(query) };
    for (_, rows) in view.rows() {
        scan_rows(&rows.read(), &rest, |_, row| {
            let (end, response_us, error) = (row.end, row.response_us, row.is_error());
            grid.add(&mut marks, Part { row: 0, end, response_us, error });
        });
    }
    Some(spread(query, &grid, &figures, &marks.marks))
}

/// Spreads what lies in a bucket of response times over the rows it covers, and what lies in a stretch over its columns.
fn spread(query: &MapQuery, grid: &Grid, figures: &[Figures], marks: &[Mark]) -> Map {
    let (mut transactions, mut errors) = (marks.len() as u64, 0);
    let mut all: Vec<(u32, u64)> = marks.iter().map(|mark| (mark.response_us, 1)).collect();
    for figures in figures {
        for (least, most, answered, failed) in figures.cell.latencies() {
            all.push((least + (most - least) / 2, u64::from(answered) + u64::from(failed)));
            transactions += u64::from(answered) + u64::from(failed);
            errors += u64::from(failed);
        }
    }
    errors += marks.iter().filter(|mark| mark.error).count() as u64;
    let top_us = query.top.map_or_else(|| top_of(all), |top| top.as_micros() as u64).max(1);
    let mut counts = Counts::new(grid);
    for mark in marks {
        let row = grid.row(mark.response_us, top_us);
        counts.add(row, mark.column.into(), 1, u32::from(mark.error));
    }
    for figures in figures {
        let from = u64::from(figures.start.max(query.period.from)) * 1_000_000;
        let to = u64::from((figures.start + figures.seconds).min(query.period.to)) * 1_000_000;
        let columns = u32::from(grid.column(from))..=u32::from(grid.column(to.saturating_sub(1).max(from)));
        for (least, most, answered, failed) in figures.cell.latencies() {
            let rows = grid.row(least, top_us)..=grid.row(most, top_us);
            counts.spread(rows, columns.clone(), answered + failed, failed);
        }
    }
    Map {
        from: query.period.from,
        to: query.period.to,
        top_seconds: Duration::from_micros(top_us).as_secs_f64(),
        transactions,
        errors,
        dots: None,
        cells: Some(counts.used(grid)),
    }
}

fn top_of(mut all: Vec<(u32, u64)>) -> u64 {
    all.sort_unstable();
    let below = (all.iter().map(|(_, count)| count).sum::<u64>() as f64 * BELOW_TOP) as u64;
    let mut sum = 0;
    let reached = all.iter().find(|(_, count)| {
        sum += count;
        sum > below
    });
    nice_top(reached.map_or(0, |(micros, _)| u64::from(*micros)))
}

/// The map from the transactions themselves.
fn from_transactions(shelf: &Shelf, view: &View, query: &MapQuery) -> Map {
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
    let Period { from, to } = query.period;
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
        let mut counts = Counts::new(grid);
        for mark in &marks.marks {
            let row = grid.row(mark.response_us, top_us);
            counts.add(row, mark.column.into(), 1, u32::from(mark.error));
        }
        counts.used(grid)
    };
    let cells = if few { None } else { Some(cells()) };
    Map {
        from: query.period.from,
        to: query.period.to,
        top_seconds: Duration::from_micros(top_us).as_secs_f64(),
        transactions: transactions as u64,
        errors: errors as u64,
        dots: few.then_some(marks.dots),
        cells,
    }
}

/// Transactions and the errors among them, row by row.
struct Counts {
    columns: u32,
    cells: Vec<(u32, u32)>,
}

impl Counts {
    fn new(grid: &Grid) -> Counts {
        Counts {
            columns: grid.columns,
            cells: vec![(0, 0); grid.columns as usize * (grid.rows as usize + 1)],
        }
    }

    fn add(&mut self, row: u32, column: u32, count: u32, failed: u32) {
        let (all, errors) = &mut self.cells[(row * self.columns + column) as usize];
        *all += count;
        *errors += failed;
    }

    /// In even shares over several cells; what is left over goes to the first ones.
    fn spread(&mut self, rows: RangeInclusive<u32>, columns: RangeInclusive<u32>, count: u32, failed: u32) {
        let cells = (rows.end() - rows.start() + 1) * (columns.end() - columns.start() + 1);
        let share = |whole: u32, at: u32| whole / cells + u32::from(at < whole % cells);
        let places = rows.flat_map(|row| columns.clone().map(move |column| (row, column)));
        for ((row, column), at) in places.zip(0..) {
            self.add(row, column, share(count, at), share(failed, at));
        }
    }

    /// The cells in use.
    fn used(&self, grid: &Grid) -> Cells {
        let places = self.cells.iter().zip(0u32..).filter(|((count, _), _)| *count > 0);
        let used =
            places.map(|((count, failed), at)| (at % self.columns, at / self.columns, *count, *failed));
        Cells { columns: grid.columns, rows: grid.rows, used: used.collect() }
    }
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
