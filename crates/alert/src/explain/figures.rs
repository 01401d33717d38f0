//! Figures of the past as samples: those that clients saw from the points of telemetry, the others as they were measured.

use naru_model::metric::Owner;
use naru_model::series::{Period, Point};

use super::History;
use super::moved::Sample;

/// How the whole is made of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// Of requests: a mean, quantile or share, to which each part adds as much as it has requests.
    OfRequests,
    /// Of amounts that add up.
    Sum,
    /// Of nothing that telemetry divides.
    Apart,
}

pub(super) fn made(figure: &str) -> Made {
    match figure {
        "mean" | "p95" | "p99" | "apdex" | "error_ratio" => Made::OfRequests,
        "requests" | "in_flight" | "waiting" | "cpu" | "memory" | "active_users" | "traffic" => Made::Sum,
        _ => Made::Apart,
    }
}

/// A figure's value in one point of a part, higher is more of what is wrong; and what it is worth. `None`: not measured.
pub(super) fn of_point(figure: &str, point: &Point) -> Option<(f64, f64)> {
    let requests = point.requests as f64;
    let seconds = f64::from(point.seconds.max(1));
    let errors = (point.service_errors + point.platform_errors) as f64;
    let of_requests = |value: f64| (point.requests > 0).then_some((value, requests));
    match figure {
        "mean" => of_requests(point.mean_seconds),
        "p95" => of_requests(point.p95_seconds),
        "p99" => of_requests(point.p99_seconds),
        "apdex" => of_requests(1.0 - point.apdex.score()?),
        "error_ratio" => of_requests(errors / requests.max(1.0)),
        "requests" => Some((requests / seconds, 1.0)),
        "active_users" => Some((point.active_users? as f64, 1.0)),
        "in_flight" => Some((point.in_flight?, 1.0)),
        "waiting" => Some((point.waiting?, 1.0)),
        "ready" => Some((f64::from(point.instances?), 1.0)),
        "cpu" => Some((point.cpu_cores?, 1.0)),
        "memory" => Some((point.memory_bytes? as f64, 1.0)),
        "traffic" => Some((point.received_bytes + point.sent_bytes, 1.0)),
        _ => None,
    }
}

/// The subject of the API that stands for an owner.
pub(super) fn subject(owner: &Owner) -> String {
    match owner {
        Owner::Platform => "all".to_owned(),
        owner => owner.to_string(),
    }
}

pub(super) fn samples(
    subject: &str,
    figure: &str,
    period: Period,
    points: u32,
    history: &dyn History,
) -> Vec<Sample> {
    let sample = |point: &Point| {
        let (value, weight) = of_point(figure, point)?;
        Some(Sample { at: point.at, value, weight })
    };
    history.points(subject, period, points).iter().filter_map(sample).collect()
}

/// The course of a figure as people know it: an Apdex is an Apdex here.
pub(super) fn course(
    owner: &Owner,
    figure: &str,
    period: Period,
    points: u32,
    history: &dyn History,
) -> Vec<Sample> {
    // Shares of processor and memory are of what was reserved, which points do not know.
    let measured = history.values(owner, figure, period, points);
    if !measured.is_empty() || matches!(figure, "cpu" | "memory") {
        return measured.into_iter().map(|(at, value)| Sample { at, value, weight: 1.0 }).collect();
    }
    let mut samples = samples(&subject(owner), figure, period, points, history);
    if figure == "apdex" {
        samples.iter_mut().for_each(|one| one.value = 1.0 - one.value);
    }
    samples
}
