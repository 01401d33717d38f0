//! G8: who calls what, from where, how fast, with what result; also over a SIGKILL of the server.

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
"#;

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn up() -> Naru {
    let yaml = YAML.replace("KEY_0", &sha256(KEYS[0].1)).replace("KEY_1", &sha256(KEYS[1].1));
    Naru::up_with(&yaml, &["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--token", "abracadabra"])
}

/// A GET as this client, or as nobody.
fn call(naru: &Naru, who: Option<usize>, target: &str) -> u16 {
    let key = who.map_or_else(String::new, |who| format!("x-api-key: {}\r\n", KEYS[who].1));
    let mut client = naru.connect();
    client.send(format!("GET {target} HTTP/1.1\r\nhost: api\r\n{key}connection: close\r\n\r\n")).unwrap();
    client.receive().unwrap().status
}

/// The API by TCP, on the port that this start of the server found.
struct Api(SocketAddr);

impl Api {
    fn of(naru: &Naru) -> Api {
        let said = naru.output();
        let line = said.lines().find_map(|line| line.strip_prefix("naru: the API listens on http://"));
        Api(line
            .unwrap_or_else(|| panic!("the server does not say where its API listens: {said}"))
            .parse()
            .unwrap())
    }

    fn ask(&self, target: &str) -> Answer {
        let mut client = Client::connect(self.0).unwrap();
        let fields = "host: x\r\nauthorization: Bearer abracadabra\r\nconnection: close\r\n";
        client.send(format!("GET {target} HTTP/1.1\r\n{fields}\r\n")).unwrap();
        let answer = client.receive().unwrap();
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
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
