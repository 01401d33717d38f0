//! Which files ClickHouse has. Kept on the disk, so that a new server goes on where the last one ended.
//!
//! Without it nothing would be doubled, because rows that are there are not sent again; it spares the asking, and it knows
//! what has gone before it was sent.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use naru_model::stored::{File, Kind};
use serde::{Deserialize, Serialize};

/// In the folder of telemetry.
const NAME: &str = "clickhouse.json";

/// Rows by what they are.
pub(super) type Rows = BTreeMap<Kind, u64>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ledger {
    path: PathBuf,
    kept: Kept,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// The machine and the folder that it was begun for: stays when the folder is moved.
    store: String,
    /// The ClickHouse that all this is about.
    target: String,
    shipped: BTreeSet<String>,
    waiting: BTreeMap<String, (Kind, u64)>,
    /// Rows of files that went before they were sent.
    lost: Rows,
}

impl Ledger {
    /// What an earlier server left, or a new one.
    pub(super) fn read(folder: &Path) -> Ledger {
        let path = folder.join(NAME);
        let kept = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                eprintln!("naru: {} begins anew, it can't be read: {error}", path.display());
                Kept::default()
            }),
            Err(_) => Kept::default(),
        };
        let mut ledger = Ledger { path, kept };
        if ledger.kept.store.is_empty() {
            let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
            ledger.kept.store = format!("{machine}:{}", folder.display());
        }
        ledger
    }

    /// Written whole or not at all.
    pub(super) fn write(&self) -> io::Result<()> {
        let beside = self.path.with_extension("json.part");
        std::fs::write(&beside, serde_json::to_vec(&self.kept)?)?;
        std::fs::rename(beside, &self.path)
    }

    pub(super) fn store(&self) -> &str {
        &self.kept.store
    }

    pub(super) fn lost(&self) -> &Rows {
        &self.kept.lost
    }

    pub(super) fn waiting(&self) -> usize {
        self.kept.waiting.len()
    }

    pub(super) fn is_waiting(&self, file: &File) -> bool {
        self.kept.waiting.contains_key(&file.name)
    }

    /// Is about this ClickHouse from now on: another one has nothing yet.
    pub(super) fn follow(&mut self, target: &str) {
        if self.kept.target != target {
            self.kept.target = target.to_owned();
            self.kept.shipped.clear();
        }
    }

    /// Takes in which files are there. Returns the rows of those that have gone and never were sent, and whether anything is
    /// not as it was.
    pub(super) fn look(&mut self, files: &[File]) -> (Rows, bool) {
        let names: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let Kept { shipped, waiting, lost, .. } = &mut self.kept;
        let before = (shipped.len(), waiting.len());
        shipped.retain(|name| names.contains(name.as_str()));
        let mut gone = Rows::new();
        waiting.retain(|name, (kind, rows)| {
            let is_here = names.contains(name.as_str());
            if !is_here {
                *gone.entry(*kind).or_default() += *rows;
            }
            is_here
        });
        gone.iter().for_each(|(kind, rows)| *lost.entry(*kind).or_default() += rows);
        let new =
            files.iter().filter(|file| !shipped.contains(&file.name) && !waiting.contains_key(&file.name));
        let new: Vec<_> = new.map(|file| (file.name.clone(), (file.kind, file.rows))).collect();
        let changed = before != (shipped.len(), waiting.len()) || !new.is_empty();
        waiting.extend(new);
        (gone, changed)
    }

    pub(super) fn ship(&mut self, file: &File) {
        self.kept.waiting.remove(&file.name);
        self.kept.shipped.insert(file.name.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naru_model::units::Timestamp;

    fn file(name: &str, rows: u64) -> File {
        let (first, last) = (Timestamp(1), Timestamp(2));
        File { kind: Kind::Spans, name: name.to_owned(), first, last, rows }
    }

    /// In a folder of its own.
    fn ledger(name: &str) -> Ledger {
        let folder = std::env::temp_dir().join(format!("naru-ledger-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Ledger::read(&folder)
    }

    #[test]
    fn what_goes_before_it_was_sent_is_lost_once() {
        let mut ledger = ledger("lost");
        ledger.follow("there");
        let (a, b) = (file("a", 10), file("b", 7));
        assert_eq!(ledger.look(&[a.clone(), b.clone()]), (Rows::new(), true));
        assert_eq!(ledger.look(&[a.clone(), b.clone()]), (Rows::new(), false));
        ledger.ship(&a);
        assert!(!ledger.is_waiting(&a) && ledger.is_waiting(&b));
        assert_eq!(ledger.look(&[]), (Rows::from([(Kind::Spans, 7)]), true));
        assert_eq!(ledger.look(&[]), (Rows::new(), false));
        assert_eq!((ledger.lost(), ledger.waiting()), (&Rows::from([(Kind::Spans, 7)]), 0));
    }

    #[test]
    fn it_reads_back_and_another_clickhouse_has_nothing() {
        let mut first = ledger("back");
        first.follow("there");
        let a = file("a", 10);
        first.look(std::slice::from_ref(&a));
        first.ship(&a);
        first.write().unwrap();
        let mut second = ledger("back");
        assert_eq!(second, first);
        second.follow("there");
        assert_eq!(second.look(std::slice::from_ref(&a)), (Rows::new(), false));
        second.follow("elsewhere");
        second.look(std::slice::from_ref(&a));
        assert!(second.is_waiting(&a));
        assert_eq!(second.store(), first.store());
    }
}
