//! What the store of traces costs: bytes per span, processor per span, time to find a trace and to list some.
//!
//! `traces FOLDER SPANS`: writes so many spans of an online shop for public servants (five to a trace, two services, a
//! database) through the real path, then asks. Prints JSON; `bench/telemetry/run` makes a table of it.

#![allow(clippy::unwrap_used, reason = "a measurement, not the product")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use naru_model::platform;
use naru_model::span::{Source, SpanKind, SpanRecord, Work};
use naru_model::trace::TraceSearch;
use naru_model::units::{Bytes, Percent, Timestamp};
use naru_telemetry::Names;
use naru_telemetry::traces::{Limits, Traces, Waits};
use serde_json::json;

/// 2026-11-20T00:00:00Z.
const MIDNIGHT: Timestamp = Timestamp(1_795_132_800_000_000);
const PER_TRACE: u64 = 5;
/// Traces a second, which decides how far apart times are.
const RATE: f64 = 200.0;

/// Source: Knuth's MMIX, a linear congruential generator; the same at every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 11
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Around a median, in microseconds.
    fn took(&mut self, median: f64) -> u64 {
        let sum: f64 = (0..12).map(|_| self.next() as f64 / (1u64 << 53) as f64).sum();
        (median * ((sum - 6.0) * 0.6).exp()) as u64 + 1
    }

    fn id<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| (self.next() >> 20) as u8)
    }
}

const PORTAL: &str = r#"{"service.instance.id":"627cc493-f310-47de-96bd-71410b7dec09","host.name":"naru-1","os.type":"linux","process.pid":4711,"process.runtime.name":"OpenJDK Runtime Environment","process.runtime.version":"21.0.5+11","telemetry.sdk.language":"java","telemetry.sdk.name":"opentelemetry","telemetry.sdk.version":"1.44.1","telemetry.distro.name":"opentelemetry-java-instrumentation"}"#;
const STOCK: &str = r#"{"host.name":"naru-1","process.pid":4712,"telemetry.sdk.language":"python","telemetry.sdk.name":"opentelemetry","telemetry.sdk.version":"1.28.2"}"#;

/// The spans of one trace, at the moment it began.
fn a_trace(random: &mut Random, start: Timestamp, batch: &mut Vec<u8>) -> [u8; 16] {
    let trace_id = random.id();
    let [server_id, client_id, other_id, query_id, render_id]: [[u8; 8]; 5] =
        std::array::from_fn(|_| random.id());
    let order = random.below(200_000);
    let thread = random.below(50);
    let query_us = random.took(900.0);
    let other_us = query_us + random.took(400.0);
    let client_us = other_us + random.took(300.0);
    let render_us = random.took(500.0);
    let server_us = client_us + render_us + random.took(300.0);
    let error = random.below(200) == 0;
    let portal =
        Source { service: "portal", revision: 3, ordinal: 1 + random.below(4) as u32, resource: PORTAL };
    let stock =
        Source { service: "stock", revision: 1, ordinal: 1 + random.below(2) as u32, resource: STOCK };
    let span = SpanRecord {
        source: portal,
        trace_id,
        start,
        work: Work::Http,
        status: 200,
        ..SpanRecord::default()
    };
    let server = format!(
        r#"{{"url.scheme":"http","server.address":"www.example.go.kr","server.port":80,"client.address":"203.0.{}.{}","network.peer.port":{},"url.path":"/orders/{order}","user_agent.original":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36","thread.id":{thread},"thread.name":"http-nio-8080-exec-{thread}"}}"#,
        random.below(255),
        random.below(255),
        30_000 + random.below(30_000),
        120 + random.below(12),
    );
    let client = format!(
        r#"{{"url.full":"http://stock:8081/stock/{order}","thread.id":{thread},"thread.name":"http-nio-8080-exec-{thread}"}}"#
    );
    let database = format!(
        r#"{{"server.address":"10.0.0.5","server.port":5432,"db.response.returned_rows":{}}}"#,
        random.below(20)
    );
    let spans = [
        SpanRecord {
            span_id: server_id,
            duration_us: server_us,
            kind: SpanKind::Server,
            error,
            status: if error { 500 } else { 200 },
            name: "GET /orders/{id}",
            scope: "io.opentelemetry.tomcat-10.0",
            detail: "/orders/{id}",
            attributes: &server,
            ..span
        },
        SpanRecord {
            span_id: client_id,
            parent_id: server_id,
            start: start + Duration::from_micros(150),
            duration_us: client_us,
            kind: SpanKind::Client,
            name: "GET",
            scope: "io.opentelemetry.java-http-client",
            peer: "stock:8081",
            attributes: &client,
            ..span
        },
        SpanRecord {
            source: stock,
            span_id: other_id,
            parent_id: client_id,
            start: start + Duration::from_micros(260),
            duration_us: other_us,
            kind: SpanKind::Server,
            name: "GET /stock/<id>",
            scope: "opentelemetry.instrumentation.flask",
            detail: "/stock/<id>",
            attributes: r#"{"url.scheme":"http","server.port":8081}"#,
            ..span
        },
        SpanRecord {
            source: stock,
            span_id: query_id,
            parent_id: other_id,
            start: start + Duration::from_micros(400),
            duration_us: query_us,
            kind: SpanKind::Client,
            work: Work::Database,
            status: 0,
            name: "SELECT stock",
            scope: "opentelemetry.instrumentation.psycopg2",
            system: "postgresql",
            peer: "stock",
            detail: "select item, amount from stock where order_id = %s",
            attributes: &database,
            ..span
        },
        SpanRecord {
            span_id: render_id,
            parent_id: server_id,
            start: start + Duration::from_micros(200 + client_us),
            duration_us: render_us,
            work: Work::Other,
            status: 0,
            name: "OrderController.render",
            scope: "io.opentelemetry.spring-webmvc-6.0",
            ..span
        },
    ];
    for span in spans {
        span.encode(batch);
    }
    trace_id
}

