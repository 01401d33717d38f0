//! The binary `naru`: reads the command line and goes to the command's own module.
//!
//! Exit codes: 0 done, 1 could not, 2 misused (clap), 64 bad file.

mod clock;
mod commands;
mod conversions;
mod up;

use std::process::ExitCode;

use clap::Parser;

use commands::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Up(args) => up::run(args),
        Command::Check(args) => commands::check::run(args),
        Command::Schema => commands::check::schema(),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Import(args) => commands::import::run(&args),
        Command::Status(args) => commands::status::run(args),
        Command::Top(args) => commands::top::run(args),
        Command::Deploy(args) => commands::change::deploy(args),
        Command::Rollback(args) => commands::change::rollback(args),
        Command::Scale(args) => commands::scale::run(args),
        Command::Revisions(args) => commands::revisions::run(args),
        Command::Logs(args) => commands::logs::run(args),
        Command::Events(args) => commands::events::run(args),
        Command::Alerts(args) => commands::alerts::run(args),
        Command::Silence(args) => commands::alerts::silence(args),
        Command::Notices(args) => commands::alerts::notices(args),
        Command::Report(args) => commands::report::run(args),
        Command::Stop(args) => commands::change::stop(args),
        Command::Upgrade(args) => commands::change::upgrade(args),
        Command::Token(args) => commands::token::run(args),
        Command::Audit(args) => commands::audit::run(args),
        Command::Calls(args) => commands::calls::run(args),
        Command::Metrics(args) => commands::metrics::run(args),
        Command::Query(args) => commands::query::run(args),
        Command::Client(args) => commands::client::run(args),
        Command::Jobs(args) => commands::dead::jobs(args),
        Command::Dead(args) => commands::dead::run(args),
        Command::Verify(args) => commands::verify::run(args),
        Command::Simulate(args) => commands::simulate::run(args),
        Command::Assess(args) => commands::assess::run(args),
        Command::App(args) => commands::app::run(args),
        Command::Gateway(args) => commands::gateway::run(args),
        Command::Shim(args) => commands::shim::run(args),
        Command::ShimExec(args) => commands::shim::exec(args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("naru: {}", explain(&error));
        ExitCode::FAILURE
    })
}

/// An error with its causes, each said once: many a message names its cause already.
fn explain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}
