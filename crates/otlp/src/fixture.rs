//! What tests of this crate share: a sink that keeps what it is given, and requests to send.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use naru_model::metric::MetricPoint;

use crate::message::{
    AnyValue, ExportLogs, ExportTraces, KeyValue, LogRecord, Resource, ResourceLogs, ResourceSpans, Scope,
    ScopeLogs, ScopeSpans, Span,
};
use crate::sink::{Busy, Sink};

/// Keeps what it takes, of a platform whose one service is `portal`.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) spans: Mutex<Vec<u8>>,
    pub(crate) logs: Mutex<Vec<u8>>,
    pub(crate) points: Mutex<Vec<MetricPoint>>,
    /// So many pieces are taken; then it is busy. 0: all.
    pub(crate) room: AtomicU32,
    pieces: AtomicU32,
    /// More bytes than this do not fit. 0: all do.
    most: usize,
}

impl Kept {
    pub(crate) fn with_room(pieces: u32) -> Kept {
        Kept { room: pieces.into(), ..Kept::default() }
    }

    pub(crate) fn with_most(bytes: usize) -> Kept {
        Kept { most: bytes, ..Kept::default() }
    }

    fn admit(&self) -> Result<(), Busy> {
        let (room, before) = (self.room.load(Ordering::Relaxed), self.pieces.fetch_add(1, Ordering::Relaxed));
        if room > 0 && before >= room { Err(Busy) } else { Ok(()) }
    }
}

impl Sink for Kept {
    fn has_service(&self, name: &str) -> bool {
        name == "portal"
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.most == 0 || bytes <= self.most
    }

    fn spans(&self, batch: &[u8]) -> Result<(), Busy> {
        self.admit()?;
        self.spans.lock().unwrap().extend_from_slice(batch);
        Ok(())
    }

    fn logs(&self, batch: &[u8]) -> Result<(), Busy> {
        self.admit()?;
        self.logs.lock().unwrap().extend_from_slice(batch);
        Ok(())
    }

    fn metrics(&self, points: Vec<MetricPoint>) -> Result<(), Busy> {
        self.admit()?;
        self.points.lock().unwrap().extend(points);
        Ok(())
    }
}

pub(crate) fn said(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { string_value: Some(value.to_owned()), ..AnyValue::default() };
    KeyValue { key: key.to_owned(), value: Some(value) }
}

/// The resource of an instance as naru has it sent.
pub(crate) fn portal() -> Resource {
    let attributes = [
        ("service.name", "portal"),
        ("service.instance.id", "portal-3-1"),
        ("naru.revision", "3"),
        ("telemetry.sdk.language", "java"),
    ];
    Resource { attributes: attributes.iter().map(|(key, value)| said(key, value)).collect() }
}

pub(crate) fn span(name: &str) -> Span {
    Span {
        trace_id: vec![7; 16],
        span_id: vec![8; 8],
        name: name.to_owned(),
        kind: 2,
        start_time_unix_nano: 1_000_000,
        end_time_unix_nano: 3_500_000,
        ..Span::default()
    }
}

pub(crate) fn traces(spans: Vec<Span>) -> ExportTraces {
    let scope_spans = vec![ScopeSpans { scope: Some(Scope { name: "tomcat".to_owned() }), spans }];
    ExportTraces { resource_spans: vec![ResourceSpans { resource: Some(portal()), scope_spans }] }
}

pub(crate) fn logs(log_records: Vec<LogRecord>) -> ExportLogs {
    let scope_logs = vec![ScopeLogs { scope: None, log_records }];
    ExportLogs { resource_logs: vec![ResourceLogs { resource: Some(portal()), scope_logs }] }
}
