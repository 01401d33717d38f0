//! One test per behaviour, in a world whose every decision is checked as well.

use naru_model::event::Kind;
use naru_model::instance::Phase;
use naru_model::observed::{Process, RevisionTraffic};
use naru_model::plan::Action;
use naru_model::platform::InstanceSize;
use naru_model::units::Cpu;

use crate::conduct::*;
use crate::world::*;

fn starts(world: &World) -> Vec<String> {
    let started = world.actions.iter().filter_map(|(_, action)| match action {
        Action::Start(id) => Some(id.to_string()),
        _ => None,
    });
    started.collect()
}

fn cores(n: u64) -> InstanceSize {
    InstanceSize { cpu: Some(Cpu { millicores: n * 1000 }), memory: None }
}

#[test]
fn the_first_start_brings_the_minimum_and_proves_the_revision() {
    let mut world = World::new();
    world.add("booking", service(3, 5));
    world.run(1_000);
    assert_eq!(starts(&world), ["booking-1-1", "booking-1-2", "booking-1-3"]);
    assert_eq!(world.progress("booking").stable, 1);
    assert_eq!(world.said(Kind::RolloutFinished), ["revision 1 of booking has all 3 ready after 300ms"]);
    world.assert_at_rest();
}

#[test]
fn a_crashed_instance_is_replaced_at_once_and_said_in_words() {
    let mut world = World::with(service(2, 5));
    let victim = world.healthy("booking")[0].clone();
    world.kill(&victim);
    let at = world.now;
    world.run(1_000);
    assert_eq!(world.actions[0], (at, Action::Unroute(victim.clone())));
    assert_eq!(world.actions[1], (at, Action::Forget(victim)));
    assert_eq!(world.actions[2].0, at, "the replacement starts at once");
    assert_eq!(
        world.said(Kind::InstanceExited),
        [
            "booking-1-1 was killed by SIGKILL (from outside, or for want of memory) after 5s; starting another now"
        ]
    );
    world.assert_at_rest();
}

#[test]
fn a_second_crash_waits_and_says_for_how_long() {
    let mut world = World::with(service(1, 1));
    for _ in 0..2 {
        let victim = world.healthy("booking")[0].clone();
        world.kill(&victim);
        world.run(499);
    }
    assert_eq!(starts(&world), ["booking-1-2"]);
    world.run(1);
    assert_eq!(starts(&world), ["booking-1-2", "booking-1-3"]);
    let said = world.said(Kind::InstanceExited)[1];
    assert!(said.ends_with("after 499ms; starting another in 500ms (2nd crash in a minute)"), "{said}");
}

#[test]
fn a_crash_loop_is_said_once_and_tried_every_half_minute_until_it_is_over() {
    let mut world = World::new();
    world.add("booking", service(1, 1));
    world.behaviours.insert((name("booking"), 1), EXITS_AT_ONCE);
    world.run(120_000);
    let said = world.said(Kind::CrashLoop);
    assert_eq!(
        said,
        [
            "revision 1 of booking keeps crashing: 5 times within a minute, the last one exited with code 1; it is tried \
          again every 30s, see `naru logs booking`"
        ]
    );
    // 0, 0.05, 0.6, 1.65, 3.7 s, and then every 30 s.
    assert_eq!(starts(&world).len(), 5 + 3);
    world.behaviours.insert((name("booking"), 1), GOOD);
    world.run(70_000);
    world.assert_at_rest();
    assert_eq!(world.progress("booking").crash_loop, None);
    assert!(world.progress("booking").crashes.is_empty());
}

#[test]
fn a_hung_instance_leaves_the_table_at_once_and_is_replaced_at_once() {
    let mut world = World::with(service(3, 5));
    let victim = world.healthy("booking")[1].clone();
    world.ones.get_mut(&victim).unwrap().hung = true;
    let at = world.now;
    world.run(10_000);
    assert_eq!(world.actions[0], (at, Action::Unroute(victim.clone())));
    assert!(matches!(&world.actions[1], (when, Action::Start(_)) if *when == at));
    let stopped =
        world.actions.iter().find(|(_, a)| matches!(a, Action::Stop { id, .. } if *id == victim)).unwrap();
    assert!(stopped.0.since(at) <= ms(1_000), "its requests are not waited for as long as a healthy one's");
    world.assert_at_rest();
}

