//! Takes the room from a process that keeps traces, and gives it back: nothing stops, what could not be kept is counted and said
//! once, and what comes afterwards is kept.
//!
//! Its own `main`, because what is full is a process: this program again.

#![expect(clippy::unwrap_used, reason = "a test without the harness, of which clippy does not know")]

mod filling;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use naru_model::platform;
use naru_model::span::SpanRecord;
use naru_model::trace::TraceSearch;
use naru_model::units::{Percent, Timestamp};
use naru_telemetry::traces::{Limits, Traces, Waits};
use naru_telemetry::{Log, Names};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const START: Timestamp = Timestamp(1_795_250_000_000_000);

fn main() {
    filling::run(fill);
}

fn open(folder: &Path, log: Log) -> Traces {
    let retention =
        platform::Telemetry { disk: Percent { thousandths: 1000 }, ..platform::Telemetry::default() };
    let names = Arc::new(ArcSwap::from_pointee(Names::default()));
    let waits = Waits { quiet: Duration::ZERO, ..Waits::default() };
    Traces::open(folder, (Limits::default(), waits), retention, names, START, log).unwrap()
}

fn fill(folder: &Path) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::new({
        let said = said.clone();
        move |line: &str| said.lock().unwrap().push(line.to_owned())
    });
    let traces = open(folder, log);
    offer(&traces, 0);
    filling::until("the first to be kept", || found(&traces) == 100);
    let room = getrlimit(Resource::Fsize);
    // In the middle of the next batch.
    let journal = folder.join("spans-journal-1").metadata().unwrap().len();
    setrlimit(Resource::Fsize, Rlimit { current: Some(journal + 2_000), ..room }).unwrap();
    for n in 1..4 {
        offer(&traces, n * 100);
        filling::until("the drop to be counted", || traces.losses().dropped == n * 100);
    }
    assert_eq!(found(&traces), 100);
    assert_eq!(said.lock().unwrap().len(), 1, "{:?}", said.lock().unwrap());

    setrlimit(Resource::Fsize, room).unwrap();
    offer(&traces, 400);
    filling::until("the last to be kept", || found(&traces) == 200);
    let lines = said.lock().unwrap().clone();
    assert!(lines.len() == 2 && lines[1].contains("300 spans and log lines were dropped"), "{lines:?}");
    drop(traces);

    // The part that the full disk took is not in the journal's way.
    let traces = open(folder, Arc::new(|line: &str| panic!("{line}")));
    filling::until("the start", || found(&traces) == 200);
}

/// A hundred traces of one span each, all failed.
fn offer(traces: &Traces, first: u64) {
    let mut batch = Vec::new();
    for number in first..first + 100 {
        let mut trace_id = [7; 16];
        trace_id[..8].copy_from_slice(&number.to_le_bytes());
        let start = Timestamp(START.0 + number);
        SpanRecord { trace_id, span_id: [1; 8], start, error: true, ..SpanRecord::default() }
            .encode(&mut batch);
    }
    traces.offer_spans(&batch);
}

fn found(traces: &Traces) -> usize {
    let search = TraceSearch {
        from: Timestamp(0),
        to: Timestamp(u64::MAX),
        service: None,
        text: None,
        attribute: None,
        work: None,
        errors: true,
        at_least_us: 0,
        limit: 1000,
    };
    traces.search(&search).traces.len()
}
