//! One record per span and per log line of a service: what OpenTelemetry intake tells telemetry's store.
//!
//! `service ─OTLP→ otlp ─SpanRecord, LogRecord→ telemetry`
//!
//! Like [`crate::record`], they travel in batches of bytes, little-endian, each behind its whole length, so that the journal
//! writes what came and a reader skips what it does not look for. Texts borrow from the batch.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::units::Timestamp;

/// A longer name, statement or other text of a span is cut here, at a character's end, in bytes.
pub const MAX_TEXT: usize = 4096;
/// Longer attributes, as JSON text, are left out of a span or log line; a longer log line is cut. In bytes.
pub const MAX_LONG_TEXT: usize = 32 << 10;

/// The side of a call that a span saw. Source: OpenTelemetry's SpanKind, with its numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SpanKind {
    #[default]
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

/// What a span was for, told from its attributes; what the service map and the waterfall are coloured by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Work {
    /// None of those below.
    #[default]
    Other = 0,
    Http = 1,
    Database = 2,
    Messaging = 3,
    /// gRPC and other remote calls that are not plain HTTP.
    Rpc = 4,
}

/// Who a span or log line is of. Empty texts and zeros: not said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Source<'a> {
    /// naru's name of the service when the instance is one of naru's, else `service.name` as it came.
    pub service: &'a str,
    /// Of an instance of naru's; 0 otherwise.
    pub revision: u32,
    pub ordinal: u32,
    /// What else the resource said, as the text of a JSON object; empty: nothing.
    pub resource: &'a str,
}

/// One operation within a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpanRecord<'a> {
    pub source: Source<'a>,
    pub trace_id: [u8; 16],
    pub span_id: [u8; 8],
    /// Zeros: none.
    pub parent_id: [u8; 8],
    pub start: Timestamp,
    pub duration_us: u64,
    pub kind: SpanKind,
    /// The operation failed, as its service says.
    pub error: bool,
    pub work: Work,
    /// HTTP or gRPC status; 0: none.
    pub status: u16,
    pub name: &'a str,
    /// Of the library that made it.
    pub scope: &'a str,
    /// Of a database its kind (`postgresql`), of messaging the broker's, of RPC the system's; empty otherwise.
    pub system: &'a str,
    /// Whom a client or producer span called: host or host:port, database name, destination; empty otherwise.
    pub peer: &'a str,
    /// The statement, route or destination; what tells one operation of this name from another.
    pub detail: &'a str,
    /// What failed, in the words of the service: its status message, or the exception's type and message.
    pub message: &'a str,
    /// All other attributes, as the text of a JSON object; empty: none.
    pub attributes: &'a str,
    /// Events with their time, as the text of a JSON array of `{"at": µs, "name": "", "attributes": {}}`; empty: none.
    pub events: &'a str,
}

/// One line of a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogRecord<'a> {
    pub source: Source<'a>,
    pub at: Timestamp,
    /// 1 (trace) to 24 (fatal), 0 unknown. Source: OpenTelemetry's SeverityNumber.
    pub severity: u8,
    /// Zeros: of no trace.
    pub trace_id: [u8; 16],
    pub span_id: [u8; 8],
    pub scope: &'a str,
    pub body: &'a str,
    /// As the text of a JSON object; empty: none.
    pub attributes: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a batch of spans or log lines ends in the middle of one")]
    Truncated,
    #[error("a batch of spans or log lines has {value} where {field} should be")]
    BadField { field: &'static str, value: u8 },
    #[error("a text in a batch of spans or log lines is not UTF-8")]
    BadText,
}

