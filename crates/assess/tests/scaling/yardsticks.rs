//! The models of HPA and KPA do what is published of them.

use naru_assess::simulate::{Hpa, Kpa, Outcome, Spread, Trace, World, replay};

use crate::trace;

fn hpa(trace: &Trace) -> Outcome {
    replay(&World { max: 50, ..World::default() }, trace, Spread::RoundRobin, &mut Hpa::new(0.8))
}

fn kpa(trace: &Trace) -> Outcome {
    let world = World { max: 50, ..World::default() };
    replay(&world, trace, Spread::Bounded(world.workers), &mut Kpa::default())
}

#[test]
fn hpa_lets_a_tenth_more_or_less_be() {
    // 4 instances at 164/s are 82 % busy: 4.1 would be right, and 5 are not asked for.
    let outcome = hpa(&trace(&[(155.0, 120), (164.0, 600)]));
    assert!(outcome.wanted.iter().all(|count| *count == 4), "{:?}", outcome.wanted);
}

#[test]
fn hpa_grows_from_saturation_by_a_quarter_at_each_sync() {
    let outcome = hpa(&trace(&[(100.0, 120), (1000.0, 240)]));
    assert_eq!(outcome.wanted[119], 3);
    // All workers are busy: 100 % used of 80 % wanted, and no more can be seen.
    for pair in outcome.wanted[120..].windows(2) {
        assert!(pair[1] <= (f64::from(pair[0]) * 1.25).ceil() as u32, "{pair:?}");
    }
    let syncs: Vec<usize> = (1..360).filter(|at| outcome.wanted[at - 1] != outcome.wanted[*at]).collect();
    assert!(syncs.iter().all(|at| at % 15 == 6), "{syncs:?}");
    assert!(outcome.wanted[359] > 10);
}

#[test]
fn hpa_shrinks_after_five_minutes_and_then_at_once() {
    let outcome = hpa(&trace(&[(300.0, 300), (60.0, 600)]));
    let before = outcome.wanted[299];
    assert!(outcome.wanted[300..590].iter().all(|count| *count == before), "{:?}", &outcome.wanted[300..590]);
    assert!(outcome.wanted[660] <= before / 2, "{:?}", &outcome.wanted[590..660]);
}

#[test]
fn kpa_panics_at_twice_the_load_and_does_not_shrink_for_a_minute() {
    let outcome = kpa(&trace(&[(100.0, 120), (500.0, 60), (100.0, 300)]));
    assert!(outcome.wanted[119] <= 4, "{:?}", &outcome.wanted[100..120]);
    assert!(outcome.wanted[130] >= 14, "{:?}", &outcome.wanted[118..140]);
    let panic = &outcome.wanted[124..184];
    assert!(panic.windows(2).all(|pair| pair[0] <= pair[1]), "{panic:?}");
    assert!(outcome.wanted[479] <= 4, "{:?}", &outcome.wanted[180..]);
}

#[test]
fn a_replay_is_the_same_each_time() {
    let trace = trace(&[(200.0, 300)]);
    assert_eq!(kpa(&trace), kpa(&trace));

    let outcome = kpa(&trace);
    assert!((outcome.requests as f64 / 60_000.0 - 1.0).abs() < 0.02, "{}", outcome.requests);
    assert_eq!((outcome.failed, outcome.minutes), (0, 5));
}
