//! Spans and log lines as they are shown.

use naru_model::span::{LogRecord, SpanRecord};
use naru_model::trace::{LogLine, Span, SpanEvent};
use serde_json::Value;

use crate::archive::rows::hexadecimal;

/// Empty of zeros.
fn id(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| *byte == 0) { String::new() } else { hexadecimal(bytes) }
}

/// `SERVICE-REVISION-NUMBER` of an instance of naru's; empty otherwise.
pub(super) fn instance(service: &str, revision: u32, ordinal: u32) -> String {
    if revision == 0 { String::new() } else { format!("{service}-{revision}-{ordinal}") }
}

/// What can't be read is shown as the text that it is.
pub(super) fn json(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

pub(super) fn events(text: &str) -> Vec<SpanEvent> {
    if text.is_empty() { Vec::new() } else { serde_json::from_str(text).unwrap_or_default() }
}

pub(super) fn span(span: &SpanRecord<'_>) -> Span {
    Span {
        span_id: hexadecimal(&span.span_id),
        parent_id: id(&span.parent_id),
        service: span.source.service.to_owned(),
        instance: instance(span.source.service, span.source.revision, span.source.ordinal),
        name: span.name.to_owned(),
        kind: span.kind,
        work: span.work,
        start: span.start,
        seconds: span.duration_us as f64 / 1e6,
        error: span.error,
        status: span.status,
        scope: span.scope.to_owned(),
        system: span.system.to_owned(),
        peer: span.peer.to_owned(),
        detail: span.detail.to_owned(),
        message: span.message.to_owned(),
        attributes: json(span.attributes),
        resource: json(span.source.resource),
        events: events(span.events),
    }
}

pub(super) fn line(line: &LogRecord<'_>) -> LogLine {
    LogLine {
        at: line.at,
        severity: line.severity,
        service: line.source.service.to_owned(),
        instance: instance(line.source.service, line.source.revision, line.source.ordinal),
        trace_id: id(&line.trace_id),
        span_id: id(&line.span_id),
        scope: line.scope.to_owned(),
        body: line.body.to_owned(),
        attributes: json(line.attributes),
    }
}
