//! Each policy by itself, and services that share a pool.

use std::sync::Arc;

use jiff::tz::TimeZone;
use naru_assess::simulate::{Naru, World, replay_naru, service};
use naru_controller::calendar::Calendar;
use naru_model::platform::Scale;
use naru_model::scaling::{Condition, Level, Rule, Schedule};
use naru_model::units::{Percent, Rate};

use crate::{before_naru, cpu, seconds, targets, trace, violated_from};

/// 250 requests per second need five instances at the very least, 80 need two.
fn follows(target: Level) {
    let world = World::default();
    let trace = trace(&[(80.0, 300), (250.0, 600), (80.0, 900)]);
    let outcome = before_naru(&world, &trace, targets(&[target]));
    assert!(outcome.wanted[600] > 5, "{target}: {} at the top", outcome.wanted[600]);
    let last = outcome.wanted[1799];
    assert!(last < outcome.wanted[890], "{target}: {last} at the end, {} at the top", outcome.wanted[890]);
    assert!(violated_from(&outcome, 7) == 0, "{target}: {:?}", outcome.violated);
}

#[test]
fn a_target_of_cpu_follows_the_load() {
    follows(cpu(70));
}

#[test]
fn a_target_of_concurrency_follows_the_load() {
    follows(Level::Concurrency(4));
}

#[test]
fn a_target_of_rate_follows_the_load() {
    follows(Level::Rate(Rate { per_1000_seconds: 40_000 }));
}

#[test]
fn a_target_of_p95_follows_what_users_feel() {
    follows(Level::P95(std::time::Duration::from_millis(300)));
}

#[test]
fn a_target_of_apdex_follows_what_users_feel() {
    follows(Level::Apdex(Percent { thousandths: 950 }));
}

#[test]
fn a_rule_adds_each_time_it_has_held_so_long() {
    let when = Condition { level: cpu(50), above: true, lasts: seconds(60) };
    let scale = Scale { rules: vec![Rule { when, add: 2 }], ..Scale::default() };
    // 150 requests per second on four instances: 75 %; on six 50 %, on eight 37 %.
    let outcome = before_naru(&World::default(), &trace(&[(150.0, 600)]), scale);
    assert_eq!(outcome.wanted[50], 4);
    assert_eq!(outcome.wanted[70], 6);
    assert!([6, 8].contains(&outcome.wanted[599]), "{:?}", outcome.wanted);
}

#[test]
fn a_schedule_adds_for_its_time() {
    let zone = Some("Asia/Seoul".to_owned());
    let schedule = Schedule { at: "10 * * * *".to_owned(), zone, lasts: seconds(300), add: 3 };
    let calendar = Calendar::new(std::slice::from_ref(&schedule), &TimeZone::UTC).unwrap();
    let world = World { min: 3, ..World::default() };
    let scale = Scale { schedule: vec![schedule], ..targets(&[cpu(80)]) };
    let mut naru = Naru::new(vec![service(&world, scale)], 100);
    naru.keep(0, Arc::new(calendar));
    let outcome = replay_naru(&world, &[trace(&[(60.0, 1500)])], &mut naru, &mut |_, _| {}).remove(0);
    assert_eq!(outcome.wanted[590], 3);
    assert!(outcome.wanted[605..895].iter().all(|count| *count == 6), "{:?}", &outcome.wanted[590..]);
    assert_eq!(outcome.wanted[1490], 3, "{:?}", &outcome.wanted[880..]);
}

/// Two services whose peaks are apart need nine instances each for it, and have twelve together.
#[test]
fn services_borrow_from_one_pool_and_give_back() {
    let world = World { min: 2, max: 10, ..World::default() };
    let scale = || targets(&[cpu(80)]);
    let mut naru = Naru::new(vec![service(&world, scale()), service(&world, scale())], 12);
    let (high, low) = (350.0, 60.0);
    let traces =
        [trace(&[(low, 300), (high, 600), (low, 1200)]), trace(&[(low, 1050), (high, 600), (low, 450)])];
    let outcomes = replay_naru(&world, &traces, &mut naru, &mut |_, _| {});
    let (first, second) = (&outcomes[0], &outcomes[1]);
    for (at, (a, b)) in first.kept.iter().zip(&second.kept).enumerate() {
        assert!(a + b <= 12, "{a} and {b} instances at {at} s");
        assert!(*a >= 2 && *b >= 2, "{a} and {b} instances at {at} s");
    }
    assert!(first.kept[800] >= 9 && second.kept[800] <= 3, "{} {}", first.kept[800], second.kept[800]);
    assert!(second.kept[1200] >= 9 && first.kept[1200] <= 3, "{} {}", first.kept[1200], second.kept[1200]);
    // The minute of the surge itself, while instances start.
    assert!(
        first.violated.len() <= 1 && second.violated.len() <= 1,
        "{:?} {:?}",
        first.violated,
        second.violated
    );
}
