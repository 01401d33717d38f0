//! `naru alerts`, `naru silence` and `naru notices`: what was found, why, and who is told.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use naru_api::message::AlertsQuery;
use naru_model::alert::{Alert, Explanation, Notice, NoticeState, Severity};
use naru_model::figure::unit;
use naru_model::metric::Owner;
use naru_model::units::{Timestamp, parse_duration};
use naru_model::watch::{NewSilence, Origin};

use super::ServerArgs;
use super::output::{self, Table};
use crate::clock::Clock;

/// Characters of a table's last column.
const WIDE: usize = 60;

#[derive(Debug, Args)]
pub(crate) struct AlertsArgs {
    #[command(subcommand)]
    command: Option<AlertsCommand>,
    /// Only those that last
    #[arg(long)]
    open: bool,
    /// Only those of one owner: service:NAME, function:NAME, instance:ID, link:NAME, host, platform
    #[arg(long, value_name = "OWNER")]
    owner: Option<Owner>,
    /// How many
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=5000))]
    lines: u32,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Subcommand)]
enum AlertsCommand {
    /// Tell why: what it means, what moved first, what to do
    Explain(OneArgs),
    /// Say that you see to it, so that it is not escalated
    Acknowledge(OneArgs),
    /// List what is watched
    Items {
        #[command(flatten)]
        server: ServerArgs,
    },
}

#[derive(Debug, Args)]
struct OneArgs {
    /// As `naru alerts` prints it
    id: u64,
    /// In Korean
    #[arg(long)]
    ko: bool,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SilenceArgs {
    /// service:NAME, function:NAME, instance:ID, link:NAME, host; `platform`: everything
    owner: Owner,
    /// How long (2h)
    #[arg(long = "for", value_name = "TIME")]
    lasts: String,
    /// Why, for those who read the audit
    #[arg(long)]
    why: String,
    /// Only of one item
    #[arg(long)]
    item: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct NoticesArgs {
    #[command(subcommand)]
    command: Option<NoticesCommand>,
    /// How many
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=5000))]
    lines: u32,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Subcommand)]
