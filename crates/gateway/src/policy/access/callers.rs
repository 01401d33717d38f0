//! Who is registered: the server's snapshot, made ready to be asked at each request.
//!
//! A [`Directory`] is made once for all threads; each thread has its own [`Callers`] over it, where it keeps who was
//! recognised, so that a request neither locks nor counts anything that other threads use. A new snapshot, as each blocked
//! client and each revoked token brings, begins with nothing kept.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use ipnet::IpNet;
use naru_model::client::Secret;
use naru_model::name::ClientName;
use naru_model::policy::Proof;
use naru_model::snapshot::{self, CallerId};
use naru_model::units::Timestamp;
use serde_json::Map;

use super::Peer;
use super::certificate::{Marks, PeerCertificate};
use super::hash::{self, Sha256};
use super::identity::{Binding, Identity, Who};
use super::recent::{Edition, Recent};
use super::token::{self, Issuer, Refused, Token};
use super::verified::{Entry, Verified};
use crate::log;
use crate::policy::limit::ClientLimits;

/// Who is registered, and whose word is taken.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) default_deny: bool,
    pub(crate) client_ca: Option<PathBuf>,
    clients: Vec<Arc<Registered>>,
    by_name: HashMap<String, usize>,
    marks: Marks,
    issuers: Vec<Issuer>,
    revoked: HashSet<String>,
}

/// A registered client.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) id: CallerId,
    pub(crate) name: ClientName,
    pub(crate) groups: Vec<String>,
    pub(crate) scopes: Vec<String>,
    keys: Vec<(Sha256, Secret)>,
    /// Where it may call from; empty: anywhere.
    pub(crate) networks: Vec<IpNet>,
    pub(crate) blocked: bool,
    pub(crate) limits: ClientLimits,
}

impl Directory {
    /// Makes one of a snapshot. What can't be read in it proves nothing, and is logged.
    pub(crate) fn new(callers: &snapshot::Callers) -> Directory {
        let mut marks = Marks::default();
        for (number, caller) in callers.clients.iter().enumerate() {
            for certificate in &caller.client.certificates {
                if !marks.add(number, certificate) {
                    let name = &caller.name;
                    log::line(format_args!(
                        "a certificate of client {name} can't be read and proves nothing"
                    ));
                }
            }
        }
        Directory {
            default_deny: callers.default_deny,
            client_ca: callers.client_ca.clone(),
            by_name: callers
                .clients
                .iter()
                .enumerate()
                .map(|(i, caller)| (caller.name.to_string(), i))
                .collect(),
            clients: callers.clients.iter().map(|caller| Arc::new(Registered::new(caller))).collect(),
            marks,
            issuers: callers.issuers.iter().map(Issuer::new).collect(),
            revoked: callers.revoked.iter().map(|(id, _)| id.clone()).collect(),
        }
    }

    /// Tells whether nobody can prove anything, so that nothing need be looked at.
    pub(crate) fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.issuers.is_empty()
    }

    /// Outside issuers that may have new keys, each told of once.
    pub(crate) fn missed_keys(&self) -> impl Iterator<Item = &str> {
        self.issuers.iter().filter(|issuer| issuer.take_missed()).map(|issuer| issuer.terms.issuer.as_str())
    }

    /// Tells whether any client has limits, or an importance, of its own.
    pub(crate) fn any_is_limited(&self) -> bool {
        self.clients.iter().any(|client| !client.limits.are_none())
    }

    pub(crate) fn client(&self, name: &ClientName) -> Option<&Arc<Registered>> {
        self.by_name.get(name.as_str()).map(|number| &self.clients[*number])
    }

    /// What a registered client is called.
    pub(crate) fn name_of(&self, caller: CallerId) -> Option<&ClientName> {
        self.clients.iter().find(|client| client.id == caller).map(|client| &client.name)
    }
}

impl Registered {
    fn new(caller: &snapshot::Caller) -> Registered {
        let client = &caller.client;
        let key = |secret: &Secret| {
            let read = hash::read_hex(&secret.sha256);
            if read.is_none() {
                log::line(format_args!("a key of client {} is no SHA-256 and proves nothing", caller.name));
            }
            Some((read?, secret.clone()))
        };
        Registered {
            id: caller.id,
            name: caller.name.clone(),
            groups: client.groups.clone(),
            scopes: client.scopes.clone(),
            keys: client.keys.iter().filter_map(key).collect(),
            networks: client.networks.clone(),
            blocked: client.blocked,
            limits: ClientLimits::of(caller),
        }
    }

    /// The good key of this hash; compares with every key, whichever fits.
    fn key(&self, hash: &Sha256, now: Timestamp) -> Option<&Secret> {
        self.keys.iter().fold(None, |found, (key, secret)| {
            let fits = hash::same(hash, key) & secret.is_good(now);
            if fits { Some(secret) } else { found }
        })
    }
}

/// A directory as one thread uses it.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    directory: Arc<Directory>,
    edition: Edition,
    /// What all share who have shown nothing.
    anonymous: Identity,
    /// Those recognised so far, by number.
    by_key: RefCell<HashMap<usize, Identity>>,
    by_certificate: RefCell<HashMap<usize, Identity>>,
    verified: RefCell<Verified>,
}

impl Callers {
    pub(crate) fn new(directory: Arc<Directory>) -> Callers {
        Callers { directory, ..Callers::default() }
    }

