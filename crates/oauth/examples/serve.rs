//! The authorization server alone on loopback, for the tests against clients that others wrote (`tests/peers/oauth`).
//!
//! usage: serve JWKS     registers `mobile` (by secret), `batch` (by the public keys of the file JWKS) and `reader`
//!
//! Prints one line of JSON: where it answers, and the clients' secrets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use naru_model::client::{Client, Tokens};
use naru_model::units::Timestamp;
use naru_oauth::{Authority, Clients, Kind, Setup};

#[path = "../tests/keeping/mod.rs"]
mod keeping;

type Failure = Box<dyn std::error::Error>;

fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let jwks = std::fs::read_to_string(std::env::args().nth(1).ok_or("usage: serve JWKS")?)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let issuer = format!("http://{}", listener.local_addr()?);
    let store = Arc::new(keeping::Memory::default());
    let clients = Clients::open(store.clone(), BTreeMap::new()).await?;
    let scopes = vec!["booking.read".to_owned(), "booking.write".to_owned()];
    let mut secrets = BTreeMap::new();
    for (name, jwks) in [("mobile", None), ("reader", None), ("batch", Some(jwks))] {
        let client = Client { scopes: scopes.clone(), jwks, ..Client::default() };
        clients.register(name.parse()?, client, "example", now()).await?;
        secrets.insert(name, clients.add(&name.parse()?, Kind::Secret, None, "example", now()).await?.text);
    }
    let authority = Authority::open(Setup {
        tokens: Tokens {
            audience: issuer.clone(),
            issuer: issuer.clone(),
            life: Tokens::LIFE,
            refresh_life: Tokens::REFRESH_LIFE,
            rotate: Tokens::ROTATE,
        },
        store,
        clients: clients.subscribe(),
        trusted_proxies: Vec::new(),
        clock: Arc::new(now),
        log: Arc::new(|line| eprintln!("{line}")),
    });
    let router = authority.await?.router();
    println!("{}", serde_json::json!({ "issuer": issuer, "secrets": secrets }));
    axum::serve(listener, router).await?;
    Ok(())
}
