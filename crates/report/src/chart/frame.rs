//! Where everything of a chart lies: the stretch of each axis, the margins that its texts need, ticks, names and spans.

use naru_model::language::Language;
use naru_model::report::{Anchor, Axis, Chart, Color, Mark, Series, Shape, Unit};

use super::{GREY, GRID, INK, LINE, SIZE, WIDTH, text, unit};
use crate::em;

const TICKS_UP: usize = 5;
const TICKS_ACROSS: usize = 10;
/// Between two texts beside each other.
const APART: f64 = 8.0;
const WIDEST_TICK: f64 = 130.0;
const WIDEST_NAME: f64 = 120.0;
const WIDEST_SPAN: f64 = 190.0;
/// Names up to this many are told all, in two rows if need be.
const FEW: usize = 16;
/// Rows of words above spans.
const SPAN_ROWS: usize = 3;
const MOST_SPANS: usize = 500;
const SHADE: Color = Color(0xfb, 0xe6, 0xd3);

/// A text above or below the field, with its middle on the sheet.
struct Told {
    at: f64,
    text: String,
    /// Which row from the field on, from 0.
    row: usize,
}

/// A span on the sheet, with its words where there is room for them.
struct Stretch {
    left: f64,
    right: f64,
    named: Option<Told>,
}

/// The field that series are drawn in, and what stands around it.
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) base: f64,
    x: (f64, f64),
    pub(super) y: (f64, f64),
    /// Below the axis' texts.
    pub(super) bottom: f64,
    /// Spans for whose words there is no room.
    pub(super) unnamed: usize,
    across: Vec<Told>,
    up: Vec<(f64, String)>,
    label: [String; 2],
    spans: Vec<Stretch>,
}

impl Frame {
    pub(super) fn new(chart: &Chart, series: &[Series], language: Language, height: f64) -> Frame {
        let (x, y) = (across(chart, series), up(&chart.y, series));
        let ticks = unit::ticks(&chart.y.unit, y.0, y.1, TICKS_UP);
        let step = ticks.get(1).zip(ticks.first()).map_or(1.0, |(second, first)| second - first);
        let told =
            |value: &f64| em::fit(&unit::tick(&chart.y.unit, *value, step, language), SIZE, WIDEST_TICK);
        let up: Vec<(f64, String)> = ticks.iter().map(|value| (*value, told(value))).collect();
        let widest = up.iter().map(|(_, text)| em::width(text, SIZE)).fold(24.0, f64::max);
        let mut frame = Frame {
            left: widest + 10.0,
            right: WIDTH - 10.0,
            top: 0.0,
            base: 0.0,
            x,
            y,
            bottom: 0.0,
            unnamed: 0,
            across: Vec::new(),
            up,
            label: [chart.x.label.clone(), chart.y.label.clone()],
            spans: Vec::new(),
        };
        let rows = frame.name_spans(chart);
        frame.top = LINE + 8.0 + rows as f64 * LINE;
        frame.base = frame.top + height;
        let rows = frame.tell_across(&chart.x.unit, language);
        frame.bottom =
            frame.base + 4.0 + rows as f64 * LINE + if frame.label[0].is_empty() { 0.0 } else { LINE };
        frame
    }

