//! Scaling: instances follow the load up and down, a surge is absorbed, and every number has its reason.

use std::time::Duration;

use naru_model::name::ServiceName;
use naru_model::status::ServiceStatus;

use super::Context;
use super::cases::{EXPLAINED, Finding, Planned, STEPS, SURGE};
use super::guard::Stop;
use super::plan::Asked;
use super::schedule;
use super::traffic::{Traffic, instances_chart, line, ms, tell_failures, times_chart};
use super::words;
use crate::load::{Outcome, Step};

/// What comes before a surge, of what comes in it, and for how long, of how long that lasts.
const CALM: (f64, u32) = (0.1, 5);

pub(super) fn plan<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    let will = cx.say("상태 조회", "reads the status");
    let mut cases = vec![Planned::new(EXPLAINED, will, |finding| explained(cx, finding))];
    cases.extend(schedule::plan(cx));
    for definition in [STEPS, SURGE] {
        let automatic =
            |service: &&ServiceStatus| service.scaling.automatic && service.scaling.held.is_none();
        let named = |service: &&ServiceStatus| {
            cx.plan.scaling.services.is_empty() || cx.plan.scaling.services.contains(&service.name)
        };
        let services: Vec<&ServiceStatus> =
            cx.before.services.iter().filter(automatic).filter(named).collect();
        if services.is_empty() {
            let why = cx.say("자동 확장하는 서비스 없음", "no service scales by itself");
            cases.push(Planned::not_run(definition, why));
        }
        cases.extend(services.into_iter().map(|service| under_load(cx, definition, service)));
    }
    cases
}

fn under_load<'a>(
    cx: &'a Context<'a>,
    definition: &'static super::Definition,
    service: &'a ServiceStatus,
) -> Planned<'a> {
    let Some(asked) = cx.plan.one_each(std::slice::from_ref(&service.name)).first().copied() else {
        let why =
            cx.say("부하를 보낼 경로 없음(계획서 routes)", "no route to load it by (routes of the plan)");
        return Planned::not_run(definition, why).of(&service.name);
    };
    let (rate, path) = (cx.allowed, &asked.path);
    if definition == STEPS {
        let steps = cx.plan.scaling.steps.len();
        let lasts = cx.lasts(cx.plan.scaling.step_lasts * steps as u32);
        let will = cx.language.pick(
            format!("{path} 부하를 초당 {rate}건까지 {steps}단계로 {lasts} 동안"),
            format!("loads {path} in {steps} steps up to {rate}/s for {lasts}"),
        );
        return Planned::new(STEPS, will, move |finding| steps_of(cx, service, asked, finding))
            .of(&service.name);
    }
    let lasts = cx.lasts(cx.plan.scaling.surge_lasts);
    let will = cx.language.pick(
        format!("{path} 부하를 한 번에 초당 {rate}건으로 {lasts} 동안"),
        format!("loads {path} with {rate}/s at once for {lasts}"),
    );
    Planned::new(SURGE, will, move |finding| surge(cx, service, asked, finding)).of(&service.name)
}

fn explained(cx: &Context<'_>, finding: &mut Finding) -> Result<(), Stop> {
    finding.done = cx.say(
        "서비스마다 인스턴스 수, 범위, 마지막 결정 조회",
        "read each service's instances, bounds and last decision",
    );
    finding.wanted = cx.say(
        "범위 안, 자원 부족 없음, 자동 확장 서비스는 결정 근거 있음",
        "within bounds, room in the pool, and a reason where it scales by itself",
    );
    let status = cx.platform.status()?;
    for service in &status.services {
        let scaling = &service.scaling;
        let within = (scaling.min..=scaling.max).contains(&service.desired);
        // Who never had to decide anything is where it began: at its minimum.
        let reasoned = !scaling.automatic
            || scaling.held.is_some()
            || scaling.decision.is_some()
            || service.desired == scaling.min;
        let policies = words::policies(cx.language, &scaling.policies);
        let (name, min, max, wanted, ready) =
            (&service.name, scaling.min, scaling.max, service.desired, service.ready);
        finding.judge(
            within && reasoned && !scaling.no_room,
            cx.language.pick(
                format!("{name}: 필요 {wanted}, 준비 {ready}, 범위 {min}~{max}, 정책 {policies}"),
                format!(
                    "{name}: {wanted} wanted, {ready} ready, {min} to {max} allowed, policies {policies}"
                ),
            ),
        );
    }
    let wrong = finding.evidence.iter().filter(|line| line.starts_with("!!")).count();
    finding.found = cx.language.pick(
        format!("서비스 {}개 중 지적 {wrong}건", status.services.len()),
        format!("{} services, {wrong} with something wrong", status.services.len()),
    );
    Ok(())
}

