//! `naru simulate`: what naru's scaling would do over recorded traffic, beside Kubernetes' HPA and Knative's KPA.

use std::process::ExitCode;

use anyhow::Result;
use naru_assess::simulate;

use super::{SimulateArgs, output};

pub(crate) fn run(args: SimulateArgs) -> Result<ExitCode> {
    let report = simulate::run(&args.folder, &simulate::Options::default())?;
    if args.json {
        output::print_json(&report)?;
    } else {
        print!("{report}");
    }
    Ok(ExitCode::SUCCESS)
}
