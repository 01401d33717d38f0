//! Kills a process with SIGKILL while it keeps traces, again and again over the same folder, and looks at what is left.
//!
//! Its own `main`, because the process to kill is this program again.

#![expect(clippy::unwrap_used, reason = "a test without the harness, of which clippy does not know")]

mod killing;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use naru_model::platform;
use naru_model::span::{Source, SpanRecord};
use naru_model::trace::TraceSearch;
use naru_model::units::{Percent, Timestamp};
use naru_telemetry::Names;
use naru_telemetry::traces::{Limits, Traces, Waits};

use crate::killing::Writers;

const START: Timestamp = Timestamp(1_795_250_000_000_000);
const WRITERS: Writers = Writers { rounds: 10, at_once: 20 };

fn main() {
    match Writers::is_one() {
        Some((folder, first)) => write(&folder, first),
        None => {
            let killed = WRITERS.kill(|folder, _, handed_over| look_at(folder, handed_over));
            let (rounds, kept, lost) = (WRITERS.rounds, killed.kept, killed.lost);
            println!(
                "killed {rounds} times: {kept} traces kept, all of them whole, {lost} of the last moments lost"
            );
        }
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

fn write(folder: &Path, first: u64) {
    let traces = open(folder);
    let mut batch = Vec::new();
    WRITERS.write(first, |numbers| {
        batch.clear();
        numbers.for_each(|number| trace(number, &mut batch));
        traces.offer_spans(&batch);
    })
}

/// The numbers of all traces in the folder; each is there once and whole.
fn look_at(folder: &Path, handed_over: u64) -> BTreeSet<u64> {
    let traces = open(folder);
    // The leftovers are read by a thread: a new trace is shown once it is done with them.
    let mark = handed_over + WRITERS.at_once;
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
