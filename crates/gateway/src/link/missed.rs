//! Which outside issuers may have new keys, told to the server not too often: anybody can make up a token.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Between two words of one issuer.
const EVERY: Duration = Duration::from_secs(10);

/// What there is to tell, and when each was last told of.
#[derive(Debug, Default)]
pub(super) struct Missed {
    waiting: BTreeSet<String>,
    told: BTreeMap<String, Instant>,
}

impl Missed {
    /// Notes that keys of these were missed, and returns those that the server is to be told of now. To be called again,
    /// also with none.
    pub(super) fn due<'i>(&mut self, missed: impl Iterator<Item = &'i str>, now: Instant) -> Vec<String> {
        self.waiting.extend(missed.map(str::to_owned));
        self.told.retain(|_, told| now.duration_since(*told) < EVERY);
        let due: Vec<String> = self.waiting.iter().filter(|i| !self.told.contains_key(*i)).cloned().collect();
        for issuer in &due {
            self.waiting.remove(issuer);
            self.told.insert(issuer.clone(), now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_issuer_is_told_of_at_once_and_then_every_ten_seconds() {
        let (mut missed, start) = (Missed::default(), Instant::now());
        let mut due = |missed_now: &[&str], seconds| {
            missed.due(missed_now.iter().copied(), start + Duration::from_secs(seconds))
        };
        assert_eq!(due(&["a"], 0), ["a"]);
        assert_eq!(due(&["a", "b"], 3), ["b"]);
        assert_eq!(due(&["a"], 9), [""; 0]);
        assert_eq!(due(&[], 10), ["a"]);
        assert_eq!(due(&[], 30), [""; 0]);
    }
}
