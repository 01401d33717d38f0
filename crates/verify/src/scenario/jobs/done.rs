//! What the service did, read from its journal while it grows.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The route whose calls are jobs: `POST /work/NUMBER`.
pub(super) const WORK: &str = "/work/";
/// The route that the consumer calls; the message is the body: `message NUMBER`.
pub(super) const CONSUMED: &str = "/consumed";
pub(super) const MESSAGE: &str = "message ";

/// How often each number was done.
#[derive(Debug, Default)]
pub(super) struct Done {
    path: PathBuf,
    read: u64,
    /// The end of what was read, when it is no whole line yet.
    rest: Vec<u8>,
    pub(super) jobs: HashMap<usize, usize>,
    pub(super) messages: HashMap<usize, usize>,
}

impl Done {
    pub(super) fn new(path: &Path) -> Done {
        Done { path: path.to_owned(), ..Done::default() }
    }

    /// Takes in what came since.
    pub(super) fn read_on(&mut self) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut new = Vec::new();
        self.read += file.read_to_end(&mut new)? as u64;
        self.take(&new);
        Ok(())
    }

    fn take(&mut self, new: &[u8]) {
        self.rest.extend_from_slice(new);
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.rest.drain(..whole).collect();
        for line in String::from_utf8_lossy(&lines).lines() {
            self.count(line);
        }
    }

    fn count(&mut self, line: &str) {
        let mut words = line.splitn(3, ' ').skip(1);
        let (target, body) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let of = |text: &str, start: &str| text.strip_prefix(start)?.parse::<usize>().ok();
        if let Some(number) = of(target, WORK) {
            *self.jobs.entry(number).or_default() += 1;
        } else if let Some(number) = of(body, MESSAGE).filter(|_| target == CONSUMED) {
            *self.messages.entry(number).or_default() += 1;
        }
    }
}

/// How many were done more than once.
pub(super) fn twice(done: &HashMap<usize, usize>) -> usize {
    done.values().filter(|times| **times > 1).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_once_they_are_whole() {
        let mut done = Done::new(Path::new("/nowhere"));
        done.take(b"POST /work/7 job 7\nPOST /consumed message 3\nPOST /wo");
        done.take(b"rk/7 job 7\nGET /else x\n");
        assert_eq!((done.jobs.get(&7), done.messages.get(&3)), (Some(&2), Some(&1)));
        assert_eq!((done.jobs.len(), done.messages.len()), (1, 1));
        assert_eq!((twice(&done.jobs), twice(&done.messages)), (1, 0));
    }
}
