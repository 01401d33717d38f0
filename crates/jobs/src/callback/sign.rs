//! Proof that a result comes from naru and is not an old one: HMAC-SHA-256 over the time and the body.
//!
//! `Naru-Signature: t=SECONDS,v1=HEX`, where HEX is the code over `SECONDS.BODY`. Source: RFC 2104, FIPS 198-1.

use ring::hmac::{Context, HMAC_SHA256, Key};

use crate::random::hex;

/// The value of `Naru-Signature` for a body sent at `seconds` since 1970.
pub(crate) fn signature(key: &[u8], seconds: u64, body: &[u8]) -> String {
    let mut code = Context::with_key(&Key::new(HMAC_SHA256, key));
    code.update(format!("{seconds}.").as_bytes());
    code.update(body);
    format!("t={seconds},v1={}", hex(code.sign().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret`.
    #[test]
    fn others_come_to_the_same() {
        let made = signature(b"secret", 1_700_000_000, br#"{"a":1}"#);
        assert_eq!(made, "t=1700000000,v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686");
    }
}
