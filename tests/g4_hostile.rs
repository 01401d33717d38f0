//! G1, G4, G5: tokens, bodies, documents and requests made to hurt, against the real gateway. Each is refused with the right
//! status, by the same process, in bounded memory; and whoever is honest is served afterwards.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use naru_testkit::client::{Answer, Client};
use naru_testkit::naru::Naru;
use naru_testkit::token::{Keys, OUTSIDE, OWN, hostile, own_header};

/// All that the gateway's process ever had. The largest document has 17 MB, and its tree may take 50 MB more.
const MOST_MEMORY_KIB: u64 = 256 << 10;
/// Of all that is refused.
const LEAST: usize = 200;

const YAML: &str = r#"
access:
  issuers:
    - { issuer: "OWN", audience: "OWN", jwks: "http://KEYS/own", client_claim: client_id, unknown_clients: false }
    - { issuer: "OUTSIDE", audience: naru, jwks: "http://KEYS/outside" }
clients:
  mobile: { scopes: [orders.read] }
  batch: { scopes: [orders.read] }
services:
  orders: { exec: ["naru", "app", "--workers", "16"], health: { path: /healthz } }
routes:
  - match: { path: /orders/** }
    to: orders
    auth: { any_of: [jwt] }
  - match: { path: /admin/** }
    to: orders
    auth: { any_of: [jwt], scopes: [orders.admin] }
  - match: { path: /xml/** }
    to: orders
    body: 20Mi
    convert: [{ xml: { spoken_by: client } }]
  - match: { path: /json/** }
    to: orders
    body: 20Mi
    convert: [{ xml: { spoken_by: service } }]
  - match: { path: /soap }
    to: orders
    body: 20Mi
    convert: [{ offer_soap: { openapi: "FOLDER/tests/peers/soap/orders.yaml", namespace: "urn:orders", name: Orders } }]
  - match: { path: /rest/** }
    to: orders
    convert: [{ soap: { wsdl: "FOLDER/crates/convert/tests/wsdl/choice.wsdl" } }]
  - match: { path: /v1/** }
    to: orders
    validate: "FOLDER/tests/peers/soap/orders.yaml"
  - match: { path: /small/** }
    to: orders
    body: 1Ki
    convert: [{ xml: { spoken_by: client } }]
"#;

/// Answers the issuers' keys for as long as the test runs.
fn publish(own: String, outside: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = [0; 4096];
            let read = stream.read(&mut head).unwrap_or_default();
            let body = if head[..read].starts_with(b"GET /own ") { &own } else { &outside };
            let fields = "content-type: application/json\r\nconnection: close";
            let answer =
                format!("HTTP/1.1 200 OK\r\n{fields}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            // Who asked may have gone.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

struct Hostile {
    naru: Naru,
    keys: Keys,
    /// By kind and status, how many.
    counted: BTreeMap<(&'static str, u16), usize>,
    wrong: Vec<String>,
}

impl Hostile {
    fn new() -> Hostile {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let keys = Keys::new(now);
        let published = publish(keys.own_set(), keys.outside_set());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let yaml = YAML.replace("OWN", OWN).replace("OUTSIDE", OUTSIDE);
        let yaml = yaml.replace("KEYS", &published.to_string()).replace("FOLDER", folder.to_str().unwrap());
        let naru = Naru::up(&yaml);
        naru.await_ready();
        let hostile = Hostile { naru, keys, counted: BTreeMap::new(), wrong: Vec::new() };
        let mut statuses = std::iter::repeat_with(|| hostile.honest().status).take(20_000);
        assert!(statuses.any(|status| status == 200), "the issuer's keys do not come");
        hostile
    }

    /// Somebody with a good token.
    fn honest(&self) -> Answer {
        let token = self.keys.own_token("mobile", "good");
        self.send(format!("GET /orders/1 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n"))
            .unwrap()
    }

    fn send(&self, request: impl AsRef<[u8]>) -> std::io::Result<Answer> {
        let mut client = Client::connect(self.naru.address())?;
        // Who is refused early may not have read all.
        let sent = client.send(request);
        client.receive().or_else(|error| sent.and(Err(error)))
    }

    fn post(&self, path: &str, media: &str, body: &[u8]) -> std::io::Result<Answer> {
        let fields = format!("host: a\r\ncontent-type: {media}\r\ncontent-length: {}", body.len());
        self.send([format!("POST {path} HTTP/1.1\r\n{fields}\r\n\r\n").as_bytes(), body].concat())
    }

    fn expect(&mut self, kind: &'static str, what: &str, expected: u16, answer: std::io::Result<Answer>) {
        match answer {
            Ok(answer) if answer.status == expected => {
                *self.counted.entry((kind, expected)).or_default() += 1;
            }
            Ok(answer) => {
                self.wrong.push(format!(
                    "{kind}: {what}: {} not {expected}: {}",
                    answer.status,
                    answer.text()
                ));
            }
            Err(error) => self.wrong.push(format!("{kind}: {what}: {error}")),
        }
    }

    /// The attacks of the gateway's own tests, but for those on what is asked of naru's own tokens alone: `own` is somebody else here.
    fn tokens(&mut self) {
        for attack in hostile::tokens(&self.keys).into_iter().filter(|attack| !attack.of_ours) {
            let hostile::Attack { what, token, .. } = attack;
            let request =
                format!("GET /orders/1 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n");
            let answer = self.send(request);
            self.expect("token", &format!("{what}: {token}"), 401, answer);
        }
        let token = self.keys.own.token(&own_header(), &self.keys.own_claims("batch", "b"));
        let request = format!("GET /admin/1 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n");
        let answer = self.send(request);
        self.expect("token", "a scope that the client does not have", 403, answer);
    }

    /// The documents that the converters' own tests read, through a route that reads them.
    fn documents(&mut self) {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates/convert/tests/hostile");
        let index = std::fs::read_to_string(folder.join("index.tsv")).unwrap();
        for line in index.lines().filter(|line| !line.starts_with('#')) {
            let [name, status, _] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let Ok(status) = status.parse() else { continue };
            let content = std::fs::read(folder.join(name)).unwrap();
            let (plain, content) = match name.strip_suffix(".repeat") {
                Some(plain) => (plain, repeated(&content)),
                None => (name, content),
            };
            let (kind, path, media) = match plain.rsplit('.').next().unwrap() {
                "xml" | "html" => ("XML document", "/xml/a", "application/xml"),
                _ => ("JSON body", "/json/a", "application/json"),
            };
            let answer = self.post(path, media, &content);
            self.expect(kind, name, status, answer);
            if kind == "XML document" && status != 200 {
                let answer = self.post("/soap", "application/soap+xml", &content);
                self.expect("SOAP envelope", name, 400, answer);
            }
        }
    }

    /// What is read well and may not be there.
    fn contents(&mut self) {
        const V12: &str = "http://www.w3.org/2003/05/soap-envelope";
        let envelope = |body: &str| {
            format!("<e:Envelope xmlns:e='{V12}' xmlns:o='urn:orders'><e:Body>{body}</e:Body></e:Envelope>")
        };
        for (what, body) in [
            ("an empty Body", envelope("")),
            ("no such operation", envelope("<o:dropOrders/>")),
            ("another namespace", envelope("<placeOrder/>")),
            (
                "an element too many",
                envelope("<o:placeOrder><o:order-id>1</o:order-id><o:x/></o:placeOrder>"),
            ),
            ("no Body", format!("<e:Envelope xmlns:e='{V12}'/>")),
            ("no envelope", "<a/>".to_owned()),
        ] {
            let answer = self.post("/soap", "application/soap+xml", body.as_bytes());
            self.expect("SOAP envelope", what, 400, answer);
        }
        let header =
            "<e:Header><o:a e:mustUnderstand='true' xmlns:o='urn:o'/></e:Header><e:Body/></e:Envelope>";
        let must = format!("<e:Envelope xmlns:e='{V12}'>{header}");
        let answer = self.post("/soap", "application/soap+xml", must.as_bytes());
        self.expect("SOAP envelope", "a header that must be understood", 500, answer);
        for (path, media, body, expected) in [
            ("/rest/Echo", "application/json", r#"{"id":"x","card":"1"}"#, 422),
            ("/rest/Echo", "application/json", r#"{"id":1,"card":"1","bank":"K","account":"2"}"#, 422),
            ("/rest/Echo", "application/json", r#"{"id":1,"card":"1","extra":{}}"#, 422),
            ("/rest/Echo", "application/json", "[1]", 422),
            ("/rest/Echo", "application/json", "{", 400),
            ("/rest/Echo", "text/plain", "a", 415),
            ("/rest/None", "application/json", "{}", 404),
            ("/v1/orders/1", "application/json", r#"{"kind":"none","items":[]}"#, 400),
            (
                "/v1/orders/1",
                "application/json",
                r#"{"kind":"bulk","items":[{"sku":"longer than ten"}]}"#,
                400,
            ),
            ("/v1/orders/1", "application/json", r#"{"kind":"bulk"}"#, 400),
            ("/v1/orders/1", "application/json", "", 400),
            ("/v1/orders/1", "text/csv", "a,b", 415),
            ("/v1/orders/1/2", "application/json", "{}", 404),
            ("/json/a", "application/json; charset=euc-kr", "{}", 415),
            ("/xml/a", "application/xml; charset=utf-32", "<a/>", 415),
            ("/xml/a", "application/xml; charset=euc-kr", "<?xml version='1.0' encoding='utf-8'?><a/>", 400),
        ] {
            let answer = self.post(path, media, body.as_bytes());
            self.expect("content", &format!("{path} {media} {body}"), expected, answer);
        }
        let answer = self.post("/small/a", "application/xml", &[b' '; 2048]);
        self.expect("content", "more than the route takes", 413, answer);
    }

    fn requests(&mut self) {
        let with = |field: &str| format!("POST /xml/a HTTP/1.1\r\nhost: a\r\n{field}\r\n\r\n0\r\n\r\n");
        let chunks = |chunks: &str| {
            let fields = "host: a\r\ncontent-type: application/xml\r\ntransfer-encoding: chunked";
            format!("POST /xml/a HTTP/1.1\r\n{fields}\r\n\r\n{chunks}")
        };
        for (what, request, expected) in [
            ("a long target", format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(9 << 10)), 414),
            ("a long field", with(&format!("x: {}", "a".repeat(40 << 10))), 431),
            ("many fields", with(&["x: 1"; 200].join("\r\n")), 431),
            ("no host", "GET /orders/1 HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("two hosts", with("host: b"), 400),
            ("two lengths", with("content-length: 1\r\ncontent-length: 2"), 400),
            ("a length and chunks", with("content-length: 1\r\ntransfer-encoding: chunked"), 400),
            ("a length that is none", with("content-length: +1"), 400),
            ("a folded field", with("x: a\r\n b"), 400),
            ("a space before the colon", with("x : a"), 400),
            ("a zero byte", with("x: a\0b"), 400),
            (
                "a compressed body",
                with("content-type: text/xml\r\ncontent-encoding: gzip\r\ncontent-length: 5"),
                415,
            ),
            ("a chunk without a size", chunks("g\r\na\r\n0\r\n\r\n"), 400),
            ("a chunk that is longer than it says", chunks("1\r\nab\r\n0\r\n\r\n"), 400),
            (
                "two credentials",
                format!(
                    "GET /orders/1 HTTP/1.1\r\nhost: a\r\n{}\r\n\r\n",
                    ["authorization: Bearer a"; 2].join("\r\n")
                ),
                401,
            ),
        ] {
            let answer = self.send(request);
            self.expect("request", what, expected, answer);
        }
    }
}

fn repeated(recipe: &[u8]) -> Vec<u8> {
    let parts = str::from_utf8(recipe).unwrap().lines().map(|line| {
        let (count, text) = line.split_once(' ').unwrap();
        text.repeat(count.parse().unwrap())
    });
    parts.collect::<String>().into_bytes()
}

/// The most memory that a process had, KiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn g4_hostile_tokens_bodies_and_documents_are_refused_and_hurt_nobody() {
    let mut hostile = Hostile::new();
    let gateway = hostile.naru.status().gateway.pid;
    hostile.tokens();
    hostile.documents();
    hostile.contents();
    hostile.requests();

    assert!(hostile.wrong.is_empty(), "{}", hostile.wrong.join("\n"));
    let status = hostile.naru.status();
    assert_eq!((status.gateway.pid, hostile.honest().status), (gateway, 200));
    let korean = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates/convert/tests/korean");
    for name in ["answer.xml", "answer.cp949.xml"] {
        let good = hostile.post("/xml/a", "application/xml", &std::fs::read(korean.join(name)).unwrap());
        assert_eq!(good.unwrap().status, 200, "{name}");
    }
    let peak = peak(gateway);
    assert!(peak < MOST_MEMORY_KIB, "{peak} KiB at the most");

    println!("{:<16} {:>6} {:>6}", "kind", "status", "count");
    for ((kind, status), count) in &hostile.counted {
        println!("{kind:<16} {status:>6} {count:>6}");
    }
    let refused = hostile.counted.iter().filter(|((_, status), _)| *status != 200);
    let refused: usize = refused.map(|(_, count)| count).sum();
    println!("{refused} were refused; the gateway had {} MiB at the most", peak >> 10);
    assert!(refused >= LEAST, "{refused}");
}
