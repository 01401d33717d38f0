//! G1, G2, G3, G6, G7: clients, tokens, who may call, how much, in which shape, and calls that are answered later.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use naru_testkit::client::{Answer, Client};
use naru_testkit::naru::{Naru, binary};
use serde_json::Value;

/// The key's and the secret's texts are below; the file has their SHA-256 alone.
const KEY: &str = "nk_mobile-app_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const SECRET: &str = "ns_mobile-app_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

const YAML: &str = r#"
access:
  tokens: { issuer: "http://127.0.0.1", audience: naru-tests }
clients:
  mobile-app:
    keys: [KEY_HASH]
    secrets: [SECRET_HASH]
    scopes: [orders.read]
    groups: [partners]
services:
  orders:
    exec: ["naru", "app", "--workers", "16"]
    health: { path: /healthz }
routes:
  - match: { path: /open/** }
    to: orders
  - match: { path: /orders/** }
    to: orders
    auth: { any_of: [api_key, jwt], scopes: [orders.read] }
  - match: { path: /admin/** }
    to: orders
    auth: { any_of: [api_key, jwt], scopes: [orders.admin] }
  - match: { path: /few/** }
    to: orders
    limits: { rate: 1/m, burst: 3, per: address }
  - match: { path: /counted/** }
    to: orders
    limits: { quota: 5/day, per: address }
  - match: { path: /v1/** }
    path: { from: /v1/**, to: /inside/** }
    to: orders
    convert: [{ fields: { response: { select: [target], rename: { target: address } } } }]
  - match: { path: /later/** }
    to: orders
    job: { attempts: 2 }
"#;

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn up() -> Naru {
    Naru::up(&YAML.replace("KEY_HASH", &sha256(KEY)).replace("SECRET_HASH", &sha256(SECRET)))
}

fn ask(naru: &Naru, head: &str, body: &str) -> Answer {
    let mut client = Client::connect(naru.address()).unwrap();
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    client
        .send(format!("{head}\r\nhost: api.example.go.kr\r\n{length}connection: close\r\n\r\n{body}"))
        .unwrap();
    client.receive().unwrap()
}

fn get(naru: &Naru, path: &str, field: &str) -> Answer {
    let field = if field.is_empty() { String::new() } else { format!("\r\n{field}") };
    ask(naru, &format!("GET {path} HTTP/1.1{field}"), "")
}

fn token(naru: &Naru) -> String {
    use base64::Engine;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("mobile-app:{SECRET}"));
    let head = format!(
        "POST /oauth/token HTTP/1.1\r\nauthorization: Basic {basic}\r\ncontent-type: application/x-www-form-urlencoded"
    );
    let answer = ask(naru, &head, "grant_type=client_credentials&scope=orders.read");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let given: Value = serde_json::from_slice(&answer.body).unwrap();
    given["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn g1_g2_who_shows_a_key_or_a_token_is_let_in_where_its_scopes_lead() {
    let naru = up();
    assert_eq!(get(&naru, "/open/a", "").status, 200);
    let nobody = get(&naru, "/orders/1", "");
    assert_eq!(nobody.status, 401, "{}", nobody.text());
    assert!(nobody.header("www-authenticate").is_some(), "{:?}", nobody.headers);

    let token = token(&naru);
    for field in [format!("x-api-key: {KEY}"), format!("authorization: Bearer {token}")] {
        let let_in = get(&naru, "/orders/1", &field);
        assert_eq!(let_in.status, 200, "{field}: {}", let_in.text());
        let kept_out = get(&naru, "/admin/1", &field);
        assert_eq!(kept_out.status, 403, "{field}: {}", kept_out.text());
    }
    let tampered = format!("authorization: Bearer {}x", &token[..token.len() - 1]);
    for field in [tampered.as_str(), "x-api-key: nk_mobile-app_wrong", "authorization: Bearer nonsense"] {
        assert_eq!(get(&naru, "/orders/1", field).status, 401, "{field}");
    }
    let metadata = get(&naru, "/.well-known/oauth-authorization-server", "");
    let metadata: Value = serde_json::from_slice(&metadata.body).unwrap();
    assert_eq!(metadata["issuer"], "http://127.0.0.1");

    // The same by the command that explains.
    let file = naru.folder().join("naru.yaml");
    let explain = |path| {
        let mut command = std::process::Command::new(binary());
        command.args(["explain", "GET", path, "--client", "mobile-app", "--file"]).arg(&file);
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    let said = explain("/admin/1");
    assert!(said.contains("orders.admin") && said.contains("refused with 403"), "{said}");
    let said = explain("/orders/1");
    assert!(said.contains("let in"), "{said}");
}

#[test]
fn g2_a_client_that_is_blocked_in_the_file_is_out_everywhere_without_a_restart() {
    let naru = up();
    let field = format!("x-api-key: {KEY}");
    assert_eq!(get(&naru, "/orders/1", &field).status, 200);
    let blocked = YAML.replace("groups: [partners]", "blocked: true");
    naru.write_file(&blocked.replace("KEY_HASH", &sha256(KEY)).replace("SECRET_HASH", &sha256(SECRET)));
    let mut answers = std::iter::repeat_with(|| get(&naru, "/orders/1", &field).status).take(20_000);
    let refused = answers.find(|status| *status != 200);
    assert_eq!(refused, Some(403), "it is still let in");
    assert_eq!(get(&naru, "/open/a", &field).status, 403);
}

#[test]
fn g3_g7_a_call_has_another_shape_inside_and_there_are_only_so_many() {
    let naru = up();
    let answer = get(&naru, "/v1/a?b=1", "");
    let seen: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(seen, serde_json::json!({ "address": "/inside/a?b=1" }));

    let statuses: Vec<u16> = (0..4).map(|_| get(&naru, "/few/a", "").status).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
    let refused = get(&naru, "/few/a", "");
    assert!(
        refused.header("retry-after").is_some() && refused.header("ratelimit").is_some(),
        "{:?}",
        refused.headers
    );
}

#[test]
fn g7_a_quota_goes_on_where_it_was_when_a_server_was_killed() {
    let mut naru = up();
    let ask_for =
        |naru: &Naru, times| -> Vec<u16> { (0..times).map(|_| get(naru, "/counted/a", "").status).collect() };
    assert_eq!(ask_for(&naru, 2), [200, 200]);
    naru.kill_server();
    naru.start_again();
    naru.await_ready();
    assert_eq!(ask_for(&naru, 4), [200, 200, 200, 429]);
}

#[test]
fn g6_a_job_is_answered_at_once_and_its_result_fetched_also_after_a_sigkill() {
    let mut naru = up();
    let accepted =
        ask(&naru, "POST /later/report?year=2026 HTTP/1.1\r\ncontent-type: text/plain", "what is to be done");
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    let location = accepted.header("location").unwrap().to_owned();
    naru.kill_server();
    naru.start_again();
    naru.await_ready();
    let mut states = std::iter::repeat_with(|| {
        let status = get(&naru, &location, "");
        assert_eq!(status.status, 200, "{}", status.text());
        serde_json::from_slice::<Value>(&status.body).unwrap()
    });
    let done = states
        .by_ref()
        .take(20_000)
        .find(|status| status["state"] != "queued" && status["state"] != "running");
    let done = done.expect("the job ends");
    assert_eq!(done["state"], "done", "{done}");
    let result = get(&naru, &format!("{location}/result"), "");
    let result: Value = serde_json::from_slice(&result.body).unwrap();
    assert_eq!((&result["method"], &result["target"]), (&"POST".into(), &"/later/report?year=2026".into()));
}
