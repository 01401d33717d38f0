//! Which key signs, which are published, when the next is made and an old one let go. Decisions alone.
//!
//! ```text
//! next      made ──ahead──┐ signs ──────rotate──────┐
//! present   signs ────────┘ published for `longest` ┤ let go
//! ```
//!
//! A key is published before it signs, so that whoever fetches keys now and then has it before the first token that needs
//! it, and afterwards until the last token signed by it has ended.

use std::time::Duration;

use naru_model::oauth::SigningKey;
use naru_model::units::Timestamp;

/// How long a key is published before it signs, unless keys rotate so fast that it must be less.
const AHEAD: Duration = Duration::from_secs(3_600);
/// What a published key may be kept for by others, at most.
const MAX_AGE: Duration = Duration::from_secs(300);
/// A token's end and ours are not on the same clock.
const LEEWAY: Duration = Duration::from_secs(60);

/// What is to be done with the keys now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// Make a key that signs from then on.
    pub(crate) make: Option<Timestamp>,
    /// Ids of keys that nobody needs any more.
    pub(crate) drop: Vec<String>,
}

pub(crate) fn ahead(rotate: Duration) -> Duration {
    AHEAD.min(rotate / 2)
}

/// How long others may keep the published keys: less than a new one is published before it signs.
pub(crate) fn max_age(rotate: Duration) -> Duration {
    MAX_AGE.min(ahead(rotate) / 2)
}

/// Decides about keys in the order in which they sign.
pub(crate) fn decide(keys: &[SigningKey], rotate: Duration, now: Timestamp) -> Rotation {
    let Some(last) = keys.last() else { return Rotation { make: Some(now), drop: Vec::new() } };
    let soon = now + ahead(rotate);
    let ends = last.from + rotate;
    let make = (ends <= soon).then_some(ends.max(soon));
    let ended = |pair: &[SigningKey]| {
        let [old, next] = pair else { return None };
        (next.from + Duration::from_micros(old.longest) + LEEWAY <= now).then(|| old.kid.clone())
    };
    Rotation { make, drop: keys.windows(2).filter_map(ended).collect() }
}

/// The key that signs now: the last one that has begun, and the first of all if none has (a clock was set back).
pub(crate) fn signing(keys: &[SigningKey], now: Timestamp) -> Option<usize> {
    keys.iter().rposition(|key| key.from <= now).or(if keys.is_empty() { None } else { Some(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000_000;
    const ROTATE: Duration = Duration::from_secs(24 * 3_600);

    fn key(kid: &str, from: u64) -> SigningKey {
        SigningKey { kid: kid.to_owned(), pkcs8: Vec::new(), from: Timestamp(from * HOUR), longest: HOUR / 6 }
    }

    fn at(hour: u64) -> Timestamp {
        Timestamp(hour * HOUR)
    }

    #[test]
    fn the_first_key_signs_at_once() {
        let rotation = Rotation { make: Some(at(7)), drop: Vec::new() };
        assert_eq!(decide(&[], ROTATE, at(7)), rotation);
        assert_eq!(signing(&[], at(7)), None);
    }

    #[test]
    fn the_next_key_is_published_an_hour_before_it_signs() {
        let keys = [key("a", 0)];
        assert_eq!(decide(&keys, ROTATE, at(22)), Rotation::default());
        assert_eq!(decide(&keys, ROTATE, at(23)).make, Some(at(24)));
        let keys = [key("a", 0), key("b", 24)];
        assert_eq!(decide(&keys, ROTATE, at(23)), Rotation::default());
        assert_eq!((signing(&keys, at(23)), signing(&keys, at(24))), (Some(0), Some(1)));
    }

    #[test]
    fn after_a_long_absence_the_old_key_signs_until_the_next_has_been_published_long_enough() {
        let keys = [key("a", 0)];
        assert_eq!(decide(&keys, ROTATE, at(100)).make, Some(at(101)));
        let keys = [key("a", 0), key("b", 101)];
        assert_eq!(signing(&keys, at(100)), Some(0));
        assert_eq!(decide(&keys, ROTATE, at(100)), Rotation::default());
    }

    #[test]
    fn an_old_key_is_published_until_its_last_token_has_ended() {
        let keys = [key("a", 0), key("b", 24)];
        let last_end = at(24) + Duration::from_secs(600);
        assert_eq!(decide(&keys, ROTATE, last_end).drop, Vec::<String>::new());
        assert_eq!(decide(&keys, ROTATE, last_end + LEEWAY).drop, ["a"]);
    }

    #[test]
    fn a_clock_that_was_set_back_leaves_a_key_to_sign_with() {
        assert_eq!(signing(&[key("a", 10), key("b", 34)], at(3)), Some(0));
    }

    #[test]
    fn over_a_year_there_is_always_a_key_and_never_more_than_three() {
        let mut keys: Vec<SigningKey> = Vec::new();
        for minute in 0..365 * 24 * 60 {
            let now = Timestamp(minute * 60_000_000);
            let rotation = decide(&keys, ROTATE, now);
            keys.retain(|key| !rotation.drop.contains(&key.kid));
            if let Some(from) = rotation.make {
                keys.push(SigningKey { kid: minute.to_string(), from, ..key("", 0) });
            }
            let signs = &keys[signing(&keys, now).unwrap()];
            assert!(keys.len() <= 3 && now.since(signs.from) <= ROTATE, "{minute} {keys:?}");
        }
    }
}
