//! What findings are called, in Korean and English.

use naru_model::language::Language;

use super::super::findings::{Approximate, BrokenReason, Reason, Sign, Splitting, WindowKind};
use super::{percent, seconds};

pub(super) fn broken(reason: BrokenReason, language: Language) -> &'static str {
    match reason {
        BrokenReason::Truncated => language.pick("끝이 잘린 줄", "lines that end early"),
        BrokenReason::Format => language.pick("형식이 다른 줄", "lines of another format"),
        BrokenReason::Time => language.pick("시각을 읽을 수 없는 줄", "lines without a time"),
        BrokenReason::Request => language.pick("HTTP 요청이 아닌 줄", "lines that are no HTTP request"),
        BrokenReason::Status => language.pick("상태 코드가 없는 줄", "lines without a status"),
        BrokenReason::TooLong => language.pick("1 MiB가 넘는 줄", "lines longer than 1 MiB"),
        BrokenReason::Damaged => language
            .pick("손상된 압축 파일(뒷부분 없음)", "damaged compressed files, the rest of which is missing"),
    }
}

pub(super) fn weekday(day: u8, language: Language) -> &'static str {
    let names = [
        ("Mondays", "월요일"),
        ("Tuesdays", "화요일"),
        ("Wednesdays", "수요일"),
        ("Thursdays", "목요일"),
        ("Fridays", "금요일"),
        ("Saturdays", "토요일"),
        ("Sundays", "일요일"),
    ];
    let (en, ko) = names[usize::from(day).saturating_sub(1) % 7];
    language.pick(ko, en)
}

/// The short name of a weekday, 0 is Monday.
pub(super) fn day(day: u8, language: Language) -> &'static str {
    let (ko, en) =
        (["월", "화", "수", "목", "금", "토", "일"], ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
    language.pick(ko, en)[usize::from(day) % 7]
}

pub(super) fn window(kind: WindowKind, language: Language) -> &'static str {
    match kind {
        WindowKind::Errors => language.pick("오류 급증", "errors"),
        WindowKind::Slow => language.pick("응답 지연", "slow"),
        WindowKind::Silence => language.pick("요청 끊김(또는 로그 없음)", "no requests, or no log"),
    }
}

pub(super) fn splitting(splitting: Splitting, language: Language) -> &'static str {
    match splitting {
        Splitting::Worth => language.pick("분리 권고", "split off"),
        Splitting::Look => language.pick("추가 검토", "look closer"),
        Splitting::Keep => language.pick("현행 유지", "keep"),
        Splitting::Cache => language.pick("캐시·웹서버", "cache"),
    }
}

pub(super) fn sign(sign: Sign, language: Language) -> &'static str {
    match sign {
        Sign::RobotsTxt => language.pick("robots.txt 요청", "asked for robots.txt"),
        Sign::Rate => language.pick("사람보다 빠름", "faster than people"),
        Sign::NoAssets => language.pick("페이지만 받고 정적 파일 없음", "pages without their files"),
        Sign::NoNight => language.pick("밤낮없이 요청", "around the clock"),
        Sign::Heavy => language.pick("혼자서 지나치게 많은 요청", "more than many people together"),
        Sign::NotFound => language.pick("없는 경로만 요청", "what is not there"),
    }
}

pub(super) fn approximate(what: Approximate, language: Language) -> &'static str {
    match what {
        Approximate::Users => language.pick(
            "사용자·세션·함께 쓰는 기능은 표본 추정, 표준오차",
            "users, sessions and what is used together are of a sample; standard error",
        ),
        Approximate::Paths => language.pick(
            "경로별 건수가 실제보다 적을 수 있는 최대 폭",
            "requests that a path may have more than its list says",
        ),
        Approximate::Addresses => language.pick(
            "주소별 건수가 실제보다 적을 수 있는 최대 폭",
            "requests that an address may have more than its list says",
        ),
        Approximate::Agents => language.pick(
            "사용자 에이전트별 건수가 실제보다 적을 수 있는 최대 폭",
            "requests that a user agent may have more than its list says",
        ),
        Approximate::Minutes => {
            language.pick("분 단위로는 세지 못한 요청", "requests that are in their hour but in no minute")
        }
        Approximate::FunctionHours => language.pick(
            "기능의 시간대별 집계에서 빠진 요청",
            "requests that are in their function but not in its hours",
        ),
        Approximate::Templates => language.pick(
            "너무 많아 구분하지 못한 경로의 요청",
            "requests to paths that were too many to tell apart",
        ),
    }
}

pub(super) fn reason(reason: &Reason, language: Language) -> String {
    let (ko, en) = match reason {
        Reason::OwnSurge { ratio, others } => (
            format!("단독 집중: 최대 1시간 ×{ratio:.1}, 나머지 ×{others:.1}"),
            format!("surges by itself: ×{ratio:.1} in its busiest hour, all others ×{others:.1}"),
        ),
        Reason::OwnPeak { hour, others, .. } => (
            format!("집중 시간대가 다름: {hour}시, 나머지 {others}시"),
            format!("peaks at {hour:02}:00, the others at {others:02}:00"),
        ),
        Reason::Fails { share, others } => (
            format!("오류가 잦음: {}, 나머지 {}", percent(*share), percent(*others)),
            format!("fails more often: {}, all others {}", percent(*share), percent(*others)),
        ),
        Reason::Slow { p95_seconds, others } => {
            let [own, others] = [*p95_seconds, *others].map(|time| seconds(time, language));
            (
                format!("응답이 느림: p95 {own}, 나머지 {others}"),
                format!("takes longer: 95th percentile {own}, all others {others}"),
            )
        }
        Reason::Large { share } => (
            format!("전체 부하의 {}: 단독 확장이 유리함", percent(*share)),
            format!("is {} of the load: scales best by itself", percent(*share)),
        ),
        Reason::Apart { share } => (
            format!("독립 사용: 다른 기능을 함께 쓰는 세션 {} 이하", percent(*share)),
            format!("is used by itself: at most {} of its sessions use any other one", percent(*share)),
        ),
        Reason::Bound { function, share } => (
            format!("세션의 {}에서 {function} 기능을 함께 사용: 데이터 공유 여부 확인 필요", percent(*share)),
            format!("{} of its sessions use {function} too: see whether they share data", percent(*share)),
        ),
        Reason::Alike { .. } => (
            "나머지와 뚜렷한 차이 없음: 분리 이득 없음".to_owned(),
            "differs from the rest by no more than chance: no gain from splitting".to_owned(),
        ),
        Reason::Small { share } => (
            format!("분리하기에 작음: {}", percent(*share)),
            format!("too small to be worth it: {}", percent(*share)),
        ),
        Reason::Static { share } => (
            format!("요청의 {}가 변하지 않는 파일: 캐시·웹서버로 처리 권장", percent(*share)),
            format!(
                "{} of all requests are files that do not change: a cache or web server carries them",
                percent(*share)
            ),
        ),
    };
    language.pick(ko, en)
}
