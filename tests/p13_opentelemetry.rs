//! P13 and M9: OpenTelemetry is taken in where the file says, and instances are told where. SDKs and the Java agent, which others
//! wrote, do so in tests/peers/otlp.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::net::{SocketAddr, TcpListener};

use naru_model::event::Kind;
use naru_testkit::client::Client;
use naru_testkit::naru::Naru;

const ANY: [&str; 4] = ["--listen", "127.0.0.1:0", "--otlp", "any"];
const PORTAL: &str = r#"
services:
  portal: { exec: [sh, -c, "env > $NARU_INSTANCE_DIR/env; exec naru app"] }
  quiet: { exec: [sh, -c, "env > $NARU_INSTANCE_DIR/env; exec naru app"], telemetry: off }
routes: [{ match: { path: /** }, to: portal }]
"#;

/// What an instance's environment says of OpenTelemetry.
fn environment(naru: &Naru, instance: &str) -> Vec<String> {
    let env = std::fs::read_to_string(naru.state().join(format!("instances/{instance}/work/env"))).unwrap();
    let mut lines: Vec<String> = env
        .lines()
        .filter(|line| line.starts_with("OTEL_") || line.starts_with("JAVA_"))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

fn otlp_http(naru: &Naru) -> SocketAddr {
    let said = naru.output();
    let address = said.lines().find_map(|line| line.strip_prefix("naru: OTLP/HTTP is taken in on "));
    address.unwrap_or_else(|| panic!("{said}")).parse().unwrap()
}

#[test]
fn p13_an_instance_is_given_what_an_sdk_needs_to_send_here() {
    let naru = Naru::up_with(PORTAL, &ANY);
    let wanted = [
        format!("OTEL_EXPORTER_OTLP_ENDPOINT=http://{}", otlp_http(&naru)),
        "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf".to_owned(),
        "OTEL_METRIC_EXPORT_INTERVAL=10000".to_owned(),
        "OTEL_RESOURCE_ATTRIBUTES=service.instance.id=portal-1-1,naru.revision=1".to_owned(),
        "OTEL_SERVICE_NAME=portal".to_owned(),
    ];
    assert_eq!(environment(&naru, "portal-1-1"), wanted);
    assert_eq!(environment(&naru, "quiet-1-1"), Vec::<String>::new());
}

#[test]
fn m9_what_is_taken_in_by_otlp_is_counted_by_signal_and_reason() {
    let console = ["--console", "127.0.0.1:0", "--token", "abracadabra"];
    let naru = Naru::up_with(PORTAL, &[ANY.as_slice(), &console].concat());
    let send = |path: &str, body: &str| {
        let mut client = Client::connect(otlp_http(&naru)).unwrap();
        let len = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len}\r\n\r\n"
        );
        client.send(head + body).unwrap();
        client.receive().unwrap().status
    };
    let span = r#"{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"x","startTimeUnixNano":"1"}"#;
    let spans = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span},{{}}]}}]}}]}}"#);
    assert_eq!(send("/v1/traces", &spans), 200);
    assert_eq!(send("/v1/logs", r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#), 200);
    assert_eq!(send("/v1/metrics", "{"), 400);

    let mut client = Client::connect(naru.api_address()).unwrap();
    client.send("GET /metrics HTTP/1.1\r\nhost: x\r\nauthorization: Bearer abracadabra\r\n\r\n").unwrap();
    let page = client.receive().unwrap().text();
    for line in [
        r#"naru_otlp_taken_total{signal="traces"} 1"#,
        r#"naru_otlp_refused_total{signal="traces"} 1"#,
        r#"naru_otlp_taken_total{signal="logs"} 1"#,
        r#"naru_otlp_requests_refused_total{signal="metrics",why="malformed"} 1"#,
    ] {
        assert!(page.lines().any(|said| said == line), "{line} is not in\n{page}");
    }
}

#[test]
fn p13_a_port_that_is_taken_is_said_and_stops_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let yaml = format!("telemetry: {{ otlp: {{ grpc: {address}, http: off }} }}\n{PORTAL}");
    let naru = Naru::up_with(&yaml, &["--listen", "127.0.0.1:0", "--otlp", "file"]);
    let event = naru.await_event(Kind::ReceiverClosed);
    assert!(event.message.contains(&address.to_string()), "{}", event.message);
    assert_eq!(environment(&naru, "portal-1-1"), Vec::<String>::new());
    assert_eq!(naru.get("/").status, 200);

    // Somebody ends the other program and says in the file where to listen.
    drop(taken);
    naru.write_file(
        &yaml
            .replace("http: off", &format!("http: {address}"))
            .replace(&format!("grpc: {address}"), "grpc: off"),
    );
    naru.await_line(&format!("naru: OTLP/HTTP is taken in on {address}"));
}

#[test]
fn p13_a_java_agent_that_is_not_there_is_a_mistake_in_the_file() {
    let mut naru = Naru::start(
        &format!("telemetry: {{ java_agent: lib/agent.jar }}\n{PORTAL}"),
        &["--listen", "127.0.0.1:0"],
    );
    assert_eq!(naru.await_end(), Some(64));
    let said = naru.output();
    assert!(said.contains("naru.yaml:1:26: telemetry.java_agent: there is no file"), "{said}");
}
