//! The twelve factors of a service that runs well anywhere: of a source tree, by what stands in its files, and of a running service, by
//! what naru knows of it. A factor is met only by something found; where nothing is found it can't be told.
//!
//! Source: The Twelve-Factor App (12factor.net).

mod rules;
mod scan;
mod service;
#[cfg(test)]
mod tests;
mod tree;
mod words;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use naru_model::language::Text;

pub use scan::check;
pub use service::{Service, of_service};
pub use tree::{Error, Limits};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    Codebase,
    Dependencies,
    Configuration,
    BackingServices,
    BuildReleaseRun,
    Processes,
    PortBinding,
    Concurrency,
    Disposability,
    Parity,
    Logs,
    AdminProcesses,
}

impl Factor {
    pub const ALL: [Factor; 12] = [
        Factor::Codebase,
        Factor::Dependencies,
        Factor::Configuration,
        Factor::BackingServices,
        Factor::BuildReleaseRun,
        Factor::Processes,
        Factor::PortBinding,
        Factor::Concurrency,
        Factor::Disposability,
        Factor::Parity,
        Factor::Logs,
        Factor::AdminProcesses,
    ];

    /// From 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }
}

/// Whether a factor is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Met,
    NotMet,
    /// Nothing was found that tells.
    CantBeTold,
}

/// Something that speaks for a factor or against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    pub speaks_for: bool,
    #[serde(skip)]
    pub what: Text,
    /// Figures and names that belong to it; never what is behind a password's equals sign.
    pub detail: String,
    /// `src/main/Board.java:12`, from the tree's root; empty when it is no file's.
    pub place: String,
}

/// One factor, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub factor: Factor,
    pub state: State,
    /// What speaks against it first; at most [`SHOWN`] of each kind.
    pub found: Vec<Found>,
    /// How many more there are.
    pub more: usize,
}

/// Findings of one kind that are listed; the others are counted.
pub const SHOWN: usize = 10;

/// All twelve, of one tree or service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factors {
    /// The folder or service.
    pub subject: String,
    pub judged: Vec<Judged>,
    /// Nothing for a running service.
    pub read: Option<Read>,
}

/// What of a tree was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Read {
    pub files: u64,
    pub bytes: u64,
    /// Links, which are never followed.
    pub links: u64,
    /// Files that are too large, or came after the limit, or could not be read.
    pub left_out: u64,
}

/// Judges by what was found: anything against it is stronger than what speaks for it. `uncounted`: by factor, how many more there
/// were than are in `found`.
fn judge(
    subject: &str,
    mut found: Vec<(Factor, Found)>,
    uncounted: &HashMap<Factor, usize>,
    read: Option<Read>,
) -> Factors {
    // The order in which folders are read is nobody's business.
    found.sort_by(|(_, a), (_, b)| (&a.place, a.what.en).cmp(&(&b.place, b.what.en)));
    let one = |factor: Factor| {
        let of = |good: bool| {
            found.iter().filter(move |(f, it)| *f == factor && it.speaks_for == good).map(|(_, it)| it)
        };
        let state = match (of(false).next(), of(true).next()) {
            (Some(_), _) => State::NotMet,
            (None, Some(_)) => State::Met,
            (None, None) => State::CantBeTold,
        };
        let listed: Vec<Found> = of(false).take(SHOWN).chain(of(true).take(SHOWN)).cloned().collect();
        let kept = of(false).count() + of(true).count();
        let more = kept - listed.len() + uncounted.get(&factor).copied().unwrap_or(0);
        Judged { factor, state, found: listed, more }
    };
    Factors { subject: subject.to_owned(), judged: Factor::ALL.map(one).to_vec(), read }
}
