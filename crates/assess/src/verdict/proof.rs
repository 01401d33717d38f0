//! What figures and the access log say to a question of the self-check: what they prove fills an unknown answer in or stands against
//! a given one; what they only point to is shown beside it and counts for nothing.

use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};

use crate::log::findings::{Findings, Splitting, Window, WindowKind};
use crate::questionnaire::{Choice, Figure, Questionnaire, number};
use naru_model::language::Language;

/// Yearly cost over initial cost above which maintenance weighs too much.
const COST_SHARE: f64 = 0.15;
/// Users a day from which a public service weighs in whatever it costs.
pub const MANY_USERS: f64 = 10_000.0;
/// Changes a month from which they are frequent: one a week.
pub const FREQUENT: f64 = 4.0;
/// Changes a month below which they are rare.
pub const RARE: f64 = 1.0;
/// Share of failing requests from which a service is as good as stopped.
const AS_GOOD_AS_STOPPED: f64 = 0.5;

/// Where a word on a question comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Figures,
    Log,
}

/// What figures or log say to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// From 1.
    pub number: usize,
    pub source: Source,
    /// What it proves; unknown: it only points somewhere.
    pub proves: Choice,
    pub text: String,
}

/// Everything that figures and log say, by question.
pub fn proofs(q: &Questionnaire, log: Option<&Findings>) -> Vec<Proof> {
    let mut proofs = of_figures(q);
    if let Some(log) = log {
        proofs.extend(of_log(q.language, q.public_service, log));
    }
    proofs.sort_by_key(|proof| proof.number);
    proofs
}

fn of_figures(q: &Questionnaire) -> Vec<Proof> {
    let language = q.language;
    let found = [cost(q), stops(q), slow_hours(q), changes(q)];
    let proof = |(number, (proves, text)): (usize, (Choice, String))| Proof {
        number,
        source: Source::Figures,
        proves,
        text,
    };
    let numbered = found.into_iter().enumerate().filter_map(|(i, found)| Some((i + 1, found?)));
    let mut proofs: Vec<Proof> = numbered.map(proof).collect();
    if let Some(a_month) = q.figure(Figure::DeploymentsAMonth) {
        let text = language.pick(
            format!("현재 월 배포 {}회", number(a_month)),
            format!("{} deployments a month today", number(a_month)),
        );
        proofs.push(Proof { number: 10, source: Source::Figures, proves: Choice::Unknown, text });
    }
    proofs
}

type Said = Option<(Choice, String)>;

fn cost(q: &Questionnaire) -> Said {
    let initial = q.figure(Figure::InitialCost).filter(|cost| *cost > 0.0)?;
    let share = q.figure(Figure::YearlyCost)? / initial;
    let many = q.public_service == Choice::Yes
        && q.figure(Figure::UsersADay).is_some_and(|users| users >= MANY_USERS);
    let percent = number((share * 1000.0).round() / 10.0);
    let text = q.language.pick(
        format!("연간 유지관리비가 최초 구축비의 {percent}% (기준 15%)"),
        format!("additions and maintenance a year are {percent} % of the initial cost (15 % counts)"),
    );
    if share > COST_SHARE {
        return Some((Choice::Yes, text));
    }
    if many {
        let more = q.language.pick(
            "; 다만 하루 이용자 1만 명 이상인 대국민 서비스이므로 담당자가 판단",
            "; but it is a public service with 10,000 users a day or more: for a person to judge",
        );
        return Some((Choice::Unknown, text + more));
    }
    Some((Choice::No, text))
}

fn stops(q: &Questionnaire) -> Said {
    let stops = q.figure(Figure::StopsAYear)?;
    let text = q.language.pick(
        format!("장애 복구를 위한 중단 연 {}회", number(stops)),
        format!("{} stops a year to recover from failures", number(stops)),
    );
    Some((Choice::of(stops > 0.0), text))
}

fn slow_hours(q: &Questionnaire) -> Said {
    let hours = q.figure(Figure::SlowHours)?;
    let text = q.language.pick(
        format!("접속 지연 연 {}시간", number(hours)),
        format!("{} hours of slow access a year", number(hours)),
    );
    Some((Choice::of(hours > 0.0), text))
}

fn changes(q: &Questionnaire) -> Said {
    let a_month = q.figure(Figure::ChangesAMonth)?;
    let text = q.language.pick(
        format!("월 변경 요청 {}건 (주 1건 이상이면 잦음)", number(a_month)),
        format!("{} change requests a month (one a week or more is often)", number(a_month)),
    );
    Some((often(a_month), text))
}

/// Often from one a week on, rare below one a month; between them a person says.
pub fn often(a_month: f64) -> Choice {
    match a_month {
        n if n >= FREQUENT => Choice::Yes,
        n if n < RARE => Choice::No,
        _ => Choice::Unknown,
    }
}

