//! M6: one of eleven instances turns slow, and the requests find the other ten.

use std::time::Duration;

use super::figures::{Report, Wanted};
use super::platform::{Platform, app_service, order};
use super::{Error, Options};
use crate::load::{self, Outcome, Plan, Shape};

const INSTANCES: u32 = 11;
/// Requests a second, if the machine carries them.
const RATE: f64 = 1000.0;
/// How much of what the machine carries is asked of it.
const SHARE: f64 = 0.6;
const SLOW: Duration = Duration::from_secs(2);
/// Answers later than this are not what was promised.
const PROMISE: Duration = Duration::from_secs(1);
/// A machine that answers later than this is at its end.
const OVERLOADED: Duration = Duration::from_millis(200);

pub(super) fn run(options: &Options) -> Result<Report, Error> {
    let slow_for = Duration::from_secs(if options.quick { 12 } else { 30 });
    let platform = Platform::start(&options.naru, &yaml(options))?;
    let load = |rate: f64, duration| {
        let plan = Plan {
            promise: PROMISE,
            ..Plan::new(platform.address(), rate, duration, vec![Shape::get("/order")])
        };
        load::start(plan)?.finish()
    };
    options.say(&format!("{INSTANCES} instances are ready; measuring what the machine carries"));
    load(RATE / 4.0, Duration::from_secs(1))?;
    let rate = rate_for(&load(RATE / SHARE, Duration::from_secs(4))?);
    let calm = load(rate, Duration::from_secs(4))?;

    let status = platform.status()?;
    let victim = &status.services[0].instances[INSTANCES as usize / 2];
    let address = victim.address.ok_or_else(|| Error::Ended(format!("{} has no address", victim.id)))?;
    options.say(&format!("{rate:.0} requests/s; {} turns slow for {} s", victim.id, slow_for.as_secs()));
    order(address, &format!("slow?time={}s&for={}s", SLOW.as_secs(), slow_for.as_secs()))?;
    let outcome = load(rate, slow_for)?;
    let left = platform.stop()?;

    let mut report = Report::new("slow-instance");
    report.tell("instances", INSTANCES.into(), "");
    report.tell("requests a second", rate.round(), "");
    report.tell("p99 with all well", calm.quantile(0.99).as_secs_f64() * 1000.0, "ms");
    report.tell("one is slow for", slow_for.as_secs_f64(), "s");
    report.tell_load(&outcome);
    let within = 100.0 * outcome.within as f64 / outcome.due.max(1) as f64;
    report.judge("answered within 1 s", within, "%", Wanted::AtLeast(99.9));
    report.judge("failed", outcome.failed() as f64, "", Wanted::Exactly(0.0));
    report.judge_leftovers(left);
    Ok(report)
}

/// [`RATE`] when the machine carried so much that it is [`SHARE`] of it, else [`SHARE`] of what it answered a second.
fn rate_for(trial: &Outcome) -> f64 {
    if trial.failed() == 0 && trial.quantile(0.99) < OVERLOADED {
        return RATE;
    }
    let carried = trial.answered as f64 / trial.elapsed.as_secs_f64().max(1e-3);
    (SHARE * carried).clamp(1.0, RATE)
}

fn yaml(options: &Options) -> String {
    let app = app_service(&options.naru, "app", &["--workers", "32", "--service-time", "5ms"]);
    format!(
        "platform: verify-slow-instance
services:
{app}    health: {{ path: /healthz }}
    drain: 5s
    scale: {{ min: {INSTANCES}, max: {INSTANCES} }}
routes:
  - match: {{ path: /** }}
    to: app
"
    )
}
