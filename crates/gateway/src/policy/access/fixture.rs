//! Clients, keys and issuers for tests.

use std::time::Duration;

use naru_model::client::{self, Client, Secret};
use naru_model::policy::{Auth, Policy};
use naru_model::snapshot::{self, Caller, CallerId, RouteId, TrustedIssuer};
use naru_model::units::Timestamp;
use naru_testkit::token::{Keys, encode};
use std::sync::Arc;

pub(crate) use naru_testkit::token::{OUTSIDE, OWN, own_header};

use super::hash;
use super::{Callers, Directory, Rules};
use crate::head::{RequestHead, Span};

/// 2026-11-21T12:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp(1_795_262_400_000_000);

/// NOW and so many seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp(NOW.0.saturating_add_signed(seconds * 1_000_000))
}

pub(crate) fn api_key(client: &str, number: u8) -> String {
    format!("nk_{client}_{}", encode([number; 32]))
}

pub(crate) fn secret(text: &str) -> Secret {
    let sha256 = hash::sha256(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Secret { sha256, from: None, until: None }
}

/// The keys of naru's own issuer and of an outside one, and clients `mobile` and `batch`.
pub(crate) struct World {
    pub(crate) keys: Keys,
    pub(crate) callers: snapshot::Callers,
}

impl World {
    pub(crate) fn new() -> World {
        World::at(NOW)
    }

    /// One whose tokens are made then.
    pub(crate) fn at(now: Timestamp) -> World {
        let keys = Keys::new(now.0 / 1_000_000);
        let issuers = vec![
            issuer(OWN, &["https://api.example.kr"], true, keys.own_set()),
            issuer(OUTSIDE, &["naru", "other"], false, keys.outside_set()),
        ];
        let clients = vec![
            caller(1, "mobile", &["partners"], &["orders.read", "orders.write"]),
            caller(2, "batch", &[], &["orders.read"]),
        ];
        let callers = snapshot::Callers { clients, issuers, ..snapshot::Callers::default() };
        World { keys, callers }
    }

    pub(crate) fn callers(&self) -> Callers {
        Callers::new(Arc::new(Directory::new(&self.callers)))
    }

    pub(crate) fn client(&mut self, name: &str) -> &mut Client {
        let caller = self.callers.clients.iter_mut().find(|caller| caller.name.as_str() == name);
        &mut caller.unwrap().client
    }
}

fn issuer(issuer: &str, audience: &[&str], own: bool, jwks: String) -> TrustedIssuer {
    TrustedIssuer {
        issuer: client::Issuer {
            issuer: issuer.to_owned(),
            jwks: None,
            audience: audience.iter().map(|text| (*text).to_owned()).collect(),
            client_claim: None,
            unknown_clients: true,
            leeway: Duration::from_secs(30),
        },
        jwks,
        own,
    }
}

fn caller(id: u32, name: &str, groups: &[&str], scopes: &[&str]) -> Caller {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let client = Client {
        groups: owned(groups),
        scopes: owned(scopes),
        keys: vec![secret(&api_key(name, id as u8))],
        ..Client::default()
    };
    Caller { id: CallerId(id), name: name.parse().unwrap(), client }
}

pub(crate) fn request(method: &str, fields: &[(&str, &str)]) -> RequestHead {
    let mut head = RequestHead::default();
    head.method_name = head.fields.keep(method.as_bytes());
    head.path = Span::default();
    for (name, value) in fields {
        head.fields.push(name.as_bytes(), value.as_bytes());
    }
    head
}

pub(crate) fn bearer(token: &str) -> RequestHead {
    request("GET", &[("Authorization", &format!("Bearer {token}"))])
}

/// The rules of a route with this `auth`; `None`: without any.
pub(crate) fn rules(auth: Option<Auth>) -> Rules {
    let policy = Policy { auth, ..Policy::default() };
    Rules::new(&snapshot::Route { id: RouteId(1), policy, ..snapshot::Route::default() })
}
