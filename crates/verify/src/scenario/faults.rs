//! F4: instances, the server and the gateway are killed and frozen under load, and idempotent requests never fail.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

use naru_model::status::Status;
use rustix::process::Signal;

use super::figures::{Report, Wanted, median};
use super::platform::{Platform, app_service, is_well};
use super::processes::{signal, start_time};
use super::{Error, Options};
use crate::load::{self, Failure, Plan, Shape};
use crate::random::Random;

const INSTANCES: usize = 4;
const RATE: f64 = 200.0;
/// How long a replacement may take.
const REPLACE: Duration = Duration::from_secs(30);
/// The control plane stays away this long.
const SERVER_AWAY: Duration = Duration::from_secs(2);
/// A gateway that lived shorter than this is not started again at once but with growing pauses.
const GATEWAY_LIVES: Duration = Duration::from_secs(6);
const LOAD_AT_MOST: Duration = Duration::from_secs(1800);

struct Scenario<'a> {
    options: &'a Options,
    platform: Platform,
    random: Random,
    report: Report,
}

pub(super) fn run(options: &Options) -> Result<Report, Error> {
    let rounds = if options.quick { 3 } else { 10 };
    // Another order of faults at each run; the seed tells which.
    let seed = SystemTime::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_millis() as u64 & 0xFFFF_FFFF);
    let platform = Platform::start(&options.naru, &yaml(options))?;
    let plan = Plan {
        seed,
        // One that waits for a frozen instance is late, and not lost.
        timeout: Duration::from_secs(10),
        resend: 2,
        ..Plan::new(platform.address(), RATE, LOAD_AT_MOST, shapes())
    };
    let load = load::start(plan)?;
    let report = Report::new("faults");
    let mut scenario = Scenario { options, platform, random: Random::new(seed), report };
    scenario.report.tell("seed", seed as f64, "");
    scenario.break_instances("instance killed, replaced after (median)", Signal::KILL, rounds)?;
    scenario.break_instances("instance frozen, replaced after (median)", Signal::STOP, rounds)?;
    scenario.kill_server()?;
    scenario.kill_gateway(if options.quick { 2 } else { 4 })?;
    let Scenario { platform, mut report, .. } = scenario;
    let outcome = load.stop()?;
    let left = platform.stop()?;

    let refused = outcome.failed_by(Failure::Refused);
    report.tell_load(&outcome);
    report.judge("failed, other than refused", (outcome.failed() - refused) as f64, "", Wanted::Exactly(0.0));
    report.tell("refused", refused as f64, "");
    report.judge(
        "connections refused for",
        outcome.refused_for.as_secs_f64() * 1000.0,
        "ms",
        Wanted::Below(1000.0),
    );
    report.tell("sent again by the client, connection lost", outcome.resent as f64, "");
    report.judge_leftovers(left);
    Ok(report)
}

fn yaml(options: &Options) -> String {
    let app = app_service(&options.naru, "app", &["--workers", "16", "--service-time", "5ms"]);
    format!(
        "platform: verify-faults
services:
{app}    health: {{ path: /healthz, every: 500ms, timeout: 500ms, dead_after: 3 }}
    drain: 5s
    scale: {{ min: {INSTANCES}, max: {INSTANCES} }}
routes:
  - match: {{ path: /** }}
    to: app
"
    )
}

/// Idempotent all of them.
fn shapes() -> Vec<Shape> {
    let put = |method| Shape { method, body_len: 512, ..Shape::get("/order") };
    vec![Shape { weight: 4, ..Shape::get("/order") }, put("PUT"), Shape { body_len: 0, ..put("DELETE") }]
}

/// The instances that serve, each as id, pid and start time: equal only when nothing was started again.
fn serving(status: &Status) -> BTreeSet<(String, u32, Option<u64>)> {
    let instances = status.services.iter().flat_map(|service| &service.instances);
    instances.map(|i| (i.id.to_string(), i.pid, start_time(i.pid))).collect()
}

impl Scenario<'_> {
    /// Lets the load run for a random while, so that faults meet requests at every stage.
    fn pause(&mut self) {
        std::thread::sleep(Duration::from_millis(200 + self.random.below(800) as u64));
    }

    fn break_instances(&mut self, key: &'static str, how: Signal, rounds: usize) -> Result<(), Error> {
        let mut seconds = Vec::new();
        for round in 1..=rounds {
            self.pause();
            let status = self.platform.await_ready(REPLACE)?;
            let instances = &status.services[0].instances;
            let victim = &instances[self.random.below(instances.len())];
            signal(victim.pid, how)?;
            let began = Instant::now();
            self.platform.await_status("the replacement of an instance", REPLACE, |status| {
                let service = &status.services[0];
                is_well(service) && service.instances.iter().all(|i| i.id != victim.id || i.pid != victim.pid)
            })?;
            seconds.push(began.elapsed().as_secs_f64());
            let what = if how == Signal::KILL { "killed" } else { "frozen" };
            self.options.say(&format!("{what} and replaced: {} ({round} of {rounds})", victim.id));
        }
        self.report.tell(key, median(&seconds), "s");
        Ok(())
    }

    fn kill_server(&mut self) -> Result<(), Error> {
        self.pause();
        let before = self.platform.await_ready(REPLACE)?;
        let processes = serving(&before);
        self.platform.kill_server()?;
        self.options.say("the server is killed; requests go on without it");
        std::thread::sleep(SERVER_AWAY);
        let began = Instant::now();
        self.platform.start_server_again()?;
        let after = self.platform.await_ready(REPLACE)?;
        self.report.tell("server killed, knows all again after", began.elapsed().as_secs_f64(), "s");
        let kept = serving(&after).intersection(&processes).count();
        let restarted = (processes.len() - kept) + (serving(&after).len() - kept);
        self.report.judge(
            "instances restarted by the server's death",
            restarted as f64,
            "",
            Wanted::Exactly(0.0),
        );
        let same = f64::from(u8::from(after.gateway.pid != before.gateway.pid));
        self.report.judge("gateways restarted by the server's death", same, "", Wanted::Exactly(0.0));
        self.options.say("the server is back");
        Ok(())
    }

    fn kill_gateway(&mut self, rounds: usize) -> Result<(), Error> {
        let mut seconds = Vec::new();
        let mut restarted = 0;
        for round in 1..=rounds {
            self.pause();
            if round > 1 {
                std::thread::sleep(GATEWAY_LIVES);
            }
            let before = self.platform.await_ready(REPLACE)?;
            signal(before.gateway.pid, Signal::KILL)?;
            let began = Instant::now();
            let after = self.platform.await_status("another gateway", REPLACE, |status| {
                status.gateway.pid != 0
                    && status.gateway.pid != before.gateway.pid
                    && status.services.iter().all(is_well)
            })?;
            seconds.push(began.elapsed().as_secs_f64());
            restarted += serving(&before).difference(&serving(&after)).count();
            self.options.say(&format!("the gateway is killed and replaced ({round} of {rounds})"));
        }
        self.pause();
        let slowest = seconds.iter().copied().fold(0.0, f64::max);
        self.report.judge("gateway killed, replaced after (slowest)", slowest, "s", Wanted::Below(1.0));
        self.report.judge(
            "instances restarted by the gateway's death",
            restarted as f64,
            "",
            Wanted::Exactly(0.0),
        );
        Ok(())
    }
}
