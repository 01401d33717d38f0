//! Cutting links by commands that the tester brings: a firewall rule, or stopping a stand-in of the system at the other end.

use std::process::{Command, Stdio};
use std::time::Duration;

use naru_model::name::LinkName;
use naru_model::status::{LinkState, Status};

use super::super::Context;
use super::super::cases::{Finding, LINK, Planned};
use super::super::guard::Stop;
use super::super::plan::{Asked, CutLink};
use super::super::platform::Refused;
use super::super::traffic::{Traffic, UNTIL_STOPPED, judge_unharmed, seconds};

/// The load goes on for so long while the link is cut.
const CUT: Duration = Duration::from_secs(2);

pub(super) fn plan<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    if cx.before.links.is_empty() {
        return vec![Planned::not_run(LINK, cx.say("연계 시스템 없음", "there are no links"))];
    }
    cx.before
        .links
        .iter()
        .map(|link| {
            let Some(cut) = cx.plan.failure.links.get(&link.name) else {
                let why = cx.say(
                    "연계를 끊고 잇는 명령 필요(계획서 failure.links)",
                    "needs the commands that cut and mend it (failure.links of the plan)",
                );
                return Planned::not_run(LINK, why).of(&link.name);
            };
            let (first, second) = (cut.cut.join(" "), cut.mend.join(" "));
            let will = cx
                .language
                .pick(format!("명령 실행: {first}, 이어서 {second}"), format!("runs {first}, then {second}"));
            Planned::new(LINK, will, move |finding| sever(cx, &link.name, cut, finding)).of(&link.name)
        })
        .collect()
}

fn sever(cx: &Context<'_>, link: &LinkName, cut: &CutLink, finding: &mut Finding) -> Result<(), Stop> {
    let within = cx.plan.failure.recovers_within;
    let limit = cx.lasts(within);
    finding.done = cx.language.pick(
        format!("{link} 연계를 끊은 채 모든 경로에 부하를 보내고 다시 이음"),
        format!("cut {link}, loaded the routes, and mended it"),
    );
    finding.wanted = cx.language.pick(
        format!("다른 서비스 실패 0건, 단절이 상태에 표시되고 이은 뒤 {limit} 안에 정상"),
        format!("0 failed of the services that do without it, the cut is shown, and it is up within {limit} of being mended"),
    );
    let unaffected =
        |asked: &&Asked| asked.service.as_ref().is_none_or(|service| !cut.affects.contains(service));
    let routes: Vec<&Asked> = cx.plan.one_each(&[]).into_iter().filter(unaffected).collect();
    let spared: Vec<_> = cut.affects.iter().map(|service| cx.guard.spare(service)).collect();
    let undo =
        cx.guard.undo(cx.language.pick(format!("{link} 연결 복구"), format!("{link} is mended")), || {
            run(&cut.mend)
        });
    let traffic = Traffic::start(cx, &routes, cx.plan.load.low, UNTIL_STOPPED, cx.plan.load.timeout)?;
    run(&cut.cut)?;
    let shown = cx.guard.until(within, |status| state(status, link) != Some(LinkState::Up))?;
    cx.guard.pause(CUT)?;
    finding.tell(undo.now());
    let up = cx.guard.until(within, |status| state(status, link) == Some(LinkState::Up))?;
    let failed = judge_unharmed(cx, finding, &traffic.stop()?);
    drop(spared);
    finding.judge(
        shown.is_some(),
        cx.language.pick(
            format!("단절 표시까지 {}", seconds(cx, shown)),
            format!("shown after {}", seconds(cx, shown)),
        ),
    );
    finding.judge(
        up.is_some(),
        cx.language.pick(format!("복구까지 {}", seconds(cx, up)), format!("up after {}", seconds(cx, up))),
    );
    finding.found = cx.language.pick(
        format!("실패 {failed}건, 단절 표시 {}, 복구 {}", seconds(cx, shown), seconds(cx, up)),
        format!("{failed} failed, shown after {}, up after {}", seconds(cx, shown), seconds(cx, up)),
    );
    Ok(())
}

fn state(status: &Status, link: &LinkName) -> Option<LinkState> {
    status.links.iter().find(|known| known.name == *link).map(|known| known.state)
}

/// Runs a command to its end. What it complains of is for whoever wrote it, and goes to the terminal.
fn run(command: &[String]) -> Result<(), Refused> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let said = command.join(" ");
    let status = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status.map_err(|error| Refused(format!("{said}: {error}")))? {
        status if status.success() => Ok(()),
        status => Err(Refused(format!("{said}: {status}"))),
    }
}
