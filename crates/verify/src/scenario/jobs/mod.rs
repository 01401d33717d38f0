//! G6: jobs and messages are handed in while the server, the gateway and the broker are killed at random moments, and all
//! that was acknowledged is there in the end: counted by the clients, and by what the service wrote down.

mod broker;
mod clients;
mod done;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use naru_model::job::Figures;
use rustix::process::Signal;

pub use self::broker::{Broker, BrokerKind};
use self::clients::{Calls, PUBLISH};
use self::done::{CONSUMED, Done, WORK, twice};
use super::figures::{Report, Wanted};
use super::platform::{Platform, app_service};
use super::processes::signal;
use super::{Error, Options, api};
use crate::random::Random;

/// Stream of NATS and queue of RabbitMQ.
const QUEUE: &str = "orders";
/// How often it is looked at what was done.
const LOOK: Duration = Duration::from_millis(20);
/// Without anything acknowledged or done for so long, what is missing does not come any more. Longer than the longest wait
/// between two attempts, a minute.
const STANDSTILL: Duration = Duration::from_secs(90);
/// The whole run, before clients give up.
const AT_MOST: Duration = Duration::from_secs(1800);
/// What was killed stays away for at most so long.
const AWAY: usize = 1500;
/// How long a gateway may be away after one was killed.
const GATEWAY_BACK: Duration = Duration::from_secs(60);

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    Server,
    Gateway,
    Broker,
}

struct Scenario<'o> {
    options: &'o Options,
    platform: Platform,
    broker: Option<Broker>,
    random: Random,
    calls: Arc<Calls>,
    done: Done,
    killed: BTreeMap<Victim, usize>,
}

pub(super) fn run(options: &Options) -> Result<Report, Error> {
    let (count, kills) = if options.quick { (500, 4) } else { (10_000, 10) };
    // Other moments at each run; the seed tells which.
    let seed = SystemTime::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_millis() as u64 & 0xFFFF_FFFF);
    let kind = options.broker.unwrap_or(BrokerKind::Nats);
    let broker = Broker::start(kind, &[QUEUE])?;
    let folder = tempfile::Builder::new().prefix("naru-verify-journal-").tempdir();
    let folder = folder.map_err(Error::io("make a folder"))?;
    let journal = folder.path().join("journal");
    let platform = Platform::start(&options.naru, &yaml(options, &journal, broker.as_ref()))?;
    let messages = if broker.is_some() { count } else { 0 };
    options.say(&format!("seed {seed}; {count} jobs, {messages} messages, {kills} kills; broker: {kind}"));

    let calls = Calls::new(platform.address(), count, messages, AT_MOST);
    let (random, done) = (Random::new(seed), Done::new(&journal));
    let mut scenario = Scenario { options, platform, broker, random, calls, done, killed: BTreeMap::new() };
    let began = Instant::now();
    let sending = scenario.calls.send();
    scenario.kill(count + messages, kills)?;
    scenario.settle(count, messages)?;
    let settled = began.elapsed();
    // The clients end by themselves: each has its answer, or its time is over.
    sending.join().unwrap_or(Err(Error::Load(crate::load::Error::Broken)))?;
    let results = scenario.calls.fetch()?;
    let mut report = Report::new("jobs");
    report.tell("seed", seed as f64, "");
    scenario.judge(&mut report, count, messages, results)?;
    report.tell("all acknowledged and done after", settled.as_secs_f64(), "s");
    report.judge_leftovers(scenario.platform.stop()?);
    Ok(report)
}

