//! Kills a process with SIGKILL while it keeps traces, again and again over the same folder, and looks at what is left.
//!
//! Its own `main`, because the process to kill is this program again.

#![expect(clippy::unwrap_used, reason = "a test without the harness, of which clippy does not know")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use naru_model::platform;
use naru_model::span::{Source, SpanRecord};
use naru_model::trace::TraceSearch;
use naru_model::units::{Percent, Timestamp};
use naru_telemetry::Names;
use naru_telemetry::traces::{Limits, Traces, Waits};

const FOLDER: &str = "NARU_TRACES_TO_WRITE";
const FIRST: &str = "NARU_TRACES_FIRST";
const START: Timestamp = Timestamp(1_795_250_000_000_000);
const ROUNDS: u64 = 10;
/// What a SIGKILL may lose.
const LOST: Duration = Duration::from_secs(1);
/// Traces handed over at once.
const AT_ONCE: u64 = 20;

fn main() {
    match std::env::var_os(FOLDER) {
        Some(folder) => write(Path::new(&folder), std::env::var(FIRST).unwrap().parse().unwrap()),
        None => kill_writers(),
    }
}

fn open(folder: &Path) -> Traces {
    let log = Arc::new(|line: &str| println!("said: {line}"));
    // Small journals, so that kills fall into the writing of files too.
    let limits = Limits { journal_bytes: 1 << 20, ..Limits::default() };
    let waits = Waits { quiet: Duration::from_millis(100), ..Waits::default() };
    let retention =
        platform::Telemetry { disk: Percent { thousandths: 1000 }, ..platform::Telemetry::default() };
    let names = Arc::new(ArcSwap::from_pointee(Names::default()));
    Traces::open(folder, (limits, waits), retention, names, START, log).unwrap()
}

/// The trace of this number begins so many microseconds after the start. Every one failed, and so is kept.
fn trace(number: u64, batch: &mut Vec<u8>) {
    let mut trace_id = [7; 16];
    trace_id[..8].copy_from_slice(&number.to_le_bytes());
    let span = SpanRecord {
        source: Source { service: "booking", ..Source::default() },
        trace_id,
        span_id: [1; 8],
        start: Timestamp(START.0 + number),
        duration_us: 700,
        error: true,
        name: "GET /rooms",
        ..SpanRecord::default()
    };
    span.encode(batch);
    SpanRecord { span_id: [2; 8], parent_id: [1; 8], error: false, ..span }.encode(batch);
}

/// Keeps traces until killed, and prints up to which number it has handed them over.
fn write(folder: &Path, first: u64) {
    let traces = open(folder);
    let mut number = first;
    let mut batch = Vec::new();
    loop {
        batch.clear();
        (0..AT_ONCE).for_each(|n| trace(number + n, &mut batch));
        traces.offer_spans(&batch);
        number += AT_ONCE;
        println!("{number}");
        std::io::stdout().flush().unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn kill_writers() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut handed_over = 0;
    let mut kept = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .env(FOLDER, folder.path())
            .env(FIRST, handed_over.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(writer.stdout.take().unwrap()).lines();
        // Another length of life each time; the kill falls anywhere into the next write.
        let life = Duration::from_millis(500 + 137 * round % 900);
        let born = Instant::now();
        let mut at = Vec::new();
        while born.elapsed() < life {
            let line = said.next().unwrap().unwrap();
            handed_over = line.parse().unwrap_or_else(|_| panic!("{line}"));
            at.push((Instant::now(), handed_over));
        }
        let killed = Instant::now();
        writer.kill().unwrap();
        writer.wait().unwrap();
        // What it handed over and printed before the kill but was not read.
        handed_over =
            said.map_while(Result::ok).filter_map(|line| line.parse().ok()).last().unwrap_or(handed_over);
        // All that was handed over more than a second before the kill must be there.
        let safe =
            at.iter().rev().find(|(when, _)| killed.duration_since(*when) > LOST).map(|(_, number)| *number);
        let found = look_at(folder.path(), handed_over);
        assert!(kept.is_subset(&found), "a trace that was there before is gone");
        let first = at.first().map_or(0, |(_, number)| *number - AT_ONCE);
        let missing = (first..safe.unwrap_or(first)).filter(|number| !found.contains(number)).count();
        assert_eq!(missing, 0, "round {round}: {missing} of those older than a second are gone");
        kept = found;
        // The next one begins where nothing was handed over yet.
        handed_over += AT_ONCE + 1;
    }
    println!("killed {ROUNDS} times: {} traces kept, all of them whole", kept.len());
}

/// The numbers of all traces in the folder; each is there once and whole.
fn look_at(folder: &Path, handed_over: u64) -> BTreeSet<u64> {
    let traces = open(folder);
    // The leftovers are read by a thread: a new trace is shown once it is done with them.
    let mark = handed_over + AT_ONCE;
    let mut last = Vec::new();
    trace(mark, &mut last);
    traces.offer_spans(&last);
    let deadline = Instant::now() + Duration::from_secs(60);
    while traces
        .search(&everything(Timestamp(START.0 + mark), Timestamp(START.0 + mark + 1)))
        .traces
        .is_empty()
    {
        assert!(Instant::now() < deadline, "the leftovers were not read within a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut found = BTreeSet::new();
    let mut before = Timestamp(START.0 + mark);
    loop {
        let answer = traces.search(&everything(START, before));
        for trace in &answer.traces {
            assert!(found.insert(trace.start.0 - START.0), "{trace:?} is there twice");
            assert_eq!((trace.spans, trace.errors), (2, 1), "{trace:?} is not whole");
        }
        match answer.traces.last() {
            Some(last) if answer.more => before = last.start,
            _ => return found,
        }
    }
}

fn everything(from: Timestamp, to: Timestamp) -> TraceSearch {
    TraceSearch {
        from,
        to,
        service: None,
        text: None,
        attribute: None,
        work: None,
        errors: false,
        at_least_us: 0,
        limit: 1000,
    }
}
