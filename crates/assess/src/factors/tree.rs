//! Walks a source tree within bounds: never along a link, never past so many files and bytes.

use std::fs::{self, DirEntry};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::Read;

/// Folders that hold what was made or fetched, not written.
const PASSED_OVER: [&str; 18] = [
    ".git",
    ".svn",
    ".hg",
    "node_modules",
    "target",
    "build",
    "dist",
    "out",
    "vendor",
    ".venv",
    "venv",
    "__pycache__",
    ".gradle",
    ".idea",
    ".tox",
    "bower_components",
    ".next",
    ".naru",
];
const DEEPEST: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Default 50,000.
    pub files: u64,
    /// Of all files together. Default 256 MiB.
    pub bytes: u64,
    /// Of one file; longer ones are left out. Default 1 MiB.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { files: 50_000, bytes: 256 << 20, file_bytes: 1 << 20 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("can't read the folder {}", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} is no folder; give the folder of a source tree", .0.display())]
    NoFolder(PathBuf),
}

/// Calls `see` for each file with its path from the root, and its text where it is one (empty for pictures, archives and the like).
///
/// # Errors
/// The root is no folder or can't be read. What can't be read below it is counted as left out.
pub(super) fn walk(root: &Path, limits: Limits, mut see: impl FnMut(&str, &str)) -> Result<Read, Error> {
    let failed = |source| Error::Folder { path: root.to_owned(), source };
    if !fs::metadata(root).map_err(failed)?.is_dir() {
        return Err(Error::NoFolder(root.to_owned()));
    }
    fs::read_dir(root).map_err(failed)?;
    let mut read = Read::default();
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            read.left_out += 1;
            continue;
        };
        for entry in entries.flatten() {
            // The entry's own kind: a link is a link, whatever it leads to.
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name();
            if kind.is_symlink() {
                read.links += 1;
            } else if kind.is_dir() {
                if depth < DEEPEST && !PASSED_OVER.iter().any(|passed| name == *passed) {
                    folders.push((entry.path(), depth + 1));
                }
            } else if kind.is_file() {
                file(root, &entry, limits, &mut read, &mut see);
            }
        }
    }
    Ok(read)
}

fn file(root: &Path, entry: &DirEntry, limits: Limits, read: &mut Read, see: &mut impl FnMut(&str, &str)) {
    let path = entry.path();
    let size = entry.metadata().map_or(u64::MAX, |metadata| metadata.len());
    if read.files >= limits.files || read.bytes.saturating_add(size.min(limits.file_bytes)) > limits.bytes {
        read.left_out += 1;
        return;
    }
    read.files += 1;
    let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
    if size > limits.file_bytes {
        read.left_out += 1;
        see(&name, "");
        return;
    }
    let mut bytes = Vec::new();
    let content = fs::File::open(&path).and_then(|file| file.take(limits.file_bytes).read_to_end(&mut bytes));
    match content {
        Ok(count) => read.bytes += count as u64,
        Err(_) => read.left_out += 1,
    }
    let is_text = !bytes.iter().take(8192).any(|byte| *byte == 0);
    let text = if is_text { String::from_utf8_lossy(&bytes) } else { "".into() };
    see(&name, &text);
}
