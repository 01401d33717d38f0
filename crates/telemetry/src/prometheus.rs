//! Everything measured, for Prometheus. Source: "Exposition formats", text format 0.0.4.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::atomic::Ordering;

use naru_model::record::Fault;
use naru_model::status::{InstanceStatus, ServiceStatus, Status};
use naru_model::units::Timestamp;

use crate::Telemetry;
use crate::names::Names;
use crate::totals::{BOUNDS_US, Combination, Total};

const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
const FAULTS: [(Fault, &str); 4] = [
    (Fault::None, "none"),
    (Fault::Client, "client"),
    (Fault::Service, "service"),
    (Fault::Platform, "platform"),
];

impl Telemetry {
    /// Writes what was counted since the server's start, and what `status` says of this moment.
    pub fn prometheus(&self, status: &Status, now: Timestamp) -> String {
        let mut page = Page::default();
        self.write_requests(&mut page);
        write_services(&mut page, status);
        write_instances(&mut page, status);
        page.family("naru_gateway_connections", "gauge", "Open client connections.");
        page.sample("naru_gateway_connections", &[], status.gateway.connections);
        page.family("naru_gateway_up", "gauge", "Whether a gateway is connected to the server.");
        page.sample("naru_gateway_up", &[], u8::from(status.gateway.pid != 0));
        self.write_losses(&mut page);
        page.family("naru_uptime_seconds", "gauge", "Time since the server's start.");
        page.sample("naru_uptime_seconds", &[], now.since(status.server.since).as_secs_f64());
        page.family("naru_build_info", "gauge", "Always 1; the label names the version.");
        page.sample("naru_build_info", &[("version", &status.server.version)], 1);
        page.text
    }

    fn write_requests(&self, page: &mut Page) {
        let names = self.names.load();
        let store = self.store();
        let totals = store.totals.sorted();
        page.family(
            "naru_requests_total",
            "counter",
            "Requests that ended, by the class of the status and whose fault it was.",
        );
        for (of, total) in &totals {
            write_outcomes(page, &labels(*of, &names), total);
        }
        page.family("naru_request_duration_seconds", "histogram", "Time from a request's first byte to the response's last; of upgraded connections, until the upgrade.");
        for (of, total) in &totals {
            write_durations(page, &labels(*of, &names), total);
        }
        page.family(
            "naru_request_waiting_seconds_total",
            "counter",
            "Time that requests waited for a place or a ready instance.",
        );
        for (of, total) in &totals {
            page.sample(
                "naru_request_waiting_seconds_total",
                &labels(*of, &names).pairs(),
                seconds(total.waiting_us),
            );
        }
        page.family("naru_request_bytes_total", "counter", "Body bytes from clients.");
        for (of, total) in &totals {
            page.sample("naru_request_bytes_total", &labels(*of, &names).pairs(), total.bytes_in);
        }
        page.family("naru_response_bytes_total", "counter", "Body bytes to clients.");
        for (of, total) in &totals {
            page.sample("naru_response_bytes_total", &labels(*of, &names).pairs(), total.bytes_out);
        }
    }

    fn write_losses(&self, page: &mut Page) {
        let losses = [
            (
                "naru_records_dropped_total",
                "Request records that the gateway dropped because the server was behind or gone.",
                self.records_dropped.load(Ordering::Relaxed),
            ),
            (
                "naru_record_batches_broken_total",
                "Batches of records that could not be read.",
                self.batches_broken.load(Ordering::Relaxed),
            ),
            (
                "naru_access_log_lines_dropped_total",
                "Access log lines that were not written: the disk was full or too slow.",
                self.access_log.dropped(),
            ),
        ];
        for (name, help, value) in losses {
            page.family(name, "counter", help);
            page.sample(name, &[], value);
        }
    }
}

fn write_outcomes(page: &mut Page, of: &Labels, total: &Total) {
    for (class, by_fault) in CLASSES.iter().zip(&total.requests) {
        for (fault, name) in FAULTS {
            let count = by_fault[fault as usize];
            if count > 0 {
                let mut pairs = of.pairs().to_vec();
                pairs.extend([("status_class", *class), ("fault", name)]);
                page.sample("naru_requests_total", &pairs, count);
            }
        }
    }
}

