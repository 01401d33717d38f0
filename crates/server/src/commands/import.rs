//! `naru import FILE`: the routes of an OpenAPI document, to be put into naru.yaml.

use std::process::ExitCode;

use anyhow::{Context, Result};

use super::ImportArgs;

pub(crate) fn run(args: &ImportArgs) -> Result<ExitCode> {
    let text =
        std::fs::read_to_string(&args.file).with_context(|| format!("can't read {}", args.file.display()))?;
    let routes = naru_convert::import(&text, &args.service)
        .with_context(|| format!("{} can't be imported", args.file.display()))?;
    print!("{routes}");
    Ok(ExitCode::SUCCESS)
}
