//! The series of a chart: lines, steps, bars, dots and goals. The first is a plain line, the next is dashed, those after it carry
//! marks; every second bar is hollow: who sees no colours tells them apart as well.

use naru_model::report::{Color, Mark, Series, Shape, Tone};

use super::GREY;
use super::frame::{Frame, bar_width};

/// Colours that people with any colour blindness tell apart. Source: Okabe and Ito, Color Universal Design (2008).
const COLORS: [Color; 6] = [
    Color(0, 114, 178),
    Color(213, 94, 0),
    Color(0, 158, 115),
    Color(204, 121, 167),
    Color(230, 159, 0),
    Color(86, 180, 233),
];
const WHITE: Color = Color(255, 255, 255);
const THICK: f64 = 1.8;
/// Marks along a line.
const MARKS: usize = 14;
/// Bars narrower than this are drawn as steps.
const NARROWEST: f64 = 1.5;
/// Points of a line per unit of the sheet: more can't be seen.
const FINEST: f64 = 2.0;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Sign {
    Circle,
    Square,
    Triangle,
}

/// What a series is told apart by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    color: Color,
    dashed: bool,
    sign: Option<Sign>,
    hollow: bool,
}

impl Look {
    /// `place`: which of the chart's series it is.
    pub(super) fn of(series: &Series, place: usize) -> Look {
        let color = match series.tone {
            _ if series.mark == Mark::Dashed && series.tone == Tone::Plain => GREY,
            Tone::Plain => COLORS[place % COLORS.len()],
            Tone::Good => Color(0x1a, 0x7f, 0x37),
            Tone::Warn => Color(0xb0, 0x7a, 0),
            Tone::Bad => Color(0xc4, 0x28, 0x1f),
        };
        let sign =
            [None, None, Some(Sign::Circle), Some(Sign::Square), Some(Sign::Triangle), Some(Sign::Circle)];
        Look {
            color,
            dashed: series.mark == Mark::Dashed || matches!(place, 1 | 5),
            sign: sign[place % sign.len()],
            hollow: place % 2 == 1,
        }
    }
}

/// Draws all of them: bars first, lines over them, goals last.
pub(super) fn draw(frame: &Frame, all: &[Series], shapes: &mut Vec<Shape>) {
    let bars: Vec<usize> = (0..all.len()).filter(|i| all[*i].mark == Mark::Bars).collect();
    let slot = bar_width(all).unwrap_or(1.0) * frame.scale();
    for (nth, i) in bars.iter().enumerate() {
        let (series, look) = (&all[*i], Look::of(&all[*i], *i));
        let wide = slot * 0.8 / bars.len() as f64;
        if wide < NARROWEST {
            lines(frame, &steps(series, frame.end()), look, shapes);
        } else {
            let offset = (nth as f64 - bars.len() as f64 / 2.0) * wide;
            columns(frame, series, look, (offset, wide), shapes);
        }
    }
    for (i, series) in all.iter().enumerate() {
        let look = Look::of(series, i);
        match series.mark {
            Mark::Line => lines(frame, &series.points, look, shapes),
            Mark::Step => lines(frame, &steps(series, frame.end()), look, shapes),
            Mark::Dots => {
                let known = series.points.iter().filter(|(x, y)| frame.has(*x) && y.is_finite());
                let at: Vec<(f64, f64)> = known.map(|(x, y)| frame.at(*x, *y)).collect();
                thinned(at)
                    .into_iter()
                    .for_each(|at| sign(look, look.sign.unwrap_or(Sign::Circle), at, shapes));
            }
            Mark::Bars | Mark::Dashed => {}
        }
    }
    for (i, series) in all.iter().enumerate().filter(|(_, series)| series.mark == Mark::Dashed) {
        goal(frame, series, Look::of(series, i), shapes);
    }
}

/// The points of a line that stays at each point's height until the next.
fn steps(series: &Series, end: f64) -> Vec<(f64, f64)> {
    let next = series.points.iter().skip(1).map(|point| point.0).chain([end]);
    series.points.iter().zip(next).flat_map(|((x, y), until)| [(*x, *y), (until, *y)]).collect()
}