fn of_log(language: Language, public: Choice, log: &Findings) -> Vec<Proof> {
    let mut proofs = Vec::new();
    let mut add = |number, proves, text| proofs.push(Proof { number, source: Source::Log, proves, text });
    if let (Choice::Yes, Some(users)) = (public, log.users.a_day()) {
        let text = language.pick(
            format!("로그로 본 하루 이용자 {}명 (중앙값)", number(users as f64)),
            format!("{} users a day in the log (median)", number(users as f64)),
        );
        add(1, Choice::Unknown, text);
    }
    let days = log.period.as_ref().map_or(0, |period| period.days);
    let offset = log.period.as_ref().map_or(0, |period| period.offset_seconds);
    let stopped = |window: &&Window| match window.kind {
        WindowKind::Silence => true,
        WindowKind::Errors => window.value >= AS_GOOD_AS_STOPPED,
        WindowKind::Slow => false,
    };
    let stops: Vec<&Window> = log.windows.iter().filter(stopped).collect();
    if !stops.is_empty() {
        add(2, Choice::Yes, windows(language, &stops, days, offset, language.pick("중단", "of outage")));
    } else if days > 0 {
        add(
            2,
            Choice::Unknown,
            language.pick(
                format!("로그 {days}일분에는 중단된 때가 없음"),
                format!("no outage in the {days} days of the log"),
            ),
        );
    }
    let slow: Vec<&Window> = log.windows.iter().filter(|window| window.kind == WindowKind::Slow).collect();
    if !slow.is_empty() {
        add(3, Choice::Yes, windows(language, &slow, days, offset, language.pick("지연", "of slow access")));
    } else if days > 0 && log.latency.is_some() {
        add(
            3,
            Choice::Unknown,
            language.pick(
                format!("로그 {days}일분에는 평소보다 느려진 때가 없음"),
                format!("no time slower than usual in the {days} days of the log"),
            ),
        );
    }
    if let Some(history) = &log.history {
        if history.changes > 0 {
            add(
                4,
                often(history.changes_per_month),
                language.pick(
                    format!("이력상 월 변경 요청 {}건", number(history.changes_per_month)),
                    format!("{} change requests a month in the history", number(history.changes_per_month)),
                ),
            );
        }
        if history.deployments > 0 {
            add(
                10,
                Choice::Unknown,
                language.pick(
                    format!(
                        "이력상 월 배포 {}회, 배포 직후 장애 {}회",
                        number(history.deployments_per_month),
                        history.followed
                    ),
                    format!(
                        "{} deployments a month in the history, {} of them followed by trouble",
                        number(history.deployments_per_month),
                        history.followed
                    ),
                ),
            );
        }
    }
    let apart: Vec<&str> =
        log.functions.iter().filter(|f| f.splitting == Splitting::Worth).map(|f| f.name.as_str()).collect();
    if !apart.is_empty() {
        add(6, Choice::Unknown, language.pick(
            format!("로그상 따로 움직이는 업무: {} (데이터 분리 가능 여부는 설계 자료로 확인)", apart.join(", ")),
            format!("functions that behave by themselves in the log: {} (whether their data separates, the design must tell)", apart.join(", ")),
        ));
    }
    proofs
}

/// `3 times of slow access in 28 days, 4.5 hours together; the longest from 2026-03-02 09:00`.
fn windows(language: Language, windows: &[&Window], days: u32, offset: i32, what: &str) -> String {
    let hours = windows.iter().map(|w| w.to.since(w.from).as_secs_f64()).sum::<f64>() / 3600.0;
    let hours = number((hours * 10.0).round() / 10.0);
    let longest =
        windows.iter().max_by_key(|w| w.to.since(w.from)).map_or(String::new(), |w| local(w.from, offset));
    let count = windows.len();
    language.pick(
        format!("로그 {days}일 동안 {what} {count}회, 모두 {hours}시간; 가장 긴 것은 {longest}부터"),
        format!("{count} times {what} in {days} days of the log, {hours} hours together; the longest from {longest}"),
    )
}

/// A time in the zone of the log: `2026-03-02 09:00`.
pub fn local(at: Timestamp, offset_seconds: i32) -> String {
    let seconds = (at.0 / 1_000_000) as i64 + i64::from(offset_seconds);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", rest / 3600, rest / 60 % 60)
}

/// The day of the Gregorian calendar that is so many days after 1970-01-01. Source: Richards' algorithm (Explanatory Supplement
/// to the Astronomical Almanac, 3rd ed., §15.11.3).
fn date(days: i64) -> (i64, i64, i64) {
    let julian = days + 2_440_588;
    let f = julian + 1401 + (4 * julian + 274_277) / 146_097 * 3 / 4 - 38;
    let e = 4 * f + 3;
    let h = 5 * (e % 1461 / 4) + 2;
    let day = h % 153 / 5 + 1;
    let month = (h / 153 + 2) % 12 + 1;
    (e / 1461 - 4716 + (14 - month) / 12, month, day)
}
