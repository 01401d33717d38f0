//! Figures, times and lengths as reports write them, in both languages.

use std::time::Duration;

use jiff::tz::TimeZone;
use naru_model::language::Language;
use naru_model::report::{Tone, Unit};
use naru_model::scaling::By;
use naru_model::service_level::{ChangeKind, Check, Kind, Outcome, SubjectSummary, Summary, Target};
use naru_model::wording;

/// Writes for one reader.
pub(crate) struct Words {
    pub(crate) language: Language,
    pub(crate) zone: TimeZone,
}

/// What is not known.
pub(crate) const NONE: &str = "-";

impl Words {
    /// A zone that this machine does not know any more is told in UTC.
    pub(crate) fn of(summary: &Summary, language: Language) -> Words {
        Words { language, zone: TimeZone::get(&summary.zone).unwrap_or(TimeZone::UTC) }
    }

    pub(crate) fn pick(&self, ko: &'static str, en: &'static str) -> &'static str {
        self.language.pick(ko, en)
    }

    fn at(&self, at: u32, form: &str) -> String {
        let instant = jiff::Timestamp::from_second(at.into()).unwrap_or_default();
        instant.to_zoned(self.zone.clone()).strftime(form).to_string()
    }

    /// `11-20 14:05`
    pub(crate) fn moment(&self, at: u32) -> String {
        self.at(at, "%m-%d %H:%M")
    }

    /// `2026-11-20 14:05`
    pub(crate) fn whole_moment(&self, at: u32) -> String {
        self.at(at, "%Y-%m-%d %H:%M")
    }

    /// What an axis from one time to another is told in: where clocks are put forward or back meanwhile, by both.
    pub(crate) fn clock(&self, from: u32, to: u32) -> Unit {
        let begin = jiff::Timestamp::from_second(from.into()).unwrap_or_default();
        let moves =
            self.zone.following(begin).map(|one| (one.timestamp().as_second(), one.offset().seconds()));
        let moved = moves.take_while(|(at, _)| *at < i64::from(to)).map(|(at, offset)| (at as f64, offset));
        let mut offsets = vec![(f64::from(from), self.zone.to_offset(begin).seconds())];
        offsets.extend(moved);
        match offsets.as_slice() {
            [(_, offset_seconds)] => Unit::Time { offset_seconds: *offset_seconds },
            _ => Unit::Clock(offsets),
        }
    }

    pub(crate) fn lasted(&self, seconds: u64) -> String {
        let (ko, en) = wording::lasted(Duration::from_secs(seconds));
        self.language.pick(ko, en)
    }

    pub(crate) fn kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Daily => self.pick("일간", "daily"),
            Kind::Weekly => self.pick("주간", "weekly"),
            Kind::Monthly => self.pick("월간", "monthly"),
        }
    }

    pub(crate) fn before(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Daily => self.pick("전일", "Day before"),
            Kind::Weekly => self.pick("전주", "Week before"),
            Kind::Monthly => self.pick("전월", "Month before"),
        }
    }

    /// `2026-11-20`, `2026-11-16 ~ 2026-11-22`, `2026-11`.
    pub(crate) fn period(&self, summary: &Summary) -> String {
        match summary.kind {
            Kind::Daily => summary.date.clone(),
            Kind::Weekly => format!("{} ~ {}", summary.date, summary.last_date),
            Kind::Monthly => summary.date.get(..7).unwrap_or(&summary.date).to_owned(),
        }
    }

    pub(crate) fn title<'s>(&self, of: &'s SubjectSummary) -> &'s str {
        of.title.of(self.language)
    }

    pub(crate) fn outcome(&self, outcome: Outcome) -> (&'static str, Tone) {
        match outcome {
            Outcome::Met => (self.pick("달성", "met"), Tone::Good),
            Outcome::Missed => (self.pick("미달", "missed"), Tone::Bad),
            Outcome::NoGoal => (self.pick("목표 없음", "no goal"), Tone::Plain),
            Outcome::NoData => (self.pick("자료 없음", "no data"), Tone::Warn),
        }
    }

    pub(crate) fn target(&self, target: Target) -> &'static str {
        match target {
            Target::Availability => self.pick("가용률", "Availability"),
            Target::Apdex => "Apdex",
            Target::P95 => self.pick("p95 응답시간", "p95 response time"),
        }
    }

    /// A goal or what became of it.
    pub(crate) fn value(&self, target: Target, value: Option<f64>) -> String {
        match target {
            Target::Availability => share(value),
            Target::Apdex => score(value),
            Target::P95 => time(value),
        }
    }

    pub(crate) fn goal(&self, check: &Check) -> String {
        let value = self.value(check.target, Some(check.goal));
        match check.target {
            Target::P95 => match self.language {
                Language::Ko => format!("{value} 이하"),
                Language::En => format!("at most {value}"),
            },
            _ => match self.language {
                Language::Ko => format!("{value} 이상"),
                Language::En => format!("at least {value}"),
            },
        }
    }

    pub(crate) fn change(&self, kind: ChangeKind) -> (&'static str, Tone) {
        match kind {
            ChangeKind::Deployment => (self.pick("배포", "Deployment"), Tone::Plain),
            ChangeKind::Failed => (self.pick("배포 실패", "Deployment failed"), Tone::Bad),
            ChangeKind::Rollback => (self.pick("되돌림", "Rollback"), Tone::Warn),
            ChangeKind::File => (self.pick("설정 변경", "Configuration"), Tone::Plain),
            ChangeKind::Upgrade => (self.pick("naru 교체", "naru replaced"), Tone::Plain),
        }
    }

    pub(crate) fn by(&self, by: By) -> &'static str {
        match by {
            By::Cpu => self.pick("CPU 사용률", "CPU use"),
            By::Concurrency => self.pick("동시 처리 수", "concurrency"),
            By::Rate => self.pick("요청량", "request rate"),
            By::P95 => self.pick("p95 응답시간", "p95 response time"),
            By::Apdex => "Apdex",
            By::Capacity => self.pick("처리 능력", "capacity"),
            By::Waiting => self.pick("대기 요청", "waiting requests"),
            By::Rule => self.pick("규칙", "a rule"),
            By::Schedule => self.pick("일정", "a schedule"),
            By::Person => self.pick("담당자 지시", "a person"),
        }
    }
}

