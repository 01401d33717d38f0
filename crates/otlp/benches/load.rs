//! Sends spans as a Java agent would, by OTLP/gRPC, or reads them in this process; `bench/telemetry/otlp` runs it.
//!
//! usage: load ADDRESS SPANS     sends them, eight requests at once, and prints JSON of what was taken
//!        load read SPANS        reads them here, and prints how many a processor reads in a second

#![allow(clippy::unwrap_used, reason = "a bench that fails has nothing better to do")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::SendRequest;
use http::{HeaderMap, Request};
use naru_model::metric::MetricPoint;
use naru_model::units::Timestamp;
use naru_otlp::message::{
    AnyValue, ExportTraces, Exported, KeyValue, Resource, ResourceSpans, Scope, ScopeSpans, Span, Status,
};
use naru_otlp::{Busy, Encoding, Intake, Signal, Sink};
use prost::Message;

/// Of one request, as the SDK's batch processor sends at most.
const SPANS: usize = 512;
const AT_ONCE: usize = 8;
/// How long after it was refused a request is sent again.
const AGAIN: Duration = Duration::from_millis(100);
const PATH: &str = "http://naru/opentelemetry.proto.collector.trace.v1.TraceService/Export";
/// What the demo's pages are, the ones asked for most first.
const ROUTES: [&str; 8] = [
    "/booking/{id}",
    "/booking",
    "/notices",
    "/notices/{id}",
    "/approval/{document}",
    "/search",
    "/login",
    "/reports/{year}/{month}",
];
const STATEMENTS: [&str; 4] = [
    "SELECT id, status, room, begins, ends FROM bookings WHERE id = ?",
    "SELECT count(*) FROM bookings WHERE room = ? AND begins < ? AND ends > ?",
    "INSERT INTO bookings (id, status, room, begins, ends) VALUES (?, ?, ?, ?, ?)",
    "UPDATE rooms SET taken = taken + ? WHERE id = ?",
];

/// Numbers that look random and are the same each time. Source: splitmix64 (<https://prng.di.unimi.it/splitmix64.c>).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `most`, small ones more often.
    fn skewed(&mut self, most: usize) -> usize {
        (self.roll() as usize % most).min(self.roll() as usize % most)
    }

    fn id<const N: usize>(&mut self) -> Vec<u8> {
        [self.roll().to_le_bytes(), (self.roll() | 1).to_le_bytes()].concat()[16 - N..].to_vec()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { string_value: Some(value.to_owned()), ..AnyValue::default() };
    KeyValue { key: key.to_owned(), value: Some(value) }
}

fn number(key: &str, value: i64) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { int_value: Some(value), ..AnyValue::default() }) }
}

/// What the Java agent says of a process.
fn resource(service: &str) -> Resource {
    let of = [
        ("service.name", service),
        ("service.instance.id", "0e8d3a51-6d4c-4f6b-9d0e-1d9f5a2b7c11"),
        ("host.arch", "amd64"),
        ("host.name", "demo"),
        ("os.description", "Linux 6.1.0"),
        ("os.type", "linux"),
        ("process.executable.path", "/usr/lib/jvm/java-17-openjdk-amd64/bin/java"),
        ("process.runtime.name", "OpenJDK Runtime Environment"),
        ("process.runtime.version", "17.0.15+6-Debian-1deb12u1"),
        ("telemetry.distro.name", "opentelemetry-java-instrumentation"),
        ("telemetry.distro.version", "2.33.1"),
        ("telemetry.sdk.language", "java"),
        ("telemetry.sdk.name", "opentelemetry"),
        ("telemetry.sdk.version", "1.57.0"),
    ];
    Resource { attributes: of.iter().map(|(key, value)| text(key, value)).collect() }
}

