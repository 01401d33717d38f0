//! The names of the store's files, and how one comes into being: whole or not at all.
//!
//! A file is written under a name that ends in `.part`, brought to the disk, and renamed. What ends in `.part` at a start
//! is a leftover of a kill and is removed. The number in a name tells which journal a segment was made of, so that
//! neither a clock that went back nor a second try makes two of one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use naru_model::units::Timestamp;

use super::error::Error;

/// One of the store's files, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// `journal-17`
    Journal(u64),
    /// `transactions-20261121T093000Z-17.parquet`
    Transactions(u64),
    /// `figures-60-20261121T090000Z-4.parquet`: the width of its cells in seconds, when it begins, its number.
    Figures {
        width: u32,
        number: u64,
    },
    /// `figures-journal-4`
    FiguresJournal(u64),
    /// `spans-journal-7`: of spans and log lines.
    TracesJournal(u64),
    /// `spans-20261121T093000Z-7.parquet`
    Spans(u64),
    /// `logs-20261121T093000Z-7.parquet`
    Logs(u64),
    /// `edges-20261121T093000Z-7.parquet`
    Edges(u64),
    /// `metrics-60-20261121T090000Z-498681000.parquet`: the width of its stretches in seconds, when it begins, its number.
    Metrics {
        width: u32,
        number: u64,
    },
    /// `metrics-journal-498681000`
    MetricsJournal(u64),
    Part,
}

impl Name {
    /// `None`: not one of ours.
    pub(crate) fn parse(name: &str) -> Option<Name> {
        if name.ends_with(".part") {
            return Some(Name::Part);
        }
        if let Some(number) = name.strip_prefix("journal-") {
            return number.parse().ok().map(Name::Journal);
        }
        if let Some(number) = name.strip_prefix("figures-journal-") {
            return number.parse().ok().map(Name::FiguresJournal);
        }
        if let Some(number) = name.strip_prefix("spans-journal-") {
            return number.parse().ok().map(Name::TracesJournal);
        }
        if let Some(number) = name.strip_prefix("metrics-journal-") {
            return number.parse().ok().map(Name::MetricsJournal);
        }
        let mut parts = name.strip_suffix(".parquet")?.split('-');
        let (kind, second) = (parts.next()?, parts.next()?);
        let name = match kind {
            "transactions" => Name::Transactions(parts.next()?.parse().ok()?),
            "spans" => Name::Spans(parts.next()?.parse().ok()?),
            "logs" => Name::Logs(parts.next()?.parse().ok()?),
            "edges" => Name::Edges(parts.next()?.parse().ok()?),
            "figures" | "metrics" => {
                parts.next()?;
                let (width, number) = (second.parse().ok()?, parts.next()?.parse().ok()?);
                match kind {
                    "figures" => Name::Figures { width, number },
                    _ => Name::Metrics { width, number },
                }
            }
            _ => return None,
        };
        parts.next().is_none().then_some(name)
    }
}

pub(crate) fn journal(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("journal-{number}"))
}

/// `first` is when its first transaction ended.
pub(crate) fn transactions(folder: &Path, first: Timestamp, number: u64) -> PathBuf {
    kept(folder, "transactions", first, number)
}

/// A file of `spans`, `logs` or `edges`. `first` is when the first of them began.
pub(crate) fn kept(folder: &Path, kind: &str, first: Timestamp, number: u64) -> PathBuf {
    folder.join(format!("{kind}-{}-{number}.parquet", readable(first)))
}

pub(crate) fn traces_journal(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("spans-journal-{number}"))
}

pub(crate) fn figures(folder: &Path, width: u32, first: Timestamp, number: u64) -> PathBuf {
    folder.join(format!("figures-{width}-{}-{number}.parquet", readable(first)))
}

pub(crate) fn figures_journal(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("figures-journal-{number}"))
}

pub(crate) fn metrics(folder: &Path, width: u32, first: Timestamp, number: u64) -> PathBuf {
    folder.join(format!("metrics-{width}-{}-{number}.parquet", readable(first)))
}

pub(crate) fn metrics_journal(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("metrics-journal-{number}"))
}

fn readable(at: Timestamp) -> String {
    let instant = i64::try_from(at.0).ok().and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok());
    instant.unwrap_or(jiff::Timestamp::UNIX_EPOCH).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The files of the store in a folder, in any order.
pub(crate) fn list(folder: &Path) -> Result<Vec<(Name, PathBuf)>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("list", folder))?;
    let named = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        Some((Name::parse(entry.file_name().to_str()?)?, entry.path()))
    });
    Ok(named.collect())
}

/// Writes a whole file: it is there, on the disk, or there is nothing. Returns its length in bytes.
///
/// # Errors
/// As `write` says, or the disk. What was written so far is removed.
pub(crate) fn create(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Error>,
) -> Result<u64, Error> {
    let part = part_of(path);
    let written = (|| {
        let file = File::create(&part).map_err(Error::io("create", &part))?;
        let mut file = BufWriter::with_capacity(256 << 10, file);
        write(&mut file)?;
        let mut finish = || -> io::Result<u64> {
            file.flush()?;
            file.get_ref().sync_all()?;
            fs::rename(&part, path)?;
            file.get_ref().metadata().map(|found| found.len())
        };
        finish().map_err(Error::io("write", path))
    })();
    match &written {
        Ok(_) => sync_folder_of(path),
        // What can't be removed either is removed at the next start.
        Err(_) => drop(fs::remove_file(&part)),
    }
    written
}

fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

/// Brings names to the disk. Best effort: some file systems know no such thing for folders.
pub(crate) fn sync_folder_of(path: &Path) {
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_what_the_file_is() {
        let folder = Path::new("/x");
        let at = Timestamp(1_795_250_000_000_000);
        let name = |path: PathBuf| Name::parse(path.file_name().unwrap().to_str().unwrap());
        assert_eq!(name(journal(folder, 3)), Some(Name::Journal(3)));
        assert_eq!(name(transactions(folder, at, 17)), Some(Name::Transactions(17)));
        assert_eq!(name(figures(folder, 600, at, 2)), Some(Name::Figures { width: 600, number: 2 }));
        assert_eq!(name(figures_journal(folder, 5)), Some(Name::FiguresJournal(5)));
        assert_eq!(name(traces_journal(folder, 6)), Some(Name::TracesJournal(6)));
        assert_eq!(name(kept(folder, "spans", at, 6)), Some(Name::Spans(6)));
        assert_eq!(name(kept(folder, "logs", at, 6)), Some(Name::Logs(6)));
        assert_eq!(name(kept(folder, "edges", at, 6)), Some(Name::Edges(6)));
        assert_eq!(name(metrics(folder, 60, at, 7)), Some(Name::Metrics { width: 60, number: 7 }));
        assert_eq!(name(metrics_journal(folder, 8)), Some(Name::MetricsJournal(8)));
        assert_eq!(Name::parse("transactions-1-2.parquet.part"), Some(Name::Part));
        for other in ["notes.txt", "journal-", "transactions-x.parquet", "figures-1-2-3-4.parquet"] {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_file_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let failed = create(&path, |file| {
            file.write_all(b"half").map_err(Error::io("write", &path))?;
            Err(Error::Foreign { path: path.clone(), reason: "a test".to_owned() })
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
