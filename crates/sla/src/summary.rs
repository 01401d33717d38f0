//! What a period came to, of the days that are kept of it and of the period before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use naru_model::name::ServiceName;
use naru_model::scaling::By;
use naru_model::series::Subject;
use naru_model::service_level::{Change, Kind, Listed, Scaled, Sent, SubjectSummary, Summary};
use naru_model::units::Timestamp;

use crate::calendar::{self, Span};
use crate::day::{Day, Outage, Seen};
use crate::incidents::{alarms, incidents};
use crate::judge::{checks, together};
use crate::merge::{self, CountUsers};

/// A begin that is later than this was not the period's begin, in seconds.
const LATE: u32 = 60;

/// What a summary is made of.
pub struct Known<'a> {
    pub platform: &'a str,
    pub span: Span,
    pub zone: &'a TimeZone,
    pub now: Timestamp,
    /// Those that are kept of the period, in order, and of the period before.
    pub days: Vec<&'a Day>,
    pub before: Vec<&'a Day>,
    pub count_users: CountUsers<'a>,
}

pub fn summary(known: &Known<'_>) -> Summary {
    let (from, to) = known.span.bounds(known.zone);
    let now = seconds(known.now);
    let missing = missing(known.span, &known.days, known);
    let before = known.span.before();
    let missing_before = match known.before.is_empty() {
        true => Vec::new(),
        false => self::missing(before, &known.before, known),
    };
    let subjects = subjects(known, missing.is_empty());
    let alarms = alarms(&known.days);
    let outages = told_once(&known.days);
    let (incidents, warnings) = incidents(&outages, &alarms);
    let everything = known.days.iter().filter_map(|day| day.of(&Subject::All));
    let first = everything.clone().filter_map(|seen| seen.first).min();
    let judged = subjects.iter().filter(|one| !matches!(one.subject, Subject::Service(_)));
    Summary {
        platform: known.platform.to_owned(),
        kind: known.span.kind,
        date: known.span.first.to_string(),
        last_date: known.span.last.to_string(),
        from,
        to,
        zone: calendar::zone_name(known.zone),
        until: known.days.last().map_or(from, |day| day.until).min(to),
        complete: now >= to && missing.is_empty() && known.days.iter().all(|day| day.is_whole()),
        missing,
        missing_before,
        seen_from: first.filter(|first| *first > from.saturating_add(LATE)),
        observed_seconds: everything.clone().map(|seen| u64::from(seen.observed)).sum(),
        stretch_seconds: everything.map(|seen| seen.stretch).max().unwrap_or(60).max(60),
        result: together(judged.map(|one| one.result)),
        subjects,
        incidents,
        warnings,
        changes: changes(&known.days),
        scaled: scaled(&known.days),
        more: known.days.iter().map(|day| day.more).sum(),
    }
}

/// A period in short.
pub fn listed(summary: &Summary, sent: Vec<Sent>) -> Listed {
    let all = summary.all();
    Listed {
        kind: summary.kind,
        date: summary.date.clone(),
        from: summary.from,
        to: summary.to,
        complete: summary.complete,
        result: summary.result,
        availability: all.and_then(|all| all.now.availability),
        apdex: all.and_then(|all| all.now.apdex.score()),
        requests: all.map_or(0, |all| all.now.requests),
        sent,
    }
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.0 / 1_000_000).unwrap_or(u32::MAX)
}

/// Days that have begun and of which nothing is kept.
fn missing(span: Span, days: &[&Day], known: &Known<'_>) -> Vec<String> {
    let today = calendar::day_of(known.now, known.zone);
    let kept: BTreeSet<&str> = days.iter().map(|day| day.date.as_str()).collect();
    let begun = span.days().filter(|day| *day <= today).map(|day| day.to_string());
    begun.filter(|day| !kept.contains(day.as_str())).collect()
}

/// Everything first, then functions, then services, each by name.
fn subjects(known: &Known<'_>, whole: bool) -> Vec<SubjectSummary> {
    let rank = |subject: &Subject| match subject {
        Subject::All => 0,
        Subject::Function(_) => 1,
        _ => 2,
    };
    let mut order = BTreeMap::new();
    for seen in known.days.iter().flat_map(|day| &day.seen) {
        order.insert((rank(&seen.subject), seen.subject.to_string()), &seen.subject);
    }
    order.into_values().filter_map(|subject| one(known, subject, whole)).collect()
}

