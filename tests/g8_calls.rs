//! G8: who calls what, from where, how fast, with what result, also over a SIGKILL of the server; what stands out; and the access
//! log: masked, sampled, combined.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::net::SocketAddr;
use std::time::Instant;

use naru_testkit::client::{Answer, Client};
use naru_testkit::naru::{Naru, PATIENCE};
use serde_json::Value;

/// The file has their SHA-256 alone.
const KEYS: [(&str, &str); 2] = [
    ("mobile-app", "nk_mobile-app_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"),
    ("partner", "nk_partner_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"),
];

const YAML: &str = r#"
clients:
  mobile-app: { keys: [KEY_0] }
  partner: { keys: [KEY_1] }
services:
  orders:
    exec: ["naru", "app", "--workers", "16"]
    health: { path: /healthz }
routes:
  - { match: { path: /orders/** }, to: orders, auth: { any_of: [api_key] } }
  - { match: { path: /bills/** }, to: orders, auth: { any_of: [api_key] } }
  - { match: { path: /never/** }, to: orders }
  - { match: { path: /people/** }, to: orders, mask: [resident_number, phone] }
  - { match: { path: /chatty/** }, to: orders, log: { one_in: 10 } }
"#;

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn yaml() -> String {
    YAML.replace("KEY_0", &sha256(KEYS[0].1)).replace("KEY_1", &sha256(KEYS[1].1))
}

fn up() -> Naru {
    let arguments = ["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--token", "abracadabra"];
    Naru::up_with(&yaml(), &arguments)
}

/// A GET as this client, or as nobody.
fn call(naru: &Naru, who: Option<usize>, target: &str) -> u16 {
    get(naru, target, &who.map_or_else(String::new, |who| format!("x-api-key: {}\r\n", KEYS[who].1)))
}

/// A GET with these header fields.
fn get(naru: &Naru, target: &str, fields: &str) -> u16 {
    let mut client = naru.connect();
    client.send(format!("GET {target} HTTP/1.1\r\nhost: api\r\n{fields}connection: close\r\n\r\n")).unwrap();
    client.receive().unwrap().status
}

/// Tells the one instance how to behave, on its own port.
fn feel(naru: &Naru, how: &str) {
    let address = naru.instances("orders")[0].address.unwrap();
    let answer = Client::connect(address).unwrap().get(&format!("/_app/{how}")).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// The API by TCP, on the port that this start of the server found.
struct Api(SocketAddr);

impl Api {
    fn of(naru: &Naru) -> Api {
        Api(naru.api_address())
    }

    fn ask(&self, target: &str) -> Answer {
        self.send("GET", target, "")
    }

    fn send(&self, method: &str, target: &str, body: &str) -> Answer {
        let mut client = Client::connect(self.0).unwrap();
        let fields = "host: x\r\nauthorization: Bearer abracadabra\r\nconnection: close\r\ncontent-type: application/json";
        let length = body.len();
        client
            .send(format!("{method} {target} HTTP/1.1\r\n{fields}\r\ncontent-length: {length}\r\n\r\n{body}"))
            .unwrap();
        let answer = client.receive().unwrap();
        assert!((200..300).contains(&answer.status), "{target}: {}", answer.text());
        answer
    }

    fn json(&self, target: &str) -> Value {
        serde_json::from_slice(&self.ask(target).body).unwrap()
    }

    /// Asks until the answer is as wanted: records are on their way for a moment.
    fn await_json(&self, target: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let answer = self.json(target);
            if wanted(&answer) {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "{what} did not come about: {target}: {answer:#}");
        }
    }
}

/// Who called which route how often, and how many of those were the client's errors.
fn sums(tally: &Value) -> Vec<(String, String, u64, u64)> {
    let rows = tally["rows"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let number = |value: &Value| value.as_u64().unwrap();
    let sum = |row: &Value| {
        (text(&row["key"][0]), text(&row["key"][1]), number(&row["calls"]), number(&row["client_errors"]))
    };
    let mut sums: Vec<_> = rows.iter().map(sum).collect();
    sums.sort();
    sums
}

fn calls_of(series: &Value) -> u64 {
    series.as_array().unwrap().iter().map(|point| point["requests"].as_u64().unwrap()).sum()
}

const BY_CALLER: &str = "/v1/tally?by=caller,route";

#[test]
fn g8_calls_are_told_by_client_also_after_a_sigkill() {
    let mut naru = up();
    for target in ["/orders/1", "/orders/2", "/bills/1"] {
        assert_eq!(call(&naru, Some(0), target), 200);
    }
    assert_eq!(call(&naru, Some(1), "/orders/3"), 200);
    assert_eq!(call(&naru, None, "/orders/4"), 401);
    let sum = |who: &str, route: &str, calls, refused| (who.to_owned(), route.to_owned(), calls, refused);
    let truth = [
        sum("", "/orders/**", 1, 1),
        sum("mobile-app", "/bills/**", 1, 0),
        sum("mobile-app", "/orders/**", 2, 0),
        sum("partner", "/orders/**", 1, 0),
    ];
    let api = Api::of(&naru);
    api.await_json(BY_CALLER, "the tally", |tally| sums(tally) == truth);
    let table = api.ask("/v1/tally?by=caller,route&format=csv").text();
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].starts_with("caller,route,calls,") && lines[1].starts_with("mobile-app,/orders/**,2,0,"),
        "{table}"
    );
    let of_partner = api.json("/v1/transactions?subject=caller:partner");
    let paths: Vec<&Value> =
        of_partner["transactions"].as_array().unwrap().iter().map(|t| &t["path"]).collect();
    assert_eq!(paths, ["/orders/3"]);
    api.await_json("/v1/series?subject=caller:mobile-app", "figures", |series| calls_of(series) == 3);

    naru.kill_server();
    // The gateway goes on by itself, and what it records meanwhile is told of too.
    assert_eq!(call(&naru, Some(1), "/bills/2"), 200);
    naru.start_again();
    naru.await_ready();
    assert_eq!(call(&naru, Some(0), "/orders/5"), 200);
    let truth = [
        sum("", "/orders/**", 1, 1),
        sum("mobile-app", "/bills/**", 1, 0),
        sum("mobile-app", "/orders/**", 3, 0),
        sum("partner", "/bills/**", 1, 0),
        sum("partner", "/orders/**", 1, 0),
    ];
    let api = Api::of(&naru);
    api.await_json(BY_CALLER, "the tally after a kill", |tally| sums(tally) == truth);
    let map = api.json("/v1/map?subject=caller:mobile-app");
    assert_eq!(map["transactions"], 4, "{map}");
}

#[test]
fn g8_a_registered_client_is_told_by_its_name_from_its_first_call_on() {
    let naru = up();
    let api = Api::of(&naru);
    api.send("POST", "/v1/clients", r#"{"name": "newcomer", "client": {"title": "Newcomer"}}"#);
    let made = api.send("POST", "/v1/clients/newcomer/keys", r#"{"kind": "key"}"#);
    let made: Value = serde_json::from_slice(&made.body).unwrap();
    let key = format!("x-api-key: {}\r\n", made["text"].as_str().unwrap());
    let mut answers = std::iter::repeat_with(|| get(&naru, "/orders/1", &key)).take(20_000);
    assert!(answers.any(|status| status == 200), "the gateway does not learn of it");
    let called = |tally: &Value| sums(tally).iter().any(|(who, ..)| who == "newcomer");
    api.await_json(BY_CALLER, "its calls", called);
    let calls = api.json("/v1/calls");
    assert!(
        calls["new_callers"].as_array().unwrap().iter().any(|new| new["caller"] == "newcomer"),
        "{calls}"
    );
}

#[test]
fn g8_what_stands_out_is_told_by_the_api_and_in_the_terminal() {
    let naru = up();
    for n in 0..25 {
        assert_eq!(call(&naru, Some(0), &format!("/orders/{n}")), 200);
    }
    feel(&naru, "err");
    assert_eq!(call(&naru, Some(1), "/orders/fail"), 500);
    let api = Api::of(&naru);
    let whole = |calls: &Value| calls["new_callers"].as_array().unwrap().len() == 2;
    let calls = api.await_json("/v1/calls", "two new callers", whole);
    let unused: Vec<&str> = calls["unused_routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unused| unused["route"].as_str().unwrap())
        .collect();
    assert_eq!(unused, ["/bills/**", "/chatty/**", "/never/**", "/people/**"]);
    let spot = &calls["error_spots"][0];
    assert_eq!(
        (&spot["route"], &spot["caller"], &spot["errors"]),
        (&"/orders/**".into(), &"partner".into(), &1.into())
    );
    assert_eq!(
        (&calls["slowest"][0]["route"], &calls["slowest"][0]["requests"]),
        (&"/orders/**".into(), &26.into())
    );
    assert_eq!(
        (calls["movers"].as_array().unwrap().len(), calls["unusual"].as_array().unwrap().len()),
        (0, 0)
    );

    let said = naru.run(&["calls"]);
    for part in ["new clients", "called by nobody", "where calls fail", "mobile-app", "/never/**"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(naru.json(&["calls"])["unused_routes"][0]["route"], "/bills/**");
    assert!(naru.run(&["calls", "--csv"]).contains("unused_route,,/never/**,"));
    let table = naru.run(&["calls", "--by", "caller,status", "--from", "1h"]);
    let of_app = table.lines().find(|line| line.starts_with("mobile-app")).unwrap();
    assert_eq!(of_app.split_whitespace().take(3).collect::<Vec<_>>(), ["mobile-app", "200", "25"]);
    let of_partner = naru.json(&["calls", "--by", "route", "--client", "partner"]);
    assert_eq!(
        (&of_partner["rows"][0]["key"][0], &of_partner["rows"][0]["calls"]),
        (&"/orders/**".into(), &1.into())
    );
}

/// The access log, once it has a line that holds this.
fn await_log(naru: &Naru, part: &str) -> String {
    let path = naru.state().join("access.log");
    let began = Instant::now();
    loop {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        if text.lines().any(|line| line.contains(part)) {
            return text;
        }
        assert!(began.elapsed() < PATIENCE, "no {part} in the access log: {text}");
    }
}

/// All that naru keeps of requests, as bytes.
fn kept(naru: &Naru) -> Vec<u8> {
    let files = std::fs::read_dir(naru.state().join("telemetry")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.chain([naru.state().join("access.log")]);
    files.filter(|path| path.is_file()).flat_map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn g8_personal_data_of_a_masking_route_is_kept_nowhere() {
    let naru = up();
    assert_eq!(call(&naru, None, "/people/900101-1234567?tel=010%2D8765%2D4321&n=1"), 200);
    assert_eq!(call(&naru, None, "/never/900101-7654321?last"), 200);
    let log = await_log(&naru, "?last");
    assert!(log.contains("/people/900101-1******?tel=010-****-4321&n=1"), "{log}");
    let api = Api::of(&naru);
    let both = |found: &Value| found["transactions"].as_array().unwrap().len() == 2;
    let found = api.await_json("/v1/transactions", "both transactions", both);
    let paths: Vec<&str> =
        found["transactions"].as_array().unwrap().iter().map(|t| t["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/never/900101-7654321", "/people/900101-1******"]);
    let kept = kept(&naru);
    let holds = |text: &str| kept.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!holds("1234567") && !holds("8765"), "personal data is kept");
    assert!(holds("7654321"), "a route that masks nothing");
}

#[test]
fn g8_the_access_log_is_combined_and_sampled_where_the_file_says_so() {
    let naru = up();
    for n in 0..40 {
        assert_eq!(call(&naru, None, &format!("/chatty/{n}")), 200);
    }
    feel(&naru, "err");
    assert_eq!(call(&naru, None, "/chatty/failed"), 500);
    feel(&naru, "ok");
    assert_eq!(call(&naru, Some(0), "/orders/last"), 200);
    let log = await_log(&naru, "/orders/last");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let chatty = lines.iter().filter(|line| line["route"] == "/chatty/**" && line["status"] == 200);
    assert_eq!(chatty.map(|line| line["one_in"].as_u64().unwrap()).collect::<Vec<_>>(), [10; 4]);
    assert!(lines.iter().any(|line| line["status"] == 500), "{log}");
    let last = lines.iter().find(|line| line["target"] == "/orders/last").unwrap();
    assert_eq!(last["caller"], "mobile-app");
    let api = Api::of(&naru);
    let all = |tally: &Value| tally["rows"][0]["calls"] == 41;
    api.await_json("/v1/tally?subject=route:/chatty/**&by=route", "every transaction", all);

    naru.write_file(&format!("gateway: {{ access_log: {{ format: combined }} }}\n{}", yaml()));
    let fields = "referer: https://www.example.go.kr/\r\nuser-agent: Mozilla/5.0 \"x\"\r\n";
    let key = format!("{fields}x-api-key: {}\r\n", KEYS[1].1);
    // The gateway and the log learn of it one after the other.
    let said = r#""https://www.example.go.kr/" "Mozilla/5.0 \"x\"""#;
    let began = Instant::now();
    let line = loop {
        assert_eq!(get(&naru, "/bills/combined", &key), 200);
        let text = std::fs::read_to_string(naru.state().join("access.log")).unwrap();
        if let Some(line) = text.lines().find(|line| line.ends_with(said)) {
            break line.to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "no combined line: {text}");
    };
    assert!(line.starts_with("127.0.0.1 - partner ["), "{line}");
    assert!(line.contains(r#"+0000] "GET /bills/combined HTTP/1.1" 200 "#), "{line}");
}
