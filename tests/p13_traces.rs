//! P13: what services send is kept, joined with what the gateway saw, found by the API and in the terminal, and there after a
//! SIGKILL.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::net::SocketAddr;
use std::time::{Instant, SystemTime};

use naru_testkit::client::{Answer, Client};
use naru_testkit::naru::{Naru, PATIENCE};
use serde_json::{Value, json};

const YAML: &str = r#"
services:
  portal: { exec: ["naru", "app", "--workers", "16"], health: { path: /healthz } }
functions: { approval: { apdex_t: 300ms } }
routes:
  - { match: { path: /approvals/** }, to: portal, function: approval }
  - { match: { path: /** }, to: portal }
"#;
const ARGUMENTS: [&str; 8] =
    ["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--token", "abracadabra", "--otlp", "any"];
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn send(address: SocketAddr, request: String) -> Answer {
    let mut client = Client::connect(address).unwrap();
    client.send(request).unwrap();
    client.receive().unwrap()
}

fn api(naru: &Naru, target: &str) -> Answer {
    let fields = "host: x\r\nauthorization: Bearer abracadabra\r\nconnection: close";
    send(naru.api_address(), format!("GET {target} HTTP/1.1\r\n{fields}\r\n\r\n"))
}

/// Asks until the answer is as wanted: what is seen is on its way for a moment.
fn await_json(naru: &Naru, target: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let answer = api(naru, target);
        let found = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 200 && wanted(&found) {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{target}: {} {found:#}", answer.status);
    }
}

fn otlp(naru: &Naru, path: &str, body: &Value) {
    let said = naru.output();
    let address = said.lines().find_map(|line| line.strip_prefix("naru: OTLP/HTTP is taken in on "));
    let address = address.unwrap_or_else(|| panic!("{said}")).parse().unwrap();
    let body = body.to_string();
    let fields = format!("host: x\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
    let answer = send(address, format!("POST {path} HTTP/1.1\r\n{fields}\r\n\r\n{body}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn nanos() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos()
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn of_portal(inner: &str, records: Value) -> Value {
    let (outer, scope) =
        if inner == "spans" { ("resourceSpans", "scopeSpans") } else { ("resourceLogs", "scopeLogs") };
    json!({outer: [{"resource": {"attributes": [attribute("service.name", "portal"), attribute("service.instance.id", "portal-1-1")]}, scope: [{inner: records}]}]})
}

/// A server's span that failed, and the query in it.
fn spans(trace: &str) -> Value {
    let start = nanos();
    let at = |millis: u128| (start + millis * 1_000_000).to_string();
    let server = json!({
        "traceId": trace, "spanId": "00f067aa0ba902b7", "name": "GET /approvals/{id}", "kind": 2,
        "startTimeUnixNano": at(0), "endTimeUnixNano": at(20), "status": {"code": 2, "message": "no such approval"},
        "attributes": [attribute("http.route", "/approvals/{id}"), attribute("user.id", "7")],
    });
    let query = json!({
        "traceId": trace, "spanId": "1111111111111111", "parentSpanId": "00f067aa0ba902b7", "name": "SELECT approvals",
        "kind": 3, "startTimeUnixNano": at(2), "endTimeUnixNano": at(9),
        "attributes": [
            attribute("db.system.name", "postgresql"), attribute("db.namespace", "approvals"),
            attribute("db.query.text", "select * from approvals where id = $1"),
        ],
    });
    of_portal("spans", json!([server, query]))
}

#[test]
fn p13_a_trace_is_joined_with_the_gateways_part_and_there_after_a_kill() {
    let mut naru = Naru::up_with(YAML, &ARGUMENTS);
    otlp(&naru, "/v1/traces", &spans("0af7651916cd43dd8448eb211c80319c"));
    await_json(&naru, "/v1/traces", |found| {
        found["traces"].as_array().is_some_and(|traces| traces.len() == 1)
    });

    let traceparent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let mut client = naru.connect();
    client
        .send(format!("GET /approvals/7 HTTP/1.1\r\nhost: x\r\ntraceparent: {traceparent}\r\n\r\n"))
        .unwrap();
    assert_eq!(client.receive().unwrap().status, 200);
    otlp(&naru, "/v1/traces", &spans(TRACE));
    let line = json!({
        "timeUnixNano": nanos().to_string(), "severityNumber": 17, "traceId": TRACE, "spanId": "00f067aa0ba902b7",
        "body": {"stringValue": "approval 7 is not there"},
    });
    otlp(&naru, "/v1/logs", &of_portal("logRecords", json!([line])));

    let whole = |trace: &Value| {
        let count = |part: &str| trace[part].as_array().map_or(0, Vec::len);
        (count("transactions"), count("spans"), count("logs")) == (1, 2, 1)
    };
    let target = format!("/v1/traces/{TRACE}");
    let trace = await_json(&naru, &target, whole);
    assert_eq!(trace["transactions"][0]["path"], "/approvals/7");
    assert_eq!(trace["spans"][1]["detail"], "select * from approvals where id = $1");
    let found = await_json(&naru, "/v1/traces?errors=true&work=database&limit=5", |_| true);
    assert_eq!(found["traces"], json!([]), "the query did not fail");
    await_json(&naru, "/v1/traces?text=FROM+approvals&attribute=user.id=8", |found| {
        found["traces"] == json!([])
    });
    let named = await_json(&naru, "/v1/traces?service=portal&attribute=user.id=7", |found| {
        found["traces"].as_array().is_some_and(|traces| traces.len() == 2)
    });
    assert_eq!((&named["traces"][0]["spans"], &named["traces"][0]["errors"]), (&json!(2), &json!(1)));
    let lines = await_json(&naru, &format!("/v1/log-lines?severity=17&trace={TRACE}"), |_| true);
    assert_eq!(lines["lines"][0]["body"], "approval 7 is not there");
    assert_eq!(api(&naru, &format!("/v1/traces/{}", "0".repeat(31) + "1")).status, 404);

    let said = naru.run(&["query", "trace", TRACE]);
    assert!(
        said.contains("gateway: GET /approvals/7") && said.contains("! portal GET /approvals/{id}"),
        "{said}"
    );
    let said = naru.run(&["query", "traces", "--errors", "--csv"]);
    assert!(said.contains(&format!(",portal,GET /approvals/{{id}},2,1,portal,{TRACE}\r\n")), "{said}");

    naru.kill_server();
    naru.start_again();
    naru.await_ready();
    await_json(&naru, &target, whole);
    // Once it is complete, its calls are on the map, and its transaction names it.
    let map = await_json(&naru, "/v1/service-map", |map| {
        map["edges"].as_array().is_some_and(|edges| edges.iter().any(|edge| edge["from"] == "service:portal"))
    });
    let edge = map["edges"].as_array().unwrap().iter().find(|edge| edge["from"] == "service:portal").unwrap();
    assert_eq!((&edge["to"], &edge["errors"]), (&json!("database:postgresql/approvals"), &json!(0)));
    await_json(&naru, "/v1/transactions?text=approvals", |found| {
        found["transactions"][0]["trace_id"] == TRACE
    });
}
