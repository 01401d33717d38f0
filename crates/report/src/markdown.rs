//! A report as Markdown (CommonMark, with the tables of GFM).

use naru_model::language::Language;
use naru_model::report::{Block, Report, Table};

use crate::told;

pub(crate) fn render(report: &Report) -> String {
    let mut text = format!("# {}\n", plain(&report.title));
    if !report.about.is_empty() {
        text.push('\n');
    }
    for (name, value) in &report.about {
        text += &format!("- **{}**: {}\n", plain(name), plain(value));
    }
    for block in &report.blocks {
        text.push('\n');
        text += &one(block, report.language);
    }
    text
}

fn one(block: &Block, language: Language) -> String {
    match block {
        Block::Heading { level, text } => {
            format!("{} {}\n", "#".repeat(usize::from(*level) + 1), plain(text))
        }
        Block::Paragraph(text) => format!("{}\n", plain(text)),
        Block::List(items) => items.iter().map(|item| format!("- {}\n", plain(item))).collect(),
        Block::Result { text, .. } => format!("> **{}**\n", plain(text)),
        Block::Table(table) => grid(table),
        // A picture has no form in Markdown that every reader shows; what it shows is in the table beside it.
        Block::Picture(picture) => format!("*{}*\n", plain(&picture.caption)),
        Block::Chart(chart) => {
            let spans: String =
                told::spans(chart, language).iter().map(|span| format!("\n- {}\n", plain(span))).collect();
            let about = plain(&told::about(chart, language));
            format!("*{about}*\n\n{}{spans}", grid(&told::chart(chart, language)))
        }
        Block::Signatures(roles) => grid(&told::signatures(roles, language)),
    }
}

fn grid(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mark = |column| if table.right.contains(&column) { "---:" } else { "---" }.to_owned();
    let mut text = line(table.head.iter().map(|cell| plain(cell)).collect());
    text += &line((0..table.head.len()).map(mark).collect());
    for row in &table.rows {
        text += &line(row.iter().map(|cell| plain(&cell.text)).collect());
    }
    text
}

/// Text in which nothing is taken for a mark of Markdown or for HTML, on one line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}
