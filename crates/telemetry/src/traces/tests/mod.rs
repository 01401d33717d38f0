//! The store as a whole, over a folder; the decision by itself is in `decision`.

mod decision;
mod finished;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use naru_model::platform;
use naru_model::series::Period;
use naru_model::span::{LogRecord, Source, SpanKind, SpanRecord, Work};
use naru_model::trace::{LogSearch, TraceSearch};
use naru_model::units::{Percent, Timestamp};

use super::{Limits, Traces, Waits};
use crate::names::Names;

const START: Timestamp = Timestamp(1_795_250_000_000_000);

fn retention() -> platform::Telemetry {
    platform::Telemetry { disk: Percent { thousandths: 1000 }, ..platform::Telemetry::default() }
}

fn store(folder: &std::path::Path, limits: Limits, waits: Waits) -> (Traces, Arc<Mutex<Vec<String>>>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::new({
        let said = said.clone();
        move |line: &str| said.lock().unwrap().push(line.to_owned())
    });
    let names = Names {
        services: [(naru_model::snapshot::ServiceId(1), "portal".parse().unwrap())].into(),
        ..Names::default()
    };
    let names = Arc::new(ArcSwap::from_pointee(names));
    (Traces::open(folder, (limits, waits), retention(), names, START, log).unwrap(), said)
}

/// A trace that is decided on as soon as it is looked at.
fn at_once() -> Waits {
    Waits { quiet: Duration::ZERO, ..Waits::default() }
}

/// Everything becomes files at once.
fn small() -> Limits {
    Limits { held_bytes: 1, ..Limits::default() }
}

fn source(service: &str) -> Source<'_> {
    Source { service, revision: 3, ordinal: 1, resource: "{\"host.name\":\"a\"}" }
}

/// A server's span with a query below it.
fn two_spans(number: u8, error: bool) -> Vec<u8> {
    let start = Timestamp(START.0 + u64::from(number) * 1_000_000);
    let attributes = format!("{{\"order\":\"{number}\",\"amount\":{}}}", u32::from(number) * 10);
    let server = SpanRecord {
        source: source("portal"),
        trace_id: [number; 16],
        span_id: [number; 8],
        parent_id: [200; 8],
        start,
        duration_us: 20_000,
        kind: SpanKind::Server,
        error,
        work: Work::Http,
        status: 200,
        name: "GET /orders",
        scope: "servlet",
        detail: "/orders/{id}",
        attributes: &attributes,
        events: "[{\"at\":7,\"name\":\"cache miss\",\"attributes\":{}}]",
        ..SpanRecord::default()
    };
    let query = SpanRecord {
        span_id: [number + 100; 8],
        parent_id: [number; 8],
        start: start + Duration::from_millis(2),
        duration_us: 5_000,
        kind: SpanKind::Client,
        error: false,
        work: Work::Database,
        status: 0,
        name: "SELECT orders",
        system: "postgresql",
        peer: "orders",
        detail: "select * from orders where id = $1",
        attributes: "",
        events: "",
        ..server
    };
    let mut batch = Vec::new();
    query.encode(&mut batch);
    server.encode(&mut batch);
    batch
}

fn a_line(number: u8, severity: u8, body: &str) -> Vec<u8> {
    let mut batch = Vec::new();
    let at = Timestamp(START.0 + u64::from(number) * 1_000_000 + u64::from(severity));
    let line = LogRecord {
        source: source("portal"),
        at,
        severity,
        trace_id: [number; 16],
        span_id: [number; 8],
        scope: "app",
        body,
        attributes: "{\"thread\":\"main\"}",
    };
    line.encode(&mut batch);
    batch
}

fn all() -> TraceSearch {
    TraceSearch {
        from: Timestamp(0),
        to: Timestamp(u64::MAX),
        service: None,
        text: None,
        attribute: None,
        work: None,
        errors: false,
        at_least_us: 0,
        limit: 1000,
    }
}

fn lines() -> LogSearch {
    LogSearch {
        from: Timestamp(0),
        to: Timestamp(u64::MAX),
        service: None,
        instance: None,
        trace_id: None,
        severity: 0,
        text: None,
        limit: 1000,
    }
}

/// The store's threads tell nobody when they are done with something.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < deadline, "{what} took over 30 seconds");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn files(folder: &std::path::Path, kind: &str) -> usize {
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(kind) && name.ends_with(".parquet")).count()
}

