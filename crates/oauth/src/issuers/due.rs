//! When an issuer is asked for its keys. Decisions alone.

use std::time::Duration;

use naru_model::units::Timestamp;

/// How often, when all is well.
pub(super) const EVERY: Duration = Duration::from_secs(600);
/// At most so often because of unknown keys: anybody can make up a token with one.
const HURRIED: Duration = Duration::from_secs(10);
/// After a first failure; doubled with each further one, up to [`LONGEST`].
const AGAIN: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);
/// The shortest wait.
pub(super) const MOMENT: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) next: Timestamp,
    asked: Option<Timestamp>,
    failures: u32,
    /// Somebody showed an unknown key since it was last asked: what is under way may not bring it.
    hurried: bool,
}

impl Due {
    pub(super) fn at_once(now: Timestamp) -> Due {
        Due { next: now, asked: None, failures: 0, hurried: false }
    }

    pub(super) fn asked(&mut self, now: Timestamp) {
        self.asked = Some(now);
        self.hurried = false;
    }

    pub(super) fn answered(&mut self, well: bool, now: Timestamp) {
        self.failures = if well { 0 } else { self.failures.saturating_add(1) };
        let wait = if well { EVERY } else { (AGAIN * (1 << (self.failures - 1).min(6))).min(LONGEST) };
        self.next = now + wait;
        if self.hurried {
            self.hurry();
        }
    }

    /// There may be a new key.
    pub(super) fn hurry(&mut self) {
        self.hurried = true;
        let soonest = self.asked.map_or(self.next, |asked| asked + HURRIED);
        self.next = self.next.min(soonest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Timestamp {
        Timestamp(second * 1_000_000)
    }

    #[test]
    fn it_is_asked_every_ten_minutes_and_for_an_unknown_key_every_ten_seconds() {
        let mut due = Due::at_once(at(100));
        assert_eq!(due.next, at(100));
        due.asked(at(100));
        due.answered(true, at(101));
        assert_eq!(due.next, at(701));
        due.hurry();
        assert_eq!(due.next, at(110));
        due.asked(at(300));
        due.answered(true, at(301));
        for _ in 0..100 {
            due.hurry();
        }
        assert_eq!(due.next, at(310));
    }

    #[test]
    fn a_key_shown_while_it_is_asked_is_not_forgotten() {
        let mut due = Due::at_once(at(0));
        due.asked(at(0));
        due.hurry();
        due.answered(true, at(5));
        assert_eq!(due.next, at(10));
        due.asked(at(10));
        due.answered(true, at(11));
        assert_eq!(due.next, at(611));
    }

    #[test]
    fn after_failures_it_is_asked_again_soon_and_then_every_minute() {
        let mut due = Due::at_once(at(0));
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..100 {
            due.asked(now);
            due.answered(false, now);
            waits.push(due.next.since(now).as_secs());
            now = due.next;
        }
        assert_eq!(waits[..6], [5, 10, 20, 40, 60, 60]);
        assert_eq!(waits[99], 60);
        due.answered(true, now);
        assert_eq!(due.next.since(now), EVERY);
    }
}
