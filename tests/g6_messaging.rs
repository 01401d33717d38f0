//! G6: each pattern through the real gateway, with brokers that others wrote.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use naru_testkit::client::{Answer, Client};
use naru_testkit::naru::{Naru, PATIENCE};
use naru_verify::scenario::{Broker, BrokerKind};
use rustix::process::Signal;
use serde_json::Value;

const LOOK: Duration = Duration::from_millis(50);

/// The misbehaving upstream behind every path; `routes` come before, `more` stands beside.
fn up(more: &str, routes: &str) -> Naru {
    let upstream =
        std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples/upstream");
    Naru::up(&format!(
        "
services:
  upstream: {{ exec: [{}] }}
{more}
routes:
{routes}
  - {{ match: {{ path: /** }}, to: upstream }}
",
        upstream.display()
    ))
}

fn ask(naru: &Naru, method: &str, path: &str, fields: &[&str], body: &str) -> Answer {
    let mut client = Client::connect(naru.address()).unwrap();
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: api.example.go.kr\r\n{fields}");
    client.send(format!("{head}content-length: {length}\r\nconnection: close\r\n\r\n{body}")).unwrap();
    client.receive().unwrap()
}

fn post(naru: &Naru, path: &str, fields: &[&str], body: &str) -> Answer {
    ask(naru, "POST", path, fields, body)
}

fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.text()))
}

/// How often the upstream was asked for a path.
fn times(naru: &Naru, path: &str) -> usize {
    ask(naru, "GET", &format!("/times{path}"), &[], "").text().parse().unwrap()
}

fn eventually(what: &str, mut there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !there() {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(LOOK);
    }
}

/// The operators' API, over its socket.
fn api(naru: &Naru, method: &str, path: &str) -> Value {
    let socket = naru.state().join("naru.sock");
    let mut command = Command::new("curl");
    command.args(["-sS", "--fail-with-body", "-X", method, "--unix-socket"]).arg(socket);
    let output = command.arg(format!("http://naru{path}")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{path}: {text}{}", String::from_utf8_lossy(&output.stderr));
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}

fn letters(naru: &Naru) -> Vec<Value> {
    api(naru, "GET", "/v1/dead-letters")["letters"].as_array().unwrap().clone()
}

/// A job's status once it has ended.
fn ended(naru: &Naru, accepted: &Answer) -> Value {
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    let location = accepted.header("location").unwrap();
    json(&ask(naru, "GET", location, &["prefer: wait=15"], ""))
}

fn start(kind: BrokerKind) -> Broker {
    Broker::start(kind, &["flaky", "dead"]).unwrap().unwrap()
}

fn naru_of(broker: &Broker) -> Naru {
    let more = format!(
        "
brokers:
  broker: {{ url: \"{}\" }}
consumers:
  - {{ broker: broker, queue: flaky, to: POST /fails/2/503/flaky }}
  - {{ broker: broker, queue: dead, to: POST /fails/2/503/dead, attempts: 2 }}
",
        broker.url()
    );
    let route = |name: &str| {
        format!(
            "  - {{ match: {{ path: /publish/{name} }}, to: upstream, publish: {{ broker: broker, subject: {name} }} }}\n"
        )
    };
    up(&more, &["flaky", "dead", "nowhere"].map(route).concat())
}

/// What holds of every broker.
fn battery(kind: BrokerKind) {
    let mut broker = start(kind);
    let naru = naru_of(&broker);
    let publish = |name: &str, key: &str| {
        post(&naru, &format!("/publish/{name}"), &[&format!("idempotency-key: {key}")], "a message")
    };
    let flaky = || times(&naru, "/fails/2/503/flaky");

    // Confirmed, and delivered until the service has taken it.
    let confirmed = publish("flaky", "1");
    assert_eq!(confirmed.status, 202, "{}", confirmed.text());
    assert_eq!(json(&confirmed)["broker"], "broker");
    eventually("two refusals and one answer", || flaky() == 3);
    if kind == BrokerKind::Nats {
        assert_eq!(json(&publish("flaky", "1"))["duplicate"], true);
    }
    assert_eq!(publish("nowhere", "1").status, 502, "nothing takes such messages");

    // Given up after its attempts, looked at, replayed.
    assert_eq!(publish("dead", "1").status, 202);
    eventually("a dead letter", || letters(&naru).len() == 1);
    let letter = &letters(&naru)[0];
    assert_eq!((letter["attempts"].as_u64(), letter["path"].as_str()), (Some(2), Some("/fails/2/503/dead")));
    let id = letter["id"].as_str().unwrap();
    assert_eq!(api(&naru, "GET", &format!("/v1/dead-letters/{id}"))["body"], "a message");
    api(&naru, "POST", &format!("/v1/dead-letters/{id}/replay"));
    eventually("the third delivery", || times(&naru, "/fails/2/503/dead") == 3);
    eventually("no dead letter", || letters(&naru).is_empty());

    // A broker that says nothing has confirmed nothing.
    broker.signal(Signal::STOP).unwrap();
    let silent = publish("flaky", "2");
    assert_eq!(silent.status, 503, "{}", silent.text());
    assert_eq!(silent.header("content-type"), Some("application/problem+json"));
    assert!(
        silent.header("retry-after").is_some() && silent.text().contains("not confirmed"),
        "{}",
        silent.text()
    );
    broker.signal(Signal::CONT).unwrap();
    eventually("it is confirmed again", || publish("flaky", "2").status == 202);

    // Nor has one that is gone; when it is back, all goes on by itself.
    broker.kill().unwrap();
    let gone = publish("flaky", "3");
    assert_eq!(gone.status, 503, "{}", gone.text());
    broker.start_again().unwrap();
    eventually("it is confirmed by the next broker", || publish("flaky", "3").status == 202);
    // Each message at least once: the first one's three, one of key 2, one of key 3.
    eventually("all were delivered", || flaky() >= 5);
}

#[test]
fn g6_publishing_and_consuming_with_nats_jetstream() {
    battery(BrokerKind::Nats);
}

#[test]
fn g6_publishing_and_consuming_with_rabbitmq() {
    battery(BrokerKind::Amqp);
}

/// naru and its broker start together after a machine's restart: who comes first is not refused.
#[test]
fn g6_a_message_waits_for_a_connection_that_is_being_made() {
    for kind in [BrokerKind::Nats, BrokerKind::Amqp] {
        let broker = start(kind);
        broker.signal(Signal::STOP).unwrap();
        let naru = naru_of(&broker);
        std::thread::scope(|scope| {
            let (tell, answered) = channel();
            scope.spawn(|| {
                let tell = tell;
                tell.send(post(&naru, "/publish/flaky", &["idempotency-key: 1"], "a message").status)
            });
            assert_eq!(answered.recv_timeout(LOOK * 10).ok(), None, "{kind}: answered without its broker");
            broker.signal(Signal::CONT).unwrap();
            assert_eq!(answered.recv_timeout(PATIENCE).unwrap(), 202, "{kind}");
        });
    }
}

/// Who is told of results: deaf the first time. Each request that came, head and body.
fn listener() -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/heard", listener.local_addr().unwrap());
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                stream.read_line(&mut head).unwrap();
            }
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            stream.read_exact(&mut body).unwrap();
            let status = if number == 0 { "500 deaf" } else { "204 heard" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            if tell.send((head, String::from_utf8(body).unwrap())).is_err() {
                return;
            }
        }
    });
    (url, heard)
}

/// Source: RFC 2104.
fn hmac_sha256(key: &[u8], text: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let mut block = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block.resize(64, 0);
    let padded = |pad: u8| block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    let outer = Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize();
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// PATH is a variable that the server has; a secret in its own right would have to be set in this process.
const JOBS: &str = "
  - { match: { path: /slow-head/60000 }, to: upstream, job: { time_limit: 1s } }
  - match: { path: /slow-head/** }
    to: upstream
    job: { callback_hosts: [127.0.0.1], callback_secret: PATH }
  - { match: { path: /fails/** }, to: upstream, job: { attempts: 3 } }
";

#[test]
fn g6_a_caller_waits_as_long_as_it_prefers_and_gets_the_result_or_its_address() {
    let naru = up("", JOBS);
    let fast = post(&naru, "/slow-head/1", &["prefer: respond-async, wait=10"], "");
    assert_eq!((fast.status, fast.text().as_str()), (200, "late"));
    assert!(fast.header("preference-applied").unwrap().contains("wait"), "{:?}", fast.headers);
    let slow = post(&naru, "/slow-head/2000", &["prefer: respond-async, wait=1"], "");
    assert_eq!(ended(&naru, &slow)["state"], "done");

    let keyed = |body: &str| post(&naru, "/slow-head/2", &["idempotency-key: \"7f2c\""], body);
    let (first, again) = (keyed("one"), keyed("one"));
    assert_eq!((first.status, first.header("location")), (202, again.header("location")));
    assert_eq!(keyed("another").status, 422);
}

#[test]
fn g6_a_job_is_attempted_again_and_is_a_dead_letter_when_its_time_or_its_attempts_are_over() {
    let naru = up("", JOBS);
    let third = ended(&naru, &post(&naru, "/fails/2/503/a", &[], ""));
    assert_eq!((third["state"].as_str(), third["attempts"].as_u64()), (Some("done"), Some(3)));
    let fourth = post(&naru, "/fails/3/503/b", &[], "");
    assert_eq!(ended(&naru, &fourth)["state"], "dead");
    let late = ended(&naru, &post(&naru, "/slow-head/60000", &[], ""));
    assert_eq!(late["state"], "dead", "{late}");
    assert!(late["why"].as_str().unwrap().contains("time limit"), "{late}");

    let letters = letters(&naru);
    assert_eq!(letters.len(), 2, "{letters:?}");
    let dead = letters.iter().find(|letter| letter["path"] == "/fails/3/503/b").unwrap();
    api(&naru, "POST", &format!("/v1/dead-letters/{}/replay", dead["id"].as_str().unwrap()));
    eventually("its replay ends well", || ended(&naru, &fourth)["state"] == "done");
}

#[test]
fn g6_a_result_is_posted_signed_until_it_is_heard() {
    let naru = up("", JOBS);
    let (url, heard) = listener();
    let prefer = format!("prefer: respond-async, callback; url=\"{url}\"");
    let accepted = post(&naru, "/slow-head/1", &[&prefer], "");
    let id = json(&accepted)["id"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let (head, body) = heard.recv_timeout(PATIENCE).unwrap();
        assert_eq!(body, "late");
        assert!(head.contains(&format!("naru-job: {id}")) && head.contains("naru-status: 200"), "{head}");
        let signature = head.lines().find_map(|line| line.strip_prefix("naru-signature: t=")).unwrap();
        let (seconds, code) = signature.split_once(",v1=").unwrap();
        let key = std::env::var("PATH").unwrap();
        assert_eq!(code, hmac_sha256(key.as_bytes(), format!("{seconds}.{body}").as_bytes()));
    }
    let told = || json(&ask(&naru, "GET", accepted.header("location").unwrap(), &[], ""));
    eventually("it is known to be heard", || told()["callback"]["state"] == "delivered");
    let elsewhere = "prefer: respond-async, callback; url=\"http://169.254.169.254/\"";
    assert_eq!(post(&naru, "/slow-head/1", &[elsewhere], "").status, 400);
}

#[test]
fn g6_a_caller_waits_for_a_service_that_answers_later() {
    let naru = up(
        "",
        "
  - { match: { path: /later/600000 }, to: upstream, await: { poll: 50ms, timeout: 1s } }
  - { match: { path: /later/** }, to: upstream, await: { poll: 50ms } }
  - { match: { path: /calls-back/600000 }, to: upstream, await: { callback_header: X-Reply-To, timeout: 1s } }
  - { match: { path: /calls-back/** }, to: upstream, await: { callback_header: X-Reply-To } }
",
    );
    let polled = post(&naru, "/later/300", &[], "");
    assert_eq!((polled.status, polled.text().as_str()), (200, "the result"));
    let called = post(&naru, "/calls-back/300", &[], "");
    assert_eq!((called.status, called.text().as_str()), (200, "the reply"));
    assert_eq!(called.header("content-type"), Some("text/x-reply"));
    for never in ["/later/600000", "/calls-back/600000"] {
        assert_eq!(post(&naru, never, &[], "").status, 504, "{never}");
    }
    assert_eq!(post(&naru, "/.naru/await/00000000000000000000000000000000", &[], "x").status, 404);
}
