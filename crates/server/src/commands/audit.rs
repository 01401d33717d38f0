//! `naru audit`: who asked for which change, and what came of it.

use std::process::ExitCode;

use anyhow::Result;
use naru_api::message::AuditQuery;

use super::AuditArgs;
use super::output::{self, Table};

pub(crate) fn run(args: AuditArgs) -> Result<ExitCode> {
    let client = args.server.client()?;
    let query = AuditQuery { limit: args.lines, ..AuditQuery::default() };
    let entries = super::block_on(client.audit(&query))??;
    if args.server.json {
        output::print_json(&entries)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["TIME", "WHO", "ROLE", "FROM", "ASKED", "OF", "ANSWER", ""]);
    for entry in entries {
        table.row(vec![
            output::time(entry.at),
            entry.actor,
            entry.role.to_string(),
            entry.source,
            entry.action,
            entry.subject,
            entry.outcome.to_string(),
            entry.detail,
        ]);
    }
    print!("{table}");
    Ok(ExitCode::SUCCESS)
}
