//! Draws the T-Map: every transaction by the time it ended and how long it took.
//!
//! From the transactions themselves where they are few enough to be read in time, and else from the figures' cells.

use std::ops::RangeInclusive;
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
/// The upper edges that are chosen: 10, 20, 50 ms and so on to 500 s, and the longest response time that is told apart.
const TOPS: [u32; 16] = {
    let mut tops = [u32::MAX; 16];
    let (mut at, mut power) = (0, 10_000);
    while at + 1 < tops.len() {
        tops[at] = power * [1, 2, 5][at % 3];
        if at % 3 == 2 {
            power *= 10;
        }
        at += 1;
    }
    tops
};

/// How the map is cut into cells.
#[derive(Debug, Clone, Copy)]
struct Grid {
    from_us: u64,
    span_us: u64,
    columns: u32,
    rows: u32,
    /// What the rows reach up to.
    top_us: u64,
}

impl Grid {
    fn column(&self, end_us: u64) -> u32 {
        // A month of microseconds times a thousand columns is far from the end of 64 bits.
        let after = end_us.saturating_sub(self.from_us).min(self.span_us);
        ((after * u64::from(self.columns) / self.span_us) as u32).min(self.columns - 1)
    }

    /// What is above the top is in the row above the last one.
    fn row(&self, response_us: u32) -> u32 {
        let row = u64::from(response_us) * u64::from(self.rows) / self.top_us;
        (row as u32).min(self.rows)
    }
}

pub(super) fn map(shelf: &Shelf, ledger: &Ledger, query: &MapQuery) -> Map {
    let view = shelf.view();
    let figures = ledger.figures(&query.subject, query.period);
    let drawn: &dyn Fn(u64) -> Drawing =
        if transactions_to_read(&view, &choice(query)) > READ_AT_MOST && !figures.is_empty() {
            &|top_us| of_figures(&view, &figures, query, top_us)
        } else {
            &|top_us| of_transactions(shelf, &view, query, top_us)
        };
    if let Some(top) = query.top {
        return drawn((top.as_micros() as u64).max(1)).map(query);
    }
    // The figures tell the right edge nearly always; else what is drawn does, and is drawn once more.
    let mut expected = Tops::default();
    figures.iter().for_each(|figures| expected.add_figures(figures));
    let drawing = drawn(expected.reached());
    let found = drawing.tops.reached();
    if found == drawing.grid.top_us { drawing.map(query) } else { drawn(found).map(query) }
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
        filter: None,
    }
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

/// From the figures' cells; what is in memory alone, the last minutes, from the transactions.
fn of_figures(view: &View, figures: &[Figures], query: &MapQuery, top_us: u64) -> Drawing {
    let mut drawing = Drawing::new(query, top_us);
    let end = figures.iter().map(|figures| figures.start + figures.seconds).max().unwrap_or(0);
    // The running minute.
    drawing
        .add_rows(view, &Choice { from: u64::from(end.max(query.period.from)) * 1_000_000, ..choice(query) });
    for figures in figures {
        drawing.add_figures(figures, query.period);
    }
    drawing
}

/// From the transactions themselves.
fn of_transactions(shelf: &Shelf, view: &View, query: &MapQuery, top_us: u64) -> Drawing {
    let choice = choice(query);
    let mut drawing = Drawing::new(query, top_us);
    drawing.add_rows(view, &choice);
    let segments = view.segments_latest_first(choice.from, choice.to);
    let new = || Drawing::new(query, top_us);
    for part in parallel::fold(&segments, new, |drawing: &mut Drawing, segment| {
        shelf.reading(segment, |opened| opened.scan(&choice, |part| drawing.add(part)));
    }) {
        drawing.join(part);
    }
    drawing
}

/// What was counted of the transactions, each in its cell.
struct Drawing {
    grid: Grid,
    most_dots: usize,
    /// All transactions and the errors among them, row by row.
    cells: Vec<(u32, u32)>,
    /// As long as they are few.
    dots: Vec<(f64, f32, u8)>,
    tops: Tops,
}

impl Drawing {
    fn new(query: &MapQuery, top_us: u64) -> Drawing {
        let grid = Grid {
            from_us: u64::from(query.period.from) * 1_000_000,
            span_us: u64::from(query.period.to.saturating_sub(query.period.from)).max(1) * 1_000_000,
            columns: query.columns.clamp(1, SIDE),
            rows: query.rows.clamp(1, SIDE),
            top_us,
        };
        Drawing {
            grid,
            most_dots: (query.dots as usize).min(DOTS),
            cells: vec![(0, 0); grid.columns as usize * (grid.rows as usize + 1)],
            dots: Vec::new(),
            tops: Tops::default(),
        }
    }

