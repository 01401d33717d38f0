//! What each figure means, for somebody who meets it for the first time at night.

use naru_model::alert::Text;

pub(super) fn text(ko: impl Into<String>, en: impl Into<String>) -> Text {
    Text { ko: ko.into(), en: en.into() }
}

/// What a figure means; `None` for the name of a metric: what it means, its service knows.
pub(super) fn of(figure: &str) -> Option<Text> {
    MEANINGS.iter().find(|(name, ..)| *name == figure).map(|(_, ko, en)| text(*ko, *en))
}

#[rustfmt::skip]
const MEANINGS: &[(&str, &str, &str)] = &[
    ("apdex",
        "사용자 만족도입니다. 목표 응답시간 T 안에 끝난 거래는 1점, 4T 안이면 0.5점, 그보다 늦거나 오류면 0점으로 평균한 값이며 0.7 미만이면 나쁨입니다.",
        "How satisfied users are: a transaction within the target time T counts 1, within 4T a half, a slower or failed one 0. Below 0.7 is poor."),
    ("error_ratio",
        "서비스나 플랫폼 탓으로 실패한 거래가 전체에서 차지하는 비율입니다. 사용자가 잘못 보낸 요청(4xx)은 세지 않습니다.",
        "The share of transactions that failed by the service's or the platform's fault. What clients did wrong (4xx) does not count."),
    ("requests",
        "초당 처리한 거래 수입니다. 갑자기 늘면 부하, 갑자기 줄면 앞단 장애를 의심합니다.",
        "Transactions a second. A sudden rise is load; a sudden fall is trouble in front of naru."),
    ("mean",
        "첫 바이트를 받아 마지막 바이트를 보낼 때까지 걸린 시간의 평균입니다.",
        "The mean time from a request's first byte to its response's last."),
    ("p95",
        "거래의 95%가 이 시간 안에 끝났습니다. 사용자 스무 명 중 한 명은 이보다 오래 기다립니다.",
        "95% of transactions took no longer than this; one user in twenty waits longer."),
    ("p99",
        "거래의 99%가 이 시간 안에 끝났습니다. 가장 느린 1%가 겪는 시간입니다.",
        "99% of transactions took no longer than this: what the slowest one in a hundred meets."),
    ("active_users",
        "최근 5분 동안 요청을 보낸 서로 다른 사용자 수입니다.",
        "Distinct users who sent a request within the last five minutes."),
    ("in_flight",
        "지금 처리되고 있는 거래 수입니다. 들어오는 속도보다 처리가 느리면 쌓입니다.",
        "Transactions under way. They pile up when they come faster than they are done."),
    ("waiting",
        "처리할 자리가 나기를 기다리는 거래 수입니다. 0이 정상이고, 쌓이면 사용자는 느려진 것으로 느낍니다.",
        "Transactions that wait for a place. 0 is normal; when they pile up, users feel it as slowness."),
    ("workers",
        "서비스가 동시에 처리할 수 있는 자리 가운데 쓰이고 있는 비율입니다. 100%가 되면 새 거래는 기다립니다.",
        "How many of the places in which a service works are taken. At 100% new transactions wait."),
    ("traffic",
        "이 서버의 네트워크로 초당 오간 바이트입니다.",
        "Bytes a second through this machine's network interfaces."),
    ("ready",
        "요청을 받을 수 있는 인스턴스 수입니다. 0이면 아무도 서비스를 받지 못합니다.",
        "Instances that take requests. At 0 nobody is served."),
    ("restarts",
        "인스턴스가 비정상 종료되어 다시 시작된 횟수입니다.",
        "How often instances had to be started again."),
    ("cpu",
        "서비스와 인스턴스는 예약한 양 대비, 서버는 전체 코어 대비 사용 중인 CPU 비율입니다.",
        "Processor in use: of what was reserved for a service or instance, of all cores for the machine."),
    ("memory",
        "서비스와 인스턴스는 예약한 양 대비, 서버는 전체 대비 사용 중인 메모리 비율입니다. 인스턴스가 100%에 이르면 커널이 강제 종료합니다.",
        "Memory in use: of what was reserved for a service or instance, of all for the machine. At 100% the kernel ends the instance."),
    ("swap",
        "메모리가 모자라 디스크로 밀려난 양의 비율입니다. 늘어나면 모든 것이 느려집니다.",
        "How much of the swap space holds what no longer fits into memory. As it grows, everything slows down."),
    ("disk",
        "naru의 상태 폴더가 있는 파일 시스템의 사용 비율입니다. 가득 차면 로그와 기록이 남지 않습니다.",
        "How full the file system of naru's state folder is. When it is full, logs and records are lost."),
    ("network_errors",
        "네트워크 인터페이스에서 초당 오류나 폐기로 잃은 패킷 수입니다. 정상이면 0입니다.",
        "Packets a second that network interfaces lost by errors or drops. Normally 0."),
    ("down",
        "연계 시스템에 연결되지 않으면 1, 연결되면 0입니다.",
        "1 while the linked outside system can't be reached, 0 otherwise."),
    ("heap",
        "GC 직후에도 남아 있는 힙의 비율입니다. 계속 오르면 메모리 누수이고, 끝은 OutOfMemoryError입니다.",
        "What of the heap is still in use after a collection. If it keeps rising, memory leaks, and it ends in an OutOfMemoryError."),
    ("metaspace",
        "클래스 정보가 차지하는 비율입니다. 재배포나 동적 클래스 생성이 쌓이면 늘고 스스로 줄지 않습니다.",
        "How much of the metaspace is taken by classes. It grows with redeployments and generated classes, and does not shrink by itself."),
    ("gc",
        "가비지 컬렉션에 쓴 시간의 비율입니다. 10%를 넘으면 사용자가 멈춤을 느낍니다.",
        "The share of time spent in garbage collections. Above 10% users feel pauses."),
    ("threads",
        "JVM의 스레드 수입니다. 계속 늘면 어딘가에서 기다리고 있는 것입니다.",
        "Threads of the JVM. A number that keeps growing waits for something."),
    ("db_time",
        "데이터베이스 호출 한 번에 걸린 평균 시간입니다.",
        "The mean time of one database call."),
    ("db_pool",
        "커넥션 풀 가운데 쓰이고 있는 비율입니다. 100%면 새 요청은 커넥션을 기다립니다.",
        "How much of the connection pool is in use. At 100% requests wait for a connection."),
];

#[cfg(test)]
mod tests {
    use naru_model::alert::FIGURES;

    #[test]
    fn every_figure_has_a_meaning_in_both_languages() {
        for (name, _) in FIGURES {
            let meaning = super::of(name).unwrap_or_else(|| panic!("{name} means nothing"));
            assert!(!meaning.ko.is_empty() && !meaning.en.is_empty());
        }
        assert!(super::of("jvm.thread.count").is_none());
    }
}
