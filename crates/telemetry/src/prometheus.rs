//! Everything measured, for Prometheus. Source: "Exposition formats", text format 0.0.4.

mod moment;
mod page;

use std::sync::atomic::Ordering;

use naru_model::record::Fault;
use naru_model::status::Status;
use naru_model::units::Timestamp;

use crate::Telemetry;
use crate::names::Names;
use crate::totals::{BOUNDS_US, Combination, Total};
use page::Page;

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
        self.write_routes(&mut page, now);
        moment::write(&mut page, status);
        page.family("naru_gateway_connections", "gauge", "Open client connections.");
        page.sample("naru_gateway_connections", &[], status.gateway.connections);
        page.family("naru_gateway_up", "gauge", "Whether a gateway is connected to the server.");
        page.sample("naru_gateway_up", &[], u8::from(status.gateway.pid != 0));
        self.write_losses(&mut page);
        page.family("naru_metric_series", "gauge", "Series of metrics in memory.");
        page.sample("naru_metric_series", &[], self.metrics_held() as u64);
        page.family("naru_uptime_seconds", "gauge", "Time since the server's start.");
        page.sample("naru_uptime_seconds", &[], now.since(status.server.since).as_secs_f64());
        page.family("naru_build_info", "gauge", "Always 1; the label names the version.");
        page.sample("naru_build_info", &[("version", &status.server.version)], 1);
        page.text
    }

    fn write_requests(&self, page: &mut Page) {
        let names = self.live.names.load();
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
        write_apdex(page, &totals, &names);
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

    fn write_routes(&self, page: &mut Page, now: Timestamp) {
        page.family(
            "naru_route_in_flight",
            "gauge",
            "Requests of a route begun and not ended, waiting ones included.",
        );
        for (route, in_flight) in self.routes_in_flight(now) {
            page.sample("naru_route_in_flight", &[("route", &route)], in_flight);
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
                "naru_transactions_dropped_total",
                "Transactions that were not kept: the disk was full or too slow.",
                self.archive.dropped(),
            ),
            (
                "naru_metric_points_dropped_total",
                "Points of metrics that were not taken: too many series, too long, too late or no number.",
                self.metrics_dropped().all(),
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
        self.write_traces(page);
    }

    fn write_traces(&self, page: &mut Page) {
        let losses = self.traces.losses();
        let counters = [
            ("naru_traces_total", "Traces that services sent, by what became of them.", losses.traces),
            ("naru_spans_total", "Spans that services sent, by what became of them.", losses.spans),
            ("naru_log_lines_total", "Log lines that services sent, by what became of them.", losses.lines),
        ];
        for (name, help, [kept, sampled_out]) in counters {
            page.family(name, "counter", help);
            page.sample(name, &[("outcome", "kept")], kept);
            page.sample(name, &[("outcome", "sampled_out")], sampled_out);
        }
        let dropped = "naru_traces_dropped_total";
        page.family(
            dropped,
            "counter",
            "Spans and log lines that were not written: the disk was full or too slow.",
        );
        page.sample(dropped, &[], losses.dropped);
        page.family(
            "naru_traces_sampled_ratio",
            "gauge",
            "The share of traces that is kept of those neither failed nor slow.",
        );
        page.sample("naru_traces_sampled_ratio", &[], losses.sampled);
        page.family("naru_traces_waiting_bytes", "gauge", "Memory of traces that are not complete yet.");
        page.sample("naru_traces_waiting_bytes", &[], losses.waiting_bytes);
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

fn write_apdex(page: &mut Page, totals: &[(Combination, &Total)], names: &Names) {
    type Zone = (&'static str, &'static str, fn(&Total) -> u64);
    let zones: [Zone; 3] = [
        ("naru_apdex_satisfied_total", "Requests answered within T.", |t| t.apdex.satisfied),
        ("naru_apdex_tolerating_total", "Requests answered over T and within 4 T.", |t| t.apdex.tolerating),
        (
            "naru_apdex_frustrated_total",
            "Requests answered over 4 T, or failed by the service's or the platform's fault.",
            |t| t.apdex.frustrated,
        ),
    ];
    for (name, help, count) in zones {
        page.family(name, "counter", help);
        for (of, total) in totals {
            page.sample(name, &labels(*of, names).pairs(), count(total));
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