#[test]
fn the_only_instance_is_replaced_before_it_is_taken_out() {
    let mut world = World::with(service(1, 1));
    let victim = world.healthy("booking")[0].clone();
    world.ones.get_mut(&victim).unwrap().hung = true;
    world.run(10_000);
    let kinds: Vec<_> = world.actions.iter().map(|(_, a)| std::mem::discriminant(a)).collect();
    let id = victim.clone();
    let order = [
        Action::Start(id.clone()),
        Action::Route(id.clone()),
        Action::Unroute(id.clone()),
        Action::Stop { id: id.clone(), grace: ms(0) },
        Action::Forget(id),
    ];
    assert_eq!(kinds, order.iter().map(std::mem::discriminant).collect::<Vec<_>>(), "{}", world.story());
    world.assert_at_rest();
}

#[test]
fn when_all_fail_together_one_is_replaced_at_a_time() {
    let mut world = World::with(service(6, 6));
    for one in world.ones.values_mut() {
        one.hung = true;
    }
    // What they depend on is gone: new ones do not get healthy either.
    world.behaviours.insert((name("booking"), 1), NEVER_HEALTHY);
    world.run(59_000);
    assert_eq!(world.in_phase(Phase::Ready).len(), 6, "the old ones stay: they may come back");
    assert!(starts(&world).len() <= 3, "{}", world.story());
    for one in world.ones.values_mut() {
        one.hung = false;
        one.behaviour = GOOD;
    }
    world.behaviours.insert((name("booking"), 1), GOOD);
    world.run(60_000);
    world.assert_at_rest();
}

#[test]
fn what_does_not_get_healthy_in_time_is_stopped_and_tried_again() {
    let mut world = World::new();
    world.add("booking", service(1, 1));
    world.behaviours.insert((name("booking"), 1), NEVER_HEALTHY);
    world.run(21_000);
    assert_eq!(starts(&world), ["booking-1-1", "booking-1-2"]);
    assert_eq!(
        world.said(Kind::InstanceUnhealthy),
        ["booking-1-1 was not healthy within 20s (no answer in 1s); starting another now"]
    );
}

#[test]
fn a_rollout_adds_before_it_removes_and_never_has_more_than_the_surge() {
    let mut service = service(3, 3);
    service.rollout.surge = 1;
    let mut world = World::with(service);
    world.deploy("booking", GOOD);
    let mut most = 0;
    for _ in 0..200 {
        world.run(10);
        assert!(world.healthy("booking").len() >= 3, "{}", world.story());
        let in_use = world.ones.values().filter(|one| one.phase <= Phase::Ready).count();
        most = most.max(in_use);
    }
    assert_eq!(most, 4);
    assert_eq!(world.progress("booking").stable, 1, "it is watched still");
    world.run(10_000);
    assert_eq!(
        (world.progress("booking").stable, world.progress("booking").proved.as_slice()),
        (2, &[1, 2][..])
    );
    world.assert_at_rest();
}

#[test]
fn a_new_instance_is_warm_before_an_old_one_goes() {
    let mut service = service(1, 1);
    service.scale.warm_up = ms(3_000);
    let mut world = World::with(service);
    world.deploy("booking", GOOD);
    world.run(3_250);
    assert_eq!(world.healthy("booking").len(), 2);
    world.run(100);
    assert_eq!(world.healthy("booking").len(), 1);
}

#[test]
fn a_fixed_port_is_given_up_before_it_is_taken() {
    let mut service = service(1, 1);
    service.port = Some(8080);
    let mut world = World::with(service);
    world.slack = 1;
    world.deploy("booking", GOOD);
    for _ in 0..100 {
        world.run(10);
        assert!(world.ones.len() <= 1, "two hold one port\n{}", world.story());
    }
    assert_eq!(world.healthy("booking")[0].to_string(), "booking-2-1");
}

#[test]
fn without_room_for_one_more_one_goes_before_one_comes() {
    let mut service = service(3, 3);
    service.instance = cores(1);
    let mut world = World::new();
    world.desired.pool.cpu = Cpu { millicores: 3_000 };
    world.add("booking", service);
    world.run(2_000);
    world.slack = 1;
    world.deploy("booking", GOOD);
    for _ in 0..300 {
        world.run(10);
        assert!(world.healthy("booking").len() >= 2, "{}", world.story());
    }
    world.run(10_000);
    world.assert_at_rest();
    assert_eq!(world.progress("booking").stable, 2);
}

#[test]
fn three_failed_starts_take_a_rollout_back() {
    let mut world = World::with(service(2, 2));
    world.deploy("booking", EXITS_AT_ONCE);
    world.run(5_000);
    assert_eq!(starts(&world), ["booking-2-1", "booking-2-2", "booking-2-3"]);
    assert_eq!(
        world.said(Kind::RolledBack),
        [
            "booking goes back from revision 2 to revision 1: booking-2-3 exited with code 1 after 50ms, the 3rd failed start"
        ]
    );
    world.assert_at_rest();
    assert_eq!(world.progress("booking").target, 1);
}

