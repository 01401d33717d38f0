//! Tokens: JWTs of our own authorization server and of outside issuers, checked for everything that libraries forget.
//!
//! Nothing a token says of itself is believed before its signature holds, but for the issuer, which chooses the keys, and
//! `kid`, which chooses among that issuer's. No URL, path or key in a token's header is ever followed.
//! Source: RFC 7515, RFC 7519, RFC 8725 (best practices), RFC 9068 (our own tokens).

pub(crate) mod json;
pub(crate) mod keys;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use naru_model::client;
use naru_model::snapshot::TrustedIssuer;
use naru_model::units::Timestamp;
use serde_json::{Map, Value};

use keys::{Algorithm, Key};

/// A longer token is not looked at, in bytes.
pub(crate) const LONGEST: usize = 8 << 10;

/// An issuer that is trusted, with its keys.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) terms: client::Issuer,
    keys: Vec<Key>,
    /// naru itself.
    pub(crate) own: bool,
    /// A token came with a key that is not among these: it may have a new one.
    missed: AtomicBool,
}

/// A token that holds.
#[derive(Debug)]
pub(crate) struct Token {
    /// Index of its issuer.
    pub(crate) issuer: usize,
    pub(crate) claims: Map<String, Value>,
    /// From then on it does not hold any more, the leeway included.
    pub(crate) until: Timestamp,
}

/// A token that does not hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// What is wrong with it. Shown to the client; plain ASCII without quotes, for it goes into a header field.
    pub(crate) why: &'static str,
    /// naru has not given it out: it is no JWT, or another issuer's, and so may be meant for somebody else.
    pub(crate) foreign: bool,
}

impl Issuer {
    pub(crate) fn new(trusted: &TrustedIssuer) -> Issuer {
        Issuer {
            terms: trusted.issuer.clone(),
            keys: keys::read_set(&trusted.jwks),
            own: trusted.own,
            missed: AtomicBool::new(false),
        }
    }

    /// Tells, once, whether there may be a new key that the server has to fetch.
    pub(crate) fn take_missed(&self) -> bool {
        self.missed.load(Relaxed) && self.missed.swap(false, Relaxed)
    }

    fn miss(&self) {
        // Read first: many tokens with one new key write once.
        if !self.own && !self.missed.load(Relaxed) {
            self.missed.store(true, Relaxed);
        }
    }
}

/// Checks a token, all of it.
///
/// # Errors
/// It does not hold, and why.
pub(crate) fn verify(
    token: &[u8],
    issuers: &[Issuer],
    revoked: &HashSet<String>,
    now: Timestamp,
) -> Result<Token, Refused> {
    let foreign = |why| Refused { why, foreign: true };
    if token.len() > LONGEST {
        return Err(foreign("the token is longer than 8 KiB"));
    }
    let [header, payload, signature] = parts(token).ok_or(foreign("the token is no signed JWT"))?;
    let claims = section(payload).ok_or(foreign("the token's claims can't be read"))?;
    let named = claims.get("iss").and_then(Value::as_str);
    let number = issuers.iter().position(|issuer| named == Some(&issuer.terms.issuer));
    let number = number.ok_or(foreign("the token's issuer is not trusted here"))?;
    let issuer = &issuers[number];
    let bad = |why| Refused { why, foreign: !issuer.own };
    let header = section(header).ok_or(bad("the token's header can't be read"))?;
    let (algorithm, kid) = read_header(&header, issuer.own).map_err(bad)?;
    let signature = base64url(signature).ok_or(bad("the token's signature can't be read"))?;
    let signed = &token[..token.len() - signature_len(token)];
    let mut candidates = issuer.keys.iter().filter(|key| key.is_named(kid)).peekable();
    if candidates.peek().is_none() {
        issuer.miss();
        return Err(bad("the token is signed with a key that its issuer does not publish"));
    }
    if !candidates.any(|key| key.verifies(algorithm, signed, &signature)) {
        if kid.is_none() {
            issuer.miss();
        }
        return Err(bad("the token's signature does not hold"));
    }
    let until = check_claims(&claims, issuer, revoked, now).map_err(bad)?;
    Ok(Token { issuer: number, claims, until })
}

