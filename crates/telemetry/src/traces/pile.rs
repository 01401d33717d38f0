//! Spans or log lines in memory, as they came, but for what all of one source share: that is there once.

use std::collections::HashSet;
use std::sync::Arc;

use naru_model::span::{LogRecord, Source, SpanRecord};

/// Records one behind the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Pile {
    /// Encoded, see [`naru_model::span`], without their resources.
    bytes: Vec<u8>,
    /// Of each record.
    resources: Vec<Arc<str>>,
}

impl Pile {
    pub(super) fn add_span(&mut self, span: &SpanRecord<'_>, resource: Arc<str>) {
        let source = Source { resource: "", ..span.source };
        SpanRecord { source, ..*span }.encode(&mut self.bytes);
        self.resources.push(resource);
    }

    pub(super) fn add_line(&mut self, line: &LogRecord<'_>, resource: Arc<str>) {
        let source = Source { resource: "", ..line.source };
        LogRecord { source, ..*line }.encode(&mut self.bytes);
        self.resources.push(resource);
    }

    pub(super) fn append(&mut self, mut other: Pile) {
        if self.bytes.is_empty() {
            *self = other;
            return;
        }
        self.bytes.append(&mut other.bytes);
        self.resources.append(&mut other.resources);
    }

    pub(super) fn len(&self) -> usize {
        self.resources.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The memory it takes, about.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.resources.len() * size_of::<Arc<str>>()
    }

    pub(super) fn spans(&self) -> impl Iterator<Item = SpanRecord<'_>> {
        let mut rest = self.bytes.as_slice();
        self.resources.iter().map_while(move |resource| {
            let mut span = SpanRecord::decode(&mut rest).ok()?;
            span.source.resource = resource;
            Some(span)
        })
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = LogRecord<'_>> {
        let mut rest = self.bytes.as_slice();
        self.resources.iter().map_while(move |resource| {
            let mut line = LogRecord::decode(&mut rest).ok()?;
            line.source.resource = resource;
            Some(line)
        })
    }
}

/// Texts that many records have, each there once.
#[derive(Debug, Default)]
pub(super) struct Shared {
    texts: HashSet<Arc<str>>,
}

/// Different texts; beyond it, what nobody holds any more is let go.
const MOST_SHARED: usize = 10_000;

impl Shared {
    pub(super) fn of(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        if self.texts.len() >= MOST_SHARED {
            self.texts.retain(|text| Arc::strong_count(text) > 1);
        }
        let text: Arc<str> = text.into();
        // Still full: sources that make a new text each time share none.
        if self.texts.len() < MOST_SHARED {
            self.texts.insert(text.clone());
        }
        text
    }
}
