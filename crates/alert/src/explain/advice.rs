//! What to do: first what the likeliest cause asks for, then what the figure does.

use naru_model::alert::Text;
use naru_model::instance::InstanceId;
use naru_model::metric::Owner;

use super::meaning::text;
use super::{Found, FoundKind, PartKind};

/// Causes whose advice is given, when they are supported well enough.
const CAUSES: usize = 2;
const ENOUGH: f32 = 0.35;

pub(super) fn of(owner: &Owner, figure: &str, causes: &[Found]) -> Vec<Text> {
    let mut advice: Vec<Text> = Vec::new();
    let supported = causes.iter().filter(|found| found.cause.support >= ENOUGH).take(CAUSES);
    for words in supported.filter_map(|found| of_cause(found, figure)).chain(of_figure(owner, figure)) {
        if !advice.contains(&words) {
            advice.push(words);
        }
    }
    advice
}

fn of_cause(found: &Found, figure: &str) -> Option<Text> {
    let (ko_which, en_which) =
        if figure == "error_ratio" { ("실패한", "failed") } else { ("느린", "slow") };
    let subject = &found.cause.subject;
    let name = subject.split_once(':').map_or(subject.as_str(), |(_, name)| name);
    let service = name.split('/').next().unwrap_or(name);
    let of_instance = name.parse::<InstanceId>().map(|id| id.service.to_string()).unwrap_or_default();
    Some(match found.kind {
        FoundKind::Part(PartKind::Instance) => text(
            format!(
                "인스턴스 {name}의 로그를 보세요: naru logs {of_instance} --instance {name}. 그 인스턴스만 이상하면 프로세스를 끝내세요. naru가 새로 띄웁니다."
            ),
            format!(
                "read the log of {name}: naru logs {of_instance} --instance {name}; if it alone is wrong, end its process and naru starts another one"
            ),
        ),
        FoundKind::Part(PartKind::Revision) => text(
            format!("이 리비전부터 나빠졌습니다. 되돌리세요: naru rollback {service}"),
            format!("it began with this revision; go back: naru rollback {service}"),
        ),
        FoundKind::Deployed => text(
            format!("배포 직후부터입니다. 되돌리세요: naru rollback {service}"),
            format!("it began with a deployment; go back: naru rollback {service}"),
        ),
        FoundKind::Part(PartKind::Route) => text(
            format!("경로 {name}의 {ko_which} 거래를 T-Map에서 끌어 선택하고 트레이스를 여세요."),
            format!("drag over the {en_which} transactions of {name} on the T-Map and open a trace"),
        ),
        FoundKind::Part(PartKind::Link) => text(
            format!(
                "연계 시스템 {name} 담당자에게 알리고, links.{name}의 timeout과 break_after를 줄여 영향을 막으세요."
            ),
            format!(
                "tell those who run {name}; a shorter timeout and break_after of links.{name} keeps its trouble out"
            ),
        ),
        FoundKind::Part(PartKind::Caller) => text(
            format!("클라이언트 {name}의 호출을 제한하거나 막으세요: naru client block {name}"),
            format!("limit what {name} may call, or shut it out: naru client block {name}"),
        ),
        FoundKind::Statement => text(
            format!("그 SQL의 실행 계획(EXPLAIN)과 잠금을 확인하세요. 실제 거래: naru query trace {name}"),
            format!(
                "look at that statement's plan (EXPLAIN) and at locks; a transaction with it: naru query trace {name}"
            ),
        ),
        FoundKind::Load => text(
            "인스턴스를 늘리거나(naru scale) 자동 확장 상한(scale.max)을 올리세요.",
            "start more instances (naru scale), or raise scale.max",
        ),
        FoundKind::Part(PartKind::Service | PartKind::Function) | FoundKind::Beside => return None,
        FoundKind::Happened | FoundKind::Odd => return None,
    })
}

