//! `private_key_jwt`: a client proves itself by a short JWT that it signs with its private key.
//!
//! Source: RFC 7523 §3, with what draft-ietf-oauth-rfc7523bis asks beside: one audience, so that no other server that the
//! client talks to can use what it was shown.

use std::time::Duration;

use naru_model::access::Hash;
use naru_model::client::Tokens;
use naru_model::name::ClientName;
use naru_model::units::Timestamp;
use serde_json::{Map, Value};

use crate::access_token;
use crate::jwk::KeySet;
use crate::jws::{Jws, seconds};
use crate::metadata::{Paths, origin};
use crate::secret;

/// The field `client_assertion_type`. Source: RFC 7523 §2.2.
pub(crate) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far the clocks may be apart.
const LEEWAY: u64 = 30;
/// An assertion that is good for longer is refused: it would have to be remembered so long. Libraries make it an hour.
const MAX_LIFE: u64 = 3_600;
/// The longest `jti`, in bytes.
const MAX_JTI: usize = 256;

/// What is remembered of an assertion that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) hash: Hash,
    pub(crate) ends_at: Timestamp,
}

/// Tells who an assertion says it is from; it is not verified yet.
pub(crate) fn claimed(jws: &Jws<'_>) -> Option<ClientName> {
    let issuer = jws.unverified("iss")?;
    (jws.unverified("sub") == Some(issuer)).then(|| issuer.parse().ok()).flatten()
}

/// Verifies an assertion of `name`, whose keys are `keys`.
///
/// # Errors
/// What is wrong with it, for the client's developer.
pub(crate) fn verify(
    jws: Jws<'_>,
    name: &ClientName,
    keys: &KeySet,
    tokens: &Tokens,
    now: Timestamp,
) -> Result<Used, String> {
    // An access token is no assertion, whoever signed it (RFC 8725 §3.11).
    if jws.header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(access_token::TYP)) {
        return Err("an access token is no client assertion".to_owned());
    }
    let claims = jws.verify(keys).ok_or("no key of the client made the assertion's signature")?;
    check_audience(&claims, tokens)?;
    let now = now.0 / 1_000_000;
    let ends = seconds(&claims, "exp").ok_or("the assertion has no exp")?;
    if ends + LEEWAY <= now {
        return Err("the assertion has ended (exp); make a new one for each request, and look at the clock"
            .to_owned());
    }
    if ends > now + MAX_LIFE + LEEWAY {
        return Err(format!("the assertion is good for more than {MAX_LIFE} seconds (exp)"));
    }
    let begins = ["nbf", "iat"].iter().filter_map(|claim| seconds(&claims, claim)).max();
    if begins.is_some_and(|begins| begins > now + LEEWAY) {
        return Err("the assertion is of the future (nbf, iat); look at the clock".to_owned());
    }
    let jti = claims.get("jti").and_then(Value::as_str).filter(|jti| !jti.is_empty() && jti.len() <= MAX_JTI);
    let jti = jti.ok_or("the assertion has no jti, or a very long one")?;
    // A name has no space: no two pairs make the same text.
    let hash = secret::hash(&format!("{name} {jti}"));
    Ok(Used { hash, ends_at: Timestamp(0) + Duration::from_secs(ends + LEEWAY) })
}