impl SpanRecord<'_> {
    /// Appends the span to a batch. Texts that are too long are cut, attributes and events that are, left out.
    pub fn encode(&self, batch: &mut Vec<u8>) {
        let start = begin(batch);
        put_source(&self.source, batch);
        batch.extend_from_slice(&self.trace_id);
        batch.extend_from_slice(&self.span_id);
        batch.extend_from_slice(&self.parent_id);
        batch.extend_from_slice(&self.start.0.to_le_bytes());
        batch.extend_from_slice(&self.duration_us.to_le_bytes());
        batch.extend_from_slice(&[self.kind as u8, u8::from(self.error), self.work as u8]);
        batch.extend_from_slice(&self.status.to_le_bytes());
        for text in [self.name, self.scope, self.system, self.peer, self.detail, self.message] {
            put(&text[..text.floor_char_boundary(MAX_TEXT)], batch);
        }
        put(whole_or_none(self.attributes), batch);
        put(whole_or_none(self.events), batch);
        end(start, batch);
    }

    /// Takes the first span off a batch.
    ///
    /// # Errors
    /// The batch is cut short or no batch of spans; what is left of it is of no use.
    pub fn decode<'b>(batch: &mut &'b [u8]) -> Result<SpanRecord<'b>, Error> {
        let mut input = Input::of_record(batch)?;
        Ok(SpanRecord {
            source: input.source()?,
            trace_id: input.take()?,
            span_id: input.take()?,
            parent_id: input.take()?,
            start: Timestamp(u64::from_le_bytes(input.take()?)),
            duration_us: u64::from_le_bytes(input.take()?),
            kind: SpanKind::from_number(input.byte()?)?,
            error: input.byte()? != 0,
            work: Work::from_number(input.byte()?)?,
            status: u16::from_le_bytes(input.take()?),
            name: input.text()?,
            scope: input.text()?,
            system: input.text()?,
            peer: input.text()?,
            detail: input.text()?,
            message: input.text()?,
            attributes: input.text()?,
            events: input.text()?,
        })
    }

    /// When it ended.
    pub fn end(&self) -> Timestamp {
        Timestamp(self.start.0.saturating_add(self.duration_us))
    }
}

impl LogRecord<'_> {
    /// Appends the line to a batch. A body that is too long is cut, attributes that are, left out.
    pub fn encode(&self, batch: &mut Vec<u8>) {
        let start = begin(batch);
        put_source(&self.source, batch);
        batch.extend_from_slice(&self.at.0.to_le_bytes());
        batch.push(self.severity);
        batch.extend_from_slice(&self.trace_id);
        batch.extend_from_slice(&self.span_id);
        put(&self.scope[..self.scope.floor_char_boundary(MAX_TEXT)], batch);
        put(&self.body[..self.body.floor_char_boundary(MAX_LONG_TEXT)], batch);
        put(whole_or_none(self.attributes), batch);
        end(start, batch);
    }

    /// Takes the first line off a batch.
    ///
    /// # Errors
    /// As [`SpanRecord::decode`].
    pub fn decode<'b>(batch: &mut &'b [u8]) -> Result<LogRecord<'b>, Error> {
        let mut input = Input::of_record(batch)?;
        Ok(LogRecord {
            source: input.source()?,
            at: Timestamp(u64::from_le_bytes(input.take()?)),
            severity: input.byte()?,
            trace_id: input.take()?,
            span_id: input.take()?,
            scope: input.text()?,
            body: input.text()?,
            attributes: input.text()?,
        })
    }
}

impl SpanKind {
    const ALL: [SpanKind; 5] =
        [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];

    /// As it is written: `server`.
    pub fn as_str(self) -> &'static str {
        match self {
            SpanKind::Internal => "internal",
            SpanKind::Server => "server",
            SpanKind::Client => "client",
            SpanKind::Producer => "producer",
            SpanKind::Consumer => "consumer",
        }
    }

    /// `None`: it is the name of no kind.
    pub fn from_name(name: &str) -> Option<SpanKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The kind of this number, 1 to 5.
    ///
    /// # Errors
    /// It is none of them.
    pub fn from_number(number: u8) -> Result<SpanKind, Error> {
        let kind = Self::ALL.into_iter().find(|kind| *kind as u8 == number);
        kind.ok_or(Error::BadField { field: "a span's kind", value: number })
    }
}

impl Work {
    const ALL: [Work; 5] = [Work::Other, Work::Http, Work::Database, Work::Messaging, Work::Rpc];

    /// As it is written: `database`.
    pub fn as_str(self) -> &'static str {
        match self {
            Work::Other => "other",
            Work::Http => "http",
            Work::Database => "database",
            Work::Messaging => "messaging",
            Work::Rpc => "rpc",
        }
    }

    /// `None`: it is the name of no work.
    pub fn from_name(name: &str) -> Option<Work> {
        Self::ALL.into_iter().find(|work| work.as_str() == name)
    }

    /// The work of this number, 0 to 4.
    ///
    /// # Errors
    /// It is none of them.
    pub fn from_number(number: u8) -> Result<Work, Error> {
        let work = Self::ALL.get(usize::from(number)).copied();
        work.ok_or(Error::BadField { field: "a span's work", value: number })
    }
}

