//! Reads a WSDL or schema and what it imports and includes, which lies beside it.

use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use super::error::Error;
use crate::xml::{self, Element};

/// Documents that one WSDL may be made of.
const MOST_FILES: usize = 256;
/// Bytes of all of them together.
const MOST_BYTES: u64 = 64 << 20;

/// What has been read for one WSDL.
#[derive(Debug, Default)]
pub(super) struct Files {
    count: usize,
    bytes: u64,
}

impl Files {
    /// # Errors
    /// It can't be read, is no XML, or there are too many.
    pub(super) fn read(&mut self, path: &Path) -> Result<Element, Error> {
        let too_many = |most, of| Error::TooMany { path: path.to_owned(), most, of };
        self.count += 1;
        if self.count > MOST_FILES {
            return Err(too_many(MOST_FILES, "files imported and included"));
        }
        let unread = |source| Error::Read { path: path.to_owned(), source };
        let file = fs::metadata(path).map_err(unread)?;
        if !file.is_file() {
            // A device or a pipe may have no end.
            return Err(unread(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")));
        }
        self.bytes += file.len();
        if self.bytes > MOST_BYTES {
            return Err(too_many(MOST_BYTES as usize, "bytes in the file and what it imports"));
        }
        let bytes = fs::read(path).map_err(unread)?;
        xml::read(&bytes).map_err(|source| Error::Xml { path: path.to_owned(), source })
    }
}

/// Where a location named in `from` lies: relative to it, and a URL's last segment beside it, as nothing is fetched.
pub(super) fn beside(from: &Path, location: &str) -> PathBuf {
    let location = location.split(['?', '#']).next().unwrap_or_default();
    let local = match location.split_once("://") {
        Some(("file", path)) => return PathBuf::from(path),
        Some((_, rest)) => rest.rsplit('/').next().unwrap_or_default(),
        None => location,
    };
    let folder = from.parent().unwrap_or(Path::new(""));
    let mut path = PathBuf::new();
    for part in folder.join(local).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}