/// The issuer, or one of the endpoints that take assertions.
fn check_audience(claims: &Map<String, Value>, tokens: &Tokens) -> Result<(), String> {
    let paths = Paths::of(&tokens.issuer);
    let origin = origin(&tokens.issuer);
    let ours = |audience: &str| {
        let endpoint = |path: &String| audience.strip_prefix(origin) == Some(path.as_str());
        audience == tokens.issuer
            || [&paths.token, &paths.revoke, &paths.introspect].into_iter().any(endpoint)
    };
    let good = match claims.get("aud") {
        Some(Value::String(audience)) => ours(audience),
        Some(Value::Array(several)) => {
            // All of them are ours: what is meant for another server as well could be used by it.
            !several.is_empty() && several.iter().all(|audience| audience.as_str().is_some_and(ours))
        }
        _ => false,
    };
    if good { Ok(()) } else { Err(format!("the assertion's aud must be {} alone", tokens.issuer)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::{self, Signer};
    use serde_json::json;

    const NOW: u64 = 1_795_219_200;

    fn tokens() -> Tokens {
        Tokens {
            issuer: "https://api.example.go.kr".to_owned(),
            audience: "https://api.example.go.kr".to_owned(),
            life: Tokens::LIFE,
            refresh_life: Tokens::REFRESH_LIFE,
            rotate: Tokens::ROTATE,
        }
    }

    fn good() -> Value {
        let issuer = tokens().issuer;
        json!({ "iss": "mobile", "sub": "mobile", "aud": issuer, "exp": NOW + 60, "iat": NOW, "jti": "1" })
    }

    fn signer() -> (Signer, KeySet) {
        let signer = Signer::read(&signer::make(Timestamp(1), 600).unwrap()).unwrap();
        let keys = KeySet::read(&json!({ "keys": [signer.public()] }).to_string()).unwrap();
        (signer, keys)
    }

    /// What is said of an assertion with some claims changed; `null` takes one out.
    fn said(changes: Value) -> Result<Used, String> {
        let (signer, keys) = signer();
        let mut claims = good();
        for (claim, value) in changes.as_object().unwrap() {
            claims[claim] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let token = signer.sign("JWT", &claims).unwrap();
        let now = Timestamp(NOW * 1_000_000);
        verify(Jws::read(&token).unwrap(), &"mobile".parse().unwrap(), &keys, &tokens(), now)
    }

    #[test]
    fn an_assertion_for_us_that_has_not_ended_holds() {
        let used = said(json!({})).unwrap();
        assert_eq!(used.ends_at, Timestamp((NOW + 90) * 1_000_000));
        assert_eq!(said(json!({ "exp": NOW + 10 })).unwrap().hash, used.hash);
        assert_ne!(said(json!({ "jti": "2" })).unwrap().hash, used.hash);
        let issuer = tokens().issuer;
        let token = format!("{issuer}/oauth/token");
        for fine in [
            json!({ "aud": token }),
            json!({ "aud": [issuer] }),
            json!({ "aud": [issuer, token] }),
            json!({ "aud": format!("{issuer}/oauth/introspect") }),
            json!({ "exp": NOW - 29 }),
            json!({ "exp": NOW + 3_600 }),
            json!({ "iat": null }),
            json!({ "nbf": NOW + 30 }),
        ] {
            assert!(said(fine.clone()).is_ok(), "{fine}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (wrong, why) in [
            (json!({ "aud": null }), "aud"),
            (json!({ "aud": [] }), "aud"),
            (json!({ "aud": "https://other.example" }), "aud"),
            (json!({ "aud": ["https://api.example.go.kr", "https://other.example"] }), "aud"),
            (json!({ "aud": "https://api.example.go.kr/" }), "aud"),
            (json!({ "exp": null }), "exp"),
            (json!({ "exp": NOW - 30 }), "ended"),
            (json!({ "exp": NOW + 3_700 }), "more than"),
            (json!({ "exp": "soon" }), "exp"),
            (json!({ "nbf": NOW + 31 }), "future"),
            (json!({ "iat": NOW + 31 }), "future"),
            (json!({ "jti": null }), "jti"),
            (json!({ "jti": "" }), "jti"),
            (json!({ "jti": "x".repeat(257) }), "jti"),
        ] {
            let error = said(wrong.clone()).unwrap_err();
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }

    #[test]
    fn another_key_and_an_access_token_do_not_hold() {
        let ((one, _), (_, others)) = (signer(), signer());
        let (name, now) = ("mobile".parse().unwrap(), Timestamp(NOW * 1_000_000));
        let token = one.sign("JWT", &good()).unwrap();
        assert!(verify(Jws::read(&token).unwrap(), &name, &others, &tokens(), now).is_err());
        let (signer, keys) = signer();
        let token = signer.sign("at+jwt", &good()).unwrap();
        assert!(verify(Jws::read(&token).unwrap(), &name, &keys, &tokens(), now).is_err());
    }

    #[test]
    fn who_it_is_from_is_told_by_both_claims() {
        let (signer, _) = signer();
        let of = |iss: Value, sub: Value| {
            let token = signer.sign("JWT", &json!({ "iss": iss, "sub": sub })).unwrap();
            claimed(&Jws::read(&token).unwrap()).map(String::from)
        };
        assert_eq!(of(json!("mobile"), json!("mobile")).as_deref(), Some("mobile"));
        for (iss, sub) in [("mobile", "kiosk"), ("No Name", "No Name")] {
            assert_eq!(of(json!(iss), json!(sub)), None);
        }
        assert_eq!(of(json!(7), json!(7)), None);
    }
}
