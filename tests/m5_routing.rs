//! M5: routing by host, path, method, header, query and weight.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use naru_testkit::naru::Naru;

const FILE: &str = r#"
services:
  a: { exec: ["naru", "app", "--service-time", "0s"] }
  b: { exec: ["naru", "app", "--service-time", "0s"] }
  c: { exec: ["naru", "app", "--service-time", "0s"] }
routes:
  - { match: { path: / }, to: a }
  - { match: { path: /tree/** }, to: a }
  - { match: { path: /tree/branch/** }, to: b }
  - { match: { path: /tree/*/leaf }, to: c }
  - { match: { path: /form, method: POST }, to: b }
  - { match: { path: /form }, to: a }
  - { match: { path: /beta, headers: { x-user: tester } }, to: b }
  - { match: { path: /beta }, to: a }
  - { match: { path: /search, query: { lang: ko } }, to: b }
  - { match: { path: /search }, to: a }
  - { match: { host: www.example.go.kr }, to: b }
  - { match: { host: "*.example.go.kr" }, to: c }
  - match: { path: /shared }
    to: [{ service: a, weight: 3 }, { service: b, weight: 1 }]
"#;

/// The service that answers this request, or the status when none does.
fn answers(naru: &Naru, request: &str) -> String {
    let mut client = naru.connect();
    client.send(format!("{request}\r\n\r\n")).unwrap();
    let answer = client.receive().unwrap();
    let said: Result<serde_json::Value, _> = serde_json::from_slice(&answer.body);
    match said.ok().as_ref().and_then(|said| said["service"].as_str()) {
        Some(service) if answer.status == 200 => service.to_owned(),
        _ => answer.status.to_string(),
    }
}

#[test]
fn m5_the_most_specific_route_wins() {
    let naru = Naru::up(FILE);
    let cases = [
        ("GET / HTTP/1.1\r\nhost: x", "a"),
        ("GET /tree HTTP/1.1\r\nhost: x", "a"),
        ("GET /tree/x/y HTTP/1.1\r\nhost: x", "a"),
        ("GET /tree/branch/y HTTP/1.1\r\nhost: x", "b"),
        ("GET /tree/x/leaf HTTP/1.1\r\nhost: x", "c"),
        ("GET /form HTTP/1.1\r\nhost: x", "a"),
        ("POST /form HTTP/1.1\r\nhost: x\r\ncontent-length: 0", "b"),
        ("GET /beta HTTP/1.1\r\nhost: x\r\nX-User: tester", "b"),
        ("GET /beta HTTP/1.1\r\nhost: x\r\nX-User: other", "a"),
        ("GET /search?q=1&lang=ko HTTP/1.1\r\nhost: x", "b"),
        ("GET /search?lang=en HTTP/1.1\r\nhost: x", "a"),
        ("GET /any HTTP/1.1\r\nhost: WWW.example.go.kr:8080", "b"),
        ("GET /any HTTP/1.1\r\nhost: mail.example.go.kr", "c"),
        ("GET /any HTTP/1.1\r\nhost: example.go.kr", "404"),
        ("GET /nowhere HTTP/1.1\r\nhost: x", "404"),
    ];
    for (request, wanted) in cases {
        assert_eq!(answers(&naru, request), wanted, "{request}");
    }
}

#[test]
fn m5_requests_are_shared_in_proportion_to_the_weights() {
    let naru = Naru::up(FILE);
    let count = (0..400).filter(|_| answers(&naru, "GET /shared HTTP/1.1\r\nhost: x") == "a").count();
    // 300 in the mean; 5 standard deviations of a random choice are 43.
    assert!((255..=345).contains(&count), "{count} of 400 instead of 300");
}
