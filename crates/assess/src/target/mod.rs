//! The target model: a whole naru.yaml for one system, each number with what it rests on. It is a beginning that runs once commands are
//! filled in, and that measured load corrects.

mod ahead;
mod size;
#[cfg(test)]
mod tests;
mod write;

use std::time::Duration;

use serde::Serialize;

use crate::log::findings::Findings;
use crate::questionnaire::Questionnaire;
use naru_model::language::Language;

pub use ahead::{Usual, schedules};
pub use size::{AT_A_TIME, MAX_INSTANCES, UTILISATION};

/// What the system is to become.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    pub platform: String,
    pub system: String,
    /// At least one; each runs one function or what is left.
    pub services: Vec<Service>,
    pub links: Vec<Link>,
    /// What was given and is left out, with why.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Service {
    pub name: String,
    pub title: String,
    /// Whom to tell; empty when nobody said.
    pub owner: String,
    /// Paths that lead to it: `/booking/**`.
    pub paths: Vec<String>,
    /// Why it is a service of its own.
    pub why: String,
    pub min: u32,
    pub max: u32,
    /// What the bounds rest on.
    pub sized_by: String,
    /// Requests in flight to one instance.
    pub per_instance: u32,
    /// Requests that wait when all instances are full.
    pub queue: u32,
    pub queue_why: String,
    pub apdex_t: Duration,
    pub apdex_why: String,
    pub p95: Duration,
    pub schedules: Vec<Schedule>,
}

/// Instances on top, ahead of a peak that comes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// Five fields of a crontab.
    pub at: String,
    /// The log's own, as an IANA name.
    pub zone: String,
    pub hours: u32,
    pub add: u32,
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    pub name: String,
    pub url: String,
}

/// The target of one system, from its questionnaire and, where there is one, its access log.
pub fn of(q: &Questionnaire, log: Option<&Findings>) -> Target {
    size::of(q, log)
}

impl Target {
    /// As a naru.yaml, with a comment on what each number rests on.
    pub fn yaml(&self, language: Language) -> String {
        write::write(self, language)
    }
}