fn steps_of(
    cx: &Context<'_>,
    service: &ServiceStatus,
    asked: &Asked,
    finding: &mut Finding,
) -> Result<(), Stop> {
    let scaling = &cx.plan.scaling;
    let rates: Vec<f64> = scaling.steps.iter().map(|share| share * cx.allowed).collect();
    let shown: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
    let (each, down) = (cx.lasts(scaling.step_lasts), cx.lasts(scaling.down_within));
    finding.done = cx.language.pick(
        format!("{} 에 초당 {}건 부하를 {each}씩", asked.path, shown.join(" → ")),
        format!("loaded {} with {} requests/s, {each} each", asked.path, shown.join(", ")),
    );
    finding.wanted = cx.language.pick(
        format!("인스턴스 증가, p95 {} 이하, 실패 {:.2}% 이하, 종료 후 {down} 안에 원래 수", ms(asked.goals().0), asked.errors * 100.0),
        format!("instances follow, p95 at most {}, at most {:.2} % failed, as many as before within {down} of the end", ms(asked.goals().0), asked.errors * 100.0),
    );
    let before = wanted(cx, &service.name)?;
    let began = cx.guard.now();
    let later = rates.iter().enumerate().skip(1);
    let steps = later.map(|(n, rate)| Step { at: scaling.step_lasts * n as u32, rate: *rate }).collect();
    let lasts = scaling.step_lasts * rates.len() as u32;
    let outcome = load(cx, asked, rates[0], steps, lasts)?;
    let ended = cx.guard.now();
    judge_load(cx, asked, &outcome, finding);
    let most = most_wanted(cx, &service.name, began);
    let slow = finding.failed;
    finding.charts.push(times_chart(cx, asked, &outcome));
    let came_down = cx.guard.until(scaling.down_within, |status| {
        status.services.iter().any(|s| s.name == service.name && s.desired <= before && s.ready <= before)
    })?;
    let spans = (0..rates.len()).map(|n| {
        let from = scaling.step_lasts.as_secs_f64() * n as f64;
        (from, from + scaling.step_lasts.as_secs_f64(), format!("{}/s", shown[n]))
    });
    finding.charts.push(instances_chart(cx, &service.name, &cx.guard.samples(began), began, spans.collect()));
    let tell =
        cx.language.pick(format!("인스턴스 {before} → {most}"), format!("instances {before} to {most}"));
    if most == before && !slow {
        finding.tell(tell);
        return Err(Stop::NotRun(cx.language.pick(
            format!("초당 {:.0}건은 {before}개로 감당됨: 더 큰 --allow-load 필요", cx.allowed),
            format!("{:.0}/s were carried by {before}: needs more of --allow-load", cx.allowed),
        )));
    }
    finding.judge(most > before, tell.clone());
    let took = came_down.map(|_| cx.guard.now().saturating_sub(ended));
    finding.judge(
        took.is_some(),
        match took {
            Some(took) => cx.language.pick(
                format!("부하 종료 {:.1}초 후 {before}개로 축소", took.as_secs_f64()),
                format!("down to {before} again {:.1} s after the end", took.as_secs_f64()),
            ),
            None => cx.language.pick(
                format!("{down} 안에 {before}개로 줄지 않음"),
                format!("not down to {before} again within {down}"),
            ),
        },
    );
    finding.found = format!("{tell}, p95 {}", ms(outcome.quantile(0.95)));
    Ok(())
}

