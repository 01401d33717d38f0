//! How the report names and writes things.

use naru_model::language::Language;
use naru_model::units::Timestamp;

use super::model::Origin;
use super::{Effect, Name, Sure, Warning, Way};
use crate::log::civil;

pub(super) fn way(way: Way, language: Language) -> &'static str {
    match way {
        Way::Today => language.pick("현행 시스템", "today's system"),
        Way::FixedMean => language.pick("고정(평균 기준)", "fixed, for the mean"),
        Way::FixedPeak => language.pick("고정(최대 기준)", "fixed, for the peak"),
        Way::Hpa => language.pick("쿠버네티스 HPA", "Kubernetes' HPA"),
        Way::Naru => language.pick("naru 자동 확장", "naru"),
    }
}

pub(super) fn origin(origin: Origin, language: Language) -> &'static str {
    match origin {
        Origin::Log => language.pick("로그에서 산출", "from the log"),
        Origin::Given => language.pick("직접 입력", "given"),
        Origin::Questionnaire => language.pick("질문지", "from the questionnaire"),
        Origin::Assumed => language.pick("가정(기본값)", "assumed"),
    }
}

pub(super) fn name(name: Name, language: Language) -> &'static str {
    match name {
        Name::ServiceTime => {
            language.pick("대기 없는 요청 1건의 처리시간", "time of a request when nothing waits")
        }
        Name::Workers => language.pick("인스턴스 1대의 동시 처리 수", "requests at a time of an instance"),
        Name::Instances => language.pick("현행 인스턴스(서버) 수", "instances (servers) today"),
        Name::StartUp => language.pick("인스턴스 기동 시간", "time that an instance takes to start"),
        Name::Price => language.pick("인스턴스 시간당 단가", "price of an instance-hour"),
        Name::Waits => language.pick(
            "대기로 보는 응답시간(현행. 목표 모델은 서비스마다 처리시간의 4배, 최소 1초)",
            "response time that counts as a wait (today; of a service four times its own time, at least 1 s)",
        ),
        Name::Patience => language.pick("제한시간(이후 실패)", "time-out, a failure from then on"),
    }
}

/// A figure with its unit.
pub(super) fn value(name: Name, value: f64, language: Language) -> String {
    match name {
        Name::ServiceTime | Name::StartUp | Name::Waits | Name::Patience => seconds(value, language),
        Name::Workers => format!("{}{}", count(value as u64), language.pick("건", "")),
        Name::Instances => format!("{}{}", count(value as u64), language.pick("대", "")),
        Name::Price => money(value, language),
    }
}

pub(super) fn sure(sure: Sure, language: Language) -> &'static str {
    match sure {
        Sure::Well => language.pick(
            "높음: 부하별 응답시간의 80% 이상을 산식이 설명",
            "well: the formula explains four fifths of how response times differ between loads",
        ),
        Sure::Roughly => language.pick(
            "낮음: 부하에 따라 느려지나 산식과 다름. 다른 원인(DB, 연계 등)도 있음",
            "roughly: response times rise with the load, but otherwise than the formula says; something else slows it down too",
        ),
        Sure::NotReached => language.pick(
            "한계 미관측: 로그 기간 중 응답시간이 부하에 따라 느려진 적이 없음",
            "never reached: response times did not rise with the load in the log",
        ),
        Sure::Unknown => language.pick(
            "판단 불가: 응답시간이 있는 로그가 부족함",
            "unknown: too few minutes of the log have response times",
        ),
    }
}

