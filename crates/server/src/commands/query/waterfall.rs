//! One trace as text: each span below the one that called it, with a bar for when it ran.

use std::collections::{BTreeMap, BTreeSet};

use naru_model::trace::{Span, Trace};

use super::tables::severity;
use crate::commands::output;

/// Characters of a bar.
const BAR: usize = 40;
/// Deeper spans are not indented further.
const DEEPEST: usize = 20;

pub(super) fn waterfall(trace: &Trace) -> String {
    let mut text = format!("trace {}\n", trace.trace_id);
    for t in &trace.transactions {
        let service = t.service.as_ref().map(ToString::to_string).unwrap_or_default();
        text.push_str(&format!(
            "gateway: {} {} from {} to {service}, status {}, {} (waiting {}, service {}), ended {}\n",
            t.method.as_str(),
            t.path,
            t.client,
            t.status,
            output::seconds(t.response_seconds),
            output::seconds(t.waiting_seconds),
            output::seconds(t.upstream_seconds),
            output::time(t.end),
        ));
    }
    let start = trace.spans.iter().map(|span| span.start.0).min().unwrap_or(0);
    let end = trace.spans.iter().map(end_of).fold(start as f64, f64::max);
    let scale = BAR as f64 / (end - start as f64).max(1.0);
    let rows = ordered(&trace.spans);
    let label = |depth: usize, span: &Span| {
        let mark = if span.error { "! " } else { "" };
        format!("{:indent$}{mark}{} {}", "", span.service, span.name, indent = 2 * depth.min(DEEPEST))
    };
    let width =
        rows.iter().map(|(depth, span)| label(*depth, span).chars().count()).max().unwrap_or(0).min(80);
    for (depth, span) in &rows {
        let before = ((span.start.0 - start) as f64 * scale) as usize;
        let long = ((span.seconds * 1e6 * scale) as usize).max(1);
        let bar = format!("{:before$}{}", "", "█".repeat(long), before = before.min(BAR - 1));
        let bar: String = bar.chars().take(BAR).collect();
        let detail = if span.detail.is_empty() {
            String::new()
        } else {
            format!("  {}", span.detail.replace('\n', " "))
        };
        text.push_str(&format!(
            "{:<width$}  {bar:<BAR$}  {:>9}{detail}\n",
            label(*depth, span),
            output::seconds(span.seconds),
        ));
        if !span.message.is_empty() {
            text.push_str(&format!(
                "{:indent$}  {}\n",
                "",
                span.message.replace('\n', " "),
                indent = 2 * depth.min(&DEEPEST)
            ));
        }
    }
    for line in &trace.logs {
        text.push_str(&format!(
            "{} {:<5} {} {}\n",
            output::time(line.at),
            severity(line.severity),
            line.service,
            line.body.replace('\n', " ")
        ));
    }
    if trace.cut {
        text.push_str("there is more of it than is shown\n");
    }
    text
}

fn end_of(span: &Span) -> f64 {
    span.start.0 as f64 + span.seconds * 1e6
}

/// Each span behind the one that called it, and how deep it stands. One whose caller is not here stands at the left, and so
/// does one of a circle.
fn ordered(spans: &[Span]) -> Vec<(usize, &Span)> {
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    let mut below: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut waiting: Vec<(usize, usize)> = Vec::new();
    for (at, span) in spans.iter().enumerate().rev() {
        if ids.contains(span.parent_id.as_str()) && span.parent_id != span.span_id {
            below.entry(&span.parent_id).or_default().push(at);
        } else {
            waiting.push((0, at));
        }
    }
    let (mut rows, mut shown) = (Vec::new(), vec![false; spans.len()]);
    let mut left = 0..spans.len();
    loop {
        while let Some((depth, at)) = waiting.pop() {
            if !std::mem::replace(&mut shown[at], true) {
                rows.push((depth, &spans[at]));
                let next = below.get(spans[at].span_id.as_str()).into_iter().flatten();
                waiting.extend(next.map(|at| (depth + 1, *at)));
            }
        }
        match left.find(|at| !shown[*at]) {
            Some(at) => waiting.push((0, at)),
            None => return rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naru_model::span::{SpanKind, Work};
    use naru_model::units::Timestamp;

    fn span(id: &str, parent: &str, start: u64, millis: u64) -> Span {
        let text = str::to_owned;
        Span {
            span_id: text(id),
            parent_id: text(parent),
            service: text("portal"),
            instance: String::new(),
            name: format!("call {id}"),
            kind: SpanKind::Internal,
            work: Work::Other,
            start: Timestamp(start * 1000),
            seconds: millis as f64 / 1000.0,
            error: id == "c",
            status: 0,
            scope: String::new(),
            system: String::new(),
            peer: String::new(),
            detail: if id == "b" { text("select 1") } else { String::new() },
            message: if id == "c" { text("it broke") } else { String::new() },
            attributes: serde_json::Value::Null,
            resource: serde_json::Value::Null,
            events: Vec::new(),
        }
    }

    #[test]
    fn spans_stand_below_their_callers_with_bars_of_when_they_ran() {
        let spans = vec![
            span("a", "", 100, 100),
            span("b", "a", 100, 50),
            span("d", "elsewhere", 110, 1),
            span("c", "a", 150, 50),
        ];
        let trace = Trace { trace_id: "0a".repeat(16), spans, ..Trace::default() };
        let text = waterfall(&trace);
        let bars: Vec<String> =
            text.lines().skip(1).map(|line| line.split("  ").collect::<Vec<_>>().join("|")).collect();
        assert!(bars[0].starts_with("portal call a") && bars[0].contains(&"█".repeat(40)), "{text}");
        assert!(bars[1].starts_with("|portal call b") && bars[1].ends_with("select 1"), "{text}");
        assert!(bars[2].starts_with("|! portal call c") && bars[3].contains("it broke"), "{text}");
        assert!(bars[4].starts_with("portal call d"), "{text}");
    }

    #[test]
    fn a_circle_of_spans_is_shown_once() {
        let spans = vec![span("a", "b", 1, 1), span("b", "a", 1, 1), span("c", "c", 1, 1)];
        assert_eq!(ordered(&spans).len(), 3);
    }
}
