//! F3: deploying only the changed service, with no failed or interrupted request, however often.

use naru_model::event::Kind;
use naru_testkit::naru::{Naru, verify};

const TWO_SERVICES: &str = r#"
services:
  portal:
    exec: ["naru", "app", "--service-time", "10ms", "--workers", "16"]
    env: { RELEASE: "1" }
    health: { path: /healthz }
    scale: { min: 2, max: 4 }
    rollout: { hold: 0s }
  board:
    exec: ["naru", "app", "--service-time", "10ms", "--workers", "16"]
    health: { path: /healthz }
    scale: { min: 2, max: 2 }
routes:
  - { match: { path: /portal/** }, to: portal }
  - { match: { path: /board }, to: board }
"#;

#[test]
fn f3_199_deployments_without_a_failed_request() {
    verify("deploys");
}

#[test]
fn f3_only_the_service_whose_part_of_the_file_changed_is_deployed() {
    let naru = Naru::up(TWO_SERVICES);
    let board: Vec<u32> = naru.instances("board").iter().map(|i| i.pid).collect();
    let traffic = naru.traffic("/portal", 4);
    naru.write_file(&TWO_SERVICES.replace("RELEASE: \"1\"", "RELEASE: \"2\""));
    naru.await_service("portal", "revision 2", |s| {
        s.stable == 2 && s.instances.iter().all(|i| i.revision == 2)
    });
    traffic.await_more(20);
    let seen = traffic.stop_without_failure();
    assert_eq!(seen.connections, 4, "a deployment closed a client's connection");
    assert!(naru.get("/portal").text().contains("\"release\":\"2\""));
    assert_eq!(
        naru.instances("board").iter().map(|i| i.pid).collect::<Vec<_>>(),
        board,
        "the other was restarted"
    );
    assert_eq!(naru.service("board").revision, 1);
}

#[test]
fn f3_a_changed_route_and_limit_take_effect_without_closing_a_connection() {
    let naru = Naru::up(TWO_SERVICES);
    let pids = |name: &str| naru.instances(name).iter().map(|i| i.pid).collect::<Vec<_>>();
    let before = (pids("portal"), pids("board"));
    let traffic = naru.traffic("/portal", 4);
    traffic.await_more(20);
    assert_eq!(naru.get("/news").status, 404);
    let changed =
        TWO_SERVICES.replace("path: /board }", "path: /news }") + "gateway: { limits: { headers: 64Ki } }\n";
    naru.write_file(&changed);
    naru.await_event(Kind::ConfigApplied);
    traffic.await_more(50);
    assert_eq!(naru.get("/news").status, 200);
    assert_eq!(naru.get("/board").status, 404);
    let seen = traffic.stop_without_failure();
    assert_eq!(seen.connections, 4, "a changed file closed a client's connection");
    assert_eq!((pids("portal"), pids("board")), before, "a changed route restarted an instance");
}

#[test]
fn f3_deployments_asked_for_at_once_are_done_one_after_the_other_and_none_is_lost() {
    let naru = Naru::up(TWO_SERVICES);
    let traffic = naru.traffic("/portal", 4);
    std::thread::scope(|scope| {
        for release in ["a", "b", "c"] {
            let naru = naru.command(&["deploy", "portal", "--env", &format!("RELEASE={release}")]);
            scope.spawn(move || {
                let mut command = naru;
                assert!(command.output().unwrap().status.success());
            });
        }
    });
    naru.run(&["scale", "portal", "3"]);
    let portal = naru.await_service("portal", "the last revision with three instances", |s| {
        s.stable == 4 && s.ready == 3 && s.instances.len() == 3 && s.instances.iter().all(|i| i.revision == 4)
    });
    assert_eq!(portal.desired, 3);
    traffic.await_more(10);
    traffic.stop_without_failure();
    let revisions = naru.json(&["revisions", "portal"]);
    let numbers: Vec<u64> =
        revisions.as_array().unwrap().iter().map(|r| r["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers.len(), 4, "{revisions}");
}

#[test]
fn f3_a_request_under_way_ends_before_its_instance_does() {
    let naru = Naru::up(&TWO_SERVICES.replace("\"10ms\"", "\"1s\""));
    let mut client = naru.connect();
    client.send("GET /portal HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    // It is with an instance of revision 1 now, and stays there for a second.
    naru.await_status("the request under way", |s| {
        s.services.iter().any(|s| s.instances.iter().any(|i| i.in_flight > 0))
    });
    naru.run(&["deploy", "portal", "--wait"]);
    let answer = client.receive().unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("\"revision\":\"1\""), "{}", answer.text());
    assert!(naru.get("/portal").text().contains("\"revision\":\"2\""));
}
