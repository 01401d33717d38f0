//! ExportLogsServiceRequest into log records.
//!
//! Field numbers are those of opentelemetry/proto/logs/v1/logs.proto.

use naru_model::span::{LogRecord, MAX_LONG_TEXT, Source};
use naru_model::units::Timestamp;

use super::protobuf::{Fields, Malformed, Wire, each, text};
use super::resource::{Resource, each_record};
use super::value::{Any, Object};
use super::{id, micros};
use crate::sink::Sink;

/// Reads requests of log lines.
#[derive(Default)]
pub(crate) struct Logs {
    resource: Resource,
    texts: Texts,
}

/// What a line is made of, kept so that each one need not be made anew.
#[derive(Default)]
struct Texts {
    attributes: String,
    body: String,
}

/// The first SeverityNumber of each name. Source: OpenTelemetry's logs data model, "Mapping of SeverityNumber".
const SEVERITIES: [(&str, u8); 7] =
    [("trace", 1), ("debug", 5), ("info", 9), ("warn", 13), ("warning", 13), ("error", 17), ("fatal", 21)];

impl Logs {
    /// Reads a request at `now`; `done` is told after each line and may take what the batch holds.
    pub(crate) fn read(
        &mut self,
        request: &[u8],
        sink: &dyn Sink,
        now: Timestamp,
        batch: &mut Vec<u8>,
        mut done: impl FnMut(&mut Vec<u8>, u64),
    ) -> Result<(), Malformed> {
        let Logs { resource, texts } = self;
        each_record(request, resource, sink, |resource, scope, message| {
            texts.line(message, resource.source(), scope, now, batch)?;
            done(batch, 1);
            Ok(())
        })
    }
}

impl Texts {
    fn line(
        &mut self,
        message: &[u8],
        source: Source<'_>,
        scope: &str,
        now: Timestamp,
        batch: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        let (mut at, mut observed, mut severity, mut severity_text) = (0, 0, 0, "");
        let (mut body, mut trace_id, mut span_id, mut event) = (Any::None, [].as_slice(), [].as_slice(), "");
        for field in Fields(message) {
            match field? {
                (1, Wire::Fixed64(nanos)) => at = nanos,
                (2, Wire::Number(number)) => severity = u8::try_from(number).unwrap_or_default(),
                (3, Wire::Bytes(bytes)) => severity_text = text(bytes)?,
                (5, Wire::Bytes(bytes)) => body = Any::read(bytes)?,
                (9, Wire::Bytes(bytes)) => trace_id = bytes,
                (10, Wire::Bytes(bytes)) => span_id = bytes,
                (11, Wire::Fixed64(nanos)) => observed = nanos,
                (12, Wire::Bytes(bytes)) => event = text(bytes)?,
                _ => {}
            }
        }
        self.attributes.clear();
        let mut object = Object::begin(&mut self.attributes, MAX_LONG_TEXT);
        if !event.is_empty() {
            object.put("event.name", Any::Text(event))?;
        }
        for attribute in each(message, 6) {
            object.put_pair(attribute?)?;
        }
        object.end();
        self.body.clear();
        let body = match body {
            Any::Text(text) => text,
            other => {
                other.show(&mut self.body)?;
                self.body.as_str()
            }
        };
        let at = [at, observed].into_iter().find(|nanos| *nanos != 0).map_or(now, micros);
        LogRecord {
            source,
            at,
            severity: level(severity, severity_text),
            trace_id: id(trace_id).unwrap_or_default(),
            span_id: id(span_id).unwrap_or_default(),
            scope,
            body,
            attributes: &self.attributes,
        }
        .encode(batch);
        Ok(())
    }
}

/// 1 to 24; by its name when there is no number.
fn level(number: u8, name: &str) -> u8 {
    match number {
        1..=24 => number,
        _ => SEVERITIES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or(0, |(_, number)| *number),
    }
}
