//! One record as one line: of JSON, or of the combined format. Which records get one.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use naru_model::access_log::LogFormat;
use naru_model::instance::InstanceId;
use naru_model::record::{Agent, Fault, RequestRecord};
use naru_model::snapshot::RouteId;
use naru_model::units::Timestamp;
use serde::{Serialize, Serializer};

use super::combined;
use crate::names::Names;
use crate::screen::RouteLogs;

/// Every key is there in every line. Times are in milliseconds with three places.
#[derive(Serialize)]
struct Line<'a> {
    time: Time,
    client: std::net::IpAddr,
    caller: Option<&'a str>,
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
    /// How many requests the line stands for.
    one_in: u32,
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
pub(crate) struct LineWriter {
    names: Arc<ArcSwap<Names>>,
    routes: Arc<ArcSwap<RouteLogs>>,
    format: Arc<ArcSwap<LogFormat>>,
    /// Requests since the last line, of routes of which not every one gets a line.
    passed: HashMap<RouteId, u32>,
    text: Vec<u8>,
    count: u64,
    first: Timestamp,
}

impl LineWriter {
    pub(crate) fn new(
        names: Arc<ArcSwap<Names>>,
        routes: Arc<ArcSwap<RouteLogs>>,
        format: Arc<ArcSwap<LogFormat>>,
    ) -> LineWriter {
        let (passed, text, first) = (HashMap::new(), Vec::new(), Timestamp::default());
        LineWriter { names, routes, format, passed, text, count: 0, first }
    }

    /// How many requests the line of this one stands for; `None`: it gets none. Counted rather than drawn by the trace id,
    /// which clients choose.
    fn sample(&mut self, record: &RequestRecord<'_>) -> Option<u32> {
        let one_in = self.routes.load().get(&record.route).map_or(1, |route| route.one_in.max(1));
        if one_in == 1 || record.status >= 500 || record.fault != Fault::None {
            return Some(1);
        }
        let passed = self.passed.entry(record.route).or_default();
        *passed += 1;
        if *passed < one_in {
            return None;
        }
        *passed = 0;
        Some(one_in)
    }

    pub(super) fn add(&mut self, record: &RequestRecord<'_>, agent: Agent<'_>) {
        let Some(one_in) = self.sample(record) else { return };
        if self.count == 0 {
            self.first = record.start;
        }
        let names = self.names.load();
        let caller = names.caller(record.caller).map(|name| name.as_str());
        self.count += 1;
        if **self.format.load() == LogFormat::Combined {
            return combined::write(&mut self.text, record, caller, agent);
        }
        let line = Line {
            time: Time(record.start),
            client: record.client,
            caller,
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
            one_in,
        };
        write_line(&mut self.text, &line);
    }

    /// The lines, after one that tells of `dropped` lines if there are any.
    pub(super) fn text(&self, dropped: u64) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.text.len() + 80);
        if dropped > 0 && **self.format.load() == LogFormat::Json {
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
