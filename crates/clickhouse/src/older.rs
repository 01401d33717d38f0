//! Which rows of ClickHouse are wanted: those of files that are kept here no longer.
//!
//! Files go by the last time in them, the oldest first. So what has gone ended before the earliest last time of those that are
//! still here, and what of these reaches back behind it is told by name.

use naru_model::stored::{File, Kind};
use naru_model::units::Timestamp;

use crate::sql::{Where, text};

/// A clock that is ahead may have made times that are to come, in microseconds.
const AHEAD_US: u64 = 86_400_000_000;
const APART_US: u64 = 3_600_000_000;

/// What a row's file is called there: where it was made, and its name.
pub fn id_of(store: &str, file: &str) -> String {
    format!("{store}/{file}")
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Older {
    /// Nothing from here on.
    pub before: Timestamp,
    /// Nothing of these files.
    except: Vec<String>,
}

impl Older {
    /// What is older than the files that are here. Without any, everything up to now.
    pub fn than(kind: Kind, files: &[File], store: &str, now: Timestamp) -> Older {
        let here = || files.iter().filter(|file| file.kind == kind);
        let latest = Timestamp(now.0.saturating_add(AHEAD_US));
        let earliest = here().map(|file| Timestamp(file.last.0.saturating_add(1))).min().unwrap_or(latest);
        let before = earliest.min(latest);
        let except = here().filter(|file| file.first < before).map(|file| id_of(store, &file.name)).collect();
        Older { before, except }
    }

    /// Whether there can be anything that is asked for and not on a page of what was found here already: it may have begun
    /// anywhere from `from` on, and ends with `last` if there are `more`.
    pub fn is_asked(&self, from: Timestamp, more: bool, last: Option<Timestamp>) -> bool {
        from < self.before && !(more && last.is_some_and(|last| last >= self.before))
    }

    /// Whether parts of a trace that began then may be older: others of it may have begun up to an hour earlier.
    pub fn is_near(&self, began: Timestamp) -> bool {
        began.0 < self.before.0.saturating_add(APART_US)
    }

    pub(crate) fn apply(&self, to: &mut Where) {
        if !self.except.is_empty() {
            let names: Vec<String> = self.except.iter().map(|name| text(name)).collect();
            to.and(format_args!("file NOT IN ({})", names.join(", ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: Kind, name: &str, first: u64, last: u64) -> File {
        File { kind, name: name.to_owned(), first: Timestamp(first), last: Timestamp(last), rows: 1 }
    }

    #[test]
    fn what_is_here_is_not_asked_for_again() {
        let files = [
            file(Kind::Transactions, "a", 100, 200),
            file(Kind::Transactions, "b", 190, 300),
            file(Kind::Transactions, "c", 301, 400),
            file(Kind::Logs, "d", 1, 2),
        ];
        let older = Older::than(Kind::Transactions, &files, "host:/state", Timestamp(1000));
        assert_eq!(older.before, Timestamp(201));
        assert_eq!(older.except, ["host:/state/a", "host:/state/b"]);
        let mut conditions = Where::platform("p");
        older.apply(&mut conditions);
        assert_eq!(
            conditions.to_string(),
            "platform = 'p' AND file NOT IN ('host:/state/a', 'host:/state/b')"
        );
        let (at, last) = (Timestamp, |at| Some(Timestamp(at)));
        assert!(older.is_asked(at(0), false, last(300)));
        assert!(!older.is_asked(at(201), false, None));
        assert!(!older.is_asked(at(0), true, last(201)));
        assert!(older.is_asked(at(0), true, last(200)));
    }

    #[test]
    fn without_files_everything_is_older() {
        let older = Older::than(Kind::Spans, &[], "s", Timestamp(1000));
        assert_eq!((older.before, older.except.len()), (Timestamp(1000 + AHEAD_US), 0));
    }
}
