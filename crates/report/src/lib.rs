//! Renders a report of `naru_model::report` for the terminal, as Markdown, as HTML that prints well, as PDF, DOCX and CSV. Every
//! report of naru has this one look; whoever writes one says what stands in it and nothing of how it looks.
//!
//! Charts become shapes on a sheet (`chart`), as pictures are; HTML draws shapes as SVG (`svg`), PDF as
//! they are (`pdf`). What can't draw tells a chart in
//! figures (`told`).

mod chart;
mod csv;
mod docx;
mod em;
mod html;
mod markdown;
mod pdf;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod told;
mod width;
mod xml;
mod zip;

use std::fmt;
use std::str::FromStr;

use naru_model::report::{Report, Tone};

/// What a report is rendered as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Markdown,
    Html,
    /// A4, with its type inside.
    Pdf,
    Docx,
    /// The tables and charts alone, one after the other.
    Csv,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("can't pack the file: {0}")]
    Pack(#[source] std::io::Error),
    #[error("the type that naru brings can't be read: {0}; the binary is damaged, install it anew")]
    Type(String),
    #[error("{0:?} is no format; there are text, json, markdown (md), html, pdf, docx and csv")]
    NoSuchFormat(String),
}

/// Renders it; the same report is the same bytes.
///
/// # Errors
/// A DOCX or PDF file that can't be packed.
pub fn render(report: &Report, format: Format) -> Result<Vec<u8>, Error> {
    match format {
        Format::Text => Ok(text::render(report).into_bytes()),
        Format::Markdown => Ok(markdown::render(report).into_bytes()),
        Format::Html => Ok(html::render(report).into_bytes()),
        Format::Pdf => pdf::render(report),
        Format::Csv => Ok(csv::render(report).into_bytes()),
        Format::Docx => docx::render(report).map_err(Error::Pack),
    }
}

/// The characters of a report, each once, that a PDF shows as □ because the type that naru brings lacks them.
///
/// # Errors
/// A type that can't be read.
pub fn unknown_in_pdf(report: &Report) -> Result<Vec<char>, Error> {
    pdf::unknown(report)
}

impl Format {
    /// Whether it is UTF-8 text, which a terminal can show.
    pub fn is_text(self) -> bool {
        !matches!(self, Format::Pdf | Format::Docx)
    }
}

/// The name that styles know a tone by.
fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::Text => "text",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Pdf => "pdf",
            Format::Docx => "docx",
            Format::Csv => "csv",
        })
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Format, Error> {
        match text {
            "text" => Ok(Format::Text),
            "markdown" | "md" => Ok(Format::Markdown),
            "html" => Ok(Format::Html),
            "pdf" => Ok(Format::Pdf),
            "docx" => Ok(Format::Docx),
            "csv" => Ok(Format::Csv),
            other => Err(Error::NoSuchFormat(other.to_owned())),
        }
    }
}
