//! Schedules: those of the file against what was decided, and one of the acceptance's own, whose minute is awaited.

use std::time::Duration;

use naru_model::scaling::By;
use naru_model::status::{ServiceStatus, Status};
use naru_model::units::Timestamp;

use super::Context;
use super::cases::{Finding, Planned, SCHEDULE, SCHEDULE_ADDS};
use super::guard::Stop;
use super::platform::{Platform, Refused};
use super::traffic::{instances_chart, seconds};
use super::words;

/// A file that is written now is followed before this has passed.
const APPLIED: Duration = Duration::from_secs(10);
/// The minute that is awaited is at least so far away, so that the file is followed before it comes.
const AHEAD: Duration = Duration::from_secs(5);
const MINUTE: u64 = 60_000_000;
/// A decision comes each second; with what a status takes to be seen, one is late after this.
const LATE: Duration = Duration::from_secs(3);
/// Far more than the case takes: it ends by being taken out.
const LASTS: Duration = Duration::from_secs(600);

pub(super) fn plan<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    vec![as_configured(cx), of_its_own(cx)]
}

fn as_configured<'a>(cx: &'a Context<'a>) -> Planned<'a> {
    // A policy in crontab's words is the only one that begins with a time.
    let any =
        cx.before.services.iter().any(|s| s.scaling.policies.iter().any(|policy| policy.ends_with(" more")));
    if !any {
        return Planned::not_run(
            SCHEDULE,
            cx.say("예약 확장 설정 없음(scale.schedule)", "no schedule is configured (scale.schedule)"),
        );
    }
    Planned::new(
        SCHEDULE,
        cx.say("예약 확장의 현재 결정과 다음 시각 조회", "reads what schedules decide now and when next"),
        |finding| schedules(cx, finding),
    )
}

fn schedules(cx: &Context<'_>, finding: &mut Finding) -> Result<(), Stop> {
    finding.done = cx.say(
        "예약 일정을 현재 시각으로 계산하여 실제 결정과 비교",
        "worked out what the schedules say now, and compared it with what was decided",
    );
    finding.wanted = cx.say(
        "예약 시간에는 그만큼 더하고, 그 밖에는 더하지 않음",
        "as many more in a schedule's time, none outside it",
    );
    let status = cx.platform.status()?;
    let mut seen = 0;
    for service in &status.services {
        let planned = cx.platform.schedules(&service.scaling.policies, status.at)?;
        seen += planned.len();
        let due = planned.iter().filter(|planned| planned.adds > 0).count();
        // Nothing is decided of a number that somebody holds, nor where there are as many as there may be already.
        let decided = service.scaling.held.is_none() && service.desired < service.scaling.max;
        for schedule in &planned {
            let next = schedule.next.as_deref().unwrap_or("-");
            let (name, adds) = (&service.name, schedule.adds);
            let text = words::policy(cx.language, &schedule.text);
            finding.judge(
                !decided || scheduled(service) == due,
                cx.language.pick(
                    format!("{name}: {text}, 현재 {adds}개 추가, 다음 변경 {next}"),
                    format!("{name}: {text}; adds {adds} now, changes next at {next}"),
                ),
            );
        }
    }
    if seen == 0 {
        return Err(Stop::NotRun(cx.say("예약 확장 설정 없음", "no schedule is configured")));
    }
    finding.found = cx
        .language
        .pick(format!("예약 {seen}건 결정 일치"), format!("{seen} schedules, decided as they say"));
    if finding.failed {
        finding.found = cx.say("결정이 예약과 다름", "what was decided is not what the schedules say");
    }
    Ok(())
}

/// How many schedules had a say in the last decision. Where nothing was decided yet, none was followed either.
fn scheduled(service: &ServiceStatus) -> usize {
    let wishes = service.scaling.decision.iter().flat_map(|decision| &decision.wishes);
    wishes.filter(|wish| wish.by == By::Schedule).count()
}

fn of_its_own<'a>(cx: &'a Context<'a>) -> Planned<'a> {
    if let Some(why) = cx.elsewhere() {
        return Planned::not_run(SCHEDULE_ADDS, why);
    }
    if !cx.plan.scaling.own_schedule {
        let why = cx.say(
            "하지 않기로 함(계획서 scaling.own_schedule)",
            "not asked for (scaling.own_schedule of the plan)",
        );
        return Planned::not_run(SCHEDULE_ADDS, why);
    }
    let fits = |service: &&ServiceStatus| {
        let (scaling, names) = (&service.scaling, &cx.plan.scaling.services);
        let named = names.is_empty() || names.contains(&service.name);
        named && scaling.automatic && scaling.held.is_none() && service.desired < scaling.max
    };
    let Some(service) = cx.before.services.iter().find(fits) else {
        let why = cx.say(
            "자동 확장하면서 늘릴 여유가 있는 서비스 없음",
            "no service scales by itself and has room for one more",
        );
        return Planned::not_run(SCHEDULE_ADDS, why);
    };
    let will = cx.language.pick(
        format!("{}에 곧 시작하는 예약(인스턴스 1개 추가)을 넣고 그 시각을 기다린 뒤 되돌림", cx.before.server.file.display()),
        format!(
            "puts a schedule of one instance more at the next full minute into {}, awaits it, and takes it out",
            cx.before.server.file.display()
        ),
    );
    Planned::new(SCHEDULE_ADDS, will, move |finding| adds(cx, service, finding)).of(&service.name)
}

