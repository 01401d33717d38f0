//! Access tokens: JWTs that anybody can verify by the published keys, without asking us.
//!
//! Source: RFC 9068.

use std::time::Duration;

use naru_model::client::Tokens;
use naru_model::snapshot::Caller;
use naru_model::units::Timestamp;
use serde_json::{Map, Value, json};

use crate::jwk::KeySet;
use crate::jws::{Jws, seconds};

/// What marks a JWT as an access token, so that no other JWT passes for one (RFC 9068 §2.1).
pub(crate) const TYP: &str = "at+jwt";

/// What a new token says. `sub` is the client itself, for nobody else is in it (RFC 9068 §2.2).
pub(crate) fn claims(
    tokens: &Tokens,
    caller: &Caller,
    scopes: &[String],
    jti: &str,
    now: Timestamp,
) -> Value {
    let issued = now.0 / 1_000_000;
    let mut claims = json!({
        "iss": tokens.issuer,
        "sub": caller.name,
        "aud": tokens.audience,
        "client_id": caller.name,
        "iat": issued,
        "exp": issued + tokens.life.as_secs(),
        "jti": jti,
    });
    if !scopes.is_empty() {
        claims["scope"] = scopes.join(" ").into();
    }
    if !caller.client.groups.is_empty() {
        claims["groups"] = json!(caller.client.groups);
    }
    claims
}

/// A token of ours that was signed by one of `keys` and has not ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AccessToken {
    pub(crate) jti: String,
    pub(crate) client: String,
    pub(crate) ends_at: Timestamp,
    pub(crate) claims: Map<String, Value>,
}

/// Reads a token back. Whether it was taken back meanwhile is another question.
pub(crate) fn read(token: &str, issuer: &str, keys: &KeySet, now: Timestamp) -> Option<AccessToken> {
    let jws = Jws::read(token)?;
    if !jws.header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(TYP)) {
        return None;
    }
    let claims = jws.verify(keys)?;
    let text = |claim: &str| claims.get(claim).and_then(Value::as_str).map(str::to_owned);
    let ends_at = Timestamp(0) + Duration::from_secs(seconds(&claims, "exp")?);
    let (jti, client) = (text("jti")?, text("client_id")?);
    let good = text("iss")? == issuer && now < ends_at;
    good.then_some(AccessToken { jti, client, ends_at, claims })
}
