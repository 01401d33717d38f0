//! What can go wrong with the store on disk. Nothing of it stops a request or the server.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not {what} {}", path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("could not {what} {}", path.display())]
    Parquet {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: parquet::errors::ParquetError,
    },
    #[error("could not start a thread of the archive")]
    Thread(#[source] io::Error),
    #[error("segments can't be written as fast as requests come")]
    Behind,
    #[error("{} is no file of naru's: {reason}", path.display())]
    Foreign { path: PathBuf, reason: String },
}

impl Error {
    /// For `map_err`: what was being done, to which file.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Io { what, path: path.to_owned(), source }
    }

    pub(crate) fn parquet(
        what: &'static str,
        path: &Path,
    ) -> impl FnOnce(parquet::errors::ParquetError) -> Error {
        move |source| Error::Parquet { what, path: path.to_owned(), source }
    }

    pub(crate) fn thread(source: io::Error) -> Error {
        Error::Thread(source)
    }

    /// The message with its cause, for a log line.
    pub(crate) fn whole(&self) -> String {
        match std::error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}
