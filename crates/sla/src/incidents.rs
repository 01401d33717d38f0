//! Incidents: outages as users saw them, each with the alerts that came with it and their likeliest cause; and critical alerts
//! that no outage goes with.

use std::collections::BTreeMap;

use naru_model::alert::Text;
use naru_model::figure::unit;
use naru_model::metric::Owner;
use naru_model::series::Subject;
use naru_model::service_level::Incident;
use naru_model::wording;

use crate::day::{Alarm, Day, Outage, Seen};

/// An alert belongs to an outage if it began at most so much before it or after its end, in seconds: what is judged over minutes
/// is found late.
const BEFORE: u32 = 600;
const AFTER: u32 = 300;

/// Each alert once, as it was last known, by its number.
pub(crate) fn alarms<'d>(days: &[&'d Day]) -> Vec<&'d Alarm> {
    let mut by_id = BTreeMap::<u64, &Alarm>::new();
    for alarm in days.iter().flat_map(|day| &day.alarms) {
        by_id.insert(alarm.id, alarm);
    }
    by_id.into_values().collect()
}

/// Incidents by their begin, and how many warnings stand beside them. `outages`: of each function and service, or of everything
/// where there are none.
pub(crate) fn incidents(outages: &[(&Seen, Outage)], alarms: &[&Alarm]) -> (Vec<Incident>, u32) {
    let mut told = Vec::new();
    let mut found: Vec<Incident> = outages
        .iter()
        .map(|(seen, outage)| {
            let mut mine: Vec<&Alarm> =
                alarms.iter().copied().filter(|alarm| belongs(alarm, seen, outage)).collect();
            // Of the thing itself before what it consists of, critical before warning, the first before the later.
            mine.sort_by_key(|alarm| (!is_of(&alarm.owner, &seen.subject), !alarm.critical, alarm.since));
            told.extend(mine.iter().map(|alarm| alarm.id));
            incident_of(seen, outage, &mine)
        })
        .collect();
    let beside = || alarms.iter().filter(|alarm| !told.contains(&alarm.id));
    found.extend(beside().filter(|alarm| alarm.critical).map(|alarm| alone(alarm)));
    let warnings = beside().filter(|alarm| !alarm.critical).count() as u32;
    found.sort_by_key(|incident| (incident.from, incident.subject.to_string()));
    (found, warnings)
}

fn incident_of(seen: &Seen, outage: &Outage, mine: &[&Alarm]) -> Incident {
    Incident {
        subject: seen.subject.clone(),
        title: seen.title.clone(),
        from: outage.from,
        to: Some(outage.to),
        failed: outage.failed,
        requests: outage.requests,
        what: mine.first().map(|alarm| what(alarm)),
        cause: mine.iter().find_map(|alarm| alarm.cause.clone()),
        alerts: mine.iter().map(|alarm| alarm.id).collect(),
    }
}

fn alone(alarm: &Alarm) -> Incident {
    let (ko, en) = wording::owner(&alarm.owner);
    Incident {
        subject: subject_of(&alarm.owner),
        title: Text { ko, en },
        from: alarm.since,
        to: alarm.resolved,
        failed: 0,
        requests: 0,
        what: Some(what(alarm)),
        cause: alarm.cause.clone(),
        alerts: vec![alarm.id],
    }
}

/// What was found, in a few words: `error rate 42% (limit 5%)`.
fn what(alarm: &Alarm) -> Text {
    let (ko, en) = wording::figure(&alarm.figure);
    let (owner_ko, owner_en) = wording::owner(&alarm.owner);
    let unit = unit(&alarm.figure);
    let value = unit.shown(alarm.value);
    match alarm.threshold.map(|threshold| unit.shown(threshold)) {
        Some(limit) => Text {
            ko: format!("{owner_ko} {ko} {value}(기준 {limit})"),
            en: format!("{owner_en}: {en} {value} (limit {limit})"),
        },
        None => Text {
            ko: format!("{owner_ko} {ko} {value}(평소와 다름)"),
            en: format!("{owner_en}: {en} {value} (not as usual)"),
        },
    }
}

fn belongs(alarm: &Alarm, seen: &Seen, outage: &Outage) -> bool {
    let at_its_time =
        alarm.since <= outage.to.saturating_add(AFTER) && alarm.since.saturating_add(BEFORE) >= outage.from;
    let concerns = match (&alarm.owner, &seen.subject) {
        (Owner::Host | Owner::Platform | Owner::Link(_) | Owner::Outside(_), _) | (_, Subject::All) => true,
        (Owner::Service(name), Subject::Service(of)) => name == of,
        (Owner::Instance(id), Subject::Service(of)) => id.service == *of,
        (Owner::Service(name), Subject::Function(_)) => seen.services.contains(name),
        (Owner::Instance(id), Subject::Function(_)) => seen.services.contains(&id.service),
        (Owner::Function(name), Subject::Function(of)) => name == of,
        // What a function suffers from may be this service.
        (Owner::Function(_), Subject::Service(_)) => true,
        _ => false,
    };
    at_its_time && concerns
}

fn is_of(owner: &Owner, subject: &Subject) -> bool {
    subject_of(owner) == *subject
}

/// What a report calls the owner of an alert.
fn subject_of(owner: &Owner) -> Subject {
    match owner {
        Owner::Host => Subject::Host,
        Owner::Platform | Owner::Link(_) | Owner::Outside(_) => Subject::All,
        Owner::Service(name) => Subject::Service(name.clone()),
        Owner::Instance(id) => Subject::Instance(id.clone()),
        Owner::Function(name) => Subject::Function(name.clone()),
    }
}
