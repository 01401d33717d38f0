//! What the application did, a line each in a file, so that who asked can count afterwards what was done, and how often.
//!
//! Several instances append to the same file: each line is one write, which the kernel does not tear (O_APPEND).

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::Error;
use super::answer::Request;

/// Of a body, in bytes: enough to tell one from another.
pub(crate) const BODY: usize = 64;

#[derive(Debug)]
pub(crate) struct Journal(File);

impl Journal {
    pub(crate) fn open(path: &Path) -> Result<Journal, Error> {
        let file = File::options().create(true).append(true).open(path);
        file.map(Journal).map_err(|source| Error::Journal { path: path.to_owned(), source })
    }

    /// `METHOD TARGET BODY`; what would break the line or is no UTF-8 stands as U+FFFD.
    pub(crate) fn write(&self, request: &Request) -> io::Result<()> {
        let body = String::from_utf8_lossy(&request.body_start).replace(char::is_control, "\u{fffd}");
        let line = format!("{} {} {body}\n", request.method, request.target);
        (&self.0).write_all(line.as_bytes())
    }
}
