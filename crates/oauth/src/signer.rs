//! The private side of a key: signs tokens with ES256.
//!
//! Source: RFC 7518 §3.4 (ES256), RFC 7638 (thumbprint).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use naru_model::oauth::SigningKey;
use naru_model::units::Timestamp;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use crate::secret::NoRandom;

/// A key that can sign.
pub(crate) struct Signer {
    pub(crate) kid: String,
    pair: EcdsaKeyPair,
}

/// A kept key that this naru can't read.
#[derive(Debug, thiserror::Error)]
#[error("the signing key {kid} in the state is damaged ({why}); go back to the last backup of the state")]
pub struct BadKey {
    pub kid: String,
    pub why: String,
}

/// Makes a key that signs from `from` on.
///
/// # Errors
/// The kernel gives no random bytes.
pub(crate) fn make(from: Timestamp, longest: u64) -> Result<SigningKey, NoRandom> {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
    let pkcs8 = made.map_err(|_| NoRandom)?.as_ref().to_vec();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random);
    let kid = thumbprint(&pair.map_err(|_| NoRandom)?);
    Ok(SigningKey { kid, pkcs8, from, longest })
}

impl Signer {
    pub(crate) fn read(key: &SigningKey) -> Result<Signer, BadKey> {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.pkcs8, &SystemRandom::new());
        let pair = pair.map_err(|why| BadKey { kid: key.kid.clone(), why: why.to_string() })?;
        Ok(Signer { kid: key.kid.clone(), pair })
    }

    /// A JWT of type `typ` that says `claims`.
    pub(crate) fn sign(&self, typ: &str, claims: &Value) -> Result<String, NoRandom> {
        let header = json!({ "typ": typ, "alg": "ES256", "kid": self.kid });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| NoRandom)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }

    /// Its public half, as it is published.
    pub(crate) fn public(&self) -> Value {
        let (x, y) = coordinates(&self.pair);
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": self.kid })
    }
}

/// SHA-256 of the public key's required members in lexical order. Source: RFC 7638 §3.
fn thumbprint(pair: &EcdsaKeyPair) -> String {
    let (x, y) = coordinates(pair);
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes()))
}

/// An uncompressed point is a 4 and two numbers of 32 bytes (SEC 1 §2.3.3).
fn coordinates(pair: &EcdsaKeyPair) -> (String, String) {
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwk::KeySet;
    use crate::jws::Jws;

    #[test]
    fn what_is_signed_is_verified_by_the_published_half_and_by_no_other() {
        let [one, other] = [1, 2].map(|from| Signer::read(&make(Timestamp(from), 600).unwrap()).unwrap());
        let set = |signer: &Signer| KeySet::read(&json!({ "keys": [signer.public()] }).to_string()).unwrap();
        let token = one.sign("at+jwt", &json!({ "sub": "mobile" })).unwrap();
        let read = || Jws::read(&token).unwrap();
        assert_eq!(read().header.typ.as_deref(), Some("at+jwt"));
        assert_eq!(read().verify(&set(&one)).unwrap()["sub"], "mobile");
        assert!(read().verify(&set(&other)).is_none());
        assert_eq!(one.kid.len(), 43);
    }

    #[test]
    fn a_damaged_key_is_told_of() {
        let mut key = make(Timestamp(1), 600).unwrap();
        key.pkcs8.truncate(20);
        let said = Signer::read(&key).map(|_| ()).unwrap_err().to_string();
        assert!(said.contains(&key.kid) && said.contains("backup"), "{said}");
    }
}
