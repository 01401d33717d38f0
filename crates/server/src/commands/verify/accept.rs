//! `naru verify all`: says what it will do, asks where that could do harm, does it, and prints what came of it.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use clap::Args;
use naru_model::language::Language;
use naru_model::report::Report;
use naru_model::units::Timestamp;
use naru_report::Format;
use naru_verify::acceptance::{Acceptance, Case, Options, Part, Plan, Prepared, Verdict};

use super::running::Running;
use crate::commands::assess::files;
use crate::commands::{ServerArgs, output};

/// It could not be carried out.
const NOT_CARRIED_OUT: u8 = 2;

#[derive(Debug, Args)]
pub(super) struct AcceptArgs {
    /// For all: where the gateway is asked; where it says that it listens when not given
    #[arg(long, value_name = "HOST:PORT")]
    gateway: Option<String>,
    /// For all: what is asked and what is wanted, as `naru verify plan -o FILE` writes it
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// For all: write the plan that follows from the platform into this file as well, which must not be there yet
    #[arg(long, value_name = "FILE")]
    write_plan: Option<PathBuf>,
    /// For all: these parts alone: scaling, change, failure, security, performance
    #[arg(long, value_name = "PART,...", value_delimiter = ',')]
    only: Vec<Part>,
    /// For all: how many requests a second may be sent, over all routes together; 10 when not given
    #[arg(long, value_name = "RATE")]
    allow_load: Option<f64>,
    /// For all: instances, services, links, the gateway and the server may be killed, frozen and deployed
    #[arg(long)]
    allow_destructive: bool,
    /// For all: do not ask before anything that could do harm
    #[arg(long)]
    yes: bool,
    /// For all: say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// For all: text, json, junit, or a report to be signed: pdf, html, docx, markdown; as the file ends when not given
    #[arg(long, value_name = "FORMAT")]
    format: Option<Printed>,
    /// For all and plan: into this file instead of the terminal; all writes as many as are named
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// For all and plan: ko or en; Korean where this machine speaks it
    #[arg(long, value_name = "LANG")]
    lang: Option<Language>,
    #[command(flatten)]
    pub(super) server: ServerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Printed {
    Json,
    Junit,
    /// For people.
    Report(Format),
}

impl FromStr for Printed {
    type Err = String;

    fn from_str(text: &str) -> Result<Printed, String> {
        let unknown = |_| {
            format!(
                "{text:?} is no format; there are text, json, junit, markdown (md), html, pdf, docx and csv"
            )
        };
        Ok(match text {
            "json" => Printed::Json,
            "junit" => Printed::Junit,
            other => Printed::Report(other.parse::<Format>().map_err(unknown)?),
        })
    }
}

impl Printed {
    /// By a file's ending: `xml` is JUnit's.
    fn of(path: &Path) -> Option<Printed> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "xml" => Some(Printed::Junit),
            "txt" => Some(Printed::Report(Format::Text)),
            ending => ending.parse().ok(),
        }
    }
}

pub(super) fn run(args: &AcceptArgs) -> Result<ExitCode> {
    match carry_out(args) {
        Ok(code) => Ok(code),
        Err(error) => {
            eprintln!("naru: {}", crate::explain(&error));
            Ok(ExitCode::from(NOT_CARRIED_OUT))
        }
    }
}

/// Writes the plan that follows from the platform.
pub(super) fn write_plan(args: &AcceptArgs) -> Result<ExitCode> {
    let Some(plan) = plan(args)? else { return Ok(files::bad_file()) };
    let text = prepared(args, plan)?.plan_text();
    match args.output.as_slice() {
        [] => files::to_stdout(text.as_bytes())?,
        [path] => files::write_new(path, text.as_bytes())?,
        _ => anyhow::bail!("a plan is written into one file; give -o once"),
    }
    Ok(ExitCode::SUCCESS)
}

fn carry_out(args: &AcceptArgs) -> Result<ExitCode> {
    let Some(plan) = plan(args)? else { return Ok(files::bad_file()) };
    let outputs = outputs(args)?;
    let prepared = prepared(args, plan)?;
    if let Some(path) = &args.write_plan {
        files::write_new(path, prepared.plan_text().as_bytes())?;
    }
    for line in prepared.announcement() {
        eprintln!("{line}");
    }
    if args.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    if prepared.does_harm() && !args.yes && !allowed(language(args))? {
        return Ok(ExitCode::from(NOT_CARRIED_OUT));
    }
    eprintln!();
    let acceptance = prepared.run(&mut |case| print_case(case));
    eprintln!("\n{}", acceptance.sum());
    outputs.iter().try_for_each(|(path, printed)| print(*path, *printed, &acceptance))?;
    Ok(ExitCode::from(acceptance.exit_code()))
}

