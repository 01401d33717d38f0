//! Is a function worth running by itself: does it behave differently from the rest, and can it be taken from it?

use super::super::findings::{Function, Reason, Splitting};
use super::super::tally::Stat;
use super::{Role, Shape};

/// Less of all requests is not worth a service of its own; more is worth scaling by itself.
const SMALL: f64 = 0.02;
const LARGE: f64 = 0.25;
/// A surge is its own when it is so many times that of the others.
const OWN_SURGE: f64 = 1.5;
/// 5xx: so many times the share of the others, and at least this.
const FAILS_TIMES: f64 = 3.0;
const FAILS_SHARE: f64 = 0.01;
/// A 95th percentile so many times that of the others.
const SLOW_TIMES: f64 = 3.0;
/// In so much of the sessions it is used with another one: bound. In so little with any: apart.
const BOUND: f64 = 0.8;
const APART: f64 = 0.1;
/// Too few requests to tell a peak from chance.
const MIN_REQUESTS: u64 = 500;
/// Too few sessions to tell what is used with what.
const MIN_SESSIONS: u64 = 30;
/// How far the hours of two may differ (total variation) before they are called different.
const DIFFERENT: f64 = 0.15;

/// What a function is compared with.
pub(super) struct Compared<'a> {
    pub(super) own: &'a Shape,
    pub(super) others: &'a Shape,
    /// Of all other functions together.
    pub(super) rest: &'a Stat,
    /// With requests.
    pub(super) days: u32,
}

/// Judges, and says why.
pub(super) fn judge(function: &Function, role: Role, with: &Compared<'_>) -> (Splitting, Vec<Reason>) {
    match role {
        Role::Static => return (Splitting::Cache, vec![Reason::Static { share: function.share }]),
        Role::Other => return (Splitting::Keep, vec![Reason::Small { share: function.share }]),
        Role::Function => {}
    }
    let mut reasons = differences(function, with);
    let bound = bound(function);
    if function.share < SMALL {
        reasons.insert(0, Reason::Small { share: function.share });
        return (Splitting::Keep, reasons);
    }
    if reasons.is_empty() {
        reasons.push(Reason::Alike { correlation: function.correlation });
        reasons.extend(bound);
        return (Splitting::Keep, reasons);
    }
    match bound {
        Some(bound) => {
            reasons.push(bound);
            (Splitting::Look, reasons)
        }
        None => {
            reasons.extend(apart(function));
            (Splitting::Worth, reasons)
        }
    }
}

fn differences(function: &Function, with: &Compared<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let share = |errors: u64, requests: u64| errors as f64 / requests.max(1) as f64;
    let (fails, others_fail) = (
        share(function.server_errors, function.requests),
        share(with.rest.server_errors, with.rest.requests),
    );
    if function.server_errors >= 10 && fails >= FAILS_SHARE && fails >= others_fail * FAILS_TIMES {
        reasons.push(Reason::Fails { share: fails, others: others_fail });
    }
    if surges(with) && function.requests >= MIN_REQUESTS {
        reasons.push(Reason::OwnSurge { ratio: with.own.surge_ratio, others: with.others.surge_ratio });
    }
    if let (Some(own), Some(others)) = (function.latency, with.rest.times.latency())
        && own.count >= MIN_REQUESTS
        && own.p95 >= others.p95 * SLOW_TIMES
    {
        reasons.push(Reason::Slow { p95_seconds: own.p95, others: others.p95 });
    }
    if function.requests >= MIN_REQUESTS && with.days >= 2 && peaks_elsewhere(function, with) {
        reasons.push(Reason::OwnPeak {
            hour: with.own.peak_hour,
            others: with.others.peak_hour,
            correlation: function.correlation,
        });
    }
    if function.share >= LARGE {
        reasons.push(Reason::Large { share: function.share });
    }
    reasons
}

/// Its busiest hour is more than the others' surge explains, and more than chance.
fn surges(with: &Compared<'_>) -> bool {
    let (own, others) = (with.own, with.others);
    let explained = own.median * others.surge_ratio.max(1.0);
    // Ten times the square root: chance hardly ever, though a user's requests come some ten at a time.
    own.median > 0.0
        && own.surge_ratio >= others.surge_ratio * OWN_SURGE
        && own.busiest.1 as f64 >= explained + 10.0 * explained.sqrt()
}

fn peaks_elsewhere(function: &Function, with: &Compared<'_>) -> bool {
    let apart = (i32::from(with.own.peak_hour) - i32::from(with.others.peak_hour)).rem_euclid(24);
    let shares = |shape: &Shape| {
        let sum: f64 = shape.by_hour.iter().sum();
        shape.by_hour.iter().map(move |n| n / sum.max(f64::MIN_POSITIVE)).collect::<Vec<f64>>()
    };
    let distance: f64 =
        shares(with.own).iter().zip(shares(with.others)).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0;
    // What chance makes of so many requests in 24 hours (half the sum of mean deviations of 24 binomial shares), three times over,
    // for requests come in bursts.
    let chance = 3.0 * 0.4 * (24.0 / function.requests as f64).sqrt();
    apart.min(24 - apart) >= 2 && distance >= DIFFERENT + chance
}

fn bound(function: &Function) -> Option<Reason> {
    let first = function.used_with.first()?;
    let is_bound = function.sessions >= MIN_SESSIONS && first.share >= BOUND && first.function != "static";
    is_bound.then(|| Reason::Bound { function: first.function.clone(), share: first.share })
}

fn apart(function: &Function) -> Option<Reason> {
    let most = function
        .used_with
        .iter()
        .filter(|with| with.function != "static")
        .map(|with| with.share)
        .fold(0.0, f64::max);
    (function.sessions >= MIN_SESSIONS && most <= APART).then_some(Reason::Apart { share: most })
}
