//! Scaling by itself: how many instances, when, and what is said of it.

use std::time::Duration;

use naru_model::event::Kind;
use naru_model::instance::Phase;
use naru_model::platform::{InstanceSize, Scale};
use naru_model::scaling::{Bound, By, Condition, Level, Rule, Window};
use naru_model::units::{Cpu, Percent};

use crate::conduct::*;
use crate::crowd::*;
use crate::world::*;

fn scalings(world: &World) -> Vec<(u32, u32)> {
    let decisions = world.events.iter().filter(|event| event.kind == Kind::Scaled);
    decisions
        .map(|event| event.decision.as_ref().unwrap())
        .map(|decision| (decision.from, decision.to))
        .collect()
}

fn targets() -> Vec<Level> {
    vec![
        cpu(50),
        Level::Concurrency(5),
        rate(50),
        Level::P95(ms(300)),
        Level::Apdex(Percent { thousandths: 940 }),
    ]
}

#[test]
fn a_surge_is_answered_within_two_seconds_in_one_step_to_the_right_number() {
    for target in [cpu(50), Level::Concurrency(5), rate(50)] {
        let (mut world, mut crowds) = at_rest(kept_at(2, 20, &[target]), 80.0);
        assert_eq!(world.wanted("booking"), 2, "{target}\n{}", world.story());
        crowds[0].rate = 400.0;
        pass(&mut world, &mut crowds, 2);
        let first = scalings(&world)[0];
        assert!(first.1 >= 8, "{target}: {first:?}\n{}", world.story());
        pass(&mut world, &mut crowds, 60);
        let wanted = world.wanted("booking");
        assert!((8..=13).contains(&wanted), "{target}: {wanted}\n{}", world.story());
    }
}

#[test]
fn what_users_feel_is_kept_by_what_an_instance_was_seen_to_carry() {
    for target in [Level::P95(ms(300)), Level::Apdex(Percent { thousandths: 940 })] {
        let (mut world, mut crowds) = at_rest(kept_at(1, 20, &[target]), 80.0);
        crowds[0].rate = 400.0;
        pass(&mut world, &mut crowds, 60);
        let wanted = world.wanted("booking");
        assert!((5..=12).contains(&wanted), "{target}: {wanted}\n{}", world.story());
        assert_eq!(crowds[0].backlog, 0.0);
        let capacity = world.progress("booking").scaling.capacity.unwrap();
        assert!((40.0..=105.0).contains(&capacity.rate), "{capacity:?}");
        // Known by now: the next surge is answered at once, and rightly.
        world.events.clear();
        crowds[0].rate = 900.0;
        pass(&mut world, &mut crowds, 2);
        assert!(scalings(&world).last().is_some_and(|step| step.1 >= 9), "{target}\n{}", world.story());
    }
}

#[test]
fn of_several_targets_the_largest_wins_and_all_are_told() {
    let (mut world, mut crowds) = at_rest(kept_at(1, 20, &[cpu(80), rate(20), Level::Concurrency(9)]), 15.0);
    crowds[0].rate = 100.0;
    pass(&mut world, &mut crowds, 3);
    let event = world.events.iter().find(|event| event.kind == Kind::Scaled).unwrap();
    let decision = event.decision.as_ref().unwrap();
    let by: Vec<By> = decision.wishes.iter().map(|wish| wish.by).take(3).collect();
    assert_eq!(by, [By::Cpu, By::Rate, By::Concurrency]);
    assert_eq!(decision.to, 5, "{}", world.story());
    let expected =
        "booking from 1 to 5: 100.0 requests come per second and instance and 20 are wanted, which takes 5";
    assert!(event.message.starts_with(expected), "{}", event.message);
    assert_eq!(world.progress("booking").scaling.decision.as_ref(), Some(&**decision));
}

