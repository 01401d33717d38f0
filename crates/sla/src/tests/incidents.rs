//! Outages with the alerts that came with them, each told once and where users felt it.

use naru_model::alert::Text;
use naru_model::service_level::{Goal, Kind};

use super::{came_to, date, day, failing, of, seoul};
use crate::calendar::bounds;
use crate::{Alarm, Day, Seen};

fn alarm(id: u64, owner: &str, since: u32, critical: bool) -> Alarm {
    Alarm {
        id,
        owner: owner.parse().unwrap(),
        figure: "error_ratio".to_owned(),
        critical,
        since,
        resolved: Some(since + 300),
        value: 0.42,
        threshold: Some(0.05),
        cause: Some(Text { ko: format!("원인 {id}"), en: format!("cause {id}") }),
    }
}

fn begin() -> u32 {
    bounds(date("2026-11-20"), &seoul()).0
}

/// Noon's five minutes of failure, of everything, a function and its service.
fn failing_noon() -> Vec<Seen> {
    let from = begin();
    let noon = || (0..5).map(|n| failing(from + 43_200 + n * 60, 100, 60)).collect();
    ["all", "function:approval", "service:portal"]
        .iter()
        .map(|one| of(one, from, noon(), Goal::default()))
        .collect()
}

fn with(alarms: Vec<Alarm>) -> Day {
    Day { alarms, ..day("2026-11-20", failing_noon()) }
}

#[test]
fn an_outage_is_told_once_of_the_function_with_its_cause() {
    let from = begin();
    let found = alarm(7, "service:portal", from + 43_260, true);
    let told = came_to(Kind::Daily, "2026-11-20", &[with(vec![found])], &[]);
    assert_eq!(told.incidents.len(), 1);
    let incident = &told.incidents[0];
    assert_eq!(incident.subject.to_string(), "function:approval");
    assert_eq!((incident.from, incident.to), (from + 43_200, Some(from + 43_500)));
    assert_eq!((incident.failed, incident.requests, incident.alerts.as_slice()), (300, 500, &[7][..]));
    assert_eq!(incident.cause.as_ref().map(|cause| cause.en.as_str()), Some("cause 7"));
    assert_eq!(
        incident.what.as_ref().map(|what| what.en.as_str()),
        Some("service portal: error rate 42% (limit 5%)")
    );
    assert_eq!(told.warnings, 0);
}

#[test]
fn alerts_of_another_time_or_service_stand_by_themselves() {
    let from = begin();
    let alarms = vec![
        alarm(1, "service:portal", from + 80_000, true),
        alarm(2, "service:stock", from + 43_260, true),
        alarm(3, "service:stock", from + 43_260, false),
    ];
    let told = came_to(Kind::Daily, "2026-11-20", &[with(alarms)], &[]);
    let subjects: Vec<(String, usize, u64)> =
        told.incidents.iter().map(|one| (one.subject.to_string(), one.alerts.len(), one.failed)).collect();
    assert_eq!(
        subjects,
        [
            ("function:approval".into(), 0, 300),
            ("service:stock".into(), 1, 0),
            ("service:portal".into(), 1, 0)
        ]
    );
    assert_eq!(told.warnings, 1, "a warning is counted and not listed");
}

#[test]
fn an_alert_over_midnight_is_told_once_as_it_was_known_last() {
    let next = bounds(date("2026-11-21"), &seoul()).0;
    let mut first = alarm(5, "host", next - 600, true);
    first.resolved = None;
    let later = Alarm { resolved: Some(next + 900), value: 0.9, ..first.clone() };
    let days = [
        Day { alarms: vec![first], ..day("2026-11-20", Vec::new()) },
        Day { alarms: vec![later], ..day("2026-11-21", Vec::new()) },
    ];
    let told = came_to(Kind::Weekly, "2026-11-20", &days, &[]);
    assert_eq!(told.incidents.len(), 1);
    assert_eq!((told.incidents[0].from, told.incidents[0].to), (next - 600, Some(next + 900)));
}

#[test]
fn what_no_function_and_no_service_felt_is_told_of_everything() {
    let from = begin();
    let all = of("all", from, vec![failing(from + 60, 100, 60)], Goal::default());
    let told = came_to(Kind::Daily, "2026-11-20", &[day("2026-11-20", vec![all])], &[]);
    assert_eq!(told.incidents[0].subject.to_string(), "all");
}
