//! The keys of an issuer, read from its JWK Set, and what each may be used for.
//!
//! The algorithm is the key's affair: a token's `alg` is only believed where the key's own type allows it, so that a public
//! RSA key never serves as the secret of an HMAC, nor one curve's key for another's signature. Symmetric keys are not read.
//! Source: RFC 7517, RFC 7518, RFC 8037, RFC 8725 §3.1 and §3.2.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Map, Value};

use super::{base64url, json};

/// More of one issuer are not looked at: a token without `kid` is tried against each.
const MOST_KEYS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    /// Finds it by its registered name, in the registered case.
    pub(crate) fn of(name: &str) -> Option<Algorithm> {
        Some(match name {
            "RS256" => Algorithm::Rs256,
            "RS384" => Algorithm::Rs384,
            "RS512" => Algorithm::Rs512,
            "PS256" => Algorithm::Ps256,
            "PS384" => Algorithm::Ps384,
            "PS512" => Algorithm::Ps512,
            "ES256" => Algorithm::Es256,
            "ES384" => Algorithm::Es384,
            // The second is RFC 9864's name for the same.
            "EdDSA" | "Ed25519" => Algorithm::EdDsa,
            _ => return None,
        })
    }

    fn rsa(self) -> Option<&'static RsaParameters> {
        Some(match self {
            Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
            Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
            Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Algorithm::Ps384 => &RSA_PSS_2048_8192_SHA384,
            Algorithm::Ps512 => &RSA_PSS_2048_8192_SHA512,
            Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => return None,
        })
    }
}

#[derive(Debug)]
pub(crate) struct Key {
    kid: Option<String>,
    material: Material,
    /// The only one it may be used with, when its owner says so.
    only: Option<Algorithm>,
}

#[derive(Debug)]
enum Material {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Key {
    /// Tells whether a token that names `kid` may mean this key. One that names none may mean any.
    pub(crate) fn is_named(&self, kid: Option<&str>) -> bool {
        kid.is_none_or(|kid| self.kid.as_deref() == Some(kid))
    }

    /// Tells whether `signature` is this key's over `message`; `false` also when the key is not for that algorithm.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if self.only.is_some_and(|only| only != algorithm) {
            return false;
        }
        let by = |how: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(how, key).verify(message, signature).is_ok()
        };
        match (&self.material, algorithm) {
            (Material::Rsa(key), _) => {
                algorithm.rsa().is_some_and(|how| key.verify(how, message, signature).is_ok())
            }
            (Material::P256(key), Algorithm::Es256) => by(&ECDSA_P256_SHA256_FIXED, key),
            (Material::P384(key), Algorithm::Es384) => by(&ECDSA_P384_SHA384_FIXED, key),
            (Material::Ed25519(key), Algorithm::EdDsa) => by(&ED25519, key),
            _ => false,
        }
    }
}

/// Reads a JWK Set. Keys that are not for verifying, or of kinds that are not known, are left out, as RFC 7517 §5 asks.
pub(crate) fn read_set(text: &str) -> Vec<Key> {
    let Ok(mut set) = json::object(text.as_bytes()) else { return Vec::new() };
    let Some(Value::Array(keys)) = set.remove("keys") else { return Vec::new() };
    let objects = keys.iter().filter_map(Value::as_object);
    objects.filter_map(read).take(MOST_KEYS).collect()
}

fn read(jwk: &Map<String, Value>) -> Option<Key> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| base64url(text(name)?.as_bytes());
    let is_for_signatures = text("use").is_none_or(|used| used == "sig");
    let operations = jwk.get("key_ops").and_then(Value::as_array);
    let verifies = operations.is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    if !is_for_signatures || !verifies {
        return None;
    }
    let only = match text("alg") {
        Some(name) => Some(Algorithm::of(name)?),
        None => None,
    };
    let material = match (text("kty")?, text("crv")) {
        ("RSA", _) => {
            Material::Rsa(RsaPublicKeyComponents { n: number(bytes("n")?), e: number(bytes("e")?) })
        }
        ("EC", Some("P-256")) => Material::P256(point(bytes("x")?, bytes("y")?, 32)?),
        ("EC", Some("P-384")) => Material::P384(point(bytes("x")?, bytes("y")?, 48)?),
        ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x").filter(|x| x.len() == 32)?),
        _ => return None,
    };
    Some(Key { kid: text("kid").map(str::to_owned), material, only })
}

/// Without the leading zeros that some writers leave and ring does not take.
fn number(mut bytes: Vec<u8>) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros);
    bytes
}

/// The uncompressed form of a point. Source: SEC 1 §2.3.3.
fn point(x: Vec<u8>, y: Vec<u8>, size: usize) -> Option<Vec<u8>> {
    (x.len() == size && y.len() == size).then(|| [vec![4], x, y].concat())
}
