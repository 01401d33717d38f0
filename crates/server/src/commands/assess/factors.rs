//! `naru assess factors`: the twelve factors of a source tree, or of a service of the running platform.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use naru_api::client::Client;
use naru_api::message::{EventsQuery, LogsQuery};
use naru_assess::factors::{Limits, Service, check, of_service};
use naru_model::event::Kind;
use naru_model::name::ServiceName;

use super::{OutArgs, files};
use crate::commands::{STATE_DIR, block_on};

/// Lines of output that are looked at: one is enough to know that there are some.
const LINES: usize = 100;
/// Ends of instances that are looked at, the latest.
const ENDS: u32 = 200;

#[derive(Debug, Args)]
pub(super) struct FactorsArgs {
    /// The folder of a source tree
    #[arg(value_name = "DIR", required_unless_present = "service")]
    folder: Option<PathBuf>,
    /// A service of the running platform, instead of a folder
    #[arg(long, value_name = "NAME", conflicts_with = "folder")]
    service: Option<ServiceName>,
    /// The most files that are read
    #[arg(long, value_name = "N", default_value_t = Limits::default().files)]
    files: u64,
    /// The state folder of the server on this machine, with --service
    #[arg(long, value_name = "DIR", default_value = STATE_DIR)]
    state: PathBuf,
    /// A server elsewhere (http://host:9090), instead of --state
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Whose certificates are trusted, for --server https://... (PEM)
    #[arg(long, value_name = "FILE")]
    server_ca: Option<PathBuf>,
    /// The operator's token, for --server
    #[arg(long, env = "NARU_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(flatten)]
    out: OutArgs,
}

pub(super) fn run(args: &FactorsArgs) -> Result<ExitCode> {
    let factors = match (&args.service, &args.folder) {
        (Some(name), _) => {
            let client = match &args.server {
                Some(url) => Client::remote(url, args.token.as_deref(), args.server_ca.as_deref())?,
                None => Client::local(&args.state),
            };
            of_service(&block_on(seen(&client, name))??)
        }
        (None, Some(folder)) => check(folder, Limits { files: args.files, ..Limits::default() })?,
        (None, None) => anyhow::bail!("give the folder of a source tree, or --service NAME"),
    };
    let language = args.out.lang.unwrap_or_else(files::language);
    args.out.print(&factors.json(language), || factors.report(language))
}

/// What the server knows of a service.
async fn seen(client: &Client, name: &ServiceName) -> Result<Service> {
    let status = client.service(name).await?;
    let revisions = client.revisions(name).await?;
    let current = revisions.into_iter().find(|revision| revision.number == status.revision);
    let spec =
        current.with_context(|| format!("the server has no revision {} of {name}", status.revision))?.spec;
    let lines = client.logs(name, &LogsQuery { lines: LINES, ..LogsQuery::default() }).await?;
    let wanted = EventsQuery {
        service: Some(name.clone()),
        kind: vec![Kind::InstanceRemoved],
        limit: ENDS,
        ..EventsQuery::default()
    };
    let ends = client.events(&wanted).await?;
    // As the controller words it: `booking-1-1 exited with code 143 as it was to, after 5m`.
    let ends: Vec<_> = ends.iter().filter(|event| event.message.contains(" as it was to")).collect();
    let killed = ends.iter().filter(|event| event.message.contains("SIGKILL")).count();
    Ok(Service {
        name: name.as_str().to_owned(),
        revision: status.revision,
        exec: spec.exec,
        env: spec.env,
        fixed_port: spec.port,
        artifact: spec.artifact.map(|artifact| artifact.digest),
        ready: status.ready,
        output_lines: lines.len(),
        ended_in_order: ends.len() - killed,
        killed,
    })
}
