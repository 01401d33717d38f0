//! G5: a gRPC service by another's library, called with JSON and by gRPC-Web through naru.
//!
//! With clients that others wrote, and everything that `google.api.http` can say: `tests/peers/grpc`.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::path::Path;
use std::process::Command;

use naru_testkit::client::{Answer, Client};
use naru_testkit::naru::Naru;
use serde_json::{Value, json};

fn up() -> Naru {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Debian's own, whose libraries scripts/setup installs.
    Naru::up(&format!(
        "
services:
  library:
    exec: [/usr/bin/python3, {service}]
    protocol: h2c
routes:
  - match: {{ path: /v1/** }}
    to: library
    convert: [{{ grpc: {{ descriptors: {descriptors} }} }}]
  - match: {{ path: /** }}
    to: library
    convert: [grpc_web]
",
        service = folder.join("foreign/library_service.py").display(),
        descriptors = folder.join("../crates/convert/tests/grpc/library.binpb").display(),
    ))
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{}: {error}", answer.text()))
}

#[test]
fn g5_a_grpc_service_is_called_with_json() {
    let naru = up();
    let shelf = naru.get("/v1/shelves/1");
    assert_eq!((shelf.status, json_of(&shelf)), (200, json!({ "name": "shelves/1" })));
    assert_eq!((shelf.header("content-type"), shelf.header("x-cost")), (Some("application/json"), Some("3")));
    let gone = naru.get("/v1/fail/5");
    let problem = json!({
        "status": 404, "title": "Not Found", "detail": "no such shelf", "grpc_status": "NOT_FOUND"
    });
    assert_eq!((gone.status, json_of(&gone)), (404, problem));
    assert_eq!(naru.get("/v1/nowhere").status, 404);
    assert_eq!(naru.get("/v1/shelves/1?depth=2").status, 422);
}

#[test]
fn g5_a_stream_of_messages_comes_line_by_line_and_says_why_it_ends() {
    let naru = up();
    let mut client = naru.connect();
    client.send("GET /v1/shelves/1:watch HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let head = client.receive_head().unwrap();
    assert_eq!((head.status, head.header("content-type")), (200, Some("application/x-ndjson")));
    let mut lines = String::new();
    let mut more = |client: &mut Client| {
        let chunk = client.receive_chunk().unwrap();
        chunk.inspect(|chunk| lines.push_str(str::from_utf8(chunk).unwrap())).is_some()
    };
    assert!(more(&mut client));
    // The service sends the rest only now, so that the first line can't have waited for it.
    assert_eq!(naru.connect().post("/v1/shelves/1:clear", b"{}").unwrap().status, 200);
    while more(&mut client) {}
    let problem = r#"{"status":503,"title":"Service Unavailable","detail":"closed for today","grpc_status":"UNAVAILABLE"}"#;
    assert_eq!(
        lines,
        format!(
            "{{\"name\":\"shelves/1\"}}\n{{\"name\":\"shelves/1\",\"books\":\"1\"}}\n{{\"@problem\":{problem}}}\n"
        )
    );
}

#[test]
fn g5_browsers_call_it_by_grpc_web() {
    let naru = up();
    let ask = |method: &str, body: &[u8]| {
        let mut client = naru.connect();
        let head = format!(
            "POST /library.v1.Library/{method} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/grpc-web+proto\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        client.send([head.as_bytes(), body].concat()).unwrap();
        client.receive().unwrap()
    };
    let message = b"\0\0\0\0\x03\x0a\x01a";
    let shelf = ask("GetShelf", message);
    assert_eq!((shelf.status, shelf.header("content-type")), (200, Some("application/grpc-web+proto")));
    let (first, trailers) = shelf.body.split_at(message.len());
    assert_eq!((first, trailers[0]), (&message[..], 0x80));
    let trailers = str::from_utf8(&trailers[5..]).unwrap();
    assert!(trailers.contains("grpc-status: 0\r\n") && trailers.contains("x-cost: 3\r\n"), "{trailers}");
    let gone = ask("Fail", message);
    assert_eq!((gone.status, gone.body[0]), (200, 0x80));
    assert!(
        gone.text().contains("grpc-status: 5\r\n") && gone.text().contains("no such shelf"),
        "{}",
        gone.text()
    );
    assert_eq!(ask("GetShelf", b"{}").status, 400);
}

#[test]
fn g5_grpc_itself_streams_both_ways_also_where_it_is_converted_for_others() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign");
    let naru = Naru::up(&format!(
        "
services:
  grpc: {{ exec: [/usr/bin/python3, {}], protocol: h2c }}
routes:
  - match: {{ path: /** }}
    to: grpc
    convert: [grpc_web]
",
        folder.join("grpc_service.py").display()
    ));
    let mut client = Command::new("/usr/bin/python3");
    let output = client.arg(folder.join("grpc_client.py")).arg(naru.address().to_string()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}