/// What the reader must know.
pub(super) fn warning(warning: Warning, language: Language) -> String {
    match warning {
        Warning::NoTimes => language.pick(
            "로그에 응답시간이 없어 현행 용량을 추정하지 못함. 처리시간과 서버 수를 --service-time, --instances 로 입력하면 결과가 정확해짐".to_owned(),
            "the log has no response times, so what today's system carries is not known; give --service-time and --instances".to_owned(),
        ),
        Warning::NeverFull => language.pick(
            "현행 시스템의 처리 한계가 로그에 나타나지 않음. 실제 서버 수를 --instances 로 입력할 것".to_owned(),
            "today's system was never full in the log, so what it carries is assumed; give --instances".to_owned(),
        ),
        Warning::NoSurge { times } => language.pick(
            format!("급증 없음: 가장 바쁜 1분이 평균의 {}배. 자동 확장의 이득이 작음", times_of(times)),
            format!("no surge: the busiest minute has {} times the mean, so scaling gains little", times_of(times)),
        ),
        Warning::Short { days } => language.pick(
            format!("로그가 {days}일분으로 짧음. 주간·월간 반복과 성수기는 반영되지 않음"),
            format!("the log has {days} days only: what comes weekly, monthly or in a season is not in it"),
        ),
        Warning::Broken { share } => language.pick(
            format!("읽지 못한 로그 줄이 {}임", percent(share)),
            format!("{} of the log's lines can't be read", percent(share)),
        ),
        Warning::LeftOut { requests } => language.pick(
            format!("재현에서 빠진 요청 {}건(400일 이후 등)", count(requests)),
            format!("{} requests are in no second of the replay (later than 400 days)", count(requests)),
        ),
        Warning::TooPessimistic { replayed, logged } => language.pick(
            format!("현행 재현의 실패율({})이 로그의 오류율({})보다 높음. 현행 용량이 작게 잡혔으므로 --instances, --workers, --service-time 확인 필요", percent(replayed), percent(logged)),
            format!("{} of the requests fail in the replay of today's system and {} did in the log: it is taken for too small; check --instances, --workers, --service-time", percent(replayed), percent(logged)),
        ),
        Warning::OtherWork { times } => language.pick(
            format!("가장 바쁜 시간대의 업무는 평소보다 건당 {}배 오래 걸림(기다린 시간인지 무거운 업무인지는 로그로 구분되지 않음). 현행은 평균 처리시간 하나로 재현하므로 실제보다 좋게 나올 수 있음", times_of(times)),
            format!("requests of the busiest hour take {} times as long each as usual, by their functions (a log can't tell waiting from heavier work); today is replayed with one mean, so it may come out better than it is", times_of(times)),
        ),
        Warning::SharesByHour => language.pick(
            "서비스별 초 단위 요청은 시간대별 비율로 나눈 값임. 1시간 안에서 한 업무만 몰리는 경우는 실제보다 작게 나타남".to_owned(),
            "requests of a second are shared out to services by their part of the hour: what surges by itself within an hour is told too small".to_owned(),
        ),
        Warning::Idle => language.pick(
            "모든 방식에서 대기와 실패가 없음. 부하가 작아 방식 간 차이는 비용뿐임".to_owned(),
            "nobody waits in any way: the load is so small that they differ in cost alone".to_owned(),
        ),
    }
}

/// A number with its thousands apart.
pub(super) fn count(n: u64) -> String {
    crate::log::number(n)
}

pub(super) fn times_of(times: f64) -> String {
    format!("{times:.1}")
}

pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0%".to_owned(),
        ..0.01 => "<0.01%".to_owned(),
        ..1.0 => format!("{percent:.2}%"),
        _ => format!("{percent:.1}%"),
    }
}

pub(super) fn seconds(seconds: f64, language: Language) -> String {
    match seconds {
        ..1.0 => format!("{:.0} ms", seconds * 1000.0),
        ..120.0 => format!("{seconds:.1}{}", language.pick("초", " s")),
        _ => format!("{:.0}{}", seconds / 60.0, language.pick("분", " min")),
    }
}

pub(super) fn hours(hours: f64) -> String {
    if hours < 100.0 { format!("{hours:.1}") } else { count(hours.round() as u64) }
}

pub(super) fn money(money: f64, language: Language) -> String {
    let digits = if money < 100.0 && money.fract() > 0.0 {
        format!("{money:.2}")
    } else {
        count(money.round() as u64)
    };
    language.pick(format!("{digits}원"), format!("{digits} KRW"))
}

impl Effect {
    /// A moment as the log's own zone tells it.
    pub(super) fn clock(&self, at: Timestamp) -> String {
        let local = (at.0 / 1_000_000) as i64 + i64::from(self.offset_seconds);
        let (year, month, day) = civil(local.div_euclid(86_400));
        let minute = local.rem_euclid(86_400) / 60;
        format!("{year}-{month:02}-{day:02} {:02}:{:02}", minute / 60, minute % 60)
    }
}
