//! The target as naru.yaml, with comments.

use std::time::Duration;

use super::{Link, Schedule, Service, Target};
use naru_model::language::Language;

pub(super) fn write(target: &Target, language: Language) -> String {
    let system = one_line(&target.system);
    let mut out = language.pick(
        format!(
            "# {system} 목표 모델 (naru assess target 생성)\n\
             # 1. 각 서비스의 exec 에 실제 실행 명령을 적는다. 프로그램은 환경변수 PORT 의 포트에서 응답해야 한다.\n\
             # 2. naru check 로 확인하고 naru up 으로 실행한다.\n\
             # 3. 숫자는 출발점이다. 운영하며 naru scale 서비스 --explain 으로 확인해 조정한다.\n"
        ),
        format!(
            "# Target model of {system} (by naru assess target)\n\
             # 1. Put the real command of each service into exec. The program must answer on the port in PORT.\n\
             # 2. naru check validates it, naru up runs it.\n\
             # 3. The numbers are a beginning: see naru scale SERVICE --explain once it runs, and adjust them.\n"
        ),
    );
    for note in &target.notes {
        out += &format!("# {} {}\n", language.pick("참고:", "Note:"), one_line(note));
    }
    out += &format!("\nplatform: {}\n\nservices:\n", target.platform);
    for service in &target.services {
        out += &one_service(service, language);
    }
    out += "\nroutes:\n";
    for service in &target.services {
        out += &routes(service, language);
    }
    out += &format!(
        "\n# {}\nfunctions:\n",
        language.pick(
            "업무: 현황과 경보를 이 이름으로 본다",
            "Business functions: figures and alerts go by these names"
        )
    );
    for service in &target.services {
        out += &function(service, language);
    }
    out + &links(&target.links, language)
}

fn one_service(service: &Service, language: Language) -> String {
    let name = &service.name;
    let fill = language.pick("실제 실행 명령으로 바꿀 것", "put its real command here");
    let health = language.pick(
        "상태 점검 주소가 있으면 health: { path: /healthz } 를 추가",
        "add health: { path: /healthz } if it has such a page",
    );
    let bounds = one_line(&service.sized_by);
    let goal = language.pick(
        "아래 apdex_t 의 두 배 안에 95%가 응답하도록 인스턴스 수를 조정",
        "as many instances as keep 95 % within twice the apdex_t below",
    );
    let per = language.pick(
        "한 인스턴스가 동시에 받는 요청. 서버의 작업 스레드 수로 바꿀 것",
        "requests at a time to one instance; give the size of its pool of threads",
    );
    let mut out = format!(
        "  # {}\n  {name}:\n    exec: [\"naru\", \"app\"]  # {fill}\n    # {health}\n    drain: 30s\n    scale:\n      # {bounds}\n      min: {}\n      max: {}\n      \
         warm_up: 10s\n      # {goal}\n      target: {{ p95: {} }}\n",
        one_line(&service.why),
        service.min,
        service.max,
        duration(service.p95)
    );
    if !service.schedules.is_empty() {
        out += "      schedule:\n";
        out.extend(service.schedules.iter().map(schedule));
    }
    out + &format!(
        "    traffic:\n      per_instance: {}  # {per}\n      # {}{}\n      queue: {}\n      queue_timeout: 30s\n",
        service.per_instance,
        language.pick(
            "인스턴스가 모두 찼을 때 줄을 서서 기다리는 요청 수: ",
            "requests that wait in line when all instances are full: "
        ),
        one_line(&service.queue_why),
        service.queue
    )
}

fn schedule(s: &Schedule) -> String {
    format!(
        "        # {}\n        - {{ at: \"{}\", for: {}h, add: {}, zone: {} }}\n",
        one_line(&s.why),
        s.at,
        s.hours,
        s.add,
        s.zone
    )
}

fn routes(service: &Service, language: Language) -> String {
    let why = language.pick(
        "응답이 이보다 늦으면 504로 끊어 다른 요청을 지킴",
        "what takes longer is answered 504, for the sake of the others",
    );
    let limit = language.pick("한 이용자(주소)의 과도한 호출 제한", "bounds what one address may ask");
    let one = |path: &String| {
        format!(
            "  - match: {{ path: {} }}\n    to: {}\n    function: {}\n    timeout: 30s  # {why}\n    limits: {{ rate: 50/s, burst: 200, per: address }}  # {limit}\n",
            quoted(path),
            service.name,
            service.name
        )
    };
    service.paths.iter().map(one).collect()
}

fn function(service: &Service, language: Language) -> String {
    let owner = if service.owner.is_empty() {
        String::new()
    } else {
        format!("    owner: {}\n", quoted(&service.owner))
    };
    let title = quoted(&service.title);
    let name = language.pick(format!("{{ ko: {title} }}"), format!("{{ en: {title} }}"));
    format!(
        "  {}:\n    name: {name}\n{owner}    # {}\n    apdex_t: {}\n",
        service.name,
        one_line(&service.apdex_why),
        duration(service.apdex_t)
    )
}

fn links(links: &[Link], language: Language) -> String {
    if links.is_empty() {
        return String::new();
    }
    let why = language.pick(
        "연계 시스템: 하나가 느리거나 죽어도 나머지에 번지지 않도록 각각 격리",
        "Linked systems, each isolated, so that a slow or dead one harms no other",
    );
    let one = |link: &Link| {
        format!(
            "  {}:\n    url: {}\n    timeout: 3s\n    break_after: 5\n    concurrency: 64\n",
            link.name,
            quoted(&link.url)
        )
    };
    format!("\n# {why}\nlinks:\n{}", links.iter().map(one).collect::<String>())
}

fn duration(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}

/// A text for a comment, which must not go on in the next line.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') { ' ' } else { c })
        .collect()
}

fn quoted(text: &str) -> String {
    let plain = one_line(text);
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}
