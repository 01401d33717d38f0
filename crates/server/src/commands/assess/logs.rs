//! `naru assess logs`: analyses access logs of any size, with a progress bar, and prints what an orderer reads or JSON.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use naru_assess::log::{self, EntryKind, History, Options, Pattern, Progress, Unit};
use naru_model::units;

use super::super::output;
use super::{OutArgs, files};

/// How often the progress bar is drawn.
const TICK: Duration = Duration::from_millis(200);
const BAR: usize = 30;

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Logs in any order: plain, gzip or zstd; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How lines are written: common, combined, or a pattern of Apache, Tomcat (%h %t "%r" %s) or nginx ($remote_addr); found
    /// from the first lines when not given
    #[arg(long, value_name = "PATTERN")]
    pattern: Option<String>,
    /// For JSON lines: which key says what (time, address, user, request, method, target, status, bytes, agent, duration)
    #[arg(long = "key", value_name = "WHAT=KEY")]
    keys: Vec<String>,
    /// The unit of response times (s, ms, us, ns); found from the first lines when not given
    #[arg(long)]
    unit: Option<Unit>,
    /// The zone that hours and days are told in, and of times that name none (+09:00); the log's own when not given
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true, value_parser = offset)]
    zone: Option<i32>,
    /// Deployments: a table (CSV) with a time and a text, or the output of git log
    #[arg(long, value_name = "FILE")]
    deployments: Vec<PathBuf>,
    /// Change requests: a table (CSV) with when they were asked for, and when done
    #[arg(long, value_name = "FILE")]
    changes: Vec<PathBuf>,
    /// Deployments from a Git repository: its tags, or without any the commits of its main line
    #[arg(long, value_name = "DIR")]
    git: Vec<PathBuf>,
    /// A failure that begins so long after a deployment counts as its consequence
    #[arg(long, value_name = "TIME", default_value = "1h")]
    within: String,
    /// How many threads read; one per processor when 0
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    out: OutArgs,
}

/// Reads `+09:00`: seconds east of UTC.
pub(super) fn offset(text: &str) -> std::result::Result<i32, String> {
    log::offset(text)
        .ok_or_else(|| format!("{text:?} is no zone; write how far it is from UTC, as in +09:00"))
}

pub(super) fn run(args: &LogsArgs) -> Result<ExitCode> {
    let options = options(args)?;
    let progress = Arc::new(Progress::default());
    let findings = with_bar(&progress, || log::analyse(&options, &progress))?;
    let language = args.out.lang.unwrap_or_else(files::language);
    if args.json {
        output::print_json(&findings)?;
        return Ok(ExitCode::SUCCESS);
    }
    args.out.print(&findings, || log::report(&findings, language))
}

fn options(args: &LogsArgs) -> Result<Options> {
    let key = |pair: &String| {
        let (what, key) = pair
            .split_once('=')
            .ok_or_else(|| anyhow!("{pair:?} is no key; write what it says and its name, as in time=ts"))?;
        Ok((what.to_owned(), key.to_owned()))
    };
    Ok(Options {
        files: args.files.clone(),
        pattern: args.pattern.as_deref().map(Pattern::new).transpose()?,
        keys: args.keys.iter().map(key).collect::<Result<_>>()?,
        unit: args.unit,
        offset: args.zone,
        threads: args.threads,
        history: history(args)?,
    })
}

/// Deployments and changes of all the files and repositories given; `None` when none is.
fn history(args: &LogsArgs) -> Result<Option<History>> {
    if args.deployments.is_empty() && args.changes.is_empty() && args.git.is_empty() {
        return Ok(None);
    }
    let mut history = History { within: units::parse_duration(&args.within)?, ..History::default() };
    let mut add = |text: &str, kind| {
        let (entries, broken) = log::read_history(text, kind);
        history.entries.extend(entries);
        history.broken_rows += broken;
    };
    for (files, kind) in [(&args.deployments, EntryKind::Deployment), (&args.changes, EntryKind::Change)] {
        for file in files {
            let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            add(&String::from_utf8_lossy(&bytes), kind);
        }
    }
    for folder in &args.git {
        let tags = git(
            folder,
            &[
                "for-each-ref",
                "refs/tags",
                "--sort=creatordate",
                "--format=%(creatordate:iso-strict)%09%(refname:short)",
            ],
        )?;
        let deployed = if tags.trim().is_empty() {
            git(folder, &["log", "--first-parent", "--format=%cI%x09%s"])?
        } else {
            tags
        };
        add(&deployed, EntryKind::Deployment);
    }
    Ok(Some(history))
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let done =
        Command::new("git").arg("-C").arg(folder).args(arguments).output().context("cannot run git")?;
    if !done.status.success() {
        bail!("git cannot read {}: {}", folder.display(), String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Does something with a progress bar, when there is a terminal to draw it on.
pub(super) fn with_bar<T>(progress: &Arc<Progress>, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let is_over = AtomicBool::new(false);
    let lock = Mutex::new(());
    let over = std::sync::Condvar::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut guard = lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            while !is_over.load(Ordering::Acquire) {
                draw(progress);
                guard = over.wait_timeout(guard, TICK).unwrap_or_else(std::sync::PoisonError::into_inner).0;
            }
            eprint!("\r\x1b[K");
        });
        let done = work();
        let guard = lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        is_over.store(true, Ordering::Release);
        drop(guard);
        over.notify_all();
        done
    })
}

fn draw(progress: &Progress) {
    let (total, done) = (progress.total.load(Ordering::Relaxed), progress.done.load(Ordering::Relaxed));
    if total == 0 {
        eprint!("\r\x1b[K{}", output::bytes(done));
    } else {
        let done = done.min(total);
        let full = (done as f64 / total as f64 * BAR as f64) as usize;
        eprint!(
            "\r\x1b[K[{}{}] {:3.0} % of {}",
            "#".repeat(full),
            "·".repeat(BAR - full),
            done as f64 / total as f64 * 100.0,
            output::bytes(total)
        );
    }
    // A terminal that is gone is no reason to stop.
    let _ = std::io::stderr().flush();
}
