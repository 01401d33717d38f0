//! Request-rate traces: a folder of text files with a number a line, requests per second, a line a second.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The file's name without its ending.
    pub name: String,
    /// Requests per second, second by second.
    pub rates: Vec<f64>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} can't be read; give a folder of traces: text files with a number a line, requests per second", .path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} has no trace; a trace is a .txt file with a number a line, requests per second", .0.display())]
    Empty(PathBuf),
    #[error("{}:{line}: {text:?} is no rate; write a number of requests per second, 0 or more", .path.display())]
    Rate { path: PathBuf, line: usize, text: String },
    #[error("{} is shorter than a minute; a trace has a line a second and is judged by minutes", .0.display())]
    Short(PathBuf),
}

/// More than a machine is ever asked; above it a number is a slip, and a replay would not end.
const HIGHEST: f64 = 1e6;

impl Trace {
    /// Reads every `.txt` file of the folder, in the order of their names.
    ///
    /// # Errors
    /// The folder or a file can't be read, there is no trace in it, or a line is no rate.
    pub fn read_folder(dir: &Path) -> Result<Vec<Trace>, Error> {
        let unreadable = |source| Error::Read { path: dir.to_owned(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|ending| ending == "txt") {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            return Err(Error::Empty(dir.to_owned()));
        }
        paths.sort();
        paths.iter().map(|path| Trace::read(path)).collect()
    }

    fn read(path: &Path) -> Result<Trace, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let rate = |(index, line): (usize, &str)| {
            let rate = line.trim().parse::<f64>().ok().filter(|rate| (0.0..=HIGHEST).contains(rate));
            rate.ok_or_else(|| Error::Rate { path: path.to_owned(), line: index + 1, text: line.to_owned() })
        };
        let rates = text.trim_end().lines().enumerate().map(rate).collect::<Result<Vec<f64>, Error>>()?;
        if rates.len() < 60 {
            return Err(Error::Short(path.to_owned()));
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Trace { name, rates })
    }

    pub fn seconds(&self) -> u64 {
        self.rates.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn a_folder_is_read_in_order_without_what_is_no_trace() {
        let dir = folder(&[
            ("b.txt", &"1\n".repeat(60)),
            ("a.txt", &"2.5\r\n".repeat(61)),
            ("README.md", "# Traces"),
        ]);
        let traces = Trace::read_folder(dir.path()).unwrap();
        let read: Vec<_> = traces.iter().map(|t| (t.name.as_str(), t.rates.len(), t.rates[0])).collect();
        assert_eq!(read, [("a", 61, 2.5), ("b", 60, 1.0)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let said = |files: &[(&str, &str)]| {
            let dir = folder(files);
            let message = Trace::read_folder(dir.path()).unwrap_err().to_string();
            message.replace(&dir.path().display().to_string(), "DIR")
        };
        assert_eq!(
            said(&[("a.txt", "1\n2\nmany\n4\n")]),
            "DIR/a.txt:3: \"many\" is no rate; write a number of requests per second, 0 or more"
        );
        for bad in ["-1", "NaN", "inf", "1e9", ""] {
            let text = format!("{bad}\n{}", "1\n".repeat(60));
            assert!(said(&[("a.txt", &text)]).starts_with("DIR/a.txt:1: "), "{bad}");
        }
        assert!(said(&[("a.txt", "1\n2\n")]).starts_with("DIR/a.txt is shorter than a minute"));
        assert!(said(&[("a.csv", "1\n")]).starts_with("DIR has no trace"));
        let missing = Trace::read_folder(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(missing.starts_with("/nowhere can't be read"), "{missing}");
    }
}
