//! The commands that change what is wanted: deploy, rollback, stop, upgrade. Each says what it set going, and can
//! wait until it is done.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use naru_api::client::Client;
use naru_api::message::{DeployRequest, EventsQuery, UpgradeRequest};
use naru_model::event::{Event, Kind};
use naru_model::name::ServiceName;

use super::{DeployArgs, RollbackArgs, ServerArgs, UpgradeArgs, output};

pub(crate) fn deploy(args: DeployArgs) -> Result<ExitCode> {
    let client = args.server.client()?;
    let service = super::service_name(&args.service)?;
    let request = DeployRequest { env: variables(&args.env)? };
    super::block_on(async {
        let after = newest_event(&client).await?;
        let accepted = client.deploy(&service, &request).await?;
        let said = format!("{service} goes to revision {}", accepted.revision);
        rolled_out(&client, &service, accepted.revision, after, args.wait, &args.server, &said).await
    })?
}

pub(crate) fn rollback(args: RollbackArgs) -> Result<ExitCode> {
    let client = args.server.client()?;
    let service = super::service_name(&args.service)?;
    super::block_on(async {
        let after = newest_event(&client).await?;
        let accepted = client.rollback(&service, args.to).await?;
        let said = format!("{service} goes back to revision {}", accepted.revision);
        rolled_out(&client, &service, accepted.revision, after, args.wait, &args.server, &said).await
    })?
}

pub(crate) fn stop(args: ServerArgs) -> Result<ExitCode> {
    let client = args.client()?;
    let stopping = super::block_on(async {
        let stopping = client.stop().await?;
        if !args.json {
            eprintln!("the gateway ends what it has, then every instance ends…");
        }
        await_end(&client).await;
        anyhow::Ok(stopping)
    })??;
    if args.json {
        output::print_json(&stopping)?;
    } else {
        println!("stopped");
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn upgrade(args: UpgradeArgs) -> Result<ExitCode> {
    let client = args.server.client()?;
    let binary = match args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => std::env::current_exe()?,
    };
    super::block_on(async {
        let since = client.status().await?.server.since;
        let upgrading = client.upgrade(&UpgradeRequest { binary }).await?;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        // The new server is there when one with another start answers; till then nobody may.
        while !client.status().await.is_ok_and(|status| status.server.since != since) {
            if tokio::time::Instant::now() > deadline {
                bail!(
                    "no new server answers after 60 s; `naru events` and gateway.log in the state folder may tell why"
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if args.server.json {
            output::print_json(&upgrading)?;
        } else {
            println!("upgraded from {} to {}", upgrading.from_version, upgrading.to_version);
        }
        Ok(ExitCode::SUCCESS)
    })?
}

/// Prints what was set going, and with `wait` how it ended: 1 when the revision did not stay.
async fn rolled_out(
    client: &Client,
    service: &ServiceName,
    revision: u32,
    after: u64,
    wait: bool,
    args: &ServerArgs,
    said: &str,
) -> Result<ExitCode> {
    if !wait {
        if args.json {
            output::print_json_line(&serde_json::json!({ "service": service, "revision": revision }))?;
        } else {
            println!("{said}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !args.json {
        println!("{said}…");
    }
    let query = EventsQuery { after: Some(after), service: Some(service.clone()), ..EventsQuery::default() };
    let mut events = client.follow_events(&query).await?;
    while let Some(event) = events.next().await {
        let event: Event = event?;
        if !args.json {
            println!("{}", output::event_line(&event));
        }
        match event.kind {
            Kind::RolloutFinished => {
                if args.json {
                    output::print_json_line(
                        &serde_json::json!({ "service": service, "revision": revision, "done": true }),
                    )?;
                }
                return Ok(ExitCode::SUCCESS);
            }
            Kind::RolledBack | Kind::RolloutFailed => {
                if args.json {
                    let why = event.message;
                    output::print_json_line(
                        &serde_json::json!({ "service": service, "revision": revision, "done": false, "why": why }),
                    )?;
                }
                return Ok(ExitCode::FAILURE);
            }
            _ => {}
        }
    }
    bail!("the server has ended before the rollout did; `naru events` tells how it goes once it runs again")
}

async fn newest_event(client: &Client) -> Result<u64> {
    let query = EventsQuery { limit: 1, ..EventsQuery::default() };
    Ok(client.events(&query).await?.last().map_or(0, |event| event.id))
}

/// Waits until no server answers any more.
async fn await_end(client: &Client) {
    while client.status().await.is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn variables(given: &[String]) -> Result<BTreeMap<String, String>> {
    let pair = |text: &String| {
        let (name, value) =
            text.split_once('=').with_context(|| format!("--env {text:?} has no '='; write NAME=VALUE"))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    given.iter().map(pair).collect()
}
