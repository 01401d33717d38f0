//! `naru verify`: proves on this machine what naru promises (`naru verify NAME`), and accepts a platform that runs
//! (`naru verify all`).

mod accept;
mod running;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::output;

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// What to prove on a platform of its own: deploys, faults, slow-instance, isolation, surge-shift, surge or jobs. `all`:
    /// accept the platform that runs, `plan`: write down what that would ask and want
    name: String,
    /// For surge: how many times the usual requests come; 3.1, 17 and 46 in turn when not given
    #[arg(long, value_name = "N")]
    times: Option<f64>,
    /// For jobs: the broker that messages go through; nats when not given
    #[arg(long, value_name = "BROKER")]
    broker: Option<naru_verify::scenario::BrokerKind>,
    /// A shorter run, for CI
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    accept: accept::AcceptArgs,
}

pub(crate) fn run(args: VerifyArgs) -> Result<ExitCode> {
    match args.name.as_str() {
        "all" => return accept::run(&args.accept),
        "plan" => return accept::write_plan(&args.accept),
        _ => {}
    }
    let json = args.accept.server.json;
    let options = naru_verify::scenario::Options {
        quick: args.quick,
        json,
        naru: std::env::current_exe()?,
        times: args.times,
        broker: args.broker,
    };
    let figures = naru_verify::scenario::run(&args.name, &options)?;
    if json {
        output::print_json(&figures)?;
    } else {
        print!("{figures}");
    }
    Ok(if figures.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
