//! F3: a real service's month of deployments, 199 of them, under a steady load of GET and POST, and nobody notices.

use std::time::{Duration, Instant};

use naru_model::event::Kind;
use naru_model::status::Status;

use super::figures::{Report, Wanted, median};
use super::platform::{Platform, app_service};
use super::watch::CapacityWatch;
use super::{Error, Options};
use crate::load::{self, Failure, Outcome, Plan, Shape};

/// Deployments of one service in one month, as counted at a real one.
const DEPLOYMENTS: u32 = 199;
const INSTANCES: u32 = 2;
const RATE: f64 = 200.0;
/// How long one deployment may take.
const EACH: Duration = Duration::from_secs(60);
/// The load ends with the last deployment, and at the latest then.
const LOAD_AT_MOST: Duration = Duration::from_secs(3600);

pub(super) fn run(options: &Options) -> Result<Report, Error> {
    let mut platform = Platform::start(&options.naru, &yaml(options))?;
    options.say(&format!("{INSTANCES} instances are ready; {RATE} requests/s, {DEPLOYMENTS} deployments"));
    let shapes = vec![
        Shape { weight: 4, ..Shape::get("/order") },
        Shape { method: "POST", body_len: 1024, ..Shape::get("/order") },
    ];
    let load = load::start(Plan::new(platform.address(), RATE, LOAD_AT_MOST, shapes))?;
    let watch = CapacityWatch::start(platform.socket(), "app");
    let mut seconds = Vec::new();
    for number in 1..=DEPLOYMENTS {
        let began = Instant::now();
        let revision = platform.deploy("app", &number.to_string())?;
        platform.await_status(&format!("revision {revision}"), EACH, |status| is_on(status, revision))?;
        seconds.push(began.elapsed().as_secs_f64());
        if number % 10 == 0 || number == DEPLOYMENTS {
            let (sent, _, failed) = load.counts();
            options.say(&format!("{number} of {DEPLOYMENTS} deployments, {sent} requests, {failed} failed"));
        }
    }
    let seen = watch.end();
    let outcome = load.stop()?;
    let events = platform.events()?;
    let left = platform.stop()?;

    let count = |kind: Kind| events.iter().filter(|event| event.kind == kind).count() as f64;
    let mut report = Report::new("deploys");
    report.judge("deployments", count(Kind::RolloutFinished), "", Wanted::AtLeast(DEPLOYMENTS.into()));
    report.judge(
        "rollouts failed or gone back",
        count(Kind::RolloutFailed) + count(Kind::RolledBack),
        "",
        Wanted::Exactly(0.0),
    );
    report.tell("a deployment takes (median)", median(&seconds), "s");
    report.tell_load(&outcome);
    report.judge("failed", outcome.failed() as f64, "", Wanted::Exactly(0.0));
    report.judge("connections refused, reset or cut", broken(&outcome), "", Wanted::Exactly(0.0));
    report.judge("least ready instances", seen.least_ready.into(), "", Wanted::AtLeast(INSTANCES.into()));
    report.tell("times the capacity was looked at", seen.looks.into(), "");
    report.judge_leftovers(left);
    Ok(report)
}

fn yaml(options: &Options) -> String {
    let app =
        app_service(&options.naru, "app", &["--workers", "16", "--service-time", "20ms", "--jitter", "15ms"]);
    format!(
        "platform: verify-deploys
services:
{app}    env: {{ RELEASE: \"0\" }}
    health: {{ path: /healthz, every: 1s }}
    drain: 10s
    scale: {{ min: {INSTANCES}, max: {INSTANCES} }}
    rollout: {{ surge: 1, hold: 0s }}
routes:
  - match: {{ path: /** }}
    to: app
"
    )
}

/// Tells whether the deployment is done: proved, and nothing of another revision left.
fn is_on(status: &Status, revision: u32) -> bool {
    status.services.iter().all(|service| {
        service.stable == revision
            && service.ready >= service.desired
            && service.instances.iter().all(|instance| instance.revision == revision)
    })
}

fn broken(outcome: &Outcome) -> f64 {
    [Failure::Refused, Failure::Lost, Failure::ShortBody]
        .map(|failure| outcome.failed_by(failure))
        .iter()
        .sum::<u64>() as f64
}