#[test]
fn it_shrinks_slowly_in_steps_and_to_what_is_needed() {
    let (mut world, mut crowds) = at_rest(kept_at(1, 20, &[rate(50)]), 800.0);
    let full = world.wanted("booking") as u32;
    assert!(full >= 16, "{}", world.story());
    crowds[0].rate = 100.0;
    pass(&mut world, &mut crowds, 55);
    assert_eq!(scalings(&world), [], "fewer have not been enough for a minute");
    pass(&mut world, &mut crowds, 300);
    let steps = scalings(&world);
    assert_eq!(steps[0].0, full);
    assert!(steps.len() >= 3 && steps.iter().all(|(from, to)| from - to <= from / 2), "{steps:?}");
    let said = world.said(Kind::Scaled)[0];
    assert!(said.contains("fewer have been enough for 1m"), "{said}");
    assert!((2..=3).contains(&world.wanted("booking")), "{}", world.story());
}

#[test]
fn steps_up_are_bounded_and_await_one_another() {
    let mut service = kept_at(10, 60, &[rate(50)]);
    service.scale.grow_by = Some(Percent { thousandths: 500 });
    let (mut world, mut crowds) = at_rest(service, 400.0);
    crowds[0].rate = 2_500.0;
    pass(&mut world, &mut crowds, 20);
    let steps = scalings(&world);
    assert_eq!(steps[..2], [(10, 15), (15, 22)], "{}", world.story());
    let event = world.events.iter().find(|event| event.kind == Kind::Scaled).unwrap();
    assert_eq!(event.decision.as_ref().unwrap().bounds, [Bound::Maximum, Bound::Step], "{}", event.message);
}

/// The first fault of HPA.
#[test]
fn missing_figures_never_shrink() {
    for target in targets() {
        let (mut world, mut crowds) = at_rest(kept_at(1, 20, &[target]), 400.0);
        crowds[0].rate = 1.0;
        crowds[0].silent = true;
        pass(&mut world, &mut crowds, 1);
        let before = world.wanted("booking");
        pass(&mut world, &mut crowds, 600);
        assert!(world.wanted("booking") >= before, "{target}\n{}", world.story());
    }
}

/// The second: kubernetes#51650.
#[test]
fn overloaded_instances_that_stopped_answering_do_not_hold_growth_up() {
    for target in [cpu(50), Level::Concurrency(5), rate(50)] {
        let (mut world, mut crowds) = at_rest(kept_at(2, 20, &[target]), 80.0);
        world.ones.values_mut().for_each(|one| one.hung = true);
        crowds[0].rate = 600.0;
        pass(&mut world, &mut crowds, 3);
        assert!(world.wanted("booking") >= 6, "{target}: {}\n{}", world.wanted("booking"), world.story());
    }
}

/// The third: kubernetes#28692.
#[test]
fn the_processor_that_a_start_takes_is_no_load() {
    let mut service = kept_at(2, 20, &[cpu(60)]);
    service.scale.warm_up = ms(30_000);
    let (mut world, mut crowds) = at_rest(service, 80.0);
    // New ones burn all they have; only what the warm ones use is told, or nothing while none is warm.
    let ids: Vec<_> = world.ones.keys().cloned().collect();
    world.kill(&ids[0]);
    pass(&mut world, &mut crowds, 10);
    for second in &mut crowds[0].seconds[80..] {
        second.cpu = None;
    }
    pass(&mut world, &mut crowds, 30);
    assert_eq!(scalings(&world), [], "{}", world.story());
}

/// The fourth, first half.
#[test]
fn a_steady_load_with_noise_makes_it_rest() {
    for target in targets() {
        let (mut world, mut crowds) = at_rest(kept_at(1, 20, &[target]), 400.0);
        let mut noise = 12_345_u64;
        for second in 0..900 {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            crowds[0].rate = 400.0 + ((noise >> 33) % 81) as f64 - 40.0;
            pass(&mut world, &mut crowds, 1);
            if second == 300 {
                world.events.clear();
            }
        }
        assert!(scalings(&world).len() <= 2, "{target} {:?}", scalings(&world));
    }
}

