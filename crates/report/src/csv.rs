//! Tables as comma-separated values that a Korean Excel opens as they are. Source: RFC 4180.

use naru_model::report::{Block, Report, Table};

use crate::told;

/// Without it Excel takes a file for CP949 and shows Korean in UTF-8 as rubbish.
const BOM: char = '\u{feff}';

pub(crate) fn render(report: &Report) -> String {
    let mut text = BOM.to_string();
    for block in &report.blocks {
        match block {
            Block::Table(table) => add(&mut text, table),
            Block::Chart(chart) => add(&mut text, &told::chart(chart, report.language)),
            _ => {}
        }
    }
    text
}

fn add(text: &mut String, table: &Table) {
    if text.len() > BOM.len_utf8() {
        text.push_str("\r\n");
    }
    *text += &line(table.head.iter().map(String::as_str));
    for row in &table.rows {
        *text += &line(row.iter().map(|cell| cell.text.as_str()));
    }
}

/// One line, with its end. What a spreadsheet would take for a formula gets an apostrophe.
fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    cells.map(quoted).collect::<Vec<_>>().join(",") + "\r\n"
}

fn quoted(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let guard = if is_formula { "'" } else { "" };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}
