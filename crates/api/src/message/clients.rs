//! Clients and their keys, as they are listed, registered and changed.

use ipnet::IpNet;
use naru_model::client::{Certificate, Client};
use naru_model::name::ClientName;
use naru_model::policy::{Limit, Priority};
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use super::Told;
use crate::error::Error;

/// Digits of a SHA-256 that are shown: enough to tell keys apart and to name one.
pub const SHOWN_DIGITS: usize = 12;
/// The fewest digits that name a key.
const MIN_DIGITS: usize = 8;
/// The longest overlap of two keys, in seconds: a year.
const MAX_OVERLAP: u32 = 366 * 86_400;
/// What a network looks like: IPv4, and IPv6 written out or shortened at its end or beginning.
const NETWORK: &str = "^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}/(3[0-2]|[12]?[0-9])|(([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|([0-9a-f]{1,4}:){1,6}:|::([0-9a-f]{1,4}(:[0-9a-f]{1,4}){0,5})?)/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$";
/// Characters of a value that the audit repeats.
const MAX_TOLD: usize = 120;

/// A client as operators see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ListedClient {
    pub name: ClientName,
    pub origin: Origin,
    /// Registered, but naru.yaml has the same name and wins.
    pub hidden: bool,
    /// What it is. Of keys and secrets the first 12 digits of their SHA-256 are shown.
    pub client: Client,
    /// The four that follow: `null` for a client of naru.yaml.
    pub made_at: Option<Timestamp>,
    pub made_by: Option<String>,
    pub changed_at: Option<Timestamp>,
    pub changed_by: Option<String>,
}

/// Where a client is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// In naru.yaml, and changed there alone.
    File,
    /// By this API, a command or the console.
    Registered,
}

/// What a registered client is, beside its keys and secrets. What is left out is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClientTerms {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "Mobile app")]
    pub title: Option<String>,
    /// Whom to tell; free text, an e-mail address by habit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "mobile@example.go.kr")]
    pub owner: Option<String>,
    /// What routes and limits may know it by; at most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub groups: Vec<String>,
    /// What it may be given; at most 100, of visible ASCII without quote and backslash.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub scopes: Vec<String>,
    /// Public keys for OAuth `private_key_jwt` (RFC 7523): a JWK Set as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<String>,
    /// Client certificates that are its own; at most 50. Each needs at least one of its three fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub certificates: Vec<Certificate>,
    /// Where it may call from, as `192.0.2.0/24`; at most 50. Empty: anywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = networks)]
    pub networks: Vec<IpNet>,
    /// Shut out from the beginning. Of a client that is there: as it is; it changes by `POST …/block` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    /// Who goes first under overload. Default: the route's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// What all its calls together may be; at most 50. Rates are in calls per 1,000 seconds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub limits: Vec<Limit>,
}

/// Addresses, each with how many of its bits count.
fn networks() -> Array {
    let one = ObjectBuilder::new().schema_type(Type::String).pattern(Some(NETWORK));
    ArrayBuilder::new().items(one).max_items(Some(50)).examples([json!(["192.0.2.0/24"])]).build()
}

/// A client to be registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterClient {
    #[schema(example = "mobile")]
    pub name: ClientName,
    #[serde(default)]
    pub client: ClientTerms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockClient {
    /// Whether it is shut out everywhere from now on.
    pub blocked: bool,
}

/// What a client shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// An API key, shown at each call.
    #[default]
    Key,
    /// A client secret, shown to the token endpoint.
    Secret,
}

/// A key or a secret to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeKey {
    #[serde(default)]
    pub kind: KeyKind,
    /// When it ends. Default: never. Not together with `overlap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Takes the place of those there are, which end after so many seconds. Default: it is one more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 31622400, example = 86400)]
    pub overlap: Option<u32>,
}

/// A key that was made. The text is shown here and never again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadeKey {
    /// For the client: `X-API-Key: TEXT`, or as the password of `client_secret_basic`.
    pub text: String,
    /// The first 12 digits of its SHA-256, by which lists and the audit name it.
    pub sha256: String,
    pub until: Option<Timestamp>,
}

/// The query of `DELETE /v1/clients/{name}/keys/{sha256}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeyParams {
    /// Which of the two it is.
    #[serde(default)]
    #[param(required = false, inline)]
    pub kind: KeyKind,
}

impl KeyKind {
    pub fn as_str(self) -> &'static str {
        match self {
            KeyKind::Key => "key",
            KeyKind::Secret => "secret",
        }
    }
}

