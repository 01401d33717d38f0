//! `naru events`: what happened and was decided, and why.

use std::process::ExitCode;

use anyhow::Result;
use naru_api::message::EventsQuery;
use naru_model::event::Event;

use super::{EventsArgs, output};

pub(crate) fn run(args: EventsArgs) -> Result<ExitCode> {
    let client = args.server.client()?;
    let service = args.service.as_deref().map(super::service_name).transpose()?;
    let query = EventsQuery { service, limit: args.lines as u32, ..EventsQuery::default() };
    let print = |event: &Event| -> Result<()> {
        if args.server.json {
            output::print_json_line(event)?;
        } else {
            println!("{}", output::event_line(event));
        }
        Ok(())
    };
    super::block_on(async {
        if args.follow {
            let mut events = client.follow_events(&query).await?;
            while let Some(event) = events.next().await {
                print(&event?)?;
            }
        } else {
            client.events(&query).await?.iter().try_for_each(print)?;
        }
        Ok(ExitCode::SUCCESS)
    })?
}
