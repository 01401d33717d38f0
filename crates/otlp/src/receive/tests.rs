//! The receivers over real sockets, asked by `h2` as gRPC clients do and by bytes as HTTP clients do.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use h2::client::SendRequest;
use http::{HeaderMap, Request, Response};
use naru_model::units::Timestamp;
use prost::Message;

use super::*;
use crate::counters::Count;
use crate::fixture::{Kept, logs, span, traces};
use crate::intake::{MAX_MESSAGE, Signal};
use crate::message::{Exported, LogRecord, RetryInfo, RpcStatus, Span};

struct Running {
    kept: Arc<Kept>,
    receiver: Receiver,
    counters: Arc<Counters>,
    grpc: SocketAddr,
    http: SocketAddr,
    said: Arc<Mutex<Vec<String>>>,
}

fn start(kept: Kept, limits: Limits) -> Running {
    let door = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (grpc, http) = (door(), door());
    let addresses = (grpc.local_addr().unwrap(), http.local_addr().unwrap());
    let (kept, said) = (Arc::new(kept), Arc::<Mutex<Vec<String>>>::default());
    let lines = said.clone();
    let log: Log = Arc::new(move |line| lines.lock().unwrap().push(line.to_owned()));
    let doors = Doors { grpc: Some(grpc), http: Some(http) };
    let counters = Arc::<Counters>::default();
    let clock: Clock = Arc::new(|| Timestamp(1));
    let setup = Setup { doors, limits, sink: kept.clone(), counters: counters.clone(), clock, log };
    let receiver = Receiver::start(setup).unwrap();
    Running { kept, receiver, counters, grpc: addresses.0, http: addresses.1, said }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    [&[flag], (message.len() as u32).to_be_bytes().as_slice(), message].concat()
}

const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/// The status, the message of the answer and the headers that told them.
struct Ended {
    code: i32,
    body: Vec<u8>,
    told: HeaderMap,
}

async fn connect(address: SocketAddr) -> SendRequest<Bytes> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

async fn call(client: &mut SendRequest<Bytes>, path: &str, packing: Option<&str>, body: Vec<u8>) -> Ended {
    let mut request = Request::post(format!("http://naru{path}")).header("content-type", "application/grpc");
    if let Some(packing) = packing {
        request = request.header("grpc-encoding", packing);
    }
    let (response, mut send) = client.send_request(request.body(()).unwrap(), false).unwrap();
    // A call that is refused before its end takes no more.
    let _ = send.send_data(body.into(), true);
    let (head, mut incoming): (_, h2::RecvStream) = Response::into_parts(response.await.unwrap());
    assert_eq!(head.status, 200);
    let mut body = Vec::new();
    while let Some(Ok(more)) = incoming.data().await {
        incoming.flow_control().release_capacity(more.len()).unwrap();
        body.extend_from_slice(&more);
    }
    let told = match head.headers.get("grpc-status") {
        Some(_) => head.headers,
        None => incoming.trailers().await.unwrap().unwrap(),
    };
    let code = told["grpc-status"].to_str().unwrap().parse().unwrap();
    Ended { code, body, told }
}

/// Sends one HTTP request on a connection of its own; returns the status line with its headers, and the body.
fn post(address: SocketAddr, target: &str, headers: &[&str], body: &[u8]) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let method = if target.starts_with(' ') { "GET" } else { "POST" };
    let (len, headers) = (body.len(), headers.join("\r\n"));
    let target = target.trim_start();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len}\r\n{headers}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // It may answer and close before all of it has come.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end + 4..].to_vec())
}

const PROTOBUF: &str = "content-type: application/x-protobuf";
const JSON: &str = "content-type: application/json; charset=utf-8";

