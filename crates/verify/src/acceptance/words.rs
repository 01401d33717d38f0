//! What naru tells in its own short words, in those of whoever reads a report: how long, by which policy, for which reason.

use std::time::Duration;

use naru_model::language::Language;
use naru_model::units::format_duration;
use naru_model::wording;

/// `1분 30초`, `1m30s`; what is no whole second as it is written in files.
pub(super) fn lasts(language: Language, duration: Duration) -> String {
    let whole = duration.subsec_nanos() == 0 && duration < Duration::from_secs(120);
    match language {
        Language::Ko if whole || duration.as_secs() >= 120 => wording::lasted(duration).0,
        _ => format_duration(duration),
    }
}

pub(super) fn policies(language: Language, policies: &[String]) -> String {
    if policies.is_empty() {
        return "-".to_owned();
    }
    policies.iter().map(|one| policy(language, one)).collect::<Vec<_>>().join("; ")
}

/// A policy of a service as the status has it: `cpu 60%`, `cpu > 50% for 5m: 2 more`, `0 20 * * * for 2h: 2 more`.
pub(super) fn policy(language: Language, text: &str) -> String {
    if language == Language::En {
        return text.to_owned();
    }
    let (figure, rest) = text.split_once(' ').unwrap_or((text, ""));
    let figure = match figure {
        "concurrency" => "동시 처리 수",
        "rate" => "요청량",
        "errors" => "오류율",
        other => wording::figure(other).0,
    };
    let text = format!("{figure} {rest}");
    let Some((when, (lasts, step))) =
        text.split_once(" for ").and_then(|(when, rest)| Some((when, rest.split_once(": ")?)))
    else {
        return text.trim_end().to_owned();
    };
    let step = match step.split_once(' ') {
        Some((count, "more")) => format!("{count}개 추가"),
        Some((count, "fewer")) => format!("{count}개 감축"),
        _ => step.to_owned(),
    };
    let lasts = naru_model::units::parse_duration(lasts)
        .map_or(lasts.to_owned(), |lasts| self::lasts(language, lasts));
    format!("{when} {lasts} 동안: {step}")
}

/// Why something outside does not answer, as its checks have it.
pub(super) fn reason(language: Language, text: &str) -> String {
    let known = [
        ("connection refused", "접속 거부"),
        ("no answer in time", "시간 안에 응답 없음"),
        ("connection lost", "연결 끊김"),
        ("errs, as it was told to", "시험용 오류"),
    ];
    let ko = known.iter().find(|(en, _)| *en == text).map(|(_, ko)| (*ko).to_owned());
    ko.filter(|_| language == Language::Ko).unwrap_or_else(|| text.to_owned())
}

/// A failed request: `after 0.121 s, due 0.110 s: connection refused`.
pub(super) fn example(language: Language, text: &str) -> String {
    let parts = || {
        let (times, what) = text.strip_prefix("after ")?.split_once(": ")?;
        let (after, due) = times.strip_suffix(" s")?.split_once(" s, due ")?;
        Some(format!("{after}초(예정 {due}초): {}", reason(language, what)))
    };
    parts().filter(|_| language == Language::Ko).unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_korean_report_has_korean_words() {
        let ko = Language::Ko;
        for (text, told) in [
            ("concurrency 2", "동시 처리 수 2"),
            ("cpu 60%", "CPU 사용률 60%"),
            ("cpu > 50% for 5m: 2 more", "CPU 사용률 > 50% 5분 동안: 2개 추가"),
            ("0 20 * * * for 2h: 2 more", "0 20 * * * 2시간 동안: 2개 추가"),
            ("p95", "p95 응답시간"),
        ] {
            assert_eq!(policy(ko, text), told);
            assert_eq!(policy(Language::En, text), text);
        }
        assert_eq!(policies(ko, &[]), "-");
        for (millis, told) in [(500, "500ms"), (2_000, "2초"), (90_000, "1분 30초"), (300_000, "5분")] {
            assert_eq!(lasts(ko, Duration::from_millis(millis)), told);
        }
        assert_eq!(lasts(Language::En, Duration::from_secs(90)), "1m30s");
        let failed = "after 0.121 s, due 0.110 s: connection refused";
        assert_eq!(example(ko, failed), "0.121초(예정 0.110초): 접속 거부");
        assert_eq!((example(Language::En, failed).as_str(), example(ko, "?").as_str()), (failed, "?"));
    }
}
