//! Reads pieces of files line by line, each thread its own: what can be read is tallied, what cannot is counted by its reason.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Error;
use super::detect::Format;
use super::findings::BrokenReason;
use super::json::Reader;
use super::line::Line;
use super::pattern::Pattern;
use super::source::{Job, Progress, Source, read, read_at};
use super::tally::{Shared, Tally};
use super::time::Clock;

/// A line longer than this is none: 1 MiB.
const MAX_LINE: usize = 1 << 20;
/// What is read at once: less than a core's own cache holds.
const BLOCK: usize = 256 << 10;
/// The same for the end of a line that a piece ends in.
const END: usize = 16 << 10;
/// Requests that are counted together.
const BATCH: usize = 64;
/// Examples kept of each reason.
const MAX_EXAMPLES: usize = 5;
/// What is shown of a line.
const MAX_SHOWN: usize = 200;

/// A line's beginning as a person can read it on any terminal.
pub(super) fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(MAX_SHOWN)]);
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A broken line: source, piece, line within the piece from 1, beginning.
pub(super) type Example = (usize, u64, u64, String);

/// What one thread has read.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) tally: Tally,
    pub(super) remarks: u64,
    pub(super) bytes: u64,
    pub(super) broken: BTreeMap<BrokenReason, (u64, Vec<Example>)>,
    /// Lines of each piece that was read.
    pub(super) lines: Vec<(usize, u64, u64)>,
}

/// How lines of a job are read.
enum Way {
    Text(Pattern),
    W3c(Option<Pattern>),
    Json(Box<Reader>),
}

/// A thread that takes jobs until there are none.
pub(super) struct Worker<'a> {
    pub(super) sources: &'a [Source],
    pub(super) jobs: &'a [Job],
    pub(super) next: &'a AtomicUsize,
    pub(super) shared: &'a Shared,
    pub(super) progress: &'a Arc<Progress>,
    /// Seconds east of UTC, of times that name no zone.
    pub(super) assumed: i32,
}

impl Worker<'_> {
    /// Works to the end.
    ///
    /// # Errors
    /// When a file that was there cannot be read any more.
    pub(super) fn run(&self, threads: usize) -> Result<Scan, Error> {
        let mut scan = Scan {
            tally: Tally::new(threads),
            remarks: 0,
            bytes: 0,
            broken: BTreeMap::new(),
            lines: Vec::new(),
        };
        let mut buffer = Vec::new();
        let mut open: Option<(usize, File)> = None;
        while let Some(job) = self.jobs.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let source = &self.sources[job.source];
            let failed = |error| Error::Read { path: source.name.clone().into(), source: error };
            let mut lines = Lines {
                scan: &mut scan,
                shared: self.shared,
                way: way(&source.format),
                clock: self.clock(&source.format),
                job: *job,
                count: 0,
            };
            match job.piece {
                Some(piece) => {
                    if open.as_ref().is_none_or(|(index, _)| *index != job.source) {
                        open = source.file().map_err(failed)?.map(|file| (job.source, file));
                    }
                    let Some((_, file)) = &open else { continue };
                    let bytes = source.bytes(piece);
                    lines.piece(file, &bytes, &mut buffer).map_err(failed)?;
                    self.progress.done.fetch_add(bytes.end - bytes.start, Ordering::Relaxed);
                }
                None => match source.stream(self.progress) {
                    Ok(Some(mut stream)) => lines.stream(&mut *stream, &mut buffer),
                    Ok(None) => {}
                    Err(error) => lines.broken(BrokenReason::Damaged, error.to_string().as_bytes()),
                },
            }
            let count = lines.count;
            scan.lines.push((job.source, job.piece.unwrap_or(0), count));
        }
        scan.tally.flush(self.shared);
        Ok(scan)
    }

    fn clock(&self, format: &Format) -> Clock {
        // W3C logs are in UTC, whatever the machine's zone.
        Clock::new(if matches!(format, Format::W3c) { 0 } else { self.assumed })
    }
}

fn way(format: &Format) -> Way {
    match format {
        Format::Text(pattern) => Way::Text(pattern.clone()),
        Format::W3c => Way::W3c(None),
        Format::Json(keys) => Way::Json(Box::new(Reader::new(keys.clone()))),
    }
}

/// The lines of one job.
struct Lines<'a> {
    scan: &'a mut Scan,
    shared: &'a Shared,
    way: Way,
    clock: Clock,
    job: Job,
    count: u64,
}

