//! Secrets: the token that the server was started with, tokens that were made, cookies of browsers, and how they are compared.
//!
//! What naru makes is 128 bits from the kernel. A plain SHA-256 of it is kept: slow hashes (Argon2, bcrypt) protect
//! passwords, which people choose and others can guess; nobody can try 2^128 of anything, however fast each try is.

use std::fmt;
use std::hint::black_box;
use std::io;

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};
use naru_model::access::Hash;
use sha2::{Digest, Sha256};

/// The token that the server was started with: whoever shows it is admin. Only its SHA-256 is kept, and not in the state.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    digest: Hash,
}

impl Token {
    /// Remembers a token.
    ///
    /// # Errors
    /// It is empty, or holds what can't stand in a header (anything but visible ASCII).
    pub fn new(token: &str) -> Result<Token, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Empty);
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::BadCharacter);
        }
        Ok(Token { digest: hash_of(token.as_bytes()) })
    }

    /// Tells whether `hash` is this token's.
    pub(crate) fn is(&self, hash: &Hash) -> bool {
        same(&self.digest, hash)
    }
}

/// The SHA-256 of a secret.
pub fn hash_of(secret: &[u8]) -> Hash {
    Sha256::digest(secret).into()
}

/// The secret that a request shows: `Authorization: Bearer TOKEN` (RFC 6750 §2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// The cookie of a browser's session.
pub(crate) const COOKIE_NAME: &str = "naru_session";

/// The value of the session's cookie. Source: RFC 6265 §4.2.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&[u8]> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs
        .filter_map(|pair| pair.trim_ascii().strip_prefix(COOKIE_NAME.as_bytes())?.strip_prefix(b"="))
        .find(|value| !value.is_empty())
}

/// Compares in a time that does not depend on where they differ. What is compared are digests besides, so that even a
/// measured difference would tell nothing about the token.
fn same(a: &Hash, b: &Hash) -> bool {
    a.iter().zip(b).fold(0, |differ, (x, y)| black_box(differ | (x ^ y))) == 0
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("the API's token is empty; give one with --token or NARU_TOKEN")]
    Empty,
    #[error("the API's token holds a space or a character outside visible ASCII; choose one without")]
    BadCharacter,
}

/// Makes a token that nobody can guess: 32 hexadecimal digits, 128 bits from the kernel.
///
/// # Errors
/// The kernel gives no random bytes.
pub fn random_token() -> io::Result<String> {
    let mut bytes = [0u8; 16];
    let mut filled = 0;
    while filled < bytes.len() {
        filled += rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty())?;
    }
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn only_the_token_is_admitted() {
        let token = Token::new("s3cret").unwrap();
        let admitted = |value: &str| bearer(&shown(value)).is_some_and(|secret| token.is(&hash_of(secret)));
        assert!(admitted("Bearer s3cret"));
        assert!(admitted("bearer s3cret"));
        for wrong in ["Bearer s3cre", "Bearer s3crets", "Bearer ", "s3cret", "Basic s3cret", "Bearer S3cret"]
        {
            assert!(!admitted(wrong), "{wrong}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    #[test]
    fn the_sessions_cookie_is_found_among_others() {
        let sent = |lines: &[&'static str]| {
            let lines = lines.iter().map(|line| (COOKIE, http::HeaderValue::from_static(line)));
            cookie(&HeaderMap::from_iter(lines)).map(<[u8]>::to_vec)
        };
        assert_eq!(sent(&["a=b; naru_session=c3; d=e"]), Some(b"c3".to_vec()));
        assert_eq!(sent(&["naru_session=c3"]), Some(b"c3".to_vec()));
        assert_eq!(sent(&["a=b; naru_session_2=c3; xnaru_session=4; naru_session="]), None);
    }

    #[test]
    fn a_token_that_no_header_could_carry_is_refused_and_none_is_shown() {
        assert!(Token::new("").is_err());
        assert!(Token::new("two words").is_err());
        assert_eq!(format!("{:?}", Token::new("s3cret").unwrap()), "Token(..)");
    }

    #[test]
    fn random_tokens_differ_and_are_tokens() {
        let (a, b) = (random_token().unwrap(), random_token().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 32);
        assert!(Token::new(&a).is_ok());
    }
}
