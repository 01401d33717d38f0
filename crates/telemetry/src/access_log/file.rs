//! The log's file: rotated when it is long, opened again when somebody has moved it away.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file is not written past this, in bytes.
const ROTATE_AT: u64 = 64 << 20;
/// How many old files are kept: `access.log.1` is the newest, `access.log.8` the oldest.
const KEEP: u32 = 8;

/// Which file a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

#[derive(Debug)]
struct Opened {
    file: File,
    identity: Identity,
    size: u64,
}

#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    rotate_at: u64,
    opened: Option<Opened>,
}

impl LogFile {
    pub(super) fn new(path: &Path) -> LogFile {
        LogFile { path: path.to_owned(), rotate_at: ROTATE_AT, opened: None }
    }

    #[cfg(test)]
    pub(super) fn rotating_at(path: &Path, rotate_at: u64) -> LogFile {
        LogFile { rotate_at, ..LogFile::new(path) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends whole lines: all of them or none.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let size = self.open()?.size;
        if size > 0 && size + lines.len() as u64 > self.rotate_at {
            self.rotate()?;
        }
        let opened = self.open()?;
        if let Err(error) = opened.file.write_all(lines) {
            // A full disk may have taken a part; half a line would spoil the next one.
            let _ = opened.file.set_len(opened.size);
            self.opened = None;
            return Err(error);
        }
        opened.size += lines.len() as u64;
        Ok(())
    }

    /// Returns the file that the path leads to now, which is another one after logrotate has moved it.
    fn open(&mut self) -> io::Result<&mut Opened> {
        let there = std::fs::metadata(&self.path).map(|found| identity(&found)).ok();
        let still = self.opened.take().filter(|opened| Some(opened.identity) == there);
        let opened = match still {
            Some(opened) => opened,
            None => {
                let file = OpenOptions::new().append(true).create(true).mode(0o640).open(&self.path)?;
                let found = file.metadata()?;
                Opened { file, identity: identity(&found), size: found.len() }
            }
        };
        Ok(self.opened.insert(opened))
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..KEEP).rev() {
            rename_if_there(&self.old(number), &self.old(number + 1))?;
        }
        rename_if_there(&self.path, &self.old(1))
    }

    fn old(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

fn identity(found: &std::fs::Metadata) -> Identity {
    Identity { device: found.dev(), inode: found.ino() }
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: PathBuf) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn a_long_file_is_rotated_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        let mut file = LogFile::rotating_at(&path, 10);
        for number in 0..12 {
            file.write(format!("line {number}\n").as_bytes()).unwrap();
        }
        assert_eq!(read(path), "line 11\n");
        assert_eq!(read(folder.path().join("access.log.1")), "line 10\n");
        assert_eq!(read(folder.path().join("access.log.8")), "line 3\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 9);
    }

    #[test]
    fn a_file_moved_away_is_opened_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        let mut file = LogFile::new(&path);
        file.write(b"before\n").unwrap();
        std::fs::rename(&path, folder.path().join("moved")).unwrap();
        file.write(b"after\n").unwrap();
        assert_eq!(read(folder.path().join("moved")), "before\n");
        assert_eq!(read(path), "after\n");
    }

    #[test]
    fn a_file_that_is_there_is_appended_to_and_its_length_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        std::fs::write(&path, "old line\n").unwrap();
        let mut file = LogFile::rotating_at(&path, 12);
        file.write(b"new line\n").unwrap();
        assert_eq!(read(path), "new line\n");
        assert_eq!(read(folder.path().join("access.log.1")), "old line\n");
    }
}
