//! The files of days: each written whole or not at all, and read when a report is made of it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use naru_model::units::Timestamp;
use naru_sla::{Day, VERSION, calendar};

/// In the state folder.
const FOLDER: &str = "reports";
const ENDING: &str = ".json.zst";
/// Days are kept for so long: a month of last year stands beside that of this year.
const KEPT_DAYS: i64 = 400;
/// The longest file that is read, unpacked.
const MAX_BYTES: u64 = 256 << 20;

/// Why a day can't be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("can't {what} {path}: {source}")]
    Io {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is no day of this naru's: {why}")]
    Foreign { path: PathBuf, why: String },
}

/// The folder of days. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    folder: Arc<Path>,
}

/// One day's file, and when it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kept {
    pub(crate) date: String,
    pub(crate) written: SystemTime,
}

impl Shelf {
    /// Of a state folder; it is made with its first day.
    pub(crate) fn of(state_dir: &Path) -> Shelf {
        Shelf { folder: state_dir.join(FOLDER).into() }
    }

    fn path(&self, date: &str) -> PathBuf {
        self.folder.join(format!("{date}{ENDING}"))
    }

    pub(crate) fn has(&self, date: &str) -> bool {
        self.path(date).exists()
    }

    /// All days that are kept, the earliest first.
    pub(crate) fn days(&self) -> Vec<Kept> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut days: Vec<Kept> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let date = entry.file_name().to_str()?.strip_suffix(ENDING)?.to_owned();
                calendar::date(&date).ok()?;
                Some(Kept { date, written: entry.metadata().ok()?.modified().ok()? })
            })
            .collect();
        days.sort();
        days
    }

    /// `None`: it is not kept. One that can't be read is said and counts as not kept.
    pub(crate) fn day(&self, date: &str) -> Option<Day> {
        match self.read(date) {
            Ok(day) => day,
            Err(error) => {
                eprintln!(
                    "naru: a day is left out of reports: {error}; remove the file, and it is made again if it can be"
                );
                None
            }
        }
    }

    fn read(&self, date: &str) -> Result<Option<Day>, Error> {
        let path = self.path(date);
        let failed = |source| Error::Io { what: "read", path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut text = String::new();
        zstd::Decoder::new(file)
            .map_err(failed)?
            .take(MAX_BYTES)
            .read_to_string(&mut text)
            .map_err(failed)?;
        let foreign = |why: String| Error::Foreign { path: path.clone(), why };
        let day: Day = serde_json::from_str(&text).map_err(|error| foreign(error.to_string()))?;
        if day.version != VERSION {
            return Err(foreign(format!("it is of version {}, known is {VERSION}", day.version)));
        }
        Ok(Some(day))
    }

    /// Keeps a day: on the disk and whole when this returns, or not there.
    pub(crate) fn keep(&self, day: &Day) -> Result<(), Error> {
        fs::create_dir_all(&self.folder).map_err(|source| Error::Io {
            what: "make",
            path: self.folder.to_path_buf(),
            source,
        })?;
        let text = serde_json::to_vec(day).map_err(|error| Error::Io {
            what: "write",
            path: self.path(&day.date),
            source: error.into(),
        })?;
        let packed = zstd::encode_all(text.as_slice(), 3);
        self.write(&self.path(&day.date), packed)
    }

    /// Puts a small file in place of what was there.
    pub(crate) fn write(&self, path: &Path, content: io::Result<Vec<u8>>) -> Result<(), Error> {
        let part = path.with_extension("part");
        let write = || -> io::Result<()> {
            let content = content?;
            fs::create_dir_all(&self.folder)?;
            let mut file = File::create(&part)?;
            file.write_all(&content)?;
            file.sync_all()?;
            fs::rename(&part, path)?;
            // Best effort: some file systems know no such thing for folders.
            let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
            Ok(())
        };
        write().map_err(|source| {
            // What can't be removed either is written over the next time.
            let _ = fs::remove_file(&part);
            Error::Io { what: "write", path: path.to_owned(), source }
        })
    }

    pub(crate) fn in_folder(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Takes away what a clock that was ahead has made of days that are not over.
    pub(crate) fn forget_unfinished(&self, now: Timestamp) {
        let today = calendar::day_of(now, &TimeZone::UTC);
        // A day is over everywhere a day later; what is nearer is looked at itself.
        let Ok(sure) = today.checked_sub(1.days()) else { return };
        for kept in self.days().into_iter().rev() {
            if calendar::date(&kept.date).is_ok_and(|day| day < sure) {
                return;
            }
            let over = |day: Day| u64::from(day.to) * 1_000_000 <= now.0;
            if !self.day(&kept.date).is_none_or(over) {
                let _ = fs::remove_file(self.path(&kept.date));
            }
        }
    }

    /// Lets days go that are too old.
    pub(crate) fn let_go(&self, now: Timestamp, zone: &TimeZone) {
        let Ok(oldest) = calendar::day_of(now, zone).checked_sub(KEPT_DAYS.days()) else { return };
        for kept in self.days() {
            if calendar::date(&kept.date).is_ok_and(|day| day < oldest) {
                let _ = fs::remove_file(self.path(&kept.date));
            }
        }
    }
}