#[tokio::test]
async fn m9_grpc_takes_each_signal_plain_and_packed() {
    let running = start(Kept::default(), Limits::default());
    let mut client = connect(running.grpc).await;
    let body = traces(vec![span("a"), span("b")]).encode_to_vec();
    let plain = call(&mut client, TRACES, None, frame(0, &body)).await;
    assert_eq!((plain.code, plain.body), (0, frame(0, &[])));
    let packed = call(&mut client, TRACES, Some("gzip"), frame(1, &gzip(&body))).await;
    assert_eq!(packed.code, 0);
    let line = logs(vec![LogRecord::default()]).encode_to_vec();
    assert_eq!(call(&mut client, LOGS, None, frame(0, &line)).await.code, 0);
    let metrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    assert_eq!(call(&mut client, metrics, None, frame(0, &[])).await.code, 0);
    let counters = &running.counters;
    assert_eq!(counters.get(Signal::Traces, Count::Taken), 4);
    assert_eq!(counters.get(Signal::Logs, Count::Taken), 1);
    assert_eq!(counters.get(Signal::Metrics, Count::Requests), 1);
    assert_eq!(counters.connections(), 1);
}

#[tokio::test]
async fn m9_grpc_refuses_as_the_specification_says() {
    let running = start(Kept::default(), Limits::default());
    let mut client = connect(running.grpc).await;
    let bad = call(&mut client, TRACES, None, frame(0, &[0x0a, 99])).await;
    assert_eq!(bad.code, 3);
    assert!(bad.told["grpc-message"].to_str().unwrap().contains("ends in the middle"), "{:?}", bad.told);
    let bomb = call(&mut client, TRACES, Some("gzip"), frame(1, &gzip(&vec![0; 64 << 20]))).await;
    assert_eq!(bomb.code, 8);
    let huge = call(&mut client, TRACES, None, frame(0, &vec![0; MAX_MESSAGE + 1])).await;
    assert_eq!(huge.code, 8);
    assert_eq!(call(&mut client, "/some.Service/Call", None, frame(0, &[])).await.code, 12);
    assert_eq!(call(&mut client, TRACES, Some("snappy"), frame(1, &[])).await.code, 12);
    for framing in [vec![], vec![0, 0, 0], frame(1, &[]), [frame(0, &[]), frame(0, &[])].concat()] {
        assert_eq!(call(&mut client, TRACES, None, framing).await.code, 13);
    }
    let counters = &running.counters;
    assert_eq!(counters.get(Signal::Traces, Count::TooLarge), 2);
    assert_eq!(counters.get(Signal::Traces, Count::Malformed), 1);
    assert_eq!(running.said.lock().unwrap().len(), 1, "it is said once");
}

#[tokio::test]
async fn m9_grpc_tells_what_was_refused_and_when_to_come_again() {
    let running = start(Kept::with_room(1), Limits::default());
    let mut client = connect(running.grpc).await;
    let body = traces(vec![span("good"), Span { span_id: Vec::new(), ..span("bad") }]).encode_to_vec();
    let partial = call(&mut client, TRACES, None, frame(0, &body)).await;
    let told = Exported::decode(&partial.body[5..]).unwrap().partial_success.unwrap();
    assert_eq!((partial.code, told.rejected), (0, 1));
    assert_eq!(told.error_message, "a span has no valid id of its own");

    let busy = call(&mut client, TRACES, None, frame(0, &body)).await;
    assert_eq!(busy.code, 14);
    let details = busy.told["grpc-status-details-bin"].as_bytes();
    let details = base64::Engine::decode(&base64::engine::general_purpose::STANDARD_NO_PAD, details).unwrap();
    let status = RpcStatus::decode(details.as_slice()).unwrap();
    assert_eq!(
        (status.code, status.details[0].type_url.as_str()),
        (14, "type.googleapis.com/google.rpc.RetryInfo")
    );
    let info = RetryInfo::decode(status.details[0].value.as_slice()).unwrap();
    assert_eq!(info.retry_delay.unwrap().seconds, 1);
}

