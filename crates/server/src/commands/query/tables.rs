//! What was found, as tables: for people, or with whole numbers for a spreadsheet.

use naru_model::series::Transaction;
use naru_model::trace::{LogLine, MapEdge, TraceSummary};
use naru_model::units::Timestamp;

use crate::commands::output::{self, Table};

/// A time, in microseconds since 1970 for a spreadsheet.
fn time(at: Timestamp, csv: bool) -> String {
    if csv { at.0.to_string() } else { output::time(at) }
}

fn seconds(seconds: f64, csv: bool) -> String {
    if csv { format!("{seconds:.6}") } else { output::seconds(seconds) }
}

/// Empty is seen as a dash by people.
fn text(text: impl ToString, csv: bool) -> String {
    let text = text.to_string();
    if text.is_empty() && !csv { "-".to_owned() } else { text }
}

fn some(named: Option<&impl ToString>, csv: bool) -> String {
    text(named.map(ToString::to_string).unwrap_or_default(), csv)
}

pub(super) fn transactions(found: &[Transaction], csv: bool) -> Table {
    let mut table = Table::new(&[
        "END", "TOOK", "STATUS", "METHOD", "PATH", "SERVICE", "INSTANCE", "FUNCTION", "CLIENT", "ADDRESS",
        "TRACE",
    ]);
    for t in found {
        table.row(vec![
            time(t.end, csv),
            seconds(t.response_seconds, csv),
            t.status.to_string(),
            t.method.as_str().to_owned(),
            text(&t.path, csv),
            some(t.service.as_ref(), csv),
            some(t.instance.as_ref(), csv),
            some(t.function.as_ref(), csv),
            some(t.caller.as_ref(), csv),
            t.client.to_string(),
            text(&t.trace_id, csv),
        ]);
    }
    table
}

pub(super) fn traces(found: &[TraceSummary], csv: bool) -> Table {
    let mut table = Table::new(&["START", "TOOK", "SERVICE", "NAME", "SPANS", "FAILED", "SERVICES", "TRACE"]);
    for trace in found {
        table.row(vec![
            time(trace.start, csv),
            seconds(trace.seconds, csv),
            text(&trace.service, csv),
            text(&trace.name, csv),
            trace.spans.to_string(),
            trace.errors.to_string(),
            text(trace.services.join(" "), csv),
            trace.trace_id.clone(),
        ]);
    }
    table
}

pub(super) fn lines(found: &[LogLine], csv: bool) -> Table {
    let mut table = Table::new(&["TIME", "SEVERITY", "SERVICE", "INSTANCE", "TRACE", "LINE"]);
    for line in found {
        // A line of a table is a line; a spreadsheet has cells of many.
        let body = if csv { line.body.clone() } else { line.body.replace(['\n', '\r'], " ") };
        table.row(vec![
            time(line.at, csv),
            if csv { line.severity.to_string() } else { severity(line.severity).to_owned() },
            text(&line.service, csv),
            text(&line.instance, csv),
            text(&line.trace_id, csv),
            body,
        ]);
    }
    table
}

pub(super) fn edges(found: &[MapEdge], csv: bool) -> Table {
    let mut table = Table::new(&["FROM", "TO", "CALLS", "FAILED", "MEAN", "P95"]);
    let mut edges: Vec<&MapEdge> = found.iter().collect();
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.calls));
    for edge in edges {
        table.row(vec![
            edge.from.clone(),
            edge.to.clone(),
            edge.calls.to_string(),
            edge.errors.to_string(),
            seconds(edge.mean_seconds, csv),
            seconds(edge.p95_seconds, csv),
        ]);
    }
    table
}

/// Source: OpenTelemetry, Logs Data Model, SeverityNumber.
pub(super) fn severity(number: u8) -> &'static str {
    match number {
        0 => "-",
        1..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warn",
        17..=20 => "error",
        _ => "fatal",
    }
}