fn one(known: &Known<'_>, subject: &Subject, whole: bool) -> Option<SubjectSummary> {
    let pairs: Vec<(&Day, &Seen)> =
        known.days.iter().filter_map(|day| Some((*day, day.of(subject)?))).collect();
    let seen: Vec<&Seen> = pairs.iter().map(|(_, seen)| *seen).collect();
    let last = seen.last()?;
    // A service that is new this month has all of its users.
    let now = merge::figures(&seen, whole, known.count_users);
    let earlier: Vec<&Seen> = known.before.iter().filter_map(|day| day.of(subject)).collect();
    let whole_before = known.before.len() == known.span.before().days().count();
    let before = (!earlier.is_empty()).then(|| merge::figures(&earlier, whole_before, known.count_users));
    let checks = checks(last.goal, &now);
    Some(SubjectSummary {
        subject: subject.clone(),
        title: last.title.clone(),
        services: last.services.clone(),
        result: together(checks.iter().map(|check| check.result)),
        checks,
        pieces: match known.span.kind {
            Kind::Monthly => merge::by_days(&pairs),
            _ => merge::by_hours(&seen),
        },
        now,
        before,
    })
}

/// Outages, each told where users felt it: by function, by service where no function had it at that time, else of everything.
fn told_once<'d>(days: &[&'d Day]) -> Vec<(&'d Seen, Outage)> {
    let mut by_subject = BTreeMap::<String, Vec<&Seen>>::new();
    for seen in days.iter().flat_map(|day| &day.seen) {
        by_subject.entry(seen.subject.to_string()).or_default().push(seen);
    }
    let of = |wanted: fn(&Subject) -> bool| -> Vec<(&'d Seen, Outage)> {
        let mine = by_subject.values().filter(|seen| wanted(&seen[0].subject));
        mine.flat_map(|seen| merge::outages(seen).into_iter().map(|outage| (seen[seen.len() - 1], outage)))
            .collect()
    };
    let overlaps = |one: &Outage, other: &Outage| one.from < other.to && other.from < one.to;
    let mut told = of(|subject| matches!(subject, Subject::Function(_)));
    for (seen, outage) in of(|subject| matches!(subject, Subject::Service(_))) {
        let Subject::Service(name) = &seen.subject else { continue };
        if !told.iter().any(|(of, other)| of.services.contains(name) && overlaps(&outage, other)) {
            told.push((seen, outage));
        }
    }
    for (seen, outage) in of(|subject| *subject == Subject::All) {
        if !told.iter().any(|(_, other)| overlaps(&outage, other)) {
            told.push((seen, outage));
        }
    }
    told
}

fn changes(days: &[&Day]) -> Vec<Change> {
    let mut changes: Vec<Change> = days.iter().flat_map(|day| day.changes.iter().cloned()).collect();
    changes.sort_by_key(|change| change.at);
    changes
}

fn scaled(days: &[&Day]) -> Vec<Scaled> {
    let mut by_service = BTreeMap::<&ServiceName, Scaled>::new();
    for once in days.iter().flat_map(|day| &day.scaled) {
        let sum = by_service.entry(&once.service).or_insert_with(|| Scaled {
            service: once.service.clone(),
            grown: 0,
            shrunk: 0,
            by: Vec::new(),
        });
        if once.to > once.from {
            sum.grown += 1;
        } else {
            sum.shrunk += 1;
        }
        if let Some(by) = once.by {
            count(&mut sum.by, by);
        }
    }
    let mut all: Vec<Scaled> = by_service.into_values().collect();
    all.iter_mut().for_each(|one| one.by.sort_by_key(|(_, times)| std::cmp::Reverse(*times)));
    all
}

fn count(sums: &mut Vec<(By, u32)>, by: By) {
    match sums.iter_mut().find(|(known, _)| *known == by) {
        Some((_, times)) => *times += 1,
        None => sums.push((by, 1)),
    }
}
