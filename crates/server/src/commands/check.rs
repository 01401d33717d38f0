//! `naru check` and `naru schema`: a file, before anything runs.

use std::process::ExitCode;

use anyhow::{Context, Result};
use naru_api::message::CheckRequest;
use naru_model::client::Client;
use naru_model::name::ClientName;
use naru_model::platform::Platform;

use super::{CheckArgs, output};
use crate::conversions;
use crate::up::BAD_FILE;

pub(crate) fn run(args: CheckArgs) -> Result<ExitCode> {
    let platform = match naru_config::load(&args.file) {
        Ok(platform) => platform,
        Err(report) => {
            if args.server.json {
                output::print_json(&report)?;
            } else {
                eprint!("{report}");
            }
            return Ok(ExitCode::from(BAD_FILE));
        }
    };
    let problems = conversions::problems(&args.file, &platform);
    if !problems.is_empty() {
        problems.iter().for_each(|problem| eprintln!("{problem}"));
        return Ok(ExitCode::from(BAD_FILE));
    }
    if args.diff {
        return diff(&args, &platform);
    }
    if args.server.json {
        output::print_json(&serde_json::json!({ "file": args.file, "problems": [] }))?;
    } else {
        println!("{} is good", args.file.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the running server what the file would change there.
fn diff(args: &CheckArgs, platform: &Platform) -> Result<ExitCode> {
    let path = std::path::absolute(&args.file)?;
    let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let client = args.server.client()?;
    let key_set = |(name, client): (&ClientName, &Client)| Some((name.clone(), client.jwks.clone()?));
    let key_sets = platform.access.clients.iter().filter_map(key_set).collect();
    let report = super::block_on(client.check(&CheckRequest { text, path, key_sets }))??;
    if args.server.json {
        output::print_json(&report)?;
    } else if report.changes.is_empty() {
        println!("{} changes nothing", args.file.display());
    } else {
        for change in &report.changes {
            println!("{}", change.message);
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn schema() -> Result<ExitCode> {
    output::print_json(&naru_config::schema())?;
    Ok(ExitCode::SUCCESS)
}
