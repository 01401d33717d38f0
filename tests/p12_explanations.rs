//! P12: an explanation names the database statement that slowed a service down, from the spans that the service sent, and shows a
//! trace with it.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use naru_testkit::client::{Answer, Client};
use naru_testkit::naru::{Naru, PATIENCE};
use serde_json::{Value, json};

const PLACES: [&str; 8] =
    ["--listen", "127.0.0.1:0", "--otlp", "any", "--console", "127.0.0.1:0", "--token", "abracadabra"];
const PORTAL: &str = r#"
services:
  portal: { exec: ["naru", "app", "--service-time", "300ms"], health: { path: /healthz }, scale: { min: 1, max: 1 } }
routes: [{ match: { path: /** }, to: portal }]
"#;

fn ask(address: SocketAddr, head: &str, body: &str) -> Answer {
    let mut client = Client::connect(address).unwrap();
    client.send(format!("{head}\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len())).unwrap();
    client.receive().unwrap()
}

fn otlp(naru: &Naru) -> SocketAddr {
    let said = naru.output();
    let address = said.lines().find_map(|line| line.strip_prefix("naru: OTLP/HTTP is taken in on "));
    address.unwrap_or_else(|| panic!("{said}")).parse().unwrap()
}

/// One transaction so many seconds ago, with two statements in it.
fn spans(number: u32, ago: f64, report: Duration) -> Vec<Value> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let start = now - Duration::from_secs_f64(ago);
    let nanos = |time: Duration| time.as_nanos().to_string();
    let span = |id: u32, name: &str, kind: u32, long: Duration, attributes: Value| {
        let parent = if id == 1 { String::new() } else { format!("{number:08x}{:08x}", 1) };
        json!({
            "traceId": format!("{number:032x}"),
            "spanId": format!("{number:08x}{id:08x}"),
            "parentSpanId": parent,
            "name": name,
            "kind": kind,
            "startTimeUnixNano": nanos(start),
            "endTimeUnixNano": nanos(start + long),
            "attributes": attributes,
        })
    };
    let text = |key: &str, value: String| json!({ "key": key, "value": { "stringValue": value } });
    let statement = |query: String| {
        let (system, database) =
            (text("db.system.name", "postgresql".into()), text("db.namespace", "civil".into()));
        json!([system, database, text("db.query.text", query)])
    };
    let short = Duration::from_millis(2);
    vec![
        span(1, "GET /report", 2, report + short, json!([text("http.request.method", "GET".into())])),
        span(2, "SELECT users", 3, short, statement(format!("select * from users where id = {number}"))),
        span(
            3,
            "SELECT report",
            3,
            report,
            statement(format!("select * from report where day = '2026-{number}'")),
        ),
    ]
}

fn send(naru: &Naru, spans: Vec<Value>) {
    let service = json!({ "key": "service.name", "value": { "stringValue": "portal" } });
    let body = json!({ "resourceSpans": [{
        "resource": { "attributes": [service] },
        "scopeSpans": [{ "spans": spans }],
    }] });
    let answer =
        ask(otlp(naru), "POST /v1/traces HTTP/1.1\r\ncontent-type: application/json", &body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn p12_the_statement_that_slowed_a_service_down_is_its_first_cause() {
    let naru = Naru::up_with(PORTAL, &PLACES);
    // Ten minutes of quick reports, then some that take as long as the portal does today.
    let quick = (1..=40).map(|n| (n, 600.0 - f64::from(n) * 9.0, Duration::from_millis(5)));
    let slow = (41..=80).map(|n| (n, 200.0 - f64::from(n - 41) * 4.5, Duration::from_millis(295)));
    send(&naru, quick.chain(slow).flat_map(|(number, ago, report)| spans(number, ago, report)).collect());
    let began = Instant::now();
    let explained = loop {
        assert_eq!(naru.get("/report").status, 200);
        let head = "GET /v1/explanation?owner=service:portal&figure=mean HTTP/1.1\r\nauthorization: Bearer abracadabra";
        let answer = ask(naru.api_address(), head, "");
        let explained: Value = serde_json::from_slice(&answer.body).unwrap();
        let subject = explained["causes"][0]["subject"].as_str().unwrap_or_default();
        if subject.starts_with("trace:") && explained["now"].as_f64().is_some_and(|now| now > 0.2) {
            break explained;
        }
        // The gateway's figures of the first ten seconds come last.
        assert!(began.elapsed() < PATIENCE, "{explained:#}\n{}", naru.output());
    };
    println!("{explained:#}");
    let cause = &explained["causes"][0];
    let said = cause["text"]["en"].as_str().unwrap();
    assert_eq!(
        said,
        "a statement of portal to postgresql/civil takes 295ms a call, before 5ms: select * from report where day = ?"
    );
    assert!(cause["text"]["ko"].as_str().unwrap().contains("느려졌습니다"), "{cause}");
    assert!(!explained["causes"].to_string().contains("users"), "{explained:#}");
    let trace = cause["subject"].as_str().unwrap().strip_prefix("trace:").unwrap();
    let advice = explained["what_to_do"][0]["en"].as_str().unwrap();
    assert!(advice.ends_with(&format!("naru query trace {trace}")), "{advice}");
    assert!(naru.run(&["query", "trace", trace]).contains("SELECT report"));
}
