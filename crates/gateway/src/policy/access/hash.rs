//! SHA-256 of secrets, tokens and certificates.

use ring::digest::{SHA256, digest};

pub(crate) type Sha256 = [u8; 32];

pub(crate) fn sha256(bytes: &[u8]) -> Sha256 {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// Reads 64 hexadecimal digits.
pub(crate) fn read_hex(text: &str) -> Option<Sha256> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = (digit(0)? * 16 + digit(1)?) as u8;
    }
    Some(hash)
}

/// Compares in a time that does not tell where they differ.
pub(crate) fn same(a: &Sha256, b: &Sha256) -> bool {
    let differing = a.iter().zip(b).fold(0, |bits, (a, b)| bits | (a ^ b));
    std::hint::black_box(differing) == 0
}

/// As [`same`], of secrets of any length; takes a time that depends on the lengths alone.
pub(crate) fn is_same(a: &[u8], b: &[u8]) -> bool {
    let differing = a.iter().zip(b).fold(0, |bits, (a, b)| bits | (a ^ b));
    std::hint::black_box(differing) == 0 && a.len() == b.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_its_text() {
        // FIPS 180-2, appendix B.1.
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hash = read_hex(known).unwrap();
        assert!(same(&sha256(b"abc"), &hash));
        for at in 0..32 {
            let mut other = hash;
            other[at] ^= 0x80;
            assert!(!same(&other, &hash));
        }
        assert_eq!(read_hex(&known[1..]), None);
        assert_eq!(read_hex(&known.replace('b', "g")), None);
    }
}