/// Rounded down to three places: what is not 100 % is never written so.
pub(crate) fn share(value: Option<f64>) -> String {
    let Some(value) = value else { return NONE.to_owned() };
    // The nearest double of 99.9 % may lie just below it.
    let thousandths = (value * 100_000.0 + 1e-6).floor() as i64;
    let places = format!("{:03}", thousandths.rem_euclid(1000));
    let places = places.trim_end_matches('0');
    let point = if places.is_empty() { "" } else { "." };
    format!("{}{point}{places}%", thousandths.div_euclid(1000))
}

/// To a tenth of a percent.
pub(crate) fn rough_share(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| format!("{:.1}%", value * 100.0))
}

pub(crate) fn score(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| format!("{value:.2}"))
}

/// `250 ms`, `1.53 s`
pub(crate) fn time(value: Option<f64>) -> String {
    match value {
        None => NONE.to_owned(),
        Some(seconds) if seconds < 0.0095 => format!("{:.1} ms", seconds * 1000.0),
        Some(seconds) if seconds < 0.9995 => format!("{:.0} ms", seconds * 1000.0),
        Some(seconds) => {
            let written = format!("{seconds:.2}");
            format!("{} s", written.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}

/// With thousands apart.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut written = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

pub(crate) fn bytes(value: u64) -> String {
    let (mut value, mut unit) = (value as f64, "B");
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    if unit == "B" || value >= 100.0 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

pub(crate) fn hours(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| format!("{value:.1}"))
}

/// By how much more or less, in percent of what it was; a dash where that says nothing.
pub(crate) fn growth(now: Option<f64>, before: Option<f64>) -> String {
    match (now, before) {
        (Some(now), Some(before)) if before > 0.0 => {
            let percent = (now / before - 1.0) * 100.0;
            if percent.abs() < 0.05 { "±0%".to_owned() } else { format!("{percent:+.1}%") }
        }
        _ => NONE.to_owned(),
    }
}

/// By how many percentage points more or less.
pub(crate) fn points(now: Option<f64>, before: Option<f64>) -> String {
    match (now, before) {
        (Some(now), Some(before)) => {
            let points = (now - before) * 100.0;
            if points.abs() < 0.0005 { "±0%p".to_owned() } else { format!("{points:+.3}%p") }
        }
        _ => NONE.to_owned(),
    }
}

/// By how much more or less, with so many places.
pub(crate) fn difference(now: Option<f64>, before: Option<f64>, places: usize) -> String {
    match (now, before) {
        (Some(now), Some(before)) => {
            let by = now - before;
            if by.abs() < 0.5 / 10f64.powi(places as i32) {
                "±0".to_owned()
            } else {
                format!("{by:+.places$}")
            }
        }
        _ => NONE.to_owned(),
    }
}

/// By how many whole things more or less.
pub(crate) fn more(now: u64, before: Option<u64>) -> String {
    match before {
        None => NONE.to_owned(),
        Some(before) if now == before => "±0".to_owned(),
        Some(before) if now > before => format!("+{}", count(now - before)),
        Some(before) => format!("-{}", count(before - now)),
    }
}
