//! M5 with other people's libraries on both sides of the gateway: gRPC and WebSocket, unchanged.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::path::Path;
use std::process::Command;

use naru_testkit::naru::Naru;

/// Debian's own, whose libraries scripts/setup installs.
const PYTHON: &str = "/usr/bin/python3";

/// Runs the foreign service under naru and then its client against the gateway.
fn speak(name: &str, service: &str, client: &str, protocol: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign");
    let naru = Naru::up(&format!(
        "
services:
  {name}:
    exec: [{PYTHON}, {}]
    protocol: {protocol}
routes:
  - {{ match: {{ path: /** }}, to: {name} }}
",
        folder.join(service).display()
    ));
    let output =
        Command::new(PYTHON).arg(folder.join(client)).arg(naru.address().to_string()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{client}: {}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("is well"));
}

#[test]
fn m5_grpc_of_every_kind_goes_through() {
    speak("grpc", "grpc_service.py", "grpc_client.py", "h2c");
}

#[test]
fn m5_websockets_go_through() {
    speak("chat", "websocket_service.py", "websocket_client.py", "http1");
}
