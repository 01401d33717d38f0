//! Request-rate traces: a folder of text files with a number a line, requests per second, a line a second.

use std::io;
use std::path::{Path, PathBuf};

use super::random::Random;

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

/// A request to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// In microseconds since the trace began.
    pub(crate) at: u64,
    /// How long a worker has it, in microseconds.
    pub(crate) work: u32,
}

/// Requests at a trace's rate, each regardless of the others (a Poisson process, open loop), with how long each takes. The same for
/// every scaler, so that all of them are asked the same.
#[derive(Debug, Clone)]
pub(crate) struct Arrivals<'t> {
    rates: &'t [f64],
    random: Random,
    /// The mean of a request's work, in microseconds.
    mean: f64,
    at: f64,
    next: Option<Arrival>,
}

impl<'t> Arrivals<'t> {
    pub(crate) fn new(rates: &'t [f64], mean_us: f64, seed: u64) -> Arrivals<'t> {
        let mut arrivals = Arrivals { rates, random: Random::new(seed), mean: mean_us, at: 0.0, next: None };
        arrivals.next = arrivals.draw();
        arrivals
    }

    /// Returns the next one if it comes before `end`.
    pub(crate) fn before(&self, end: u64) -> Option<Arrival> {
        self.next.filter(|arrival| arrival.at < end)
    }

    pub(crate) fn pass(&mut self) {
        self.next = self.draw();
    }

    fn draw(&mut self) -> Option<Arrival> {
        loop {
            let second = (self.at / 1e6) as usize;
            let rate = *self.rates.get(second)?;
            let end = (second + 1) as f64 * 1e6;
            // Waiting for an arrival has no memory: where the rate changes, it may begin anew.
            let at = if rate > 0.0 { self.at + self.random.exponential(1e6 / rate) } else { end };
            if at < end {
                self.at = at;
                let work = self.random.erlang4(self.mean).max(1.0) as u32;
                return Some(Arrival { at: at as u64, work });
            }
            self.at = end;
        }
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

    #[test]
    fn arrivals_follow_the_rate() {
        let rates = [vec![100.0; 60], vec![0.0; 60], vec![300.0; 60]].concat();
        let mut arrivals = Arrivals::new(&rates, 100_000.0, 1);
        let mut minutes = [0.0; 3];
        let mut work = 0.0;
        while let Some(arrival) = arrivals.before(u64::MAX) {
            minutes[(arrival.at / 60_000_000) as usize] += 1.0;
            work += f64::from(arrival.work);
            arrivals.pass();
        }
        assert!((minutes[0] / 6_000.0 - 1.0_f64).abs() < 0.05, "{minutes:?}");
        assert_eq!(minutes[1], 0.0);
        assert!((minutes[2] / 18_000.0 - 1.0_f64).abs() < 0.05, "{minutes:?}");
        assert!((work / (minutes[0] + minutes[2]) / 100_000.0 - 1.0).abs() < 0.02);
    }
}
