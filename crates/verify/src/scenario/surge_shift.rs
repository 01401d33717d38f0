//! A5: two services in one pool. Users crowd one of them, then the other, and the pool's instances follow them.
//!
//! The load and the pool are those of a published acceptance test of another product, which found 88 requests/s and
//! 2,374 ms with fixed instances, 155/s and 919 ms when they scaled, 151/s and 971 ms when the crowd moved on. Requests
//! take so long here that fixed instances carry as many as they did there.

use std::time::{Duration, Instant};

use naru_model::event::{Event, Kind};

use super::figures::{Report, Row, Table, Wanted};
use super::platform::{Platform, app_service};
use super::watch::CapacityWatch;
use super::{Error, Options};
use crate::load::{self, Outcome, Pace, Plan, Shape};

const USERS: u32 = 300;
const THINK: Duration = Duration::from_secs(1);
/// Instances of each service when nobody is there, of one that is crowded, and of both that the pool holds.
const FEWEST: u32 = 5;
const MOST: u32 = 10;
const POOL: u32 = 15;
const WORKERS: u32 = 5;
/// 5 instances of 5 workers answer 25 / 0.284 s = 88 requests/s.
const SERVICE_TIME: Duration = Duration::from_millis(284);
/// The published rows: throughput in requests/s, mean in ms.
const REFERENCE: [(&str, f64, f64); 3] =
    [("fixed", 88.0, 2374.0), ("scaling", 155.0, 919.0), ("shifted", 151.0, 971.0)];
/// Of the published rows: 155 / 88, 2,374 / 919.
const THROUGHPUT_RATIO: f64 = 1.76;
const MEAN_RATIO: f64 = 2.58;

/// Figures that `bench/effect/against-reality` reads by these names.
const MOVED: &str = "the crowd moved on after";
const START_UP: &str = "an instance's start, median";

/// How long each load lasts.
struct Lengths {
    fixed: Duration,
    scaling: Duration,
    best: Duration,
    open: Duration,
}

/// What one load found.
struct Found {
    name: &'static str,
    outcome: Outcome,
    began: Instant,
    /// Most instances that were ready, and after how long.
    instances: u32,
    after: Duration,
}

pub(super) fn run(options: &Options) -> Result<Report, Error> {
    let seconds = Duration::from_secs;
    let lengths = if options.quick {
        // What scaling takes is part of what is measured, so that shorter crowds would be another scenario.
        Lengths { fixed: seconds(40), scaling: seconds(40), best: seconds(8), open: seconds(4) }
    } else {
        Lengths { fixed: seconds(40), scaling: seconds(40), best: seconds(20), open: seconds(15) }
    };
    let mut left = Vec::new();
    let fixed = Platform::start(&options.naru, &yaml(options, FEWEST, FEWEST))?;
    let first = crowd(options, &fixed, "portal", "fixed", lengths.fixed)?;
    left.extend(fixed.stop()?);

    let best = Platform::start(&options.naru, &yaml(options, MOST, FEWEST))?;
    let most = crowd(options, &best, "portal", "fixed at the most", lengths.best)?;
    left.extend(best.stop()?);

    let scaling = Platform::start(&options.naru, &yaml(options, 0, 0))?;
    let second = crowd(options, &scaling, "portal", "scaling", lengths.scaling)?;
    let third = crowd(options, &scaling, "groupware", "shifted", lengths.scaling)?;
    let start_up = start_up(&scaling.events()?);
    left.extend(scaling.stop()?);

    let rate = second.outcome.throughput().max(1.0);
    let fixed = Platform::start(&options.naru, &yaml(options, FEWEST, FEWEST))?;
    let first_open = steady(options, &fixed, "portal", ("fixed", rate), lengths.open)?;
    left.extend(fixed.stop()?);
    let scaling = Platform::start(&options.naru, &yaml(options, 0, 0))?;
    let second_open = steady(options, &scaling, "portal", ("scaling", rate), lengths.open)?;
    let third_open = steady(options, &scaling, "groupware", ("shifted", rate), lengths.open)?;
    left.extend(scaling.stop()?);

    let mut report = Report::new("surge-shift");
    judge(&mut report, [&first, &second, &third], &most);
    // What a simulation of this run has to know of it: `bench/effect/against-reality`.
    report.tell(MOVED, third.began.duration_since(second.began).as_secs_f64(), "s");
    report.tell(START_UP, start_up.as_secs_f64() * 1000.0, "ms");
    report.tables.push(reference());
    let closed = format!(
        "{USERS} users who think for {} s (closed loop), from the load's beginning on, scaling included",
        THINK.as_secs()
    );
    report.tables.push(table(closed, &[&first, &second, &third, &most]));
    let open = format!("{rate:.0} requests/s, as many as scaling reached, by the clock (open loop)");
    report.tables.push(table(open, &[&first_open, &second_open, &third_open]));
    for found in [&first, &second, &third, &most, &first_open, &second_open, &third_open] {
        report.notes.extend(found.outcome.examples.iter().map(|what| format!("{}: {what}", found.name)));
    }
    report.judge_leftovers(left);
    Ok(report)
}

