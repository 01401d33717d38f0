//! Files as they lie there: plain, gzip or zstd, of any size, or standard input; cut into pieces that can be read in any order.

use std::fs::File;
use std::io::{self, Chain, Cursor, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::detect::{self, Format, Found};
use super::json::Keys;
use super::time::Clock;
use super::{Error, Options};

/// A piece of a plain file that one thread reads: small enough for an even share, but no more of them than this, so that what is
/// remembered of each stays small however large the file is.
pub(super) const PIECE: u64 = 2 << 20;
const MAX_PIECES: u64 = 1 << 14;
/// What is looked at of a file to find its format.
const HEAD: usize = 64 << 10;

/// How far reading is, of all files together: a progress bar's two numbers, in stored bytes.
#[derive(Debug, Default)]
pub struct Progress {
    pub total: AtomicU64,
    pub done: AtomicU64,
}

/// How a file is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Packing::Plain => "plain",
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
        }
    }

    /// By the first bytes. Sources: RFC 1952, 2.3.1; RFC 8878, 3.1.1.
    fn of(head: &[u8]) -> Packing {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            _ => Packing::Plain,
        }
    }
}

type Stream = Box<dyn Read + Send>;
/// What was looked at, and the rest behind it.
type Again<R> = Chain<Cursor<Vec<u8>>, R>;

/// How a file is read.
enum Way {
    /// Piece by piece, in any order.
    Pieces { path: PathBuf, size: u64 },
    /// From its beginning, opened when its turn comes.
    Whole(PathBuf),
    /// What cannot be opened twice; taken out when its turn comes.
    Once(Mutex<Option<Stream>>),
}

/// One file, or standard input.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) packing: Packing,
    pub(super) format: Format,
    pub(super) found: Found,
    way: Way,
}

/// What one thread reads at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    pub(super) source: usize,
    /// `None`: all of it, from its beginning.
    pub(super) piece: Option<u64>,
}

/// Counts what goes through it.
struct Counting<R> {
    inner: R,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Reads what there is at once: what came before a stream's damaged place is never lost.
pub(super) fn read(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Reads until the buffer is full or the input is over.
fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read(from, &mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Takes up to `size` bytes and gives them back in front of the rest.
fn peek<R: Read>(mut from: R, size: usize) -> io::Result<(Vec<u8>, Again<R>)> {
    let mut head = vec![0; size];
    let filled = fill(&mut from, &mut head)?;
    head.truncate(filled);
    Ok((head.clone(), Cursor::new(head).chain(from)))
}

/// The text of what is stored, decompressed where it must be.
fn unpacked<R: Read + Send + 'static>(stored: R) -> io::Result<(Packing, Stream)> {
    let (head, stored) = peek(stored, 4)?;
    let packing = Packing::of(&head);
    let stream: Stream = match packing {
        Packing::Plain => Box::new(stored),
        Packing::Gzip => {
            Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::with_capacity(256 << 10, stored)))
        }
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(stored)?),
    };
    Ok((packing, stream))
}

