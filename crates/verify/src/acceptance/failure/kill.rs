//! Killing and freezing processes of the platform on this machine, each known by its pid and its start.

use std::time::{Duration, Instant};

use naru_model::status::{ServiceStatus, Status};
use rustix::process::Signal;

use super::super::Context;
use super::super::cases::Finding;
use super::super::guard::Stop;
use super::super::platform::Refused;
use super::super::traffic::{Traffic, judge_unharmed, line, ms, seconds, tell_failures};
use crate::scenario::processes;

/// The load goes on for so long before something is done.
const BEFORE: Duration = Duration::from_secs(1);

/// A process that cannot become another one: with its start, a pid names one for ever.
#[derive(Debug, Clone, Copy)]
struct Process {
    pid: u32,
    started: u64,
}

impl Process {
    fn of(cx: &Context<'_>, pid: u32) -> Result<Process, Stop> {
        match processes::start_time(pid) {
            Some(started) if pid > 1 => Ok(Process { pid, started }),
            _ => Err(Stop::NotRun(
                cx.say("이 서버에서 프로세스를 찾을 수 없음", "its process is not on this machine"),
            )),
        }
    }

    fn is_there(self) -> bool {
        processes::start_time(self.pid) == Some(self.started)
    }

    fn send(self, signal: Signal) -> Result<(), Refused> {
        if !self.is_there() {
            return Ok(());
        }
        processes::signal(self.pid, signal).map_err(|error| {
            let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            Refused(format!("{error}: {why}"))
        })
    }
}

fn is_whole(status: &Status, service: &ServiceStatus) -> bool {
    status.services.iter().any(|s| {
        s.name == service.name
            && s.ready >= s.desired
            && s.instances.iter().filter(|i| i.state == "ready").count() >= s.desired as usize
    })
}

/// Kills or freezes one instance under load.
pub(super) fn instance(
    cx: &Context<'_>,
    service: &ServiceStatus,
    frozen: bool,
    finding: &mut Finding,
) -> Result<(), Stop> {
    let within = cx.plan.failure.recovers_within;
    let limit = cx.lasts(within);
    finding.wanted = cx.language.pick(
        format!("{limit} 안에 교체, 실패한 요청 0건"),
        format!("replaced within {limit}, 0 requests failed"),
    );
    let status = cx.platform.status()?;
    let victim = status
        .services
        .iter()
        .filter(|s| s.name == service.name)
        .flat_map(|s| &s.instances)
        .find(|i| i.state == "ready");
    let victim =
        victim.ok_or_else(|| Stop::NotRun(cx.say("준비된 인스턴스 없음", "no instance is ready")))?;
    let process = Process::of(cx, victim.pid)?;
    let (id, pid) = (&victim.id, victim.pid);
    finding.done = if frozen {
        cx.language.pick(
            format!("부하 중 {id}(pid {pid})을(를) 멈춤(SIGSTOP)"),
            format!("froze {id} (pid {pid}, SIGSTOP) under load"),
        )
    } else {
        cx.language.pick(
            format!("부하 중 {id}(pid {pid})을(를) 강제 종료(SIGKILL)"),
            format!("killed {id} (pid {pid}, SIGKILL) under load"),
        )
    };
    // Whoever waits for one that hangs waits until it is found out.
    let traffic = Traffic::on_all(cx, cx.plan.load.timeout.max(within))?;
    cx.guard.pause(BEFORE)?;
    let spared = frozen.then(|| cx.guard.spare(&service.name));
    let undo = cx.guard.undo(cx.language.pick(format!("{id} 재개"), format!("{id} goes on")), || {
        process.send(Signal::CONT)
    });
    process.send(if frozen { Signal::STOP } else { Signal::KILL })?;
    let took = cx.guard.until(within, |status| !process.is_there() && is_whole(status, service))?;
    if frozen {
        finding.tell(undo.now());
    } else {
        drop(undo);
    }
    cx.guard.pause(BEFORE)?;
    let failed = judge_unharmed(cx, finding, &traffic.stop()?);
    drop(spared);
    let took = judge_recovery(cx, finding, took);
    finding.found = cx
        .language
        .pick(format!("{took} 만에 교체, 실패 {failed}건"), format!("replaced in {took}, {failed} failed"));
    Ok(())
}

