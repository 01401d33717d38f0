//! What was changed in naru.yaml, in Korean: its keys are English, and whoever reads a report has never seen the file. The event
//! that tells of it names each key; here they become the parts of the platform that they belong to.

use std::collections::BTreeMap;

/// Keys of the whole file: with names below them, or on their own.
const NAMED: &[(&str, &str)] = &[
    ("services", "서비스"),
    ("functions", "업무"),
    ("clients", "호출 클라이언트"),
    ("links", "연계 시스템"),
    ("brokers", "메시지 브로커"),
];
const ALONE: &[(&str, &str)] = &[
    ("platform", "플랫폼 이름"),
    ("pool", "전체 자원"),
    ("gateway", "게이트웨이"),
    ("access", "접근 통제"),
    ("consumers", "메시지 소비자"),
    ("telemetry", "측정 자료 보관"),
    ("alerts", "경보"),
    ("notices", "알림"),
    ("reports", "보고서"),
];
/// Keys of a service, a function and a link.
const PARTS: &[(&str, &str)] = &[
    ("exec", "실행 명령"),
    ("artifact", "배포 파일"),
    ("env", "환경 변수"),
    ("port", "포트"),
    ("protocol", "통신 방식"),
    ("instance", "인스턴스 자원"),
    ("health", "상태 확인"),
    ("drain", "종료 대기"),
    ("scale", "확장"),
    ("rollout", "배포 방식"),
    ("traffic", "요청 처리"),
    ("metrics", "지표 수집"),
    ("telemetry", "측정"),
    ("limits", "한도"),
    ("name", "이름"),
    ("owner", "담당자"),
    ("apdex_t", "목표 응답시간"),
    ("goal", "서비스 수준 목표"),
    ("url", "주소"),
];

/// Tells in Korean what the event of an applied file tells in English: `services.portal.scale.max: 5 → 8 (…); …` is
/// `서비스 portal(확장)`. Each part is told once; what can't be read is counted.
pub fn file_changes(message: &str) -> String {
    let list = message.split_once(": ").map_or(message, |(_, list)| list);
    let (list, more) = more(list);
    let mut order = Vec::<String>::new();
    let mut details = BTreeMap::<String, Vec<&str>>::new();
    for (whole, detail) in list.split("; ").filter_map(one) {
        let known = details.entry(whole.clone()).or_default();
        if !order.contains(&whole) {
            order.push(whole);
        }
        known.extend(detail.filter(|detail| !known.contains(detail)));
    }
    let told = order.iter().map(|whole| match details[whole].as_slice() {
        [] => whole.clone(),
        some => format!("{whole}({})", some.join(", ")),
    });
    let mut told: Vec<String> = told.collect();
    if more > 0 {
        told.push(format!("외 {more}건"));
    }
    if told.is_empty() { "설정 변경".to_owned() } else { told.join(", ") }
}

/// What the message counts without naming it.
fn more(list: &str) -> (&str, u32) {
    let counted = list
        .rsplit_once(" and ")
        .and_then(|(rest, count)| Some((rest, count.strip_suffix(" more")?.parse().ok()?)));
    counted.unwrap_or((list, 0))
}

/// A changed key: what it belongs to, and what of that. A value with `; ` in it is no key.
fn one(change: &str) -> Option<(String, Option<&'static str>)> {
    let known = |list: &[(&str, &'static str)], key: &str| {
        list.iter().find(|(name, _)| *name == key).map(|(_, ko)| *ko)
    };
    if let Some(route) = change.strip_prefix("routes[") {
        let (name, rest) = route.split_once(']')?;
        return Some((format!("경로 {name}{}", came_or_went(rest)), None));
    }
    let (key, rest) = change.split_once([':', ' ']).unwrap_or((change, ""));
    let mut parts = key.split('.');
    let first = parts.next()?.split('[').next()?;
    if let Some(ko) = known(ALONE, first) {
        return Some((ko.to_owned(), None));
    }
    let (ko, name) = (known(NAMED, first)?, parts.next()?);
    match parts.next() {
        None => Some((format!("{ko} {name}{}", came_or_went(rest)), None)),
        Some(part) => Some((format!("{ko} {name}"), known(PARTS, part.split('[').next()?))),
    }
}

fn came_or_went(rest: &str) -> &'static str {
    match rest.trim_start_matches([':', ' ']) {
        rest if rest.starts_with("added") => " 추가",
        rest if rest.starts_with("removed") => " 삭제",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::file_changes;

    #[test]
    fn keys_are_told_as_what_they_belong_to() {
        for (message, ko) in [
            (
                "the file was applied: services.portal.scale.max: 5 → 8 (at once); services.portal.scale.min: 1 → 2 (at once)",
                "서비스 portal(확장)",
            ),
            (
                "the file was applied: services.portal.env: hidden (rolls out); services.portal.health.path: /a → /b (x)",
                "서비스 portal(환경 변수, 상태 확인)",
            ),
            (
                "the file was applied: services.search: added, exec [a] (starts); routes[/s/**]: added, to search (routing)",
                "서비스 search 추가, 경로 /s/** 추가",
            ),
            ("the file was applied: routes[/s; /t].limits: added, 5/s (routing)", "설정 변경"),
            (
                "the file was applied: routes[/old]: removed, was to a (routing); gateway.limits.body: 1 MiB → 2 MiB (x) and 12 more",
                "경로 /old 삭제, 게이트웨이, 외 12건",
            ),
            ("the file was applied: services.portal.new_key: 1 → 2 (x)", "서비스 portal"),
            (
                "the file was applied: functions.apply.goal.p95: added, 1s (x); reports.at: 07:00 → 08:00 (x)",
                "업무 apply(서비스 수준 목표), 보고서",
            ),
            ("", "설정 변경"),
        ] {
            assert_eq!(file_changes(message), ko, "{message}");
        }
    }
}
