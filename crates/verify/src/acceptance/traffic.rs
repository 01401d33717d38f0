//! The load of an acceptance: requests as the plan has them, open loop, and what their senders saw.

use std::time::Duration;

use naru_model::language::Text;
use naru_model::report::{Axis, Chart, Mark, Series, Tone, Unit};
use rustls::pki_types::ServerName;

use super::Context;
use super::cases::Finding;
use super::guard::{Sample, Stop};
use super::plan::Asked;
use super::platform::Refused;
use super::words;
use crate::load::{self, Failure, Outcome, Pace, Running, Shape, Step, Tls, Written};

/// A load that somebody stops; if nobody does, it ends some time.
pub(super) const UNTIL_STOPPED: Duration = Duration::from_secs(3600);

/// Below this many requests a second chance would decide how many come.
const BY_CHANCE: f64 = 10.0;

fn evenly(rate: f64) -> Pace {
    let arrivals = if rate < BY_CHANCE { load::Arrivals::Constant } else { load::Arrivals::Poisson };
    Pace::Open { rate, arrivals, steps: Vec::new() }
}

/// Loads under way, each of one route. Dropped, they end.
pub(super) struct Traffic<'a> {
    running: Vec<(&'a Asked, Running)>,
}

impl<'a> Traffic<'a> {
    /// Sends to these routes, which share the rate.
    pub(super) fn start(
        cx: &Context<'_>,
        routes: &[&'a Asked],
        rate: f64,
        lasts: Duration,
        patience: Duration,
    ) -> Result<Traffic<'a>, Stop> {
        let each = rate / routes.len().max(1) as f64;
        let mut traffic = Traffic { running: Vec::new() };
        for asked in routes {
            traffic.add(cx, asked, evenly(each), lasts, patience)?;
        }
        Ok(traffic)
    }

    /// The low load that goes on while something is done to the platform: a route of each service, until it is stopped.
    pub(super) fn on_all(cx: &Context<'a>, patience: Duration) -> Result<Traffic<'a>, Stop> {
        let known = cx.plan.one_each(&[]);
        let routes: Vec<&'a Asked> = if known.is_empty() { cx.plan.routes.iter().collect() } else { known };
        Traffic::start(cx, &routes, cx.plan.load.low.min(cx.allowed), UNTIL_STOPPED, patience)
    }

    /// Sends to one route, at rates that change.
    pub(super) fn stepped(
        cx: &Context<'_>,
        asked: &'a Asked,
        rate: f64,
        steps: Vec<Step>,
        lasts: Duration,
    ) -> Result<Traffic<'a>, Stop> {
        let mut traffic = Traffic { running: Vec::new() };
        let pace = Pace::Open { rate, arrivals: load::Arrivals::Poisson, steps };
        traffic.add(cx, asked, pace, lasts, cx.plan.load.timeout)?;
        Ok(traffic)
    }

    fn add(
        &mut self,
        cx: &Context<'_>,
        asked: &'a Asked,
        pace: Pace,
        lasts: Duration,
        patience: Duration,
    ) -> Result<(), Stop> {
        let door = cx.users_door();
        let name = asked.host.as_ref().and_then(|host| ServerName::try_from(host.clone()).ok());
        let tls =
            door.tls.clone().map(|known| Tls { config: super::ask::lenient(), name: name.unwrap_or(known) });
        let written = Written {
            request: asked.request(&door.address.to_string()).into(),
            head_only: asked.method == "HEAD",
            idempotent: matches!(asked.method.as_str(), "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS"),
            well: asked.expected(),
        };
        let plan = load::Plan {
            elsewhere: true,
            tls,
            pace,
            timeout: patience,
            promise: asked.goals().0,
            ..load::Plan::new(door.address, 1.0, lasts, vec![Shape::written(written)])
        };
        let running = load::start(plan).map_err(|error| Refused(error.to_string()))?;
        self.running.push((asked, running));
        Ok(())
    }

    /// Waits until their time is over.
    pub(super) fn finish(self, cx: &Context<'_>) -> Result<Vec<(&'a Asked, Outcome)>, Stop> {
        while !self.running.iter().all(|(_, running)| running.is_over()) {
            cx.guard.pause(Duration::from_millis(20))?;
        }
        self.stop()
    }

    /// Ends them, with the answers that are due.
    pub(super) fn stop(mut self) -> Result<Vec<(&'a Asked, Outcome)>, Stop> {
        let all = std::mem::take(&mut self.running);
        all.into_iter()
            .map(|(asked, running)| match running.stop() {
                Ok(outcome) => Ok((asked, outcome)),
                Err(error) => Err(Stop::Refused(Refused(error.to_string()))),
            })
            .collect()
    }
}

impl Drop for Traffic<'_> {
    fn drop(&mut self) {
        for (_, running) in self.running.drain(..) {
            // How it went interests nobody any more.
            let _ = running.stop();
        }
    }
}

pub(super) fn ms(duration: Duration) -> String {
    format!("{:.0} ms", duration.as_secs_f64() * 1000.0)
}

/// How long something took, if it came about.
pub(super) fn seconds(cx: &Context<'_>, took: Option<Duration>) -> String {
    let unit = cx.language.pick("초", " s");
    took.map_or("-".to_owned(), |took| format!("{:.1}{unit}", took.as_secs_f64()))
}

