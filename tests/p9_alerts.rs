//! P9: what is wrong is found, explained and told, by mail, webhook and SMS gateway; once, again after a SIGKILL of the server, and
//! its end too; a storm is one message.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use naru_testkit::client::Client;
use naru_testkit::mail::Mail;
use naru_testkit::naru::Naru;
use serde_json::Value;

/// Readings come each ten seconds, and what is over must be so for half a minute.
const PATIENCE: Duration = Duration::from_secs(120);

/// aiosmtpd from PyPI.
fn mail() -> Mail {
    Mail::start(Path::new(env!("CARGO_MANIFEST_DIR")), Path::new(env!("CARGO_TARGET_TMPDIR")))
}

/// An HTTP server that takes everything: a webhook's or an SMS gateway's.
struct Hook {
    address: SocketAddr,
    requests: Receiver<String>,
}

impl Hook {
    fn listen(address: &str) -> Hook {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, requests) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line).unwrap() <= 2 {
                        break;
                    }
                    if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    head += &line;
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
                if heard.send(format!("{head}\n{}", String::from_utf8(body).unwrap())).is_err() {
                    return;
                }
            }
        });
        Hook { address, requests }
    }

    fn next(&self) -> String {
        self.requests.recv_timeout(PATIENCE).expect("nobody calls")
    }

    /// The JSON of the next request.
    fn next_json(&self) -> Value {
        let request = self.next();
        serde_json::from_str(request.split_once("\n\n").unwrap().1)
            .unwrap_or_else(|e| panic!("{e}: {request}"))
    }

    fn is_quiet(&self) -> bool {
        self.requests.try_recv().is_err()
    }
}

