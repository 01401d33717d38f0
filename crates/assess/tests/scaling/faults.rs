//! Faults that HPA is known for: shown on its model, and naru without them.

use naru_assess::simulate::{Hpa, Kpa, Naru, Spread, World, replay, replay_naru, service};
use naru_model::platform::Scale;
use naru_model::scaling::Level;

use crate::{before_naru, cpu, seconds, targets, trace, violated_from};

fn before_hpa(world: &World, trace: &naru_assess::simulate::Trace) -> naru_assess::simulate::Outcome {
    replay(world, trace, Spread::RoundRobin, &mut Hpa::new(0.8))
}

/// The processor is not measured while the load doubles: HPA has nothing else to go by and stands still.
#[test]
fn one_missing_figure_stops_nobody_who_has_another() {
    let world = World { unmeasured: Some((240, 660)), ..World::default() };
    let trace = trace(&[(100.0, 300), (250.0, 600)]);
    let hpa = before_hpa(&world, &trace);
    assert_eq!(hpa.wanted[290], hpa.wanted[600], "HPA had figures after all");
    assert!(violated_from(&hpa, 5) >= 5, "{:?}", hpa.violated);
    let naru = before_naru(&world, &trace, targets(&[cpu(80), Level::Concurrency(4)]));
    assert!(naru.wanted[310] >= 5, "{:?}", &naru.wanted[295..330]);
    assert!(violated_from(&naru, 6) == 0, "{:?}", naru.violated);
}

/// All figures are missing while the load falls and rises: nothing is concluded from that, and the number stays.
#[test]
fn nothing_is_decided_on_missing_figures() {
    let silent = Some((300, 900));
    let world = World { unmeasured: silent, unheard: silent, ..World::default() };
    let trace = trace(&[(200.0, 300), (50.0, 300), (200.0, 300), (50.0, 600)]);
    let naru = before_naru(&world, &trace, targets(&[cpu(80), Level::Concurrency(4)]));
    let silence = &naru.wanted[301..899];
    assert!(silence.iter().all(|count| *count == silence[0]), "{silence:?}");
    assert!(silence[0] >= 4);
    assert!(naru.wanted.last().is_some_and(|last| *last < silence[0]), "it never shrank once it saw again");
}

/// kubernetes#51650: overloaded instances stop answering their probes, and HPA leaves those that are young out of the count.
#[test]
fn overloaded_instances_that_stop_answering_freeze_nothing() {
    let world = World { unready_after: Some(seconds(1)), ..World::default() };
    let trace = trace(&[(100.0, 60), (500.0, 540)]);
    let frozen = before_hpa(&world, &trace);
    let answering = before_hpa(&World { unready_after: None, ..world.clone() }, &trace);
    assert!(
        frozen.wanted[180] < answering.wanted[180],
        "probes made no difference: {:?} {:?}",
        frozen.wanted[180],
        answering.wanted[180]
    );
    let naru = before_naru(&world, &trace, targets(&[cpu(80)]));
    assert!(naru.wanted[75] >= 10, "{:?}", &naru.wanted[58..90]);
    assert_eq!(violated_from(&naru, 2), 0, "{:?}", naru.violated);
    assert!(naru.violated.len() < frozen.violated.len());
}

/// kubernetes#28692: what an instance burns as it comes up is no load.
#[test]
fn processor_burnt_by_starting_instances_is_not_taken_for_load() {
    let world = World { burns: seconds(90), start_up_cores: 1.0, start_up: seconds(20), ..World::default() };
    let trace = trace(&[(100.0, 300), (170.0, 900)]);
    let quiet = World { burns: seconds(0), ..world.clone() };
    let (burnt, needed) = (before_hpa(&world, &trace).most, before_hpa(&quiet, &trace).most);
    assert!(burnt > needed + 2, "HPA took {burnt} instances, and {needed} without the burning");
    let scale = Scale { warm_up: seconds(90), ..targets(&[cpu(80)]) };
    let (naru, calm) = (before_naru(&world, &trace, scale.clone()), before_naru(&quiet, &trace, scale));
    assert!(naru.most <= calm.most, "{} {}", naru.most, calm.most);
    assert_eq!(violated_from(&naru, 7), 0, "{:?}", naru.violated);
}

/// A load that goes up and down every half minute is not followed down.
#[test]
fn a_load_that_swings_is_not_followed() {
    let swings: Vec<(f64, usize)> = [(120.0, 30), (190.0, 30)].repeat(30);
    let naru = before_naru(&World::default(), &trace(&swings), targets(&[cpu(80)]));
    let after_a_while = naru.wanted[180..].windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(after_a_while <= 12, "{after_a_while} changes in 27 minutes, 54 swings: {:?}", naru.wanted);
    assert!(naru.violated.is_empty(), "{:?}", naru.violated);
}

/// New instances of a rollout burn and old ones leave, under a steady load: nothing of that is a reason to scale.
#[test]
fn a_rollout_feeds_nothing_back() {
    let world = World { burns: seconds(60), ..World::default() };
    let trace = trace(&[(190.0, 1500)]);
    let hpa = replay(&world, &trace, Spread::RoundRobin, &mut Hpa::new(0.8).with_rollout(600));
    let before = hpa.wanted[599];
    assert!(hpa.wanted[600..].iter().any(|count| *count > before), "HPA kept still");
    let scale = Scale { warm_up: seconds(60), ..targets(&[cpu(80)]) };
    let mut naru = Naru::new(vec![service(&world, scale)], 100);
    let mut deploy = |second, naru: &mut Naru| {
        if second == 600 {
            naru.deploy(0, 600_000_000);
        }
    };
    let outcome = replay_naru(&world, &[trace], &mut naru, &mut deploy).remove(0);
    let before = outcome.wanted[599];
    assert!(outcome.kept[600..800].iter().any(|kept| *kept > before), "there was no rollout");
    let during = &outcome.wanted[600..1100];
    assert!(during.iter().all(|count| *count == before), "{during:?}");
    assert_eq!(outcome.kept[1099], before, "the rollout did not end");
    assert!(outcome.violated.is_empty(), "{:?}", outcome.violated);
}
/// A steady load comes by chance: KPA follows chance where the number of instances is just enough.
#[test]
fn a_steady_load_is_left_alone() {
    let world = World::default();
    let (mut scalings, mut followed) = (0, 0);
    for rate in [60.0, 100.0, 150.0, 190.0, 250.0] {
        let trace = trace(&[(rate, 3600)]);
        let naru = before_naru(&world, &trace, targets(&[cpu(80)]));
        assert!(naru.scalings <= 6, "{} scalings in an hour at a steady {rate}/s", naru.scalings);
        scalings += naru.scalings;
        assert!(naru.violated.is_empty(), "{:?} at {rate}/s", naru.violated);
        followed += replay(&world, &trace, Spread::Bounded(world.workers), &mut Kpa::default()).scalings;
    }
    assert!(followed > 2 * scalings, "KPA made {followed}, naru {scalings}");
}
