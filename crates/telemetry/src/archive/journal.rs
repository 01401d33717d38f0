//! The journal: every record as it came, in a file that is appended to at most 200 ms later.
//!
//! What `write` has taken survives the process's death, whatever kills it. A journal lives until a segment has been made
//! of it. A frame is its length, a hash of it (XXH64, lower half), its kind and its bytes; a kill in the middle of a
//! write leaves a torn last frame, which is found by these and cut off.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use naru_model::name::{ClientName, FunctionName, ServiceName};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use twox_hash::XxHash64;

use super::error::Error;
use crate::names::Names;

const MAGIC: &[u8; 8] = b"narujl01";
const HEAD: usize = 9;
/// No frame is longer; a length beyond it is garbage.
const MAX_FRAME: usize = 16 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    /// A batch of records, see [`naru_model::record`].
    Records = 1,
    /// What the ids in the records after it stand for.
    Names = 2,
    /// Figures of a minute, see [`super::figures`].
    Figures = 3,
    /// A batch of spans, see [`naru_model::span`].
    Spans = 4,
    /// A batch of log lines.
    Lines = 5,
    /// What was decided on traces: the id of each, and 1 or 0.
    Decided = 6,
    /// What stands before it was carried over from the journal before.
    Carried = 7,
    /// Points of metrics, see [`crate::metrics`].
    Metrics = 16,
}

