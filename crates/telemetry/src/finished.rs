//! The store's finished files, for whoever ships them on, see [`naru_model::stored`].

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use naru_model::stored::{File, Kind, Piece};
use naru_model::units::Timestamp;

use crate::Telemetry;

impl Telemetry {
    /// Makes files of what comes after this long at the latest; `None`: when the stores would by themselves, an hour.
    pub fn finish_within(&self, age: Option<Duration>) {
        self.pace.set(age);
    }

    /// The files of transactions, spans and log lines that are there and readable, the oldest first.
    pub fn finished(&self) -> Vec<File> {
        let mut files = self.archive.finished();
        files.extend(self.traces.finished());
        files.sort_by(|a, b| (a.last, &a.name).cmp(&(b.last, &b.name)));
        files
    }

    /// Some thousands of a file's rows, from that one on. `None`: the file has gone, can't be read, or has no such row.
    pub fn piece(&self, file: &File, first: u32) -> Option<Piece> {
        match file.kind {
            Kind::Transactions => self.archive.piece(&file.name, first),
            Kind::Spans | Kind::Logs => self.traces.piece(file.kind, &file.name, first),
        }
    }
}

pub(crate) fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// When a file was written; `None`: it has gone.
pub(crate) fn written(path: &Path) -> Option<Timestamp> {
    let modified = std::fs::metadata(path).and_then(|found| found.modified()).ok()?;
    let micros = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    Some(Timestamp(u64::try_from(micros).unwrap_or(u64::MAX)))
}
