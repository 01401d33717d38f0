//! A questionnaire about one system: the file that `naru assess new` writes, people fill in, and every other part of `naru assess`
//! reads.

mod figures;
mod questions;
mod read;
mod refusal;
#[cfg(test)]
mod tests;
mod write;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use naru_model::name::ServiceName;
use serde::{Deserialize, Serialize};

use naru_model::language::Language;

pub use figures::{About, Figure, number};
pub use questions::{CLOUD_TARGET, COUNT, Goal, Question, RENEWAL, SELF_CHECK, goal};
pub use refusal::Refusal;

/// The longest questionnaire, in bytes.
pub const MAX_FILE: u64 = 1 << 20;

/// What is known of one system.
#[derive(Debug, Clone, PartialEq)]
pub struct Questionnaire {
    pub language: Language,
    /// What people call it.
    pub system: String,
    /// What files and services call it: lower-case letters, digits and hyphens.
    pub name: ServiceName,
    /// Whether it serves the public rather than the agency itself.
    pub public_service: Choice,
    pub cloud_target: Answer,
    pub renewal: Answer,
    pub self_check: [Answer; COUNT],
    /// Those that are known.
    pub figures: BTreeMap<Figure, f64>,
    /// Business functions, for the target model. Empty: as the access log has them, or one for all.
    pub functions: Vec<Function>,
    pub links: Vec<Link>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    pub choice: Choice,
    /// What shows it: a document, a figure, who said so.
    pub evidence: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    Yes,
    No,
    #[default]
    Unknown,
}

/// A business function that the system has.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    pub name: ServiceName,
    /// What people call it.
    pub title: String,
    /// Where it is found: `/booking/**`.
    pub path: String,
    /// Whom to tell.
    pub owner: String,
}

/// An outside system that it is linked to.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub name: ServiceName,
    pub url: String,
}

/// What is wrong with a questionnaire, and in which line of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Error {
    /// From 1.
    pub line: usize,
    pub what: Refusal,
}

impl Error {
    pub(crate) fn at(line: usize, ko: impl Into<String>, en: impl Into<String>) -> Error {
        Error { line, what: Refusal::new(ko, en) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no answer; write yes, no or unknown (예, 아니오, 모름)")]
pub struct NoChoice(String);

impl Choice {
    pub fn of(yes: bool) -> Choice {
        if yes { Choice::Yes } else { Choice::No }
    }

    pub fn word(self, language: Language) -> &'static str {
        match self {
            Choice::Yes => language.pick("예", "yes"),
            Choice::No => language.pick("아니오", "no"),
            Choice::Unknown => language.pick("모름", "unknown"),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word(Language::En))
    }
}

impl FromStr for Choice {
    type Err = NoChoice;

    /// Reads what people write: yes, no and unknown in both languages, letters and marks for them.
    fn from_str(text: &str) -> Result<Choice, NoChoice> {
        match text.trim().to_lowercase().as_str() {
            "yes" | "y" | "true" | "o" | "예" | "네" | "1" => Ok(Choice::Yes),
            "no" | "n" | "false" | "x" | "아니오" | "아니요" | "0" => Ok(Choice::No),
            "" | "unknown" | "?" | "-" | "모름" => Ok(Choice::Unknown),
            _ => Err(NoChoice(text.trim().to_owned())),
        }
    }
}

impl Questionnaire {
    /// One that nothing is known of yet.
    pub fn new(language: Language, system: &str, name: ServiceName) -> Questionnaire {
        Questionnaire {
            language,
            system: system.to_owned(),
            name,
            public_service: Choice::Unknown,
            cloud_target: Answer::default(),
            renewal: Answer::default(),
            self_check: Default::default(),
            figures: BTreeMap::new(),
            functions: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Reads a questionnaire.
    ///
    /// # Errors
    /// Everything that is wrong with it, by line.
    pub fn read(text: &str) -> Result<Questionnaire, Vec<Error>> {
        read::read(text)
    }

    /// Writes it as YAML, with each question, its indicator and its unit in a comment.
    pub fn write(&self) -> String {
        write::write(self)
    }

    pub fn figure(&self, figure: Figure) -> Option<f64> {
        self.figures.get(&figure).copied()
    }

    /// The two questions that come before, and the ten: question, answer.
    pub fn asked(&self) -> impl Iterator<Item = (&'static Question, &Answer)> {
        let before = [(&CLOUD_TARGET, &self.cloud_target), (&RENEWAL, &self.renewal)];
        before.into_iter().chain(SELF_CHECK.iter().zip(&self.self_check))
    }

    /// The answer under this key.
    pub fn answer_mut(&mut self, key: &str) -> Option<&mut Answer> {
        match key {
            key if key == CLOUD_TARGET.key => Some(&mut self.cloud_target),
            key if key == RENEWAL.key => Some(&mut self.renewal),
            key => {
                SELF_CHECK.iter().position(|question| question.key == key).map(|i| &mut self.self_check[i])
            }
        }
    }
}
