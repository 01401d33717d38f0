//! G7 and G1: who goes first when not all can, places, a client's own limits over restarts, and an outside issuer's new keys.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::net::{SocketAddr, TcpListener};

use naru_model::status::Traffic;
use naru_testkit::client::{Answer, Client};
use naru_testkit::naru::Naru;
use naru_testkit::processes::signal;
use rustix::process::Signal;

/// Every client's key ends so; the file has the SHA-256 of the whole alone.
const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

const YAML: &str = r#"
clients:
  vip: { keys: [HASH-vip], priority: critical }
  batch: { keys: [HASH-batch], priority: low }
  counted: { keys: [HASH-counted], limits: [{ quota: 3/month }, { quota: 1000/day }] }
services:
  narrow:
    exec: ["UPSTREAM"]
    traffic: { concurrency: 1, queue: 1, attempts: 1 }
  wide:
    exec: ["UPSTREAM"]
routes:
  - match: { host: narrow.example.kr }
    to: narrow
  - match: { host: one.example.kr }
    to: wide
    limits: { concurrency: 1, per: client }
  - match: { host: open.example.kr }
    to: wide
"#;

fn key(client: &str) -> String {
    format!("nk_{client}_{SECRET}")
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn up() -> Naru {
    let built = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let clients = ["vip", "batch", "counted"];
    let yaml = YAML.replace("UPSTREAM", &built.join("examples/upstream").display().to_string());
    let hash = |yaml: String, client: &&str| yaml.replace(&format!("HASH-{client}"), &sha256(&key(client)));
    // The same address after a restart.
    Naru::up_with(&clients.iter().fold(yaml, hash), &["--listen", &free().to_string()])
}

/// An address of this machine that nobody listens on.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn ask(client: &mut Client, host: &str, who: &str) {
    let field = if who.is_empty() { String::new() } else { format!("x-api-key: {}\r\n", key(who)) };
    client.send(format!("GET /bytes/2 HTTP/1.1\r\nhost: {host}.example.kr\r\n{field}\r\n")).unwrap();
}

fn get(naru: &Naru, host: &str, who: &str) -> Answer {
    let mut client = naru.connect();
    ask(&mut client, host, who);
    client.receive().unwrap()
}

/// A request whose answer comes when [`let_go`] has sent the rest of its body.
fn hold(naru: &Naru, host: &str) -> Client {
    let mut client = naru.connect();
    client
        .send(format!("POST /size HTTP/1.1\r\nhost: {host}.example.kr\r\ncontent-length: 2\r\n\r\nx"))
        .unwrap();
    client
}

fn let_go(client: &mut Client) -> Answer {
    client.send("y").unwrap();
    client.receive().unwrap()
}

fn await_traffic(naru: &Naru, what: &str, service: &str, wanted: impl Fn(&Traffic) -> bool) {
    naru.await_service(service, what, |service| wanted(&service.traffic));
}

#[test]
fn g7_when_not_all_can_wait_the_least_important_is_turned_away() {
    let naru = up();
    let mut first = hold(&naru, "narrow");
    await_traffic(&naru, "one is in", "narrow", |traffic| traffic.in_flight == 1);
    let (mut low, mut critical) = (naru.connect(), naru.connect());
    ask(&mut low, "narrow", "batch");
    await_traffic(&naru, "one waits", "narrow", |traffic| traffic.waiting == 1);
    ask(&mut critical, "narrow", "vip");
    let turned_away = low.receive().unwrap();
    assert_eq!(turned_away.status, 503, "{}", turned_away.text());
    assert!(turned_away.header("retry-after").is_some(), "{:?}", turned_away.headers);
    assert_eq!(let_go(&mut first).status, 200);
    assert_eq!(critical.receive().unwrap().status, 200);
}

