//! A1 to A3, F2 and M7: naru adds and removes instances by itself, and says why.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::time::{Duration, Instant};

use naru_model::event::{Event, Kind};
use naru_model::scaling::By;
use naru_testkit::naru::{Naru, is_well};
use naru_testkit::processes;
use rustix::process::Signal;

/// A service whose instances serve two requests at a time, 100 ms each.
fn portal(scale: &str) -> String {
    format!(
        r#"
services:
  portal:
    exec: ["naru", "app", "--service-time", "100ms", "--workers", "2"]
    health: {{ path: /healthz }}
    drain: 5s
    scale: {{ {scale} }}
    rollout: {{ hold: 0s }}
routes:
  - {{ match: {{ path: /** }}, to: portal }}
"#
    )
}

fn scalings(naru: &Naru) -> Vec<Event> {
    naru.events().into_iter().filter(|event| event.kind == Kind::Scaled).collect()
}

#[test]
fn a3_a_target_adds_instances_under_load_and_gives_them_back_after() {
    let naru = Naru::up(&portal("min: 1, max: 4, target: { concurrency: 2 }, shrink_after: 2s"));
    let traffic = naru.traffic("/", 8);
    naru.await_service("portal", "four instances", |s| s.ready == 4);
    let traffic = traffic.stop_without_failure();
    assert!(traffic.answered > 0);
    naru.await_service("portal", "its minimum again", |s| is_well(s) && s.instances.len() == 1);
    let scalings = scalings(&naru);
    let grown = &scalings[0];
    let decision = grown.decision.as_ref().expect("a decision explains itself");
    assert!(decision.to > decision.from, "{decision:?}");
    assert!(
        decision.wishes.iter().any(|wish| wish.by == By::Concurrency && wish.seen.is_some()),
        "{decision:?}"
    );
    assert!(grown.message.contains("concurrency"), "{}", grown.message);
    let explained = naru.run(&["scale", "portal", "--explain"]);
    assert!(explained.contains("concurrency") && explained.lines().count() >= scalings.len(), "{explained}");
}

#[test]
fn a1_a_rule_that_held_long_enough_adds_as_many_as_it_says() {
    let naru = Naru::up(&portal(r#"min: 1, max: 3, rules: [{ when: "concurrency > 3 for 2s", add: 2 }]"#));
    let began = Instant::now();
    let traffic = naru.traffic("/", 6);
    naru.await_service("portal", "two more instances", |s| s.ready == 3);
    // It is looked at once a second, so that two looks are at least one second apart.
    assert!(began.elapsed() > Duration::from_secs(1), "the rule had not held for long enough");
    traffic.stop_without_failure();
    let first = &scalings(&naru)[0];
    let decision = first.decision.as_ref().unwrap();
    assert_eq!((decision.from, decision.to), (1, 3), "{decision:?}");
    assert!(decision.wishes.iter().any(|wish| wish.by == By::Rule), "{decision:?}");
}

#[test]
fn a2_a_schedule_adds_instances_at_its_time() {
    let always = r#"min: 1, max: 4, schedule: [{ at: "* * * * *", for: 2m, add: 2, zone: Asia/Seoul }]"#;
    let naru = Naru::up(&portal(always));
    naru.await_service("portal", "two on top of its minimum", |s| s.ready == 3);
    let decision = scalings(&naru)[0].decision.clone().unwrap();
    assert!(decision.wishes.iter().any(|wish| wish.by == By::Schedule), "{decision:?}");
}

#[test]
fn m7_a_person_has_the_last_word_and_gives_it_back() {
    let naru = Naru::up(&portal("min: 1, max: 4, target: { concurrency: 2 }, shrink_after: 1s"));
    naru.run(&["scale", "portal", "3"]);
    let held = naru.await_service("portal", "three instances", |s| s.ready == 3);
    assert_eq!(held.scaling.held, Some(3));
    // Nobody asks anything of it: left to its policies it would shrink, and does once it may.
    naru.run(&["scale", "portal", "auto"]);
    let free = naru.await_service("portal", "its minimum", |s| is_well(s) && s.instances.len() == 1);
    assert_eq!(free.scaling.held, None);
}

#[test]
fn f2_without_figures_nothing_shrinks() {
    let naru = Naru::up(&portal("min: 1, max: 3, target: { concurrency: 2 }, shrink_after: 1s"));
    let traffic = naru.traffic("/", 6);
    naru.await_service("portal", "three instances", |s| s.ready == 3);
    // A gateway that stands still says nothing of its load, while its clients wait.
    let gateway = naru.status().gateway.pid;
    processes::signal(gateway, Signal::STOP);
    let stopped = Instant::now();
    naru.await_status("five seconds of silence", |status| {
        assert!(status.services[0].desired >= 3, "it shrinks by no figures at all");
        stopped.elapsed() > Duration::from_secs(5)
    });
    processes::signal(gateway, Signal::CONT);
    traffic.await_more(20);
    traffic.stop();
}

#[test]
fn f2_instances_too_busy_to_answer_their_health_check_do_not_hold_growth_up() {
    // Its health check waits in line behind the requests, as in many a real application.
    let yaml = portal("min: 1, max: 4, target: { concurrency: 4 }")
        .replace("path: /healthz", "path: /busy, every: 200ms, timeout: 300ms, dead_after: 50");
    let naru = Naru::up(&yaml);
    let traffic = naru.traffic("/", 40);
    naru.await_service("portal", "as many as it may have", |s| s.desired == 4);
    traffic.stop();
}

#[test]
fn f2_processor_used_while_starting_is_no_load() {
    let yaml = portal("min: 1, max: 4, target: { cpu: 50% }, warm_up: 1s")
        .replace("\"2\"]", "\"2\", \"--start-time\", \"3s\", \"--start-cpu\"]")
        .replace("    drain", "    instance: { cpu: 500m }\n    drain");
    let naru = Naru::up(&yaml);
    naru.run(&["deploy", "portal", "--wait"]);
    let quiet = Instant::now();
    naru.await_status("ten seconds after", |_| quiet.elapsed() > Duration::from_secs(10));
    assert!(scalings(&naru).is_empty(), "{:?}", scalings(&naru));
}

#[test]
fn f2_a_steady_load_does_not_make_it_flap_and_a_rollout_under_it_neither() {
    let naru = Naru::up(&portal("min: 1, max: 6, target: { concurrency: 2 }, shrink_after: 3s"));
    let traffic = naru.traffic("/", 6);
    naru.await_service("portal", "enough instances", |s| s.ready >= 3 && is_well(s));
    let before = scalings(&naru).len();
    let steady = Instant::now();
    naru.await_status("ten steady seconds", |_| steady.elapsed() > Duration::from_secs(10));
    assert!(scalings(&naru).len() <= before + 1, "{:?}", scalings(&naru));
    let before = scalings(&naru).len();
    naru.run(&["deploy", "portal", "--wait"]);
    assert_eq!(scalings(&naru).len(), before, "the rollout was taken for load");
    traffic.stop_without_failure();
}