fn write_durations(page: &mut Page, of: &Labels, total: &Total) {
    let bounds = BOUNDS_US.iter().map(|us| seconds(u64::from(*us)).to_string()).chain(["+Inf".to_owned()]);
    let mut sum = 0;
    for (bound, count) in bounds.zip(total.durations) {
        sum += count;
        let mut pairs = of.pairs().to_vec();
        pairs.push(("le", &bound));
        page.sample("naru_request_duration_seconds_bucket", &pairs, sum);
    }
    page.sample("naru_request_duration_seconds_sum", &of.pairs(), seconds(total.duration_us));
    page.sample("naru_request_duration_seconds_count", &of.pairs(), sum);
}

fn write_services(page: &mut Page, status: &Status) {
    type Gauge = (&'static str, &'static str, fn(&ServiceStatus) -> u32);
    let gauges: [Gauge; 5] = [
        ("naru_in_flight", "Requests under way to a service's instances.", |s| s.traffic.in_flight),
        ("naru_waiting", "Requests that wait for a place or a ready instance.", |s| s.traffic.waiting),
        ("naru_instances_desired", "Instances wanted.", |s| s.desired),
        ("naru_instances_ready", "Instances that get requests and are healthy.", |s| s.ready),
        ("naru_revision", "The revision that a service is on, or going to.", |s| s.revision),
    ];
    for (name, help, value) in gauges {
        page.family(name, "gauge", help);
        for service in &status.services {
            page.sample(name, &[("service", service.name.as_str())], value(service));
        }
    }
    page.family("naru_instances", "gauge", "Instances by state.");
    for service in &status.services {
        let mut states: BTreeMap<&str, u32> = BTreeMap::new();
        for instance in &service.instances {
            *states.entry(&instance.state).or_default() += 1;
        }
        for (state, count) in states {
            page.sample("naru_instances", &[("service", service.name.as_str()), ("state", state)], count);
        }
    }
}

fn write_instances(page: &mut Page, status: &Status) {
    type Gauge = (&'static str, &'static str, fn(&InstanceStatus) -> f64);
    let gauges: [Gauge; 3] = [
        ("naru_instance_cpu_cores", "Cores that an instance uses.", |i| i.cpu_cores),
        ("naru_instance_memory_bytes", "Memory that an instance uses.", |i| i.memory_bytes as f64),
        ("naru_instance_in_flight", "Requests under way to an instance.", |i| f64::from(i.in_flight)),
    ];
    for (name, help, value) in gauges {
        page.family(name, "gauge", help);
        for service in &status.services {
            for instance in &service.instances {
                let (id, revision) = (instance.id.to_string(), instance.revision.to_string());
                let pairs = [("service", service.name.as_str()), ("instance", &id), ("revision", &revision)];
                page.sample(name, &pairs, value(instance));
            }
        }
    }
}

fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// What a combination is called. Empty: there is none (no route matched, no service chosen, a route without function).
struct Labels {
    service: String,
    route: String,
    function: String,
}

impl Labels {
    fn pairs(&self) -> [(&'static str, &str); 3] {
        [("service", &self.service), ("route", &self.route), ("function", &self.function)]
    }
}

fn labels(of: Combination, names: &Names) -> Labels {
    let Some((service, route, function)) = of else {
        let other = || "other".to_owned();
        return Labels { service: other(), route: other(), function: other() };
    };
    let named = |name: Option<&str>, id: u32| match (name, id) {
        (Some(name), _) => name.to_owned(),
        (None, 0) => String::new(),
        // Told apart, so that no two samples have the same labels.
        (None, id) => format!("#{id}"),
    };
    Labels {
        service: named(names.service(service).map(|name| name.as_str()), service.0),
        route: named(names.route(route), route.0),
        function: named(names.function(function).map(|name| name.as_str()), function.0),
    }
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (at, (label, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let before = if at == 0 { '{' } else { ',' };
            // Writing to a String can't fail.
            let _ = write!(self.text, "{before}{label}=\"{value}\"");
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }
}