    pub(crate) fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    pub(crate) fn anonymous(&self) -> Identity {
        self.anonymous.clone()
    }

    /// Whose API key this is: `nk_CLIENT_SECRET`, where the secret is not looked at but as part of the whole.
    pub(super) fn by_key(&self, key: &[u8], peer: Peer<'_>, now: Timestamp) -> Option<Identity> {
        let recent = peer.recent.map(|[keys, _]| keys);
        if let Some(identity) = recent.and_then(|recent| recent.get(&self.edition, key, now)) {
            return Some(identity);
        }
        let (name, secret) = key_parts(key)?;
        let number = *self.directory.by_name.get(name)?;
        let client = &self.directory.clients[number];
        if secret.len() != KEY_SECRET {
            return None;
        }
        let good = client.key(&hash::sha256(key), now)?;
        let recognised =
            |client| Identity::new(Who::registered(client, Proof::ApiKey, client.scopes.clone()));
        let identity = remember(&self.by_key, number, || recognised(client));
        let holds = good.from.unwrap_or(Timestamp(0))..good.until.unwrap_or(Timestamp(u64::MAX));
        recent.inspect(|recent| recent.put(&self.edition, key, &identity, holds));
        Some(identity)
    }

    /// Whose certificate this is. Its validity is the caller's to check.
    pub(super) fn by_certificate(&self, peer: &PeerCertificate) -> Option<Identity> {
        let number = self.directory.marks.find(peer)?;
        let client = &self.directory.clients[number];
        let recognised = |client| Identity::new(Who::registered(client, Proof::Mtls, client.scopes.clone()));
        Some(remember(&self.by_certificate, number, || recognised(client)))
    }

    /// Whose token this is, out of what was verified before or by verifying it.
    pub(super) fn by_token(&self, token: &[u8], peer: Peer<'_>, now: Timestamp) -> Result<Identity, Refused> {
        let recent = peer.recent.map(|[_, tokens]| tokens);
        if let Some(identity) = recent.and_then(|recent: &Recent| recent.get(&self.edition, token, now)) {
            return Ok(identity);
        }
        if token.len() > token::LONGEST {
            return Err(Refused { why: "the token is longer than 8 KiB", foreign: true });
        }
        let hash = hash::sha256(token);
        let mut verified = self.verified.borrow_mut();
        let entry = match verified.get(&hash, now) {
            Some(entry) => entry,
            None => {
                let held = token::verify(token, &self.directory.issuers, &self.directory.revoked, now)?;
                let foreign = !self.directory.issuers[held.issuer].own;
                let bad = |why| Refused { why, foreign };
                let binding = Binding::of(&held.claims).map_err(bad)?;
                let until = held.until;
                let identity = self.holder(held).map_err(bad)?;
                let entry = Entry { identity, binding, foreign, until, size: token.len() };
                verified.put(hash, entry.clone());
                entry
            }
        };
        if !entry.binding.holds(peer.certificate) {
            return Err(Refused {
                why: "the token is bound to another client certificate",
                foreign: entry.foreign,
            });
        }
        // The connection's certificate, which the token may be bound to, stays the same.
        let holds = Timestamp(0)..entry.until;
        recent.inspect(|recent| recent.put(&self.edition, token, &entry.identity, holds));
        Ok(entry.identity)
    }

    /// Whom a token that holds was given to.
    fn holder(&self, token: Token) -> Result<Identity, &'static str> {
        let issuer = &self.directory.issuers[token.issuer];
        let claim = |name: &str| token.claims.get(name)?.as_str();
        let named = match &issuer.terms.client_claim {
            Some(name) if !issuer.own => claim(name),
            _ if issuer.own => claim("client_id"),
            _ => claim("client_id").or_else(|| claim("azp")).or_else(|| claim("sub")),
        };
        let named = named.ok_or("the token names no client")?;
        let client = named.parse().ok().and_then(|name: ClientName| self.directory.client(&name));
        let granted = scopes(&token.claims);
        let mut who = match client {
            Some(client) => {
                // What it may be given is looked at now, not when it was given.
                let granted = granted.into_iter().filter(|scope| client.scopes.contains(scope)).collect();
                Who::registered(client, Proof::Jwt, granted)
            }
            None if issuer.own || !issuer.terms.unknown_clients => {
                return Err("the token is of a client that is not registered");
            }
            None => {
                Who::unknown(named, granted).ok_or("the token's client has a name that can't be passed on")?
            }
        };
        who.claims = token.claims;
        Ok(Identity::new(who))
    }
}

/// Letters of an API key after its client's name: 256 bits as base64url.
const KEY_SECRET: usize = 43;

/// Client and secret of an API key; `None` for anything that is none of naru's.
pub(super) fn key_parts(key: &[u8]) -> Option<(&str, &str)> {
    std::str::from_utf8(key).ok()?.strip_prefix("nk_")?.split_once('_')
}

fn remember(
    kept: &RefCell<HashMap<usize, Identity>>,
    number: usize,
    make: impl FnOnce() -> Identity,
) -> Identity {
    kept.borrow_mut().entry(number).or_insert_with(make).clone()
}

/// `scope` as RFC 8693 §4.2 has it, or `scp` as others write it: a list or words.
fn scopes(claims: &Map<String, serde_json::Value>) -> Vec<String> {
    use serde_json::Value;
    match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Value::String(words)) => words.split_ascii_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
