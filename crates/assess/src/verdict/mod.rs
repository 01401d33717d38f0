//! Is it worth moving? The verdict over one questionnaire, with the evidence of each answer, what is open, and what would change it.

mod change;
mod decide;
mod proof;
#[cfg(test)]
mod tests;
mod words;

use serde::{Deserialize, Serialize};

use crate::log::findings::Findings;
use crate::maturity::{self, Maturity};
use crate::priority::{self, Priority};
use crate::questionnaire::{Choice, Goal, Questionnaire, SELF_CHECK, goal};
use crate::suits::{self, Suits};

pub use decide::{ADOPT_FROM, KEEP_OUTRIGHT_TO, Outcome, possible};
pub use proof::{FREQUENT, MANY_USERS, Proof, RARE, Source, local, often, proofs};

/// The verdict over one system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub system: String,
    pub name: String,
    /// Nothing while unknown answers leave more than one open.
    pub outcome: Option<Outcome>,
    /// What the answers may still come to; one when they decide.
    pub possible: Vec<Outcome>,
    pub cloud_target: Asked,
    pub renewal: Asked,
    /// Of the self-check, as counted.
    pub yes: usize,
    pub no: usize,
    pub unknown: usize,
    pub goals: Vec<GoalCount>,
    pub answers: Vec<Judged>,
    /// What would come out if proofs counted where they contradict an answer; nothing when none does.
    pub if_proofs_counted: Option<Vec<Outcome>>,
    /// What would change it, in words of the questionnaire's language.
    pub changes: Vec<String>,
    pub suits: Suits,
    pub priority: Priority,
    pub maturity: Maturity,
}

/// A question of the flow before the self-check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub answer: Choice,
    pub evidence: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalCount {
    pub goal: Goal,
    pub yes: usize,
    pub no: usize,
    pub unknown: usize,
}

/// An answer of the self-check, with what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// From 1.
    pub number: usize,
    pub key: String,
    pub goal: Goal,
    pub question: String,
    /// What a person said.
    pub given: Choice,
    /// What counts: what was given, or else what is proved.
    pub counted: Choice,
    /// Who filled it in, when nobody gave it.
    pub filled_by: Option<Source>,
    pub evidence: String,
    pub proofs: Vec<Proof>,
    /// A proof says otherwise than the person.
    pub contradicted: bool,
}

impl Judged {
    /// Whether anything but the person's word stands behind it.
    pub fn is_shown(&self) -> bool {
        !self.evidence.is_empty() || self.proofs.iter().any(|proof| proof.proves == self.counted)
    }

    /// What would count if proofs went before the person's word.
    fn proved(&self) -> Choice {
        proved(&self.proofs).map_or(self.counted, |(choice, _)| choice)
    }
}

/// Judges one system, with what its access log shows if there is one.
pub fn judge(q: &Questionnaire, log: Option<&Findings>) -> Verdict {
    let all = proofs(q, log);
    let answers: Vec<Judged> = (0..SELF_CHECK.len()).map(|i| answer(q, i, &all)).collect();
    let count = |choice| answers.iter().filter(|a| a.counted == choice).count();
    let (yes, unknown) = (count(Choice::Yes), count(Choice::Unknown));
    let open = possible(q.cloud_target.choice, q.renewal.choice, yes, unknown);
    let outcome = if open.len() == 1 { open.first().copied() } else { None };
    let mut verdict = Verdict {
        system: q.system.clone(),
        name: q.name.as_str().to_owned(),
        outcome,
        possible: open.into_iter().collect(),
        cloud_target: asked(&q.cloud_target),
        renewal: asked(&q.renewal),
        yes,
        no: count(Choice::No),
        unknown,
        goals: Goal::ALL.map(|goal| goal_count(goal, &answers)).to_vec(),
        if_proofs_counted: if_proofs_counted(q, &answers),
        changes: Vec::new(),
        suits: suits::judge(q, log, &answers),
        priority: priority::of(q, log),
        maturity: maturity::of(q, outcome),
        answers,
    };
    verdict.changes = change::changes(&verdict, q.language);
    verdict
}

fn asked(answer: &crate::questionnaire::Answer) -> Asked {
    Asked { answer: answer.choice, evidence: answer.evidence.clone() }
}

fn answer(q: &Questionnaire, index: usize, all: &[Proof]) -> Judged {
    let (question, given) = (&SELF_CHECK[index], &q.self_check[index]);
    let proofs: Vec<Proof> = all.iter().filter(|proof| proof.number == index + 1).cloned().collect();
    let found = proved(&proofs);
    let filled = found.filter(|_| given.choice == Choice::Unknown);
    let against = |proof: &Proof| proof.proves != Choice::Unknown && proof.proves != given.choice;
    Judged {
        number: index + 1,
        key: question.key.to_owned(),
        goal: goal(index),
        question: question.text.of(q.language).to_owned(),
        given: given.choice,
        counted: filled.map_or(given.choice, |(choice, _)| choice),
        filled_by: filled.map(|(_, source)| source),
        evidence: given.evidence.clone(),
        contradicted: given.choice != Choice::Unknown && proofs.iter().any(against),
        proofs,
    }
}

/// What proofs agree on; nothing when there are none or they stand against each other.
fn proved(proofs: &[Proof]) -> Option<(Choice, Source)> {
    let mut proving = proofs.iter().filter(|proof| proof.proves != Choice::Unknown);
    let first = proving.next()?;
    let agreed = proving.clone().all(|other| other.proves == first.proves);
    // The log is the stronger witness: it is named where both say the same.
    let source = if proving.any(|other| other.source == Source::Log) { Source::Log } else { first.source };
    agreed.then_some((first.proves, source))
}

fn if_proofs_counted(q: &Questionnaire, answers: &[Judged]) -> Option<Vec<Outcome>> {
    if !answers.iter().any(|a| a.contradicted) {
        return None;
    }
    let count = |choice| answers.iter().filter(|a| a.proved() == choice).count();
    let open = possible(q.cloud_target.choice, q.renewal.choice, count(Choice::Yes), count(Choice::Unknown));
    Some(open.into_iter().collect())
}

fn goal_count(goal: Goal, answers: &[Judged]) -> GoalCount {
    let count = |choice| answers.iter().filter(|a| a.goal == goal && a.counted == choice).count();
    GoalCount { goal, yes: count(Choice::Yes), no: count(Choice::No), unknown: count(Choice::Unknown) }
}
