//! `naru query`: transactions, traces, one trace as a waterfall, log lines, and who calls whom.

mod tables;
mod waterfall;

use std::net::IpAddr;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use naru_api::message::{LogLinesParams, ServiceMapParams, TracesParams, TransactionsParams};
use naru_model::instance::InstanceId;
use naru_model::name::{ClientName, FunctionName, ServiceName};
use naru_model::span::Work;
use serde::Serialize;

use super::output::{self, Table};
use super::{ServerArgs, block_on, calls};

#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Requests as the gateway saw them, the latest first
    Transactions(TransactionsArgs),
    /// Traces that services sent, the latest first
    Traces(TracesArgs),
    /// One trace: its spans as a waterfall, with its log lines
    Trace(TraceArgs),
    /// Log lines that services sent by OpenTelemetry, the latest first
    Logs(LogsArgs),
    /// Who called whom, how often and how fast
    Map(MapArgs),
}

/// Of when, and how it is printed.
#[derive(Debug, Args)]
struct Within {
    /// From when on: a time, seconds since 1970, or how long ago (90m, 24h, 7d); an hour before --to when not given
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until when; now when not given
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Print comma-separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
struct TransactionsArgs {
    /// Only of this service
    #[arg(long)]
    service: Option<ServiceName>,
    /// Only of this business function
    #[arg(long)]
    function: Option<FunctionName>,
    /// Only of this route, as naru.yaml names it
    #[arg(long)]
    route: Option<String>,
    /// Only of this registered client
    #[arg(long, value_name = "CLIENT")]
    client: Option<ClientName>,
    /// Only from this address
    #[arg(long, value_name = "IP")]
    address: Option<IpAddr>,
    /// Only with this status: 404, or 5xx for a class
    #[arg(long)]
    status: Option<String>,
    /// Only with this in their path
    #[arg(long)]
    text: Option<String>,
    /// Only of this trace
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    /// Only those that failed by the service's or the platform's fault
    #[arg(long)]
    errors: bool,
    /// Only those that took at least so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    at_least: f64,
    /// How many
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    lines: u32,
    #[command(flatten)]
    within: Within,
}

#[derive(Debug, Args)]
struct TracesArgs {
    /// Only with a span of this service
    #[arg(long)]
    service: Option<String>,
    /// Only with a span that has this in its name or detail
    #[arg(long)]
    text: Option<String>,
    /// Only with a span that has this attribute
    #[arg(long, value_name = "KEY=VALUE")]
    attribute: Option<String>,
    /// Only with a span of this work: http, database, messaging, rpc, other
    #[arg(long, value_parser = work)]
    work: Option<Work>,
    /// Only with a span that failed
    #[arg(long)]
    errors: bool,
    /// Only those that took at least so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    at_least: f64,
    /// How many
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    lines: u32,
    #[command(flatten)]
    within: Within,
}

#[derive(Debug, Args)]
struct TraceArgs {
    /// 32 hexadecimal digits
    id: String,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
struct LogsArgs {
    /// Only of this service
    #[arg(long)]
    service: Option<String>,
    /// Only of this instance
    #[arg(long)]
    instance: Option<InstanceId>,
    /// Only of this trace
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    /// Only of this severity or worse: 1 trace, 5 debug, 9 info, 13 warn, 17 error, 21 fatal
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=24))]
    severity: u8,
    /// Only with this in it
    #[arg(long)]
    text: Option<String>,
    /// How many
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    lines: u32,
    #[command(flatten)]
    within: Within,
}

#[derive(Debug, Args)]
struct MapArgs {
    #[command(flatten)]
    within: Within,
}

fn work(text: &str) -> Result<Work> {
    Work::from_name(text).context("there are http, database, messaging, rpc and other")
}

impl Within {
    /// In microseconds since 1970.
    fn period(&self) -> Result<(Option<u64>, Option<u64>)> {
        let now = jiff::Timestamp::now().as_second();
        let micros = |text: &Option<String>| -> Result<Option<u64>> {
            let second = text.as_deref().map(|text| calls::second_of(text, now)).transpose()?;
            Ok(second.map(|second| u64::from(second) * 1_000_000))
        };
        Ok((micros(&self.from)?, micros(&self.to)?))
    }

    /// Prints as is wished. `more`: there is more than a table shows; `missing`: why there may be.
    fn print<T: Serialize>(
        &self,
        found: &T,
        table: impl FnOnce(bool) -> Table,
        more: bool,
        missing: Option<&str>,
    ) -> Result<()> {
        if self.server.json {
            return output::print_json(found);
        }
        if self.csv {
            print!("{}", table(true).csv());
        } else {
            print!("{}", table(false));
            if more {
                println!("{MORE}");
            }
        }
        if let Some(missing) = missing {
            eprintln!("naru: {missing}");
        }
        Ok(())
    }
}

pub(crate) fn run(args: QueryArgs) -> Result<ExitCode> {
    match args.what {
        What::Transactions(args) => transactions(args),
        What::Traces(args) => traces(args),
        What::Trace(args) => trace(&args),
        What::Logs(args) => logs(args),
        What::Map(args) => map(&args),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Said below a table that does not show all.
const MORE: &str = "and more; -n shows up to 1000, --to goes further back";

fn transactions(args: TransactionsArgs) -> Result<()> {
    let (from, to) = args.within.period()?;
    let wanted = TransactionsParams {
        from,
        to,
        service: args.service,
        function: args.function,
        route: args.route,
        caller: args.client,
        client: args.address,
        status: args.status,
        text: args.text,
        trace: args.trace,
        errors: args.errors,
        at_least: args.at_least,
        limit: args.lines,
        ..TransactionsParams::default()
    };
    let found = block_on(args.within.server.client()?.transactions(&wanted))??;
    let table = |csv| tables::transactions(&found.transactions, csv);
    args.within.print(&found, table, found.more, found.missing.as_deref())
}

fn traces(args: TracesArgs) -> Result<()> {
    let (from, to) = args.within.period()?;
    let wanted = TracesParams {
        from,
        to,
        service: args.service,
        text: args.text,
        attribute: args.attribute,
        work: args.work,
        errors: args.errors,
        at_least: args.at_least,
        limit: args.lines,
    };
    let found = block_on(args.within.server.client()?.traces(&wanted))??;
    let table = |csv| tables::traces(&found.traces, csv);
    args.within.print(&found, table, found.more, found.missing.as_deref())
}

fn trace(args: &TraceArgs) -> Result<()> {
    let found = block_on(args.server.client()?.trace(&args.id))??;
    if args.server.json {
        return output::print_json(&found);
    }
    print!("{}", waterfall::waterfall(&found));
    if let Some(missing) = &found.missing {
        eprintln!("naru: {missing}");
    }
    Ok(())
}

fn logs(args: LogsArgs) -> Result<()> {
    let (from, to) = args.within.period()?;
    let wanted = LogLinesParams {
        from,
        to,
        service: args.service,
        instance: args.instance,
        trace: args.trace,
        severity: args.severity,
        text: args.text,
        limit: args.lines,
    };
    let found = block_on(args.within.server.client()?.log_lines(&wanted))??;
    let table = |csv| tables::lines(&found.lines, csv);
    args.within.print(&found, table, found.more, found.missing.as_deref())
}

fn map(args: &MapArgs) -> Result<()> {
    let (from, to) = args.within.period()?;
    let found = block_on(args.within.server.client()?.service_map(&ServiceMapParams { from, to }))??;
    args.within.print(&found, |csv| tables::edges(&found.edges, csv), false, None)
}
