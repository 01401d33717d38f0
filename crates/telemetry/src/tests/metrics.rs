//! The page at /metrics, read the way Prometheus reads it, but stricter.

use std::collections::{BTreeMap, BTreeSet};

use super::records::{Request, START, second, telemetry};
use naru_model::record::Fault;
use naru_model::status::{
    GatewayStatus, HostStatus, InstanceStatus, ScalingStatus, ServerStatus, ServiceStatus, Status, Traffic,
};

/// Samples by name, each with its labels, and the families' types.
struct Page {
    types: BTreeMap<String, String>,
    samples: BTreeMap<String, BTreeMap<BTreeMap<String, String>, f64>>,
}

/// Source: "Exposition formats", text-based format. Stricter: HELP and TYPE before each family, families not mixed,
/// types known, labels not repeated.
fn parse(text: &str) -> Page {
    assert!(text.ends_with('\n'));
    let mut page = Page { types: BTreeMap::new(), samples: BTreeMap::new() };
    let (mut helped, mut family) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            helped = rest.split_once(' ').expect("a help has words").0.to_owned();
            assert!(!page.types.contains_key(&helped), "{helped} comes twice");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, helped);
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{kind}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
            family = name.to_owned();
            page.types.insert(family.clone(), kind.to_owned());
        } else {
            let (name, labels, value) = parse_sample(line);
            let suffixes: &[&str] = match page.types[&family].as_str() {
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(suffixes.iter().any(|suffix| name == format!("{family}{suffix}")), "{name} in {family}");
            let before = page.samples.entry(name).or_default().insert(labels, value);
            assert!(before.is_none(), "twice: {line}");
        }
    }
    page
}

fn parse_sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let name_end = line.find(['{', ' ']).unwrap();
    let (name, mut rest) = line.split_at(name_end);
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    if rest.starts_with('{') {
        while !rest.starts_with('}') {
            let (label, tail) = rest[1..].split_once("=\"").unwrap();
            assert!(is_name(label), "{line}");
            let (value, tail) = parse_label_value(tail);
            assert!(labels.insert(label.to_owned(), value).is_none(), "{label} twice: {line}");
            assert!(tail.starts_with([',', '}']), "{line}");
            rest = tail;
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').unwrap();
    (name.to_owned(), labels, value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
}

fn parse_label_value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match chars.next().unwrap().1 {
                'n' => '\n',
                c @ ('\\' | '"') => c,
                c => panic!("\\{c} is no escape"),
            }),
            c => value.push(c),
        }
    }
    panic!("a label value does not end: {text}")
}

impl Page {
    fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels = labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
        *self.samples[name]
            .get(&labels)
            .unwrap_or_else(|| panic!("{name}{labels:?} in {:?}", self.samples[name]))
    }
}

fn status() -> Status {
    let instance = |id: &str, state: &str| InstanceStatus {
        id: id.parse().unwrap(),
        pid: 7,
        address: "127.0.0.1:40001".parse().ok(),
        revision: 1,
        state: state.to_owned(),
        cpu_cores: 0.25,
        memory_bytes: 1 << 20,
        disk_read_bytes: 0.0,
        disk_written_bytes: 4096.0,
        cpu_cores_reserved: None,
        memory_bytes_reserved: None,
        restarts: 0,
        in_flight: 3,
        requests_per_second: 0.0,
        mean_seconds: 0.0,
        error_ratio: 0.0,
        since: START,
    };
    Status {
        platform: "public-portal".to_owned(),
        gateway: GatewayStatus { pid: 5, listen: Vec::new(), connections: 12, version: 3 },
        server: ServerStatus { pid: 4, version: "1.2.3".to_owned(), since: START, ..Default::default() },
        confinement: "rlimits".to_owned(),
        services: vec![ServiceStatus {
            name: "booking".parse().unwrap(),
            desired: 3,
            ready: 2,
            revision: 1,
            stable: 1,
            instances: vec![
                instance("booking-1-1", "ready"),
                instance("booking-1-2", "ready"),
                instance("booking-1-3", "starting"),
            ],
            traffic: Traffic { in_flight: 6, waiting: 1, active_users: 12, ..Traffic::default() },
            places: 0,
            restarts: 0,
            scaling: ScalingStatus::default(),
        }],
        host: HostStatus { cores: 4, cpu_cores: 1.5, ..HostStatus::default() },
        ..Status::default()
    }
}

