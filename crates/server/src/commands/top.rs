//! `naru top`: the status, live, until Ctrl-C.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use super::{ServerArgs, output, status};

const EVERY: Duration = Duration::from_secs(1);
// ECMA-48: the alternate screen (xterm's private mode 1049), cursor home, erase to the end of line and of screen.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

pub(crate) fn run(args: ServerArgs) -> Result<ExitCode> {
    let client = args.client()?;
    super::block_on(async {
        if !args.json {
            print!("{ENTER}");
        }
        let shown = tokio::select! {
            shown = show(&client, args.json) => shown,
            _ = tokio::signal::ctrl_c() => Ok(()),
        };
        if !args.json {
            print!("{LEAVE}");
            std::io::stdout().flush()?;
        }
        shown.map(|()| ExitCode::SUCCESS)
    })?
}

/// Rows of the terminal; as good as endless where there is none.
fn rows() -> usize {
    match rustix::termios::tcgetwinsize(std::io::stdout()) {
        Ok(size) if size.ws_row > 0 => size.ws_row.into(),
        _ => usize::MAX,
    }
}

async fn show(client: &naru_api::client::Client, json: bool) -> Result<()> {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        let now = client.status().await?;
        if json {
            output::print_json_line(&now)?;
        } else {
            let lines = status::text(&now);
            let shown: Vec<&str> = lines.lines().take(rows().saturating_sub(1)).collect();
            print!("\x1b[H{}\x1b[K\x1b[J", shown.join("\x1b[K\r\n"));
            std::io::stdout().flush()?;
        }
    }
}