/// What is too long is no JSON any more when it is cut.
fn whole_or_none(json: &str) -> &str {
    if json.len() > MAX_LONG_TEXT { "" } else { json }
}

/// Leaves room for a record's length.
fn begin(batch: &mut Vec<u8>) -> usize {
    batch.extend_from_slice(&[0; 4]);
    batch.len()
}

fn end(start: usize, batch: &mut [u8]) {
    let len = (batch.len() - start) as u32;
    batch[start - 4..start].copy_from_slice(&len.to_le_bytes());
}

fn put(text: &str, batch: &mut Vec<u8>) {
    batch.extend_from_slice(&(text.len() as u16).to_le_bytes());
    batch.extend_from_slice(text.as_bytes());
}

fn put_source(source: &Source<'_>, batch: &mut Vec<u8>) {
    put(&source.service[..source.service.floor_char_boundary(MAX_TEXT)], batch);
    batch.extend_from_slice(&source.revision.to_le_bytes());
    batch.extend_from_slice(&source.ordinal.to_le_bytes());
    put(whole_or_none(source.resource), batch);
}

/// What is left of one record.
struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    /// Takes a record off a batch, whole.
    fn of_record(batch: &mut &'b [u8]) -> Result<Input<'b>, Error> {
        let mut input = Input(batch);
        let len = u32::from_le_bytes(input.take()?) as usize;
        let record = input.bytes(len)?;
        *batch = input.0;
        Ok(Input(record))
    }

    fn bytes(&mut self, len: usize) -> Result<&'b [u8], Error> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(Error::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(Error::Truncated)?;
        self.0 = tail;
        Ok(*head)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn text(&mut self) -> Result<&'b str, Error> {
        let len = u16::from_le_bytes(self.take()?);
        std::str::from_utf8(self.bytes(usize::from(len))?).map_err(|_| Error::BadText)
    }

    fn source(&mut self) -> Result<Source<'b>, Error> {
        Ok(Source {
            service: self.text()?,
            revision: u32::from_le_bytes(self.take()?),
            ordinal: u32::from_le_bytes(self.take()?),
            resource: self.text()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            trace_id: [u8; 16], ids: [u8; 8], duration_us: u64, revision: u32, error: bool, status: u16,
            text in "\\PC{0,40}", kind in 1u8..=5, work in 0u8..=4,
        ) {
            let source = Source { service: "portal", revision, ordinal: 2, resource: "{\"a\":1}" };
            let span = SpanRecord {
                source, trace_id, span_id: ids, parent_id: ids, start: Timestamp(7), duration_us,
                kind: SpanKind::from_number(kind).unwrap(), error, work: Work::from_number(work).unwrap(), status,
                name: &text, scope: "s", system: &text, peer: "db:5432", detail: &text, message: "",
                attributes: "{}", events: "[]",
            };
            let log = LogRecord {
                source, at: Timestamp(9), severity: 17, trace_id, span_id: ids, scope: "", body: &text, attributes: "{}",
            };
            let (mut spans, mut logs) = (Vec::new(), Vec::new());
            span.encode(&mut spans);
            span.encode(&mut spans);
            log.encode(&mut logs);
            let (mut spans, mut logs) = (spans.as_slice(), logs.as_slice());
            prop_assert_eq!(SpanRecord::decode(&mut spans), Ok(span));
            prop_assert_eq!(SpanRecord::decode(&mut spans), Ok(span));
            prop_assert_eq!(LogRecord::decode(&mut logs), Ok(log));
            prop_assert!(spans.is_empty() && logs.is_empty());
        }

        #[test]
        fn garbage_never_panics(garbage in proptest::collection::vec(any::<u8>(), 0..300)) {
            let (mut spans, mut logs) = (garbage.as_slice(), garbage.as_slice());
            while SpanRecord::decode(&mut spans).is_ok() {}
            while LogRecord::decode(&mut logs).is_ok() {}
        }
    }

    #[test]
    fn long_texts_are_cut_and_long_attributes_left_out() {
        let long = "가".repeat(40_000);
        let span = SpanRecord { name: &long, attributes: &long, ..SpanRecord::default() };
        let mut batch = Vec::new();
        span.encode(&mut batch);
        let read = SpanRecord::decode(&mut batch.as_slice()).unwrap();
        assert_eq!((read.name.len(), read.attributes), (4095, ""));
    }
}
