//! What can go wrong with the state, and what its owner can do about it.

use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the state folder {path} can't be used: {source}", path = .path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "the state folder {path} is in use by the naru server with pid {pid}; stop that one first, or give this one \
         another folder with --state", path = .path.display()
    )]
    InUse { path: PathBuf, pid: String },
    #[error("the state database {path} is damaged ({what}); {way_back}", path = .path.display())]
    Damaged { path: PathBuf, what: String, way_back: String },
    #[error(
        "the state database {path} was written by a newer naru (schema {found}, this one knows up to {known}); use \
         that naru, or another folder with --state", path = .path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("no room left on the disk of {path}; the last change was not made: free some space", path = .path.display())]
    Full { path: PathBuf },
    #[error("the state database {path} failed: {source}", path = .path.display())]
    Database {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    #[error("the state database holds {what} that this naru can't read: {source}")]
    Content {
        what: &'static str,
        #[source]
        source: serde_json::Error,
    },
    #[error("the state database holds an instance with the name {0:?}, which is no service's name")]
    Name(String),
    #[error("the state database holds {0:?} where a client's name belongs")]
    Client(String),
}

/// SQLite's primary result codes. Source: <https://sqlite.org/rescode.html>.
const CORRUPT: i64 = 11;
const FULL: i64 = 13;
const NOT_A_DATABASE: i64 = 26;

/// Tells a damaged file and a full disk from everything else, for those have a way out.
pub(crate) fn of_database(path: &Path, source: sqlx::Error) -> Error {
    let code = match &source {
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<i64>().ok()),
        _ => None,
    };
    let path = path.to_owned();
    // The low byte is the primary code; the rest says more of the same.
    match code.map(|code| code & 0xff) {
        Some(CORRUPT | NOT_A_DATABASE) => damaged(path, &source.to_string()),
        Some(FULL) => Error::Full { path },
        _ => Error::Database { path, source },
    }
}

/// Says where the way back is: the newest backup, or, without one, a fresh start.
pub(crate) fn damaged(path: PathBuf, what: &str) -> Error {
    let folder = path.parent().unwrap_or(Path::new("."));
    let newest = crate::backup::list(folder).ok().and_then(|mut backups| backups.pop());
    let db = path.display();
    let aside = format!("mv {db} {db}.damaged; rm -f {db}-wal {db}-shm");
    let way_back = match newest {
        Some(backup) => format!("go back to the last backup: {aside}; cp {} {db}", backup.display()),
        None => format!("there is no backup yet; begin anew: {aside}"),
    };
    Error::Damaged { path, what: what.to_owned(), way_back }
}
