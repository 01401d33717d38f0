//! F8: many times the usual requests come within a second, while an instance takes two to start, and everyone is
//! answered.

use std::time::Duration;

use super::figures::{Report, Row, Table, Wanted};
use super::platform::{Platform, app_service};
use super::watch::CapacityWatch;
use super::{Error, Options};
use crate::load::{self, Arrivals, Outcome, Pace, Plan, Shape, Step};

/// Requests a second before.
const BASE: f64 = 10.0;
/// Surges that public services have had, as multiples of the usual load.
const TIMES: [f64; 3] = [3.1, 17.0, 46.0];
/// More would be 1,000 requests/s, and all instances together answer 1,200.
const MOST_TIMES: f64 = 100.0;
/// How long an instance takes to start.
const START: Duration = Duration::from_secs(2);
/// One instance answers 5 / 0.1 s = 50 requests/s.
const WORKERS: u32 = 5;
const SERVICE_TIME: Duration = Duration::from_millis(100);
const MOST: u32 = 24;
/// The response time that still satisfies (Apdex T).
const SATISFYING: Duration = Duration::from_millis(500);
const CALM: Duration = Duration::from_secs(5);

/// What one surge found.
struct Found {
    times: f64,
    outcome: Outcome,
    instances: u32,
    /// From the surge's beginning to when the last request was due that took longer than satisfies.
    late_for: Duration,
}

pub(super) fn run(options: &Options) -> Result<Report, Error> {
    let lasts = Duration::from_secs(if options.quick { 12 } else { 20 });
    if let Some(times) = options.times.filter(|times| !(*times > 1.0 && *times <= MOST_TIMES)) {
        return Err(Error::NoSurge(times));
    }
    let times = options.times.map_or(TIMES.to_vec(), |times| vec![times]);
    let (mut found, mut left) = (Vec::new(), Vec::new());
    for times in times {
        let platform = Platform::start(&options.naru, &yaml(options))?;
        found.push(surge(options, &platform, times, lasts)?);
        left.extend(platform.stop()?);
    }
    let mut report = Report::new("surge");
    report.tell("requests/s before", BASE, "");
    report.tell("an instance starts in", START.as_secs_f64(), "s");
    for Found { times, outcome, late_for, .. } in &found {
        report.judge(format!("{times} times: failed"), outcome.failed() as f64, "", Wanted::Exactly(0.0));
        report.judge(
            format!("{times} times: all within T again after"),
            late_for.as_secs_f64(),
            "s",
            Wanted::Below(lasts.as_secs_f64() - 1.0),
        );
        report.notes.extend(outcome.examples.iter().map(|what| format!("{times} times: {what}")));
    }
    report.tables.push(table(&found));
    report.judge_leftovers(left);
    Ok(report)
}

fn surge(options: &Options, platform: &Platform, times: f64, lasts: Duration) -> Result<Found, Error> {
    let rate = BASE * times;
    options.say(&format!("{BASE} requests/s, then {rate:.0}/s for {} s", lasts.as_secs()));
    let steps = vec![Step { at: CALM, rate }];
    let plan = Plan {
        pace: Pace::Open { rate: BASE, arrivals: Arrivals::Poisson, steps },
        max_in_flight: 20_000,
        promise: SATISFYING,
        ..Plan::new(platform.address(), BASE, CALM + lasts, vec![Shape::get("/")])
    };
    let watch = CapacityWatch::start(platform.socket(), "app");
    let outcome = load::start(plan)?.finish();
    let seen = watch.end();
    let outcome = outcome?;
    let late_for = outcome.last_late.unwrap_or_default().saturating_sub(CALM);
    Ok(Found { times, outcome, instances: seen.most_ready, late_for })
}

fn table(found: &[Found]) -> Table {
    let row = |one: &Found| Row {
        name: format!("{} times", one.times),
        values: vec![
            BASE * one.times,
            one.outcome.due as f64,
            one.outcome.failed() as f64,
            one.late_for.as_secs_f64(),
            one.outcome.slowest.as_secs_f64(),
            100.0 * one.outcome.within as f64 / one.outcome.due.max(1) as f64,
            one.instances.into(),
        ],
    };
    Table {
        title: format!("T is {} ms; an instance answers 50 requests/s", SATISFYING.as_millis()),
        columns: vec![
            "requests/s",
            "requests",
            "failed",
            "within T after s",
            "longest s",
            "within T %",
            "instances",
        ],
        rows: found.iter().map(row).collect(),
    }
}

fn yaml(options: &Options) -> String {
    let (workers, time) = (WORKERS.to_string(), format!("{}ms", SERVICE_TIME.as_millis()));
    let start = format!("{}ms", START.as_millis());
    let app = app_service(
        &options.naru,
        "app",
        &["--workers", &workers, "--service-time", &time, "--start-time", &start],
    );
    format!(
        "platform: verify-surge
services:
{app}    health: {{ path: /healthz, every: 1s }}
    drain: 5s
    scale: {{ min: 1, max: {MOST}, target: {{ concurrency: {} }} }}
    traffic: {{ per_instance: {WORKERS}, queue: 20000 }}
routes:
  - {{ match: {{ path: /** }}, to: app, function: all }}
functions:
  all: {{ apdex_t: {}ms }}
",
        WORKERS - 1,
        SATISFYING.as_millis(),
    )
}
