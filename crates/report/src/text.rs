//! A report in the terminal: 100 columns, tables whose cells are broken into lines.

use naru_model::language::Language;
use naru_model::report::{Block, Report, Table};

use crate::told;
use crate::width::{pad, width, wrap};

const COLUMNS: usize = 100;
/// The narrowest a column of a table is made.
const NARROWEST: usize = 4;

pub(crate) fn render(report: &Report) -> String {
    let mut text = format!("{}\n{}\n", report.title, "=".repeat(width(&report.title).min(COLUMNS)));
    let widest = report.about.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, value) in &report.about {
        text += &format!("{}  {value}\n", pad(name, widest, false));
    }
    for block in &report.blocks {
        text.push('\n');
        text += &one(block, report.language);
    }
    text
}

fn one(block: &Block, language: Language) -> String {
    match block {
        Block::Heading { level: 1, text } => format!("{text}\n{}\n", "-".repeat(width(text).min(COLUMNS))),
        Block::Heading { text, .. } => format!("{text}\n"),
        Block::Paragraph(text) => indented(text, ""),
        Block::List(items) => items.iter().map(|item| indented(item, "- ")).collect(),
        Block::Result { text, .. } => indented(text, "=> "),
        Block::Table(table) => grid(table),
        // A terminal shows no picture; HTML does.
        Block::Picture(picture) => {
            let what = language.pick("그림", "picture");
            indented(&format!("[{what}] {}", picture.caption), "")
        }
        Block::Chart(chart) => {
            let spans: String =
                told::spans(chart, language).iter().map(|span| indented(span, "- ")).collect();
            indented(&told::about(chart, language), "") + &grid(&told::chart(chart, language)) + &spans
        }
        Block::Signatures(roles) => roles.iter().map(|role| signature(role, language)).collect(),
    }
}

/// A line to sign on.
fn signature(role: &str, language: Language) -> String {
    let [_, office, name, date, sign] = told::signature_head(language);
    let blank = "_".repeat(14);
    format!("{role}\n  {office} {blank}  {name} {blank}\n  {date} {blank}  {sign} {blank}\n")
}

/// The text with a mark before its first line, and the lines after it below the text.
fn indented(text: &str, mark: &str) -> String {
    let space = " ".repeat(mark.len());
    let lines = wrap(text, COLUMNS - mark.len());
    let put = |(i, line): (usize, &String)| format!("{}{line}\n", if i == 0 { mark } else { &space });
    lines.iter().enumerate().map(put).collect()
}

fn grid(table: &Table) -> String {
    let widths = fit(table);
    let right = |column: usize| table.right.contains(&column);
    let head: Vec<&str> = table.head.iter().map(String::as_str).collect();
    let mut text = row(&head, &widths, &right);
    text += &widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  ");
    text.push('\n');
    for cells in &table.rows {
        let cells: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
        text += &row(&cells, &widths, &right);
    }
    text
}

fn row(cells: &[&str], widths: &[usize], right: &dyn Fn(usize) -> bool) -> String {
    let broken: Vec<Vec<String>> = cells.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
    let height = broken.iter().map(Vec::len).max().unwrap_or(1);
    let line = |at: usize| {
        let part = |(column, lines): (usize, &Vec<String>)| {
            pad(lines.get(at).map_or("", String::as_str), widths[column], right(column))
        };
        let parts: Vec<String> = broken.iter().enumerate().map(part).collect();
        parts.join("  ").trim_end().to_owned() + "\n"
    };
    (0..height).map(line).collect()
}

/// Widths of the columns: as their content wants, and where that is too much the widest give way first.
fn fit(table: &Table) -> Vec<usize> {
    let mut widths: Vec<usize> = (0..table.head.len())
        .map(|column| {
            let cells = table.rows.iter().map(|row| widest_line(&row[column].text));
            cells.chain([width(&table.head[column])]).max().unwrap_or(0).max(1)
        })
        .collect();
    let between = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + between > COLUMNS {
        let Some(widest) = widths.iter_mut().max() else { break };
        if *widest <= NARROWEST {
            break;
        }
        *widest -= 1;
    }
    widths
}

fn widest_line(text: &str) -> usize {
    text.split('\n').map(width).max().unwrap_or(0)
}