/// Asks until the answer is as wanted.
fn until(naru: &Naru, arguments: &[&str], wanted: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let answer = naru.json(arguments);
        if wanted(&answer) {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{arguments:?} does not become as wanted: {answer:#}");
    }
}

/// Clients that go on asking, whatever they are told.
struct Asking {
    over: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Asking {
    /// Asks each target one after the other, so that each has as many requests.
    fn start(naru: &Naru, targets: &'static [&'static str]) -> Asking {
        let (over, address) = (Arc::new(AtomicBool::new(false)), naru.address());
        let ask = |_| {
            let over = over.clone();
            std::thread::spawn(move || {
                let mut client = Client::connect(address).unwrap();
                while !over.load(Ordering::Relaxed) {
                    // Not idempotent: what fails is not tried elsewhere.
                    targets.iter().for_each(|target| drop(client.post(target, b"{}").unwrap()));
                }
            })
        };
        let clients = (0..2).map(ask).collect();
        Asking { over, clients }
    }

    fn stop(self) {
        self.over.store(true, Ordering::Relaxed);
        self.clients.into_iter().for_each(|client| client.join().unwrap());
    }
}

/// Two services of one function, one instance each, so that one of them can fail as a whole.
const SHOP: &str = r#"
services:
  portal: { exec: ["naru", "app", "--service-time", "5ms"], health: { path: /healthz }, scale: { min: 1, max: 1 } }
  stock: { exec: ["naru", "app", "--service-time", "5ms"], health: { path: /healthz }, scale: { min: 1, max: 1 } }
routes:
  - { match: { path: /a/** }, to: portal, function: approval }
  - { match: { path: /s/** }, to: stock, function: approval }
functions:
  approval: { name: 승인, owner: owner@example.go.kr }
"#;

/// Has the only instance of the stock answer every request in a way.
fn stock(naru: &Naru, how: &str) {
    let address = naru.instances("stock")[0].address.unwrap();
    assert_eq!(Client::connect(address).unwrap().get(&format!("/_app/{how}")).unwrap().status, 200);
}

fn text<'v>(of: &'v Value, field: &str) -> &'v str {
    of[field].as_str().unwrap_or_else(|| panic!("no {field}: {of:#}"))
}

#[test]
fn p9_a_failing_service_is_told_by_mail_webhook_and_sms_with_its_cause_and_its_end_too() {
    let mail = mail();
    let (chat, gateway) = (Hook::listen("127.0.0.1:0"), Hook::listen("127.0.0.1:0"));
    let yaml = format!(
        r#"{SHOP}
alerts:
  defaults: false
  items:
    failing: {{ of: "function:approval", when: error_ratio > 5% for 10s, severity: critical }}
notices:
  channels:
    ops: {{ email: ops@example.go.kr }}
    chat: {{ webhook: "http://{chat}/services/s3cret", shape: slack }}
    phone: {{ sms: {{ url: "http://{gateway}/send?to={{to}}&text={{text}}", method: GET, to: "010-1234-5678" }} }}
  smtp: {{ host: 127.0.0.1, port: {port}, from: naru@example.go.kr, tls: never }}
  gather: 1s
  escalate_after: 1s
  language: en
"#,
        chat = chat.address,
        gateway = gateway.address,
        port = mail.port(),
    );
    let naru = Naru::up(&yaml);
    let said = naru.run(&["notices", "test", "ops"]);
    assert!(said.contains("arrived"), "{said}");
    assert!(text(&mail.next(), "subject").contains("a trial: ops"));

    let traffic = Asking::start(&naru, &["/a/1", "/s/1"]);
    naru.await_service("stock", "some requests", |service| service.traffic.requests_per_second > 20.0);
    stock(&naru, "err");
    let told = mail.next();
    assert_eq!((text(&told, "from"), &told["to"][0]), ("naru@example.go.kr", &"ops@example.go.kr".into()));
    let (subject, body) = (text(&told, "subject"), text(&told, "text"));
    println!("{subject}\n\n{body}");
    let wanted = "critical: function approval error rate";
    assert!(subject.contains(wanted) && subject.ends_with("(limit 5%)"), "{subject}");
    let causes = body.split("Likely causes\n").nth(1).unwrap_or_else(|| panic!("no cause: {body}"));
    let first = causes.lines().next().unwrap();
    assert!(
        first.starts_with("1. ") && (first.contains("/s/**") || first.contains("service stock")),
        "{body}"
    );
    assert!(body.contains("service stock: error rate") && !body.contains("portal"), "{body}");
    assert!(body.contains("naru alerts acknowledge 1") && body.contains("naru alerts explain 1"), "{body}");
    let slack = chat.next_json();
    assert!(text(&slack, "text").contains(wanted), "{slack}");
    let sms = gateway.next();
    assert!(sms.starts_with("GET /send?to=010%2D1234%2D5678&text=%5Bnaru"), "{sms}");

    // Nobody has acknowledged it: the function's owner is told.
    let owner = mail.next();
    assert_eq!(owner["to"][0], "owner@example.go.kr", "{owner}");
    assert!(text(&owner, "subject").contains("nobody has answered"), "{owner}");

    let open = naru.json(&["alerts", "--open"]);
    assert_eq!((text(&open[0], "owner"), text(&open[0], "figure")), ("function:approval", "error_ratio"));
    let explained = naru.run(&["alerts", "explain", "1", "--ko"]);
    println!("{explained}");
    assert!(explained.contains("서비스 stock: 오류율"), "{explained}");
    naru.run(&["alerts", "acknowledge", "1"]);
    assert!(naru.json(&["alerts", "--open"])[0]["acknowledged"][1].is_string());

    stock(&naru, "ok");
    // Whoever was told is told of its end.
    let mut over = [mail.next(), mail.next()];
    over.sort_by_key(|mail| mail["to"][0].to_string());
    assert_eq!(over.each_ref().map(|mail| &mail["to"][0]), ["ops@example.go.kr", "owner@example.go.kr"]);
    assert!(over.iter().all(|mail| text(mail, "subject").contains("over: function approval")), "{over:?}");
    assert!(text(&chat.next_json(), "text").contains("as it should be again"));
    assert!(gateway.next().contains("over"));
    traffic.stop();
    assert_eq!(naru.json(&["alerts", "--open"]), Value::Array(Vec::new()));
    // What is secret is shown nowhere.
    let said = naru.run(&["notices"]) + &naru.output() + &naru.json(&["notices"]).to_string();
    assert!(!said.contains("s3cret"), "{said}");
    let audit = naru.run(&["audit"]);
    assert!(audit.contains("acknowledge_alert") && audit.contains("try_channel"), "{audit}");
}

const PORTAL: &str = r#"
services:
  portal:
    exec: ["naru", "app", "--workers", "16", "--service-time", "5ms"]
    health: { path: /healthz }
    scale: { min: 2, max: 2 }
    traffic: { eject_after: 1000000 }
routes:
  - { match: { path: /** }, to: portal, function: approval }
functions:
  approval: { name: 승인, owner: owner@example.go.kr }
"#;

#[test]
fn p9_a_notice_that_waits_is_sent_by_the_next_server_after_a_sigkill() {
    // A port that nobody listens on any more.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let yaml = format!(
        r#"{PORTAL}
alerts:
  defaults: false
  items:
    idle: {{ of: "service:portal", when: requests < 5/s for 10s }}
notices:
  channels: {{ chat: {{ webhook: "http://{address}/hook" }} }}
  gather: 0s
"#
    );
    let mut naru = Naru::up(&yaml);
    let waits =
        |notices: &Value| notices[0]["state"] == "waiting" && notices[0]["attempts"].as_u64() > Some(0);
    until(&naru, &["notices"], waits);
    naru.kill_server();
    let chat = Hook::listen(&address.to_string());
    naru.start_again();
    let told = chat.next_json();
    assert_eq!(
        (&told["alerts"][0]["owner"], &told["notice"]["reason"]),
        (&"service:portal".into(), &"first".into())
    );
    naru.await_ready();
    until(&naru, &["notices"], |notices| notices[0]["state"] == "sent");
    // The alert goes on: it is not opened, and not told, a second time.
    let open = naru.json(&["alerts", "--open"]);
    assert_eq!((open.as_array().unwrap().len(), &open[0]["id"]), (1, &1.into()), "{open}");
    assert!(chat.is_quiet());
}

#[test]
fn p9_a_storm_of_a_thousand_causes_is_one_message_and_a_silence_is_kept() {
    let chat = Hook::listen("127.0.0.1:0");
    let items: String = (1..=1000)
        .map(|n| format!("    idle-{n}: {{ of: \"service:portal\", when: \"requests < 5/s for 10s\" }}\n"))
        .collect();
    let yaml = format!(
        r#"{PORTAL}
alerts:
  defaults: false
  items:
{items}    hushed: {{ of: platform, when: "requests < 5/s for 10s" }}
notices:
  channels: {{ chat: {{ webhook: "http://{}/hook" }} }}
  gather: 2s
"#,
        chat.address
    );
    let naru = Naru::up(&yaml);
    let made = naru.run(&["silence", "platform", "--item", "hushed", "--for", "2h", "--why", "an exercise"]);
    assert!(made.contains("nobody is told"), "{made}");
    let told = chat.next_json();
    assert_eq!(told["notice"]["alerts"].as_array().unwrap().len(), 1000, "{told}");
    assert_eq!(told["alerts"].as_array().unwrap().len(), 10);
    assert!(told["notice"]["subject"].as_str().unwrap().contains("1000"), "{told}");
    let open = naru.json(&["alerts", "--open", "-n", "2000"]);
    let silenced = open.as_array().unwrap().iter().filter(|alert| alert["silenced"] == true).count();
    assert_eq!((open.as_array().unwrap().len(), silenced), (1001, 1));
    // Nothing more was told within two more looks.
    let looked = naru.status().at;
    naru.await_status("two more looks", |status| status.at.since(looked) > Duration::from_secs(20));
    assert!(chat.is_quiet());
}
