//! What the controller is told.

use std::sync::Arc;
use std::time::Duration;

use super::records::{Request, second, telemetry};
use crate::{Gauges, ServiceGauge, Telemetry};
use naru_model::apdex::Apdex;
use naru_model::record::Fault;
use naru_model::scaling::{CpuUse, Second};
use naru_model::snapshot::ServiceId;
use naru_model::units::Timestamp;
use proptest::prelude::*;

/// 300 ms after the end of this second since the start: when it is told of.
fn after(number: u64) -> Timestamp {
    second(number + 1) + Duration::from_millis(300)
}

fn gauge(begun: u64, ready: u32) -> ServiceGauge {
    let cpu = Some(CpuUse { cores: 0.5, instances: 1 });
    ServiceGauge {
        service: ServiceId(1),
        in_flight: Some(4),
        waiting: Some(2),
        begun: Some(begun),
        ready,
        cpu,
    }
}

fn observe(telemetry: &Telemetry, at: u64, gauge: ServiceGauge) {
    telemetry.observe(&Gauges { services: vec![gauge], ..Gauges::default() }, after(at));
}

fn signals(telemetry: &Telemetry, at: u64) -> Arc<[Second]> {
    telemetry.signals(&"booking".parse().unwrap(), 600, after(at))
}

#[test]
fn a_second_is_told_of_right_after_its_end() {
    let (telemetry, _folder) = telemetry();
    observe(&telemetry, 9, gauge(100, 1));
    let ok = Request { end: second(10) + Duration::from_millis(999), millis: 50, ..Request::default() };
    let failed = Request { status: 502, fault: Fault::Service, ..ok };
    let refused = Request { status: 503, fault: Fault::Platform, ..ok };
    // 100 ms late, as batches come.
    let late = second(11) + Duration::from_millis(99);
    telemetry.ingest(&[ok.batch(), ok.batch(), failed.batch(), refused.batch()].concat(), late);
    observe(&telemetry, 10, gauge(107, 3));
    let seconds = signals(&telemetry, 10);
    assert_eq!(seconds.len(), 2);
    let last = &seconds[1];
    assert_eq!(u64::from(last.at), second(10).0 / 1_000_000);
    assert_eq!((last.arrived, last.ended, last.service_errors, last.platform_errors), (Some(7), 4, 1, 1));
    assert_eq!((last.in_flight, last.waiting, last.ready), (Some(4), Some(2), 3));
    assert_eq!(last.cpu, Some(CpuUse { cores: 0.5, instances: 1 }));
    assert_eq!(last.apdex, Apdex { satisfied: 2, tolerating: 0, frustrated: 2 });
    assert!((last.response_seconds - 0.2).abs() < 1e-9);
    assert!(last.p95_seconds.is_some_and(|p95| (p95 - 0.05).abs() < 0.0005));
    // The first has no second before it to tell what came.
    assert_eq!((seconds[0].arrived, seconds[0].p95_seconds), (None, None));
}

#[test]
fn late_records_still_count_in_their_second_and_in_the_p95_of_the_ten_after_it() {
    let (telemetry, _folder) = telemetry();
    for at in 0..=20 {
        observe(&telemetry, at, gauge(0, 1));
    }
    assert_eq!(signals(&telemetry, 20)[15].ended, 0);
    telemetry.ingest(&Request { end: second(15), ..Request::default() }.batch(), after(20));
    let seconds = signals(&telemetry, 20);
    assert_eq!(seconds.iter().map(|second| second.ended).collect::<Vec<_>>()[14..=16], [0, 1, 0]);
    let known: Vec<usize> = (0..seconds.len()).filter(|at| seconds[*at].p95_seconds.is_some()).collect();
    assert_eq!(known, (15..=20).collect::<Vec<_>>());
    for at in 21..=30 {
        observe(&telemetry, at, gauge(0, 1));
    }
    let seconds = signals(&telemetry, 30);
    let known: Vec<usize> = (0..seconds.len()).filter(|at| seconds[*at].p95_seconds.is_some()).collect();
    assert_eq!(known, (15..=24).collect::<Vec<_>>());
}

#[test]
fn a_new_gateway_counts_from_zero_and_nothing_is_concluded_from_silence() {
    let (telemetry, _folder) = telemetry();
    observe(&telemetry, 0, gauge(1000, 2));
    observe(&telemetry, 1, gauge(1010, 2));
    // The gateway is gone, and another one has begun.
    let silence = ServiceGauge { in_flight: None, waiting: None, begun: None, ..gauge(0, 2) };
    observe(&telemetry, 2, silence);
    observe(&telemetry, 3, gauge(6, 2));
    observe(&telemetry, 4, gauge(11, 2));
    let seconds = signals(&telemetry, 4);
    let arrived: Vec<_> = seconds.iter().map(|second| second.arrived).collect();
    // Six came in two seconds.
    assert_eq!(arrived, [None, Some(10), None, Some(3), Some(5)]);
    assert_eq!((seconds[2].in_flight, seconds[2].waiting, seconds[2].ready), (None, None, 2));
}

#[test]
fn what_is_said_later_of_the_same_second_holds() {
    let (telemetry, _folder) = telemetry();
    observe(&telemetry, 0, gauge(10, 1));
    observe(&telemetry, 1, gauge(14, 1));
    observe(&telemetry, 1, gauge(15, 2));
    let seconds = signals(&telemetry, 1);
    assert_eq!((seconds[1].arrived, seconds[1].ready), (Some(5), 2));
}

#[test]
fn who_was_never_observed_has_no_signals() {
    let (telemetry, _folder) = telemetry();
    telemetry.ingest(&Request { end: second(1), ..Request::default() }.batch(), second(1));
    assert!(signals(&telemetry, 5).is_empty());
    assert!(telemetry.signals(&"unknown".parse().unwrap(), 600, after(5)).is_empty());
}

proptest! {
    // Each opens a store on the disk.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn seconds_have_no_gap_and_are_at_most_ten_minutes(
        mut told in proptest::collection::vec(0u64..1500, 1..60),
        asked in 1u32..700,
        later in 0u64..900,
    ) {
        let (telemetry, _folder) = telemetry();
        told.sort_unstable();
        for at in &told {
            observe(&telemetry, *at, gauge(at * 7, 1));
        }
        let newest = told.last().unwrap() + later;
        let seconds = telemetry.signals(&"booking".parse().unwrap(), asked, after(newest));
        prop_assert!(seconds.len() <= asked.min(600) as usize);
        prop_assert!(seconds.windows(2).all(|pair| pair[0].at + 1 == pair[1].at));
        prop_assert_eq!(seconds.last().map(|last| u64::from(last.at)), Some(second(newest).0 / 1_000_000));
        let told_of = |second: &Second| told.iter().any(|at| super::records::second(*at).0 / 1_000_000 == u64::from(second.at));
        prop_assert!(seconds.iter().all(|second| second.in_flight.is_some() == told_of(second)));
        // Seven a second, whatever was left out.
        prop_assert!(seconds.iter().all(|second| second.arrived.is_none_or(|arrived| arrived == 7)));
    }
}
