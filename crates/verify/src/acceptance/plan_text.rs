//! A plan as a file that people read and change: every key, with what it means.

use std::fmt::Write;

use naru_model::language::Language;
use naru_model::units::format_duration;

use super::plan::{Asked, Plan};

/// A text in double quotes. JSON's are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn percent(share: f64) -> String {
    let percent = (share * 1000.0).round() / 10.0;
    format!("{percent}%")
}

pub(super) fn write(plan: &Plan, language: Language) -> String {
    let say = |ko: &'static str, en: &'static str| language.pick(ko, en);
    let mut text = format!(
        "# {}\n",
        say(
            "naru verify all 의 계획서: 무엇을 요청하고 무엇을 목표로 하는가. naru verify all --plan 이 파일",
            "The plan of naru verify all: what is asked, and what is wanted. naru verify all --plan THIS-FILE",
        )
    );
    match &plan.gateway {
        Some(gateway) => {
            let _ = writeln!(text, "gateway: {}", quoted(gateway));
        }
        None => {
            let _ = writeln!(
                text,
                "# gateway: \"www.example.go.kr:443\"   # {}",
                say("없으면 서버가 알려 주는 주소", "where the status says, without it")
            );
        }
    }
    match &plan.console {
        Some(console) => {
            let _ = writeln!(text, "console: {}", quoted(console));
        }
        None => {
            let _ = writeln!(
                text,
                "# console: \"http://127.0.0.1:9090\"   # {}",
                say(
                    "관리 API·화면의 토큰·머리글 시험에 필요",
                    "needed to test the API's tokens and the console's headers"
                )
            );
        }
    }
    if plan.routes.is_empty() {
        text.push_str("routes: []\n");
    } else {
        let _ = writeln!(
            text,
            "\n# {}\nroutes:",
            say("경로마다 보낼 요청과 목표", "a request for each route, and its goals")
        );
    }
    plan.routes.iter().for_each(|asked| write_route(asked, language, &mut text));
    write_rest(plan, language, &mut text);
    text
}

fn write_route(asked: &Asked, language: Language, text: &mut String) {
    let (p95, p99) = asked.goals();
    let _ = writeln!(text, "  - name: {}", quoted(&asked.name));
    if let Some(service) = &asked.service {
        let _ = writeln!(text, "    service: {service}");
    }
    let _ = writeln!(text, "    method: {}", asked.method);
    if let Some(host) = &asked.host {
        let _ = writeln!(text, "    host: {}", quoted(host));
    }
    let _ = writeln!(text, "    path: {}", quoted(&asked.path));
    if !asked.headers.is_empty() {
        text.push_str("    headers:\n");
    }
    for (name, value) in &asked.headers {
        let _ = writeln!(text, "      {name}: {}", quoted(value));
    }
    if !asked.body.is_empty() {
        let _ = writeln!(text, "    body: {}", quoted(&asked.body));
    }
    let _ = writeln!(text, "    expect: [{}, {}]", asked.expect.0, asked.expect.1);
    let rate = language.pick(
        "초당 요청 수. 이 부하에서 아래 목표를 지켜야 함",
        "requests a second, at which the goals hold",
    );
    let _ = writeln!(text, "    rate: {}   # {rate}", asked.rate);
    let _ = writeln!(
        text,
        "    p95: {}\n    p99: {}\n    errors: \"{}\"",
        format_duration(p95),
        format_duration(p99),
        percent(asked.errors)
    );
}

