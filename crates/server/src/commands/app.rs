//! `naru app`: the sample application server. See `naru_verify::app`.

use std::process::ExitCode;

use anyhow::Result;
use naru_verify::app::Options;

pub(crate) fn run(options: Options) -> Result<ExitCode> {
    naru_verify::app::run(&options)?;
    Ok(ExitCode::SUCCESS)
}
