//! `naru verify`: proves on this machine what naru promises. See `naru_verify::scenario`.

use std::process::ExitCode;

use anyhow::Result;

use super::{VerifyArgs, output};

pub(crate) fn run(args: VerifyArgs) -> Result<ExitCode> {
    let options = naru_verify::scenario::Options {
        quick: args.quick,
        json: args.json,
        naru: std::env::current_exe()?,
        times: args.times,
        broker: args.broker,
    };
    let figures = naru_verify::scenario::run(&args.name, &options)?;
    if args.json {
        output::print_json(&figures)?;
    } else {
        print!("{figures}");
    }
    Ok(if figures.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
