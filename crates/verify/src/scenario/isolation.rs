//! F1: one service hangs and another errs, both under load, and the third does not notice.
//!
//! The third's p99 is taken in turns without and with them, and medians are compared, because a machine has moods.

use std::time::Duration;

use super::figures::{Report, Wanted, median};
use super::platform::{Platform, app_service, order};
use super::{Error, Options};
use crate::load::{self, Outcome, Plan, Running, Shape};

const RATE: f64 = 200.0;
/// Of each service in trouble.
const TROUBLE_RATE: f64 = 40.0;
/// When a client of a service that hangs gives up.
const PATIENCE: Duration = Duration::from_secs(3);
/// How much its neighbours' troubles may add to a service's p99.
const MAX_RATIO: f64 = 1.1;

pub(super) fn run(options: &Options) -> Result<Report, Error> {
    let (turns, each) = if options.quick { (3, 8) } else { (5, 15) };
    let each = Duration::from_secs(each);
    let platform = Platform::start(&options.naru, &yaml(options))?;
    start_load(&platform, "/well", RATE, Duration::from_secs(3))?.finish()?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let (mut requests, mut errors) = (0, 0);
    let mut troubled = Vec::new();
    let mut notes = Vec::new();
    for turn in 1..=turns {
        options.say(&format!(
            "turn {turn} of {turns}: {} s without and {0} s with the others in trouble",
            each.as_secs()
        ));
        let without = start_load(&platform, "/well", RATE, each)?.finish()?;
        let (with, hangs, errs) = in_trouble(&platform, each)?;
        for outcome in [&without, &with] {
            requests += outcome.due;
            errors += outcome.failed();
            notes.extend(outcome.examples.iter().cloned());
        }
        alone.push(without.quantile(0.99).as_secs_f64() * 1000.0);
        beside.push(with.quantile(0.99).as_secs_f64() * 1000.0);
        troubled.push([hangs, errs].map(|o| 100.0 * o.failed() as f64 / o.due.max(1) as f64));
    }
    let left = platform.stop()?;

    let mut report = Report::new("isolation");
    report.tell("requests to the service that is well", requests as f64, "");
    report.judge("failed", errors as f64, "", Wanted::Exactly(0.0));
    report.tell("p99 without the others (median of turns)", median(&alone), "ms");
    report.tell("p99 beside the others (median of turns)", median(&beside), "ms");
    report.judge("ratio", median(&beside) / median(&alone).max(1e-6), "", Wanted::AtMost(MAX_RATIO));
    // If they were not in trouble, nothing was proved.
    let least = |index: usize| troubled.iter().map(|t| t[index]).fold(f64::INFINITY, f64::min);
    report.judge("failed of the service that hangs", least(0), "%", Wanted::AtLeast(90.0));
    report.judge("failed of the service that errs", least(1), "%", Wanted::AtLeast(90.0));
    report.judge_leftovers(left);
    report.notes.extend(notes);
    Ok(report)
}

/// One service hangs and another errs, and both have their load, while the third is measured.
fn in_trouble(platform: &Platform, lasts: Duration) -> Result<(Outcome, Outcome, Outcome), Error> {
    tell_all(platform, "hangs", "hang")?;
    tell_all(platform, "errs", "err")?;
    let hangs = start_load(platform, "/hangs", TROUBLE_RATE, lasts)?;
    let errs = start_load(platform, "/errs", TROUBLE_RATE, lasts)?;
    let well = start_load(platform, "/well", RATE, lasts)?.finish()?;
    let (hangs, errs) = (hangs.finish()?, errs.finish()?);
    tell_all(platform, "hangs", "ok")?;
    tell_all(platform, "errs", "ok")?;
    Ok((well, hangs, errs))
}

fn start_load(platform: &Platform, path: &str, rate: f64, lasts: Duration) -> Result<Running, Error> {
    let plan =
        Plan { timeout: PATIENCE, ..Plan::new(platform.address(), rate, lasts, vec![Shape::get(path)]) };
    Ok(load::start(plan)?)
}

fn tell_all(platform: &Platform, service: &str, what: &str) -> Result<(), Error> {
    let status = platform.status()?;
    let service = status.services.iter().filter(|s| s.name.as_str() == service);
    service.flat_map(|s| &s.instances).filter_map(|i| i.address).try_for_each(|address| order(address, what))
}

fn yaml(options: &Options) -> String {
    let mut services = String::new();
    for name in ["well", "hangs", "errs"] {
        services.push_str(&app_service(&options.naru, name, &["--workers", "16", "--service-time", "50ms"]));
        services.push_str("    health: { path: /healthz }\n    drain: 5s\n    scale: { min: 2, max: 2 }\n");
    }
    format!(
        "platform: verify-isolation
services:
{services}routes:
  - {{ match: {{ path: /well }}, to: well }}
  - {{ match: {{ path: /hangs }}, to: hangs }}
  - {{ match: {{ path: /errs }}, to: errs }}
"
    )
}
