//! A report as PDF: A4 pages with the look of the HTML. The Korean type is in the binary, so that it looks the same on a machine that
//! has none; only the glyphs that are used are in the file. The same report is the same bytes: there is no clock and no random name.
//!
//! `blocks` and `table` cut a report into pieces that no page breaks, `flow` puts them on pages, `write` writes the pages. Everything
//! in between is shapes, as a picture is.

mod blocks;
mod flow;
mod font;
mod table;
#[cfg(test)]
mod tests;
mod words;
mod write;

use naru_model::report::{Block, Report, Shape, Unit};

use crate::Error;
use font::Fonts;

/// A4 in points (1/72 inch). Source: ISO 216.
const PAGE: (f64, f64) = (595.28, 841.89);
const MM: f64 = 72.0 / 25.4;
/// What the HTML leaves on paper as well.
const MARGIN: (f64, f64) = (16.0 * MM, 18.0 * MM);
const WIDTH: f64 = PAGE.0 - 2.0 * MARGIN.0;
const HEIGHT: f64 = PAGE.1 - 2.0 * MARGIN.1;

pub(crate) fn render(report: &Report) -> Result<Vec<u8>, Error> {
    let fonts = Fonts::new()?;
    let pages = flow::pages(blocks::pieces(report, &fonts));
    write::document(report, &pages, &fonts)
}

/// The characters of a report that the type has no glyph for, in their order, each once: a PDF shows □ in their place.
pub(crate) fn unknown(report: &Report) -> Result<Vec<char>, Error> {
    let fonts = Fonts::new()?;
    let mut texts = vec![report.title.as_str()];
    texts.extend(report.about.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
    for block in &report.blocks {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) | Block::Result { text, .. } => {
                texts.push(text)
            }
            Block::List(items) | Block::Signatures(items) => texts.extend(items.iter().map(String::as_str)),
            Block::Table(table) => {
                texts.extend(table.head.iter().map(String::as_str));
                texts.extend(table.rows.iter().flatten().map(|cell| cell.text.as_str()));
            }
            Block::Chart(chart) => {
                texts.extend([&chart.caption, &chart.x.label, &chart.y.label].map(String::as_str));
                if let Unit::Names(names) = &chart.x.unit {
                    texts.extend(names.iter().map(String::as_str));
                }
                texts.extend(chart.series.iter().map(|series| series.name.as_str()));
                texts.extend(chart.spans.iter().map(|span| span.2.as_str()));
            }
            Block::Picture(picture) => {
                texts.push(&picture.caption);
                texts.extend(picture.shapes.iter().filter_map(|shape| match shape {
                    Shape::Text { text, .. } => Some(text.as_str()),
                    _ => None,
                }));
            }
        }
    }
    let unknown: std::collections::BTreeSet<char> =
        texts.into_iter().flat_map(|text| fonts.unknown(text)).collect();
    Ok(unknown.into_iter().collect())
}
