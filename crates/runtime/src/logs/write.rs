//! The file an instance's lines go to: rotated, and never in the way of the service. What a full disk does not take is dropped,
//! counted, and said as soon as something can be written again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use naru_model::units::Timestamp;

use super::split::Batch;
use super::{FILES, MAX_FILE, Stream, generation};

/// How soon it is tried whether a disk that took nothing takes something again, when no line comes earlier.
const RETRY: Duration = Duration::from_millis(500);

/// An open log.
pub(crate) struct LogFile {
    path: PathBuf,
    file: Option<File>,
    /// Bytes in the file; it ends with a whole line here.
    size: u64,
    dropped: u64,
    why: Option<io::Error>,
    retry_at: Option<Instant>,
}

impl LogFile {
    /// Opens it when the first line comes.
    pub(crate) fn new(path: PathBuf) -> LogFile {
        LogFile { path, file: None, size: 0, dropped: 0, why: None, retry_at: None }
    }

    /// Returns when lines that were dropped should be told of, if no line comes earlier.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Writes the lines of `batch` and empties it. Whatever happens, the caller can go on.
    pub(crate) fn write(&mut self, at: Timestamp, batch: &mut Batch) {
        self.retry_at = None;
        if let Err(error) = self.tell_dropped(at).and_then(|()| self.append(&batch.bytes)) {
            self.why = Some(error);
            self.dropped += batch.lines;
            self.retry_at = Some(Instant::now() + RETRY);
        }
        batch.clear();
    }

    fn tell_dropped(&mut self, at: Timestamp) -> io::Result<()> {
        if self.dropped == 0 {
            return Ok(());
        }
        let why = self.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let mut note = Batch::default();
        note.line(at, Stream::Naru, format!("{} lines were dropped{why}", self.dropped).as_bytes(), false);
        self.append(&note.bytes)?;
        (self.dropped, self.why) = (0, None);
        Ok(())
    }

    /// All or nothing, so that the file always ends with a whole line.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.size > 0 && self.size + bytes.len() as u64 > MAX_FILE {
            self.rotate()?;
        }
        let size = self.size;
        let file = self.open()?;
        if let Err(error) = file.write_all(bytes) {
            // Part of it may have been taken. Shortening a file needs no room.
            let _ = file.set_len(size);
            return Err(error);
        }
        self.size = size + bytes.len() as u64;
        Ok(())
    }

    fn open(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                if let Some(folder) = self.path.parent() {
                    fs::create_dir_all(folder)?;
                }
                let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
                self.size = file.metadata()?.len();
                file
            }
        };
        Ok(self.file.insert(file))
    }

    fn rotate(&mut self) -> io::Result<()> {
        for n in (0..FILES - 1).rev() {
            match fs::rename(generation(&self.path, n), generation(&self.path, n + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        (self.file, self.size) = (None, 0);
        Ok(())
    }
}
