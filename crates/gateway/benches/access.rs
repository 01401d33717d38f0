//! What the phase `auth` costs a request, in nanoseconds: `cargo bench -p naru-gateway --bench access`.
//!
//! Medians of several rounds on one thread, over a head of twelve fields as a program sends them.

use std::hint::black_box;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use naru_gateway::Gate;
use naru_gateway::head::RequestHead;
use naru_gateway::http1::request::parse;
use naru_gateway::http1::scan::Bounds;
use naru_model::client::{Client, Issuer, Secret};
use naru_model::policy::{Auth, Policy, Proof};
use naru_model::snapshot::{Caller, CallerId, Callers, Route, TrustedIssuer};
use naru_model::units::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::json;

const NOW: Timestamp = Timestamp(1_795_262_400_000_000);
const ISSUER: &str = "https://api.example.go.kr";
const ROUNDS: usize = 9;
const BOUNDS: Bounds = Bounds { line: 8192, fields: 32_768, count: 100 };
const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn main() {
    let random = SystemRandom::new();
    let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(how, &random).expect("a key");
    let p256 = EcdsaKeyPair::from_pkcs8(how, pkcs8.as_ref(), &random).expect("a key");
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
    let ed25519 = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key");
    let (x, y) = p256.public_key().as_ref()[1..].split_at(32);
    let jwks = json!({"keys": [
        {"kty": "EC", "crv": "P-256", "kid": "ec", "x": encode(x), "y": encode(y)},
        {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encode(ed25519.public_key())},
    ]});
    let key = format!("nk_mobile_{}", encode([7; 32]));
    let callers = callers(&key, &jwks.to_string());
    let by_p256 = |claims: &str| {
        token("ES256", "ec", claims, |text| p256.sign(&random, text).expect("signed").as_ref().to_vec())
    };
    let by_ed25519 = |claims: &str| token("EdDSA", "ed", claims, |text| ed25519.sign(text).as_ref().to_vec());

    let auth = Auth {
        any_of: vec![Proof::ApiKey, Proof::Jwt],
        scopes: vec!["orders.read".to_owned()],
        ..Auth::default()
    };
    let closed = Gate::new(&route(Some(auth)), &callers);
    let open = Gate::new(&route(None), &callers);
    let nobody = Gate::new(&route(None), &Callers::default());
    let plain = head("");
    report("open route, nobody registered", || nobody.pass(&plain, ADDRESS, NOW), 0);
    report("open route, nothing shown", || open.pass(&plain, ADDRESS, NOW), 0);
    report("nothing shown, refused", || closed.pass(&plain, ADDRESS, NOW), 401);
    let with_key = head(&format!("X-API-Key: {key}\r\n"));
    report("API key", || closed.pass(&with_key, ADDRESS, NOW), 0);
    let wrong = head(&format!("X-API-Key: {}\r\n", key.replace("BwcH", "CAcH")));
    report("API key, wrong", || closed.pass(&wrong, ADDRESS, NOW), 401);
    let claims = claims();
    let bearer = |token: &str| head(&format!("Authorization: Bearer {token}\r\n"));
    let good = bearer(&by_p256(&claims));
    report("JWT, verified before", || closed.pass(&good, ADDRESS, NOW), 0);
    // Refused at the very end, so that nothing of them is kept.
    let ended = claims.replace("1795263000", "1795262000");
    for (name, token) in
        [("JWT, ES256 verified", by_p256(&ended)), ("JWT, EdDSA verified", by_ed25519(&ended))]
    {
        let head = bearer(&token);
        report(name, || closed.pass(&head, ADDRESS, NOW), 401);
    }
    let none = bearer(&token("none", "ec", &claims, |_| vec![0; 64]));
    report("JWT, alg none", || closed.pass(&none, ADDRESS, NOW), 401);
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn claims() -> String {
    json!({
        "iss": ISSUER, "aud": ISSUER, "sub": "mobile", "client_id": "mobile", "jti": "0197-5c1e-4a77",
        "iat": 1_795_262_400, "exp": 1_795_263_000, "scope": "orders.read orders.write",
    })
    .to_string()
}

fn token(algorithm: &str, kid: &str, claims: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let header = json!({"alg": algorithm, "typ": "at+jwt", "kid": kid}).to_string();
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn callers(key: &str, jwks: &str) -> Callers {
    let hash = ring::digest::digest(&ring::digest::SHA256, key.as_bytes());
    let sha256 = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let client = Client {
        groups: vec!["partners".to_owned()],
        scopes: vec!["orders.read".to_owned(), "orders.write".to_owned()],
        keys: vec![Secret { sha256, from: None, until: None }],
        ..Client::default()
    };
    let issuer = Issuer {
        issuer: ISSUER.to_owned(),
        jwks: None,
        audience: vec![ISSUER.to_owned()],
        client_claim: None,
        unknown_clients: false,
        leeway: Duration::from_secs(30),
    };
    Callers {
        clients: vec![Caller { id: CallerId(1), name: "mobile".parse().expect("a name"), client }],
        issuers: vec![TrustedIssuer { issuer, jwks: jwks.to_owned(), own: true }],
        ..Callers::default()
    }
}

fn route(auth: Option<Auth>) -> Route {
    Route { policy: Policy { auth, ..Policy::default() }, ..Route::default() }
}

fn head(shown: &str) -> RequestHead {
    let text = format!(
        "GET /orders/42?expand=lines HTTP/1.1\r\nHost: api.example.go.kr\r\nUser-Agent: okhttp/4.12.0\r\n\
         Accept: application/json\r\nAccept-Encoding: gzip\r\nAccept-Language: ko-KR\r\nConnection: keep-alive\r\n\
         Cache-Control: no-cache\r\nX-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4736\r\n\
         traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nCookie: theme=dark\r\n{shown}\r\n"
    );
    let mut head = RequestHead::default();
    parse(text.as_bytes(), &BOUNDS, &mut head).expect("a well-formed head");
    head
}

/// Prints the median of the rounds, after checking that what is measured does what it should.
fn report(name: &str, mut pass: impl FnMut() -> u16, expected: u16) {
    assert_eq!(pass(), expected, "{name}");
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| measure(&mut pass)).collect();
    rounds.sort_by(f64::total_cmp);
    println!("{name:32} {:>9.0} ns", rounds[ROUNDS / 2]);
}

/// Nanoseconds of one, over a twentieth of a second.
fn measure(pass: &mut impl FnMut() -> u16) -> f64 {
    let (begin, mut count) = (Instant::now(), 0u32);
    while begin.elapsed() < Duration::from_millis(50) {
        for _ in 0..100 {
            black_box(pass());
        }
        count += 100;
    }
    begin.elapsed().as_nanos() as f64 / f64::from(count)
}
