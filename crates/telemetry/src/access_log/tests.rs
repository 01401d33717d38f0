//! The log as its reader finds it, and what happens when it can't be written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;

use arc_swap::ArcSwap;
use naru_model::access_log::LogFormat;
use naru_model::record::{Agent, Fault, Method};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::names::Names;
use crate::screen::{RouteLog, RouteLogs};

fn names() -> Arc<ArcSwap<Names>> {
    Arc::new(ArcSwap::from_pointee(Names {
        services: BTreeMap::from([(ServiceId(3), "booking".parse().unwrap())]),
        routes: BTreeMap::from([(RouteId(1), "www.example.go.kr/booking/**".to_owned())]),
        functions: BTreeMap::from([(FunctionId(2), "booking-apply".parse().unwrap())]),
        callers: BTreeMap::from([(CallerId(6), "mobile-app".parse().unwrap())]),
        ..Names::default()
    }))
}

fn record(target: &str) -> RequestRecord<'_> {
    RequestRecord {
        start: Timestamp(1_790_000_000_123_456),
        route: RouteId(1),
        function: FunctionId(2),
        service: ServiceId(3),
        revision: 4,
        ordinal: 5,
        client: "192.0.2.7".parse().unwrap(),
        user: 0,
        caller: CallerId(6),
        method: Method::Post,
        protocol: 20,
        status: 503,
        fault: Fault::Platform,
        attempts: 2,
        bytes_in: 10,
        bytes_out: 20,
        waiting_us: 1500,
        connecting_us: 250,
        upstream_us: 12_001,
        whole_us: 14_000,
        trace_id: [0x0f; 16],
        target,
    }
}

fn batch(target: &str) -> Vec<u8> {
    let mut batch = Vec::new();
    record(target).encode(&mut batch);
    batch
}

/// A log whose words to the server can be awaited.
fn start(path: &Path) -> (AccessLog, mpsc::Receiver<String>) {
    let (said, heard) = mpsc::channel();
    let log: Log = Arc::new(move |line| {
        let _ = said.send(line.to_owned());
    });
    (AccessLog::start(path, writer(LogFormat::Json, 1), log).unwrap(), heard)
}

/// One of so many requests of route 1.
fn writer(format: LogFormat, one_in: u32) -> LineWriter {
    let routes = RouteLogs::from([(RouteId(1), RouteLog { mask: None, one_in })]);
    LineWriter::new(names(), Arc::new(ArcSwap::from_pointee(routes)), Arc::new(ArcSwap::from_pointee(format)))
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_tells_all_of_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let (log, _heard) = start(&path);
    log.offer(&batch("/예약?q=\"a\"\u{1}"));
    drop(log);
    let expected = json!({
        "time": "2026-09-21T14:13:20.123456Z",
        "client": "192.0.2.7",
        "caller": "mobile-app",
        "method": "POST",
        "target": "/예약?q=\"a\"\u{1}",
        "status": 503,
        "protocol": "HTTP/2",
        "service": "booking",
        "instance": "booking-4-5",
        "route": "www.example.go.kr/booking/**",
        "function": "booking-apply",
        "bytes_in": 10,
        "bytes_out": 20,
        "waiting_ms": 1.5,
        "connecting_ms": 0.25,
        "upstream_ms": 12.001,
        "whole_ms": 14.0,
        "attempts": 2,
        "fault": "platform",
        "trace_id": "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
        "one_in": 1,
    });
    assert_eq!(lines(&path), [expected]);
}

#[test]
fn a_combined_line_is_as_apache_writes_it_and_nothing_in_it_ends_it() {
    let mut lines = writer(LogFormat::Combined, 1);
    let agent = Agent { referer: b"https://www.example.go.kr/?a=\"b\"", user_agent: b"Mozilla/5.0 \n\xea" };
    lines.add(&record("/booking?q=\u{1b}[2J"), agent);
    let gone = RequestRecord { status: 0, bytes_out: 0, caller: CallerId::default(), ..record("/") };
    lines.add(&RequestRecord { method: Method::Get, protocol: 11, ..gone }, Agent::default());
    let expected = concat!(
        r#"192.0.2.7 - mobile-app [21/Sep/2026:14:13:20 +0000] "POST /booking?q=\x1b[2J HTTP/2.0" 503 20 "#,
        r#""https://www.example.go.kr/?a=\"b\"" "Mozilla/5.0 \x0a\xea""#,
        "\n",
        r#"192.0.2.7 - - [21/Sep/2026:14:13:20 +0000] "GET / HTTP/1.1" 499 - "-" "-""#,
        "\n",
    );
    assert_eq!(String::from_utf8(lines.text(0)).unwrap(), expected);
}

#[test]
fn of_a_route_that_asks_for_it_every_so_many_th_request_is_logged_and_every_failure() {
    let mut lines = writer(LogFormat::Json, 10);
    let good = RequestRecord { status: 200, fault: Fault::None, ..record("/good") };
    for _ in 0..95 {
        lines.add(&good, Agent::default());
    }
    lines.add(&record("/failed"), Agent::default());
    let refused = RequestRecord { status: 429, fault: Fault::Client, ..record("/refused") };
    lines.add(&refused, Agent::default());
    lines.add(&RequestRecord { route: RouteId(2), ..good }, Agent::default());
    let text = String::from_utf8(lines.text(0)).unwrap();
    let read: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |target: &str| read.iter().filter(|line| line["target"] == target).count();
    assert_eq!((of("/good"), of("/failed"), of("/refused")), (10, 1, 1));
    let stands_for: u64 = read.iter().map(|line| line["one_in"].as_u64().unwrap()).sum();
    assert_eq!(stands_for, 93, "nine tens, and three lines that stand for themselves");
}

#[test]
fn a_full_disk_drops_lines_says_so_once_and_marks_the_gap() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    // Every write to it fails as on a full disk.
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let (log, heard) = start(&path);
    log.offer(&[batch("/1"), batch("/2")].concat());
    let said = heard.recv().unwrap();
    assert!(said.contains("No space left on device"), "{said}");
    assert_eq!(log.dropped(), 2);

    // Room again.
    std::fs::remove_file(&path).unwrap();
    log.offer(&batch("/3"));
    assert_eq!(heard.recv().unwrap(), "access log: writes again; 2 lines were dropped");
    drop(log);
    let lines = lines(&path);
    assert_eq!(lines[0]["lines_dropped"], 2);
    assert_eq!(lines[1]["target"], "/3");
    assert_eq!(lines.len(), 2);
    assert!(heard.recv().is_err(), "it has more to say");
}

#[test]
fn what_waits_to_be_written_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("access.log");
    // Opening it waits until somebody reads, as a disk that hangs would make it wait.
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let (log, _heard) = start(&fifo);
    let megabyte = batch(&"x".repeat(1000)).repeat(1000);
    (0..40).for_each(|_| log.offer(&megabyte));
    let dropped = log.dropped();
    assert!(dropped >= 7000, "{dropped} dropped");
    assert!(log.shared.queued.load(Ordering::Relaxed) <= MAX_QUEUED);

    let reader = std::thread::spawn(move || std::fs::read_to_string(fifo).unwrap());
    drop(log);
    let written = reader.join().unwrap();
    let (gaps, requests): (Vec<_>, Vec<_>) = written.lines().partition(|line| line.contains("lines_dropped"));
    assert_eq!(requests.len() as u64, 40_000 - dropped);
    assert!(gaps[0].contains(&format!("\"lines_dropped\":{dropped}")), "{}", gaps[0]);
}
