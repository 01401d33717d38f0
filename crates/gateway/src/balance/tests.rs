use proptest::prelude::*;

use super::*;
use crate::clock::Clock;
use crate::fixture;

mod simulation;

fn by(clock: &Clock) -> Conditions<'static> {
    Conditions {
        not: &[],
        warm_up: Duration::ZERO,
        most: None,
        last_resort: true,
        average: 50_000.0,
        now: clock.now(),
    }
}

/// How often each endpoint is chosen in so many choices, nothing being in flight.
fn shares(routed: &[Arc<Endpoint>], by: Conditions<'_>, choices: usize) -> Vec<usize> {
    let mut random = Random::from_seed(7);
    let mut counts = vec![0; routed.len()];
    for _ in 0..choices {
        let chosen = choose(routed, by, &mut random).expect("one will do");
        counts[routed.iter().position(|e| Arc::ptr_eq(e, chosen)).unwrap()] += 1;
    }
    counts
}

#[test]
fn equals_get_equal_shares() {
    let clock = Clock::manual();
    let routed: Vec<_> = (1..=5).map(|i| fixture::endpoint(i, &clock)).collect();
    let counts = shares(&routed, by(&clock), 10_000);
    assert!(counts.iter().all(|n| (1850..2150).contains(n)), "{counts:?}");
}

#[test]
fn the_one_with_less_in_flight_is_taken() {
    let clock = Clock::manual();
    let routed: Vec<_> = (1..=2).map(|i| fixture::endpoint(i, &clock)).collect();
    assert!(routed[0].lease(None, clock.now()));
    assert_eq!(shares(&routed, by(&clock), 100), [0, 100]);
}

#[test]
fn who_failed_this_request_is_avoided_while_there_is_another() {
    let clock = Clock::manual();
    let routed: Vec<_> = (1..=3).map(|i| fixture::endpoint(i, &clock)).collect();
    let failed = [routed[0].key(), routed[1].key()];
    let by = Conditions { not: &failed, ..by(&clock) };
    assert_eq!(shares(&routed, by, 100), [0, 0, 100]);
    assert_eq!(shares(&routed[..1], by, 10), [10], "better once more than not at all");
}

#[test]
fn the_ill_are_tried_only_when_all_are_and_the_down_never() {
    let clock = Clock::manual();
    let routed: Vec<_> = (1..=3).map(|i| fixture::endpoint(i, &clock)).collect();
    routed[0].set_unhealthy(true);
    routed[1].set_down(true);
    assert_eq!(shares(&routed, by(&clock), 100), [0, 0, 100]);
    routed[2].set_unhealthy(true);
    let counts = shares(&routed, by(&clock), 100);
    assert!(counts[0] > 0 && counts[1] == 0 && counts[2] > 0, "{counts:?}");
    routed[0].set_down(true);
    routed[2].set_down(true);
    assert!(choose(&routed, by(&clock), &mut Random::from_seed(1)).is_none());
}

#[test]
fn the_share_of_a_new_endpoint_grows_with_its_time() {
    let clock = Clock::manual();
    let mut routed: Vec<_> = (1..=3).map(|i| fixture::endpoint(i, &clock)).collect();
    let cold = fixture::endpoint(4, &clock);
    cold.unroute();
    cold.route(false, clock.now());
    routed.push(cold);
    let warm_up = Duration::from_secs(10);
    let mut last = 0;
    for (elapsed, bounds) in [(0, 150..400), (5, 1000..1700), (10, 2300..2700)] {
        let by = Conditions { warm_up, now: clock.now() + Duration::from_secs(elapsed), ..by(&clock) };
        let counts = shares(&routed, by, 10_000);
        assert!(bounds.contains(&counts[3]) && counts[3] > last, "after {elapsed} s: {counts:?}");
        last = counts[3];
    }
}

#[test]
fn when_all_are_new_none_is_starved() {
    let clock = Clock::manual();
    let routed: Vec<_> = (1..=3).map(|i| fixture::endpoint(i, &clock)).collect();
    for endpoint in &routed {
        endpoint.unroute();
        endpoint.route(false, clock.now());
    }
    let by = Conditions { warm_up: Duration::from_secs(10), ..by(&clock) };
    let counts = shares(&routed, by, 3_000);
    assert!(counts.iter().all(|n| *n > 500), "{counts:?}");
}

proptest! {
    #[test]
    fn the_chosen_one_is_never_worse_than_it_must_be(
        states in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>(), 0u32..5), 0..12),
        seed in any::<u64>(),
    ) {
        let clock = Clock::manual();
        let mut not = Vec::new();
        let routed: Vec<_> = (0u32..).zip(&states).map(|(i, (unhealthy, down, avoid, in_flight))| {
            let endpoint = fixture::endpoint(i + 1, &clock);
            endpoint.set_unhealthy(*unhealthy);
            endpoint.set_down(*down);
            (0..*in_flight).for_each(|_| assert!(endpoint.lease(None, clock.now())));
            if *avoid {
                not.push(endpoint.key());
            }
            endpoint
        }).collect();
        let rank = |i: usize| match states[i] {
            (_, true, _, _) => 3,
            (true, ..) => 2,
            (_, _, true, _) => 1,
            _ => 0,
        };
        let best = (0..states.len()).map(rank).min();
        let by = Conditions { not: &not, ..by(&clock) };
        let chosen = choose(&routed, by, &mut Random::from_seed(seed));
        let chosen = chosen.map(|c| routed.iter().position(|e| Arc::ptr_eq(e, c)).unwrap());
        prop_assert_eq!(chosen.map(rank), best.filter(|rank| *rank < 3));
    }
}
