//! Change: what runs is deployed anew, goes back and forth, and nobody notices.

use std::time::Duration;

use naru_model::name::ServiceName;
use naru_model::revision::Revision;
use naru_model::status::{ServiceStatus, Status};

use super::Context;
use super::cases::{DEPLOY, Finding, PROVEN, Planned, ROLLBACK};
use super::guard::Stop;
use super::platform::{Platform, Refused};
use super::restored;
use super::traffic::{Traffic, instances_chart, judge_unharmed, seconds};

/// The load goes on for so long before and after a change.
const AROUND: Duration = Duration::from_millis(500);

pub(super) fn plan<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    let will = cx.say("리비전 이력 조회", "reads the revisions");
    let mut cases = vec![Planned::new(PROVEN, will, |finding| proven(cx, finding))];
    for service in &cx.before.services {
        let named = cx.plan.change.services.is_empty() || cx.plan.change.services.contains(&service.name);
        if named {
            cases.extend([DEPLOY, ROLLBACK].map(|definition| one(cx, definition, service)));
        }
    }
    cases
}

fn one<'a>(
    cx: &'a Context<'a>,
    definition: &'static super::Definition,
    service: &'a ServiceStatus,
) -> Planned<'a> {
    if cx.plan.routes.is_empty() {
        let why = cx.say("부하를 보낼 경로 없음(계획서 routes)", "no route to load (routes of the plan)");
        return Planned::not_run(definition, why).of(&service.name);
    }
    let (revision, rate) = (service.revision, cx.plan.load.low);
    if definition == DEPLOY {
        let will = cx.language.pick(
            format!("초당 {rate}건 부하 중 현재 리비전 {revision}을 다시 배포하고 되돌림(인스턴스 교체)"),
            format!(
                "deploys revision {revision} anew under {rate}/s and goes back; its instances are replaced"
            ),
        );
        return Planned::new(DEPLOY, will, move |finding| deploy(cx, service, finding)).of(&service.name);
    }
    let will = cx.language.pick(
        format!("초당 {rate}건 부하 중 내용이 같은 다른 리비전으로 갔다가 {revision}(으)로 복귀"),
        format!("goes to another revision of the same content and back to {revision} under {rate}/s"),
    );
    Planned::new(ROLLBACK, will, move |finding| back_and_forth(cx, service, finding)).of(&service.name)
}

fn proven(cx: &Context<'_>, finding: &mut Finding) -> Result<(), Stop> {
    finding.done = cx.say(
        "서비스마다 현재 리비전과 돌아갈 수 있는 리비전 조회",
        "read each service's revision and those it can go back to",
    );
    finding.wanted = cx.say(
        "모든 서비스가 검증된 리비전에서 운영되고, 변경 기록이 남아 있음",
        "every service is on a revision that proved itself, and who made it is known",
    );
    let status = cx.platform.status()?;
    for service in &status.services {
        let revisions = cx.platform.revisions(&service.name)?;
        let running = revisions.iter().find(|revision| revision.number == service.revision);
        let others: Vec<String> = revisions
            .iter()
            .map(|r| r.number)
            .filter(|n| *n != service.revision)
            .map(|n| n.to_string())
            .collect();
        let others = if others.is_empty() { "-".to_owned() } else { others.join(", ") };
        let by = running.map_or("-", |revision| revision.made_by.as_str());
        let (name, number) = (&service.name, service.revision);
        finding.judge(
            service.revision == service.stable
                && running.is_some_and(|revision| !revision.made_by.is_empty()),
            cx.language.pick(
                format!("{name}: 리비전 {number}(작성 {by}), 복귀 가능 리비전 {others}"),
                format!("{name}: revision {number} by {by}; can go back to {others}"),
            ),
        );
    }
    let wrong = finding.evidence.iter().filter(|line| line.starts_with("!!")).count();
    finding.found = cx.language.pick(
        format!("서비스 {}개 중 미검증 {wrong}개", status.services.len()),
        format!("{} services, {wrong} not on a proven revision", status.services.len()),
    );
    Ok(())
}

/// The revision that a service is on, if it stays there.
fn running(cx: &Context<'_>, service: &ServiceName) -> Result<Revision, Stop> {
    let status = cx.platform.status()?;
    let on = status.services.iter().find(|s| s.name == *service).filter(|s| s.revision == s.stable);
    let under_way = || Stop::NotRun(cx.say("다른 배포가 진행 중", "another rollout is under way"));
    let number = on.ok_or_else(under_way)?.revision;
    let revisions = cx.platform.revisions(service)?;
    revisions.into_iter().find(|revision| revision.number == number).ok_or_else(under_way)
}