    /// Where a value lies on the sheet; what is beyond the axis lies at its end.
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let share = |value: f64, (from, to): (f64, f64)| ((value - from) / (to - from)).clamp(0.0, 1.0);
        (
            self.left + share(x, self.x) * (self.right - self.left),
            self.base - share(y, self.y) * (self.base - self.top),
        )
    }

    pub(super) fn has(&self, x: f64) -> bool {
        (self.x.0..=self.x.1).contains(&x)
    }

    pub(super) fn end(&self) -> f64 {
        self.x.1
    }

    /// Units of the sheet that one of the x axis takes.
    pub(super) fn scale(&self) -> f64 {
        (self.right - self.left) / (self.x.1 - self.x.0)
    }

    /// Finds room for each span's words, above the field; returns how many rows they take.
    fn name_spans(&mut self, chart: &Chart) -> usize {
        let mut free = [self.left - 6.0; SPAN_ROWS];
        let mut spans: Vec<&(f64, f64, String)> = chart
            .spans
            .iter()
            .filter(|(from, to, _)| from <= to && *to >= self.x.0 && *from <= self.x.1)
            .collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.unnamed = spans.len().saturating_sub(MOST_SPANS);
        for (from, to, words) in spans.into_iter().take(MOST_SPANS) {
            let (left, right) = (self.at(*from, 0.0).0, self.at(*to, 0.0).0);
            let words = em::fit(words, SIZE, WIDEST_SPAN);
            let width = em::width(&words, SIZE);
            let middle = f64::midpoint(left, right).clamp(self.left + width / 2.0, WIDTH - width / 2.0);
            let row =
                free.iter().position(|end| middle - width / 2.0 >= end + APART).filter(|_| !words.is_empty());
            match row {
                Some(row) => free[row] = middle + width / 2.0,
                None => self.unnamed += 1,
            }
            let named = row.map(|row| Told { at: middle, text: words, row });
            self.spans.push(Stretch { left, right: right.max(left + 1.5), named });
        }
        self.spans.iter().filter_map(|span| span.named.as_ref()).map(|told| told.row + 1).max().unwrap_or(0)
    }

    /// Finds what stands below the x axis; returns how many rows it takes.
    fn tell_across(&mut self, axis: &Unit, language: Language) -> usize {
        if let Unit::Names(names) = axis {
            return self.tell_names(names);
        }
        let (from, to) = self.x;
        for most in (1..=TICKS_ACROSS).rev() {
            let ticks = unit::ticks(axis, from, to, most);
            let step = ticks.get(1).zip(ticks.first()).map_or(to - from, |(second, first)| second - first);
            let told: Vec<Told> = ticks
                .iter()
                .map(|value| {
                    let text = em::fit(&unit::tick(axis, *value, step, language), SIZE, WIDEST_TICK);
                    let half = em::width(&text, SIZE) / 2.0;
                    Told { at: self.at(*value, 0.0).0.clamp(half, WIDTH - half), text, row: 0 }
                })
                .collect();
            if are_apart(&told) {
                self.across = told;
                if matches!(axis, Unit::Time { .. } | Unit::Clock(_)) {
                    self.name_day(axis, step, language);
                }
                break;
            }
        }
        1
    }

    /// Puts the day into the label of an axis of hours or days, which tell no year.
    fn name_day(&mut self, axis: &Unit, step: f64, language: Language) {
        if step >= 28.0 * 86_400.0 {
            return;
        }
        let day = |at: f64| unit::day(at + unit::offset(axis, at), language);
        let (first, last) = (day(self.x.0), day(self.x.1));
        let days = if first == last { first } else { format!("{first} – {last}") };
        let label = &mut self.label[0];
        *label = if label.is_empty() { days } else { format!("{label} ({days})") };
    }

    fn tell_names(&mut self, names: &[String]) -> usize {
        let slot = self.scale();
        let widest = names.iter().map(|name| em::width(name, SIZE)).fold(0.0, f64::max).min(WIDEST_NAME);
        let fits = widest + APART <= slot;
        let rows = if fits || names.len() > FEW { 1 } else { 2 };
        let every = if fits || names.len() <= FEW { 1 } else { ((widest + APART) / slot).ceil() as usize };
        for (place, name) in names.iter().enumerate().step_by(every.max(1)) {
            let text = em::fit(name, SIZE, (slot * (rows * every) as f64 - APART).min(WIDEST_NAME));
            let half = em::width(&text, SIZE) / 2.0;
            let at = self.at(place as f64, 0.0).0.clamp(half, WIDTH - half);
            let told = Told { at, text, row: if rows > 1 { place % 2 } else { 0 } };
            // Those at the ends are moved in, which may bring them too near to the next.
            let before = self.across.iter().rev().find(|before| before.row == told.row);
            if before.is_none_or(|before| is_apart(before, &told)) {
                self.across.push(told);
            }
        }
        rows
    }

    /// Draws spans, grid, axes and their texts.
    pub(super) fn draw(&self, shapes: &mut Vec<Shape>) {
        for Stretch { left, right, named } in &self.spans {
            let width = right.min(self.right.max(left + 1.5)) - left;
            let (x, y, height) = (*left, self.top, self.base - self.top);
            shapes.push(Shape::Rect { x, y, width, height, fill: SHADE, edge: None });
            if let Some(told) = named {
                let y = self.top - 5.0 - told.row as f64 * LINE;
                shapes.push(text((told.at, y), told.text.clone(), Anchor::Middle, INK));
            }
        }
        for (value, told) in &self.up {
            let y = self.at(0.0, *value).1;
            shapes.push(line(vec![(self.left, y), (self.right, y)], GRID));
            shapes.push(text((self.left - 6.0, y + 4.0), told.clone(), Anchor::End, GREY));
        }
        shapes.push(line(vec![(self.left, self.base), (self.right, self.base)], GREY));
        for told in &self.across {
            let y = self.base + LINE + told.row as f64 * LINE;
            shapes.push(text((told.at, y), told.text.clone(), Anchor::Middle, GREY));
        }
        let [across, up] = &self.label;
        let room = self.right - self.left;
        if !up.is_empty() {
            shapes.push(text((0.0, LINE - 3.0), em::fit(up, SIZE, WIDTH), Anchor::Start, GREY));
        }
        if !across.is_empty() {
            let middle = f64::midpoint(self.left, self.right);
            shapes.push(text((middle, self.bottom - 1.0), em::fit(across, SIZE, room), Anchor::Middle, GREY));
        }
    }
}

