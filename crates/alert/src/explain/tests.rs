mod statements;

use std::collections::BTreeMap;

use naru_model::event::{Event, Kind, Severity};
use naru_model::metric::Owner;
use naru_model::series::{Period, Point};
use naru_model::trace::Statement;
use naru_model::units::Timestamp;

use super::{History, Odd, Part, PartKind, briefly, explain};

const NOW: u32 = 1_700_000_000;

/// Requests per second, and how long each takes, so many seconds before now.
type Course = fn(u32) -> (u64, f64);

/// A portal whose parts each have a course.
#[derive(Default)]
struct Past {
    courses: BTreeMap<String, Course>,
    parts: Vec<Part>,
    events: Vec<Event>,
    statements: Vec<Statement>,
    /// Of a second's requests.
    failing: Option<fn(u32) -> u64>,
}

impl Past {
    fn of(courses: &[(&str, PartKind, Course)], whole: Course) -> Past {
        let mut past = Past::default();
        past.courses.insert("service:portal".to_owned(), whole);
        for (subject, kind, course) in courses {
            past.courses.insert((*subject).to_owned(), *course);
            past.parts.push(Part { kind: *kind, subject: (*subject).to_owned() });
        }
        past
    }
}

impl History for Past {
    fn points(&self, subject: &str, period: Period, points: u32) -> Vec<Point> {
        let Some(course) = self.courses.get(subject) else { return Vec::new() };
        let step = ((period.to - period.from) / points).max(10);
        let point = |at: u32| {
            let (requests, p95) = course(NOW - at);
            Point {
                at,
                seconds: step,
                requests: requests * u64::from(step),
                service_errors: self.failing.map_or(0, |failing| failing(NOW - at)) * u64::from(step),
                mean_seconds: p95,
                p95_seconds: p95,
                ..Point::default()
            }
        };
        (period.from..period.to).step_by(step as usize).map(point).collect()
    }

    fn values(&self, _: &Owner, _: &str, _: Period, _: u32) -> Vec<(u32, f64)> {
        Vec::new()
    }

    fn parts(&self, _: &Owner) -> Vec<Part> {
        self.parts.clone()
    }

    fn events(&self, _: &Owner, from: Timestamp, to: Timestamp) -> Vec<Event> {
        self.events.iter().filter(|event| from <= event.at && event.at < to).cloned().collect()
    }

    fn odd(&self, _: Period) -> Vec<Odd> {
        Vec::new()
    }

    fn statements(&self, _: &Owner, _: Period) -> Vec<Statement> {
        self.statements.clone()
    }
}

fn portal() -> Owner {
    "service:portal".parse().expect("an owner")
}

fn at() -> Timestamp {
    Timestamp(u64::from(NOW) * 1_000_000)
}

#[test]
fn the_instance_that_became_slow_is_the_first_cause() {
    let past = Past::of(
        &[
            ("instance:portal-1-1", PartKind::Instance, |_| (10, 0.05)),
            ("instance:portal-1-2", PartKind::Instance, |ago| (10, if ago <= 300 { 0.9 } else { 0.05 })),
            ("instance:portal-1-3", PartKind::Instance, |_| (10, 0.05)),
            ("route:/a/**", PartKind::Route, |ago| (15, if ago <= 300 { 0.34 } else { 0.05 })),
            ("route:/b/**", PartKind::Route, |ago| (15, if ago <= 300 { 0.34 } else { 0.05 })),
        ],
        |ago| (30, if ago <= 300 { 0.34 } else { 0.05 }),
    );
    let explained = explain(&portal(), "p95", at(), &past);
    let first = &explained.causes[0];
    assert_eq!(first.subject, "instance:portal-1-2");
    assert_eq!(first.moved_at, Some(NOW - 300));
    assert!(first.support > 0.8, "{explained:#?}");
    assert_eq!(
        first.text.en,
        "instance portal-1-2: p95 response time 50ms → 900ms (100% of the change comes from here)"
    );
    assert!(first.text.ko.contains("인스턴스 portal-1-2"), "{}", first.text.ko);
    assert!(
        explained.causes.iter().all(|cause| !cause.subject.starts_with("route:")),
        "both alike explain nothing"
    );
    assert!(explained.what_to_do[0].en.contains("portal-1-2"));
    let shown = |value: Option<f64>| value.map(|value| format!("{value:.2}"));
    assert_eq!((shown(explained.now), shown(explained.hour_ago)), (Some("0.34".into()), Some("0.05".into())));
}