#[tokio::test]
async fn m9_requests_that_take_too_much_memory_together_are_to_come_again() {
    let running = start(Kept::default(), Limits { memory: 64 << 10, ..Limits::default() });
    let mut client = connect(running.grpc).await;
    assert_eq!(call(&mut client, TRACES, None, frame(0, &vec![0; 100 << 10])).await.code, 14);
    let (head, _) = post(running.http, "/v1/traces", &[PROTOBUF], &vec![0; 100 << 10]);
    assert!(head.starts_with("HTTP/1.1 503") && head.contains("retry-after: 1"), "{head}");
    let small = traces(vec![span("a")]).encode_to_vec();
    assert_eq!(call(&mut client, TRACES, None, frame(0, &small)).await.code, 0);
}

#[test]
fn m9_http_takes_protobuf_and_json_and_answers_in_kind() {
    let running = start(Kept::default(), Limits::default());
    let body = traces(vec![span("a"), Span { trace_id: Vec::new(), ..span("b") }]).encode_to_vec();
    let (head, answer) =
        post(running.http, "/v1/traces", &[PROTOBUF, "content-encoding: gzip"], &gzip(&body));
    assert!(head.starts_with("HTTP/1.1 200") && head.contains(PROTOBUF), "{head}");
    assert_eq!(Exported::decode(answer.as_slice()).unwrap().partial_success.unwrap().rejected, 1);

    let (head, answer) = post(running.http, "/v1/logs", &[JSON], br#"{"resourceLogs":[]}"#);
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-type: application/json"), "{head}");
    assert_eq!(answer, b"{}");
    let spans = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"no ids"}]}]}]}"#;
    let (_, answer) = post(running.http, "/v1/traces", &[JSON], spans);
    let told: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(told["partialSuccess"]["rejectedSpans"], "1");
    assert!(!running.kept.spans.lock().unwrap().is_empty());
}

#[test]
fn m9_http_refuses_as_the_specification_says() {
    let running = start(Kept::default(), Limits::default());
    let status =
        |target, headers: &[&str], body: &[u8]| post(running.http, target, headers, body).0[9..12].to_owned();
    assert_eq!(status("/v1/traces", &[PROTOBUF], &[0x0a, 99]), "400");
    assert_eq!(status("/v1/traces", &[JSON], b"{"), "400");
    assert_eq!(status("/v1/traces", &[PROTOBUF, "content-encoding: gzip"], b"no gzip"), "400");
    assert_eq!(status("/v1/traces", &[PROTOBUF, "content-encoding: gzip"], &gzip(&vec![0; 64 << 20])), "413");
    assert_eq!(status("/v1/traces", &[PROTOBUF], &vec![0; MAX_MESSAGE + 1]), "413");
    assert_eq!(status("/v1/traces", &["content-type: text/xml"], b""), "415");
    assert_eq!(status("/v1/traces", &[PROTOBUF, "content-encoding: br"], b""), "415");
    assert_eq!(status(" /v1/traces", &[PROTOBUF], b""), "405");
    assert_eq!(status("/v1/profiles", &[PROTOBUF], b""), "404");
    let (_, answer) = post(running.http, "/v1/metrics", &[JSON], b"[");
    let told: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(told["code"], 3);
    assert!(told["message"].as_str().unwrap().contains("JSON"), "{told}");
}

#[test]
fn m9_what_stands_still_is_given_up() {
    let limits = Limits { request: Duration::from_millis(50), ..Limits::default() };
    let running = start(Kept::default(), limits);
    let mut stream = TcpStream::connect(running.http).unwrap();
    let head = format!("POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n{PROTOBUF}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn m9_a_receiver_that_stops_says_goodbye() {
    let running = start(Kept::default(), Limits::default());
    let mut client = connect(running.grpc).await;
    let body = traces(vec![span("a")]).encode_to_vec();
    assert_eq!(call(&mut client, TRACES, None, frame(0, &body)).await.code, 0);
    let receiver = running.receiver;
    tokio::task::spawn_blocking(|| receiver.stop()).await.unwrap();
    assert!(TcpStream::connect(running.grpc).is_err(), "it still accepts");
    assert!(client.ready().await.is_err(), "the connection is still open");
}
