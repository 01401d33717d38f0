//! `naru assess`: from questionnaires, access logs and source trees to a verdict, a ranking, a target model and a tender's rows.
//! Nothing needs to run for it.

mod ask;
mod effect;
mod factors;
pub(super) mod files;
mod logs;
mod portfolio;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use naru_assess::questionnaire::Questionnaire;
use naru_assess::{target, tender, verdict};
use naru_model::language::Language;
use naru_model::report::Report;
use naru_report::Format;

#[derive(Debug, Args)]
pub(crate) struct AssessArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write a questionnaire to fill in
    New(NewArgs),
    /// Fill a questionnaire in, question by question; what is answered is kept at once
    Ask(ask::AskArgs),
    /// Tell whether a system is worth moving, why, and what would change that
    Verdict(OneArgs),
    /// Tell what a system's access logs say: load, users, outages, functions and which to split off
    Logs(logs::LogsArgs),
    /// Simulate what moving would bring: today's system, fixed sizes, HPA and naru over an access log's own requests
    Effect(effect::EffectArgs),
    /// Rank many systems: which of them first
    Portfolio(portfolio::PortfolioArgs),
    /// Check the twelve factors of a source tree or of a running service
    Factors(factors::FactorsArgs),
    /// Write a naru.yaml for a system, with what each number rests on
    Target(TargetArgs),
    /// Write the requirement rows of the tender for a system
    Tender(OneArgs),
}

#[derive(Debug, Args)]
struct NewArgs {
    /// Where to; it must not be there yet
    file: PathBuf,
    /// What people call the system; the file's name when not given
    #[arg(long, value_name = "NAME")]
    system: Option<String>,
    /// ko or en; Korean where this machine speaks it
    #[arg(long, value_name = "LANG")]
    lang: Option<Language>,
}

/// One system, and where its report goes.
#[derive(Debug, Args)]
struct OneArgs {
    /// The questionnaire
    file: PathBuf,
    /// What `naru assess logs --json` found in the access log
    #[arg(long, value_name = "FINDINGS.json")]
    logs: Option<PathBuf>,
    #[command(flatten)]
    out: OutArgs,
}

/// How a report is printed, and where to.
#[derive(Debug, Args)]
pub(super) struct OutArgs {
    /// text, json, markdown (md), html, pdf, docx or csv
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Printed,
    /// Into this file instead of the terminal
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// ko or en; the questionnaire's own language when not given
    #[arg(long, value_name = "LANG")]
    lang: Option<Language>,
}

#[derive(Debug, Args)]
struct TargetArgs {
    /// The questionnaire
    file: PathBuf,
    /// What `naru assess logs --json` found in the access log
    #[arg(long, value_name = "FINDINGS.json")]
    logs: Option<PathBuf>,
    /// Into this file, which must not be there yet, instead of the terminal
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// ko or en; the questionnaire's own language when not given
    #[arg(long, value_name = "LANG")]
    lang: Option<Language>,
}

/// A report's format, or JSON for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Printed {
    Json,
    Report(Format),
}

impl std::str::FromStr for Printed {
    type Err = naru_report::Error;

    fn from_str(text: &str) -> Result<Printed, Self::Err> {
        if text == "json" { Ok(Printed::Json) } else { text.parse().map(Printed::Report) }
    }
}

pub(crate) fn run(args: AssessArgs) -> Result<ExitCode> {
    match args.what {
        What::New(args) => new(&args),
        What::Ask(args) => ask::run(&args),
        What::Verdict(args) => judge(&args),
        What::Logs(args) => logs::run(&args),
        What::Effect(args) => effect::run(&args),
        What::Portfolio(args) => portfolio::run(&args),
        What::Factors(args) => factors::run(&args),
        What::Target(args) => write_target(&args),
        What::Tender(args) => write_tender(&args),
    }
}

fn new(args: &NewArgs) -> Result<ExitCode> {
    let language = args.lang.unwrap_or_else(files::language);
    let name = files::name_of(&args.file);
    let system = args.system.clone().unwrap_or_else(|| name.as_str().to_owned());
    files::write_new(&args.file, Questionnaire::new(language, &system, name).write().as_bytes())?;
    let file = args.file.display();
    println!("{}", language.pick(
        format!("{file} 작성됨. 편집기로 채우거나 naru assess ask {file} 로 한 문항씩 답한 뒤, naru assess verdict {file} 로 결과를 본다"),
        format!("{file} written. Fill it in with an editor or by naru assess ask {file}; naru assess verdict {file} then tells the verdict"),
    ));
    Ok(ExitCode::SUCCESS)
}

fn judge(args: &OneArgs) -> Result<ExitCode> {
    let Some(q) = files::questionnaire(&args.file, args.out.lang)? else { return Ok(files::bad_file()) };
    let log = files::findings(args.logs.as_deref())?;
    let verdict = verdict::judge(&q, log.as_ref());
    let logs = args.logs.as_ref().map(|path| path.display().to_string());
    let report = || verdict.report(q.language, logs.as_deref());
    args.out.print(&verdict, report)
}

fn write_tender(args: &OneArgs) -> Result<ExitCode> {
    let Some(q) = files::questionnaire(&args.file, args.out.lang)? else { return Ok(files::bad_file()) };
    let log = files::findings(args.logs.as_deref())?;
    let tender = tender::of(&q, log.as_ref());
    args.out.print(&tender, || tender.report(q.language))
}

fn write_target(args: &TargetArgs) -> Result<ExitCode> {
    let Some(q) = files::questionnaire(&args.file, args.lang)? else { return Ok(files::bad_file()) };
    let log = files::findings(args.logs.as_deref())?;
    let target = target::of(&q, log.as_ref());
    let yaml = target.yaml(q.language);
    match &args.output {
        Some(path) => {
            files::write_new(path, yaml.as_bytes())?;
            eprintln!(
                "{}",
                q.language.pick(
                    format!(
                        "{} 작성됨 (서비스 {}개). exec 를 채우고 naru check 로 확인",
                        path.display(),
                        target.services.len()
                    ),
                    format!(
                        "{} written ({} services). Fill in each exec, then naru check",
                        path.display(),
                        target.services.len()
                    ),
                )
            );
        }
        None => print!("{yaml}"),
    }
    Ok(ExitCode::SUCCESS)
}

impl OutArgs {
    /// Prints the value for scripts, or the report made of it for people.
    pub(super) fn print<T: serde::Serialize>(
        &self,
        value: &T,
        report: impl FnOnce() -> Report,
    ) -> Result<ExitCode> {
        let bytes = match self.format {
            Printed::Json => (serde_json::to_string_pretty(value)? + "\n").into_bytes(),
            Printed::Report(format) => {
                let report = report();
                if format == Format::Pdf {
                    files::warn_of_unknown(&report)?;
                }
                naru_report::render(&report, format)?
            }
        };
        match &self.output {
            Some(path) => files::replace(path, &bytes)?,
            None => match self.format {
                Printed::Report(format) if !format.is_text() && files::is_terminal() => {
                    anyhow::bail!("a {format} file is no text for a terminal; give -o FILE.{format}");
                }
                _ => files::to_stdout(&bytes)?,
            },
        }
        Ok(ExitCode::SUCCESS)
    }
}