fn judge(report: &mut Report, [first, second, third]: [&Found; 3], most: &Found) {
    let failed: u64 = [first, second, third, most].iter().map(|found| found.outcome.failed()).sum();
    report.judge("failed", failed as f64, "", Wanted::Exactly(0.0));
    for (crowded, throughput, mean, share) in [
        (second, "throughput, scaling to fixed", "mean, fixed to scaling", "of the best, scaling"),
        (third, "throughput, shifted to fixed", "mean, fixed to shifted", "of the best, shifted"),
    ] {
        let (throughput_ratio, mean_ratio) = ratios(&first.outcome, &crowded.outcome);
        report.judge(throughput, throughput_ratio, "", Wanted::AtLeast(THROUGHPUT_RATIO));
        report.judge(mean, mean_ratio, "", Wanted::AtLeast(MEAN_RATIO));
        let reached = 100.0 * crowded.outcome.throughput() / most.outcome.throughput().max(1e-6);
        report.tell(share, reached, "%");
    }
    // Asymptotic bounds of a closed network with a delay and one station of many servers. Source: Lazowska et al.,
    // "Quantitative System Performance", 1984, chapter 5.
    let (users, servers) = (f64::from(USERS), f64::from(MOST * WORKERS));
    let most = (servers / SERVICE_TIME.as_secs_f64()).min(users / (THINK + SERVICE_TIME).as_secs_f64());
    report.tell("the most that 10 instances can do", most, "/s");
    report.tell(
        "the least mean that 10 instances can do",
        1000.0 * (users / most - THINK.as_secs_f64()),
        "ms",
    );
    let took = |found: &Found| found.after.as_secs_f64();
    report.tell("instances after the crowd came", second.instances.into(), "");
    report.tell("reached after", took(second), "s");
    report.tell("instances after it moved on", third.instances.into(), "");
    report.tell("reached after", took(third), "s");
}

/// How many times better the second is in throughput and in mean.
fn ratios(fixed: &Outcome, other: &Outcome) -> (f64, f64) {
    (
        other.throughput() / fixed.throughput().max(1e-6),
        fixed.mean().as_secs_f64() / other.mean().as_secs_f64().max(1e-6),
    )
}

/// All users at once, who wait for their answers.
fn crowd(
    options: &Options,
    platform: &Platform,
    service: &'static str,
    name: &'static str,
    lasts: Duration,
) -> Result<Found, Error> {
    options.say(&format!("{name}: {USERS} users on {service} for {} s", lasts.as_secs()));
    let pace = Pace::Closed { users: USERS, think: THINK };
    load(platform, service, name, Plan { pace, ..plan(platform, service, 1.0, lasts) })
}

