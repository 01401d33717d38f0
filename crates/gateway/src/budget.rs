//! The retry budget: repeating requests may help one of them, but must not double the load on a service that is down.
//!
//! Source: Finagle `RetryBudget`; "The Site Reliability Workbook", ch. 22 of the SRE book ("Handling overload").

use std::sync::Mutex;

use naru_model::units::{Percent, Timestamp};

use crate::window::Window;

/// Retries in ten seconds that need no share of anything: else a quiet service could never repeat one.
pub(crate) const ALWAYS: u64 = 10;

#[derive(Debug, Default)]
pub(crate) struct Budget {
    requests: Window,
    retries: Mutex<Window>,
}

impl Budget {
    /// Counts a request's first attempt.
    pub(crate) fn request(&self, now: Timestamp) {
        self.requests.add(now);
    }

    /// Takes one retry from the budget, if there is one: a `share` of the requests of the last ten seconds, or one of
    /// the first [`ALWAYS`].
    pub(crate) fn take_retry(&self, share: Percent, now: Timestamp) -> bool {
        let earned = (self.requests.sum(now) as f64 * share.ratio()) as u64;
        // Locked so that threads can't overdraw it together; retries are rare.
        let retries = self.retries.lock().unwrap_or_else(|e| e.into_inner());
        let allowed = retries.sum(now) < earned.max(ALWAYS);
        if allowed {
            retries.add(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const START: Timestamp = Timestamp(1_790_000_000_000_000);

    #[test]
    fn ten_are_always_allowed_and_come_back() {
        let budget = Budget::default();
        let share = Percent { thousandths: 0 };
        assert_eq!((0..20).filter(|_| budget.take_retry(share, START)).count(), 10);
        let later = START + Duration::from_secs(10);
        assert_eq!((0..20).filter(|_| budget.take_retry(share, later)).count(), 10);
    }

    proptest! {
        #[test]
        fn retries_never_pass_the_share(
            steps in proptest::collection::vec((0u64..3_000, any::<bool>()), 1..400),
            thousandths in 0u32..=1000,
        ) {
            let budget = Budget::default();
            let share = Percent { thousandths };
            let mut now = START;
            let (mut requests, mut retries) = (0u64, 0u64);
            for (pause, retry) in steps {
                now = now + Duration::from_millis(pause);
                if retry {
                    retries += u64::from(budget.take_retry(share, now));
                } else {
                    budget.request(now);
                    requests += 1;
                }
                let windows = now.since(START).as_secs() / 10 + 1;
                prop_assert!(retries <= requests * u64::from(thousandths) / 1000 * windows + ALWAYS * windows);
            }
        }
    }
}
