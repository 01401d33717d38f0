//! What can go wrong with kept jobs, and what the platform's owner can do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Can be told to many: all writers of one transaction learn why it failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error("the folder {path} can't be used for jobs: {source}", path = .path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: Arc<io::Error>,
    },
    #[error(
        "the job store {path} is damaged ({what}); move it aside to begin anew: mv {path} {path}.damaged",
        path = .path.display()
    )]
    Damaged { path: PathBuf, what: String },
    #[error(
        "the job store {path} was written by a newer naru (schema {found}, this one knows up to {known}); use that naru",
        path = .path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error(
        "no room left for jobs: the disk of {path} is full, or the store has grown to its bound; nothing was accepted: \
         free some space, or drop dead letters", path = .path.display()
    )]
    Full { path: PathBuf },
    #[error("the job store {path} failed: {source}", path = .path.display())]
    Database {
        path: PathBuf,
        #[source]
        source: Arc<sqlx::Error>,
    },
    #[error("the kept body {path} failed: {source}", path = .path.display())]
    File {
        path: PathBuf,
        #[source]
        source: Arc<io::Error>,
    },
    #[error("the server ends and accepts no more jobs")]
    Closed,
}

/// SQLite's primary result codes. Source: <https://sqlite.org/rescode.html>.
const CORRUPT: i64 = 11;
const FULL: i64 = 13;
const NOT_A_DATABASE: i64 = 26;

/// Tells a full disk and a damaged file from everything else, for those have a way out.
pub(crate) fn of_database(path: &Path, source: sqlx::Error) -> Error {
    let code = match &source {
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<i64>().ok()),
        _ => None,
    };
    let path = path.to_owned();
    // The low byte is the primary code; the rest says more of the same.
    match code.map(|code| code & 0xff) {
        Some(FULL) => Error::Full { path },
        Some(CORRUPT | NOT_A_DATABASE) => Error::Damaged { path, what: source.to_string() },
        _ => Error::Database { path, source: Arc::new(source) },
    }
}

/// Tells a full disk from everything else.
pub(crate) fn of_file(path: &Path, source: io::Error) -> Error {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full { path },
        _ => Error::File { path, source: Arc::new(source) },
    }
}
