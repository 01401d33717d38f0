//! A signed token in its compact form, taken apart. What it says is nothing until its signature is verified.
//!
//! Source: RFC 7515 (JWS), RFC 7519 (JWT), RFC 8725 (what JWT libraries got wrong).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::jwk::{Algorithm, KeySet};

/// The longest token looked at, in bytes.
const MAX_LEN: usize = 16 << 10;

/// Keys of the header that are looked at. `jku`, `jwk`, `x5u` and `x5c` are not: a token does not bring its own key.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Header {
    alg: String,
    pub(crate) typ: Option<String>,
    kid: Option<String>,
    crit: Option<Value>,
}

/// A token whose signature is still to be verified.
#[derive(Debug)]
pub(crate) struct Jws<'t> {
    pub(crate) header: Header,
    algorithm: Algorithm,
    claims: Map<String, Value>,
    signed: &'t str,
    signature: Vec<u8>,
}

impl<'t> Jws<'t> {
    /// Takes a token apart; `None`: it is none, or one that can't be verified here.
    pub(crate) fn read(token: &'t str) -> Option<Jws<'t>> {
        if token.len() > MAX_LEN {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        // What is critical and not understood must be refused (RFC 7515 §4.1.11), and nothing of the kind is understood.
        if header.crit.is_some() {
            return None;
        }
        let algorithm = Algorithm::of(&header.alg)?;
        let claims = serde_json::from_slice(&decode(claims)?).ok()?;
        Some(Jws { header, algorithm, claims, signed, signature: decode(signature)? })
    }

    /// A claim that is a text, before it is known whether it is true: to find the key by.
    pub(crate) fn unverified(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// What it says, if one of `keys` signed it.
    pub(crate) fn verify(self, keys: &KeySet) -> Option<Map<String, Value>> {
        let kid = self.header.kid.as_deref();
        let signed = keys.verify(kid, self.algorithm, self.signed.as_bytes(), &self.signature);
        signed.then_some(self.claims)
    }
}

/// A point in time as JWTs have it, in seconds; fractions are cut off, and what is no time of this era is none.
pub(crate) fn seconds(claims: &Map<String, Value>, claim: &str) -> Option<u64> {
    let value = claims.get(claim)?;
    // Beyond it, microseconds would not fit.
    const LAST: f64 = 1e12;
    value.as_f64().filter(|seconds| (0.0..LAST).contains(seconds)).map(|seconds| seconds as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", encode(header), encode(claims), encode("signature"))
    }

    #[test]
    fn what_no_key_could_verify_is_no_token() {
        assert!(Jws::read(&token(r#"{"alg":"ES256"}"#, "{}")).is_some());
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"es256"}"#,
            r#"{"alg":""}"#,
            "{}",
            r#"{"alg":"ES256","alg":"ES256"}"#,
            r#"{"alg":"ES256","crit":["exp"]}"#,
            r#"{"alg":"ES256","crit":[]}"#,
            r#"{"alg":["ES256"]}"#,
            r#"{"alg":"ES256","kid":7}"#,
            "[]",
            "",
        ] {
            assert!(Jws::read(&token(header, "{}")).is_none(), "{header}");
        }
        for claims in ["[]", "7", "", "{", &"[".repeat(5_000)] {
            assert!(Jws::read(&token(r#"{"alg":"ES256"}"#, claims)).is_none(), "{claims:.20}");
        }
        let good = token(r#"{"alg":"ES256"}"#, "{}");
        let (padded, five, long) = (format!("{good}="), format!("{good}.a.b"), "a".repeat(MAX_LEN + 1));
        for broken in ["", ".", "..", "a.b", &good[..good.len() - 13], &padded, &five, &long] {
            assert!(Jws::read(broken).is_none(), "{broken:.60}");
        }
    }

    #[test]
    fn a_time_is_a_number_of_seconds() {
        let of = |json: &str| seconds(&serde_json::from_str(json).unwrap(), "exp");
        assert_eq!(of(r#"{"exp": 1795219200}"#), Some(1_795_219_200));
        assert_eq!(of(r#"{"exp": 1795219200.9}"#), Some(1_795_219_200));
        for none in
            [r#"{}"#, r#"{"exp": "1795219200"}"#, r#"{"exp": -1}"#, r#"{"exp": 1e300}"#, r#"{"exp": null}"#]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