/// What is found is the same in memory and in files, and again after a start.
fn looks_right(traces: &Traces) {
    let found = traces.search(&all());
    assert_eq!((found.traces.len(), found.more), (3, false));
    let latest = &found.traces[0];
    assert_eq!(latest.trace_id, "03".repeat(16));
    assert_eq!((latest.service.as_str(), latest.name.as_str()), ("portal", "GET /orders"));
    assert_eq!((latest.spans, latest.errors, latest.seconds), (2, 0, 0.02));
    assert_eq!(latest.services, ["portal"]);
    let count = |search: TraceSearch| traces.search(&search).traces.len();
    assert_eq!(count(TraceSearch { errors: true, ..all() }), 1);
    assert_eq!(count(TraceSearch { service: Some("portal".to_owned()), ..all() }), 3);
    assert_eq!(count(TraceSearch { service: Some("stock".to_owned()), ..all() }), 0);
    assert_eq!(count(TraceSearch { text: Some("FROM orders".to_owned()), ..all() }), 3);
    assert_eq!(count(TraceSearch { text: Some("nothing such".to_owned()), ..all() }), 0);
    assert_eq!(count(TraceSearch { work: Some(Work::Database), ..all() }), 3);
    assert_eq!(count(TraceSearch { work: Some(Work::Database), errors: true, ..all() }), 0);
    let attribute = |key: &str, value: &str| Some((key.to_owned(), value.to_owned()));
    assert_eq!(count(TraceSearch { attribute: attribute("order", "2"), ..all() }), 1);
    assert_eq!(count(TraceSearch { attribute: attribute("amount", "30"), ..all() }), 1);
    assert_eq!(count(TraceSearch { attribute: attribute("host.name", "a"), ..all() }), 3);
    assert_eq!(count(TraceSearch { at_least_us: 20_001, ..all() }), 0);
    let second = START + Duration::from_secs(2);
    assert_eq!(count(TraceSearch { from: second, to: second + Duration::from_secs(1), ..all() }), 1);
    let page = traces.search(&TraceSearch { limit: 2, ..all() });
    assert_eq!((page.traces.len(), page.more), (2, true));

    let trace = traces.trace(&[2; 16]).unwrap();
    let names: Vec<&str> = trace.spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["GET /orders", "SELECT orders"]);
    let (server, query) = (&trace.spans[0], &trace.spans[1]);
    assert_eq!(
        (server.parent_id.as_str(), query.parent_id.as_str()),
        ("c8c8c8c8c8c8c8c8", "0202020202020202")
    );
    assert_eq!((server.instance.as_str(), server.status, server.error), ("portal-3-1", 200, true));
    assert_eq!(server.attributes["amount"], 20);
    assert_eq!((server.events[0].name.as_str(), server.events[0].at), ("cache miss", Timestamp(7)));
    assert_eq!((query.system.as_str(), query.peer.as_str()), ("postgresql", "orders"));
    assert_eq!(query.resource["host.name"], "a");
    let bodies: Vec<&str> = trace.logs.iter().map(|line| line.body.as_str()).collect();
    assert_eq!(bodies, ["slow query", "it failed"]);
    assert!(!trace.cut && traces.trace(&[9; 16]).is_none());

    let count = |search: LogSearch| traces.logs(&search).lines.len();
    assert_eq!(count(lines()), 3);
    assert_eq!(traces.logs(&lines()).lines[0].body, "Done");
    assert_eq!(count(LogSearch { severity: 13, ..lines() }), 1);
    assert_eq!(count(LogSearch { text: Some("DONE".to_owned()), ..lines() }), 1);
    assert_eq!(count(LogSearch { trace_id: Some("02".repeat(16)), ..lines() }), 2);
    assert_eq!(count(LogSearch { instance: Some("portal-3-1".to_owned()), ..lines() }), 3);
    assert_eq!(count(LogSearch { instance: Some("portal-3-2".to_owned()), ..lines() }), 0);
    assert_eq!(traces.logs(&LogSearch { limit: 1, ..lines() }).lines.len(), 1);

    let calls = traces.calls(Period { from: 0, to: u32::MAX });
    let ((from, to), sum) = calls.first_key_value().unwrap();
    assert_eq!((from.as_str(), to.as_str()), ("service:portal", "database:postgresql/orders"));
    assert_eq!((calls.len(), sum.calls, sum.errors, sum.duration_us), (1, 3, 0, 15_000));

    let statements = |service: &str, from: u64| {
        let from = (START.0 / 1_000_000 + from) as u32;
        let services = [service.parse().unwrap()].into();
        traces.statements(&services, Period { from, to: u32::MAX })
    };
    let asked = statements("portal", 0);
    assert_eq!((asked.len(), asked[0].peer.as_str()), (1, "orders"));
    assert_eq!(asked[0].text, "select * from orders where id = ?");
    let traces_of = |of: &[naru_model::trace::Statement]| -> u32 {
        of.iter().flat_map(|one| &one.slots).map(|slot| slot.traces).sum()
    };
    assert_eq!((traces_of(&asked), traces_of(&statements("portal", 3))), (3, 1));
    assert_eq!(statements("stock", 0), []);
}

