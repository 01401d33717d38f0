//! M4: the gateway follows instances as they come and go, and never sends a request to one that is gone.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::collections::BTreeSet;
use std::time::Instant;

use naru_testkit::naru::{Naru, is_well};
use naru_testkit::traffic::Traffic;

const PORTAL: &str = r#"
services:
  portal:
    exec: ["naru", "app", "--service-time", "5ms", "--workers", "16"]
    health: { path: /healthz }
    scale: { min: 1, max: 6 }
routes:
  - { match: { path: /** }, to: portal }
"#;

/// Asks until each of `instances` has answered; nobody else may. One that was slow a moment ago is chosen seldom for
/// some seconds, so it may take as many.
fn meet_all(naru: &Naru, instances: &BTreeSet<String>) {
    let began = Instant::now();
    let mut client = naru.connect();
    let mut met = BTreeSet::new();
    while met != *instances {
        let answer: serde_json::Value = serde_json::from_slice(&client.get("/").unwrap().body).unwrap();
        let instance = answer["instance"].as_str().unwrap();
        assert!(instances.contains(instance), "{instance} answered and is none of {instances:?}");
        met.insert(instance.to_owned());
        assert!(began.elapsed().as_secs() < 30, "only {met:?} of {instances:?} answer");
    }
}

fn ids(naru: &Naru) -> BTreeSet<String> {
    naru.instances("portal").iter().map(|i| i.id.to_string()).collect()
}

#[test]
fn m4_requests_follow_the_instances_up_and_down_without_a_failure() {
    let naru = Naru::up(PORTAL);
    let traffic = naru.traffic("/", 4);
    for wanted in [5, 2, 6, 1] {
        naru.run(&["scale", "portal", &wanted.to_string()]);
        naru.await_service("portal", "the wanted instances", |s| {
            is_well(s) && s.desired == wanted && s.instances.len() == wanted as usize
        });
        meet_all(&naru, &ids(&naru));
    }
    traffic.stop_without_failure();
    let refused = naru.try_run(&["scale", "portal", "7"]);
    assert_eq!(refused.status.code(), Some(1), "more than the file's maximum");
}

#[test]
fn m4_while_no_instance_is_ready_requests_wait_for_the_first_one() {
    let naru = Naru::start(
        &PORTAL.replace("\"16\"", "\"16\", \"--start-time\", \"1500ms\""),
        &["--listen", "127.0.0.1:0"],
    );
    let status = naru.await_status("a gateway", |s| s.gateway.pid != 0 && !s.gateway.listen.is_empty());
    let began = Instant::now();
    let traffic = Traffic::start(status.gateway.listen[0], "/", 8);
    traffic.await_more(8);
    let waited = began.elapsed();
    assert!(waited.as_millis() > 300, "answered after {waited:?}: there was an instance already");
    traffic.stop_without_failure();
}

#[test]
fn m4_requests_wait_no_longer_than_the_file_says() {
    let naru = Naru::start(
        r#"
services:
  portal:
    exec: ["sleep", "1000"]
    scale: { min: 1 }
    traffic: { queue_timeout: 500ms, queue: 2 }
routes:
  - { match: { path: /** }, to: portal }
"#,
        &["--listen", "127.0.0.1:0"],
    );
    let status = naru.await_status("a gateway", |s| s.gateway.pid != 0 && !s.gateway.listen.is_empty());
    let ask = || {
        let began = Instant::now();
        let answer =
            naru_testkit::client::Client::connect(status.gateway.listen[0]).unwrap().get("/").unwrap();
        (answer, began.elapsed())
    };
    let (answer, took) = ask();
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.header("retry-after").is_some(), "{:?}", answer.headers);
    assert!((450..2000).contains(&took.as_millis()), "{took:?}");
    // Two may wait; whoever comes on top of them is told at once.
    let took: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert!(took.iter().all(|(answer, _)| answer.status == 503));
    let at_once = took.iter().filter(|(_, took)| took.as_millis() < 400).count();
    assert!(
        at_once >= 3,
        "{at_once} of 6 were told at once: {:?}",
        took.iter().map(|t| t.1).collect::<Vec<_>>()
    );
}