#[test]
fn the_page_is_valid_and_counts_from_the_start_on() {
    let (telemetry, _folder) = telemetry();
    let ok = Request { end: second(1), millis: 30, bytes: 100, ..Request::default() };
    let failed = Request { status: 503, fault: Fault::Service, millis: 100_000, ..ok };
    telemetry.ingest(&[ok.batch(), ok.batch(), failed.batch()].concat(), second(1));
    telemetry.ingest(
        &Request { route: 3, function: 0, service: 0, revision: 0, end: second(1), ..ok }.batch(),
        second(1),
    );
    telemetry.ingest(&Request { route: 9, service: 9, end: second(1), ..ok }.batch(), second(1));
    telemetry.set_records_dropped(5);
    // Long after the last hour is forgotten, counters still stand.
    let page = parse(&telemetry.prometheus(&status(), second(8000)));

    let of = [("service", "booking"), ("route", "/booking/**"), ("function", "booking-apply")];
    let with = |more: &[(&'static str, &'static str)]| [&of, more].concat();
    assert_eq!(page.value("naru_requests_total", &with(&[("status_class", "2xx"), ("fault", "none")])), 2.0);
    assert_eq!(
        page.value("naru_requests_total", &with(&[("status_class", "5xx"), ("fault", "service")])),
        1.0
    );
    assert_eq!(page.value("naru_response_bytes_total", &of), 300.0);
    assert_eq!(page.value("naru_request_duration_seconds_bucket", &with(&[("le", "0.025")])), 0.0);
    assert_eq!(page.value("naru_request_duration_seconds_bucket", &with(&[("le", "0.05")])), 2.0);
    assert_eq!(page.value("naru_request_duration_seconds_bucket", &with(&[("le", "60")])), 2.0);
    assert_eq!(page.value("naru_request_duration_seconds_bucket", &with(&[("le", "+Inf")])), 3.0);
    assert_eq!(page.value("naru_request_duration_seconds_count", &of), 3.0);
    assert_eq!(page.value("naru_request_duration_seconds_sum", &of), 100.06);
    // T is 100 ms: two in 30 ms, one failed.
    assert_eq!(page.value("naru_apdex_satisfied_total", &of), 2.0);
    assert_eq!(page.value("naru_apdex_tolerating_total", &of), 0.0);
    assert_eq!(page.value("naru_apdex_frustrated_total", &of), 1.0);
    let odd = [("service", ""), ("route", "odd \"name\" with \\ and\nline"), ("function", "")];
    assert_eq!(page.value("naru_request_duration_seconds_count", &odd), 1.0);
    let unnamed = [("service", "#9"), ("route", "#9"), ("function", "booking-apply")];
    assert_eq!(page.value("naru_request_duration_seconds_count", &unnamed), 1.0);
    assert_eq!(page.value("naru_records_dropped_total", &[]), 5.0);
}

#[test]
fn the_page_shows_the_moment() {
    let (telemetry, _folder) = telemetry();
    let route =
        crate::RouteGauge { route: naru_model::snapshot::RouteId(1), in_flight: 5, ..Default::default() };
    telemetry.observe(&crate::Gauges { routes: vec![route], ..Default::default() }, second(60));
    let page = parse(&telemetry.prometheus(&status(), second(60)));
    assert_eq!(page.value("naru_route_in_flight", &[("route", "/booking/**")]), 5.0);
    assert_eq!(page.value("naru_service_active_users", &[("service", "booking")]), 12.0);
    assert_eq!(page.value("naru_host_cpu_cores", &[]), 1.5);
    let service = ("service", "booking");
    assert_eq!(page.value("naru_in_flight", &[service]), 6.0);
    assert_eq!(page.value("naru_waiting", &[service]), 1.0);
    assert_eq!(page.value("naru_instances", &[service, ("state", "ready")]), 2.0);
    assert_eq!(page.value("naru_instances", &[service, ("state", "starting")]), 1.0);
    let instance = [service, ("instance", "booking-1-3"), ("revision", "1")];
    assert_eq!(page.value("naru_instance_cpu_cores", &instance), 0.25);
    assert_eq!(page.value("naru_instance_memory_bytes", &instance), 1_048_576.0);
    assert_eq!(page.value("naru_gateway_connections", &[]), 12.0);
    assert_eq!(page.value("naru_uptime_seconds", &[]), 60.0);
    assert_eq!(page.value("naru_build_info", &[("version", "1.2.3")]), 1.0);
}

#[test]
fn combinations_beyond_the_limit_count_as_other() {
    let (telemetry, _folder) = telemetry();
    let limit = crate::limits::TOTALS as u32;
    for route in 1..=limit + 3 {
        telemetry.ingest(&Request { route, ..Request::default() }.batch(), START);
    }
    let page = parse(&telemetry.prometheus(&status(), START));
    let other = [("service", "other"), ("route", "other"), ("function", "other")];
    assert_eq!(page.value("naru_request_duration_seconds_count", &other), 3.0);
    let counted: BTreeSet<_> = page.samples["naru_request_duration_seconds_count"].keys().collect();
    assert_eq!(counted.len(), limit as usize + 1);
}
