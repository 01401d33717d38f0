//! Which clients failed to prove themselves lately, so that guessing costs us nothing.
//!
//! Counted by client and address together: nobody can shut a client out by failing in its name from elsewhere.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use naru_model::name::ClientName;
use naru_model::units::Timestamp;

/// Failures within [`WINDOW`] after which it has to wait for its end.
const MAX_FAILURES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Remembered at once; those that began longest ago go first.
const MAX_REMEMBERED: usize = 10_000;

/// A registered client, or `None` for all names that are none; and where it asks from.
pub(crate) type Who = (Option<ClientName>, Option<IpAddr>);

#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<HashMap<Who, Window>>);

#[derive(Debug, Clone, Copy)]
struct Window {
    since: Timestamp,
    failures: u32,
}

impl Failures {
    /// How long it has to wait before it may try again.
    pub(crate) fn wait(&self, who: &Who, now: Timestamp) -> Option<Duration> {
        let window = *self.windows().get(who)?;
        let left = WINDOW.checked_sub(now.since(window.since))?;
        (window.failures >= MAX_FAILURES && !left.is_zero()).then_some(left)
    }

    pub(crate) fn count(&self, who: Who, now: Timestamp) {
        let mut windows = self.windows();
        if windows.len() >= MAX_REMEMBERED && !windows.contains_key(&who) {
            windows.retain(|_, window| now.since(window.since) < WINDOW);
            if windows.len() >= MAX_REMEMBERED {
                // The older half at once: looking for the one oldest at each failure would be what an attacker wants.
                let mut begun: Vec<Timestamp> = windows.values().map(|window| window.since).collect();
                let (_, middle, _) = begun.select_nth_unstable(MAX_REMEMBERED / 2);
                let middle = *middle;
                windows.retain(|_, window| window.since > middle);
            }
        }
        let window = windows.entry(who).or_insert(Window { since: now, failures: 0 });
        if now.since(window.since) >= WINDOW {
            *window = Window { since: now, failures: 0 };
        }
        window.failures += 1;
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<Who, Window>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn who(name: &str, address: u32) -> Who {
        (Some(name.parse().unwrap()), Some(IpAddr::V4(address.into())))
    }

    #[test]
    fn ten_failures_in_a_minute_cost_the_rest_of_it_to_that_client_there() {
        let failures = Failures::default();
        let start = Timestamp(5 * SECOND);
        for n in 0..10 {
            assert_eq!(failures.wait(&who("mobile", 1), start), None, "{n}");
            failures.count(who("mobile", 1), start);
        }
        let later = start + Duration::from_secs(20);
        assert_eq!(failures.wait(&who("mobile", 1), later), Some(Duration::from_secs(40)));
        for other in [who("mobile", 2), who("kiosk", 1), (None, Some(IpAddr::V4(1.into())))] {
            assert_eq!(failures.wait(&other, later), None);
        }
        assert_eq!(failures.wait(&who("mobile", 1), start + WINDOW), None);
        failures.count(who("mobile", 1), start + WINDOW);
        assert_eq!(failures.wait(&who("mobile", 1), start + WINDOW), None);
    }

    #[test]
    fn memory_is_bounded_and_the_latest_are_remembered() {
        let failures = Failures::default();
        for n in 0..50_000u32 {
            failures.count(who("mobile", n), Timestamp(u64::from(n)));
            assert!(failures.windows().len() <= MAX_REMEMBERED);
        }
        assert!(failures.windows().contains_key(&who("mobile", 49_999)));
        assert!(!failures.windows().contains_key(&who("mobile", 0)));
    }
}
