use naru_model::units::Percent;
use proptest::prelude::*;

use super::*;
use crate::clock::Clock;
use crate::fixture;
use crate::lease::{Failure, Lease};

const S: Duration = Duration::from_secs(1);

fn traffic() -> Traffic {
    Traffic {
        eject_after: 3,
        eject_for: 10 * S,
        eject_at_most: Percent { thousandths: 500 },
        ..Traffic::default()
    }
}

fn take(service: &Arc<crate::service::Service>, endpoint: &Arc<Endpoint>, clock: &Clock) -> Lease {
    Lease::take(service, endpoint, None, clock.now()).expect("there is no bound")
}

/// Lets one request at an endpoint fail.
fn fail(service: &Arc<crate::service::Service>, endpoint: &Arc<Endpoint>, clock: &Clock) {
    take(service, endpoint, clock).failed(Failure::Reset);
}

fn answer(service: &Arc<crate::service::Service>, endpoint: &Arc<Endpoint>, status: u16, clock: &Clock) {
    take(service, endpoint, clock).answered(Duration::from_millis(5), status);
}

#[test]
fn failures_in_a_row_eject_and_a_good_answer_between_forgives() {
    let clock = Clock::manual();
    let (service, endpoints) = fixture::service(traffic(), 4, &clock);
    let first = &endpoints[0];
    fail(&service, first, &clock);
    answer(&service, first, 503, &clock);
    answer(&service, first, 200, &clock);
    fail(&service, first, &clock);
    fail(&service, first, &clock);
    assert!(!first.ejection.is_ejected(clock.now()));
    answer(&service, first, 502, &clock);
    assert!(first.ejection.is_ejected(clock.now()));
    for _ in 0..200 {
        assert!(!Arc::ptr_eq(service.pick(&[]).unwrap().endpoint(), first));
    }
}

#[test]
fn an_ejection_ends_the_next_one_is_longer_and_good_conduct_is_remembered() {
    let clock = Clock::manual();
    let (service, endpoints) = fixture::service(traffic(), 4, &clock);
    let first = &endpoints[0];
    (0..3).for_each(|_| fail(&service, first, &clock));
    let mut lengths = Vec::new();
    for _ in 0..6 {
        let start = clock.now();
        while first.ejection.is_ejected(clock.now()) {
            clock.advance(S);
        }
        lengths.push(clock.now().since(start).as_secs());
        // One failure is enough once it is back.
        fail(&service, first, &clock);
        assert!(first.ejection.is_ejected(clock.now()));
    }
    assert_eq!(lengths, [10, 20, 40, 80, 100, 100]);
    clock.advance(201 * S);
    (0..3).for_each(|_| fail(&service, first, &clock));
    clock.advance(10 * S);
    assert!(!first.ejection.is_ejected(clock.now()), "it begins anew after as long without");
}

#[test]
fn the_last_one_is_never_ejected() {
    let clock = Clock::manual();
    let all = Traffic { eject_at_most: Percent { thousandths: 1000 }, ..traffic() };
    let (service, endpoints) = fixture::service(all, 2, &clock);
    for endpoint in &endpoints {
        (0..10).for_each(|_| fail(&service, endpoint, &clock));
    }
    assert!(endpoints[0].ejection.is_ejected(clock.now()));
    assert!(!endpoints[1].ejection.is_ejected(clock.now()));
}

#[test]
fn plain_errors_count_only_when_the_others_have_clearly_fewer() {
    let clock = Clock::manual();
    let (service, endpoints) = fixture::service(traffic(), 4, &clock);
    for _ in 0..30 {
        endpoints.iter().for_each(|endpoint| answer(&service, endpoint, 500, &clock));
    }
    assert!(
        endpoints.iter().all(|e| !e.ejection.is_ejected(clock.now())),
        "the same everywhere: the requests' doing"
    );
    clock.advance(11 * S);
    for _ in 0..30 {
        answer(&service, &endpoints[0], 500, &clock);
        endpoints[1..].iter().for_each(|endpoint| answer(&service, endpoint, 200, &clock));
    }
    let ejected: Vec<_> = endpoints.iter().map(|e| e.ejection.is_ejected(clock.now())).collect();
    assert_eq!(ejected, [true, false, false, false]);
}

#[test]
fn a_stream_that_stands_still_after_its_head_is_no_failure() {
    let clock = Clock::manual();
    let (service, endpoints) = fixture::service(traffic(), 4, &clock);
    for _ in 0..10 {
        let mut lease = take(&service, &endpoints[0], &clock);
        lease.answered(Duration::from_millis(5), 200);
        lease.failed(Failure::TimedOut);
    }
    assert!(!endpoints[0].ejection.is_ejected(clock.now()));
    for _ in 0..3 {
        take(&service, &endpoints[0], &clock).failed(Failure::TimedOut);
    }
    assert!(endpoints[0].ejection.is_ejected(clock.now()));
}

#[test]
fn a_refused_connection_takes_it_out_at_once_and_has_it_checked() {
    let clock = Clock::manual();
    let (service, endpoints) = fixture::service(traffic(), 2, &clock);
    take(&service, &endpoints[0], &clock).failed(Failure::Connect);
    assert!(endpoints[0].is_down());
    let checked = futures_util::FutureExt::now_or_never(endpoints[0].check_now.notified());
    assert!(checked.is_some(), "the checker is woken");
    take(&service, &endpoints[1], &clock).failed(Failure::Connect);
    assert!(service.pick(&[]).is_none(), "the floor is for those who might answer");
}

proptest! {
    #[test]
    fn never_more_are_out_than_allowed(
        steps in proptest::collection::vec((0usize..8, 0u64..30, 1u32..=8), 1..200),
        thousandths in 0u32..=1000,
    ) {
        let clock = Clock::manual();
        let traffic = Traffic { eject_at_most: Percent { thousandths }, ..traffic() };
        let (service, endpoints) = fixture::service(traffic.clone(), 8, &clock);
        let mut routed = 8;
        for (i, seconds, keep) in steps {
            clock.advance(Duration::from_secs(seconds));
            (0..3).for_each(|_| fail(&service, &endpoints[i], &clock));
            if seconds > 25 {
                // Some leave, or come back.
                routed = keep as usize;
                service.state.set_routed(endpoints[..routed].to_vec(), &traffic);
            }
            let out = ejected(&endpoints[..routed], clock.now());
            prop_assert!(out <= Percent { thousandths }.of(routed) && out < routed, "{out} of {routed}");
        }
    }
}
