//! Tells users apart without knowing them: a hash of an address, a cookie or a header, for counting distinct ones.

use std::net::IpAddr;

use naru_model::platform::UserKey;

use crate::head::{Fields, Known};

/// Odd numbers with well-spread bits: the golden ratio and the square root of 3, as fractions of 2^64.
const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xbb67_ae85_84ca_a73b;

/// The hash of who asks, the same in every gateway and never 0.
pub(crate) fn hash_user(key: &UserKey, fields: &Fields, client: IpAddr) -> u64 {
    let named = match key {
        UserKey::Client => None,
        UserKey::Cookie(name) => cookie(fields, name.as_bytes()),
        UserKey::Header(name) => fields.get(name),
    };
    match (named, client) {
        (Some(value), _) if !value.is_empty() => hash(value),
        (_, IpAddr::V4(v4)) => hash(&v4.octets()),
        (_, IpAddr::V6(v6)) => hash(&v6.octets()),
    }
}

/// Source: RFC 6265 §4.2.1, and RFC 9113 §8.2.3: there may be several fields.
fn cookie<'f>(fields: &'f Fields, name: &[u8]) -> Option<&'f [u8]> {
    let pairs = fields.values(Known::Cookie).flat_map(|value| value.split(|byte| *byte == b';'));
    pairs.map(<[u8]>::trim_ascii).find_map(|pair| pair.strip_prefix(name)?.strip_prefix(b"="))
}

/// Eight bytes at a time, each folded in by a multiplication of 64 to 128 bits whose halves are joined.
fn hash(bytes: &[u8]) -> u64 {
    let mut state = FIRST ^ bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = fold(state ^ u64::from_le_bytes(word), SECOND);
    }
    fold(state, FIRST).max(1)
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::net::Ipv4Addr;

    #[test]
    fn a_user_is_known_by_cookie_header_or_address() {
        let mut fields = Fields::default();
        fields.push(b"Cookie", b"theme=dark; SESSION=abc");
        fields.push(b"X-User", b"kim");
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let of = |key: &UserKey| hash_user(key, &fields, client);
        assert_eq!(of(&UserKey::Cookie("SESSION".to_owned())), hash(b"abc"));
        assert_eq!(of(&UserKey::Header("x-user".to_owned())), hash(b"kim"));
        for missing in [UserKey::Client, UserKey::Cookie("SESS".to_owned()), UserKey::Header("x".to_owned())]
        {
            assert_eq!(of(&missing), hash(&[127, 0, 0, 1]), "{missing:?}");
        }
    }

    #[test]
    fn neighbouring_addresses_are_spread_over_all_bits() {
        let hashes: HashSet<u64> = (0..65_536u32).map(|n| hash(&n.to_be_bytes())).collect();
        assert_eq!(hashes.len(), 65_536);
        for bit in 0..64 {
            let set = hashes.iter().filter(|hash| *hash >> bit & 1 == 1).count();
            assert!((31_700..33_800).contains(&set), "bit {bit} is set in {set} of 65536");
        }
    }
}
