//! `naru report`: what a day, week or month came to, which reports there are, and sending one.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use naru_api::client::{Client, Error};
use naru_api::message::ReportParams;
use naru_model::alert::{Notice, NoticeState};
use naru_model::language::Language;
use naru_model::name::{FunctionName, ServiceName};
use naru_model::series::Subject;
use naru_model::service_level::{Kind, Listed, Outcome, ReportFormat};

use super::ServerArgs;
use super::output::{self, Table};
use crate::clock::Clock;
use crate::up::reports::{Shelf, View, file_of, span, whose};

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(subcommand)]
    command: ReportCommand,
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// Of a day
    Daily(OneArgs),
    /// Of a week, Monday to Sunday
    Weekly(OneArgs),
    /// Of a month
    Monthly(OneArgs),
    /// List the days, weeks and months of which there is a report, and to whom it went
    List {
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Send a report to a channel now
    Send {
        /// daily, weekly or monthly
        kind: Kind,
        /// Any day of the period (2026-11-20)
        #[arg(long)]
        date: String,
        /// A channel of naru.yaml with e-mail or webhook, or `owners`: each function's owner gets that of the function
        #[arg(long, value_name = "CHANNEL")]
        to: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

#[derive(Debug, Args)]
struct OneArgs {
    /// Any day of the period (2026-11-20); the latest period that is over when not given
    #[arg(long)]
    date: Option<String>,
    /// Of this function alone
    #[arg(long, value_name = "NAME", conflicts_with = "service")]
    function: Option<FunctionName>,
    /// Of this service alone
    #[arg(long, value_name = "NAME")]
    service: Option<ServiceName>,
    /// ko or en; as naru.yaml says when not given
    #[arg(long, visible_alias = "lang", value_name = "LANGUAGE")]
    language: Option<Language>,
    /// text, json, html, pdf, docx, markdown or csv
    #[arg(long, default_value = "text", conflicts_with = "json")]
    format: ReportFormat,
    /// Where to write it, instead of printing it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(crate) fn run(args: ReportArgs) -> Result<ExitCode> {
    match args.command {
        ReportCommand::Daily(args) => one(Kind::Daily, args),
        ReportCommand::Weekly(args) => one(Kind::Weekly, args),
        ReportCommand::Monthly(args) => one(Kind::Monthly, args),
        ReportCommand::List { server } => list(&server),
        ReportCommand::Send { kind, date, to, server } => send(kind, &date, &to, &server),
    }
}

fn one(kind: Kind, args: OneArgs) -> Result<ExitCode> {
    let format = if args.server.json { ReportFormat::Json } else { args.format };
    let is_text = !matches!(format, ReportFormat::Pdf | ReportFormat::Docx);
    if !is_text && args.output.is_none() && std::io::stdout().is_terminal() {
        bail!("{} is nothing for a terminal; say with -o which file it goes to", format.word());
    }
    let params = ReportParams {
        format,
        language: args.language,
        function: args.function.clone(),
        service: args.service.clone(),
    };
    let content = match asked(&args.server, kind, args.date.as_deref(), &params)? {
        Some(content) => content,
        None => kept(kind, &args, format)?,
    };
    match &args.output {
        Some(path) => {
            std::fs::write(path, content).with_context(|| format!("can't write {}", path.display()))?
        }
        None => std::io::stdout().write_all(&content)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What the server says; `None`: the one of this machine does not run, and its days may be looked at.
fn asked(
    server: &ServerArgs,
    kind: Kind,
    date: Option<&str>,
    params: &ReportParams,
) -> Result<Option<Vec<u8>>> {
    let client: Client = server.client()?;
    match super::block_on(client.report(kind, date, params))? {
        Ok(content) => Ok(Some(content)),
        Err(Error::NoSocket { .. } | Error::DeadSocket { .. })
            if server.server.is_none() && has_days(server) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn has_days(server: &ServerArgs) -> bool {
    !Shelf::of(&server.state).days().is_empty()
}

/// The report of the days that a server kept which does not run.
fn kept(kind: Kind, args: &OneArgs, format: ReportFormat) -> Result<Vec<u8>> {
    let (shelf, now) = (Shelf::of(&args.server.state), Clock::start().now());
    let span = span(kind, args.date.as_deref(), &TimeZone::system(), now)?;
    let (platform, zone) = whose(&shelf, span);
    let view = View { shelf: &shelf, platform: &platform, zone: &zone, now, today: None };
    let subject = match (&args.function, &args.service) {
        (Some(function), _) => Some(Subject::Function(function.clone())),
        (None, service) => service.clone().map(Subject::Service),
    };
    let language = args.language.unwrap_or(Language::Ko);
    Ok(file_of(&view.summary(span), subject.as_ref(), language, format, now)?.content)
}

fn list(server: &ServerArgs) -> Result<ExitCode> {
    let listing = super::block_on(server.client()?.reports())??;
    if server.json {
        output::print_json(&listing)?;
        return Ok(ExitCode::SUCCESS);
    }
    if listing.reports.is_empty() {
        println!("there is no report yet; the first one comes with the first request");
        return Ok(ExitCode::SUCCESS);
    }
    let mut table =
        Table::new(&["KIND", "DATE", "RESULT", "AVAILABILITY", "APDEX", "REQUESTS", "COMPLETE", "SENT TO"]);
    listing.reports.iter().for_each(|one| table.row(row(one)));
    print!("{table}");
    Ok(ExitCode::SUCCESS)
}

fn row(one: &Listed) -> Vec<String> {
    let result = match one.result {
        Outcome::Met => "met",
        Outcome::Missed => "missed",
        Outcome::NoGoal => "no goal",
        Outcome::NoData => "no data",
    };
    let number = |value: Option<f64>, write: fn(f64) -> String| value.map_or_else(|| "-".to_owned(), write);
    let sent = one.sent.iter().map(|sent| match sent.state {
        NoticeState::Sent => sent.to.clone(),
        NoticeState::Waiting => format!("{} (waits)", sent.to),
        NoticeState::Failed => format!("{} (failed)", sent.to),
    });
    vec![
        one.kind.to_string(),
        one.date.clone(),
        result.to_owned(),
        number(one.availability, |share| format!("{:.3}%", (share * 100_000.0).floor() / 1000.0)),
        number(one.apdex, |score| format!("{score:.2}")),
        one.requests.to_string(),
        if one.complete { "yes" } else { "no" }.to_owned(),
        sent.collect::<Vec<_>>().join(", "),
    ]
}

fn send(kind: Kind, date: &str, to: &str, server: &ServerArgs) -> Result<ExitCode> {
    let notices: Vec<Notice> = super::block_on(server.client()?.send_report(kind, date, to))??;
    if server.json {
        output::print_json(&notices)?;
        return Ok(ExitCode::SUCCESS);
    }
    for notice in notices {
        println!(
            "{} is on its way to {}; `naru notices` tells what becomes of it",
            notice.subject, notice.channel
        );
    }
    Ok(ExitCode::SUCCESS)
}
