//! What people call things, in Korean and in English: figures, what they are of, and how long something took. For messages and
//! explanations, which somebody reads who was asleep a minute ago.

mod file;

use std::time::Duration;

use crate::metric::Owner;
use crate::units::format_duration;

pub use file::file_changes;

/// Figures of [`crate::alert::FIGURES`], by name.
const FIGURES: &[(&str, &str, &str)] = &[
    ("apdex", "Apdex", "Apdex"),
    ("error_ratio", "오류율", "error rate"),
    ("requests", "요청량", "request rate"),
    ("mean", "평균 응답시간", "mean response time"),
    ("p95", "p95 응답시간", "p95 response time"),
    ("p99", "p99 응답시간", "p99 response time"),
    ("active_users", "동시 사용자", "active users"),
    ("in_flight", "처리 중 거래", "transactions in flight"),
    ("waiting", "대기 거래", "waiting transactions"),
    ("workers", "처리 자리 사용률", "share of places taken"),
    ("traffic", "네트워크 트래픽", "network traffic"),
    ("ready", "준비된 인스턴스", "ready instances"),
    ("restarts", "재시작", "restarts"),
    ("cpu", "CPU 사용률", "CPU use"),
    ("memory", "메모리 사용률", "memory use"),
    ("swap", "스왑 사용률", "swap use"),
    ("disk", "디스크 사용률", "disk use"),
    ("network_errors", "네트워크 오류", "network errors"),
    ("down", "연계 단절", "link down"),
    ("heap", "힙 사용률", "heap use"),
    ("metaspace", "메타스페이스 사용률", "metaspace use"),
    ("gc", "GC 시간 비율", "share of time in GC"),
    ("threads", "스레드 수", "threads"),
    ("db_time", "DB 응답시간", "database response time"),
    ("db_pool", "DB 커넥션 풀 사용률", "database pool use"),
];

/// What a figure is called in Korean and in English; a metric by its own name.
pub fn figure(name: &str) -> (&str, &str) {
    FIGURES.iter().find(|(known, ..)| *known == name).map_or((name, name), |(_, ko, en)| (ko, en))
}

/// What a figure is of: `서비스 portal`, `service portal`.
pub fn owner(owner: &Owner) -> (String, String) {
    let (ko, en, name) = match owner {
        Owner::Host => return ("서버".to_owned(), "this machine".to_owned()),
        Owner::Platform => return ("플랫폼 전체".to_owned(), "the whole platform".to_owned()),
        Owner::Service(name) => ("서비스", "service", name.to_string()),
        Owner::Instance(id) => ("인스턴스", "instance", id.to_string()),
        Owner::Function(name) => ("업무", "function", name.to_string()),
        Owner::Link(name) => ("연계 시스템", "link", name.to_string()),
        Owner::Outside(name) => ("외부 프로그램", "outside program", name.clone()),
    };
    (format!("{ko} {name}"), format!("{en} {name}"))
}

/// A time in whole seconds, from two minutes on in whole minutes: `1시간 3분`, `1h3m`.
pub fn lasted(duration: Duration) -> (String, String) {
    let seconds = duration.as_secs();
    let seconds = if seconds >= 120 { seconds - seconds % 60 } else { seconds };
    let en = format_duration(Duration::from_secs(seconds));
    let parts = [
        (seconds / 86_400, "일"),
        (seconds / 3600 % 24, "시간"),
        (seconds / 60 % 60, "분"),
        (seconds % 60, "초"),
    ];
    let ko: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    (if ko.is_empty() { "0초".to_owned() } else { ko.join(" ") }, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_a_name_in_both_languages() {
        for (name, _) in crate::alert::FIGURES {
            assert!(FIGURES.iter().any(|(known, ..)| known == name), "{name} has no name");
        }
        assert_eq!(figure("jvm.thread.count"), ("jvm.thread.count", "jvm.thread.count"));
    }

    #[test]
    fn times_are_told_as_people_tell_them() {
        for (seconds, ko, en) in [
            (0, "0초", "0s"),
            (59, "59초", "59s"),
            (119, "1분 59초", "1m59s"),
            (200, "3분", "3m"),
            (3_660, "1시간 1분", "1h1m"),
            (90_000, "1일 1시간", "1d1h"),
        ] {
            assert_eq!(lasted(Duration::from_secs(seconds)), (ko.to_owned(), en.to_owned()));
        }
    }

    #[test]
    fn owners_are_named() {
        let named = |text: &str| owner(&text.parse().unwrap()).0;
        assert_eq!((named("service:portal"), named("host")), ("서비스 portal".to_owned(), "서버".to_owned()));
    }
}
