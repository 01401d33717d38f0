//! Public keys as JSON: what verifies the signatures of clients and outside issuers.
//!
//! Source: RFC 7517 (JWK), RFC 7518 §6 (RSA, EC), RFC 8037 (Ed25519). Symmetric keys and encryption keys are none here: a
//! set that verifies signatures of others has no secret in it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::{Map, Value, json};

/// The longest set, in bytes; those of large issuers have below 20,000.
pub(crate) const MAX_SET: usize = 256 << 10;
/// Keys looked at in one set.
const MAX_KEYS: usize = 100;

#[derive(Debug, thiserror::Error)]
pub enum JwkError {
    #[error("a JWK set of {0} bytes; at most {MAX_SET} are read")]
    TooLong(usize),
    #[error("this is no JWK set: {0}")]
    NoJson(#[source] serde_json::Error),
    #[error("this is no JWK set: it has no list \"keys\"")]
    NoKeys,
    #[error("a JWK set of {0} keys; at most {MAX_KEYS} are read")]
    TooMany(usize),
    #[error("it has no public key for signatures (RSA of 2048 bits or more, P-256, P-384, Ed25519)")]
    NothingUsable,
    #[error(
        "key {0} holds its private half (\"d\"); keep that with the client, and give the public half alone"
    )]
    Private(usize),
}

/// How something was signed. Source: RFC 7518 §3.1, RFC 8037, RFC 9864. Without `none`, and without any symmetric one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Es256,
    Es384,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Ed25519,
}

impl Algorithm {
    pub(crate) const NAMES: [(&'static str, Algorithm); 10] = [
        ("ES256", Algorithm::Es256),
        ("ES384", Algorithm::Es384),
        ("RS256", Algorithm::Rs256),
        ("RS384", Algorithm::Rs384),
        ("RS512", Algorithm::Rs512),
        ("PS256", Algorithm::Ps256),
        ("PS384", Algorithm::Ps384),
        ("PS512", Algorithm::Ps512),
        ("EdDSA", Algorithm::Ed25519),
        ("Ed25519", Algorithm::Ed25519),
    ];

    pub(crate) fn of(name: &str) -> Option<Algorithm> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    kid: Option<String>,
    /// The only algorithm it is for, if it says one.
    alg: Option<Algorithm>,
    material: Material,
}

/// The keys of a set that can verify signatures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// Reads a set. Keys of unknown kinds are passed over (RFC 7517 §5); private halves are not looked at.
    pub(crate) fn read(text: &str) -> Result<KeySet, JwkError> {
        let keys = values(text)?.iter().filter_map(PublicKey::read).collect::<Vec<_>>();
        if keys.is_empty() { Err(JwkError::NothingUsable) } else { Ok(KeySet(keys)) }
    }

    /// Reads what an operator gives for a client: as [`KeySet::read`], and a private half is refused.
    pub(crate) fn read_given(text: &str) -> Result<KeySet, JwkError> {
        let private = |key: &Value| ["d", "p", "q", "k"].iter().any(|member| key.get(member).is_some());
        if let Some(place) = values(text)?.iter().position(private) {
            return Err(JwkError::Private(place + 1));
        }
        KeySet::read(text)
    }

    /// Writes it as a set again, with nothing in it but what verifies.
    pub(crate) fn to_json(&self) -> String {
        json!({ "keys": self.0.iter().map(PublicKey::to_json).collect::<Vec<_>>() }).to_string()
    }

    /// Tells whether one of the keys made this signature. A `kid` leads to its keys alone; without one all are tried.
    pub(crate) fn verify(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        signed: &[u8],
        signature: &[u8],
    ) -> bool {
        let fits = |key: &&PublicKey| kid.is_none() || key.kid.as_deref() == kid;
        self.0.iter().filter(fits).any(|key| key.verify(algorithm, signed, signature))
    }
}

