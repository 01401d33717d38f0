//! What a period came to: the figures, beside those of the period before and the goals. Reports are written from it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Kind;
use crate::alert::{self, Text};
use crate::apdex::Apdex;
use crate::name::ServiceName;
use crate::scaling::By;
use crate::series::Subject;
use crate::units::Timestamp;

/// One period of one platform. Times without a unit in their name are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportSummary)]
pub struct Summary {
    pub platform: String,
    pub kind: Kind,
    /// The first day and the last: `2026-11-20`.
    pub date: String,
    pub last_date: String,
    pub from: u32,
    pub to: u32,
    /// By IANA name, whose days they are.
    pub zone: String,
    /// How far the data go; before `to` while the period lasts.
    pub until: u32,
    /// Over, and without a missing day.
    pub complete: bool,
    /// Days of which nothing is kept: naru did not run, or did not exist yet.
    pub missing: Vec<String>,
    /// The same of the period before, if anything is kept of it.
    #[serde(default)]
    pub missing_before: Vec<String>,
    /// When the first thing was seen, if that is later than the period's begin by more than a minute.
    pub seen_from: Option<u32>,
    /// Seconds in which somebody looked.
    pub observed_seconds: u64,
    /// The longest stretch that outages are told by, in seconds; 60 but for days that were added up late.
    pub stretch_seconds: u32,
    pub result: Outcome,
    /// Everything first, then functions and services by name.
    pub subjects: Vec<SubjectSummary>,
    pub incidents: Vec<Incident>,
    /// Alerts that stand beside no incident, the warnings.
    pub warnings: u32,
    pub changes: Vec<Change>,
    pub scaled: Vec<Scaled>,
    /// Changes and incidents that are only counted: of each day so many are kept.
    pub more: u32,
}

/// Whether what was promised was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(as = GoalOutcome)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Missed,
    Met,
    NoGoal,
    /// There were no requests to tell it by.
    NoData,
}

/// What one thing came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SubjectSummary {
    /// `all`, `function:NAME` or `service:NAME`.
    #[schema(value_type = String)]
    pub subject: Subject,
    pub title: Text,
    /// Of a function: where its routes lead.
    #[schema(value_type = Vec<String>)]
    pub services: Vec<ServiceName>,
    pub result: Outcome,
    /// One for each goal there is.
    pub checks: Vec<Check>,
    pub now: Figures,
    /// Of the period before; `null`: nothing is kept of it.
    pub before: Option<Figures>,
    /// By hours; by days of a month.
    pub pieces: Vec<Piece>,
}

/// A goal and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    pub target: Target,
    /// A share from 0 to 1, or seconds.
    pub goal: f64,
    pub value: Option<f64>,
    pub result: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = GoalTarget)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Availability,
    Apdex,
    P95,
}

/// The figures of a period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportFigures)]
pub struct Figures {
    pub requests: u64,
    /// Failed by the client's fault: they count as answered.
    pub client_errors: u64,
    pub service_errors: u64,
    pub platform_errors: u64,
    /// The share of requests that did not fail by our fault, 0 to 1; `null` without requests.
    pub availability: Option<f64>,
    /// Minutes in which far too many requests failed by our fault.
    pub down_minutes: u32,
    pub outages: u32,
    pub apdex: Apdex,
    /// Of the response times, in seconds; `null` without requests.
    pub mean_seconds: Option<f64>,
    pub p50_seconds: Option<f64>,
    pub p95_seconds: Option<f64>,
    pub p99_seconds: Option<f64>,
    /// Distinct users within 5 %; `null`: not known of all of the period.
    pub users: Option<u64>,
    /// Of bodies, from clients and to them.
    pub received_bytes: u64,
    pub sent_bytes: u64,
    /// Ready instances, least and most. Of services and of everything.
    pub instances_least: Option<u32>,
    pub instances_most: Option<u32>,
    pub instance_hours: Option<f64>,
    pub cpu_core_hours: Option<f64>,
    /// Of the places for requests the share taken, mean and the fullest minute, 0 to 1. Of services.
    pub places_mean: Option<f64>,
    pub places_most: Option<f64>,
}

/// An hour or a day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportPiece)]
pub struct Piece {
    pub at: u32,
    pub seconds: u32,
    pub requests: u64,
    /// By our fault.
    pub failed: u64,
    pub mean_seconds: Option<f64>,
    pub p95_seconds: Option<f64>,
    /// Ready instances, the most.
    pub instances: Option<u32>,
}

/// Something that went wrong: an outage, with the alerts that came with it, or a critical alert by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Incident {
    #[schema(value_type = String)]
    pub subject: Subject,
    pub title: Text,
    pub from: u32,
    /// `null`: it lasts.
    pub to: Option<u32>,
    /// Requests that failed by our fault in it; 0: users saw nothing of it.
    pub failed: u64,
    pub requests: u64,
    /// What it was found by: `null` for an outage without an alert.
    pub what: Option<Text>,
    /// The likeliest; `null`: nobody knows.
    pub cause: Option<Text>,
    pub alerts: Vec<u64>,
}

/// A deployment, what became of it, and other changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportedChange)]
pub struct Change {
    pub at: Timestamp,
    pub kind: ChangeKind,
    #[schema(value_type = Option<String>)]
    pub service: Option<ServiceName>,
    pub what: Text,
    pub by: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportedChangeKind)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Deployment,
    /// It was given up and taken back.
    Failed,
    Rollback,
    /// naru.yaml.
    File,
    /// naru itself.
    Upgrade,
}

/// How one service was scaled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportedScaling)]
pub struct Scaled {
    #[schema(value_type = String)]
    pub service: ServiceName,
    pub grown: u32,
    pub shrunk: u32,
    /// By what, and how often.
    pub by: Vec<(By, u32)>,
}

impl Figures {
    /// By our fault.
    pub fn failed(&self) -> u64 {
        self.service_errors.saturating_add(self.platform_errors)
    }
}

impl Summary {
    /// What there is of everything together.
    pub fn all(&self) -> Option<&SubjectSummary> {
        self.of(&Subject::All)
    }

    pub fn of(&self, subject: &Subject) -> Option<&SubjectSummary> {
        self.subjects.iter().find(|one| one.subject == *subject)
    }
}

impl alert::Text {
    /// The same in both languages.
    pub fn same(text: &str) -> alert::Text {
        alert::Text { ko: text.to_owned(), en: text.to_owned() }
    }

    pub fn of(&self, language: crate::language::Language) -> &str {
        language.pick(&self.ko, &self.en)
    }
}
