//! ExportTraceServiceRequest into span records.
//!
//! Field numbers are those of opentelemetry/proto/trace/v1/trace.proto. A message may have its fields in any order, so that a
//! span's kind is looked for before its attributes are read.

use naru_model::span::{MAX_LONG_TEXT, Source, SpanKind, SpanRecord};

use super::protobuf::{Fields, Malformed, Wire, each, text};
use super::resource::{Resource, each_record};
use super::value::{Object, pair, quote};
use super::{Refused, id, micros};
use crate::convention::Known;
use crate::sink::Sink;

/// Reads requests of spans.
#[derive(Default)]
pub(crate) struct Spans {
    resource: Resource,
    texts: Texts,
}

/// What a span is made of, kept so that each one need not be made anew.
#[derive(Default)]
struct Texts {
    attributes: String,
    events: String,
    peer: String,
    detail: String,
    message: String,
}

/// OTLP's Status code for an operation that failed.
const STATUS_ERROR: u64 = 2;

impl Spans {
    /// Reads a request; `done` is told after each span and may take what the batch holds.
    pub(crate) fn read(
        &mut self,
        request: &[u8],
        sink: &dyn Sink,
        batch: &mut Vec<u8>,
        mut done: impl FnMut(&mut Vec<u8>, u64),
    ) -> Result<Refused, Malformed> {
        let mut refused = Refused::default();
        let Spans { resource, texts } = self;
        each_record(request, resource, sink, |resource, scope, message| {
            match texts.span(message, resource.source(), scope, batch)? {
                Ok(()) => done(batch, 1),
                Err(why) => refused.add(1, why),
            }
            Ok(())
        })?;
        Ok(refused)
    }
}

impl Texts {
    /// Reads a span and appends it; the inner error says why it is not kept.
    fn span(
        &mut self,
        message: &[u8],
        source: Source<'_>,
        scope: &str,
        batch: &mut Vec<u8>,
    ) -> Result<Result<(), &'static str>, Malformed> {
        let bare = Bare::read(message)?;
        let Some(trace_id) = id(bare.trace_id) else { return Ok(Err("a span has no valid trace id")) };
        let Some(span_id) = id(bare.span_id) else { return Ok(Err("a span has no valid id of its own")) };
        if bare.start == 0 {
            return Ok(Err("a span does not say when it began"));
        }
        self.attributes.clear();
        self.events.clear();
        let mut known = Known::new(bare.kind);
        let mut object = Object::begin(&mut self.attributes, MAX_LONG_TEXT);
        for attribute in each(message, 9) {
            known.take(attribute?, &mut object)?;
        }
        let meaning = known.meaning(&mut self.peer, &mut self.detail);
        known.leave(&mut object)?;
        object.end();
        self.message.clear();
        self.message.push_str(bare.message);
        for event in each(message, 11) {
            self.event(event?)?;
        }
        if !self.events.is_empty() {
            self.events.push(']');
        }
        SpanRecord {
            source,
            trace_id,
            span_id,
            parent_id: id(bare.parent_id).unwrap_or_default(),
            start: micros(bare.start),
            duration_us: bare.end.saturating_sub(bare.start) / 1000,
            kind: bare.kind,
            error: bare.error,
            work: meaning.work,
            status: meaning.status,
            name: bare.name,
            scope,
            system: meaning.system,
            peer: &self.peer,
            detail: &self.detail,
            message: &self.message,
            attributes: &self.attributes,
            events: &self.events,
        }
        .encode(batch);
        Ok(Ok(()))
    }

    /// Writes an event while there is room; an exception is what failed when the span itself does not say.
    fn event(&mut self, message: &[u8]) -> Result<(), Malformed> {
        let (mut at, mut name) = (0, "");
        for field in Fields(message) {
            match field? {
                (1, Wire::Fixed64(nanos)) => at = nanos,
                (2, Wire::Bytes(bytes)) => name = text(bytes)?,
                _ => {}
            }
        }
        if name == "exception" && self.message.is_empty() {
            exception(message, &mut self.message)?;
        }
        let before = self.events.len();
        self.events.push(if before == 0 { '[' } else { ',' });
        self.events.push_str("{\"at\":");
        self.events.push_str(&micros(at).0.to_string());
        self.events.push_str(",\"name\":");
        quote(name, &mut self.events);
        let (open, room) = (self.events.len(), MAX_LONG_TEXT.saturating_sub(self.events.len() + 20));
        self.events.push_str(",\"attributes\":");
        let start = self.events.len();
        let mut object = Object::begin(&mut self.events, room);
        for attribute in each(message, 3) {
            object.put_pair(attribute?)?;
        }
        object.end();
        if self.events.len() == start {
            self.events.truncate(open);
        }
        self.events.push('}');
        // One byte is kept for the end.
        if self.events.len() >= MAX_LONG_TEXT {
            self.events.truncate(before);
        }
        Ok(())
    }
}

/// A span's fields but for its attributes and events.
struct Bare<'a> {
    trace_id: &'a [u8],
    span_id: &'a [u8],
    parent_id: &'a [u8],
    name: &'a str,
    kind: SpanKind,
    start: u64,
    end: u64,
    error: bool,
    message: &'a str,
}

impl<'a> Bare<'a> {
    fn read(span: &'a [u8]) -> Result<Bare<'a>, Malformed> {
        let mut bare = Bare {
            trace_id: &[],
            span_id: &[],
            parent_id: &[],
            name: "",
            kind: SpanKind::Internal,
            start: 0,
            end: 0,
            error: false,
            message: "",
        };
        for field in Fields(span) {
            match field? {
                (1, Wire::Bytes(bytes)) => bare.trace_id = bytes,
                (2, Wire::Bytes(bytes)) => bare.span_id = bytes,
                (4, Wire::Bytes(bytes)) => bare.parent_id = bytes,
                (5, Wire::Bytes(bytes)) => bare.name = text(bytes)?,
                // What is not said, or not known yet, is internal.
                (6, Wire::Number(kind)) => {
                    let kind = u8::try_from(kind).unwrap_or_default();
                    bare.kind = SpanKind::from_number(kind).unwrap_or_default();
                }
                (7, Wire::Fixed64(nanos)) => bare.start = nanos,
                (8, Wire::Fixed64(nanos)) => bare.end = nanos,
                (15, Wire::Bytes(status)) => {
                    for field in Fields(status) {
                        match field? {
                            (2, Wire::Bytes(bytes)) => bare.message = text(bytes)?,
                            (3, Wire::Number(code)) => bare.error = code == STATUS_ERROR,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(bare)
    }
}

/// Writes an exception event's type and message.
fn exception(event: &[u8], out: &mut String) -> Result<(), Malformed> {
    let (mut kind, mut message) = ("", "");
    for attribute in each(event, 3) {
        match pair(attribute?)? {
            ("exception.type", value) => kind = value.text().unwrap_or_default(),
            ("exception.message", value) => message = value.text().unwrap_or_default(),
            _ => {}
        }
    }
    out.push_str(kind);
    if !kind.is_empty() && !message.is_empty() {
        out.push_str(": ");
    }
    out.push_str(message);
    Ok(())
}
