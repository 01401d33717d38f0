//! Figures over time, from memory.

use std::time::Duration;

use super::records::{Request, START, second, telemetry};
use crate::{Gauges, InstanceGauge, RouteGauge, ServiceGauge, Telemetry};
use naru_model::record::Fault;
use naru_model::series::{Period, Point};
use naru_model::snapshot::{FunctionId, RouteId, ServiceId};
use naru_model::status::HostStatus;
use proptest::prelude::*;

const S0: u32 = (START.0 / 1_000_000) as u32;

fn series(
    telemetry: &Telemetry,
    subject: &str,
    period: (u32, u32),
    max_points: usize,
    now: u64,
) -> Vec<Point> {
    let period = Period { from: S0 + period.0, to: S0 + period.1 };
    telemetry.series(&subject.parse().unwrap(), period, max_points, second(now))
}

/// What is told of second `at`.
fn gauges(at: u32) -> Gauges {
    let instance = |ordinal| InstanceGauge {
        service: ServiceId(1),
        revision: 1,
        ordinal,
        in_flight: Some(at),
        cpu_cores: Some(0.25),
        memory_bytes: Some(1 << 20),
        disk_read_bytes: None,
        disk_written_bytes: Some(10.0),
    };
    Gauges {
        host: Some(HostStatus { cores: 4, cpu_cores: 1.5, sent_bytes: 7.0, ..HostStatus::default() }),
        services: vec![ServiceGauge {
            service: ServiceId(1),
            in_flight: Some(2 * at),
            waiting: None,
            ready: 2,
            ..ServiceGauge::default()
        }],
        routes: [1, 2]
            .map(|route| RouteGauge { route: RouteId(route), function: FunctionId(1), in_flight: at })
            .into(),
        instances: [1, 2].map(instance).into(),
    }
}

#[test]
fn points_are_as_fine_as_the_data_and_as_few_as_asked_for() {
    let (telemetry, _folder) = telemetry();
    for s in 0..3000 {
        telemetry.ingest(&Request { end: second(s), user: s + 1, ..Request::default() }.batch(), second(s));
    }
    let of = |period, max_points| {
        let points = series(&telemetry, "all", period, max_points, 3000);
        assert!(points.len() <= max_points, "{}", points.len());
        assert!(points.iter().all(|point| point.requests == u64::from(point.seconds)));
        assert!(points.windows(2).all(|pair| pair[0].at + pair[0].seconds == pair[1].at));
        (points.len(), points[0].seconds)
    };
    assert_eq!(of((2940, 3000), 1000), (60, 1));
    assert_eq!(of((2940, 3000), 30), (6, 10));
    assert_eq!(of((0, 3000), 1000), (300, 10));
    let (minutes, width) = of((0, 3000), 100);
    // The first is cut off by naru's start.
    assert_eq!(width, S0.next_multiple_of(60) - S0);
    assert_eq!(minutes, 50 + usize::from(!S0.is_multiple_of(60)));
    assert_eq!(of((600, 3000), 2).0, 2);
    // The current second and what is to come are left out.
    assert_eq!(series(&telemetry, "all", (2995, 4000), 100, 3000).len(), 5);
    assert!(series(&telemetry, "all", (3000, 4000), 100, 3000).is_empty());
    // 300 different users over any five minutes.
    let points = series(&telemetry, "all", (1000, 2000), 1000, 3000);
    assert!(points.iter().all(|point| point.active_users.is_some_and(|users| users.abs_diff(300) <= 15)));
}