#[test]
fn the_only_instance_of_a_service_is_told_as_the_service() {
    let slow: Course = |ago| (15, if ago <= 300 { 0.9 } else { 0.05 });
    let past = Past::of(
        &[
            ("instance:stock-1-1", PartKind::Instance, slow),
            ("instance:mail-1-1", PartKind::Instance, |_| (15, 0.05)),
            ("revision:stock/1", PartKind::Revision, slow),
            ("revision:mail/1", PartKind::Revision, |_| (15, 0.05)),
            ("service:stock", PartKind::Service, slow),
            ("service:mail", PartKind::Service, |_| (15, 0.05)),
        ],
        |ago| (30, if ago <= 300 { 0.475 } else { 0.05 }),
    );
    let explained = explain(&portal(), "p95", at(), &past);
    let subjects: Vec<&str> = explained.causes.iter().map(|cause| cause.subject.as_str()).collect();
    assert_eq!(subjects, ["service:stock"]);
}

#[test]
fn a_link_that_became_slow_is_told_before_the_route_that_waits_for_it() {
    let past = Past::of(
        &[
            ("route:/a/**", PartKind::Route, |ago| (5, if ago <= 200 { 1.2 } else { 0.1 })),
            ("route:/b/**", PartKind::Route, |_| (25, 0.1)),
            ("link:registry", PartKind::Link, |ago| (6, if ago <= 230 { 1.1 } else { 0.05 })),
        ],
        |ago| (30, if ago <= 200 { 0.283 } else { 0.1 }),
    );
    let explained = explain(&portal(), "p95", at(), &past);
    let subjects: Vec<&str> = explained.causes.iter().map(|cause| cause.subject.as_str()).collect();
    assert_eq!(subjects[..2], ["link:registry", "route:/a/**"], "{explained:#?}");
}

#[test]
fn a_deployment_just_before_is_told_with_what_to_do() {
    let mut past = Past::of(&[], |ago| (30, if ago <= 300 { 0.5 } else { 0.05 }));
    past.events.push(Event {
        id: 1,
        at: Timestamp(u64::from(NOW - 340) * 1_000_000),
        kind: Kind::RolloutStarted,
        severity: Severity::Info,
        service: "portal".parse().ok(),
        instance: None,
        message: "portal goes to revision 4".to_owned(),
        actor: "kim".to_owned(),
        decision: None,
    });
    let explained = explain(&portal(), "p95", at(), &past);
    assert_eq!(explained.causes[0].text.en, "40s before: portal goes to revision 4");
    assert!(explained.what_to_do[0].en.ends_with("naru rollback portal"), "{explained:#?}");
}

#[test]
fn more_requests_are_a_cause_of_slowness() {
    let past = Past::of(&[], |ago| if ago <= 300 { (120, 0.5) } else { (30, 0.05) });
    let explained = explain(&portal(), "p95", at(), &past);
    assert!(
        explained.causes[0].text.en.starts_with("requests rose from 30/s to 120/s, 4.0 times"),
        "{explained:#?}"
    );
}

#[test]
fn what_is_as_ever_has_no_causes() {
    let past = Past::of(
        &[
            ("instance:portal-1-1", PartKind::Instance, |_| (10, 0.05)),
            ("instance:portal-1-2", PartKind::Instance, |_| (10, 0.05)),
        ],
        |_| (20, 0.05),
    );
    assert_eq!(explain(&portal(), "p95", at(), &past).causes, []);
}

#[test]
fn what_nobody_knows_is_explained_as_far_as_it_goes() {
    let explained = briefly(&portal(), "jvm.thread.count");
    assert!(explained.means.en.contains("jvm.thread.count"));
    assert!(!briefly(&portal(), "heap").what_to_do.is_empty());
    let nothing = explain(&portal(), "heap", at(), &Past::default());
    assert_eq!((nothing.now, nothing.causes.len()), (None, 0));
}