    fn add(&mut self, part: Part) {
        self.count(self.grid.row(part.response_us), self.grid.column(part.end), 1, part.error.into());
        self.tops.add(part.response_us, 1);
        if self.dots.len() <= self.most_dots {
            let after = part.end.saturating_sub(self.grid.from_us) as f64 / 1e6;
            self.dots.push((after, (f64::from(part.response_us) / 1e6) as f32, part.error.into()));
        }
    }

    fn add_rows(&mut self, view: &View, choice: &Choice<'_>) {
        for (_, rows) in view.rows() {
            scan_rows(&rows.read(), choice, |_, row| {
                let (end, response_us, error) = (row.end, row.response_us, row.is_error());
                self.add(Part { row: 0, end, response_us, error });
            });
        }
    }

    /// Spreads what lies in a bucket of response times over the rows it covers, and what lies in a stretch over its columns.
    fn add_figures(&mut self, figures: &Figures, period: Period) {
        let from = u64::from(figures.start.max(period.from)) * 1_000_000;
        let to = u64::from((figures.start + figures.seconds).min(period.to)) * 1_000_000;
        let columns = self.grid.column(from)..=self.grid.column(to.saturating_sub(1).max(from));
        for (least, most, answered, failed) in figures.cell.latencies() {
            let rows = self.grid.row(least)..=self.grid.row(most);
            self.spread(rows, columns.clone(), answered + failed, failed);
        }
        self.tops.add_figures(figures);
        // What is counted is not known one by one.
        self.most_dots = 0;
    }

    /// In even shares over several cells; what is left over goes to the first ones.
    fn spread(&mut self, rows: RangeInclusive<u32>, columns: RangeInclusive<u32>, count: u32, failed: u32) {
        let cells = (rows.end() - rows.start() + 1) * (columns.end() - columns.start() + 1);
        let share = |whole: u32, at: u32| whole / cells + u32::from(at < whole % cells);
        let places = rows.flat_map(|row| columns.clone().map(move |column| (row, column)));
        for ((row, column), at) in places.zip(0..) {
            self.count(row, column, share(count, at), share(failed, at));
        }
    }

    fn count(&mut self, row: u32, column: u32, count: u32, failed: u32) {
        let (all, errors) = &mut self.cells[(row * self.grid.columns + column) as usize];
        *all += count;
        *errors += failed;
    }

    fn join(&mut self, other: Drawing) {
        for ((all, errors), (more, failed)) in self.cells.iter_mut().zip(other.cells) {
            *all += more;
            *errors += failed;
        }
        self.dots.extend(other.dots);
        self.tops.below.iter_mut().zip(other.tops.below).for_each(|(sum, more)| *sum += more);
    }

    fn map(self, query: &MapQuery) -> Map {
        let transactions = self.cells.iter().map(|(all, _)| u64::from(*all)).sum();
        let few = transactions <= self.most_dots as u64;
        let Grid { columns, rows, top_us, .. } = self.grid;
        let used = || {
            let places = self.cells.iter().zip(0u32..).filter(|((count, _), _)| *count > 0);
            let used = places.map(|((count, failed), at)| (at % columns, at / columns, *count, *failed));
            Cells { columns, rows, used: used.collect() }
        };
        Map {
            from: query.period.from,
            to: query.period.to,
            top_seconds: Duration::from_micros(top_us).as_secs_f64(),
            transactions,
            errors: self.cells.iter().map(|(_, errors)| u64::from(*errors)).sum(),
            cells: (!few).then(used),
            dots: few.then_some(self.dots),
        }
    }
}

/// How many transactions lie below which of [`TOPS`] and above the one before.
#[derive(Default)]
struct Tops {
    below: [u64; TOPS.len()],
}

impl Tops {
    fn add(&mut self, response_us: u32, count: u64) {
        let top = TOPS.iter().take_while(|top| **top < response_us).count();
        self.below[top] += count;
    }

    fn add_figures(&mut self, figures: &Figures) {
        for (least, most, answered, failed) in figures.cell.latencies() {
            self.add(least + (most - least) / 2, u64::from(answered) + u64::from(failed));
        }
    }

    /// The least that most transactions are not above.
    fn reached(&self) -> u64 {
        let rank = (self.below.iter().sum::<u64>().saturating_sub(1) as f64 * BELOW_TOP) as u64;
        let mut seen = 0;
        let reached = TOPS.iter().zip(self.below).find(|(_, below)| {
            seen += below;
            seen > rank
        });
        reached.map_or(TOPS[0], |(top, _)| *top).into()
    }
}