/// The members of `keys`.
fn values(text: &str) -> Result<Vec<Value>, JwkError> {
    if text.len() > MAX_SET {
        return Err(JwkError::TooLong(text.len()));
    }
    let mut set: Value = serde_json::from_str(text).map_err(JwkError::NoJson)?;
    let Some(Value::Array(keys)) = set.get_mut("keys").map(Value::take) else { return Err(JwkError::NoKeys) };
    if keys.len() > MAX_KEYS { Err(JwkError::TooMany(keys.len())) } else { Ok(keys) }
}

impl PublicKey {
    fn read(key: &Value) -> Option<PublicKey> {
        let text = |member: &str| key.get(member).and_then(Value::as_str);
        let bytes = |member: &str| URL_SAFE_NO_PAD.decode(text(member)?).ok();
        if text("use").is_some_and(|what| what != "sig") {
            return None;
        }
        let point = |len: usize| {
            let (x, y) = (bytes("x")?, bytes("y")?);
            (x.len() == len && y.len() == len).then(|| [&[4], x.as_slice(), y.as_slice()].concat())
        };
        let material = match (text("kty")?, text("crv")) {
            ("EC", Some("P-256")) => Material::P256(point(32)?),
            ("EC", Some("P-384")) => Material::P384(point(48)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x").filter(|x| x.len() == 32)?),
            ("RSA", _) => {
                // Below 2048 bits and above 8192 ring verifies nothing.
                let (n, e) = (bytes("n")?, bytes("e")?);
                ((256..=1024).contains(&n.len()) && !e.is_empty()).then_some(Material::Rsa { n, e })?
            }
            _ => return None,
        };
        // A key for an algorithm that we do not verify is no key for another.
        let alg = match text("alg") {
            Some(name) => Some(Algorithm::of(name)?),
            None => None,
        };
        Some(PublicKey { kid: text("kid").map(str::to_owned), alg, material })
    }

    fn to_json(&self) -> Value {
        let mut key = Map::new();
        let mut put = |member: &str, value: &str| key.insert(member.to_owned(), value.into());
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.material {
            Material::P256(point) | Material::P384(point) => {
                let (x, y) = point[1..].split_at(point.len() / 2);
                put("kty", "EC");
                put("crv", if x.len() == 32 { "P-256" } else { "P-384" });
                put("x", &encode(x));
                put("y", &encode(y));
            }
            Material::Ed25519(x) => {
                put("kty", "OKP");
                put("crv", "Ed25519");
                put("x", &encode(x));
            }
            Material::Rsa { n, e } => {
                put("kty", "RSA");
                put("n", &encode(n));
                put("e", &encode(e));
            }
        }
        put("use", "sig");
        if let Some(kid) = &self.kid {
            put("kid", kid);
        }
        let named = |alg| Algorithm::NAMES.iter().find(|(_, known)| Some(*known) == alg);
        if let Some((name, _)) = named(self.alg) {
            put("alg", name);
        }
        Value::Object(key)
    }

    /// The algorithm is the key's business: what a token says of itself only chooses among those that fit the key.
    fn verify(&self, algorithm: Algorithm, signed: &[u8], made: &[u8]) -> bool {
        if self.alg.is_some_and(|alg| alg != algorithm) {
            return false;
        }
        let plain = |verification: &'static dyn signature::VerificationAlgorithm, key: &Vec<u8>| {
            UnparsedPublicKey::new(verification, key).verify(signed, made).is_ok()
        };
        match (&self.material, algorithm) {
            (Material::P256(key), Algorithm::Es256) => plain(&signature::ECDSA_P256_SHA256_FIXED, key),
            (Material::P384(key), Algorithm::Es384) => plain(&signature::ECDSA_P384_SHA384_FIXED, key),
            (Material::Ed25519(key), Algorithm::Ed25519) => plain(&signature::ED25519, key),
            (Material::Rsa { n, e }, algorithm) => rsa(algorithm).is_some_and(|parameters| {
                RsaPublicKeyComponents { n, e }.verify(parameters, signed, made).is_ok()
            }),
            _ => false,
        }
    }
}

