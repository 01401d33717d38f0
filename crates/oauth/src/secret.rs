//! Secrets that naru makes: API keys, client secrets, refresh tokens, ids nobody can guess.
//!
//! Each has 256 random bits of the kernel. A plain SHA-256 of it is kept: slow hashes are for passwords that people choose,
//! and nobody can try 2^256 of anything. What kind of secret a text is shows in how it begins, so that scanners for
//! leaked secrets find them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use naru_model::access::Hash;
use naru_model::name::ClientName;
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};

/// Characters of 32 bytes in base64url without padding.
const SECRET_LEN: usize = 43;
/// Characters of 16 bytes.
const ID_LEN: usize = 22;
const REFRESH: &str = "nr_";

/// The kernel gives no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the kernel gives no random bytes")]
pub struct NoRandom;

/// What a client shows to prove that it is it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Shown at each call.
    ApiKey,
    /// Shown to get a token.
    Secret,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Kind::ApiKey => "nk_",
            Kind::Secret => "ns_",
        }
    }

    /// As messages call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::ApiKey => "API key",
            Kind::Secret => "client secret",
        }
    }
}

/// A new secret of a client: `nk_mobile_…` with 43 characters of base64url at its end.
pub(crate) fn of_client(kind: Kind, client: &ClientName) -> Result<String, NoRandom> {
    Ok(format!("{}{client}_{}", kind.prefix(), random::<32>()?))
}

/// An id of 128 random bits: 22 characters of base64url.
pub(crate) fn id() -> Result<String, NoRandom> {
    random::<16>()
}

/// A new refresh token of a family. The family is part of it, so that one row a family is enough to tell the good token
/// from those used before it.
pub(crate) fn refresh(family: &str) -> Result<String, NoRandom> {
    Ok(format!("{REFRESH}{family}_{}", random::<32>()?))
}

/// The family that a refresh token is of; `None`: it is no refresh token of ours.
pub(crate) fn family_of(token: &str) -> Option<&str> {
    let (family, rest) = token.strip_prefix(REFRESH)?.split_at_checked(ID_LEN)?;
    (rest.len() == SECRET_LEN + 1 && rest.starts_with('_')).then_some(family)
}

/// The SHA-256 of a secret.
pub(crate) fn hash(secret: &str) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    hash
}

/// As clients' secrets are written: 64 lower-case hexadecimal digits.
pub(crate) fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares in a time that does not depend on where they differ.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).fold(0, |differ, (x, y)| std::hint::black_box(differ | (x ^ y))) == 0
}

fn random<const N: usize>() -> Result<String, NoRandom> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_says_what_it_is_and_whose() {
        let mobile = "mobile-2".parse().unwrap();
        let key = of_client(Kind::ApiKey, &mobile).unwrap();
        assert!(key.starts_with("nk_mobile-2_") && key.len() == 12 + SECRET_LEN, "{key}");
        let secret = of_client(Kind::Secret, &mobile).unwrap();
        assert!(secret.starts_with("ns_mobile-2_"), "{secret}");
        assert_ne!(of_client(Kind::ApiKey, &mobile).unwrap(), key);
    }

    #[test]
    fn a_refresh_token_leads_to_its_family() {
        let family = id().unwrap();
        let token = refresh(&family).unwrap();
        assert_eq!(family_of(&token), Some(family.as_str()));
        let long = format!("{token}x");
        for wrong in
            ["", "nr_", "nr_short", &token[..token.len() - 1], &long, &token[3..], "nr_가나다라마바사아_"]
        {
            assert_eq!(family_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn hashes_are_those_of_fips_180() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&hash("abc")), abc);
        assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"ab"));
    }
}
