//! Days into the figures of a period.

use naru_model::apdex::Apdex;
use naru_model::service_level::{Bucket, Figures, Piece};

use crate::day::{Day, Outage, Seen};
use crate::latencies::{add, quantile};

const HOUR: u32 = 3600;

/// Counts the users of several days together, each as telemetry packed it; `None`: they can't be read.
pub type CountUsers<'a> = &'a dyn Fn(&[&[u8]]) -> Option<u64>;

/// Outages of a period: one that lasts over midnight is in two days and is one.
pub(crate) fn outages(seen: &[&Seen]) -> Vec<Outage> {
    let mut found = Vec::<Outage>::new();
    for outage in seen.iter().flat_map(|seen| &seen.outages) {
        match found.last_mut().filter(|last| last.to == outage.from) {
            Some(last) => {
                last.to = outage.to;
                last.requests += outage.requests;
                last.failed += outage.failed;
            }
            None => found.push(*outage),
        }
    }
    found
}

/// Adds days of one thing up, in the order of time. `whole`: a day that is missing leaves its users unknown.
pub(crate) fn figures(seen: &[&Seen], whole: bool, count: CountUsers<'_>) -> Figures {
    let sum = |of: fn(&Seen) -> u64| seen.iter().map(|seen| of(seen)).fold(0u64, u64::saturating_add);
    let some = |of: fn(&Seen) -> Option<f64>| {
        let parts = seen.iter().filter_map(|seen| of(seen));
        parts.fold(None, |sum: Option<f64>, part| Some(sum.unwrap_or(0.0) + part))
    };
    let mut apdex = Apdex::default();
    seen.iter().for_each(|seen| apdex.merge(seen.apdex));
    let latencies = add(seen.iter().flat_map(|seen| &seen.hours).map(|hour| &hour.latencies));
    let requests = sum(|seen| seen.requests);
    let failed = sum(|seen| seen.service_errors).saturating_add(sum(|seen| seen.platform_errors));
    let users: Option<Vec<&[u8]>> =
        seen.iter().map(|seen| seen.users.as_ref().map(|users| users.0.as_slice())).collect();
    let places = seen.iter().filter_map(|seen| seen.places);
    let places = places.reduce(|a, b| (a.0 + b.0, a.1 + b.1, a.2.max(b.2)));
    Figures {
        requests,
        client_errors: sum(|seen| seen.client_errors),
        service_errors: sum(|seen| seen.service_errors),
        platform_errors: sum(|seen| seen.platform_errors),
        availability: (requests > 0).then(|| 1.0 - failed as f64 / requests as f64),
        down_minutes: seen.iter().map(|seen| seen.down_minutes).sum(),
        outages: outages(seen).len() as u32,
        apdex,
        mean_seconds: (requests > 0).then(|| sum(|seen| seen.latency_us) as f64 / 1e6 / requests as f64),
        p50_seconds: quantile(&latencies, 0.5),
        p95_seconds: quantile(&latencies, 0.95),
        p99_seconds: quantile(&latencies, 0.99),
        users: users.filter(|_| whole).and_then(|users| count(&users)),
        received_bytes: sum(|seen| seen.received_bytes),
        sent_bytes: sum(|seen| seen.sent_bytes),
        instances_least: seen.iter().filter_map(|seen| seen.instances_least).min(),
        instances_most: seen.iter().filter_map(|seen| seen.instances_most).max(),
        instance_hours: some(|seen| seen.instance_seconds).map(|seconds| seconds / 3600.0),
        cpu_core_hours: some(|seen| seen.core_seconds).map(|seconds| seconds / 3600.0),
        places_mean: places.filter(|(_, over, _)| *over > 0.0).map(|(sum, over, _)| sum / over),
        places_most: places.map(|(.., most)| most),
    }
}

/// Hour by hour.
pub(crate) fn by_hours(seen: &[&Seen]) -> Vec<Piece> {
    let hours = seen.iter().flat_map(|seen| &seen.hours);
    hours
        .map(|hour| {
            let latencies: &[Bucket] = &hour.latencies;
            Piece {
                at: hour.at,
                seconds: HOUR,
                requests: hour.requests,
                failed: hour.failed,
                mean_seconds: mean(hour.latency_us, hour.requests),
                p95_seconds: quantile(latencies, 0.95),
                instances: hour.instances,
            }
        })
        .collect()
}

/// Day by day.
pub(crate) fn by_days(days: &[(&Day, &Seen)]) -> Vec<Piece> {
    let of = |(day, seen): &(&Day, &Seen)| {
        let latencies = add(seen.hours.iter().map(|hour| &hour.latencies));
        Piece {
            at: day.from,
            seconds: day.to.saturating_sub(day.from),
            requests: seen.requests,
            failed: seen.service_errors.saturating_add(seen.platform_errors),
            mean_seconds: mean(seen.latency_us, seen.requests),
            p95_seconds: quantile(&latencies, 0.95),
            instances: seen.instances_most,
        }
    };
    days.iter().map(of).collect()
}

fn mean(latency_us: u64, requests: u64) -> Option<f64> {
    (requests > 0).then(|| latency_us as f64 / 1e6 / requests as f64)
}
