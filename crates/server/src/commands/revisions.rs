//! `naru revisions`: what a service ran, runs, and could go back to.

use std::process::ExitCode;

use anyhow::Result;

use super::ServiceArgs;
use super::output::{self, Table};

pub(crate) fn run(args: ServiceArgs) -> Result<ExitCode> {
    let client = args.server.client()?;
    let name = super::service_name(&args.service)?;
    let (revisions, service) = super::block_on(async {
        anyhow::Ok((client.revisions(&name).await?, client.service(&name).await?))
    })??;
    if args.server.json {
        output::print_json(&revisions)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["REVISION", "", "MADE", "BY", "WHY", "ARTIFACT"]);
    for revision in &revisions {
        let mark = match revision.number {
            number if number == service.revision => "current",
            number if number == service.stable => "proved",
            _ => "",
        };
        let artifact = revision.spec.artifact.as_ref();
        table.row(vec![
            revision.number.to_string(),
            mark.to_owned(),
            output::time(revision.made_at),
            revision.made_by.clone(),
            revision.reason.clone(),
            artifact.map_or("-".to_owned(), |kept| format!("{} {}", kept.name, &kept.digest[..12])),
        ]);
    }
    print!("{table}");
    Ok(ExitCode::SUCCESS)
}
