//! Days of made-up requests, and what is told of them.

mod calendar;
mod incidents;
mod judged;
mod merged;
mod periods;
mod written;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use naru_model::alert::Text;
use naru_model::apdex::Apdex;
use naru_model::series::Subject;
use naru_model::service_level::{Bucket, Course, Goal, Kind, Stretch, Summary};
use naru_model::units::Timestamp;

use crate::calendar::{Span, bounds};
use crate::{About, Day, Known, Places, Seen, VERSION, seen, summary};

pub(super) fn seoul() -> TimeZone {
    TimeZone::get("Asia/Seoul").unwrap()
}

pub(super) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(super) fn at(second: u32) -> Timestamp {
    Timestamp(u64::from(second) * 1_000_000)
}

/// A minute in which all went well, each request in a tenth of a second.
pub(super) fn minute(at: u32, requests: u64) -> Stretch {
    Stretch {
        at,
        seconds: 60,
        observed: 60,
        requests,
        latency_us: requests * 100_000,
        apdex: Apdex { satisfied: requests, ..Apdex::default() },
        received_bytes: requests,
        sent_bytes: 10 * requests,
        in_flight: Some(2.0),
        instances: Some(2),
        cpu_cores: Some(0.5),
        ..Stretch::default()
    }
}

/// The same, but some failed by the service's fault.
pub(super) fn failing(at: u32, requests: u64, failed: u64) -> Stretch {
    let apdex = Apdex { satisfied: requests - failed, frustrated: failed, ..Apdex::default() };
    Stretch { service_errors: failed, apdex, ..minute(at, requests) }
}

/// What was seen of something whose routes lead to the service `portal`.
pub(super) fn of(subject: &str, from: u32, stretches: Vec<Stretch>, goal: Goal) -> Seen {
    let mut hours = vec![Vec::new(); 24];
    for one in &stretches {
        let hour: &mut Vec<Bucket> = &mut hours[((one.at - from) / 3600) as usize];
        hour.push(Bucket { micros: 100_000, requests: one.requests });
    }
    // Each day has a user of its own and one that comes every day.
    let users = Some(vec![0, (from / 86_400 % 250) as u8 + 1]);
    let subject: Subject = subject.parse().unwrap();
    let is_function = matches!(subject, Subject::Function(_));
    let about = About {
        title: Text::same(&subject.to_string()),
        services: if is_function { vec!["portal".parse().unwrap()] } else { Vec::new() },
        goal,
        places: Some(Places { in_all: 100, per_instance: Some(5) }),
        subject,
    };
    seen(about, Course { stretches, hours, users }, from)
}

/// A day in Seoul with a request a second, but for what a test adds.
pub(super) fn day(text: &str, more: Vec<Seen>) -> Day {
    let (from, to) = bounds(date(text), &seoul());
    let all = (from..to).step_by(60).map(|at| minute(at, 60)).collect();
    let mut seen = vec![of("all", from, all, Goal::default())];
    for one in more {
        seen.retain(|known| known.subject != one.subject);
        seen.push(one);
    }
    Day {
        version: VERSION,
        platform: "portal".to_owned(),
        date: text.to_owned(),
        zone: "Asia/Seoul".to_owned(),
        from,
        to,
        until: to,
        made: at(to),
        seen,
        alarms: Vec::new(),
        changes: Vec::new(),
        scaled: Vec::new(),
        more: 0,
    }
}

/// Users as they are told apart here: by their bytes.
fn count_users(users: &[&[u8]]) -> Option<u64> {
    let mut all: Vec<u8> = users.concat();
    all.sort_unstable();
    all.dedup();
    Some(all.len() as u64)
}

/// What a period came to, looked at a day after its end.
pub(super) fn came_to(kind: Kind, first: &str, days: &[Day], before: &[Day]) -> Summary {
    let span = Span::of(kind, date(first));
    let (_, to) = span.bounds(&seoul());
    told_at(at(to + 86_400), span, days, before)
}

pub(super) fn told_at(now: Timestamp, span: Span, days: &[Day], before: &[Day]) -> Summary {
    let zone = seoul();
    let known = Known {
        platform: "portal",
        span,
        zone: &zone,
        now,
        days: days.iter().collect(),
        before: before.iter().collect(),
        count_users: &count_users,
    };
    summary(&known)
}