fn judge_recovery(cx: &Context<'_>, finding: &mut Finding, took: Option<Duration>) -> String {
    let said = seconds(cx, took);
    finding.judge(took.is_some(), cx.language.pick(format!("복구 {said}"), format!("recovered in {said}")));
    said
}

/// Freezes all instances of a service; the others go on as if nothing were.
pub(super) fn service(cx: &Context<'_>, service: &ServiceStatus, finding: &mut Finding) -> Result<(), Stop> {
    let (within, lasts) = (cx.plan.failure.recovers_within, cx.plan.failure.frozen);
    finding.done = cx.language.pick(
        format!(
            "{} 인스턴스를 모두 {} 동안 멈추고(SIGSTOP) 다른 서비스를 측정",
            service.name,
            cx.lasts(lasts)
        ),
        format!(
            "froze all instances of {} for {} (SIGSTOP) and measured the others",
            service.name,
            cx.lasts(lasts)
        ),
    );
    finding.wanted = cx.language.pick(
        format!("다른 서비스 실패 0건·p95 목표 이내, 재개 후 {} 안에 복구", cx.lasts(within)),
        format!("of the others 0 failed and p95 within the goals; recovered within {}", cx.lasts(within)),
    );
    let others: Vec<_> = cx
        .plan
        .one_each(&[])
        .into_iter()
        .filter(|asked| asked.service.as_ref() != Some(&service.name))
        .collect();
    let status = cx.platform.status()?;
    let instances = status.services.iter().filter(|s| s.name == service.name).flat_map(|s| &s.instances);
    let frozen =
        instances.filter(|i| i.pid != 0).map(|i| Process::of(cx, i.pid)).collect::<Result<Vec<_>, _>>()?;
    let traffic = Traffic::start(cx, &others, cx.plan.load.low, lasts + BEFORE * 2, cx.plan.load.timeout)?;
    cx.guard.pause(BEFORE)?;
    let spared = cx.guard.spare(&service.name);
    let said = cx.language.pick(format!("{} 재개", service.name), format!("{} goes on", service.name));
    let undo = cx.guard.undo(said, || frozen.iter().try_for_each(|process| process.send(Signal::CONT)));
    frozen.iter().try_for_each(|process| process.send(Signal::STOP))?;
    cx.guard.pause(lasts)?;
    finding.tell(undo.now());
    let took = cx.guard.until(within, |status| is_whole(status, service))?;
    let loads = traffic.finish(cx)?;
    drop(spared);
    let failed = judge_unharmed(cx, finding, &loads);
    for (asked, outcome) in &loads {
        let (p95, goal) = (outcome.quantile(0.95), asked.goals().0);
        finding.judge(p95 <= goal, format!("{}: p95 {} ({})", asked.name, ms(p95), ms(goal)));
    }
    let took = judge_recovery(cx, finding, took);
    finding.found = cx.language.pick(
        format!("다른 서비스 실패 {failed}건, {took} 만에 복구"),
        format!("{failed} failed of the others, recovered in {took}"),
    );
    Ok(())
}

/// Kills the gateway, and waits for the next answer.
pub(super) fn gateway(cx: &Context<'_>, finding: &mut Finding) -> Result<(), Stop> {
    let within = cx.plan.failure.gateway_within;
    finding.done = cx.say(
        "부하 중 게이트웨이를 강제 종료(SIGKILL)하고 새 접속으로 응답 확인",
        "killed the gateway (SIGKILL) under load and asked on new connections",
    );
    finding.wanted = cx.language.pick(
        format!("{} 안에 다시 응답", cx.lasts(within)),
        format!("answers again within {}", cx.lasts(within)),
    );
    let status = cx.platform.status()?;
    let process = Process::of(cx, status.gateway.pid)?;
    let asked = cx.plan.routes.first().ok_or_else(|| Stop::NotRun("routes".to_owned()))?;
    let traffic = Traffic::on_all(cx, cx.plan.load.timeout)?;
    cx.guard.pause(BEFORE)?;
    process.send(Signal::KILL)?;
    while process.is_there() {
        cx.guard.pause(Duration::from_millis(1))?;
    }
    let began = Instant::now();
    let door = cx.users_door();
    let request = asked.request(&door.address.to_string());
    let answers = || door.answer(&request).is_ok_and(|answer| asked.expected().contains(&answer.status));
    let mut took = None;
    while took.is_none() && began.elapsed() < cx.plan.failure.recovers_within.max(within) {
        took = answers().then(|| began.elapsed());
        cx.guard.pause(Duration::from_millis(5))?;
    }
    let new = cx.guard.until(cx.plan.failure.recovers_within, |status| {
        !matches!(status.gateway.pid, 0) && status.gateway.pid != process.pid
    })?;
    for (asked, outcome) in traffic.stop()? {
        finding.tell(line(cx, asked, &outcome));
        tell_failures(cx, finding, &outcome);
    }
    let said = took.map_or("-".to_owned(), ms);
    finding.judge(
        took.is_some_and(|took| took <= within),
        cx.language.pick(format!("{said} 만에 응답"), format!("answered after {said}")),
    );
    finding.judge(new.is_some(), cx.say("새 게이트웨이 등록", "a new gateway is known"));
    finding.found = cx.language.pick(format!("{said} 만에 응답"), format!("answered again after {said}"));
    Ok(())
}