/// A request to the portal: its server span, a call to booking, booking's server span, and two statements there.
fn trace(dice: &mut Dice, now_us: u64) -> [Vec<Span>; 2] {
    let trace_id = dice.id::<16>();
    let [server, client, called]: [Vec<u8>; 3] = std::array::from_fn(|_| dice.id::<8>());
    let (route, took) =
        (ROUTES[dice.skewed(ROUTES.len())], 2_000 + (dice.roll() % 1000) * (dice.roll() % 50));
    let failed = dice.roll().is_multiple_of(200);
    let (status, start) = (if failed { 500 } else { 200 }, now_us - took - dice.roll() % 100_000);
    let span = |name: String, id: &[u8], parent: &[u8], kind, at: u64, took: u64, attributes| Span {
        trace_id: trace_id.clone(),
        span_id: id.to_vec(),
        parent_span_id: parent.to_vec(),
        name,
        kind,
        start_time_unix_nano: at * 1000,
        end_time_unix_nano: (at + took) * 1000,
        attributes,
        events: Vec::new(),
        status: failed.then(|| Status { message: String::new(), code: 2 }),
    };
    let served = |host: &str, thread: i64| {
        vec![
            text("http.request.method", "GET"),
            number("http.response.status_code", status),
            text("http.route", route),
            text("url.path", &route.replace("{id}", "4711")),
            text("url.scheme", "http"),
            text("server.address", host),
            number("server.port", 8080),
            text("network.protocol.version", "1.1"),
            text("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
            number("thread.id", thread),
            text("thread.name", &format!("http-nio-8080-exec-{thread}")),
        ]
    };
    let calls = vec![
        text("http.request.method", "GET"),
        number("http.response.status_code", status),
        text("url.full", &format!("http://booking:8080{}", route.replace("{id}", "4711"))),
        text("server.address", "booking"),
        number("server.port", 8080),
    ];
    let portal = vec![
        span(format!("GET {route}"), &server, &[], 2, start, took, served("portal", 40)),
        span("GET".to_owned(), &client, &server, 3, start + 300, took - 600, calls),
    ];
    let mut booking = vec![span(
        format!("GET {route}"),
        &called,
        &client,
        2,
        start + 500,
        took - 1000,
        served("booking", 41),
    )];
    for at in 0..2 {
        let statement = STATEMENTS[dice.skewed(STATEMENTS.len())];
        let attributes = vec![
            text("db.system.name", "postgresql"),
            text("db.namespace", "booking"),
            text("db.query.text", statement),
            text("server.address", "db"),
            number("server.port", 5432),
            number("thread.id", 41),
        ];
        let verb = statement.split(' ').next().unwrap_or_default();
        let (begins, id) = (start + 600 + at * took / 3, dice.id::<8>());
        booking.push(span(format!("{verb} booking"), &id, &called, 3, begins, took / 4, attributes));
    }
    [portal, booking]
}

/// Requests one after another: each holds spans of one service.
struct Requests {
    dice: Dice,
    waiting: [Vec<Span>; 2],
}

impl Requests {
    fn next(&mut self) -> Vec<u8> {
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64;
        loop {
            if let Some(of) = self.waiting.iter().position(|spans| spans.len() >= SPANS) {
                let spans = self.waiting[of].drain(..SPANS).collect();
                let scope = Some(Scope { name: "io.opentelemetry.tomcat-10.0".to_owned() });
                let resource = Some(resource(["portal", "booking"][of]));
                let scope_spans = vec![ScopeSpans { scope, spans }];
                return ExportTraces { resource_spans: vec![ResourceSpans { resource, scope_spans }] }
                    .encode_to_vec();
            }
            for (waiting, more) in self.waiting.iter_mut().zip(trace(&mut self.dice, now)) {
                waiting.extend(more);
            }
        }
    }
}

/// How an answer ended: taken, how many of it were refused, or to be sent again.
enum Outcome {
    Taken(u64),
    Again(Bytes),
}

async fn send(mut client: SendRequest<Bytes>, body: Bytes) -> Outcome {
    let request = Request::post(PATH).header("content-type", "application/grpc").header("te", "trailers");
    let (response, mut stream) = client.send_request(request.body(()).unwrap(), false).unwrap();
    let mut rest = body.clone();
    while !rest.is_empty() {
        stream.reserve_capacity(rest.len());
        let Some(Ok(room)) = std::future::poll_fn(|context| stream.poll_capacity(context)).await else {
            break;
        };
        let piece = rest.split_to(room.min(rest.len()));
        stream.send_data(piece, rest.is_empty()).unwrap();
    }
    let (head, mut incoming) = response.await.unwrap().into_parts();
    let status = |headers: &HeaderMap| headers.get("grpc-status").map(|code| code.as_bytes().to_vec());
    if let Some(code) = status(&head.headers) {
        assert_eq!(code, b"14", "a request was refused: {:?}", head.headers);
        return Outcome::Again(body);
    }
    let mut answer = Vec::new();
    while let Some(more) = incoming.data().await {
        let more = more.unwrap();
        incoming.flow_control().release_capacity(more.len()).unwrap();
        answer.extend_from_slice(&more);
    }
    assert_eq!(status(&incoming.trailers().await.unwrap().unwrap()).as_deref(), Some(b"0".as_slice()));
    let refused =
        Exported::decode(&answer[5..]).unwrap().partial_success.map_or(0, |partial| partial.rejected);
    Outcome::Taken(refused as u64)
}

async fn load(address: SocketAddr, spans: u64) {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let client = client.ready().await.unwrap();
    let mut requests = Requests { dice: Dice(7), waiting: [Vec::new(), Vec::new()] };
    let (began, mut sent, mut refused, mut again, mut bytes) = (Instant::now(), 0, 0, 0_u64, 0);
    let mut under_way = VecDeque::new();
    while sent < spans || !under_way.is_empty() {
        while sent < spans && under_way.len() < AT_ONCE {
            let message = requests.next();
            bytes += message.len();
            let body = [&[0], (message.len() as u32).to_be_bytes().as_slice(), &message].concat();
            under_way.push_back(tokio::spawn(send(client.clone(), body.into())));
            sent += SPANS as u64;
        }
        let Some(first) = under_way.pop_front() else { break };
        match first.await.unwrap() {
            Outcome::Taken(lost) => refused += lost,
            Outcome::Again(body) => {
                again += 1;
                tokio::time::sleep(AGAIN).await;
                under_way.push_back(tokio::spawn(send(client.clone(), body)));
            }
        }
    }
    let (seconds, each) = (began.elapsed().as_secs_f64(), bytes as f64 / sent as f64);
    println!(
        r#"{{"spans":{sent},"refused":{refused},"sent_again":{again},"seconds":{seconds:.3},"bytes_each":{each:.1}}}"#
    );
}

/// Takes everything and keeps nothing.
struct Nowhere;

impl Sink for Nowhere {
    fn has_service(&self, _: &str) -> bool {
        false
    }

    fn has_room(&self, _: usize) -> bool {
        true
    }

    fn spans(&self, batch: &[u8]) -> Result<(), Busy> {
        std::hint::black_box(batch);
        Ok(())
    }

    fn logs(&self, _: &[u8]) -> Result<(), Busy> {
        Ok(())
    }

    fn metrics(&self, _: Vec<MetricPoint>) -> Result<(), Busy> {
        Ok(())
    }
}

fn read(spans: u64) {
    let mut requests = Requests { dice: Dice(7), waiting: [Vec::new(), Vec::new()] };
    let bodies: Vec<Vec<u8>> = (0..16).map(|_| requests.next()).collect();
    let mut intake = Intake::new(Arc::new(Nowhere), Arc::default());
    let (began, mut done) = (Instant::now(), 0);
    for body in bodies.iter().cycle() {
        if done >= spans {
            break;
        }
        done += intake.take(Signal::Traces, Encoding::Protobuf, false, body, Timestamp(1)).unwrap().count;
    }
    println!(
        "{:.0} spans a second of one processor, read and thrown away",
        done as f64 / began.elapsed().as_secs_f64()
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["read", spans] => read(spans.parse().unwrap()),
        [address, spans] => load(address.parse().unwrap(), spans.parse().unwrap()).await,
        // `cargo test --benches` runs it without any.
        _ => read(SPANS as u64),
    }
}