/// The fourth, second half.
#[test]
fn a_rollout_under_load_is_not_taken_for_load() {
    for target in targets() {
        let mut service = kept_at(1, 20, &[target]);
        service.rollout.surge = 3;
        service.scale.warm_up = ms(2_000);
        let (mut world, mut crowds) = at_rest(service, 400.0);
        pass(&mut world, &mut crowds, 240);
        world.events.clear();
        world.deploy("booking", Behaviour { healthy_after: Some(3_000), ..GOOD });
        pass(&mut world, &mut crowds, 20);
        assert_eq!(scalings(&world), [], "{target}\n{}", world.story());
        // And still it grows when more comes.
        if !matches!(target, Level::P95(_) | Level::Apdex(_)) {
            world.deploy("booking", Behaviour { healthy_after: Some(3_000), ..GOOD });
            crowds[0].rate = 800.0;
            pass(&mut world, &mut crowds, 3);
            assert!(scalings(&world).iter().all(|(from, to)| to > from), "{target}");
            assert!(!scalings(&world).is_empty(), "{target}\n{}", world.story());
        }
    }
}

/// Times and rates are of different seconds: their product may be a hair over what the instances there are carry.
#[test]
fn an_estimate_in_a_rollout_that_is_a_hair_over_is_not_taken_for_load() {
    let (mut world, mut crowds) = at_rest(kept_at(8, 20, &[Level::Concurrency(5)]), 300.0);
    pass(&mut world, &mut crowds, 600);
    crowds[0].rate = 400.0;
    pass(&mut world, &mut crowds, 30);
    assert_eq!(world.wanted("booking"), 8, "{}", world.story());
    world.events.clear();
    crowds[0].rate = 404.0;
    world.deploy("booking", Behaviour { healthy_after: Some(3_000), ..GOOD });
    pass(&mut world, &mut crowds, 20);
    assert_eq!(scalings(&world), [], "{}", world.story());
}

fn rule(level: Level, above: bool, seconds: u64, add: i32) -> Rule {
    Rule { when: Condition { level, above, lasts: Duration::from_secs(seconds) }, add }
}

#[test]
fn a_rule_fires_once_for_each_time_it_has_held_long_enough() {
    let mut service = kept_at(2, 10, &[]);
    service.scale.rules = vec![rule(cpu(50), true, 10, 2), rule(cpu(5), false, 20, -1)];
    let (mut world, mut crowds) = at_rest(service, 60.0);
    assert_eq!(world.wanted("booking"), 2);
    crowds[0].rate = 900.0;
    pass(&mut world, &mut crowds, 8);
    assert_eq!(scalings(&world), [], "it has not held for ten seconds");
    pass(&mut world, &mut crowds, 25);
    assert_eq!(scalings(&world), [(2, 4), (4, 6), (6, 8)], "{}", world.story());
    world.events.clear();
    (crowds[0].rate, crowds[0].backlog) = (1.0, 0.0);
    pass(&mut world, &mut crowds, 45);
    assert_eq!(scalings(&world), [(8, 7), (7, 6)], "{}", world.story());
    world.events.clear();
    crowds[0].rate = 900.0;
    crowds[0].silent = true;
    pass(&mut world, &mut crowds, 30);
    assert_eq!(scalings(&world), [], "nothing fires on figures that are missing");
}

#[test]
fn a_schedule_adds_on_top_and_is_over_when_it_is_over() {
    let (mut world, mut crowds) = at_rest(kept_at(1, 20, &[rate(50)]), 90.0);
    let before = world.wanted("booking") as u32;
    let (from, to) = (world.now, world.now + ms(60_000));
    crowds[0].windows = vec![Window { index: 0, from, to, add: 3 }];
    pass(&mut world, &mut crowds, 3);
    assert_eq!(scalings(&world), [(before, before + 3)], "{}", world.story());
    pass(&mut world, &mut crowds, 57);
    crowds[0].windows.clear();
    pass(&mut world, &mut crowds, 3);
    assert_eq!(world.wanted("booking") as u32, before, "{}", world.story());
}