#[test]
fn a_revision_that_dies_while_it_is_watched_is_taken_back_without_a_gap_in_what_is_left() {
    let mut world = World::with(service(3, 3));
    world.deploy("booking", DIES_SOON);
    world.run(60_000);
    assert_eq!(world.said(Kind::RolledBack).len(), 1, "{}", world.story());
    assert_eq!((world.progress("booking").stable, world.progress("booking").target), (1, 1));
    world.assert_at_rest();
}

#[test]
fn a_revision_that_hangs_is_taken_back() {
    let mut world = World::with(service(3, 3));
    world.deploy("booking", HANGS_SOON);
    world.run(60_000);
    let said = world.said(Kind::RolledBack);
    assert_eq!(said.len(), 1, "{}", world.story());
    assert!(said[0].contains("fails its health check (no answer in 1s)"), "{said:?}");
    world.assert_at_rest();
}

#[test]
fn a_revision_that_errs_is_taken_back_with_the_figures() {
    let mut world = World::with(service(2, 2));
    world.deploy("booking", GOOD);
    world.run(2_000);
    let booking = || name("booking");
    world.traffic = vec![
        RevisionTraffic { service: booking(), revision: 1, requests: 500, errors: 5 },
        RevisionTraffic { service: booking(), revision: 2, requests: 50, errors: 20 },
    ];
    world.run(30_000);
    let expected = "booking goes back from revision 2 to revision 1: 40.0% of 50 requests to revision 2 failed, 1.0% of 500 \
                    requests to revision 1 failed";
    assert_eq!(world.said(Kind::RolledBack), [expected]);
    world.assert_at_rest();
}

#[test]
fn a_crash_during_a_rollout_is_replaced_by_what_is_proven_until_the_new_is() {
    let mut world = World::with(service(3, 3));
    world.deploy("booking", NEVER_HEALTHY);
    world.run(1_000);
    let victim = world.healthy("booking")[0].clone();
    world.kill(&victim);
    world.run(1_000);
    assert_eq!(world.healthy("booking").len(), 3, "{}", world.story());
    assert!(world.healthy("booking").iter().all(|id| id.revision == 1));
}

#[test]
fn a_deployment_during_a_rollout_takes_its_place() {
    let mut world = World::with(service(3, 3));
    world.deploy("booking", NEVER_HEALTHY);
    world.run(1_000);
    world.deploy("booking", GOOD);
    world.run(20_000);
    assert_eq!(world.progress("booking").proved, [1, 3]);
    assert!(world.said(Kind::RolledBack).is_empty());
    world.assert_at_rest();
}

#[test]
fn hundreds_of_deployments_follow_one_another_without_waiting_for_the_watch() {
    let mut world = World::with(service(3, 3));
    let began = world.now;
    for _ in 0..199 {
        let revision = world.deploy("booking", GOOD);
        while world.progress("booking").complete_since.is_none() {
            world.run(10);
            assert!(world.healthy("booking").len() >= 3, "{}", world.story());
        }
        assert!(world.healthy("booking").iter().all(|id| id.revision == revision));
    }
    let each = world.now.since(began) / 199;
    assert!(each <= ms(1_000), "three starts of 300 ms one after another took {each:?}");
    assert!(world.progress("booking").ordinals.len() <= 102);
    world.run(20_000);
    world.assert_at_rest();
}

#[test]
fn scaling_adds_and_removes_the_youngest() {
    let mut world = World::with(service(2, 10));
    world.service("booking").count = Some(5);
    world.run(2_000);
    world.assert_at_rest();
    world.service("booking").count = Some(3);
    world.run(2_000);
    world.assert_at_rest();
    let left: Vec<_> = world.ones.keys().map(ToString::to_string).collect();
    assert_eq!(left, ["booking-1-1", "booking-1-2", "booking-1-3"]);
    world.service("booking").count = Some(99);
    world.run(2_000);
    assert_eq!(world.ones.len(), 10, "the file's maximum holds");
}

#[test]
fn requests_in_flight_are_waited_for_until_the_drain_time_is_over() {
    let mut world = World::with(service(1, 3));
    world.service("booking").count = Some(2);
    world.run(2_000);
    world.request_ms = 60_000;
    world.service("booking").count = Some(1);
    let at = world.now;
    world.run(10_000);
    let stop = world.actions.iter().find(|(_, action)| matches!(action, Action::Stop { .. })).unwrap();
    assert_eq!(stop.0.since(at), ms(5_000));
    assert!(world.said(Kind::InstanceRemoved).iter().any(|m| m.contains("1 requests in flight after 5s")));
}