#[test]
fn a_point_tells_of_requests_and_gauges() {
    let (telemetry, _folder) = telemetry();
    for s in 0..20 {
        let ok = Request { end: second(s), millis: 50, bytes: 100, ..Request::default() };
        let failed = Request { fault: Fault::Service, status: 500, ..ok };
        telemetry.ingest(&[ok.batch(), failed.batch()].concat(), second(s));
        telemetry.observe(&gauges(s as u32), second(s + 1) + Duration::from_millis(300));
    }
    let one = |subject| series(&telemetry, subject, (10, 20), 1, 20).remove(0);
    let service = one("service:booking");
    assert_eq!(
        (service.at, service.seconds, service.requests, service.service_errors),
        (S0 + 10, 10, 20, 10)
    );
    assert_eq!((service.sent_bytes, service.apdex.satisfied, service.apdex.frustrated), (200.0, 10, 10));
    assert_eq!((service.in_flight, service.waiting, service.instances), (Some(29.0), None, Some(2)));
    assert_eq!((service.cpu_cores, service.memory_bytes), (Some(0.5), Some(2 << 20)));
    assert_eq!((service.disk_read_bytes, service.disk_written_bytes), (None, Some(20.0)));
    let instance = one("instance:booking-1-2");
    assert_eq!((instance.requests, instance.in_flight, instance.cpu_cores), (0, Some(14.5), Some(0.25)));
    assert_eq!(instance.active_users, None);
    assert_eq!(one("function:booking-apply").in_flight, Some(29.0));
    assert_eq!(one("route:/booking/**").in_flight, Some(14.5));
    assert_eq!((one("all").in_flight, one("all").instances), (Some(29.0), Some(2)));
    let host = one("host");
    assert_eq!((host.cpu_cores, host.sent_bytes, host.requests), (Some(1.5), 7.0, 0));
}

#[test]
fn an_hour_later_a_point_of_ten_seconds_has_the_gauges_mean() {
    let (telemetry, _folder) = telemetry();
    for s in 0..10 {
        telemetry.observe(&gauges(s), second(u64::from(s) + 1) + Duration::from_millis(300));
    }
    let points = series(&telemetry, "service:booking", (0, 10), 10, 3000);
    let first: Vec<_> = points.iter().map(|point| point.in_flight).collect();
    let start = S0 % 10;
    assert_eq!(points.len(), if start == 0 { 1 } else { 2 });
    assert!(first.iter().all(Option::is_some));
    // Long after, nobody has said anything.
    assert!(
        series(&telemetry, "service:booking", (100, 200), 10, 3000)
            .iter()
            .all(|point| point.in_flight.is_none())
    );
}

#[test]
fn closed_minutes_hold_everything_once() {
    let (telemetry, _folder) = telemetry();
    for s in 0..300 {
        telemetry.ingest(&Request { end: second(s), user: 1 + s, ..Request::default() }.batch(), second(s));
    }
    let mut requests = 0;
    let newest = telemetry.live.closed_minute();
    assert!(newest + 60 <= S0 + 300 - 8 && newest + 120 > S0 + 300 - 8);
    for start in (S0 - S0 % 60..=newest).step_by(60) {
        let minute = telemetry.live.minute(start);
        let subjects: Vec<String> = minute.iter().map(|(subject, _)| subject.to_string()).collect();
        assert!(subjects.contains(&"function:booking-apply".to_owned()), "{subjects:?}");
        let all = minute.iter().find(|(subject, _)| subject.to_string() == "all").unwrap();
        requests += all.1.cell.counts.requests();
        let users = all.1.cell.users.as_ref().map(crate::users::Users::count);
        assert_eq!(users, Some(all.1.cell.counts.requests()));
    }
    assert_eq!(requests, u64::from(newest + 60 - S0));
}

proptest! {
    // Each opens a store on the disk.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_the_steps_everything_is_counted_once(
        mut ends in proptest::collection::vec(0u64..5000, 1..200),
        from in 0u32..3000,
        length in 1u32..3600,
        max_points in 1usize..500,
    ) {
        let (telemetry, _folder) = telemetry();
        ends.sort_unstable();
        for end in &ends {
            telemetry.ingest(&Request { end: second(*end), ..Request::default() }.batch(), second(*end));
        }
        let points = series(&telemetry, "all", (1400 + from, 1400 + from + length), max_points, 5000);
        for point in &points {
            let range = point.at..point.at + point.seconds;
            let given = ends.iter().filter(|end| range.contains(&(S0 + **end as u32))).count();
            prop_assert_eq!(point.requests, given as u64);
        }
        prop_assert!(points.len() <= max_points.max(2));
        prop_assert!(points.windows(2).all(|pair| pair[0].at + pair[0].seconds == pair[1].at));
    }
}