fn adds(cx: &Context<'_>, service: &ServiceStatus, finding: &mut Finding) -> Result<(), Stop> {
    let within = cx.plan.failure.recovers_within;
    finding.done = cx.language.pick(
        format!("{}에 1분 남짓 안에 시작하는 예약(인스턴스 1개 추가)을 넣고, 그 시각의 증설을 확인한 뒤 되돌림", service.name),
        format!("gave {} a schedule of one instance more from the next full minute on, awaited it, and took it out", service.name),
    );
    finding.wanted = cx.language.pick(
        format!(
            "그 시각 전에는 그대로, {} 안에 결정, {} 안에 준비, 예약을 빼면 원래 수",
            cx.lasts(LATE),
            cx.lasts(within)
        ),
        format!(
            "none before its time, decided within {} of it, ready within {}, as many as before when it is taken out",
            cx.lasts(LATE),
            cx.lasts(within)
        ),
    );
    let before = cx.platform.status()?;
    let due = next_minute(before.at);
    let edit = cx.platform.schedule(&service.name, due, LASTS)?;
    let known = policies(&before, service);
    let began = cx.guard.now();
    let undo = cx.guard.undo(
        cx.say("예약 해제, 설정 파일 복구", "the schedule is taken out, the file as it was"),
        || {
            edit.take_back()?;
            followed(cx.platform, service, &known, within)
        },
    );
    edit.apply()?;
    let applied = cx.guard.until(APPLIED, |status| policies(status, service) != known)?;
    finding.judge(applied.is_some(), cx.say("변경된 설정 파일 적용", "the changed file is followed"));
    let seen = watch(cx, service, due, within)?;
    let by = cx.guard.now();
    finding.tell(undo.now());
    seen.judge(cx, finding);
    let back = cx.guard.until(within, |status| {
        of(status, service).is_some_and(|s| s.desired <= seen.before && s.ready <= seen.before)
    })?;
    finding.judge(
        back.is_some(),
        cx.say("예약 해제 후 원래 수로 복귀", "as many as before once it was taken out"),
    );
    let start = by.saturating_sub(began).as_secs_f64() - seen.since_due.as_secs_f64();
    let spans =
        vec![(start.max(0.0), by.saturating_sub(began).as_secs_f64(), cx.say("예약 시간", "schedule"))];
    finding.charts.push(instances_chart(cx, &service.name, &cx.guard.samples(began), began, spans));
    Ok(())
}

/// What came about around a schedule's minute.
struct Seen {
    /// Wanted before it.
    before: u32,
    /// More were wanted for a schedule's sake before its time.
    early: bool,
    /// From its minute until it was decided, and until there was one more.
    decided: Option<Duration>,
    ready: Option<Duration>,
    /// From its minute until all of this was seen, or no longer awaited.
    since_due: Duration,
}

impl Seen {
    fn judge(&self, cx: &Context<'_>, finding: &mut Finding) {
        let (decided, ready) = (seconds(cx, self.decided), seconds(cx, self.ready));
        finding.judge(!self.early, cx.say("예약 시각 전 증설 없음", "none before its time"));
        finding.judge(
            self.decided.is_some_and(|took| took <= LATE),
            cx.language.pick(
                format!("예약 시각부터 결정까지 {decided}"),
                format!("decided {decided} after its time"),
            ),
        );
        finding.judge(
            self.ready.is_some(),
            cx.language
                .pick(format!("예약 시각부터 준비까지 {ready}"), format!("ready {ready} after its time")),
        );
        let (from, to) = (self.before, self.before + 1);
        finding.found = cx.language.pick(
            format!("인스턴스 {from} → {to}, 결정 {decided}, 준비 {ready}"),
            format!("instances {from} to {to}, decided after {decided}, ready after {ready}"),
        );
    }
}

/// Awaits the minute, and what comes of it.
fn watch(cx: &Context<'_>, service: &ServiceStatus, due: Timestamp, within: Duration) -> Result<Seen, Stop> {
    let mut seen =
        Seen { before: service.desired, early: false, decided: None, ready: None, since_due: Duration::ZERO };
    let wait = due.since(cx.platform.status()?.at);
    cx.guard.until(wait + within, |status| {
        let Some(now) = of(status, service) else { return false };
        if status.at < due {
            seen.early |= now.desired > seen.before && scheduled(now) > 0;
            seen.before = if seen.early { seen.before } else { now.desired };
            return false;
        }
        seen.since_due = status.at.since(due);
        let decided = now.desired > seen.before && scheduled(now) > 0;
        seen.decided = seen.decided.or(decided.then_some(seen.since_due));
        seen.ready = seen.decided.filter(|_| now.ready > seen.before).map(|_| seen.since_due);
        seen.ready.is_some()
    })?;
    Ok(seen)
}

/// The first full minute that is far enough away.
fn next_minute(now: Timestamp) -> Timestamp {
    Timestamp((now + AHEAD).0.div_ceil(MINUTE) * MINUTE)
}

fn of<'s>(status: &'s Status, service: &ServiceStatus) -> Option<&'s ServiceStatus> {
    status.services.iter().find(|known| known.name == service.name)
}

fn policies(status: &Status, service: &ServiceStatus) -> Vec<String> {
    of(status, service).map(|known| known.scaling.policies.clone()).unwrap_or_default()
}

/// Waits until the server has read the file again, whatever anybody presses meanwhile.
fn followed(
    platform: &dyn Platform,
    service: &ServiceStatus,
    known: &[String],
    within: Duration,
) -> Result<(), Refused> {
    super::restored::wait(within, || Ok(policies(&platform.status()?, service) == known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minute_that_is_awaited_is_a_full_one_and_not_too_near() {
        let minute = |seconds: u64| next_minute(Timestamp(seconds * 1_000_000)).0 / 1_000_000;
        assert_eq!((minute(0), minute(1), minute(55), minute(56), minute(115)), (60, 60, 60, 120, 120));
    }
}