fn open(folder: &Path, held_bytes: usize) -> Traces {
    let retention = platform::Telemetry {
        disk: Percent { thousandths: 1000 },
        traces_per_day: Bytes(1 << 50),
        ..platform::Telemetry::default()
    };
    let names = Arc::new(ArcSwap::from_pointee(Names::default()));
    let log = Arc::new(|line: &str| eprintln!("{line}"));
    let limits = Limits { held_bytes, ..Limits::default() };
    let waits = Waits { quiet: Duration::ZERO, ..Waits::default() };
    Traces::open(folder, (limits, waits), retention, names, MIDNIGHT, log).unwrap()
}

fn cpu() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(used.tv_sec as u64, used.tv_nsec as u32)
}

fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(kind)).collect()
}

fn bytes(paths: &[PathBuf]) -> u64 {
    paths.iter().map(|path| path.metadata().unwrap().len()).sum()
}

fn until(mut done: impl FnMut() -> bool) {
    while !done() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Median and worst of five, in milliseconds.
fn asked<T>(mut ask: impl FnMut() -> T) -> serde_json::Value {
    let mut times: Vec<f64> = (0..5)
        .map(|_| {
            let begun = Instant::now();
            ask();
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    json!({"median_ms": times[2], "worst_ms": times[4]})
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [folder, spans] = arguments.as_slice() else {
        println!("traces FOLDER SPANS");
        return;
    };
    let (folder, spans): (PathBuf, u64) = (folder.into(), spans.parse().unwrap());
    let traces = open(&folder, 64 << 20);
    let mut random = Random(0x6e61_7275);
    let (mut batch, mut an_id, mut making) = (Vec::new(), [0; 16], Duration::ZERO);
    let (begun, used) = (Instant::now(), cpu());
    for number in 0..spans / PER_TRACE {
        let made = cpu();
        let at = MIDNIGHT + Duration::from_secs_f64(number as f64 / RATE);
        let id = a_trace(&mut random, at, &mut batch);
        if number == spans / PER_TRACE / 2 {
            an_id = id;
        }
        making += cpu().saturating_sub(made);
        if batch.len() > 100_000 {
            // Nothing is to be dropped.
            until(|| traces.has_room(batch.len()));
            traces.offer_spans(&batch);
            batch.clear();
        }
    }
    until(|| traces.has_room(batch.len()));
    traces.offer_spans(&batch);
    until(|| traces.losses().spans[0] == spans / PER_TRACE * PER_TRACE);
    drop(traces);
    // What is left becomes files at the next start.
    let traces = open(&folder, 1);
    until(|| bytes(&files(&folder, "spans-journal")) < 1_000 && !files(&folder, "spans-2").is_empty());
    let (took, used) = (begun.elapsed(), cpu().saturating_sub(used).saturating_sub(making));
    let search = |text: Option<&str>, errors: bool| TraceSearch {
        from: MIDNIGHT,
        to: MIDNIGHT + Duration::from_secs(86_400),
        service: Some("stock".to_owned()),
        text: text.map(str::to_owned),
        attribute: None,
        work: None,
        errors,
        at_least_us: 0,
        limit: 50,
    };
    assert_eq!(traces.trace(&an_id).unwrap().spans.len(), PER_TRACE as usize);
    let result = json!({
        "spans": spans,
        "files": files(&folder, "spans-2").len(),
        "bytes_each": bytes(&files(&folder, "spans-2")) as f64 / spans as f64,
        "dropped": traces.losses().dropped,
        "cpu_us_each": used.as_secs_f64() * 1e6 / spans as f64,
        "per_second": spans as f64 / took.as_secs_f64(),
        "asked": {
            "one trace by its id": asked(|| traces.trace(&an_id)),
            "50 latest of a service": asked(|| traces.search(&search(None, false))),
            "50 with a text": asked(|| traces.search(&search(Some("order_id"), false))),
            "50 that failed (none)": asked(|| traces.search(&search(None, true))),
        },
    });
    println!("{}", serde_json::to_string_pretty(&result).unwrap());
}