/// So many requests a second, whether they are answered or not.
fn steady(
    options: &Options,
    platform: &Platform,
    service: &'static str,
    (name, rate): (&'static str, f64),
    lasts: Duration,
) -> Result<Found, Error> {
    options.say(&format!("{name}: {rate:.0} requests/s on {service} for {} s", lasts.as_secs()));
    load(platform, service, name, plan(platform, service, rate, lasts))
}

fn plan(platform: &Platform, service: &str, rate: f64, lasts: Duration) -> Plan {
    Plan::new(platform.address(), rate, lasts, vec![Shape::get(&format!("/{service}"))])
}

fn load(platform: &Platform, service: &str, name: &'static str, plan: Plan) -> Result<Found, Error> {
    let watch = CapacityWatch::start(platform.socket(), service);
    let began = Instant::now();
    let outcome = load::start(plan)?.finish();
    let seen = watch.end();
    Ok(Found { name, outcome: outcome?, began, instances: seen.most_ready, after: seen.most_ready_after })
}

/// The median time from an instance's start until it gets requests; zero when none did.
fn start_up(events: &[Event]) -> Duration {
    let began = |ready: &Event| {
        let of = |event: &&Event| event.kind == Kind::InstanceStarted && event.instance == ready.instance;
        events.iter().filter(of).map(|event| event.at).next_back()
    };
    let ready = events.iter().filter(|event| event.kind == Kind::InstanceReady);
    let mut took: Vec<Duration> = ready.filter_map(|ready| Some(ready.at.since(began(ready)?))).collect();
    took.sort();
    took.get(took.len() / 2).copied().unwrap_or_default()
}

fn reference() -> Table {
    let (_, throughput, mean) = REFERENCE[0];
    let row = |(name, its_throughput, its_mean): &(&str, f64, f64)| Row {
        name: (*name).to_owned(),
        values: vec![*its_throughput, *its_mean, its_throughput / throughput, mean / its_mean],
    };
    Table {
        title: "as the reference printed it".to_owned(),
        columns: vec!["requests/s", "mean ms", "throughput ×", "mean ÷"],
        rows: REFERENCE.iter().map(row).collect(),
    }
}

fn table(title: String, found: &[&Found]) -> Table {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let row = |one: &&Found| {
        let outcome = &one.outcome;
        let (throughput, mean) = ratios(&found[0].outcome, outcome);
        Row {
            name: one.name.to_owned(),
            values: vec![
                outcome.due as f64,
                outcome.failed() as f64,
                outcome.throughput(),
                ms(outcome.mean()),
                ms(outcome.fastest.min(outcome.slowest)),
                ms(outcome.slowest),
                throughput,
                mean,
                one.instances.into(),
            ],
        }
    };
    Table {
        title,
        columns: vec![
            "requests",
            "failed",
            "requests/s",
            "mean ms",
            "min ms",
            "max ms",
            "throughput ×",
            "mean ÷",
            "instances",
        ],
        rows: found.iter().map(row).collect(),
    }
}

/// Both services with fixed instances; or, with none given, with as many as they need.
fn yaml(options: &Options, portal: u32, groupware: u32) -> String {
    let time = format!("{}ms", SERVICE_TIME.as_millis());
    let workers = WORKERS.to_string();
    let service = |name: &str, fixed: u32| {
        let scale = match fixed {
            0 => format!(
                "{{ min: {FEWEST}, max: {MOST}, target: {{ concurrency: {} }}, shrink_after: 3s }}",
                WORKERS - 1
            ),
            n => format!("{{ min: {n}, max: {n} }}"),
        };
        let app = app_service(&options.naru, name, &["--workers", &workers, "--service-time", &time]);
        format!(
            "{app}    instance: {{ cpu: 100m }}
    health: {{ path: /healthz, every: 1s }}
    drain: 5s
    scale: {scale}
    traffic: {{ per_instance: {WORKERS} }}
"
        )
    };
    format!(
        "platform: verify-surge-shift
pool: {{ cpu: {}m }}
services:
{}{}routes:
  - {{ match: {{ path: /portal }}, to: portal }}
  - {{ match: {{ path: /groupware }}, to: groupware }}
",
        POOL * 100,
        service("portal", portal),
        service("groupware", groupware),
    )
}
