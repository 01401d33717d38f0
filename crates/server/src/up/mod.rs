//! `naru up`: reads the file, opens the state, finds again what runs, closes the loop, and waits for the end.

mod alerts;
mod carry_out;
mod clickhouse;
mod control;
mod core;
mod file_audit;
mod file_watch;
mod gateway_news;
mod gateway_process;
mod gateways;
mod housekeeping;
mod inbox;
mod link;
mod links;
pub(crate) mod otlp;
mod own;
mod readings;
mod recover;
pub(crate) mod reports;
mod requests;
mod scrape;
mod signals;
mod stopping;
mod tables;
mod takeover;
mod token;
mod view;
mod world;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use naru_model::platform::Platform;
use naru_state::State;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

use naru_api::tls::Certificate;

use self::control::Console;
use self::core::{Core, Ended};
use self::inbox::{Input, Request};
use crate::commands::UpArgs;
use crate::conversions;

/// A file that can't be used: `EX_DATAERR` is 65 and `EX_USAGE` 64 in sysexits.h; naru says 64 for both.
pub(crate) const BAD_FILE: u8 = 64;

/// What the server's threads may still do once everything has ended, and what is not through by then is left.
const LEFT_WITHIN: Duration = Duration::from_secs(10);

/// Runs the platform until it is told to stop.
pub(crate) fn run(args: UpArgs) -> Result<ExitCode> {
    let file = std::path::absolute(&args.file)?;
    let platform = match naru_config::load(&file) {
        Ok(platform) => platform,
        Err(report) => {
            eprint!("{report}");
            return Ok(ExitCode::from(BAD_FILE));
        }
    };
    let problems = conversions::problems(&file, &platform);
    if !problems.is_empty() {
        problems.iter().for_each(|problem| eprintln!("{problem}"));
        return Ok(ExitCode::from(BAD_FILE));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("can't start the server's threads")?;
    let ended = runtime.block_on(serve(args, file, platform))?;
    runtime.shutdown_timeout(LEFT_WITHIN);
    match ended {
        Ended::Stopped => {
            eprintln!("naru: stopped; nothing of the platform runs any more");
            Ok(ExitCode::SUCCESS)
        }
        Ended::Become(program) => Err(become_program(program)),
    }
}

async fn serve(args: UpArgs, file: PathBuf, platform: Platform) -> Result<Ended> {
    // It holds what services are given in their environment: for its owner alone.
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&args.state);
    made.with_context(|| format!("can't make {}", args.state.display()))?;
    let state_dir = args.state.canonicalize()?;
    let state = Arc::new(State::open(&state_dir).await?);
    let console = console(&args)?;
    let (inbox, inputs) = mpsc::channel(4096);

    let options =
        gateway_news::Options { listen: args.listen, tls_listen: args.tls_listen, silent: args.no_records };
    let otlp = args.otlp;
    let mut core =
        recover::recover(state, state_dir.clone(), &file, options, otlp, &platform, inbox.clone()).await?;
    apply_at_start(&mut core, platform).await?;
    let (stop, stopped) = watch::channel(false);
    readings::start(core.telemetry.clone(), core.status.subscribe(), core.clock);
    control::listen(&core, &state_dir, console, stopped).await?;
    file_watch::start(file, inbox.clone()).context("can't watch the file for changes")?;
    stop_on_signals(inbox)?;
    let alerting = core.alerting.clone();
    let ended = core.run(inputs).await;
    // The next server, and after an upgrade that is in a moment, goes on with what this one learned.
    alerting.write_down();
    // The receivers may have ended before; then there is nobody to tell.
    let _ = stop.send(true);
    if matches!(ended, Ended::Stopped) {
        for name in ["naru.sock", "link.sock", "gateway.json"] {
            // One that is not there need not be removed.
            let _ = std::fs::remove_file(state_dir.join(name));
        }
    }
    Ok(ended)
}

fn console(args: &UpArgs) -> Result<Console> {
    let tls = match args.console_tls.as_slice() {
        [cert, key] => Some(Certificate::load(cert, key)?),
        _ => None,
    };
    let (address, insecure) = (args.console.clone(), args.console_insecure);
    Ok(Console { address, tls, insecure, token: args.token.clone() })
}

/// Takes the file's platform in before anything else is. If that can't be, what an earlier server left running goes on
/// as it is; without any, there is nothing to run.
async fn apply_at_start(core: &mut Core, platform: Platform) -> Result<()> {
    let request = Request::Apply { platform: Box::new(platform), actor: "start".to_owned() };
    let now = core.clock.now();
    match core.take_in(request, now).await {
        Ok(_) => Ok(()),
        Err(refused) if core.gateways.current == 0 => Err(refused.into()),
        Err(refused) => {
            eprintln!("naru: the file is not applied, what runs goes on as it is: {refused}");
            let platform = core.applied.platform.clone();
            core.follow_otlp(&platform, now).await;
            Ok(())
        }
    }
}

/// SIGTERM and Ctrl-C stop the platform; the second one does so at once.
fn stop_on_signals(inbox: mpsc::Sender<Input>) -> Result<()> {
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut signals = signal(kind)?;
        let inbox = inbox.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                let (reply, _) = oneshot::channel();
                let request = Request::Stop { actor: "signal".to_owned() };
                if inbox.send(Input::Ask { request, reply }).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}

/// Becomes another program with the same arguments and pid. Returns only when that fails.
fn become_program(program: PathBuf) -> anyhow::Error {
    use std::os::unix::process::CommandExt;
    let error = Command::new(&program).args(std::env::args_os().skip(1)).exec();
    anyhow::Error::new(error).context(format!(
        "can't become {}; the gateway and all instances go on, start `naru up` again",
        program.display()
    ))
}