/// Header, payload and signature; `None` unless there are just these, none of them empty.
fn parts(token: &[u8]) -> Option<[&[u8]; 3]> {
    let mut parts = token.split(|byte| *byte == b'.');
    let three = [parts.next()?, parts.next()?, parts.next()?];
    (parts.next().is_none() && three.iter().all(|part| !part.is_empty())).then_some(three)
}

/// Bytes of the signature's text with the dot before it.
fn signature_len(token: &[u8]) -> usize {
    token.iter().rev().take_while(|byte| **byte != b'.').count() + 1
}

/// Reads what an encoder without padding wrote, and nothing else: one value has one text. Source: RFC 7515 §2.
pub(crate) fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn section(text: &[u8]) -> Option<Map<String, Value>> {
    json::object(&base64url(text)?).ok()
}

fn read_header(header: &Map<String, Value>, own: bool) -> Result<(Algorithm, Option<&str>), &'static str> {
    // No extension is understood here, so that none may be critical (RFC 7515 §4.1.11); `b64` changes what is signed.
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err("the token's header has critical extensions");
    }
    let name = header.get("alg").and_then(Value::as_str).ok_or("the token names no algorithm")?;
    let algorithm = Algorithm::of(name).ok_or("the token's algorithm is not accepted")?;
    let kid = match header.get("kid") {
        None => None,
        Some(Value::String(kid)) => Some(kid.as_str()),
        Some(_) => return Err("the token's key id is no text"),
    };
    let kind = match header.get("typ") {
        None => None,
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(_) => return Err("the token's type is no text"),
    };
    // Source: RFC 9068 §4, RFC 7515 §4.1.9; one made for something else (`logout+jwt`, `dpop+jwt`) is no access token.
    let is_access =
        |kind: &str| kind.eq_ignore_ascii_case("at+jwt") || kind.eq_ignore_ascii_case("application/at+jwt");
    let fits = match kind {
        None => !own,
        Some(kind) => is_access(kind) || (!own && kind.eq_ignore_ascii_case("JWT")),
    };
    if fits { Ok((algorithm, kid)) } else { Err("the token is no access token") }
}

/// Returns until when the token holds.
fn check_claims(
    claims: &Map<String, Value>,
    issuer: &Issuer,
    revoked: &HashSet<String>,
    now: Timestamp,
) -> Result<Timestamp, &'static str> {
    let leeway = issuer.terms.leeway;
    let ends = date(claims, "exp")?.ok_or("the token has no end")?;
    let until = ends + leeway;
    if now >= until {
        return Err("the token has expired");
    }
    let soon = now + leeway;
    if date(claims, "nbf")?.is_some_and(|from| from > soon) {
        return Err("the token does not hold yet");
    }
    if date(claims, "iat")?.is_some_and(|made| made > soon) {
        return Err("the token was made in the future");
    }
    let is_for_us = |audience: &Value| {
        audience.as_str().is_some_and(|audience| issuer.terms.audience.iter().any(|ours| ours == audience))
    };
    let fits = match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().any(is_for_us),
        Some(one) => is_for_us(one),
        None => false,
    };
    if !fits {
        return Err("the token is for another audience");
    }
    if issuer.own {
        // Without an id it could not be taken back (RFC 9068 §2.2 requires one).
        let id = claims.get("jti").and_then(Value::as_str).ok_or("the token has no id")?;
        if revoked.contains(id) {
            return Err("the token was revoked");
        }
    }
    Ok(until)
}

/// A NumericDate: seconds since 1970, a fraction allowed. Source: RFC 7519 §2.
fn date(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, &'static str> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| (0.0..=LAST_SECOND).contains(seconds));
    let seconds = seconds.ok_or("the token has a date that is none")?;
    Ok(Some(Timestamp(0) + Duration::from_secs_f64(seconds)))
}

/// The end of the year 9999; what some issuers write for "never".
const LAST_SECOND: f64 = 253_402_300_799.0;

#[cfg(test)]
mod tests;