impl Source {
    /// Opens a file and looks at its first lines.
    pub(super) fn open(
        path: &Path,
        options: &Options,
        keys: &Keys,
        clock: &Clock,
        progress: &Arc<Progress>,
    ) -> Result<Source, Error> {
        let failed = |source| Error::Read { path: path.to_owned(), source };
        let name = path.display().to_string();
        if path.as_os_str() == "-" {
            return Source::once(name, io::stdin(), options, keys, clock, progress).map_err(failed)?;
        }
        let file = File::open(path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        if about.is_dir() {
            return Err(Error::Folder { path: path.to_owned() });
        }
        if !about.is_file() {
            return Source::once(name, file, options, keys, clock, progress).map_err(failed)?;
        }
        progress.total.fetch_add(about.len(), Ordering::Relaxed);
        let (packing, stream) = unpacked(file).map_err(failed)?;
        // A damaged beginning is told when the file is read: what can be read of it is.
        let head = peek(stream, HEAD).map(|(head, _)| head).unwrap_or_default();
        let found = found(&head, options, keys, clock).ok_or_else(|| unknown(path, &head))?;
        let piecewise = packing == Packing::Plain && !matches!(found.format, Format::W3c);
        let path = path.to_owned();
        let way = if piecewise { Way::Pieces { path, size: about.len() } } else { Way::Whole(path) };
        Ok(Source { name, packing, format: found.format.clone(), found, way })
    }

    /// What can be read only once: standard input, a pipe.
    fn once<R: Read + Send + 'static>(
        name: String,
        from: R,
        options: &Options,
        keys: &Keys,
        clock: &Clock,
        progress: &Arc<Progress>,
    ) -> io::Result<Result<Source, Error>> {
        let (packing, stream) = unpacked(Counting { inner: from, progress: progress.clone() })?;
        let (head, stream) = peek(stream, HEAD)?;
        let Some(found) = found(&head, options, keys, clock) else {
            return Ok(Err(unknown(Path::new(&name), &head)));
        };
        let way = Way::Once(Mutex::new(Some(Box::new(stream))));
        Ok(Ok(Source { name, packing, format: found.format.clone(), found, way }))
    }

    /// What there is to read of it.
    pub(super) fn jobs(&self, source: usize) -> Vec<Job> {
        match &self.way {
            Way::Pieces { size, .. } => {
                (0..size.div_ceil(piece_of(*size))).map(|piece| Job { source, piece: Some(piece) }).collect()
            }
            Way::Whole(_) | Way::Once(_) => vec![Job { source, piece: None }],
        }
    }

    /// Where a piece is in its file.
    pub(super) fn bytes(&self, piece: u64) -> Range<u64> {
        let size = if let Way::Pieces { size, .. } = self.way { size } else { 0 };
        let length = piece_of(size);
        piece * length..((piece + 1) * length).min(size)
    }

    /// Its text from the beginning. `None` when it was taken already.
    pub(super) fn stream(&self, progress: &Arc<Progress>) -> io::Result<Option<Stream>> {
        match &self.way {
            Way::Pieces { .. } => Ok(None),
            Way::Whole(path) => {
                Ok(Some(unpacked(Counting { inner: File::open(path)?, progress: progress.clone() })?.1))
            }
            Way::Once(stream) => Ok(stream.lock().unwrap_or_else(PoisonError::into_inner).take()),
        }
    }

    /// The file that pieces are read from: opened by who reads them, for there may be more files than may be open at a time.
    pub(super) fn file(&self) -> io::Result<Option<File>> {
        match &self.way {
            Way::Pieces { path, .. } => File::open(path).map(Some),
            Way::Whole(_) | Way::Once(_) => Ok(None),
        }
    }
}

fn piece_of(size: u64) -> u64 {
    PIECE.max(size.div_ceil(MAX_PIECES))
}

/// Reads a part of a file, less at its end.
pub(super) fn read_at(file: &File, buffer: &mut [u8], from: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], from + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The format of a file: the one given, or what its beginning looks like.
fn found(head: &[u8], options: &Options, keys: &Keys, clock: &Clock) -> Option<Found> {
    let mut found = match &options.pattern {
        Some(pattern) => detect::with_pattern(pattern.clone(), head, clock),
        None => detect::detect(head, keys, clock)?,
    };
    if let (Some(unit), Format::Text(pattern)) = (options.unit, &mut found.format) {
        pattern.set_unit(unit);
        found.unit = pattern.unit();
    }
    if let (Some(_), Format::Json(keys)) = (options.unit, &mut found.format) {
        keys.unit = options.unit;
    }
    Some(found)
}

fn unknown(path: &Path, head: &[u8]) -> Error {
    let line = head.split(|b| *b == b'\n').find(|line| !line.is_empty()).unwrap_or_default();
    let hint = detect::hint(head, line);
    Error::UnknownFormat { path: path.to_owned(), hint, line: super::scan::shown(line) }
}