fn rsa(algorithm: Algorithm) -> Option<&'static signature::RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515 appendix A.3: the header and payload, their ES256 signature, and the key that made it.
    const A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const A3_SIGNATURE: &str =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const A3_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    /// RFC 8037 appendix A.4.
    const ED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    const ED_SIGNATURE: &str =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    const ED_KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn set(keys: &[&str]) -> String {
        format!("{{\"keys\":[{}]}}", keys.join(","))
    }

    fn verifies(keys: &KeySet, kid: Option<&str>, alg: Algorithm, signed: &str, signature: &str) -> bool {
        keys.verify(kid, alg, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
    }

    #[test]
    fn the_examples_of_the_rfcs_are_verified_and_nothing_else() {
        let keys = KeySet::read(&set(&[ED_KEY, A3_KEY])).unwrap();
        assert!(verifies(&keys, None, Algorithm::Es256, A3, A3_SIGNATURE));
        assert!(verifies(&keys, None, Algorithm::Ed25519, ED, ED_SIGNATURE));
        assert!(!verifies(&keys, None, Algorithm::Es256, ED, A3_SIGNATURE));
        assert!(!verifies(&keys, None, Algorithm::Ed25519, A3, A3_SIGNATURE));
        assert!(!verifies(&keys, None, Algorithm::Rs256, A3, A3_SIGNATURE));
        assert!(!verifies(&keys, Some("another"), Algorithm::Es256, A3, A3_SIGNATURE));
        let read_back = KeySet::read(&keys.to_json()).unwrap();
        assert_eq!(read_back, keys);
    }

    #[test]
    fn a_key_is_for_its_algorithm_and_its_id() {
        let named = A3_KEY.replacen('{', r#"{"kid":"k1","alg":"ES256","use":"sig","#, 1);
        let keys = KeySet::read(&set(&[&named])).unwrap();
        assert!(verifies(&keys, Some("k1"), Algorithm::Es256, A3, A3_SIGNATURE));
        assert!(!verifies(&keys, Some("k2"), Algorithm::Es256, A3, A3_SIGNATURE));
        let other = named.replace("ES256", "ES384");
        let keys = KeySet::read(&set(&[&other])).unwrap();
        assert!(!verifies(&keys, Some("k1"), Algorithm::Es256, A3, A3_SIGNATURE));
    }

    #[test]
    fn what_verifies_nothing_is_passed_over_and_a_set_of_it_refused() {
        let oct = r#"{"kty":"oct","k":"AAAA"}"#;
        let encryption = A3_KEY.replacen('{', r#"{"use":"enc","#, 1);
        let hmac = A3_KEY.replacen('{', r#"{"alg":"HS256","#, 1);
        let small = r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#;
        let short = r#"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#;
        for useless in [oct, &encryption, &hmac, small, short, "7", "{}", r#"{"kty":7}"#] {
            assert!(matches!(KeySet::read(&set(&[useless])), Err(JwkError::NothingUsable)), "{useless}");
            assert_eq!(KeySet::read(&set(&[useless, A3_KEY])).unwrap().0.len(), 1, "{useless}");
        }
        for wrong in ["", "[]", "{}", r#"{"keys":{}}"#, "{\"keys\":"] {
            assert!(KeySet::read(wrong).is_err(), "{wrong}");
        }
        assert!(matches!(KeySet::read(&set(&["1"; 101])), Err(JwkError::TooMany(101))));
        assert!(matches!(KeySet::read(&" ".repeat(MAX_SET + 1)), Err(JwkError::TooLong(_))));
        let deep = format!("{{\"keys\":{}", "[".repeat(100_000));
        assert!(matches!(KeySet::read(&deep), Err(JwkError::NoJson(_))));
    }

    #[test]
    fn a_private_half_is_refused_where_an_operator_gives_it_and_dropped_elsewhere() {
        let private = A3_KEY.replacen('{', r#"{"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI","#, 1);
        assert!(matches!(KeySet::read_given(&set(&[A3_KEY, &private])), Err(JwkError::Private(2))));
        let kept = KeySet::read(&set(&[&private])).unwrap().to_json();
        assert!(!kept.contains("jpsQ"), "{kept}");
    }
}