/// One piece of a journal as it is read back.
#[derive(Debug)]
pub(crate) enum Frame<'b> {
    Records(&'b [u8]),
    Names(Names),
    Figures(&'b [u8]),
    Spans(&'b [u8]),
    Lines(&'b [u8]),
    Decided(&'b [u8]),
    Carried,
    Metrics(&'b [u8]),
}

/// A journal being written.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    /// What is whole in the file, in bytes.
    len: u64,
    buffer: Vec<u8>,
}

impl Journal {
    pub(crate) fn create(path: PathBuf) -> Result<Journal, Error> {
        let mut file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o640)
            .open(&path)
            .map_err(Error::io("create", &path))?;
        if let Err(error) = file.write_all(MAGIC) {
            // Without its beginning it is no journal; the next try makes it anew.
            let _ = std::fs::remove_file(&path);
            return Err(Error::io("write", &path)(error));
        }
        Ok(Journal { path, file, len: MAGIC.len() as u64, buffer: Vec::new() })
    }

    /// Goes on with a journal of which `whole` bytes are good; the rest is cut off.
    pub(crate) fn reopen(path: PathBuf, whole: u64) -> Result<Journal, Error> {
        let file = OpenOptions::new().append(true).open(&path).map_err(Error::io("open", &path))?;
        file.set_len(whole).map_err(Error::io("cut", &path))?;
        Ok(Journal { path, file, len: whole, buffer: Vec::new() })
    }

    /// Puts a batch behind what waits to be written.
    pub(crate) fn add_records(&mut self, batch: &[u8]) {
        frame(&mut self.buffer, Kind::Records, batch);
    }

    pub(crate) fn add_names(&mut self, names: &Names) {
        frame(&mut self.buffer, Kind::Names, &pack_names(names));
    }

    pub(crate) fn add_figures(&mut self, packed: &[u8]) {
        frame(&mut self.buffer, Kind::Figures, packed);
    }

    pub(crate) fn add_spans(&mut self, batch: &[u8]) {
        frame(&mut self.buffer, Kind::Spans, batch);
    }

    pub(crate) fn add_lines(&mut self, batch: &[u8]) {
        frame(&mut self.buffer, Kind::Lines, batch);
    }

    pub(crate) fn add_decided(&mut self, packed: &[u8]) {
        frame(&mut self.buffer, Kind::Decided, packed);
    }

    /// Ends what was carried over.
    pub(crate) fn add_carried(&mut self) {
        frame(&mut self.buffer, Kind::Carried, &[]);
    }

    pub(crate) fn add_metrics(&mut self, packed: &[u8]) {
        frame(&mut self.buffer, Kind::Metrics, packed);
    }

    /// In the file and waiting, in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len + self.buffer.len() as u64
    }

    /// Writes what waits: all of it or nothing, and nothing waits afterwards.
    pub(crate) fn write(&mut self) -> Result<(), Error> {
        let written = self.file.write_all(&self.buffer);
        let len = self.buffer.len() as u64;
        self.buffer.clear();
        if let Err(error) = written {
            // A full disk may have taken a part, behind which nothing could be read.
            let _ = self.file.set_len(self.len);
            return Err(Error::io("write", &self.path)(error));
        }
        self.len += len;
        Ok(())
    }

    /// Brings it to the disk, for a machine that loses its power.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.file.sync_data().map_err(Error::io("write", &self.path))
    }
}

fn frame(buffer: &mut Vec<u8>, kind: Kind, bytes: &[u8]) {
    buffer.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    buffer.extend_from_slice(&hash(kind as u8, bytes).to_le_bytes());
    buffer.push(kind as u8);
    buffer.extend_from_slice(bytes);
}

fn hash(kind: u8, bytes: &[u8]) -> u32 {
    XxHash64::oneshot(kind.into(), bytes) as u32
}

/// Reads a journal from its beginning, and gives each whole frame. Returns how many bytes of it are whole.
///
/// # Errors
/// It can't be read, or is no journal. A torn or damaged end is none.
pub(crate) fn read(path: &Path, mut each: impl FnMut(Frame<'_>)) -> Result<u64, Error> {
    let mut file = io::BufReader::with_capacity(1 << 20, File::open(path).map_err(Error::io("open", path))?);
    let mut magic = [0; MAGIC.len()];
    if !fill(&mut file, &mut magic).map_err(Error::io("read", path))? || &magic != MAGIC {
        let reason = "it does not begin as a journal does; remove it".to_owned();
        return Err(Error::Foreign { path: path.to_owned(), reason });
    }
    let mut whole = MAGIC.len() as u64;
    let mut bytes = Vec::new();
    loop {
        let mut head = [0; HEAD];
        if !fill(&mut file, &mut head).map_err(Error::io("read", path))? {
            return Ok(whole);
        }
        let [a, b, c, d, e, f, g, h, kind] = head;
        let len = u32::from_le_bytes([a, b, c, d]) as usize;
        if len > MAX_FRAME {
            return Ok(whole);
        }
        bytes.resize(len, 0);
        let filled = fill(&mut file, &mut bytes).map_err(Error::io("read", path))?;
        if !filled || hash(kind, &bytes) != u32::from_le_bytes([e, f, g, h]) {
            return Ok(whole);
        }
        match kind {
            kind if kind == Kind::Records as u8 => each(Frame::Records(&bytes)),
            kind if kind == Kind::Names as u8 => each(Frame::Names(unpack_names(&bytes))),
            kind if kind == Kind::Figures as u8 => each(Frame::Figures(&bytes)),
            kind if kind == Kind::Spans as u8 => each(Frame::Spans(&bytes)),
            kind if kind == Kind::Lines as u8 => each(Frame::Lines(&bytes)),
            kind if kind == Kind::Decided as u8 => each(Frame::Decided(&bytes)),
            kind if kind == Kind::Carried as u8 => each(Frame::Carried),
            kind if kind == Kind::Metrics as u8 => each(Frame::Metrics(&bytes)),
            // A later naru's: of no use to this one.
            _ => {}
        }
        whole += (HEAD + len) as u64;
    }
}

/// `false`: the file ends first.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A line for each: its kind, its number, its name; for `t` Apdex's T of a function, in microseconds.
fn pack_names(names: &Names) -> Vec<u8> {
    let services = names.services.iter().map(|(id, name)| format!("s {} {name}\n", id.0));
    let functions = names.functions.iter().map(|(id, name)| format!("f {} {name}\n", id.0));
    let routes = names.routes.iter().map(|(id, name)| format!("r {} {name}\n", id.0));
    let targets = names.apdex_t.iter().map(|(id, target)| format!("t {} {}\n", id.0, target.as_micros()));
    let callers = names.callers.iter().map(|(id, name)| format!("c {} {name}\n", id.0));
    services.chain(functions).chain(routes).chain(targets).chain(callers).collect::<String>().into_bytes()
}

fn unpack_names(bytes: &[u8]) -> Names {
    let mut names = Names::default();
    for line in String::from_utf8_lossy(bytes).lines() {
        let mut parts = line.splitn(3, ' ');
        let (Some(kind), Some(id), Some(name)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let Ok(id) = id.parse() else { continue };
        match kind {
            "s" => names.services.extend(name.parse::<ServiceName>().ok().map(|name| (ServiceId(id), name))),
            "f" => {
                names.functions.extend(name.parse::<FunctionName>().ok().map(|name| (FunctionId(id), name)));
            }
            "c" => names.callers.extend(name.parse::<ClientName>().ok().map(|name| (CallerId(id), name))),
            "r" => drop(names.routes.insert(RouteId(id), name.to_owned())),
            "t" => {
                let target = name.parse().ok().map(|micros| (FunctionId(id), Duration::from_micros(micros)));
                names.apdex_t.extend(target);
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            services: [(ServiceId(3), "booking".parse().unwrap())].into(),
            routes: [(RouteId(1), "www.example.go.kr/예약/** GET".to_owned())].into(),
            functions: [(FunctionId(2), "apply".parse().unwrap())].into(),
            callers: [(CallerId(4), "mobile-app".parse().unwrap())].into(),
            apdex_t: [(FunctionId(2), Duration::from_millis(300))].into(),
        }
    }

    fn read_back(path: &Path) -> (Vec<Vec<u8>>, Vec<Names>, u64) {
        let (mut records, mut known) = (Vec::new(), Vec::new());
        let whole = read(path, |frame| match frame {
            Frame::Records(batch) => records.push(batch.to_vec()),
            Frame::Names(names) => known.push(names),
            _ => {}
        });
        (records, known, whole.unwrap())
    }

    #[test]
    fn it_reads_back_and_goes_on_behind_a_torn_end_wherever_it_was_torn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal-1");
        let mut journal = Journal::create(path.clone()).unwrap();
        journal.add_names(&names());
        journal.add_records(b"first");
        journal.write().unwrap();
        let whole = journal.len();
        journal.add_records(b"second");
        journal.write().unwrap();
        let complete = std::fs::read(&path).unwrap();
        assert_eq!(
            read_back(&path),
            (vec![b"first".to_vec(), b"second".to_vec()], vec![names()], journal.len())
        );
        for cut in whole as usize..complete.len() {
            std::fs::write(&path, &complete[..cut]).unwrap();
            let (records, _, good) = read_back(&path);
            assert_eq!((records, good), (vec![b"first".to_vec()], whole));
            let mut journal = Journal::reopen(path.clone(), good).unwrap();
            journal.add_records(b"third");
            journal.write().unwrap();
            assert_eq!(read_back(&path).0, [b"first".to_vec(), b"third".to_vec()]);
        }
    }

    #[test]
    fn damage_ends_it_and_garbage_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal-1");
        let mut journal = Journal::create(path.clone()).unwrap();
        journal.add_records(b"first");
        journal.add_records(b"second");
        journal.write().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read_back(&path).0, [b"first".to_vec()]);
        std::fs::write(&path, b"something else entirely").unwrap();
        assert!(read(&path, |_| {}).is_err());
    }
}
