//! Makes lines of what comes through a pipe, without copying what is whole already.

use memchr::memchr;
use naru_model::units::Timestamp;

use super::{MAX_LINE, Stream};

/// Cuts one stream into lines and writes them as a log has them. Keeps the beginning of a line until its end comes.
pub(crate) struct Splitter {
    stream: Stream,
    partial: Vec<u8>,
}

/// Lines on their way to the file.
#[derive(Default)]
pub(crate) struct Batch {
    pub bytes: Vec<u8>,
    pub lines: u64,
    stamp: Vec<u8>,
    stamped: Option<Timestamp>,
}

impl Splitter {
    pub(crate) fn new(stream: Stream) -> Splitter {
        Splitter { stream, partial: Vec::new() }
    }

    /// Adds the lines that `bytes` completes to `batch`.
    pub(crate) fn push(&mut self, at: Timestamp, mut bytes: &[u8], batch: &mut Batch) {
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(end);
            self.line(at, line, batch);
            bytes = &rest[1..];
        }
        self.partial.extend_from_slice(bytes);
        while self.partial.len() > MAX_LINE {
            let rest = self.partial.split_off(cut(&self.partial));
            batch.line(at, self.stream, &self.partial, true);
            self.partial = rest;
        }
    }

    /// Adds what is left of a line that never ended.
    pub(crate) fn finish(&mut self, at: Timestamp, batch: &mut Batch) {
        if !self.partial.is_empty() {
            self.line(at, &[], batch);
        }
        self.partial = Vec::new();
    }

    fn line(&mut self, at: Timestamp, end: &[u8], batch: &mut Batch) {
        let mut whole = end;
        if !self.partial.is_empty() {
            self.partial.extend_from_slice(end);
            whole = &self.partial;
        }
        whole = whole.strip_suffix(b"\r").unwrap_or(whole);
        while whole.len() > MAX_LINE {
            let (part, rest) = whole.split_at(cut(whole));
            batch.line(at, self.stream, part, true);
            whole = rest;
        }
        batch.line(at, self.stream, whole, false);
        self.partial.clear();
    }
}

/// Returns where to cut a line that is too long: not within a character.
fn cut(line: &[u8]) -> usize {
    let is_continuation = |b: u8| b & 0xC0 == 0x80;
    (MAX_LINE - 3..=MAX_LINE).rev().find(|at| !is_continuation(line[*at])).unwrap_or(MAX_LINE)
}

impl Batch {
    /// Adds one line.
    pub(crate) fn line(&mut self, at: Timestamp, stream: Stream, text: &[u8], continues: bool) {
        self.stamp(at);
        self.bytes.push(stream.letter());
        if continues {
            self.bytes.push(b'+');
        }
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(text);
        self.bytes.push(b'\n');
        self.lines += 1;
    }

    /// Lines of one read have one time; it is put into letters once.
    fn stamp(&mut self, at: Timestamp) {
        if self.stamped != Some(at) {
            use std::io::Write;
            self.stamp.clear();
            let time = jiff::Timestamp::from_microsecond(at.0 as i64).unwrap_or_default();
            // Writing to a Vec can't fail.
            let _ = write!(self.stamp, "{time:.6} ");
            self.stamped = Some(at);
        }
        self.bytes.extend_from_slice(&self.stamp);
    }

    /// Empties it, and gives back what an unusually large batch took.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(256 << 10);
        self.lines = 0;
    }
}
