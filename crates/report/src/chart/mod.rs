//! A chart as shapes on a sheet: axes with round values, shaded spans with their words above them, series told apart by dash and mark
//! as well as by a colour that colour-blind people tell apart, and a legend. Texts never lie on each other: what has no room is cut
//! off with an ellipsis or, with a word in the caption, left out.
//!
//! `unit` knows round values and how they are written, `frame` where everything lies, `marks` draws the series.

mod frame;
mod marks;
#[cfg(test)]
mod tests;
mod unit;

use naru_model::language::Language;
use naru_model::report::{Anchor, Chart, Color, Mark, Picture, Series, Shape};

use crate::em;
use frame::Frame;
use marks::Look;

pub(crate) use unit::value;

/// Width of every sheet; on paper it is as wide as the text, so that a text of `SIZE` is as large as those of tables.
const WIDTH: f64 = 640.0;
const SIZE: f64 = 11.0;
/// From one line of text to the next.
const LINE: f64 = 15.0;
const INK: Color = Color(0x1b, 0x1f, 0x24);
const GREY: Color = Color(0x57, 0x60, 0x6a);
const GRID: Color = Color(0xdd, 0xe3, 0xe9);
/// More series than this nobody tells apart; the rest is left to the table beside the chart.
const MOST_SERIES: usize = 6;
/// A sample of a series in the legend.
const SAMPLE: f64 = 24.0;
/// The widest name in a legend.
const WIDEST: f64 = 270.0;

/// How high the field is drawn that the series lie in, on a sheet of [`WIDTH`].
pub(crate) const HEIGHT: f64 = 200.0;
/// The same on paper, where several charts are to stand on a page; and where one would not fit on it any more.
pub(crate) const ON_PAPER: f64 = 150.0;
pub(crate) const LOWEST: f64 = 100.0;

/// Draws it, with a field of this height.
pub(crate) fn draw(chart: &Chart, language: Language, height: f64) -> Picture {
    let series = &chart.series[..chart.series.len().min(MOST_SERIES)];
    let frame = Frame::new(chart, series, language, height);
    let mut shapes = Vec::new();
    frame.draw(&mut shapes);
    marks::draw(&frame, series, &mut shapes);
    let height = legend(chart, series, language, frame.bottom, &mut shapes);
    Picture { caption: caption(chart, frame.unnamed, language), width: WIDTH, height, shapes }
}

fn caption(chart: &Chart, unnamed: usize, language: Language) -> String {
    let mut caption = chart.caption.clone();
    if unnamed > 0 {
        caption += &language.pick(
            format!(" (음영 {unnamed}곳은 자리가 없어 이름을 생략)"),
            format!(" ({unnamed} of the shaded stretches have no room for their names)"),
        );
    }
    let left_out = chart.series.len().saturating_sub(MOST_SERIES);
    if left_out > 0 {
        caption += &language.pick(
            format!(" (계열 {left_out}개는 그리지 않음)"),
            format!(" ({left_out} more series are not drawn)"),
        );
    }
    caption
}

/// Draws the legend below `top`, where there is more than one thing to tell; returns where the sheet ends.
fn legend(chart: &Chart, all: &[Series], language: Language, top: f64, shapes: &mut Vec<Shape>) -> f64 {
    if all.len() < 2 && all.iter().all(|series| series.mark != Mark::Dashed) {
        return top + 4.0;
    }
    let (mut x, mut y) = (0.0, top + LINE + 3.0);
    for (i, series) in all.iter().enumerate() {
        let name = em::fit(&named(chart, series, language), SIZE, WIDEST);
        let width = SAMPLE + 6.0 + em::width(&name, SIZE);
        if x > 0.0 && x + width > WIDTH {
            (x, y) = (0.0, y + LINE + 1.0);
        }
        marks::sample(series, Look::of(series, i), (x, y - 4.0), SAMPLE, shapes);
        shapes.push(text((x + SAMPLE + 6.0, y), name, Anchor::Start, INK));
        x += width + 18.0;
    }
    y + 6.0
}

/// A series' name; a goal's with its value, for the line alone doesn't say it.
fn named(chart: &Chart, series: &Series, language: Language) -> String {
    match series.points.iter().find(|(_, y)| y.is_finite()) {
        Some((_, y)) if series.mark == Mark::Dashed => {
            format!("{} ({})", series.name, value(&chart.y.unit, *y, language))
        }
        _ => series.name.clone(),
    }
}

fn text((x, y): (f64, f64), text: String, anchor: Anchor, color: Color) -> Shape {
    Shape::Text { x, y, text, size: SIZE, anchor, color, bold: false, upwards: false }
}
