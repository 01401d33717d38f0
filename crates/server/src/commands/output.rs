//! How commands print: tables for people, JSON for scripts, times as a person reads them.

use anyhow::Result;
use jiff::tz::TimeZone;
use naru_model::event::{Event, Severity};
use naru_model::units::Timestamp;
use serde::Serialize;

/// Prints a value as one JSON document.
pub(crate) fn print_json<T: Serialize>(value: &T) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints a value as one line of JSON, for what goes on and on.
pub(crate) fn print_json_line<T: Serialize>(value: &T) -> Result<()> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}

/// Prints an event as one line of the server's own log.
pub(crate) fn print_event(event: &Event) {
    eprintln!("{}", event_line(event));
}

pub(crate) fn event_line(event: &Event) -> String {
    let mark = match event.severity {
        Severity::Info => " ",
        Severity::Warning => "!",
        Severity::Error => "‼",
    };
    let by = if event.actor == "naru" { String::new() } else { format!(" [{}]", event.actor) };
    format!("{} {mark} {}{by}", time(event.at), event.message)
}

/// A time in the machine's own zone, to the millisecond.
pub(crate) fn time(at: Timestamp) -> String {
    match jiff::Timestamp::from_microsecond(at.0 as i64) {
        Ok(instant) => instant.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S.%3f").to_string(),
        Err(_) => at.0.to_string(),
    }
}

/// Rows under a head, each column as wide as its widest cell.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Table {
        Table { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl Table {
    /// As comma-separated values. Source: RFC 4180. What a spreadsheet would take for a formula gets an apostrophe.
    pub(crate) fn csv(&self) -> String {
        let cell = |cell: &String| {
            let is_number = cell.parse::<f64>().is_ok();
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
            let cell = if formula { format!("'{cell}") } else { cell.clone() };
            let quoted = cell.contains(['"', ',', '\n', '\r']);
            if quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
        };
        let line = |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n";
        self.rows.iter().map(line).collect()
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let line: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "{}", line.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// An amount of memory as a person reads it.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0 => "-".to_owned(),
        1..=1023 => format!("{bytes} B"),
        1024..=1_048_575 => format!("{:.0} KiB", bytes as f64 / 1024.0),
        1_048_576..=1_073_741_823 => format!("{:.0} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

/// A response time as a person reads it.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s <= 0.0 => "-".to_owned(),
        s if s < 0.01 => format!("{:.2} ms", s * 1000.0),
        s if s < 1.0 => format!("{:.0} ms", s * 1000.0),
        s => format!("{s:.2} s"),
    }
}

/// How long ago something was, roughly.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(at).as_secs();
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7199 => format!("{}m", seconds / 60),
        7200..=172_799 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
