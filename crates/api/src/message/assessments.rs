//! A system under assessment as it travels: its questionnaire, what is asked with it and what comes back. What may stand in a
//! questionnaire is decided by whoever reads it; here is its form alone.

use std::collections::BTreeMap;

use naru_model::language::Language;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Told;

/// The longest body of an assessment, in bytes: findings of a log with each hour of three years.
const MAX_ASSESSMENT: usize = 4 << 20;
/// The longest access log that is analysed for a browser, in bytes. `naru assess logs` takes any.
pub const MAX_LOG: usize = 64 << 20;

/// What is known of one system, as a questionnaire's file has it. What is left out is unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Which language it is written in and answered in.
    pub language: Language,
    /// What people call the system; its name when empty.
    #[serde(default)]
    pub system: String,
    /// What files and services call it: lower-case letters, digits and hyphens.
    #[schema(example = "booking-portal")]
    pub name: String,
    /// Whether it serves the public.
    #[serde(default)]
    pub public_service: Choice,
    /// May it be moved to a cloud at all?
    #[serde(default)]
    pub cloud_target: SheetAnswer,
    /// Does it need renewal?
    #[serde(default)]
    pub renewal: SheetAnswer,
    /// The self-check, by the questions' keys.
    #[serde(default)]
    #[schema(example = json!({"frequent_change": {"answer": "yes", "evidence": "record of changes"}}))]
    pub self_check: BTreeMap<String, SheetAnswer>,
    /// Those that are known, by their keys.
    #[serde(default)]
    #[schema(example = json!({"users_a_day": 130000}))]
    pub figures: BTreeMap<String, f64>,
    #[serde(default)]
    pub functions: Vec<SheetFunction>,
    #[serde(default)]
    pub links: Vec<SheetLink>,
}

/// An answer with what shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetAnswer {
    #[serde(default)]
    pub answer: Choice,
    /// A document, a figure, who said so and when.
    #[serde(default)]
    pub evidence: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    Yes,
    No,
    #[default]
    Unknown,
}

/// A business function that the system has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetFunction {
    pub name: String,
    /// What people call it.
    #[serde(default)]
    pub title: String,
    #[schema(example = "/booking/**")]
    pub path: String,
    /// Whom to tell.
    #[serde(default)]
    pub owner: String,
}

/// An outside system that it is linked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetLink {
    pub name: String,
    #[schema(example = "https://link.example.go.kr")]
    pub url: String,
}

/// The body of `POST /v1/assessments/verdict` and `/report`: a questionnaire, in one of its three forms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessRequest {
    #[serde(default)]
    pub questionnaire: Option<Sheet>,
    /// The content of a questionnaire's file instead.
    #[serde(default)]
    pub yaml: Option<String>,
    /// A table of systems instead, as `POST /v1/assessments/portfolio` takes it, of which one is meant.
    #[serde(default)]
    pub table: Option<TableRow>,
    /// In which language to answer and to refuse; the questionnaire's own when not given, and English for refusing a file.
    #[serde(default)]
    pub language: Option<Language>,
    /// What `naru assess logs --json` or `POST /v1/assessments/logs` found in the system's access log.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub findings: Option<Value>,
}

/// One system of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TableRow {
    /// The table's text.
    pub text: String,
    /// Which of its systems, as the ranking's `given` says.
    #[schema(minimum = 1, example = 1)]
    pub given: u32,
}

/// A system as it is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Assessed {
    pub questionnaire: Sheet,
    /// The questionnaire's file, as `naru assess verdict` reads it.
    pub yaml: String,
    /// As `naru assess verdict --format json` prints it.
    #[schema(value_type = Object)]
    pub verdict: Value,
}

/// The query of `GET /v1/assessments/questions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QuestionsParams {
    /// In which language.
    #[serde(default = "korean")]
    #[param(required = false, inline, default = "ko")]
    pub language: Language,
}

fn korean() -> Language {
    Language::Ko
}

/// The query of `POST /v1/assessments/logs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogParams {
    /// In which language to say why a log can't be read.
    #[serde(default = "english")]
    #[param(required = false, inline, default = "en")]
    pub language: Language,
}

fn english() -> Language {
    Language::En
}

