//! Access logs: what a system's own log says of its load, its users, its failures and its functions, before anything is decided.
//! Any number of files of any size in any order, in bounded memory: threads read pieces of files, each request is tallied by time,
//! path and user, and the tallies are added up and looked at once.
//!
//! `source` → `detect` → `scan` (`pattern`, `json`) → `tally` → `people`, `load`, `windows`, `templates`, `functions` → findings.

mod agent;
mod arrivals;
mod detect;
pub mod findings;
mod functions;
mod histogram;
mod history;
mod json;
mod leaves;
mod line;
mod load;
mod pattern;
mod people;
mod report;
mod scan;
mod shape;
mod source;
mod tally;
mod templates;
mod time;
mod timeline;
mod top;
mod visits;
mod windows;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use findings::{
    Approximate, Approximation, Broken, BrokenLine, Counted, Findings, Period, SourceFile, Sources, Tables,
    Volume,
};
use naru_model::units::Timestamp;

pub use arrivals::{Arrivals, Minute};
pub use history::{Entry, EntryKind, History, read as read_history};
pub use json::{Keys, Reader as JsonReader};
pub use line::{Line, Unit};
pub use pattern::{Error as PatternError, Pattern};
pub(crate) use report::number;
pub use report::report;
pub use source::Progress;
pub(crate) use time::civil;
pub use time::{Clock, TimeFormat};

use leaves::Leaves;
use scan::{Scan, Worker};
use source::{Job, Source};
use tally::Shared;
use timeline::Timeline;