fn deploy(cx: &Context<'_>, service: &ServiceStatus, finding: &mut Finding) -> Result<(), Stop> {
    let within = cx.plan.change.within;
    finding.done = cx.language.pick(
        format!(
            "모든 경로에 초당 {}건 부하 중 {} 을(를) 같은 내용으로 다시 배포한 뒤 복귀",
            cx.plan.load.low, service.name
        ),
        format!(
            "deployed what {} runs anew, and went back, under {}/s on all routes",
            service.name, cx.plan.load.low
        ),
    );
    finding.wanted = cx.language.pick(
        format!("실패·끊긴 요청 0건, 배포 {} 안에 완료", cx.lasts(within)),
        format!("0 requests failed, rolled out within {}", cx.lasts(within)),
    );
    let before = running(cx, &service.name)?;
    let began = cx.guard.now();
    let ((same, took), failed) = under_load(cx, &before, finding, |_| {
        let number = cx.platform.deploy(&before)?;
        let revisions = cx.platform.revisions(&service.name)?;
        let same = revisions.iter().any(|r| r.number == number && r.spec == before.spec);
        let done = |status: &Status| is_on(status, &service.name, number);
        Ok((same, if same { cx.guard.until(within, done)? } else { None }))
    })?;
    if !same {
        return Err(Stop::NotRun(cx.say(
            "naru.yaml이나 배포 파일이 운영 중인 리비전과 달라 다시 배포할 수 없음(원상 복구함)",
            "naru.yaml or the artifact is not what runs any more, so it can't be deployed again; taken back",
        )));
    }
    let times = seconds(cx, took);
    finding
        .judge(took.is_some(), cx.language.pick(format!("배포 {times}"), format!("rolled out in {times}")));
    finding.found = cx
        .language
        .pick(format!("실패 {failed}건, 배포 {times}"), format!("{failed} failed, rolled out in {times}"));
    finding.charts.push(instances_chart(cx, &service.name, &cx.guard.samples(began), began, Vec::new()));
    Ok(())
}

fn back_and_forth(cx: &Context<'_>, service: &ServiceStatus, finding: &mut Finding) -> Result<(), Stop> {
    let within = cx.plan.change.within;
    finding.done = cx.language.pick(
        format!(
            "모든 경로에 초당 {}건 부하 중 {} 을(를) 내용이 같은 리비전으로 옮겼다가 복귀",
            cx.plan.load.low, service.name
        ),
        format!(
            "took {} to another revision of the same content and back, under {}/s on all routes",
            service.name, cx.plan.load.low
        ),
    );
    finding.wanted = cx.language.pick(
        format!("실패·끊긴 요청 0건, 양방향 각각 {} 안에 완료", cx.lasts(within)),
        format!("0 requests failed, both ways within {} each", cx.lasts(within)),
    );
    let before = running(cx, &service.name)?;
    let revisions = cx.platform.revisions(&service.name)?;
    let other = revisions.iter().rev().find(|r| r.number != before.number && r.spec == before.spec);
    let other = other.ok_or_else(|| {
        Stop::NotRun(cx.say("내용이 같은 다른 리비전 없음", "there is no other revision of the same content"))
    })?;
    let (times, failed) = under_load(cx, &before, finding, |finding| {
        let mut times = Vec::new();
        for to in [other.number, before.number] {
            cx.platform.rollback(&service.name, to)?;
            let took = cx.guard.until(within, |status| is_on(status, &service.name, to))?;
            let said = seconds(cx, took);
            finding.judge(
                took.is_some(),
                cx.language.pick(format!("리비전 {to}: {said}"), format!("to revision {to}: {said}")),
            );
            times.push(said);
        }
        Ok(times.join(", "))
    })?;
    finding.found =
        cx.language.pick(format!("실패 {failed}건, {times}"), format!("{failed} failed, {times}"));
    Ok(())
}

/// Does something to a service with a low load on all routes from before to after it, goes back to where the service was whatever
/// comes of it, and tells how many requests failed.
fn under_load<T>(
    cx: &Context<'_>,
    before: &Revision,
    finding: &mut Finding,
    act: impl FnOnce(&mut Finding) -> Result<T, Stop>,
) -> Result<(T, u64), Stop> {
    let traffic = Traffic::on_all(cx, cx.plan.load.timeout)?;
    cx.guard.pause(AROUND)?;
    let undo = cx.guard.undo(back_to(cx, before), || go_back(cx.platform, before, cx.plan.change.within));
    let came = act(finding)?;
    finding.tell(undo.now());
    cx.guard.pause(AROUND)?;
    Ok((came, judge_unharmed(cx, finding, &traffic.stop()?)))
}

fn back_to(cx: &Context<'_>, before: &Revision) -> String {
    cx.language.pick(
        format!("{} 리비전 {}(으)로 복귀", before.service, before.number),
        format!("{} is on revision {} again", before.service, before.number),
    )
}

/// Tells whether a rollout is done: proved, and nothing of another revision left.
fn is_on(status: &Status, service: &ServiceName, revision: u32) -> bool {
    status.services.iter().filter(|s| s.name == *service).all(|s| {
        s.stable == revision && s.ready >= s.desired && s.instances.iter().all(|i| i.revision == revision)
    })
}

/// Goes back where it was, whatever anybody presses meanwhile.
fn go_back(platform: &dyn Platform, before: &Revision, within: Duration) -> Result<(), Refused> {
    let mut asked = false;
    restored::wait(within, || {
        let back = is_on(&platform.status()?, &before.service, before.number);
        if !back && !asked {
            platform.rollback(&before.service, before.number)?;
            asked = true;
        }
        Ok(back)
    })
}