fn surge(
    cx: &Context<'_>,
    service: &ServiceStatus,
    asked: &Asked,
    finding: &mut Finding,
) -> Result<(), Stop> {
    let lasts = cx.plan.scaling.surge_lasts;
    let (share, calm) = (CALM.0, lasts / CALM.1);
    finding.done = cx.language.pick(
        format!(
            "{} 에 초당 {:.1}건을 보내다가 한 번에 초당 {:.0}건으로 {} 동안",
            asked.path,
            cx.allowed * share,
            cx.allowed,
            cx.lasts(lasts)
        ),
        format!(
            "{:.1}/s on {}, then {:.0}/s at once for {}",
            cx.allowed * share,
            asked.path,
            cx.allowed,
            cx.lasts(lasts)
        ),
    );
    finding.wanted = cx.language.pick(
        format!(
            "실패 {:.2}% 이하, 마지막 3분의 1 동안 평균 응답시간 {} 이하",
            asked.errors * 100.0,
            ms(asked.goals().0)
        ),
        format!(
            "at most {:.2} % failed, and a mean of at most {} in the last third",
            asked.errors * 100.0,
            ms(asked.goals().0)
        ),
    );
    let (before, began) = (wanted(cx, &service.name)?, cx.guard.now());
    let outcome =
        load(cx, asked, cx.allowed * share, vec![Step { at: calm, rate: cx.allowed }], calm + lasts)?;
    finding.found = line(cx, asked, &outcome);
    judge_errors(cx, asked, &outcome, finding);
    let from = outcome.timeline.len() - outcome.timeline.len() / 3;
    let (total, answered) =
        outcome.timeline[from..].iter().fold((0, 0), |(t, a), s| (t + s.total_us, a + s.answered));
    let mean = Duration::from_micros(total / answered.max(1));
    finding.judge(
        answered > 0 && mean <= asked.goals().0,
        cx.language.pick(
            format!("마지막 3분의 1 평균 {}", ms(mean)),
            format!("mean of the last third: {}", ms(mean)),
        ),
    );
    let most = most_wanted(cx, &service.name, began);
    finding.tell(
        cx.language.pick(format!("인스턴스 {before} → {most}"), format!("instances {before} to {most}")),
    );
    let spans = vec![(calm.as_secs_f64(), (calm + lasts).as_secs_f64(), cx.say("폭주", "surge"))];
    finding.charts.push(times_chart(cx, asked, &outcome));
    finding.charts.push(instances_chart(cx, &service.name, &cx.guard.samples(began), began, spans));
    Ok(())
}

fn load(
    cx: &Context<'_>,
    asked: &Asked,
    rate: f64,
    steps: Vec<Step>,
    lasts: Duration,
) -> Result<Outcome, Stop> {
    let mut all = Traffic::stepped(cx, asked, rate, steps, lasts)?.finish(cx)?;
    all.pop().map(|(_, outcome)| outcome).ok_or_else(|| Stop::NotRun(asked.name.clone()))
}

fn judge_load(cx: &Context<'_>, asked: &Asked, outcome: &Outcome, finding: &mut Finding) {
    let (p95, goal) = (outcome.quantile(0.95), asked.goals().0);
    finding.judge(outcome.answered > 0 && p95 <= goal, line(cx, asked, outcome));
    judge_errors(cx, asked, outcome, finding);
}

fn judge_errors(cx: &Context<'_>, asked: &Asked, outcome: &Outcome, finding: &mut Finding) {
    let failed = outcome.failed() as f64 / outcome.due.max(1) as f64;
    finding.judge(
        failed <= asked.errors,
        cx.language.pick(format!("실패 {:.2}%", failed * 100.0), format!("{:.2} % failed", failed * 100.0)),
    );
    tell_failures(cx, finding, outcome);
}

fn wanted(cx: &Context<'_>, service: &ServiceName) -> Result<u32, Stop> {
    let status = cx.platform.status()?;
    Ok(status.services.iter().find(|s| s.name == *service).map_or(0, |s| s.desired))
}

fn most_wanted(cx: &Context<'_>, service: &ServiceName, from: Duration) -> u32 {
    let samples = cx.guard.samples(from);
    samples.iter().filter_map(|sample| Some(sample.services.get(service)?.1)).max().unwrap_or(0)
}
