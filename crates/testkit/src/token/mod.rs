//! Issuers with their keys, good tokens of theirs, and bad ones ([`hostile`]).

pub mod hostile;
mod signer;

pub use signer::{Signer, encode, joined, key_set};

use serde_json::{Value, json};

/// The issuer called `own`, to which one key belongs, by the name `own-1`.
pub const OWN: &str = "https://api.example.kr";
/// Another one, with a key of each kind.
pub const OUTSIDE: &str = "https://login.example.org";

/// The keys of both.
pub struct Keys {
    pub own: Signer,
    pub rsa: Signer,
    pub p256: Signer,
    pub p384: Signer,
    pub ed25519: Signer,
    /// When the tokens are made, seconds since 1970.
    pub now: u64,
}

impl Keys {
    pub fn new(now: u64) -> Keys {
        Keys {
            own: Signer::p256(),
            rsa: Signer::rsa(),
            p256: Signer::p256(),
            p384: Signer::p384(),
            ed25519: Signer::ed25519(),
            now,
        }
    }

    /// What the issuer `own` publishes.
    pub fn own_set(&self) -> String {
        key_set(&[self.own.jwk("own-1")])
    }

    /// What the other one does.
    pub fn outside_set(&self) -> String {
        let (rsa, p256) = (self.rsa.jwk("rsa"), self.p256.jwk("p256"));
        key_set(&[rsa, p256, self.p384.jwk("p384"), self.ed25519.jwk("ed")])
    }

    /// The claims of a token of `own`, good for ten minutes.
    pub fn own_claims(&self, client: &str, id: &str) -> Value {
        json!({
            "iss": OWN, "aud": OWN, "sub": client, "client_id": client, "jti": id,
            "iat": self.now, "exp": self.now + 600, "scope": "orders.read admin",
        })
    }

    pub fn outside_claims(&self) -> Value {
        let now = self.now;
        json!({"iss": OUTSIDE, "aud": ["x", "naru"], "sub": "somebody", "iat": now, "nbf": now, "exp": now + 600})
    }

    /// A token of `own` for `client`.
    pub fn own_token(&self, client: &str, id: &str) -> String {
        self.own.token(&own_header(), &self.own_claims(client, id))
    }
}

/// The header of a token of `own`.
pub fn own_header() -> Value {
    json!({"alg": "ES256", "typ": "at+jwt", "kid": "own-1"})
}