fn lines(frame: &Frame, points: &[(f64, f64)], look: Look, shapes: &mut Vec<Shape>) {
    for run in points.split(|(x, y)| !y.is_finite() || !frame.has(*x)) {
        let points = thinned(run.iter().map(|(x, y)| frame.at(*x, *y)).collect());
        let every = points.len().div_ceil(MARKS).max(1);
        if let Some(kind) = look.sign {
            points.iter().step_by(every).for_each(|at| sign(look, kind, *at, shapes));
        }
        match points.as_slice() {
            [] => {}
            // A line needs two points; one that stands alone would not be seen.
            [(x, y)] => shapes.push(Shape::Circle { x: *x, y: *y, radius: 2.2, fill: look.color }),
            _ => shapes.push(Shape::Line { points, color: look.color, width: THICK, dashed: look.dashed }),
        }
    }
}

/// No more points than can be seen: of those that lie on each other the first, the highest, the lowest and the last.
fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let place = |point: &(f64, f64)| (point.0 * FINEST) as i64;
    let mut kept = Vec::new();
    for together in points.chunk_by(|a, b| place(a) == place(b)) {
        if together.len() <= 4 {
            kept.extend_from_slice(together);
            continue;
        }
        let by = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let seen =
            [together.first(), together.iter().min_by(by), together.iter().max_by(by), together.last()];
        kept.extend(seen.into_iter().flatten());
    }
    kept
}

fn columns(frame: &Frame, series: &Series, look: Look, (offset, wide): (f64, f64), shapes: &mut Vec<Shape>) {
    // Bars stand on nothing; where the axis has no nothing, on its end.
    let ground = frame.at(0.0, 0.0).1;
    for (x, y) in series.points.iter().filter(|(x, y)| y.is_finite() && frame.has(*x)) {
        let (middle, top) = frame.at(*x, *y);
        let (left, right) =
            ((middle + offset).max(frame.left), (middle + offset + wide).min(frame.right).max(frame.left));
        shapes.push(Shape::Rect {
            x: left,
            y: top.min(ground),
            width: (right - left).max(0.0),
            height: (ground - top).abs(),
            fill: if look.hollow { WHITE } else { look.color },
            edge: look.hollow.then_some(look.color),
        });
    }
}

/// A goal goes across the whole field, unless it changes on the way.
fn goal(frame: &Frame, series: &Series, look: Look, shapes: &mut Vec<Shape>) {
    let mut known = series.points.iter().filter(|(_, y)| y.is_finite());
    let Some((_, first)) = known.next() else { return };
    let points = if known.all(|(_, y)| y == first) {
        let y = frame.at(0.0, *first).1;
        vec![(frame.left, y), (frame.right, y)]
    } else {
        return lines(frame, &steps(series, frame.end()), look, shapes);
    };
    shapes.push(Shape::Line { points, color: look.color, width: 1.4, dashed: true });
}

fn sign(look: Look, kind: Sign, (x, y): (f64, f64), shapes: &mut Vec<Shape>) {
    let fill = look.color;
    shapes.push(match kind {
        Sign::Circle => Shape::Circle { x, y, radius: 2.6, fill },
        Sign::Square => Shape::Rect { x: x - 2.5, y: y - 2.5, width: 5.0, height: 5.0, fill, edge: None },
        Sign::Triangle => {
            Shape::Polygon { points: vec![(x, y - 3.4), (x + 3.2, y + 2.4), (x - 3.2, y + 2.4)], fill }
        }
    });
}

/// What a series looks like, for the legend: `at` its left end, `width` wide.
pub(super) fn sample(series: &Series, look: Look, (x, y): (f64, f64), width: f64, shapes: &mut Vec<Shape>) {
    let middle = (x + width / 2.0, y);
    match series.mark {
        Mark::Bars => shapes.push(Shape::Rect {
            x: middle.0 - 6.0,
            y: y - 5.0,
            width: 12.0,
            height: 10.0,
            fill: if look.hollow { WHITE } else { look.color },
            edge: look.hollow.then_some(look.color),
        }),
        Mark::Dots => sign(look, look.sign.unwrap_or(Sign::Circle), middle, shapes),
        Mark::Line | Mark::Step | Mark::Dashed => {
            if let Some(kind) = look.sign.filter(|_| series.mark != Mark::Dashed) {
                sign(look, kind, middle, shapes);
            }
            let points = vec![(x, y), (x + width, y)];
            shapes.push(Shape::Line { points, color: look.color, width: THICK, dashed: look.dashed });
        }
    }
}