/// Freezes the server: requests need it for nothing.
pub(super) fn server(cx: &Context<'_>, finding: &mut Finding) -> Result<(), Stop> {
    let (lasts, within) = (cx.plan.failure.frozen, cx.plan.failure.recovers_within);
    finding.done = cx.language.pick(
        format!("부하 중 관리 서버를 {} 동안 멈춤(SIGSTOP)", cx.lasts(lasts)),
        format!("froze the server for {} (SIGSTOP) under load", cx.lasts(lasts)),
    );
    finding.wanted = cx.language.pick(
        format!("실패한 요청 0건, 재개 후 {} 안에 상태 조회 정상", cx.lasts(within)),
        format!("0 requests failed; the server answers within {} of going on", cx.lasts(within)),
    );
    let status = cx.platform.status()?;
    let process = Process::of(cx, status.server.pid)?;
    let traffic = Traffic::on_all(cx, cx.plan.load.timeout)?;
    cx.guard.pause(BEFORE)?;
    let undo =
        cx.guard.undo(cx.say("관리 서버 재개", "the server goes on"), || process.send(Signal::CONT));
    process.send(Signal::STOP)?;
    cx.guard.pause(lasts)?;
    finding.tell(undo.now());
    let took = cx.guard.until(within, |status| status.gateway.pid != 0)?;
    cx.guard.pause(BEFORE)?;
    let failed = judge_unharmed(cx, finding, &traffic.stop()?);
    let took = judge_recovery(cx, finding, took);
    finding.found = cx
        .language
        .pick(format!("실패 {failed}건, {took} 만에 복구"), format!("{failed} failed, recovered in {took}"));
    Ok(())
}

/// Replaces the server by the program that it runs.
pub(super) fn replace_server(cx: &Context<'_>, finding: &mut Finding) -> Result<(), Stop> {
    let within = cx.plan.failure.recovers_within;
    finding.done = cx.say(
        "부하 중 관리 서버와 게이트웨이를 같은 프로그램으로 교체(naru upgrade)",
        "replaced server and gateway by the same program under load (naru upgrade)",
    );
    finding.wanted = cx.language.pick(
        format!("실패한 요청 0건, {} 안에 새 서버가 응답", cx.lasts(within)),
        format!("0 requests failed, a new server answers within {}", cx.lasts(within)),
    );
    let before = cx.platform.status()?;
    let binary = std::fs::read_link(format!("/proc/{}/exe", before.server.pid));
    let binary = binary.ok().filter(|path| path.is_file()).ok_or_else(|| {
        Stop::NotRun(
            cx.say("실행 중인 프로그램 파일을 찾을 수 없음", "the program that it runs is no file any more"),
        )
    })?;
    let traffic = Traffic::on_all(cx, cx.plan.load.timeout)?;
    cx.guard.pause(BEFORE)?;
    cx.platform.upgrade(&binary)?;
    let took = cx
        .guard
        .until(within, |status| status.server.since != before.server.since && status.gateway.pid != 0)?;
    cx.guard.pause(BEFORE)?;
    let failed = judge_unharmed(cx, finding, &traffic.stop()?);
    let took = judge_recovery(cx, finding, took);
    finding.found = cx
        .language
        .pick(format!("실패 {failed}건, {took} 만에 교체"), format!("{failed} failed, replaced in {took}"));
    Ok(())
}