enum NoticesCommand {
    /// Send one message to a channel at once; exits 1 when it does not arrive
    Test {
        /// As naru.yaml names it
        channel: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

pub(crate) fn run(args: AlertsArgs) -> Result<ExitCode> {
    match args.command {
        None => list(&args.server, args.open, args.owner, args.lines)?,
        Some(AlertsCommand::Explain(one)) => {
            let alert = super::block_on(one.server.client()?.alert(one.id))??;
            if one.server.json {
                output::print_json(&alert)?;
            } else {
                print!("{}", explained(&alert, one.ko));
            }
        }
        Some(AlertsCommand::Acknowledge(one)) => {
            let alert = super::block_on(one.server.client()?.acknowledge_alert(one.id))??;
            if one.server.json {
                output::print_json(&alert)?;
            } else {
                println!("alert {}: somebody sees to it, and it is not escalated", alert.id);
            }
        }
        Some(AlertsCommand::Items { server }) => items(&server)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(server: &ServerArgs, open: bool, owner: Option<Owner>, limit: u32) -> Result<()> {
    let query = AlertsQuery { open: open.then_some(true), owner, limit };
    let alerts = super::block_on(server.client()?.alerts(&query))??;
    if server.json {
        return output::print_json(&alerts);
    }
    if alerts.is_empty() {
        println!("no alerts");
        return Ok(());
    }
    let now = Clock::start().now();
    let mut table = Table::new(&["ID", "SEVERITY", "SINCE", "STATE", "OWNER", "VALUE", "CONDITION"]);
    for alert in &alerts {
        table.row(vec![
            alert.id.to_string(),
            severity(alert.severity).to_owned(),
            output::time(alert.since),
            state(alert, now),
            alert.owner.to_string(),
            unit(&alert.figure).shown(alert.value),
            alert.when.clone(),
        ]);
    }
    print!("{table}");
    Ok(())
}

fn severity(of: Severity) -> &'static str {
    match of {
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

fn state(alert: &Alert, now: Timestamp) -> String {
    match (&alert.resolved, &alert.acknowledged) {
        (Some(at), _) => format!("over {} ago", output::ago(*at, now)),
        (None, Some((_, who))) => format!("{who} sees to it"),
        (None, None) if alert.silenced => "silenced".to_owned(),
        (None, None) => "open".to_owned(),
    }
}

fn explained(alert: &Alert, korean: bool) -> String {
    let unit = unit(&alert.figure);
    let mut text = format!(
        "{} {}: {} {} ({}), since {}, at worst {}\n",
        severity(alert.severity),
        alert.id,
        alert.owner,
        unit.shown(alert.value),
        alert.when,
        output::time(alert.since),
        unit.shown(alert.worst),
    );
    text += &explanation(&alert.explanation, &alert.figure, korean);
    text
}

fn explanation(of: &Explanation, figure: &str, korean: bool) -> String {
    let pick = |text: &naru_model::alert::Text| if korean { text.ko.clone() } else { text.en.clone() };
    let say = |ko: &'static str, en: &'static str| if korean { ko } else { en };
    let mut text = format!("\n{}\n", pick(&of.means));
    let unit = unit(figure);
    for (when, value) in [
        (say("지금", "now"), of.now),
        (say("1시간 전", "an hour ago"), of.hour_ago),
        (say("하루 전", "a day ago"), of.day_ago),
        (say("일주일 전", "a week ago"), of.week_ago),
    ] {
        if let Some(value) = value {
            text += &format!("  {when}: {}\n", unit.shown(value));
        }
    }
    if !of.causes.is_empty() {
        text += say("\n유력한 원인\n", "\nLikely causes\n");
    }
    for (number, cause) in of.causes.iter().enumerate() {
        text += &format!("  {}. {} [{:.0}%]\n", number + 1, pick(&cause.text), cause.support * 100.0);
    }
    if !of.what_to_do.is_empty() {
        text += say("\n할 일\n", "\nWhat to do\n");
    }
    for what in &of.what_to_do {
        text += &format!("  - {}\n", pick(what));
    }
    text
}

fn items(server: &ServerArgs) -> Result<()> {
    let items = super::block_on(server.client()?.alert_items())??;
    if server.json {
        return output::print_json(&items);
    }
    let mut table = Table::new(&["NAME", "FROM", "SEVERITY", "OF", "WHEN", "NOTIFY", ""]);
    for item in items {
        let from = match item.origin {
            Origin::Naru => "naru",
            Origin::File => "naru.yaml",
            Origin::Registered => "registered",
        };
        let severity = severity(item.severity).to_owned();
        let problem = item.problem.map(|problem| format!("not watched: {problem}")).unwrap_or_default();
        let notify = if item.notify.is_empty() { "all".to_owned() } else { item.notify.join(", ") };
        table.row(vec![item.name, from.to_owned(), severity, item.of, item.when, notify, problem]);
    }
    print!("{table}");
    Ok(())
}

pub(crate) fn silence(args: SilenceArgs) -> Result<ExitCode> {
    let lasts = parse_duration(&args.lasts).context("--for")?;
    // The platform stands for everything, which the API says by leaving the owner out.
    let owner = (args.owner != Owner::Platform).then_some(args.owner);
    let seconds = u32::try_from(lasts.as_secs()).unwrap_or(u32::MAX);
    let new = NewSilence { owner, item: args.item, seconds, why: args.why };
    let made = super::block_on(args.server.client()?.make_silence(&new))??;
    if args.server.json {
        output::print_json(&made)?;
    } else {
        let of = made.owner.map_or("everything".to_owned(), |owner| owner.to_string());
        println!("silence {}: nobody is told of {of} until {}", made.id, output::time(made.until));
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn notices(args: NoticesArgs) -> Result<ExitCode> {
    let Some(NoticesCommand::Test { channel, server }) = args.command else {
        list_notices(&args.server, args.lines)?;
        return Ok(ExitCode::SUCCESS);
    };
    let notice = super::block_on(server.client()?.try_channel(&channel))??;
    if server.json {
        output::print_json(&notice)?;
    } else {
        match &notice.error {
            None => println!("{channel}: it has arrived"),
            Some(error) => eprintln!("{channel}: it has not arrived: {error}"),
        }
    }
    Ok(if notice.state == NoticeState::Sent { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list_notices(server: &ServerArgs, limit: u32) -> Result<()> {
    let notices = super::block_on(server.client()?.notices(limit))??;
    if server.json {
        return output::print_json(&notices);
    }
    if notices.is_empty() {
        println!("nobody was told anything yet; channels are given below notices in naru.yaml");
        return Ok(());
    }
    let mut table = Table::new(&["ID", "AT", "CHANNEL", "STATE", "ATTEMPTS", "ALERTS", "SUBJECT"]);
    notices.iter().for_each(|notice| table.row(row(notice)));
    print!("{table}");
    Ok(())
}

fn row(notice: &Notice) -> Vec<String> {
    let state = match (notice.state, &notice.error) {
        (NoticeState::Sent, _) => "sent".to_owned(),
        (NoticeState::Waiting, None) => "waiting".to_owned(),
        (NoticeState::Waiting, Some(error)) => format!("waiting: {error}"),
        (NoticeState::Failed, error) => format!("failed: {}", error.as_deref().unwrap_or_default()),
    };
    vec![
        notice.id.to_string(),
        output::time(notice.at),
        notice.channel.clone(),
        state.chars().take(WIDE).collect(),
        notice.attempts.to_string(),
        notice.alerts.len().to_string(),
        notice.subject.chars().take(WIDE).collect(),
    ]
}
