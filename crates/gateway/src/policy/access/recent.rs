//! What a connection has shown last, and who that was. Programs show the same key or token with each request of a connection,
//! and to compare it takes a fraction of what hashing it does.
//!
//! It holds no longer than what it was found by: it ends with the snapshot of who is registered, as each blocked client and each
//! revoked token brings another, and with the time of the key or token itself.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use naru_model::units::Timestamp;

use super::hash::is_same;
use super::identity::Identity;

/// What is longer is looked up each time, in bytes, so that a connection never keeps much.
const LONGEST: usize = 2 << 10;

/// One kind of credentials on one connection.
#[derive(Debug, Default)]
pub(crate) struct Recent(RefCell<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    edition: Edition,
    shown: Box<[u8]>,
    identity: Identity,
    holds: Range<Timestamp>,
}

/// Tells one snapshot of who is registered from every other, also from later ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Edition(Rc<()>);

impl Recent {
    /// Whose it was when it was shown last, as long as that holds.
    pub(super) fn get(&self, edition: &Edition, shown: &[u8], now: Timestamp) -> Option<Identity> {
        let kept = self.0.borrow();
        let kept = kept.as_ref()?;
        let holds = Rc::ptr_eq(&kept.edition.0, &edition.0) && kept.holds.contains(&now);
        (holds && is_same(&kept.shown, shown)).then(|| kept.identity.clone())
    }

    pub(super) fn put(&self, edition: &Edition, shown: &[u8], identity: &Identity, holds: Range<Timestamp>) {
        if shown.len() <= LONGEST {
            let (edition, identity) = (edition.clone(), identity.clone());
            *self.0.borrow_mut() = Some(Kept { edition, shown: shown.into(), identity, holds });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_holds_for_its_edition_and_time_and_to_the_letter() {
        let (recent, edition) = (Recent::default(), Edition::default());
        let get = |edition: &Edition, shown: &[u8], now| recent.get(edition, shown, Timestamp(now)).is_some();
        assert!(!get(&edition, b"key", 5));
        recent.put(&edition, b"key", &Identity::default(), Timestamp(3)..Timestamp(9));
        assert!(get(&edition, b"key", 3) && get(&edition, b"key", 8));
        assert!(!get(&edition, b"key", 2) && !get(&edition, b"key", 9));
        assert!(!get(&edition, b"kez", 5) && !get(&edition, b"ke", 5) && !get(&edition, b"", 5));
        assert!(!get(&Edition::default(), b"key", 5), "somebody may have been shut out since");
        recent.put(&edition, &[7; LONGEST + 1], &Identity::default(), Timestamp(3)..Timestamp(9));
        assert!(!get(&edition, &[7; LONGEST + 1], 5) && get(&edition, b"key", 5));
    }
}
