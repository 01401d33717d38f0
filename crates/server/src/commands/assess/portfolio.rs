//! `naru assess portfolio`: many systems from questionnaires and tables, ranked.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use naru_assess::portfolio::{self, Table, decode};
use naru_assess::questionnaire::Questionnaire;
use naru_model::report::Report;
use naru_report::{Format, render};

use super::{OutArgs, files};

/// The largest table: 10,000 systems with a KiB each.
const MAX_TABLE: u64 = 16 << 20;

#[derive(Debug, Args)]
pub(super) struct PortfolioArgs {
    /// Questionnaires (.yaml) and tables (.csv) with a system a row
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the ranking as CSV for Excel as well
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write the ranking with its picture as HTML as well
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    out: OutArgs,
}

pub(super) fn run(args: &PortfolioArgs) -> Result<ExitCode> {
    let mut systems: Vec<Questionnaire> = Vec::new();
    let mut broken = Vec::new();
    let language = args.out.lang;
    for path in &args.files {
        let is_table = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        if is_table {
            let text = decode(&files::read(path, MAX_TABLE)?);
            let table =
                Table::read(&path.display().to_string(), &text, language.unwrap_or_else(files::language));
            systems.extend(table.systems);
            broken.extend(table.broken);
        } else {
            let Some(q) = files::questionnaire(path, language)? else { return Ok(files::bad_file()) };
            systems.push(q);
        }
    }
    for row in &broken {
        eprintln!("{}:{}: {}", row.file, row.line, row.what);
    }
    if systems.is_empty() {
        bail!("there is no system in what was given");
    }
    if systems.len() > portfolio::MOST {
        bail!("{} systems are too many; a portfolio holds {}", systems.len(), portfolio::MOST);
    }
    let language = language.unwrap_or(systems[0].language);
    let ranked = portfolio::rank(&systems, broken);
    if let Some(path) = &args.csv {
        let mut table = Report::new(language, "");
        table.table(ranked.table(language));
        files::replace(path, &render(&table, Format::Csv)?)?;
    }
    if let Some(path) = &args.html {
        files::replace(path, &render(&ranked.report(language), Format::Html)?)?;
    }
    args.out.print(&ranked, || ranked.report(language))
}