/// With every default of a job and of a consumer, but that more run at once.
fn yaml(options: &Options, journal: &Path, broker: Option<&Broker>) -> String {
    let journal = journal.display().to_string();
    let app = ["--workers", "32", "--service-time", "5ms", "--journal", journal.as_str()];
    let app = app_service(&options.naru, "app", &app);
    let (brokers, publish) = match broker {
        None => (String::new(), String::new()),
        Some(broker) => (
            format!(
                "brokers:
  broker: {{ url: \"{}\" }}
consumers:
  - {{ broker: broker, queue: {QUEUE}, to: POST {CONSUMED}, concurrency: 32 }}
",
                broker.url()
            ),
            format!(
                "  - match: {{ path: {PUBLISH} }}
    to: app
    publish: {{ broker: broker, subject: {QUEUE} }}
"
            ),
        ),
    };
    format!(
        "platform: verify-jobs
{brokers}services:
{app}    health: {{ path: /healthz, every: 1s }}
    drain: 5s
    scale: {{ min: 2, max: 2 }}
routes:
  - match: {{ path: {WORK}** }}
    to: app
    job: {{ concurrency: 32 }}
  - match: {{ path: {CONSUMED} }}
    to: app
{publish}"
    )
}

impl Scenario<'_> {
    /// Kills so often while `all` calls are acknowledged and done: once somewhere in each equal part of that work.
    fn kill(&mut self, all: usize, kills: usize) -> Result<(), Error> {
        let part = 2 * all / (kills + 1);
        for (kill, victim) in self.victims(kills).into_iter().enumerate() {
            let moment = kill * part + self.random.below(part);
            if !self.reach(moment)? {
                return Ok(());
            }
            match victim {
                Victim::Server => {
                    self.platform.kill_server()?;
                    self.pause();
                    self.platform.start_server_again()?;
                }
                Victim::Gateway => {
                    let there =
                        self.platform.await_status("a gateway", GATEWAY_BACK, |s| s.gateway.pid != 0)?;
                    signal(there.gateway.pid, Signal::KILL)?;
                }
                Victim::Broker => {
                    if let Some(mut broker) = self.broker.take() {
                        broker.kill()?;
                        self.pause();
                        broker.start_again()?;
                        self.broker = Some(broker);
                    }
                }
            }
            *self.killed.entry(victim).or_default() += 1;
            let work = 100.0 * self.work() as f64 / (2 * all) as f64;
            self.options
                .say(&format!("{victim:?} killed ({} of {kills}), {work:.0} % of the work done", kill + 1));
        }
        Ok(())
    }

    /// Each as often as the others, as far as that comes out even, in an order by chance.
    fn victims(&mut self, kills: usize) -> Vec<Victim> {
        let all: &[Victim] = match self.broker {
            Some(_) => &[Victim::Server, Victim::Broker, Victim::Gateway],
            None => &[Victim::Server, Victim::Gateway],
        };
        let mut victims: Vec<Victim> = all.iter().copied().cycle().take(kills).collect();
        for last in (1..victims.len()).rev() {
            victims.swap(last, self.random.below(last + 1));
        }
        victims
    }

    fn pause(&mut self) {
        std::thread::sleep(Duration::from_millis(self.random.below(AWAY) as u64));
    }

    /// Calls acknowledged and calls done, together.
    fn work(&self) -> usize {
        let acknowledged = self.calls.acknowledged.load(Ordering::Relaxed);
        acknowledged + self.done.jobs.len() + self.done.messages.len()
    }

    /// Waits until so much is done; `false`: nothing moves any more.
    fn reach(&mut self, moment: usize) -> Result<bool, Error> {
        let (mut most, mut since) = (0, Instant::now());
        loop {
            self.done.read_on().map_err(Error::io("read the service's journal"))?;
            let work = self.work();
            if work >= moment {
                return Ok(true);
            }
            if work > most {
                (most, since) = (work, Instant::now());
            } else if since.elapsed() > STANDSTILL {
                self.calls.note(format!("nothing moved for {} s", STANDSTILL.as_secs()));
                return Ok(false);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until all is acknowledged and done, or nothing moves any more.
    fn settle(&mut self, jobs: usize, messages: usize) -> Result<(), Error> {
        self.reach(2 * (jobs + messages)).map(drop)
    }

    fn judge(&self, report: &mut Report, jobs: usize, messages: usize, results: usize) -> Result<(), Error> {
        for (victim, times) in &self.killed {
            report.tell(format!("{victim:?} killed").to_lowercase(), *times as f64, "");
        }
        let (taken, confirmed) = (self.calls.jobs(), self.calls.messages());
        let count = |count: usize| Wanted::Exactly(count as f64);
        report.tell("sent again by the clients", self.calls.again.load(Ordering::Relaxed) as f64, "");
        report.judge("jobs acknowledged", taken as f64, "", count(jobs));
        report.judge("results", results as f64, "", count(jobs));
        report.judge("jobs lost", taken.saturating_sub(results) as f64, "", count(0));
        report.judge("different jobs that the service saw", self.done.jobs.len() as f64, "", count(jobs));
        report.tell("jobs done more than once", twice(&self.done.jobs) as f64, "");
        if self.broker.is_some() {
            let delivered = |number: &&usize| self.done.messages.contains_key(*number);
            let lost: Vec<&usize> = confirmed.iter().filter(|number| !delivered(number)).collect();
            report.judge("messages confirmed", confirmed.len() as f64, "", count(messages));
            report.judge("messages delivered", self.done.messages.len() as f64, "", count(messages));
            report.judge("messages lost", lost.len() as f64, "", count(0));
            report.tell("messages delivered more than once", twice(&self.done.messages) as f64, "");
            lost.iter().take(10).for_each(|number| self.calls.note(format!("lost: message {number}")));
        }
        let figures: Vec<Figures> = api::get(&self.platform.socket(), "/v1/jobs")?;
        let dead: u64 = figures.iter().map(|figures| figures.dead).sum();
        report.judge("dead letters", dead as f64, "", count(0));
        report.notes.extend(self.calls.wrong());
        Ok(())
    }
}
