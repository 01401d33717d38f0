//! One record as one line of JSON.

use std::sync::Arc;

use arc_swap::ArcSwap;
use naru_model::instance::InstanceId;
use naru_model::record::{Fault, RequestRecord};
use naru_model::units::Timestamp;
use serde::{Serialize, Serializer};

use crate::names::Names;

/// Every key is there in every line. Times are in milliseconds with three places.
#[derive(Serialize)]
struct Line<'a> {
    time: Time,
    client: std::net::IpAddr,
    method: &'static str,
    target: &'a str,
    status: u16,
    protocol: &'static str,
    service: Option<&'a str>,
    instance: Option<InstanceId>,
    route: Option<&'a str>,
    function: Option<&'a str>,
    bytes_in: u64,
    bytes_out: u64,
    waiting_ms: f64,
    connecting_ms: f64,
    upstream_ms: f64,
    whole_ms: f64,
    attempts: u8,
    fault: Fault,
    trace_id: TraceId,
}

/// Stands where lines are missing.
#[derive(Serialize)]
struct Gap {
    time: Time,
    lines_dropped: u64,
}

/// Written as RFC 3339 in UTC with six places.
#[derive(Clone, Copy)]
struct Time(Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let micros = i64::try_from(self.0.0).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
        serializer.collect_str(&format_args!("{time:.6}"))
    }
}

/// Written in lower-case hexadecimal.
struct TraceId([u8; 16]);

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", u128::from_be_bytes(self.0)))
    }
}

/// Lines that wait to be written.
pub(super) struct LineWriter {
    names: Arc<ArcSwap<Names>>,
    text: Vec<u8>,
    count: u64,
    first: Timestamp,
}

impl LineWriter {
    pub(super) fn new(names: Arc<ArcSwap<Names>>) -> LineWriter {
        LineWriter { names, text: Vec::new(), count: 0, first: Timestamp::default() }
    }

    pub(super) fn add(&mut self, record: &RequestRecord<'_>) {
        if self.count == 0 {
            self.first = record.start;
        }
        let names = self.names.load();
        let line = Line {
            time: Time(record.start),
            client: record.client,
            method: record.method.as_str(),
            target: record.target,
            status: record.status,
            protocol: protocol(record.protocol),
            service: names.service(record.service).map(|name| name.as_str()),
            instance: names.instance(record.service, record.revision, record.ordinal),
            route: names.route(record.route),
            function: names.function(record.function).map(|name| name.as_str()),
            bytes_in: record.bytes_in,
            bytes_out: record.bytes_out,
            waiting_ms: millis(record.waiting_us),
            connecting_ms: millis(record.connecting_us),
            upstream_ms: millis(record.upstream_us),
            whole_ms: millis(record.whole_us),
            attempts: record.attempts,
            fault: record.fault,
            trace_id: TraceId(record.trace_id),
        };
        write_line(&mut self.text, &line);
        self.count += 1;
    }

    /// The lines, after one that tells of `dropped` lines if there are any.
    pub(super) fn text(&self, dropped: u64) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.text.len() + 80);
        if dropped > 0 {
            write_line(&mut text, &Gap { time: Time(self.first), lines_dropped: dropped });
        }
        text.extend_from_slice(&self.text);
        text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.count = 0;
    }
}

fn write_line(text: &mut Vec<u8>, line: &impl Serialize) {
    serde_json::to_writer(&mut *text, line).expect("writing plain values to memory does not fail");
    text.push(b'\n');
}

fn protocol(number: u8) -> &'static str {
    match number {
        10 => "HTTP/1.0",
        11 => "HTTP/1.1",
        20 => "HTTP/2",
        _ => "",
    }
}

fn millis(micros: u32) -> f64 {
    f64::from(micros) / 1000.0
}