fn line(points: Vec<(f64, f64)>, color: Color) -> Shape {
    Shape::Line { points, color, width: 1.0, dashed: false }
}

fn are_apart(told: &[Told]) -> bool {
    told.windows(2).all(|two| is_apart(&two[0], &two[1]))
}

fn is_apart(left: &Told, right: &Told) -> bool {
    let half = |told: &Told| em::width(&told.text, SIZE) / 2.0;
    right.at - left.at >= half(left) + half(right) + APART / 2.0
}

/// The stretch of the x axis.
fn across(chart: &Chart, series: &[Series]) -> (f64, f64) {
    if let Unit::Names(names) = &chart.x.unit {
        return (-0.5, names.len().max(1) as f64 - 0.5);
    }
    // A goal goes across whatever there is.
    let measured = || series.iter().filter(|series| series.mark != Mark::Dashed);
    let xs = measured().flat_map(|series| series.points.iter().map(|point| point.0));
    let (mut from, mut to) = least_and_most(xs).unwrap_or((0.0, 1.0));
    if let Some(width) = bar_width(series) {
        (from, to) = (from - width / 2.0, to + width / 2.0);
    }
    sound((chart.x.from.unwrap_or(from), chart.x.to.unwrap_or(to)))
}

/// The least distance between two bars' places, 1 when there is but one.
pub(super) fn bar_width(series: &[Series]) -> Option<f64> {
    let bars = series.iter().filter(|series| series.mark == Mark::Bars);
    let mut xs: Vec<f64> =
        bars.flat_map(|s| s.points.iter().map(|point| point.0)).filter(|x| x.is_finite()).collect();
    if xs.is_empty() {
        return None;
    }
    xs.sort_by(f64::total_cmp);
    let gaps = xs.windows(2).map(|two| two[1] - two[0]).filter(|gap| *gap > 0.0);
    let least = gaps.fold(f64::INFINITY, f64::min);
    Some(if least.is_finite() { least } else { 1.0 })
}

/// The stretch of the y axis: from 0 where nothing is negative, up to a round value.
fn up(axis: &Axis, series: &[Series]) -> (f64, f64) {
    let (least, most) = least_and_most(series.iter().flat_map(|s| s.points.iter().map(|point| point.1)))
        .unwrap_or((0.0, 1.0));
    let from = axis.from.unwrap_or(if least >= 0.0 { 0.0 } else { least });
    let (from, to) = sound((from, axis.to.unwrap_or(most)));
    (
        from,
        axis.to
            .unwrap_or_else(|| unit::ceiling(&axis.unit, from, to, TICKS_UP))
            .max(from + f64::MIN_POSITIVE),
    )
}

fn least_and_most(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |known, value| {
        let (least, most) = known.unwrap_or((value, value));
        Some((f64::min(least, value), f64::max(most, value)))
    })
}

/// A stretch that has a length and can be divided by it.
fn sound((from, to): (f64, f64)) -> (f64, f64) {
    if !from.is_finite() || !to.is_finite() {
        (0.0, 1.0)
    } else if to - from > from.abs() * 1e-12 {
        (from, to)
    } else {
        (from, from + from.abs().max(1.0))
    }
}