#[test]
fn without_a_gateway_only_the_dead_are_replaced() {
    let mut world = World::with(service(3, 3));
    world.deploy("booking", GOOD);
    world.run(100);
    world.lose_gateway();
    world.actions.clear();
    world.run(60_000);
    assert!(world.actions.is_empty(), "{:?}", world.actions);
    let victim = world.in_phase(Phase::Ready)[0].clone();
    world.kill(&victim);
    world.run(1_000);
    assert_eq!(
        world.actions.len(),
        3,
        "out, forgotten, replaced
{}",
        world.story()
    );
    assert_eq!(starts(&world), ["booking-1-4"]);
    world.find_gateway();
    world.run(60_000);
    world.assert_at_rest();
}

#[test]
fn a_server_that_starts_again_goes_on_where_it_was() {
    let mut world = World::with(service(3, 3));
    world.deploy("booking", GOOD);
    world.run(450);
    world.restart_server();
    world.run(30_000);
    world.assert_at_rest();
    assert_eq!(world.progress("booking").proved, [1, 2]);
}

#[test]
fn a_machine_that_went_down_gets_everything_back_at_once_and_blames_no_revision() {
    let mut world = World::with(service(4, 4));
    world.deploy("booking", GOOD);
    world.run(5_000);
    let now = world.now;
    for one in world.ones.values_mut() {
        one.process = Process::Exited { at: now, code: None, signal: None };
    }
    world.run(1_000);
    assert_eq!(world.healthy("booking").len(), 4);
    assert!(world.said(Kind::RolledBack).is_empty());
    assert!(world.said(Kind::CrashLoop).is_empty());
}

#[test]
fn a_removed_service_is_drained_and_ends() {
    let mut world = World::with(service(2, 2));
    world.service("booking").removed = true;
    world.run(1_000);
    assert!(world.desired.services.is_empty());
    assert_eq!(world.said(Kind::ServiceEnded).len(), 1);
}

#[test]
fn instances_of_a_service_that_nobody_knows_are_sent_away() {
    let mut world = World::with(service(2, 2));
    world.desired.services.clear();
    world.run(1_000);
    assert!(world.ones.is_empty());
}

#[test]
fn minimums_come_first_and_then_the_priority() {
    let mut world = World::new();
    world.desired.pool.cpu = Cpu { millicores: 5_000 };
    for (of, priority) in [("low", 0), ("high", 10)] {
        let mut service = service(1, 8);
        service.instance = cores(1);
        service.scale.priority = priority;
        world.add(of, service);
        world.service(of).count = Some(8);
    }
    world.run(2_000);
    assert_eq!((world.healthy("low").len(), world.healthy("high").len()), (1, 4));
    assert_eq!(world.said(Kind::NoRoom).len(), 2, "once for each\n{}", world.story());
    let expected = "no room for 8 instances of high at 1 cpu each: the pool of 5 cpu and 100Gi memory has room for 4; lower \
                    counts or sizes, or enlarge the pool";
    assert_eq!(world.said(Kind::NoRoom)[0], expected);
    world.slack = 100;
    world.service("low").count = Some(1);
    world.service("high").count = Some(2);
    world.run(2_000);
    world.assert_at_rest();
    assert!(!world.progress("high").no_room);
}

#[test]
fn room_is_taken_from_a_lower_priority_in_the_safe_order() {
    let mut world = World::new();
    world.desired.pool.cpu = Cpu { millicores: 4_000 };
    let mut low = service(1, 4);
    low.instance = cores(1);
    world.add("low", low.clone());
    world.service("low").count = Some(4);
    world.run(2_000);
    assert_eq!(world.healthy("low").len(), 4);
    // The wanted number of the lower one is cut: what is left is less than it asks for.
    world.slack = 3;
    low.scale.priority = 5;
    low.scale.min = 2;
    world.add("urgent", low);
    world.run(3_000);
    assert_eq!((world.healthy("low").len(), world.healthy("urgent").len()), (2, 2));
}

#[test]
fn an_end_that_was_asked_for_and_did_not_come_is_asked_for_again() {
    let mut world = World::with(service(1, 3));
    world.service("booking").count = Some(2);
    world.run(2_000);
    world.service("booking").count = Some(1);
    world.run(60);
    // The server died before it could ask.
    let id = world.in_phase(Phase::Stopping).first().cloned().unwrap_or_else(|| panic!("{}", world.story()));
    world.ones.get_mut(&id).unwrap().ends_at = None;
    world.run(25_000);
    assert_eq!(world.ones.len(), 1, "{}", world.story());
}