fn fill(traces: &Traces) {
    (1..=3).for_each(|number| traces.offer_spans(&two_spans(number, number == 2)));
    traces.offer_logs(&a_line(2, 17, "it failed"));
    traces.offer_logs(&a_line(2, 9, "slow query"));
    traces.offer_logs(&a_line(3, 9, "Done"));
    until("three lines", || traces.logs(&lines()).lines.len() == 3);
    until("three traces", || traces.losses().traces[0] == 3);
}

#[test]
fn what_is_kept_is_found_in_memory_and_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let (traces, said) = store(folder.path(), Limits::default(), at_once());
    fill(&traces);
    looks_right(&traces);
    drop(traces);
    assert_eq!(files(folder.path(), "spans"), 0);
    let (traces, _) = store(folder.path(), Limits::default(), at_once());
    until("the start", || traces.losses().traces[0] == 3);
    looks_right(&traces);
    assert!(said.lock().unwrap().is_empty(), "{said:?}");
}

#[test]
fn what_is_kept_is_found_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let (traces, said) = store(folder.path(), Limits::default(), at_once());
    fill(&traces);
    drop(traces);
    let (traces, _) = store(folder.path(), small(), at_once());
    until("files", || files(folder.path(), "spans") == 1 && traces.shelf.view().full.is_empty());
    looks_right(&traces);
    drop(traces);
    let (traces, _) = store(folder.path(), Limits::default(), at_once());
    looks_right(&traces);
    assert!(said.lock().unwrap().is_empty(), "{said:?}");
}

#[test]
fn a_trace_that_is_not_complete_is_carried_over_and_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let (traces, _) =
        store(folder.path(), small(), Waits { quiet: Duration::from_secs(3600), ..Waits::default() });
    traces.offer_logs(&a_line(9, 17, "makes the journal full"));
    traces.offer_spans(&two_spans(1, true));
    until("a file", || files(folder.path(), "logs") == 1);
    traces.offer_logs(&a_line(9, 17, "again"));
    until("another", || files(folder.path(), "logs") == 2);
    assert_eq!(traces.trace(&[1; 16]).unwrap().spans.len(), 2);
    drop(traces);
    let (traces, _) =
        store(folder.path(), small(), Waits { quiet: Duration::from_secs(3600), ..Waits::default() });
    until("the start", || traces.trace(&[1; 16]).is_some());
    assert_eq!(traces.trace(&[1; 16]).unwrap().spans.len(), 2);
    // It is sure to be kept, and so shown.
    assert_eq!(traces.search(&all()).traces.len(), 1);
}

#[test]
fn a_file_that_is_damaged_is_said_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("spans-20261121T093000Z-4.parquet"), b"garbage").unwrap();
    let (traces, said) = store(folder.path(), Limits::default(), at_once());
    let lines = said.lock().unwrap().clone();
    assert!(lines.len() == 1 && lines[0].contains("a file is left out"), "{lines:?}");
    fill(&traces);
    looks_right(&traces);
}

#[test]
fn a_trace_id_is_32_hexadecimal_digits() {
    assert_eq!(super::trace_id(&"0a".repeat(16)), Some([10; 16]));
    for bad in ["", "0a", &"0g".repeat(16), &"+a".repeat(16), &"0a".repeat(17)] {
        assert_eq!(super::trace_id(bad), None);
    }
}
