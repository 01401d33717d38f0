//! Many systems at once: which of them are worth moving, and which first. From questionnaires and from a table (CSV); to a table and
//! a picture.

mod csv;
mod map;
mod table;
#[cfg(test)]
mod tests;
mod words;

use std::cmp::Ordering;

use serde::Serialize;

use crate::questionnaire::Questionnaire;
use crate::verdict::{self, Outcome, Verdict};

pub use table::{Broken, Table, decode};

/// The most systems that one portfolio holds.
pub const MOST: usize = 10_000;

/// Systems in the order in which to look at them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Portfolio {
    pub systems: Vec<Ranked>,
    /// Rows that could not be read, of the tables that were given.
    pub broken: Vec<Broken>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranked {
    /// From 1; nothing for systems that are to stay as they are and for those without a priority.
    pub rank: Option<usize>,
    /// Which of the systems that were given it is, from 1.
    pub given: usize,
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Judges and ranks: first what is to become cloud native, then what can't be told yet, then what stays; each by priority, and where
/// that is the same the larger, more complex, poorer scaling one first, then by name. What is to stay has no rank.
pub fn rank(systems: &[Questionnaire], broken: Vec<Broken>) -> Portfolio {
    let judged = systems.iter().zip(1..).map(|(q, given)| (given, verdict::judge(q, None)));
    let mut verdicts: Vec<(usize, Verdict)> = judged.collect();
    verdicts.sort_by(|(_, a), (_, b)| order(a, b));
    let mut next = 0;
    let ranked = verdicts.into_iter().map(|(given, verdict)| {
        let counts = is_candidate(&verdict) && verdict.priority.score.is_some();
        next += usize::from(counts);
        Ranked { rank: counts.then_some(next), given, verdict }
    });
    Portfolio { systems: ranked.collect(), broken }
}

/// Whether adopting is what the answers say, or may still say.
fn is_candidate(verdict: &Verdict) -> bool {
    verdict.possible.contains(&Outcome::Adopt)
}

fn group(verdict: &Verdict) -> u8 {
    match verdict.outcome {
        Some(Outcome::Adopt) => 0,
        _ if is_candidate(verdict) => 1,
        _ => 2,
    }
}

fn order(a: &Verdict, b: &Verdict) -> Ordering {
    let known = |v: &Verdict| v.priority.score.unwrap_or(-1.0);
    let value = |grade: Option<crate::priority::Grade>| grade.map_or(0.0, |grade| grade.value);
    let larger = |of: fn(&Verdict) -> Option<crate::priority::Grade>| value(of(b)).total_cmp(&value(of(a)));
    group(a)
        .cmp(&group(b))
        .then_with(|| known(b).total_cmp(&known(a)))
        .then_with(|| larger(|v| v.priority.size))
        .then_with(|| larger(|v| v.priority.complexity))
        .then_with(|| value(a.priority.scalability).total_cmp(&value(b.priority.scalability)))
        .then_with(|| a.name.cmp(&b.name))
}