impl ListedClient {
    /// As it leaves the API: a hash is not whole.
    pub(crate) fn shown(mut self) -> ListedClient {
        for secret in self.client.keys.iter_mut().chain(&mut self.client.secrets) {
            secret.sha256 = shown_digits(&secret.sha256);
        }
        self
    }
}

/// The digits of a SHA-256 that may be shown.
pub(crate) fn shown_digits(sha256: &str) -> String {
    sha256.chars().take(SHOWN_DIGITS).collect()
}

/// # Errors
/// What names no key: fewer than 8 or more than 64 hexadecimal digits.
pub(crate) fn check_digits(sha256: &str) -> Result<(), Error> {
    let hex = sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if hex && (MIN_DIGITS..=64).contains(&sha256.len()) {
        return Ok(());
    }
    let what =
        "a key is named by the first 8 to 64 digits (0-9 a-f) of its SHA-256, as GET /v1/clients shows it";
    Err(Error::Invalid(what.to_owned()))
}

impl ClientTerms {
    /// The client that this makes, without keys and secrets.
    pub fn client(self) -> Client {
        let ClientTerms {
            title,
            owner,
            groups,
            scopes,
            jwks,
            certificates,
            networks,
            blocked,
            priority,
            limits,
        } = self;
        Client {
            title,
            owner,
            groups,
            scopes,
            keys: Vec::new(),
            secrets: Vec::new(),
            jwks,
            certificates,
            networks,
            blocked: blocked.unwrap_or(false),
            priority,
            limits,
        }
    }

    /// What a client is, to be changed and handed in again.
    pub fn of(client: Client) -> ClientTerms {
        ClientTerms {
            title: client.title,
            owner: client.owner,
            groups: client.groups,
            scopes: client.scopes,
            jwks: client.jwks,
            certificates: client.certificates,
            networks: client.networks,
            blocked: Some(client.blocked),
            priority: client.priority,
            limits: client.limits,
        }
    }

    /// What of `old` would not be as it was: `scopes ["a"] → ["a","b"]; title`. Empty: nothing.
    pub(crate) fn difference(&self, old: &Client) -> String {
        let was = ClientTerms { blocked: None, ..ClientTerms::of(old.clone()) };
        let will_be = ClientTerms { blocked: None, ..self.clone() };
        let fields = |terms: &ClientTerms| serde_json::to_value(terms).unwrap_or_default();
        let (was, will_be) = (fields(&was), fields(&will_be));
        let mut changed: Vec<String> = Vec::new();
        let names = [&was, &will_be].into_iter().filter_map(Value::as_object).flat_map(|map| map.keys());
        for name in names.collect::<std::collections::BTreeSet<_>>() {
            let (old, new) = (&was[name], &will_be[name]);
            if old != new {
                changed.push(format!("{name} {} → {}", told(old), told(new)));
            }
        }
        changed.join("; ")
    }
}

fn told(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        value => cut(&value.to_string()),
    }
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_TOLD).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

impl MakeKey {
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), Error> {
        let wrong = |what: &str| Err(Error::Invalid(what.to_owned()));
        match (self.until, self.overlap) {
            (Some(_), Some(_)) => wrong(
                "until and overlap don't go together: overlap ends the keys there are, and the new one has no end",
            ),
            (Some(until), None) if until <= now => {
                wrong("until is over already; give a time to come, in microseconds since 1970")
            }
            (Some(until), None) if i64::try_from(until.0).is_err() => {
                wrong("until is no time; it is in microseconds since 1970, below 2^63")
            }
            (None, Some(overlap)) if overlap > MAX_OVERLAP => {
                wrong("overlap is over 31622400 seconds, which is a year")
            }
            _ => Ok(()),
        }
    }
}

impl Told for RegisterClient {
    fn told(&self) -> String {
        let difference = self.client.difference(&Client::default());
        let blocked = if self.client.blocked == Some(true) { "blocked; " } else { "" };
        format!("{blocked}{difference}")
    }

    fn subject(&self) -> Option<String> {
        Some(self.name.to_string())
    }
}

impl Told for ClientTerms {
    /// The handler tells, who knows what was before.
    fn told(&self) -> String {
        String::new()
    }
}

impl Told for BlockClient {
    fn told(&self) -> String {
        if self.blocked { "blocked".to_owned() } else { "let in again".to_owned() }
    }
}

impl Told for MakeKey {
    fn told(&self) -> String {
        let kind = self.kind.as_str();
        match self.overlap {
            Some(seconds) => format!("a {kind}; those before end after {seconds} s"),
            None => format!("one more {kind}"),
        }
    }
}

impl std::fmt::Debug for MadeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeKey").field("sha256", &self.sha256).finish_non_exhaustive()
    }
}