fn write_rest(plan: &Plan, language: Language, text: &mut String) {
    let mut line = |indent: usize, key: &str, value: String, ko: &str, en: &str| {
        let comment = language.pick(ko, en);
        let comment = if comment.is_empty() { String::new() } else { format!("   # {comment}") };
        let _ = writeln!(
            text,
            "{}{key}:{}{value}{comment}",
            " ".repeat(indent),
            if value.is_empty() { "" } else { " " }
        );
    };
    let time = format_duration;
    line(0, "load", String::new(), "", "");
    line(
        2,
        "low",
        plan.load.low.to_string(),
        "허락 없이 보내는 초당 요청 수(전체)",
        "requests a second, in all, without a flag",
    );
    line(
        2,
        "most",
        plan.load.most.to_string(),
        "--allow-load 가 더 커도 넘지 않는 초당 요청 수",
        "never more than this, whatever --allow-load says",
    );
    line(2, "lasts", time(plan.load.lasts), "경로마다 측정 시간", "how long each route is measured");
    line(2, "timeout", time(plan.load.timeout), "", "");
    line(0, "floor", String::new(), "이용자 Apdex가 이보다 낮으면 스스로 중단", "where it stops by itself");
    line(2, "apdex", plan.floor.apdex.to_string(), "", "");
    line(
        2,
        "samples",
        plan.floor.samples.to_string(),
        "10초 동안 이보다 적은 요청은 판단하지 않음",
        "fewer requests in ten seconds say nothing",
    );
    let list = |names: &[naru_model::name::ServiceName]| {
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        format!("[{}]", names.join(", "))
    };
    let scaling = &plan.scaling;
    line(0, "scaling", String::new(), "", "");
    line(
        2,
        "services",
        list(&scaling.services),
        "비우면 자동 확장하는 서비스 모두",
        "empty: all that scale by themselves",
    );
    let steps: Vec<String> = scaling.steps.iter().map(|step| quoted(&percent(*step))).collect();
    line(
        2,
        "steps",
        format!("[{}]", steps.join(", ")),
        "허용 부하에 대한 비율",
        "shares of the allowed load",
    );
    line(2, "step_lasts", time(scaling.step_lasts), "", "");
    line(2, "surge_lasts", time(scaling.surge_lasts), "", "");
    line(
        2,
        "down_within",
        time(scaling.down_within),
        "부하가 끝난 뒤 원래 수로 줄어야 하는 시간",
        "back to as many as before, after the load",
    );
    line(
        2,
        "own_schedule",
        scaling.own_schedule.to_string(),
        "예약 시험을 위해 naru.yaml을 잠시 고침(false: 고치지 않음)",
        "changes naru.yaml for a minute to try a schedule; false: leaves it alone",
    );
    line(0, "change", String::new(), "", "");
    line(2, "services", list(&plan.change.services), "비우면 모두", "empty: all");
    line(2, "within", time(plan.change.within), "배포 한 번의 제한 시간", "how long a rollout may take");
    let failure = &plan.failure;
    line(0, "failure", String::new(), "", "");
    line(2, "services", list(&failure.services), "비우면 모두", "empty: all");
    line(
        2,
        "recovers_within",
        time(failure.recovers_within),
        "장애부터 완전 복구까지",
        "until everything is there again",
    );
    line(2, "frozen", time(failure.frozen), "멈춰 두는 시간", "how long something is frozen");
    line(
        2,
        "gateway_within",
        time(failure.gateway_within),
        "게이트웨이 종료부터 다음 응답까지",
        "from the end of a gateway to the next answer",
    );
    for (index, (name, cut)) in failure.links.iter().enumerate() {
        if index == 0 {
            line(2, "links", String::new(), "연계를 끊고 잇는 명령", "commands that cut a link and mend it");
        }
        line(4, name.as_str(), String::new(), "", "");
        for (key, command) in [("cut", &cut.cut), ("mend", &cut.mend)] {
            let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
            line(6, key, format!("[{}]", words.join(", ")), "", "");
        }
        line(
            6,
            "affects",
            list(&cut.affects),
            "이 연계 없이는 일할 수 없는 서비스",
            "services that can do nothing without it",
        );
    }
    let security = &plan.security;
    line(0, "security", String::new(), "", "");
    if let Some(name) = &security.name {
        line(2, "name", quoted(name), "인증서의 이름", "the name in the certificate");
    }
    if let Some(ca) = &security.ca {
        line(2, "ca", quoted(&ca.display().to_string()), "", "");
    }
    line(
        2,
        "certificate_days",
        security.certificate_days.to_string(),
        "인증서가 더 유효해야 하는 일수",
        "days for which the certificate must still be good",
    );
    line(
        2,
        "redirect",
        security.redirect.to_string(),
        "평문 HTTP는 https로 전환해야 함",
        "plain HTTP must lead to https",
    );
    let headers: Vec<String> = security.headers.iter().map(|name| quoted(name)).collect();
    line(
        2,
        "headers",
        format!("[{}]", headers.join(", ")),
        "모든 응답의 필수 머리글",
        "headers that every answer must have",
    );
    line(
        2,
        "slow_within",
        time(security.slow_within),
        "느린 요청을 끊어야 하는 시간",
        "when slow senders must be cut off",
    );
}