#[test]
fn a_person_s_word_lets_policies_rest_and_they_go_on_from_there() {
    let (mut world, mut crowds) = at_rest(kept_at(1, 20, &[rate(50)]), 90.0);
    world.service("booking").count = Some(8);
    crowds[0].rate = 900.0;
    pass(&mut world, &mut crowds, 60);
    assert_eq!((world.wanted("booking"), scalings(&world)), (8, vec![]));
    crowds[0].rate = 90.0;
    crowds[0].backlog = 0.0;
    // Not yet as long as fewer must have been enough.
    pass(&mut world, &mut crowds, 40);
    world.service("booking").count = None;
    pass(&mut world, &mut crowds, 5);
    assert_eq!(world.wanted("booking"), 8, "{}", world.story());
    pass(&mut world, &mut crowds, 240);
    assert!(world.wanted("booking") <= 3, "{}", world.story());
}

#[test]
fn what_is_remembered_does_not_change_while_nothing_happens() {
    let (mut world, mut crowds) = at_rest(kept_at(2, 20, &targets()), 60.0);
    pass(&mut world, &mut crowds, 120);
    let before = world.progress("booking").clone();
    pass(&mut world, &mut crowds, 120);
    assert_eq!(*world.progress("booking"), before);
}

/// Two services of ten at most in a pool of eleven, of which each keeps two.
fn shared(priorities: [i32; 2]) -> (World, [Crowd; 2]) {
    let mut world = World::new();
    world.desired.pool.cpu = Cpu { millicores: 11_000 };
    world.slack = 100;
    for (of, priority) in ["booking", "portal"].into_iter().zip(priorities) {
        let mut service = kept_at(2, 10, &[rate(50)]);
        service.instance = InstanceSize { cpu: Some(Cpu { millicores: 1000 }), memory: None };
        service.scale = Scale { priority, ..service.scale };
        world.add(of, service);
        world.service(of).count = None;
    }
    let mut crowds = [Crowd::of("booking", 40.0), Crowd::of("portal", 40.0)];
    pass(&mut world, &mut crowds, 30);
    (world, crowds)
}

#[test]
fn a_service_borrows_the_pool_and_gives_it_back_to_the_more_important_one() {
    let (mut world, mut crowds) = shared([0, 10]);
    crowds[0].rate = 450.0;
    pass(&mut world, &mut crowds, 20);
    assert_eq!(world.healthy("booking").len(), 9, "{}", world.story());
    crowds[1].rate = 450.0;
    pass(&mut world, &mut crowds, 40);
    assert_eq!((world.healthy("booking").len(), world.healthy("portal").len()), (2, 9), "{}", world.story());
    assert_eq!(
        world.said(Kind::NoRoom).len(),
        2,
        "each shortage is said once: {:?}",
        world.said(Kind::NoRoom)
    );
    (crowds[1].rate, crowds[1].backlog) = (40.0, 0.0);
    pass(&mut world, &mut crowds, 240);
    assert!(world.healthy("booking").len() >= 8, "{}", world.story());
    assert_eq!(world.in_phase(Phase::Draining).len(), 0);
}

#[test]
fn equals_share_by_need_and_do_not_take_from_each_other_again_and_again() {
    let (mut world, mut crowds) = shared([0, 0]);
    (crowds[0].rate, crowds[1].rate) = (900.0, 900.0);
    pass(&mut world, &mut crowds, 60);
    let shares = [world.healthy("booking").len(), world.healthy("portal").len()];
    assert_eq!((shares[0] + shares[1], shares[0].abs_diff(shares[1])), (11, 1), "{}", world.story());
    world.actions.clear();
    pass(&mut world, &mut crowds, 300);
    assert_eq!(world.actions, [], "they take from each other");
}