/// Rows of a table.
const ROWS: usize = 20;
/// Each thread has tables of its own: more would not fit into the memory that is promised.
const MAX_THREADS: usize = 8;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no log was given; name its files, or - for standard input")]
    Nothing,
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is a folder; name the files in it, as in {path}/*.log")]
    Folder { path: PathBuf },
    #[error("no format that naru knows reads the first lines of {path}; {hint}. It begins with: {line}")]
    UnknownFormat { path: PathBuf, hint: &'static str, line: String },
    #[error(
        "{0:?} is nothing that a key can say; give time, address, user, request, method, target, status, bytes, agent or duration"
    )]
    Key(String),
    #[error("a thread that read the log has died; what it had read is lost")]
    Died,
}

/// What is to be read, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `-` is standard input.
    pub files: Vec<PathBuf>,
    /// Of all files; found from the first lines of each when not given.
    pub pattern: Option<Pattern>,
    /// Keys of JSON lines: what a key says, and its name.
    pub keys: Vec<(String, String)>,
    /// Of response times; found when not given.
    pub unit: Option<Unit>,
    /// Seconds east of UTC: the zone that hours and days are told in, and of times that name none. Default: the first time's.
    pub offset: Option<i32>,
    /// One per processor when 0; at most 8.
    pub threads: usize,
    /// Deployments and changes, to be joined with what went wrong.
    pub history: Option<History>,
}

/// Reads logs and finds.
///
/// # Errors
/// When a file cannot be opened or read, or no format reads its first lines. A broken line is none: it is counted.
pub fn analyse(options: &Options, progress: &Arc<Progress>) -> Result<Findings, Error> {
    look(options, progress, None)
}

/// Reads logs and finds, and tells when each request came.
///
/// # Errors
/// As [`analyse`].
pub fn arrivals(options: &Options, progress: &Arc<Progress>) -> Result<(Findings, Arrivals), Error> {
    let mut arrivals = Arrivals::default();
    let findings = look(options, progress, Some(&mut arrivals))?;
    Ok((findings, arrivals))
}

fn look(
    options: &Options,
    progress: &Arc<Progress>,
    arrivals: Option<&mut Arrivals>,
) -> Result<Findings, Error> {
    if options.files.is_empty() {
        return Err(Error::Nothing);
    }
    let keys = Keys::new(&options.keys).map_err(Error::Key)?;
    let assumed = options.offset.unwrap_or(0);
    let clock = Clock::new(assumed);
    let open = |path| Source::open(path, options, &keys, &clock, progress);
    let sources: Vec<Source> =
        options.files.iter().map(|path| open(path.as_path())).collect::<Result<_, _>>()?;
    let offset =
        options.offset.or_else(|| sources.iter().find_map(|source| source.found.offset)).unwrap_or(0);
    let shared = Shared {
        leaves: Mutex::new(Leaves::new()),
        timeline: Mutex::new(Timeline::default()),
        offset: i64::from(offset),
        fold_case: sources.iter().all(|source| matches!(source.format, detect::Format::W3c)),
    };
    // What one thread must read alone first, so that it is not what all wait for.
    let mut jobs: Vec<Job> =
        sources.iter().enumerate().flat_map(|(index, source)| source.jobs(index)).collect();
    jobs.sort_by_key(|job| job.piece.is_some());
    let scan = scan_all(&sources, &jobs, &shared, progress, assumed, threads(options.threads, jobs.len()))?;
    Ok(find(options, &sources, scan, shared, progress, arrivals))
}

fn threads(asked: usize, jobs: usize) -> usize {
    let available = if asked > 0 { asked } else { thread::available_parallelism().map_or(1, usize::from) };
    available.min(MAX_THREADS).min(jobs).max(1)
}

fn scan_all(
    sources: &[Source],
    jobs: &[Job],
    shared: &Shared,
    progress: &Arc<Progress>,
    assumed: i32,
    threads: usize,
) -> Result<Scan, Error> {
    let next = AtomicUsize::new(0);
    let worker = Worker { sources, jobs, next: &next, shared, progress, assumed };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| worker.run(threads))).collect();
        let mut scan = worker.run(threads)?;
        for other in others {
            scan.merge(other.join().map_err(|_| Error::Died)??);
        }
        Ok(scan)
    })
}

/// Reads how far a zone is from UTC, as in `+09:00` or `Z`: seconds east of it.
pub fn offset(text: &str) -> Option<i32> {
    time::zone(text.as_bytes())
}

/// The format that a log's first lines have, as findings name it; `None` when no line of them can be read.
pub fn format_of(head: &[u8]) -> Option<String> {
    detect::detect(head, &Keys::new(&[]).ok()?, &Clock::new(0)).map(|found| found.format.name())
}

/// Looks at all that was tallied.
fn find(
    options: &Options,
    sources: &[Source],
    mut scan: Scan,
    shared: Shared,
    progress: &Progress,
    arrivals: Option<&mut Arrivals>,
) -> Findings {
    let offset = shared.offset as i32;
    let timeline = shared.timeline.into_inner().unwrap_or_else(PoisonError::into_inner);
    let leaves = shared.leaves.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut findings = Findings { sources: told(sources, &mut scan, progress), ..Findings::default() };
    let tally = &mut scan.tally;
    let Some((from, to)) = tally.span else { return findings };
    let at = |local: i64| Timestamp(((local - i64::from(offset)).max(0) as u64) * 1_000_000);
    let load = load::Load::new(&timeline, from + i64::from(offset), to + i64::from(offset));
    findings.period = Some(Period {
        from: at(from + i64::from(offset)),
        to: at(to + i64::from(offset)),
        offset_seconds: offset,
        days: load.days(),
    });
    (findings.hours, findings.peaks, findings.rhythm) = (load.hours(&at), load.peaks(&at), load.rhythm());
    findings.windows = windows::windows(&timeline, &at);
    findings.volume = volume(tally, &load, &leaves);
    findings.latency = functions::latency(&tally.stats);
    let groups = functions::group(&templates::templates(&leaves, &tally.stats));
    let visits = people::Visited::new(&mut tally.visits, &leaves, &groups);
    let hours = if arrivals.is_some() { functions::hours(&groups, &timeline) } else { Default::default() };
    findings.functions = functions::describe(groups, &tally.stats, &timeline, &load, &visits, &at);
    if let Some(arrivals) = arrivals {
        let mean = findings.latency.map(|latency| latency.mean);
        *arrivals = Arrivals::new(&timeline, offset, &findings.functions, &hours, mean);
    }
    (findings.users, findings.robots) = visits.told(tally, &load, &at);
    findings.tables = tables(tally);
    findings.history = options.history.as_ref().map(|history| history.join(&findings));
    findings.approximations = approximations(tally, &timeline, visits.error());
    findings
}

/// What was read, with each broken line's number in its file.
fn told(sources: &[Source], scan: &mut Scan, progress: &Progress) -> Sources {
    scan.lines.sort_unstable();
    let before = |source: usize, piece: u64| -> u64 {
        scan.lines.iter().filter(|line| line.0 == source && line.1 < piece).map(|line| line.2).sum()
    };
    let example = |(source, piece, line, text): &scan::Example| BrokenLine {
        file: sources[*source].name.clone(),
        line: before(*source, *piece) + line,
        text: text.clone(),
    };
    let mut broken: Vec<Broken> = scan
        .broken
        .iter()
        .map(|(reason, (count, examples))| Broken {
            reason: *reason,
            count: *count,
            examples: examples.iter().map(example).collect(),
        })
        .collect();
    broken.sort_by_key(|broken| std::cmp::Reverse(broken.count));
    let mut lines = vec![0; sources.len()];
    scan.lines.iter().for_each(|(source, _, count)| lines[*source] += count);
    let file = |(source, lines): (&Source, &u64)| SourceFile {
        name: source.name.clone(),
        format: source.format.name(),
        packing: source.packing.name().to_owned(),
        time_unit: source.found.unit.map(|unit| unit.name().to_owned()),
        lines: *lines,
    };
    let stored = progress.total.load(Ordering::Relaxed);
    Sources {
        files: sources.iter().zip(&lines).map(file).collect(),
        bytes_stored: if stored > 0 { stored } else { progress.done.load(Ordering::Relaxed) },
        bytes_read: scan.bytes,
        lines: lines.iter().sum(),
        remarks: scan.remarks,
        broken: broken.iter().map(|broken| broken.count).sum(),
        broken_by_reason: broken,
    }
}

fn volume(tally: &tally::Tally, load: &load::Load<'_>, leaves: &Leaves) -> Volume {
    let sum = |of: fn(&tally::Stat) -> u64| tally.stats.iter().map(of).sum::<u64>();
    let is_asset = |leaf: usize| leaves.list.get(leaf).is_some_and(|leaf| leaf.kind == shape::Kind::Asset);
    let assets = tally
        .stats
        .iter()
        .enumerate()
        .filter(|(leaf, _)| is_asset(*leaf))
        .map(|(_, stat)| stat.requests)
        .sum();
    let statuses = tally.statuses.iter().enumerate().filter(|(_, count)| **count > 0);
    Volume {
        requests: sum(|stat| stat.requests),
        bytes: sum(|stat| stat.bytes),
        assets,
        writes: sum(|stat| stat.writes),
        statuses: statuses.map(|(index, count)| (index as u16 + 100, *count)).collect(),
        client_errors: sum(|stat| stat.client_errors),
        server_errors: sum(|stat| stat.server_errors),
        robots: sum(|stat| stat.robots),
        requests_per_day: load.per_day(),
    }
}

fn tables(tally: &tally::Tally) -> Tables {
    use shape::Kind;
    let counted = |rows: Vec<(String, u64)>| {
        rows.into_iter().map(|(text, requests)| Counted { text, requests }).collect()
    };
    let of_kind = |asset: bool| {
        move |path: &tally::Path| if (path.kind == Kind::Asset) == asset { path.requests } else { 0 }
    };
    Tables {
        paths: counted(tally.paths.heaviest(ROWS, of_kind(false))),
        assets: counted(tally.paths.heaviest(ROWS, of_kind(true))),
        not_found: counted(tally.paths.heaviest(ROWS, |path| path.missing)),
        failed: counted(tally.paths.heaviest(ROWS, |path| path.failed)),
        addresses: counted(tally.addresses.heaviest(ROWS, |requests| *requests)),
        agents: counted(tally.agents.heaviest(ROWS, |agent| agent.requests)),
    }
}

fn approximations(tally: &tally::Tally, timeline: &Timeline, users: f64) -> Vec<Approximation> {
    let all = [
        (Approximate::Users, users),
        (Approximate::Paths, tally.paths.lost as f64),
        (Approximate::Addresses, tally.addresses.lost as f64),
        (Approximate::Agents, tally.agents.lost as f64),
        (Approximate::Minutes, timeline.undetailed as f64),
        (Approximate::FunctionHours, timeline.unplaced as f64),
        (Approximate::Templates, tally.unseen as f64),
    ];
    all.into_iter().filter(|(_, by)| *by > 0.0).map(|(what, by)| Approximation { what, by }).collect()
}

#[cfg(test)]
mod tests;