fn of_figure(owner: &Owner, figure: &str) -> Option<Text> {
    let (ko, en) = match figure {
        "apdex" | "mean" | "p95" | "p99" => (
            "T-Map에서 느린 거래의 모양을 보고, 느린 트레이스를 열어 어느 구간에서 시간을 쓰는지 확인하세요.",
            "look at the pattern on the T-Map, then open a slow trace to see where the time goes",
        ),
        "error_ratio" => (
            "실패한 거래의 상태 코드와 로그를 보세요: naru calls --by status,route",
            "look at the failed transactions' status and logs: naru calls --by status,route",
        ),
        "requests" | "traffic" | "active_users" => (
            "누가 무엇을 부르는지 보세요: naru calls --by caller,route. 줄었다면 앞단(DNS, L4, 회선)을 확인하세요.",
            "see who calls what: naru calls --by caller,route; if it fell, check what is in front (DNS, load balancer, line)",
        ),
        "in_flight" | "waiting" | "workers" => (
            "처리 자리가 모자랍니다. 인스턴스를 늘리고, 늘려도 줄지 않으면 무엇을 기다리는지(DB, 연계) 트레이스에서 확인하세요.",
            "places are short: start more instances; if that does not help, see in traces what is waited for (database, link)",
        ),
        "ready" | "restarts" => (
            "최근 이벤트와 로그에서 종료 이유를 보세요: naru events --service NAME, naru logs NAME",
            "events and logs say why instances end: naru events --service NAME, naru logs NAME",
        ),
        "cpu" => (
            "어느 서비스가 쓰는지 naru top으로 보고, 인스턴스를 늘리거나 서버를 키우세요.",
            "see in naru top which service takes it; start more instances, or a larger machine",
        ),
        "memory" | "swap" => (
            "어느 서비스가 쓰는지 naru top으로 보세요. 계속 오르기만 하면 누수이니 힙 덤프를 뜨고 재시작하세요.",
            "see in naru top which service takes it; what only ever rises is a leak: take a heap dump and restart it",
        ),
        "disk" => (
            "큰 파일을 찾아 지우거나 옮기세요(du -xh / | sort -h). naru의 기록은 telemetry.disk로 줄일 수 있습니다.",
            "find what is large and move it (du -xh / | sort -h); telemetry.disk bounds what naru itself keeps",
        ),
        "network_errors" => (
            "ip -s link로 어느 인터페이스인지 보고 케이블, 스위치 포트, 드라이버를 확인하세요.",
            "ip -s link shows which interface; check cable, switch port and driver",
        ),
        "down" => (
            "연계 시스템이 살아 있는지, 방화벽과 DNS가 바뀌었는지 확인하세요.",
            "check whether the outside system lives, and whether a firewall or DNS has changed",
        ),
        "heap" | "metaspace" => (
            "힙 덤프(jcmd PID GC.heap_dump)나 클래스 로더 통계(jcmd PID VM.classloader_stats)를 뜬 다음 인스턴스를 재시작하세요.",
            "take a heap dump (jcmd PID GC.heap_dump) or the class loader statistics (jcmd PID VM.classloader_stats), then restart the instance",
        ),
        "gc" => (
            "힙이 모자라면 -Xmx를 올리고, 누수라면 힙 덤프를 뜨세요.",
            "raise -Xmx if the heap is small; take a heap dump if it leaks",
        ),
        "threads" => (
            "스레드 덤프(jcmd PID Thread.print)로 무엇을 기다리는지 보세요.",
            "a thread dump (jcmd PID Thread.print) shows what they wait for",
        ),
        "db_time" => (
            "느린 트레이스에서 SQL을 찾아 실행 계획과 잠금을 확인하세요.",
            "find the statement in a slow trace, then look at its plan and at locks",
        ),
        "db_pool" => (
            "커넥션을 오래 쥐는 SQL이나 반환하지 않는 코드를 찾고, 그다음 풀 크기를 보세요.",
            "find what holds connections long or never gives them back, and only then look at the pool's size",
        ),
        _ => return None,
    };
    // Commands are there to be copied.
    let service = match owner {
        Owner::Service(name) => name.as_str(),
        Owner::Instance(id) => id.service.as_str(),
        _ => "NAME",
    };
    Some(text(ko.replace("NAME", service), en.replace("NAME", service)))
}
