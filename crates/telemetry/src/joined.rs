//! What only both stores together know: a trace with the gateway's part of it, and the map of services.
//!
//! The map's edges between services, and from them to databases, brokers, links and other hosts, are counted from spans. What
//! comes in from clients is counted by the gateway, of services without spans too: the calls it saw go to a service, but for
//! those that a span of another service stands for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use naru_model::series::{Filter, Found, Period, Search, Subject};
use naru_model::trace::{MapEdge, MapNode, NodeKind, ServiceMap, Trace};
use naru_model::units::Timestamp;

use crate::Telemetry;
use crate::archive::Archive;
use crate::archive::rows::hexadecimal;
use crate::traces::Traces;

/// A gateway's transaction may have ended so much before its first span or after its last one, clocks being what they are.
const EARLIER: Duration = Duration::from_secs(60);
const LATER: Duration = Duration::from_secs(600);
/// Transactions of one trace.
const MOST: u32 = 1_000;
const MINUTE: u32 = 60;

/// All of one trace.
pub(crate) fn trace(traces: &Traces, archive: &Archive, trace_id: &[u8; 16]) -> Option<Trace> {
    let found = traces.trace(trace_id);
    let spans = found.iter().flat_map(|trace| &trace.spans);
    let times = || spans.clone().map(|span| span.start);
    let within = times().min().zip(times().max()).map(|(first, last)| {
        let longest =
            spans.clone().map(|span| Duration::from_secs_f64(span.seconds.clamp(0.0, 86_400.0))).max();
        let from = Timestamp(first.0.saturating_sub(EARLIER.as_micros() as u64));
        (from, last + longest.unwrap_or_default() + LATER)
    });
    let (from, to) = within.unwrap_or((Timestamp(0), Timestamp(i64::MAX as u64)));
    let Found { mut transactions, .. } = archive.search(&Search {
        subject: Subject::All,
        from,
        to,
        at_least: Duration::ZERO,
        at_most: None,
        errors: false,
        limit: MOST,
        filter: Filter { trace: Some(*trace_id), ..Filter::default() },
    });
    if found.is_none() && transactions.is_empty() {
        return None;
    }
    transactions.sort_by_key(|transaction| transaction.end);
    let empty = || Trace { trace_id: hexadecimal(trace_id), ..Trace::default() };
    Some(Trace { transactions, ..found.unwrap_or_else(empty) })
}

impl Telemetry {
    /// Who called whom over a period, in whole minutes; at least one.
    pub fn service_map(&self, period: Period, now: Timestamp) -> ServiceMap {
        let from = period.from - period.from % MINUTE;
        let to = period.to.max(from.saturating_add(1)).next_multiple_of(MINUTE);
        let period = Period { from, to };
        let mut edges: Vec<MapEdge> = self
            .traces
            .calls(period)
            .into_iter()
            .map(|((from, to), sum)| MapEdge {
                from,
                to,
                calls: sum.calls,
                errors: sum.errors,
                mean_seconds: sum.duration_us as f64 / 1e6 / sum.calls.max(1) as f64,
                p95_seconds: sum.durations.quantile(0.95),
            })
            .collect();
        let mut explained = BTreeMap::<String, (u64, u64)>::new();
        for edge in &edges {
            let (calls, errors) = explained.entry(edge.to.clone()).or_default();
            *calls += edge.calls;
            *errors += edge.errors;
        }
        edges.extend(self.unexplained(period, now, &explained));
        let nodes: BTreeSet<&String> = edges.iter().flat_map(|edge| [&edge.from, &edge.to]).collect();
        let nodes = nodes.into_iter().map(|id| node(id)).collect();
        ServiceMap { from, to, nodes, edges }
    }

    /// What the gateway saw go to services and links, but for the calls that spans explain.
    fn unexplained(
        &self,
        period: Period,
        now: Timestamp,
        explained: &BTreeMap<String, (u64, u64)>,
    ) -> Vec<MapEdge> {
        let names = self.live.names.load_full();
        let links: BTreeSet<&str> =
            names.routes.values().filter_map(|route| route.strip_suffix(".link.naru")).collect();
        let edge = |name: &naru_model::name::ServiceName| {
            // One point, unless the period is older than what is kept by the minute.
            let points = self.series(&Subject::Service(name.clone()), period, 1, now);
            let requests: u64 = points.iter().map(|point| point.requests).sum();
            let errors: u64 = points.iter().map(|point| point.service_errors + point.platform_errors).sum();
            let is_link = links.contains(name.as_str());
            let to = format!("{}:{name}", if is_link { "link" } else { "service" });
            let (calls, failed) = explained.get(&to).copied().unwrap_or_default();
            let calls = requests.saturating_sub(calls);
            let seconds: f64 = points.iter().map(|point| point.mean_seconds * point.requests as f64).sum();
            let p95_seconds = points.iter().map(|point| point.p95_seconds).fold(0.0, f64::max);
            // Who calls a link is a service: one that sends no spans.
            let from = if is_link { "outside:unseen" } else { "clients" }.to_owned();
            let errors = errors.saturating_sub(failed).min(calls);
            let mean_seconds = seconds / requests.max(1) as f64;
            (calls > 0).then_some(MapEdge { from, to, calls, errors, mean_seconds, p95_seconds })
        };
        names.services.values().filter_map(edge).collect()
    }
}

fn node(id: &str) -> MapNode {
    let (kind, name) = id.split_once(':').unwrap_or((id, id));
    let kind = match kind {
        "clients" => NodeKind::Clients,
        "service" => NodeKind::Service,
        "link" => NodeKind::Link,
        "database" => NodeKind::Database,
        "messaging" => NodeKind::Messaging,
        _ => NodeKind::Outside,
    };
    MapNode { id: id.to_owned(), name: name.to_owned(), kind }
}