#[test]
fn g7_a_client_has_so_many_calls_at_once_and_its_neighbours_have_theirs() {
    let naru = up();
    let mut first = hold(&naru, "one");
    await_traffic(&naru, "one is in", "wide", |traffic| traffic.in_flight == 1);
    let refused = get(&naru, "one", "");
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit"), Some("\"route-concurrency\";r=0;t=1"));
    assert_eq!(get(&naru, "one", "vip").status, 200, "another client");
    assert_eq!(let_go(&mut first).status, 200);
    ask(&mut first, "one", "");
    assert_eq!(first.receive().unwrap().status, 200);
}

#[test]
fn g7_a_client_s_own_quota_holds_on_an_open_route_and_goes_on_after_a_restart() {
    let mut naru = up();
    let answer = get(&naru, "open", "counted");
    let said = answer.header("ratelimit").unwrap_or_default();
    assert!(
        said.starts_with("\"client-quota-month\";r=2;t=") && said.contains("\"client-quota-day\";r=999;t="),
        "{:?}",
        answer.headers
    );
    assert_eq!(get(&naru, "open", "counted").status, 200);
    signal(naru.server_pid(), Signal::TERM);
    assert_eq!(naru.await_end(), Some(0));
    naru.start_again();
    naru.await_ready();
    assert_eq!(get(&naru, "open", "counted").status, 200);
    let refused = get(&naru, "open", "counted");
    assert_eq!(refused.status, 429, "{}", refused.text());
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(wait <= 31 * 86_400, "{wait}");
    assert!(refused.header("ratelimit").unwrap().starts_with("\"client-quota-month\";r=0;t="));
    // Who does not say who it is, is nobody, and uses up nothing of the client's.
    assert_eq!(get(&naru, "open", "").status, 200);
}

/// Gives out tokens, as naru does for its own clients; each start with an empty folder has a key of its own.
fn issuer(address: SocketAddr) -> Naru {
    let yaml = r#"
access:
  tokens: { issuer: "http://ADDRESS", audience: outside }
clients:
  partner: { secrets: [HASH], scopes: [orders.read] }
services:
  nothing: { exec: ["naru", "app"], health: { path: /healthz } }
"#;
    let yaml = yaml.replace("ADDRESS", &address.to_string()).replace("HASH", &sha256(SECRET));
    Naru::up_with(&yaml, &["--listen", &address.to_string()])
}

fn token(issuer: &Naru) -> String {
    use base64::Engine;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("partner:{SECRET}"));
    let body = "grant_type=client_credentials";
    let mut client = issuer.connect();
    let head = format!(
        "POST /oauth/token HTTP/1.1\r\nhost: issuer\r\nauthorization: Basic {basic}\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    );
    client.send(head).unwrap();
    let answer = client.receive().unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let given: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    given["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn g1_an_outside_issuer_s_new_key_works_without_a_restart_soon_after_it_is_shown() {
    let address = free();
    let first = issuer(address);
    let yaml = r#"
access:
  issuers: [{ issuer: "http://ADDRESS", audience: outside }]
services:
  orders: { exec: ["naru", "app"], health: { path: /healthz } }
routes:
  - match: { path: /** }
    to: orders
    auth: { any_of: jwt }
"#;
    let naru = Naru::up(&yaml.replace("ADDRESS", &address.to_string()));
    naru.await_ready();
    let show = |token: &str| {
        let mut client = naru.connect();
        client
            .send(format!("GET / HTTP/1.1\r\nhost: orders\r\nauthorization: Bearer {token}\r\n\r\n"))
            .unwrap();
        client.receive().unwrap().status
    };
    let until_let_in = |token: &str| {
        let statuses = std::iter::repeat_with(|| show(token)).take(200_000);
        let mut refused = statuses.take_while(|status| *status == 401);
        assert!(refused.by_ref().count() < 200_000, "it is never let in");
        assert_eq!(show(token), 200);
    };
    let old = token(&first);
    until_let_in(&old);
    drop(first);
    let second = issuer(address);
    until_let_in(&token(&second));
    assert_eq!(show(&old), 401, "its key is not published any more");
}
