//! `naru logs`: what a service's instances wrote.

use std::process::ExitCode;

use anyhow::Result;
use naru_api::message::{LogLine, LogStream, LogsQuery};

use super::{LogsArgs, output};

pub(crate) fn run(args: LogsArgs) -> Result<ExitCode> {
    let client = args.server.client()?;
    let service = super::service_name(&args.service)?;
    let instance = args.instance.as_deref().map(str::parse).transpose()?;
    let query = LogsQuery { instance, lines: args.lines, follow: args.follow };
    let print = |line: &LogLine| -> Result<()> {
        if args.server.json {
            return output::print_json_line(line);
        }
        let mark = match line.stream {
            LogStream::Stdout => ' ',
            LogStream::Stderr => '!',
            LogStream::Naru => '#',
        };
        println!("{} {} {mark} {}", output::time(line.time), line.instance, line.text);
        Ok(())
    };
    super::block_on(async {
        if args.follow {
            let mut lines = client.follow_logs(&service, &query).await?;
            while let Some(line) = lines.next().await {
                print(&line?)?;
            }
        } else {
            client.logs(&service, &query).await?.iter().try_for_each(print)?;
        }
        Ok(ExitCode::SUCCESS)
    })?
}
