//! This program again, as a writer that is killed with SIGKILL: again and again over the same folder.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Tells a writer where to write, and from which number on.
const FOLDER: &str = "NARU_TO_WRITE";
const FIRST: &str = "NARU_FIRST";
/// What a SIGKILL may lose.
const LOST: Duration = Duration::from_secs(1);

/// Writers of numbered things.
pub(crate) struct Writers {
    pub(crate) rounds: u64,
    /// Handed over in one go.
    pub(crate) at_once: u64,
}

/// What became of what they handed over.
pub(crate) struct Killed {
    pub(crate) kept: usize,
    /// Of the last moments before the kills.
    pub(crate) lost: u64,
}

impl Writers {
    /// The folder and the first number, when this process is a writer.
    pub(crate) fn is_one() -> Option<(PathBuf, u64)> {
        let folder = std::env::var_os(FOLDER)?;
        Some((folder.into(), std::env::var(FIRST).unwrap().parse().unwrap()))
    }

    /// Writes until killed, and prints up to which number it has handed over.
    pub(crate) fn write(&self, first: u64, mut offer: impl FnMut(Range<u64>)) -> ! {
        let mut number = first;
        loop {
            offer(number..number + self.at_once);
            number += self.at_once;
            println!("{number}");
            std::io::stdout().flush().unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Kills one after the other. `look_at` tells which numbers are in the folder, from the round and up to which number was
    /// handed over.
    pub(crate) fn kill(&self, look_at: impl Fn(&Path, u64, u64) -> BTreeSet<u64>) -> Killed {
        let folder = tempfile::TempDir::new().unwrap();
        let (mut handed_over, mut lost) = (0, 0);
        let mut kept = BTreeSet::new();
        for round in 0..self.rounds {
            let mut writer = Command::new(std::env::current_exe().unwrap())
                .env(FOLDER, folder.path())
                .env(FIRST, handed_over.to_string())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = BufReader::new(writer.stdout.take().unwrap()).lines();
            // Another length of life each time; the kill falls anywhere into the next write.
            let life = Duration::from_millis(450 + 137 * round % 900);
            let born = Instant::now();
            let mut at = Vec::new();
            while born.elapsed() < life {
                let line = said.next().unwrap().unwrap();
                handed_over = line.parse().unwrap_or_else(|_| panic!("{line}"));
                at.push((Instant::now(), handed_over));
            }
            let killed = Instant::now();
            writer.kill().unwrap();
            writer.wait().unwrap();
            // What it handed over and printed before the kill but was not read.
            handed_over =
                said.map_while(Result::ok).filter_map(|line| line.parse().ok()).last().unwrap_or(handed_over);
            // All that was handed over more than a second before the kill must be there.
            let old = |(when, _): &&(Instant, u64)| killed.duration_since(*when) > LOST;
            let safe = at.iter().rev().find(old).map(|(_, number)| *number);
            let found = look_at(folder.path(), round, handed_over);
            assert!(kept.is_subset(&found), "something that was there before is gone");
            let first = at.first().map_or(0, |(_, number)| *number - self.at_once);
            let missing = (first..safe.unwrap_or(first)).filter(|number| !found.contains(number)).count();
            assert_eq!(missing, 0, "round {round}: {missing} of those older than a second are gone");
            lost += handed_over - first - found.range(first..).count() as u64;
            kept = found;
            // The next one begins where nothing was handed over yet.
            handed_over += self.at_once + 1;
        }
        Killed { kept: kept.len(), lost }
    }
}
