//! The authorization server: what it holds, and its keys over time.

use std::sync::{Arc, PoisonError, RwLock};

use ipnet::IpNet;
use naru_model::client::{Issuer, Tokens};
use naru_model::name::ClientName;
use naru_model::oauth::SigningKey;
use naru_model::snapshot::{Caller, TrustedIssuer};
use naru_model::units::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};

use crate::access_token;
use crate::clients::Directory;
use crate::error::Error;
use crate::failures::Failures;
use crate::jwk::KeySet;
use crate::rotation;
use crate::signer::{self, Signer};
use crate::store::Store;
use crate::{Clock, Log};

/// What an [`Authority`] is made of.
pub struct Setup {
    pub tokens: Tokens,
    pub store: Arc<dyn Store>,
    /// From [`Clients::subscribe`](crate::Clients::subscribe).
    pub clients: watch::Receiver<Arc<Directory>>,
    /// Whose word about a caller's address is believed, as the gateway has it.
    pub trusted_proxies: Vec<IpNet>,
    pub clock: Clock,
    /// Where it is told that a refresh token was used twice, and what failed.
    pub log: Log,
}

/// What the gateway must know of our own tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// We ourselves, with our public keys.
    pub issuer: TrustedIssuer,
    /// Access tokens taken back that would not have ended: `jti` and end.
    pub revoked: Vec<(String, Timestamp)>,
}

/// naru's own authorization server. It is for one [`Tokens`]: when naru.yaml's change, open another in its place.
pub struct Authority {
    pub(crate) tokens: Tokens,
    pub(crate) store: Arc<dyn Store>,
    clients: watch::Receiver<Arc<Directory>>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) clock: Clock,
    pub(crate) log: Log,
    ring: RwLock<Arc<Ring>>,
    published: watch::Sender<Arc<Published>>,
    /// Held while what is published is read and put out, so that an older reading never comes out last.
    publishing: Mutex<()>,
    pub(crate) failures: Failures,
}

/// The keys that sign or have signed, ready for use.
#[derive(Default)]
pub(crate) struct Ring {
    keys: Vec<SigningKey>,
    signers: Vec<Signer>,
    pub(crate) public: KeySet,
    /// As published.
    pub(crate) jwks: String,
}

impl Authority {
    /// Reads keys and tokens taken back, and makes the first key.
    ///
    /// # Errors
    /// [`Error::BadIssuer`], [`Error::BadKey`], [`Error::Store`].
    pub async fn open(setup: Setup) -> Result<Arc<Authority>, Error> {
        let Setup { tokens, store, clients, trusted_proxies, clock, log } = setup;
        check_issuer(&tokens.issuer)?;
        let own = TrustedIssuer { issuer: own_issuer(&tokens), jwks: String::new(), own: true };
        let published = Published { issuer: own, revoked: Vec::new() };
        let authority = Arc::new(Authority {
            tokens,
            store,
            clients,
            trusted_proxies,
            clock,
            log,
            ring: RwLock::default(),
            published: watch::Sender::new(Arc::new(published)),
            publishing: Mutex::default(),
            failures: Failures::default(),
        });
        authority.keep().await?;
        Ok(authority)
    }

    /// Makes the next key when it is time, lets go of keys and tokens that have ended. Call it every minute.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::BadKey`], [`Error::NoRandom`]; what was published stays.
    pub async fn keep(&self) -> Result<(), Error> {
        let now = (self.clock)();
        let mut keys = self.store.signing_keys().await?;
        let rotation = rotation::decide(&keys, self.tokens.rotate, now);
        let life = self.tokens.life.as_micros() as u64;
        if let Some(from) = rotation.make {
            let key = signer::make(from, life)?;
            self.store.put_signing_key(key.clone()).await?;
            keys.push(key);
        }
        for kid in rotation.drop {
            keys.retain(|key| key.kid != kid);
            self.store.remove_signing_key(kid).await?;
        }
        // Tokens live longer than they did when the key was made.
        for key in keys.iter_mut().filter(|key| key.longest < life) {
            key.longest = life;
            self.store.put_signing_key(key.clone()).await?;
        }
        let ring = Ring::of(keys)?;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        self.store.drop_ended(now).await?;
        self.publish_revoked(now).await
    }

    /// What the gateway must know, at once and at each change.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Published>> {
        self.published.subscribe()
    }

    /// Reads again what was taken back, and tells the gateway if it is news.
    pub(crate) async fn publish_revoked(&self, now: Timestamp) -> Result<(), Error> {
        let _turn = self.publishing.lock().await;
        let revoked = self.store.revoked(now).await?;
        let jwks = self.ring().jwks.clone();
        self.published.send_if_modified(|published| {
            let issuer = TrustedIssuer { jwks, ..published.issuer.clone() };
            let next = Published { issuer, revoked };
            let is_news = **published != next;
            if is_news {
                *published = Arc::new(next);
            }
            is_news
        });
        Ok(())
    }

    pub(crate) fn is_revoked(&self, jti: &str) -> bool {
        self.published.borrow().revoked.iter().any(|(revoked, _)| revoked == jti)
    }

    pub(crate) fn caller(&self, name: &ClientName) -> Option<Caller> {
        self.clients.borrow().find(name).cloned()
    }

    pub(crate) fn ring(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn sign(&self, claims: &Value, now: Timestamp) -> Result<String, Error> {
        let ring = self.ring();
        // `keep` has run at least once, so there is a key.
        let signer = rotation::signing(&ring.keys, now).and_then(|at| ring.signers.get(at));
        let signer = signer.ok_or(crate::secret::NoRandom)?;
        Ok(signer.sign(access_token::TYP, claims)?)
    }
}

impl Ring {
    fn of(keys: Vec<SigningKey>) -> Result<Ring, Error> {
        let signers = keys.iter().map(Signer::read).collect::<Result<Vec<_>, _>>()?;
        let jwks = json!({ "keys": signers.iter().map(Signer::public).collect::<Vec<_>>() }).to_string();
        let public = KeySet::read(&jwks).unwrap_or_default();
        Ok(Ring { keys, signers, public, jwks })
    }
}

/// How the gateway is to take our own tokens: as any issuer's, but only of clients that are registered.
fn own_issuer(tokens: &Tokens) -> Issuer {
    Issuer {
        issuer: tokens.issuer.clone(),
        jwks: None,
        audience: vec![tokens.audience.clone()],
        client_claim: None,
        unknown_clients: false,
        leeway: Issuer::LEEWAY,
    }
}

/// An issuer whose path can be part of a router's.
fn check_issuer(issuer: &str) -> Result<(), Error> {
    let rest = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]".contains(&byte);
    let good = rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && !rest.ends_with('/')
            && !rest.contains("//")
            && rest.bytes().all(plain)
    });
    // Colons and brackets are of the host: in a path they would be a router's parameters.
    let path = rest.and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
    if good && !path.contains([':', '[', ']']) { Ok(()) } else { Err(Error::BadIssuer(issuer.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_origin_and_at_most_a_plain_path() {
        for good in
            ["https://api.example.go.kr", "http://127.0.0.1:8080", "https://[::1]:1/a/b", "https://a.kr/api"]
        {
            assert!(check_issuer(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "api.example.go.kr",
            "https://",
            "https:///a",
            "https://a/",
            "https://a/{b}",
            "https://a/*b",
            "https://a/:b",
            "https://a?b",
            "https://a//b",
            "ftp://a",
        ] {
            assert!(check_issuer(bad).is_err(), "{bad}");
        }
    }
}
