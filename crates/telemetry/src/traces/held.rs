//! What is kept and in no file yet: whole traces, log lines, and the edges of all traces.

use std::collections::HashMap;

use naru_model::span::{LogRecord, SpanRecord};

use super::edges::Edges;
use super::pile::Pile;

/// One journal's worth.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) traces: HashMap<[u8; 16], Pile>,
    pub(super) lines: Pile,
    pub(super) edges: Edges,
    pub(super) spans: usize,
    /// The memory of it, about.
    pub(super) size: usize,
}

impl Held {
    pub(super) fn add_trace(&mut self, trace_id: [u8; 16], spans: Pile) {
        if spans.is_empty() {
            return;
        }
        self.spans += spans.len();
        self.size += spans.size();
        self.traces.entry(trace_id).or_default().append(spans);
    }

    pub(super) fn add_lines(&mut self, lines: Pile) {
        self.size += lines.size();
        self.lines.append(lines);
    }

    pub(super) fn trace(&self, trace_id: &[u8; 16]) -> impl Iterator<Item = SpanRecord<'_>> {
        self.traces.get(trace_id).into_iter().flat_map(Pile::spans)
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = LogRecord<'_>> {
        self.lines.lines()
    }
}
