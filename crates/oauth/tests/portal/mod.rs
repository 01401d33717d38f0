//! A running authorization server with a clock that stands still, and a client of few words for it.

#![expect(clippy::unwrap_used, reason = "only tests use it, and clippy does not see that")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use naru_model::client::{Client, Tokens};
use naru_model::units::Timestamp;
use naru_oauth::{Authority, Clients, Kind, Setup};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::keeping::Memory;

pub(crate) const ISSUER: &str = "https://api.example.go.kr";
pub(crate) const START: u64 = 1_795_219_200;
pub(crate) const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(crate) struct Portal {
    pub(crate) address: SocketAddr,
    pub(crate) authority: Arc<Authority>,
    pub(crate) clients: Clients,
    /// Seconds since 1970.
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) logged: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn has(&self, line: &str) -> bool {
        self.head.lines().any(|found| found.eq_ignore_ascii_case(line))
    }

    pub(crate) fn text(&self, member: &str) -> String {
        self.body[member].as_str().unwrap_or_else(|| panic!("no {member} in {self:?}")).to_owned()
    }

    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or("none"))
    }
}

pub(crate) fn tokens() -> Tokens {
    Tokens {
        issuer: ISSUER.to_owned(),
        audience: "portal".to_owned(),
        life: Tokens::LIFE,
        refresh_life: Tokens::REFRESH_LIFE,
        rotate: Tokens::ROTATE,
    }
}

pub(crate) async fn portal(tokens: Tokens) -> Portal {
    let store = Arc::new(Memory::default());
    let clock = Arc::new(AtomicU64::new(START));
    let logged: Arc<Mutex<Vec<String>>> = Arc::default();
    let clients = Clients::open(store.clone(), BTreeMap::new()).await.unwrap();
    let authority = Authority::open(Setup {
        tokens,
        store,
        clients: clients.subscribe(),
        trusted_proxies: Vec::new(),
        clock: Arc::new({
            let clock = clock.clone();
            move || Timestamp(clock.load(Ordering::Relaxed) * 1_000_000)
        }),
        log: Arc::new({
            let logged = logged.clone();
            move |line| logged.lock().unwrap().push(line.to_owned())
        }),
    });
    let authority = authority.await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = authority.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Portal { address, authority, clients, clock, logged }
}

impl Portal {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::Relaxed) * 1_000_000)
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.clock.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    /// Registers a client with these scopes, and makes a secret of it.
    pub(crate) async fn register(&self, name: &str, scopes: &[&str]) -> String {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        let client = Client { scopes, groups: vec!["partners".to_owned()], ..Client::default() };
        self.clients.register(name.parse().unwrap(), client, "kim", self.now()).await.unwrap();
        self.clients.add(&name.parse().unwrap(), Kind::Secret, None, "kim", self.now()).await.unwrap().text
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        basic: Option<(&str, &str)>,
        form: &[(&str, &str)],
    ) -> Answer {
        self.post_from("192.0.2.7", path, basic, form).await
    }

    pub(crate) async fn post_from(
        &self,
        address: &str,
        path: &str,
        basic: Option<(&str, &str)>,
        form: &[(&str, &str)],
    ) -> Answer {
        self.send(request(address, path, basic, form)).await
    }

    /// Sends a request, and goes away before there is an answer.
    pub(crate) async fn post_and_leave(&self, path: &str, basic: (&str, &str), form: &[(&str, &str)]) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request("192.0.2.7", path, Some(basic), form).as_bytes()).await.unwrap();
    }

    /// A token by client credentials.
    pub(crate) async fn token(&self, name: &str, secret: &str) -> Answer {
        self.post("/oauth/token", Some((name, secret)), &[("grant_type", "client_credentials")]).await
    }

    pub(crate) async fn send(&self, request: String) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that has refused what it was sent may have closed before it was sent to its end.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {answer:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: serde_json::from_str(body).unwrap_or_default() }
    }
}

fn request(address: &str, path: &str, basic: Option<(&str, &str)>, form: &[(&str, &str)]) -> String {
    let mut body = form_urlencoded::Serializer::new(String::new());
    let body = body.extend_pairs(form).finish();
    let credentials = basic.map(|(id, secret)| {
        format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{id}:{secret}")))
    });
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: {address}\r\n{}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        credentials.unwrap_or_default(),
        body.len()
    );
    head + &body
}

/// What a token says, without a look at its signature.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A client's own key, for `private_key_jwt`.
pub(crate) struct OwnKey(EcdsaKeyPair);

impl OwnKey {
    pub(crate) fn new() -> OwnKey {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        OwnKey(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).unwrap())
    }

    pub(crate) fn jwks(&self) -> String {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "own" }] }).to_string()
    }

    pub(crate) fn sign(&self, header: Value, claims: Value) -> String {
        let encode = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}
