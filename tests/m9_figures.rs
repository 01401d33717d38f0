//! M9: what the platform says of itself: status, metrics, the access log, events that go on.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use naru_testkit::client::Client;
use naru_testkit::naru::Naru;

const PORTAL: &str = r#"
services:
  portal:
    exec: ["naru", "app", "--service-time", "20ms", "--workers", "16"]
    health: { path: /healthz }
    scale: { min: 1, max: 2 }
    rollout: { hold: 0s }
routes:
  - { match: { path: /** }, to: portal, function: home }
functions:
  home: { name: { ko: 누리집, en: Portal } }
"#;

#[test]
fn m9_requests_are_counted_timed_and_written_to_the_access_log() {
    let naru = Naru::up(PORTAL);
    let mut client = naru.connect();
    for number in 0..50 {
        client.get(&format!("/page/{number}?secret=no")).unwrap();
    }
    let portal = naru.await_service("portal", "its traffic", |s| s.traffic.requests_per_second > 0.0);
    assert!(portal.traffic.p50_seconds > 0.015 && portal.traffic.p50_seconds < 1.0, "{:?}", portal.traffic);
    assert_eq!(portal.traffic.error_ratio, 0.0);
    let log = naru.state().join("access.log");
    naru.await_status("the access log", |_| {
        std::fs::read_to_string(&log).is_ok_and(|text| (0..50).all(|n| text.contains(&format!("/page/{n}"))))
    });
}

#[test]
fn m9_metrics_are_served_to_who_has_the_token() {
    let naru = Naru::up_with(
        PORTAL,
        &["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--token", "abracadabra"],
    );
    naru.get("/");
    let console = naru.api_address();
    let ask = |token: &str| {
        let mut client = Client::connect(console).unwrap();
        client.send(format!("GET /metrics HTTP/1.1\r\nhost: x\r\n{token}\r\n")).unwrap();
        client.receive().unwrap()
    };
    assert_eq!(ask("").status, 401);
    assert_eq!(ask("authorization: Bearer wrong\r\n").status, 401);
    let answer = ask("authorization: Bearer abracadabra\r\n");
    assert_eq!(answer.status, 200);
    let text = answer.text();
    assert!(text.contains("# TYPE naru_") && text.contains("service=\"portal\""), "{text}");
}

#[test]
fn m9_events_are_followed_as_they_happen() {
    let naru = Naru::up(PORTAL);
    let mut follow = naru.command(&["events", "-f", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    naru.run(&["deploy", "portal"]);
    let kinds = lines.by_ref().map_while(Result::ok).map(|line| {
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        (event["kind"].as_str().unwrap().to_owned(), event["id"].as_u64().unwrap())
    });
    let mut last = 0;
    let mut finished = 0;
    for (kind, id) in kinds {
        assert!(id > last, "event {id} after {last}");
        last = id;
        finished += u32::from(kind == "rollout_finished");
        if finished == 2 {
            break;
        }
    }
    follow.kill().unwrap();
    follow.wait().unwrap();
    assert_eq!(finished, 2, "the first run and the deployment");
}

#[test]
fn m9_every_command_that_prints_also_prints_json() {
    let naru = Naru::up(PORTAL);
    let file = naru.folder().join("naru.yaml");
    let commands: [&[&str]; 8] = [
        &["status"],
        &["deploy", "portal", "--wait"],
        &["rollback", "portal", "--wait"],
        &["scale", "portal", "2"],
        &["revisions", "portal"],
        &["events"],
        &["logs", "portal"],
        &["check", file.to_str().unwrap(), "--diff"],
    ];
    for command in commands {
        let printed = naru.run(&[command, &["--json"]].concat());
        assert!(!printed.is_empty(), "naru {command:?} --json prints nothing");
        // One document, or one on each line for what goes on and on.
        let whole = serde_json::from_str::<serde_json::Value>(&printed).is_ok();
        let by_line = || printed.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
        assert!(whole || by_line(), "naru {command:?} --json: {printed}");
    }
    // This one goes on until it is ended.
    let mut top = naru.command(&["top", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let first = BufReader::new(top.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    top.kill().unwrap();
    top.wait().unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&first).is_ok(), "naru top --json: {first}");
}
