//! Tokens that held, so that the same one shown again costs a hash and not a signature.
//!
//! Bounded by what the tokens are long, in two halves: when the young one is full it becomes the old one, whose tokens are
//! forgotten unless they come again. A token is known by its SHA-256: nobody makes two with one.

use std::collections::HashMap;

use naru_model::units::Timestamp;

use super::hash::Sha256;
use super::identity::{Binding, Identity};

/// Bytes of tokens in each half. What is kept of one is a few times that.
const HALF: usize = 1 << 20;

#[derive(Debug, Default)]
pub(super) struct Verified {
    young: HashMap<Sha256, Entry>,
    old: HashMap<Sha256, Entry>,
    /// Bytes of the young half's tokens.
    size: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) identity: Identity,
    pub(super) binding: Binding,
    /// Of another issuer than naru.
    pub(super) foreign: bool,
    /// It does not hold from then on.
    pub(super) until: Timestamp,
    /// Bytes of the token.
    pub(super) size: usize,
}

impl Verified {
    /// Returns what is known of a token that still holds.
    pub(super) fn get(&mut self, hash: &Sha256, now: Timestamp) -> Option<Entry> {
        if let Some(entry) = self.young.get(hash) {
            if now < entry.until {
                return Some(entry.clone());
            }
            self.size -= entry.size;
            self.young.remove(hash);
            return None;
        }
        let entry = self.old.remove(hash).filter(|entry| now < entry.until)?;
        self.put(*hash, entry.clone());
        Some(entry)
    }

    /// To be called for one that is not known.
    pub(super) fn put(&mut self, hash: Sha256, entry: Entry) {
        if self.size + entry.size > HALF {
            self.old = std::mem::take(&mut self.young);
            self.size = 0;
        }
        self.size += entry.size;
        self.young.insert(hash, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(size: usize, until: u64) -> Entry {
        Entry {
            identity: Identity::default(),
            binding: Binding::Bearer,
            foreign: false,
            until: Timestamp(until),
            size,
        }
    }

    #[test]
    fn a_token_is_known_until_it_ends() {
        let mut verified = Verified::default();
        verified.put([1; 32], entry(100, 10));
        assert!(verified.get(&[1; 32], Timestamp(9)).is_some());
        assert!(verified.get(&[2; 32], Timestamp(9)).is_none());
        assert!(verified.get(&[1; 32], Timestamp(10)).is_none());
        assert_eq!((verified.young.len(), verified.size), (0, 0));
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_comes_again_stays() {
        let mut verified = Verified::default();
        for number in 0..100_000u32 {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&number.to_be_bytes());
            verified.put(hash, entry(1000, 10));
            assert!(verified.get(&[0; 32], Timestamp(0)).is_some(), "asked for at each step");
            assert!(verified.size <= HALF);
        }
        let most = 2 * HALF / 1000 + 2;
        assert!(verified.young.len() + verified.old.len() <= most);
    }
}
