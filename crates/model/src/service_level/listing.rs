//! Which reports there are, how one is asked for, and how it travels.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Kind, Outcome};
use crate::alert::NoticeState;
use crate::language::Language;
use crate::series::Subject;
use crate::units::Timestamp;

/// The periods of which there is anything, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportListing)]
pub struct Listing {
    pub reports: Vec<Listed>,
}

/// One period in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ListedReport)]
pub struct Listed {
    pub kind: Kind,
    /// Its first day: `2026-11-20`.
    pub date: String,
    /// Seconds since 1970.
    pub from: u32,
    pub to: u32,
    /// Over, and without a day of which nothing is kept.
    pub complete: bool,
    pub result: Outcome,
    /// 0 to 1; `null` without requests.
    pub availability: Option<f64>,
    /// 0 to 1; `null` without requests.
    pub apdex: Option<f64>,
    pub requests: u64,
    /// To whom it went, the first one first.
    pub sent: Vec<Sent>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SentReport)]
pub struct Sent {
    /// A channel, or `owners`.
    pub to: String,
    /// When it was written.
    pub at: Timestamp,
    /// Of one function or service alone; `null`: of everything.
    #[schema(value_type = Option<String>)]
    pub subject: Option<Subject>,
    pub state: NoticeState,
}

/// Which report a message brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportRef {
    pub kind: Kind,
    /// The period's first day.
    pub date: String,
    /// `null`: of everything.
    #[schema(value_type = Option<String>)]
    pub subject: Option<Subject>,
    #[schema(value_type = String)]
    pub language: Language,
}

/// A report that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub kind: Kind,
    /// Any day of the period, `2026-11-20`; `None`: the latest period that is over.
    pub date: Option<String>,
    /// A function, a service, or everything.
    pub subject: Option<Subject>,
    /// `None`: as the file says.
    pub language: Option<Language>,
    pub format: ReportFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// The figures.
    #[default]
    Json,
    Text,
    Markdown,
    Html,
    Pdf,
    Docx,
    Csv,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no form of a report; write text, json, html, pdf, docx, markdown or csv")]
pub struct FormatError(String);

impl ReportFormat {
    pub const ALL: [ReportFormat; 7] = [
        ReportFormat::Json,
        ReportFormat::Text,
        ReportFormat::Markdown,
        ReportFormat::Html,
        ReportFormat::Pdf,
        ReportFormat::Docx,
        ReportFormat::Csv,
    ];

    pub fn word(self) -> &'static str {
        match self {
            ReportFormat::Json => "json",
            ReportFormat::Text => "text",
            ReportFormat::Markdown => "markdown",
            ReportFormat::Html => "html",
            ReportFormat::Pdf => "pdf",
            ReportFormat::Docx => "docx",
            ReportFormat::Csv => "csv",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            ReportFormat::Json => "application/json",
            ReportFormat::Text => "text/plain; charset=utf-8",
            ReportFormat::Markdown => "text/markdown; charset=utf-8",
            ReportFormat::Html => "text/html; charset=utf-8",
            ReportFormat::Pdf => "application/pdf",
            ReportFormat::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ReportFormat::Csv => "text/csv; charset=utf-8",
        }
    }

    /// How names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            ReportFormat::Text => "txt",
            ReportFormat::Markdown => "md",
            other => other.word(),
        }
    }
}

impl FromStr for ReportFormat {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<ReportFormat, FormatError> {
        let found = ReportFormat::ALL.into_iter().find(|format| format.word() == text);
        found.ok_or_else(|| FormatError(text.to_owned()))
    }
}

/// A report as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// `naru-daily-2026-11-20.pdf`
    pub name: String,
    pub media_type: &'static str,
    pub content: Vec<u8>,
}