fn language(args: &AcceptArgs) -> Language {
    args.lang.unwrap_or_else(files::language)
}

/// The plan of the file, with what the command line says; nothing when the file is wrong, which has been said then.
fn plan(args: &AcceptArgs) -> Result<Option<Plan>> {
    let mut plan = match &args.plan {
        None => Plan::default(),
        Some(path) => match naru_config::read_plain(path) {
            Ok(plan) => plan,
            Err(report) => {
                eprint!("{report}");
                return Ok(None);
            }
        },
    };
    plan.gateway = args.gateway.clone().or(plan.gateway);
    plan.console = args.server.server.clone().or(plan.console);
    Ok(Some(plan))
}

fn prepared(args: &AcceptArgs, plan: Plan) -> Result<Prepared> {
    if let Some(rate) = args.allow_load.filter(|rate| !(*rate > 0.0 && *rate <= 1e6)) {
        anyhow::bail!("--allow-load {rate}: give a rate over 0 and at most 1000000 requests a second");
    }
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, interrupted.clone()).context("can't wait for signals")?;
    }
    let parts = Part::ASKED.into_iter().filter(|part| args.only.is_empty() || args.only.contains(part));
    let options = Options {
        plan,
        parts: parts.collect(),
        allow_load: args.allow_load,
        allow_destructive: args.allow_destructive,
        local: args.server.server.is_none(),
        language: language(args),
        by: std::env::var("USER").unwrap_or_else(|_| "-".to_owned()),
        machine: machine(),
        interrupted,
    };
    Ok(Prepared::new(Arc::new(Running::new(args.server.client()?)), options)?)
}

/// This machine's name.
fn machine() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn print_case(case: &Case) {
    eprintln!("{case}");
    let wrong = case.evidence.iter().filter(|line| line.starts_with("!!"));
    if case.verdict == Verdict::Fail {
        wrong.for_each(|line| eprintln!("      {line}"));
    }
}

/// Asks at the terminal; without one nobody can say yes.
fn allowed(language: Language) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        eprintln!("naru: nobody is here to allow what could do harm; give --yes");
        return Ok(false);
    }
    eprint!(
        "{}",
        language.pick(
            "운영에 영향을 줄 수 있습니다. 계속하려면 yes 입력: ",
            "this can do harm; type yes to go on: "
        )
    );
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

/// Each file that is written, and as what; or the terminal. Asked before anything is done, so that no result is lost for a word.
fn outputs(args: &AcceptArgs) -> Result<Vec<(Option<&Path>, Printed)>> {
    let given = if args.server.json { Some(Printed::Json) } else { args.format };
    if args.output.is_empty() {
        return Ok(vec![(None, given.unwrap_or(Printed::Report(Format::Text)))]);
    }
    let one = |path: &'_ PathBuf| -> Result<Printed> {
        let printed = given.or_else(|| Printed::of(path));
        printed.with_context(|| {
            format!("{}: what is it to be? give --format, or an ending such as .pdf", path.display())
        })
    };
    args.output.iter().map(|path| Ok((Some(path.as_path()), one(path)?))).collect()
}

fn print(path: Option<&Path>, printed: Printed, acceptance: &Acceptance) -> Result<()> {
    let bytes = match printed {
        // Each case was told as it went.
        Printed::Report(Format::Text) if path.is_none() => return Ok(()),
        Printed::Report(format) => naru_report::render(&report(acceptance), format)?,
        Printed::Json => (serde_json::to_string_pretty(acceptance)? + "\n").into_bytes(),
        Printed::Junit => acceptance.junit().into_bytes(),
    };
    match (path, printed) {
        (Some(path), _) => files::replace(path, &bytes),
        (None, Printed::Report(format)) if !format.is_text() && files::is_terminal() => {
            anyhow::bail!("this format is no text for a terminal; give -o FILE")
        }
        (None, _) => files::to_stdout(&bytes),
    }
}

fn report(acceptance: &Acceptance) -> Report {
    // Nobody signs for milliseconds.
    let when = output::time(Timestamp(acceptance.began * 1_000_000));
    acceptance.report(when.split('.').next().unwrap_or(&when))
}
