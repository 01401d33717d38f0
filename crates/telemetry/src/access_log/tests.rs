//! The log as its reader finds it, and what happens when it can't be written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;

use naru_model::record::{Fault, Method};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::Timestamp;
use serde_json::{Value, json};

use super::*;

fn names() -> Arc<ArcSwap<Names>> {
    Arc::new(ArcSwap::from_pointee(Names {
        services: BTreeMap::from([(ServiceId(3), "booking".parse().unwrap())]),
        routes: BTreeMap::from([(RouteId(1), "www.example.go.kr/booking/**".to_owned())]),
        functions: BTreeMap::from([(FunctionId(2), "booking-apply".parse().unwrap())]),
        ..Names::default()
    }))
}

fn batch(target: &str) -> Vec<u8> {
    let record = RequestRecord {
        start: Timestamp(1_790_000_000_123_456),
        route: RouteId(1),
        function: FunctionId(2),
        service: ServiceId(3),
        revision: 4,
        ordinal: 5,
        client: "192.0.2.7".parse().unwrap(),
        user: 0,
        caller: CallerId::default(),
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
    };
    let mut batch = Vec::new();
    record.encode(&mut batch);
    batch
}

/// A log whose words to the server can be awaited.
fn start(path: &Path) -> (AccessLog, mpsc::Receiver<String>) {
    let (said, heard) = mpsc::channel();
    let log: Log = Arc::new(move |line| {
        let _ = said.send(line.to_owned());
    });
    (AccessLog::start(path, names(), log).unwrap(), heard)
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
    });
    assert_eq!(lines(&path), [expected]);
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
