//! Who calls: registered clients, what proves that it is they, and whose word is taken for it.
//!
//! Secrets are never here: of a key or a password there is a SHA-256, which is enough for a secret of 256 random bits.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::name::ClientName;
use crate::policy::{Limit, Priority};
use crate::units::Timestamp;

/// Everything of naru.yaml's `access`, and of `clients`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// Whether a route without `auth` is closed. Default false: it is open to anybody.
    pub default_deny: bool,
    /// Groups that may be named although no client of the file is in them: clients are registered elsewhere too.
    #[serde(default)]
    pub groups: Vec<String>,
    /// naru's own authorization server. Default none.
    pub tokens: Option<Tokens>,
    /// Outside issuers of JWTs.
    pub issuers: Vec<Issuer>,
    /// PEM file of the authorities whose client certificates are looked at. Default none: none is asked for.
    pub client_ca: Option<PathBuf>,
    pub clients: BTreeMap<ClientName, Client>,
}

/// Our own authorization server: OAuth 2 client credentials with refresh, revocation (RFC 7009), introspection (RFC 7662),
/// metadata (RFC 8414) and JWTs as access tokens (RFC 9068).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// The issuer's URL as clients see it, without a slash at its end: `https://api.example.go.kr`.
    pub issuer: String,
    /// What tokens are good for (`aud`). Default: the issuer.
    pub audience: String,
    /// Of an access token. Default 10m.
    pub life: Duration,
    /// Of a refresh token. Default 1d; 0: none is given.
    pub refresh_life: Duration,
    /// How long a key signs before the next one does. Default 30d; the old one is published for `life` longer.
    pub rotate: Duration,
}

/// Somebody else who says who a caller is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// Exactly as tokens have it in `iss`.
    pub issuer: String,
    /// Where its keys are. Default: found by OpenID Connect discovery at the issuer's URL.
    pub jwks: Option<String>,
    /// One of these must be in `aud`; at least one.
    pub audience: Vec<String>,
    /// The claim that names the client, as registered here. Default `client_id`, else `azp`, else `sub`.
    pub client_claim: Option<String>,
    /// Whether tokens of clients that are not registered here are taken too. Default true.
    pub unknown_clients: bool,
    /// How far clocks may be apart. Default 30s.
    pub leeway: Duration,
}

/// A program of somebody's that calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Client {
    /// What people call it. Default: its name.
    pub title: Option<String>,
    /// Whom to tell; free text, an e-mail address by habit.
    pub owner: Option<String>,
    pub groups: Vec<String>,
    /// What it may be given; a token has at most these.
    pub scopes: Vec<String>,
    /// API keys.
    pub keys: Vec<Secret>,
    /// For OAuth `client_secret_basic`.
    pub secrets: Vec<Secret>,
    /// Public keys for OAuth `private_key_jwt` (RFC 7523), a JWK Set as JSON text.
    pub jwks: Option<String>,
    pub certificates: Vec<Certificate>,
    /// Where it may call from. Empty: anywhere.
    #[schema(value_type = Vec<String>)]
    pub networks: Vec<IpNet>,
    /// Shut out everywhere, whatever it shows. Default false.
    pub blocked: bool,
    /// Who goes first under overload. Default: the route's.
    pub priority: Option<Priority>,
    /// What all its calls together may be.
    pub limits: Vec<Limit>,
}

/// The hash of a secret, and while when it is good. Two with an overlap rotate a key without a gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Secret {
    /// SHA-256 of the secret's text, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Default: from the beginning.
    pub from: Option<Timestamp>,
    /// Default: without end.
    pub until: Option<Timestamp>,
}

/// What a client certificate must have, beside a chain to `client_ca`. All that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Certificate {
    /// Its subject as RFC 4514 writes it: `CN=mobile,O=Example`.
    pub subject: Option<String>,
    /// A DNS name, URI or e-mail address among its alternative names.
    pub san: Option<String>,
    /// SHA-256 of the certificate (DER), 64 lower-case hexadecimal digits.
    pub fingerprint: Option<String>,
}

impl Client {
    /// What people call it.
    pub fn title<'c>(&'c self, name: &'c ClientName) -> &'c str {
        self.title.as_deref().unwrap_or(name.as_str())
    }
}

impl Secret {
    /// Whether it is good at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

impl Tokens {
    pub const LIFE: Duration = Duration::from_secs(600);
    pub const REFRESH_LIFE: Duration = Duration::from_secs(86_400);
    pub const ROTATE: Duration = Duration::from_secs(30 * 86_400);
}

impl Issuer {
    pub const LEEWAY: Duration = Duration::from_secs(30);
}
