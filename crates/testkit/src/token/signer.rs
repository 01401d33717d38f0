//! Keys and tokens for tests: honest ones, and whatever somebody with another key could make.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaKeyPair,
};
use serde_json::{Value, json};

/// A private key. ring makes all but RSA's, of which there is one in a file, for tests alone.
pub enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Three parts as they stand.
pub fn joined(header: &str, claims: &str, signature: &[u8]) -> String {
    format!("{}.{}.{}", encode(header), encode(claims), encode(signature))
}

impl Signer {
    pub fn rsa() -> Signer {
        Signer::Rsa(RsaKeyPair::from_pkcs8(include_bytes!("rsa-for-tests.pk8")).unwrap())
    }

    pub fn p256() -> Signer {
        let (how, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        Signer::P256(EcdsaKeyPair::from_pkcs8(how, key.as_ref(), &random).unwrap())
    }

    pub fn p384() -> Signer {
        let (how, random) = (&ECDSA_P384_SHA384_FIXED_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        Signer::P384(EcdsaKeyPair::from_pkcs8(how, key.as_ref(), &random).unwrap())
    }

    pub fn ed25519() -> Signer {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Signer::Ed25519(Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap())
    }

    /// Its public half, as an issuer publishes it.
    pub fn jwk(&self, kid: &str) -> Value {
        let point = |crv: &str, key: &EcdsaKeyPair, size: usize| {
            let (x, y) = key.public_key().as_ref()[1..].split_at(size);
            json!({"kty": "EC", "crv": crv, "x": encode(x), "y": encode(y)})
        };
        let mut jwk = match self {
            Signer::Rsa(key) => {
                let public: RsaPublic = key.public_key().into();
                json!({"kty": "RSA", "n": encode(public.n), "e": encode(public.e)})
            }
            Signer::P256(key) => point("P-256", key, 32),
            Signer::P384(key) => point("P-384", key, 48),
            Signer::Ed25519(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key())})
            }
        };
        jwk["kid"] = kid.into();
        jwk
    }

    /// Signs as `algorithm` says, as far as the key can; as well as it can where it can't.
    pub fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Signer::Rsa(key) => {
                let how: &dyn ring::signature::RsaEncoding = match algorithm {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(how, &random, message, &mut signature).unwrap();
                signature
            }
            Signer::P256(key) | Signer::P384(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Signer::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with this header and these claims, as texts.
    pub fn token_of(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let header: Value = serde_json::from_str(header).unwrap_or_default();
        let signature = self.sign(header["alg"].as_str().unwrap_or_default(), signed.as_bytes());
        format!("{signed}.{}", encode(signature))
    }

    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of(&header.to_string(), &claims.to_string())
    }
}

struct RsaPublic {
    n: Vec<u8>,
    e: Vec<u8>,
}

impl From<&ring::rsa::PublicKey> for RsaPublic {
    fn from(key: &ring::rsa::PublicKey) -> Self {
        let parts: ring::signature::RsaPublicKeyComponents<Vec<u8>> = key.into();
        RsaPublic { n: parts.n, e: parts.e }
    }
}

pub fn key_set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}
