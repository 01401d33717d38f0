//! Who may speak over TCP: whoever shows the token. Over the Unix socket the file's permission has decided already.

use std::fmt;
use std::hint::black_box;
use std::io;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};

/// What operators must show. Only its SHA-256 is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    digest: [u8; 32],
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
        Ok(Token { digest: Sha256::digest(token.as_bytes()).into() })
    }

    /// Tells whether a request shows the token: `Authorization: Bearer TOKEN` (RFC 6750 §2.1).
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().split_at_checked(7));
        match shown {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => {
                same(&self.digest, &Sha256::digest(token.trim_ascii()).into())
            }
            _ => false,
        }
    }
}

/// Compares in a time that does not depend on where they differ. What is compared are digests besides, so that even a
/// measured difference would tell nothing about the token.
fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
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
        assert!(token.admits(&shown("Bearer s3cret")));
        assert!(token.admits(&shown("bearer s3cret")));
        for wrong in ["Bearer s3cre", "Bearer s3crets", "Bearer ", "s3cret", "Basic s3cret", "Bearer S3cret"]
        {
            assert!(!token.admits(&shown(wrong)), "{wrong}");
        }
        assert!(!token.admits(&HeaderMap::new()));
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