/// One route's load in a line.
pub(super) fn line(cx: &Context<'_>, asked: &Asked, outcome: &Outcome) -> String {
    let (p50, p95, p99) = (outcome.quantile(0.5), outcome.quantile(0.95), outcome.quantile(0.99));
    cx.language.pick(
        format!(
            "{}: 요청 {}건, 실패 {}건, 초당 {:.1}건, p50 {}, p95 {}, p99 {}",
            asked.name,
            outcome.due,
            outcome.failed(),
            outcome.throughput(),
            ms(p50),
            ms(p95),
            ms(p99)
        ),
        format!(
            "{}: {} requests, {} failed, {:.1}/s, p50 {}, p95 {}, p99 {}",
            asked.name,
            outcome.due,
            outcome.failed(),
            outcome.throughput(),
            ms(p50),
            ms(p95),
            ms(p99)
        ),
    )
}

/// Writes down loads that nothing may have failed of, and tells how many failed.
pub(super) fn judge_unharmed(cx: &Context<'_>, finding: &mut Finding, loads: &[(&Asked, Outcome)]) -> u64 {
    for (asked, outcome) in loads {
        finding.judge(outcome.failed() == 0, line(cx, asked, outcome));
        tell_failures(cx, finding, outcome);
    }
    loads.iter().map(|(_, outcome)| outcome.failed()).sum()
}

/// The first failures, word for word.
pub(super) fn tell_failures(cx: &Context<'_>, finding: &mut Finding, outcome: &Outcome) {
    for (failure, count) in &outcome.failures {
        let name = failure_name(*failure);
        finding.tell(cx.language.pick(format!("{}: {count}건", name.ko), format!("{count}: {}", name.en)));
    }
    let examples = outcome.examples.iter().take(3);
    finding.evidence.extend(examples.map(|example| words::example(cx.language, example)));
}

fn failure_name(failure: Failure) -> Text {
    match failure {
        Failure::Refused => Text::new("접속 거부", "connection refused"),
        Failure::Lost => Text::new("연결 끊김", "connection lost"),
        Failure::ShortBody => Text::new("응답 본문 잘림", "body cut short"),
        Failure::Timeout => Text::new("시간 안에 응답 없음", "no answer in time"),
        Failure::ServerError => Text::new("서버 오류(5xx)", "5xx"),
        Failure::OtherStatus => Text::new("예상하지 않은 상태 코드", "unexpected status"),
        Failure::WrongAnswer => Text::new("HTTP가 아닌 응답", "no HTTP"),
        Failure::Overrun => Text::new("처리 중인 요청이 너무 많음", "too many under way"),
    }
}

/// Response times second by second, beside their goal.
pub(super) fn times_chart(cx: &Context<'_>, asked: &Asked, outcome: &Outcome) -> Chart {
    let seconds = || outcome.timeline.iter().enumerate().filter(|(_, second)| second.answered > 0);
    let mean =
        seconds().map(|(at, second)| (at as f64, second.total_us as f64 / second.answered as f64 / 1e6));
    let slowest = seconds().map(|(at, second)| (at as f64, second.slowest_us as f64 / 1e6));
    let goal = asked.goals().0.as_secs_f64();
    let end = outcome.timeline.len().max(1) as f64;
    let series = |ko: &str, en: &str, mark, tone, points| Series { name: cx.say(ko, en), mark, tone, points };
    Chart {
        caption: cx
            .language
            .pick(format!("{} 응답시간", asked.name), format!("Response times of {}", asked.name)),
        x: Axis::new(cx.say("경과(초)", "seconds"), Unit::Number),
        y: Axis::new(cx.say("응답시간", "response time"), Unit::Duration),
        series: vec![
            series("평균", "mean", Mark::Line, Tone::Plain, mean.collect()),
            series("최대", "slowest", Mark::Dots, Tone::Warn, slowest.collect()),
            series("목표(p95)", "goal (p95)", Mark::Dashed, Tone::Good, vec![(0.0, goal), (end, goal)]),
        ],
        spans: Vec::new(),
    }
}

/// A service's instances, from `began` on.
pub(super) fn instances_chart(
    cx: &Context<'_>,
    service: &naru_model::name::ServiceName,
    samples: &[Sample],
    began: Duration,
    spans: Vec<(f64, f64, String)>,
) -> Chart {
    let points = |pick: fn(&(u32, u32)) -> u32| {
        let of = |sample: &Sample| {
            let counts = sample.services.get(service)?;
            Some((sample.at.saturating_sub(began).as_secs_f64(), f64::from(pick(counts))))
        };
        samples.iter().filter_map(of).collect()
    };
    let series =
        |ko: &str, en: &str, mark, points| Series { name: cx.say(ko, en), mark, tone: Tone::Plain, points };
    Chart {
        caption: cx.language.pick(format!("{service} 인스턴스 수"), format!("Instances of {service}")),
        x: Axis::new(cx.say("경과(초)", "seconds"), Unit::Number),
        y: Axis::new(cx.say("인스턴스", "instances"), Unit::Number),
        series: vec![
            series("필요", "wanted", Mark::Step, points(|counts| counts.1)),
            series("준비", "ready", Mark::Step, points(|counts| counts.0)),
        ],
        spans,
    }
}
