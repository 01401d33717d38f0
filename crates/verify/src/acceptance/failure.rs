//! Failure: parts of the platform are killed, frozen and cut off on purpose, and users go on. What is frozen goes on as well when
//! a case ends, however it ends.

mod kill;
mod links;

use naru_model::status::{LinkState, ServiceStatus};

use super::Context;
use super::cases::{
    FROZEN, Finding, GATEWAY, KILLED, Planned, SERVER_FROZEN, SERVER_REPLACED, SERVICE, WELL,
};
use super::guard::Stop;
use super::words;

pub(super) fn plan<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    let mut cases =
        vec![Planned::new(WELL, cx.say("상태 조회", "reads the status"), |finding| well(cx, finding))];
    if let Some(why) = impossible(cx) {
        let all = [KILLED, FROZEN, SERVICE, GATEWAY, SERVER_FROZEN, SERVER_REPLACED];
        cases.extend(all.map(|definition| Planned::not_run(definition, why.as_str())));
        cases.extend(links::plan(cx));
        return cases;
    }
    let named = |service: &&ServiceStatus| {
        cx.plan.failure.services.is_empty() || cx.plan.failure.services.contains(&service.name)
    };
    for service in cx.before.services.iter().filter(named) {
        cases.extend([KILLED, FROZEN].map(|definition| instance(cx, definition, service)));
        cases.push(whole(cx, service));
    }
    cases.extend(links::plan(cx));
    let will = cx.say(
        "게이트웨이 프로세스를 강제 종료(열린 접속은 끊김)",
        "kills the gateway's process; open connections are cut",
    );
    cases.push(Planned::new(GATEWAY, will, |finding| kill::gateway(cx, finding)));
    let will = cx.say("관리 서버 프로세스를 잠시 멈춤", "freezes the server's process for a while");
    cases.push(Planned::new(SERVER_FROZEN, will, |finding| kill::server(cx, finding)));
    let will = cx.say("관리 서버를 같은 프로그램으로 교체", "replaces the server by the same program");
    cases.push(Planned::new(SERVER_REPLACED, will, |finding| kill::replace_server(cx, finding)));
    cases
}

/// Why nothing can be killed here.
fn impossible(cx: &Context<'_>) -> Option<String> {
    let no_route = || cx.say("부하를 보낼 경로 없음(계획서 routes)", "no route to load (routes of the plan)");
    cx.elsewhere().or_else(|| cx.plan.routes.is_empty().then(no_route))
}

fn instance<'a>(
    cx: &'a Context<'a>,
    definition: &'static super::Definition,
    service: &'a ServiceStatus,
) -> Planned<'a> {
    if service.ready < 2 {
        let why = cx.say(
            "준비된 인스턴스가 하나뿐: 대신할 것이 없음",
            "only one instance is ready: there is none to take over",
        );
        return Planned::not_run(definition, why).of(&service.name);
    }
    let frozen = definition == FROZEN;
    let will = if frozen {
        cx.say(
            "인스턴스 하나를 멈춤(SIGSTOP), 플랫폼이 교체할 때까지",
            "freezes one instance (SIGSTOP) until it is replaced",
        )
    } else {
        cx.say("인스턴스 하나를 강제 종료(SIGKILL)", "kills one instance (SIGKILL)")
    };
    Planned::new(definition, will, move |finding| kill::instance(cx, service, frozen, finding))
        .of(&service.name)
}

fn whole<'a>(cx: &'a Context<'a>, service: &'a ServiceStatus) -> Planned<'a> {
    let others = cx.plan.one_each(&[]).into_iter().any(|asked| asked.service.as_ref() != Some(&service.name));
    if !others {
        let why =
            cx.say("비교할 다른 서비스의 경로 없음", "there is no route of another service to compare with");
        return Planned::not_run(SERVICE, why).of(&service.name);
    }
    let will = cx.say(
        "서비스의 모든 인스턴스를 잠시 멈춤: 이 서비스 이용자는 기다림",
        "freezes all its instances for a while: its users wait",
    );
    Planned::new(SERVICE, will, move |finding| kill::service(cx, service, finding)).of(&service.name)
}

fn well(cx: &Context<'_>, finding: &mut Finding) -> Result<(), Stop> {
    finding.done =
        cx.say("서비스·인스턴스·연계 상태 조회", "read the state of services, instances and links");
    finding.wanted = cx.say(
        "필요한 인스턴스가 모두 준비되고 연계가 모두 정상",
        "every wanted instance ready, every link up",
    );
    let status = cx.platform.status()?;
    for service in &status.services {
        let ill =
            service.instances.iter().filter(|i| matches!(i.state.as_str(), "unhealthy" | "ejected")).count();
        let (name, ready, desired, restarts) =
            (&service.name, service.ready, service.desired, service.restarts);
        finding.judge(
            ready >= desired && ill == 0,
            cx.language.pick(
                format!("{name}: 준비 {ready}/{desired}, 이상 {ill}, 재시작 {restarts}회"),
                format!("{name}: {ready} of {desired} ready, {ill} ill, {restarts} restarts"),
            ),
        );
    }
    for link in &status.links {
        let reason = link
            .reason
            .as_ref()
            .map(|reason| format!("({})", words::reason(cx.language, reason)))
            .unwrap_or_default();
        let state = match link.state {
            LinkState::Up => cx.say("정상", "up"),
            LinkState::Unresolved => cx.say("이름 확인 불가", "its name is not known"),
            LinkState::Down => cx.say("접속 불가", "down"),
            LinkState::Broken => cx.say("잦은 실패로 차단", "refused for its failures"),
        };
        finding.judge(
            link.state == LinkState::Up,
            format!("{} ({}): {state} {reason}", link.name, link.url).trim_end(),
        );
    }
    let wrong = finding.evidence.iter().filter(|line| line.starts_with("!!")).count();
    finding.found = cx.language.pick(
        format!("서비스 {}개, 연계 {}개 중 이상 {wrong}건", status.services.len(), status.links.len()),
        format!("{} services and {} links, {wrong} not well", status.services.len(), status.links.len()),
    );
    Ok(())
}
