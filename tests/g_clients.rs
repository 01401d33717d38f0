//! G1, G6, G8: clients that are registered while naru runs, their keys, dead letters, and what the audit keeps of it.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::net::SocketAddr;

use naru_testkit::client::{Answer, Client};
use naru_testkit::naru::Naru;
use serde_json::{Value, json};

const TOKEN: &str = "an-admins-token-for-this-run";

const YAML: &str = r#"
clients:
  kiosk: { scopes: [orders.read], jwks: kiosk.json }
services:
  orders:
    exec: ["naru", "app", "--workers", "16", "--service-time", "1ms"]
    health: { path: /healthz }
routes:
  - match: { path: /orders/** }
    to: orders
    auth: { any_of: api_key, scopes: orders.read }
  - match: { path: /later/** }
    to: orders
    job: { attempts: 2 }
"#;

const JWKS: &str = concat!(
    r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","#,
    r#""y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#
);

/// A platform with its API on a port; the file names a JWK Set beside it, which is there before it is read.
fn up() -> Naru {
    let inline = YAML.replace("kiosk.json", &format!("'{JWKS}'"));
    let naru =
        Naru::up_with(&inline, &["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--token", TOKEN]);
    std::fs::write(naru.folder().join("kiosk.json"), JWKS).unwrap();
    naru
}

fn send(address: SocketAddr, head: &str, body: &str) -> Answer {
    let mut client = Client::connect(address).unwrap();
    let length = body.len();
    client
        .send(format!("{head}\r\nhost: naru\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"))
        .unwrap();
    client.receive().unwrap()
}

/// Asks the API as an admin, and returns the status and the JSON of the answer.
fn api(naru: &Naru, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json"
    );
    let answer = send(naru.api_address(), &head, &body);
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
}

fn call(naru: &Naru, key: &str) -> u16 {
    send(naru.address(), &format!("GET /orders/1 HTTP/1.1\r\nx-api-key: {key}"), "").status
}

/// Calls until the answer is this one.
fn await_answer(naru: &Naru, key: &str, wanted: u16) {
    let mut answers = std::iter::repeat_with(|| call(naru, key)).take(300_000);
    assert!(answers.any(|status| status == wanted), "never {wanted}, but {}", call(naru, key));
}

/// All entries of the audit as `ACTOR ACTION SUBJECT: DETAIL`.
fn audit(naru: &Naru) -> Vec<String> {
    let entries = naru.json(&["audit", "-n", "1000"]);
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    let line = |entry: &Value| {
        let [actor, action, subject, detail] =
            ["actor", "action", "subject", "detail"].map(|field| text(entry, field));
        format!("{actor} {action} {subject}: {detail}")
    };
    entries.as_array().unwrap().iter().map(line).collect()
}

#[test]
fn g1_a_client_registered_by_the_api_calls_at_once_and_changes_its_key_without_a_gap() {
    let naru = up();
    let client = json!({ "name": "mobile", "client": { "title": "Mobile app", "scopes": ["orders.read"] } });
    let (status, made) = api(&naru, "POST", "/v1/clients", &client);
    assert_eq!((status, &made["origin"]), (201, &json!("registered")), "{made}");
    assert_eq!(api(&naru, "POST", "/v1/clients", &client).0, 409);
    let make = |request: Value| {
        let (status, made) = api(&naru, "POST", "/v1/clients/mobile/keys", &request);
        assert_eq!(status, 201, "{made}");
        (made["text"].as_str().unwrap().to_owned(), made["sha256"].as_str().unwrap().to_owned())
    };
    let (first, _) = make(json!({}));
    await_answer(&naru, &first, 200);

    let (second, second_digits) = make(json!({ "overlap": 5 }));
    await_answer(&naru, &second, 200);
    assert_eq!(call(&naru, &first), 200, "the overlap has not ended");
    await_answer(&naru, &first, 401);
    assert_eq!(call(&naru, &second), 200);

    let (status, _) = api(&naru, "DELETE", &format!("/v1/clients/mobile/keys/{second_digits}"), &Value::Null);
    assert_eq!(status, 204);
    await_answer(&naru, &second, 401);
    // What the file holds is changed in the file.
    let (status, refused) = api(&naru, "POST", "/v1/clients/kiosk/block", &json!({ "blocked": true }));
    assert_eq!((status, refused["detail"].as_str().unwrap().contains("naru.yaml")), (409, true), "{refused}");
    let (_, listed) = api(&naru, "GET", "/v1/clients", &Value::Null);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(![&first, &second].iter().any(|key| listed.to_string().contains(*key)), "{listed}");
}

#[test]
fn g1_g8_a_registered_client_is_blocked_live_outlives_a_killed_server_and_is_in_the_audit() {
    let mut naru = up();
    let said = naru.run(&["client", "register", "batch", "--scope", "orders.read", "--owner", "kim"]);
    assert!(said.contains("naru client key batch"), "{said}");
    let key = naru.run(&["client", "key", "batch"]).trim().to_owned();
    assert!(key.starts_with("nk_batch_"), "{key}");
    await_answer(&naru, &key, 200);
    naru.run(&["client", "block", "batch"]);
    await_answer(&naru, &key, 403);

    naru.kill_server();
    assert_eq!(call(&naru, &key), 403, "the gateway goes on by what it knows");
    naru.start_again();
    naru.await_ready();
    assert_eq!(call(&naru, &key), 403);
    naru.run(&["client", "unblock", "batch"]);
    await_answer(&naru, &key, 200);
    naru.run(&["client", "change", "batch", "--limits", "{ quota: 1000/day }", "--title", "Batch"]);
    let shown = naru.run(&["client", "show", "batch"]);
    for part in ["Batch", "kim", "orders.read", "quota 1000/day", "good"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    naru.run(&["client", "remove", "batch"]);
    await_answer(&naru, &key, 401);

    let kept = audit(&naru);
    for part in [
        "register_client batch: owner none → \"kim\"; scopes none → [\"orders.read\"]",
        "make_key batch: one more key; ",
        "block_client batch: blocked",
        "block_client batch: let in again",
        "change_client batch: limits none → ",
        "remove_client batch: ",
    ] {
        assert!(kept.iter().any(|entry| entry.contains(part)), "{part}: {kept:#?}");
    }
    assert!(!kept.concat().contains(&key), "{kept:#?}");
    let table = naru.run(&["audit"]);
    assert!(table.contains("register_client") && table.contains("batch"), "{table}");
}

#[test]
fn g8_a_file_that_changes_clients_and_policies_is_in_the_audit_key_by_key() {
    let naru = up();
    // The same JWK Set, from the file beside: nothing is different.
    naru.write_file(YAML);
    let file = naru.folder().join("naru.yaml");
    let difference = naru.run(&["check", "--diff", file.to_str().unwrap()]);
    assert!(difference.contains("changes nothing"), "{difference}");

    let changed =
        YAML.replace("scopes: [orders.read],", "scopes: [orders.read, orders.write], blocked: true,");
    naru.write_file(&changed.replace("    job:", "    limits: { rate: 5/s }\n    job:"));
    let mut looks = std::iter::repeat_with(|| audit(&naru)).take(200);
    let kept = looks.find(|kept| kept.iter().any(|entry| entry.contains("clients.kiosk.blocked")));
    let kept = kept.expect("the audit has the change");
    let has = |part: &str| kept.iter().any(|entry| entry.starts_with("file apply ") && entry.contains(part));
    assert!(has("clients.kiosk.blocked: ") && has("clients.kiosk.scopes: "), "{kept:#?}");
    assert!(has("routes[/later/**].limits: added, "), "{kept:#?}");
}

#[test]
fn g6_a_dead_letter_is_looked_at_replayed_when_the_service_is_well_again_and_discarded() {
    let naru = up();
    let instance = naru.instances("orders")[0].address.unwrap();
    let tell = |what: &str| assert_eq!(send(instance, &format!("GET /_app/{what} HTTP/1.1"), "").status, 200);
    tell("close");
    let submit = |body: &str| {
        let accepted = send(naru.address(), "POST /later/report?year=2026 HTTP/1.1\r\nx-mine: 1", body);
        assert_eq!(accepted.status, 202, "{}", accepted.text());
        accepted.header("location").unwrap().to_owned()
    };
    let ended = |location: &str, as_what: &str| {
        let look = || {
            let answer = send(naru.address(), &format!("GET {location} HTTP/1.1\r\nprefer: wait=10"), "");
            let state = send(naru.address(), &format!("GET {location} HTTP/1.1"), "");
            let state: Value = serde_json::from_slice(&state.body).unwrap();
            (answer.status, state["state"].as_str().unwrap().to_owned())
        };
        let seen = std::iter::repeat_with(look).take(2_000).find(|(_, state)| state == as_what);
        assert!(seen.is_some(), "{location} is never {as_what}");
    };
    let (first, second) = (submit("what is to be done"), submit("what nobody needs"));
    ended(&first, "dead");
    ended(&second, "dead");

    let listed = naru.json(&["dead", "list"]);
    let letters = listed["letters"].as_array().unwrap();
    assert_eq!(letters.len(), 2, "{listed}");
    let id = |location: &str| location.rsplit('/').next().unwrap().to_owned();
    let (first_id, second_id) = (id(&first), id(&second));
    assert!(letters.iter().any(|letter| letter["id"] == first_id.as_str()), "{listed}");
    let opened = naru.run(&["dead", "show", &first_id]);
    assert!(
        opened.contains("POST /later/report?year=2026") && opened.contains("what is to be done"),
        "{opened}"
    );
    let status = naru.run(&["status"]);
    assert!(status.contains("2 dead (naru dead list)"), "{status}");

    tell("ok");
    naru.run(&["dead", "replay", &first_id]);
    ended(&first, "done");
    naru.run(&["dead", "discard", "--route", "/later/**"]);
    assert_eq!(naru.json(&["dead", "list"])["letters"], json!([]));
    let gone = naru.try_run(&["dead", "show", &second_id]);
    assert!(String::from_utf8_lossy(&gone.stderr).contains("there is no dead letter"));
    let figures = naru.json(&["jobs"]);
    assert_eq!((&figures[0]["dead"], &figures[0]["done"]), (&json!(0), &json!(1)), "{figures}");
    let kept = audit(&naru);
    let of = |what: &str, id: &str| format!("{what} {id}: POST naru/later/report of /later/**, dead: ");
    for part in [of("replay", &first_id), of("discard", &second_id)] {
        assert!(kept.iter().any(|entry| entry.contains(&part)), "{part}: {kept:#?}");
    }
}