/// Everything that is asked of a system, and the words that verdicts are told in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Questions {
    /// What comes before the self-check; a no to either ends it.
    pub before: Vec<AskedQuestion>,
    /// The self-check of ten, by goal.
    pub goals: Vec<QuestionGoal>,
    pub figures: Vec<AskedFigure>,
    /// So many yes or more: adopt.
    pub adopt_from: u32,
    /// What a verdict's `outcome` and `possible` say, by their keys.
    pub outcomes: BTreeMap<String, String>,
    /// What `suits.conclusion` says.
    pub conclusions: BTreeMap<String, String>,
    /// What `suits.traits` are about.
    pub traits: BTreeMap<String, String>,
    /// The application's, then the infrastructure's.
    pub maturity: Vec<MaturitySide>,
    /// How the priority is reckoned.
    pub priority: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuestionGoal {
    pub key: String,
    pub name: String,
    pub questions: Vec<AskedQuestion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AskedQuestion {
    /// Of the self-check, from 1; 0 for what comes before it.
    pub number: u32,
    /// Its key in a questionnaire and column in a table.
    pub key: String,
    pub text: String,
    /// What shows the answer, and where it is found.
    pub indicator: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AskedFigure {
    pub key: String,
    pub text: String,
    pub unit: String,
    pub least: f64,
    pub most: f64,
    /// Whether parts of one make no sense.
    pub whole: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MaturitySide {
    /// `application` or `infrastructure`.
    pub side: String,
    pub name: String,
    /// What levels 0 to 3 are.
    pub levels: Vec<String>,
    pub steps: Vec<MaturityStep>,
}

/// What it takes to get one level higher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MaturityStep {
    /// 1 to 3.
    pub to: u32,
    pub work: String,
    /// What naru does of it.
    pub naru: String,
}

/// The query of `POST /v1/assessments/report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssessmentReportParams {
    /// What the report is about.
    #[serde(default)]
    #[param(required = false, inline)]
    pub kind: AssessmentKind,
    /// The target model is YAML whatever is asked for.
    #[serde(default)]
    #[param(required = false, inline)]
    pub format: AssessmentFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AssessmentKind {
    /// Whether it is worth moving, with the evidence.
    #[default]
    Verdict,
    /// The naru.yaml that it is to become.
    Target,
    /// The requirement rows of the tender.
    Tender,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AssessmentFormat {
    #[default]
    Html,
    Pdf,
    Docx,
    Csv,
    Markdown,
    Text,
}

/// A file that somebody takes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    pub media_type: &'static str,
    /// How its name ends, without a dot.
    pub ending: &'static str,
    pub content: Vec<u8>,
}

/// The body of `POST /v1/assessments/portfolio`: many systems, one a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PortfolioRequest {
    /// Comma-separated values whose first row names the columns.
    #[schema(example = "system,cloud_target,renewal,q1\nBooking portal,yes,yes,yes\n")]
    pub table: String,
    /// In which language to answer.
    #[serde(default = "korean")]
    #[schema(default = "ko")]
    pub language: Language,
}

/// The query of `POST /v1/assessments/portfolio`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PortfolioParams {
    /// As JSON, or as a report.
    #[serde(default)]
    #[param(required = false, inline)]
    pub format: PortfolioFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PortfolioFormat {
    #[default]
    Json,
    Html,
    Pdf,
    Docx,
    Csv,
    Markdown,
    Text,
}

impl PortfolioFormat {
    /// `None`: as JSON, which is no report.
    pub(crate) fn report(self) -> Option<AssessmentFormat> {
        match self {
            PortfolioFormat::Json => None,
            PortfolioFormat::Html => Some(AssessmentFormat::Html),
            PortfolioFormat::Pdf => Some(AssessmentFormat::Pdf),
            PortfolioFormat::Docx => Some(AssessmentFormat::Docx),
            PortfolioFormat::Csv => Some(AssessmentFormat::Csv),
            PortfolioFormat::Markdown => Some(AssessmentFormat::Markdown),
            PortfolioFormat::Text => Some(AssessmentFormat::Text),
        }
    }
}

/// Systems in the order in which to look at them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RankedSystems {
    pub systems: Vec<RankedSystem>,
    /// Rows that could not be read.
    pub broken: Vec<BrokenRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RankedSystem {
    /// From 1; nothing for what is to be kept and for what lacks a grade.
    pub rank: Option<u32>,
    /// Which of the table's systems that can be read it is, from 1.
    pub given: u32,
    pub system: String,
    pub name: String,
    /// Nothing while unknown answers leave more than one open.
    pub outcome: Option<String>,
    pub possible: Vec<String>,
    pub yes: u32,
    pub no: u32,
    pub unknown: u32,
    pub size: Option<SystemGrade>,
    pub complexity: Option<SystemGrade>,
    pub scalability: Option<SystemGrade>,
    /// 0 to 100; nothing while a grade is missing.
    pub score: Option<f64>,
}

/// A grade from 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemGrade {
    pub value: f64,
    /// Not given by anybody but estimated from a figure.
    pub estimated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BrokenRow {
    /// From 1, the head among them.
    pub line: u32,
    pub what: String,
}

impl Told for AssessRequest {
    const MOST: usize = MAX_ASSESSMENT;

    /// Nothing is kept of what changes nothing.
    fn told(&self) -> String {
        String::new()
    }
}

impl Told for PortfolioRequest {
    const MOST: usize = MAX_ASSESSMENT;

    fn told(&self) -> String {
        String::new()
    }
}