impl Lines<'_> {
    /// Reads the lines that begin within a piece.
    fn piece(&mut self, file: &File, piece: &Range<u64>, buffer: &mut Vec<u8>) -> io::Result<()> {
        // With the byte before, which tells whether a line begins at the piece's first.
        let torn = piece.start > 0;
        let mut at = piece.start - u64::from(torn);
        let limit = piece.end - at;
        let more = |room: &mut [u8]| {
            let read = read_at(file, room, at)?;
            at += read as u64;
            Ok(read)
        };
        self.all(more, limit, torn, buffer)
    }

    /// Reads all lines of a stream.
    fn stream(&mut self, stream: &mut dyn Read, buffer: &mut Vec<u8>) {
        if let Err(error) = self.all(|room| read(stream, room), u64::MAX, false, buffer) {
            self.broken(BrokenReason::Damaged, error.to_string().as_bytes());
        }
    }

    /// Reads the lines that begin within the first `limit` bytes, block after block, so that what is read is still at hand when it
    /// is looked at. A `torn` beginning belongs to a line before.
    fn all(
        &mut self,
        mut more: impl FnMut(&mut [u8]) -> io::Result<usize>,
        limit: u64,
        torn: bool,
        buffer: &mut Vec<u8>,
    ) -> io::Result<()> {
        buffer.resize(MAX_LINE + BLOCK + 1, 0);
        // What of the input is before the buffer, and how much the buffer holds.
        let (mut before, mut filled) = (0_u64, 0_usize);
        let mut skipping = torn;
        loop {
            let position = before + filled as u64;
            let wanted = match limit.saturating_sub(position) {
                0 => END,
                left => usize::try_from(left).unwrap_or(BLOCK).min(BLOCK),
            };
            let read = more(&mut buffer[filled..filled + wanted])?;
            let is_first = position == 0 && !torn;
            filled += read;
            let mut at = if is_first && buffer[..filled].starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            let mut batch = Vec::with_capacity(BATCH);
            while before + (at as u64) < limit
                && let Some(end) = memchr::memchr(b'\n', &buffer[at..filled])
            {
                if !std::mem::take(&mut skipping) {
                    self.line(&buffer[at..at + end], &mut batch);
                }
                at += end + 1;
            }
            self.scan.take(&mut batch, self.shared);
            if before + at as u64 >= limit {
                return Ok(());
            }
            if read == 0 || filled - at > MAX_LINE {
                if at < filled && !skipping {
                    self.line(&buffer[at..filled], &mut batch);
                    self.scan.take(&mut batch, self.shared);
                }
                if read == 0 {
                    return Ok(());
                }
                (at, skipping) = (filled, true);
            }
            buffer.copy_within(at..filled, 0);
            before += at as u64;
            filled -= at;
        }
    }

    /// Reads a line. Its request joins those that are counted together.
    #[inline]
    fn line<'a>(&mut self, line: &'a [u8], batch: &mut Vec<Line<'a>>) {
        self.scan.bytes += line.len() as u64 + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > MAX_LINE {
            return self.broken(BrokenReason::TooLong, line);
        }
        if line.is_empty() {
            return self.remark();
        }
        let read = match &mut self.way {
            Way::Text(pattern) => pattern.read(line, &mut self.clock),
            Way::Json(reader) => {
                // Its texts are the reader's until the next line.
                match reader.read(line, &mut self.clock) {
                    Ok(request) => {
                        self.count += 1;
                        self.scan.take(&mut vec![request], self.shared);
                    }
                    Err(reason) => self.broken(reason, line),
                }
                return;
            }
            Way::W3c(columns) => {
                if line.starts_with(b"#") {
                    if let Some(fields) = line.strip_prefix(b"#Fields:") {
                        *columns = Pattern::w3c(&String::from_utf8_lossy(fields)).ok();
                    }
                    return self.remark();
                }
                match columns {
                    Some(columns) => columns.read(line, &mut self.clock),
                    None => Err(BrokenReason::Format),
                }
            }
        };
        match read {
            Ok(request) => {
                self.count += 1;
                batch.push(request);
                if batch.len() == BATCH {
                    self.scan.take(batch, self.shared);
                }
            }
            Err(reason) => self.broken(reason, line),
        }
    }

    fn remark(&mut self) {
        self.scan.remarks += 1;
        self.count += 1;
    }

    #[cold]
    fn broken(&mut self, reason: BrokenReason, line: &[u8]) {
        self.count += 1;
        let example = (self.job.source, self.job.piece.unwrap_or(0), self.count, shown(line));
        let (count, examples) = self.scan.broken.entry(reason).or_default();
        *count += 1;
        keep(examples, example);
    }
}

/// Keeps the first examples by their place.
fn keep(examples: &mut Vec<Example>, example: Example) {
    let at = examples.partition_point(|kept| *kept < example);
    if at < MAX_EXAMPLES {
        examples.insert(at, example);
        examples.truncate(MAX_EXAMPLES);
    }
}

impl Scan {
    /// Counts requests, and forgets them.
    fn take(&mut self, requests: &mut Vec<Line<'_>>, shared: &Shared) {
        self.tally.take(requests, shared);
        requests.clear();
    }

    /// Adds another thread's.
    pub(super) fn merge(&mut self, other: Scan) {
        self.tally.merge(other.tally);
        self.remarks += other.remarks;
        self.bytes += other.bytes;
        for (reason, (count, examples)) in other.broken {
            let (mine, kept) = self.broken.entry(reason).or_default();
            *mine += count;
            examples.into_iter().for_each(|example| keep(kept, example));
        }
        self.lines.extend(other.lines);
    }
}
