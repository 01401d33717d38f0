//! What a row of health checks amounts to. Pure: outcomes and time in, transitions out.

use naru_model::observed;
use naru_model::platform::Health;
use naru_model::units::Timestamp;

use super::probe::Failure;

/// An endpoint's health as its checks tell it.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    health: observed::Health,
    passes: u32,
    failures: u32,
    /// When a failure last counted.
    counted_at: Option<Timestamp>,
    has_passed: bool,
}

impl Verdict {
    /// Tells whether it has ever been healthy.
    pub(crate) fn has_passed(&self) -> bool {
        self.has_passed
    }

    /// Takes in one outcome, and returns the health if it has changed.
    ///
    /// `ready_after` passes in a row make it healthy, `dead_after` failures in a row unhealthy. Failures count once per
    /// `every` (nearly: checks are spread by a tenth), however often it was asked; except of one that is `starting`,
    /// which has nothing to lose, and of which people want to know why it is not up yet.
    pub(crate) fn take(
        &mut self,
        outcome: &Result<(), Failure>,
        rules: &Health,
        starting: bool,
        now: Timestamp,
    ) -> Option<observed::Health> {
        let next = match outcome {
            Ok(()) => {
                self.failures = 0;
                self.counted_at = None;
                self.passes += 1;
                let healthy = matches!(self.health, observed::Health::Healthy { .. });
                (!healthy && self.passes >= rules.ready_after)
                    .then_some(observed::Health::Healthy { since: now })
            }
            Err(failure) => {
                self.passes = 0;
                let soon = |at: Timestamp| !starting && now.since(at) < rules.every.mul_f32(0.85);
                if self.counted_at.is_some_and(soon) {
                    return None;
                }
                self.failures += 1;
                self.counted_at = Some(now);
                if self.failures >= rules.dead_after { self.unhealthy(failure, now) } else { None }
            }
        }?;
        self.has_passed |= matches!(next, observed::Health::Healthy { .. });
        self.health = next.clone();
        Some(next)
    }

    /// Unhealthy from now, or as before but for another reason.
    fn unhealthy(&self, failure: &Failure, now: Timestamp) -> Option<observed::Health> {
        let new_why = failure.to_string();
        match &self.health {
            observed::Health::Unhealthy { why, .. } if *why == new_why => None,
            observed::Health::Unhealthy { since, .. } => {
                Some(observed::Health::Unhealthy { since: *since, why: new_why })
            }
            _ => Some(observed::Health::Unhealthy { since: now, why: new_why }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const START: Timestamp = Timestamp(1_790_000_000_000_000);
    const REFUSED: Result<(), Failure> = Err(Failure::Refused);

    fn at(millis: u64) -> Timestamp {
        START + Duration::from_millis(millis)
    }

    fn why(health: Option<observed::Health>) -> Option<String> {
        match health {
            Some(observed::Health::Unhealthy { why, .. }) => Some(why),
            _ => None,
        }
    }

    #[test]
    fn so_many_passes_in_a_row_make_it_healthy() {
        let rules = Health { ready_after: 2, ..Health::default() };
        let mut verdict = Verdict::default();
        assert_eq!(verdict.take(&Ok(()), &rules, true, at(0)), None);
        assert_eq!(verdict.take(&REFUSED, &rules, true, at(25)), None);
        assert_eq!(verdict.take(&Ok(()), &rules, true, at(75)), None);
        let healthy = observed::Health::Healthy { since: at(175) };
        assert_eq!(verdict.take(&Ok(()), &rules, true, at(175)), Some(healthy));
        assert_eq!(verdict.take(&Ok(()), &rules, false, at(375)), None, "said once");
        assert!(verdict.has_passed());
    }

    #[test]
    fn so_many_failures_in_a_row_make_it_unhealthy_but_one_pass_forgives() {
        let rules = Health::default();
        let mut verdict = Verdict::default();
        verdict.take(&Ok(()), &rules, true, at(0));
        for (i, outcome) in [REFUSED, REFUSED, Ok(()), REFUSED, REFUSED].iter().enumerate() {
            assert_eq!(verdict.take(outcome, &rules, false, at(2000 * (i as u64 + 1))), None);
        }
        let unhealthy = verdict.take(&REFUSED, &rules, false, at(12_000));
        assert_eq!(
            unhealthy,
            Some(observed::Health::Unhealthy { since: at(12_000), why: "connection refused".to_owned() })
        );
        let other = verdict.take(
            &Err(Failure::Status { status: 503, path: "/healthz".into() }),
            &rules,
            false,
            at(14_000),
        );
        assert_eq!(why(other).as_deref(), Some("503 from /healthz"), "a new reason is told");
    }

    #[test]
    fn asking_more_often_kills_nobody_sooner() {
        let rules = Health::default();
        let mut verdict = Verdict::default();
        verdict.take(&Ok(()), &rules, true, at(0));
        let first =
            (0..400u64).map(|i| i * 25).find(|t| verdict.take(&REFUSED, &rules, false, at(*t)).is_some());
        assert_eq!(first, Some(3450), "the third failure, each at least 1.7 s after the last");
    }

    #[test]
    fn of_a_starting_one_the_reason_is_told_at_once() {
        let rules = Health::default();
        let mut verdict = Verdict::default();
        verdict.take(&REFUSED, &rules, true, at(0));
        verdict.take(&REFUSED, &rules, true, at(25));
        assert_eq!(why(verdict.take(&REFUSED, &rules, true, at(75))).as_deref(), Some("connection refused"));
        assert!(!verdict.has_passed());
        assert!(matches!(
            verdict.take(&Ok(()), &rules, true, at(175)),
            Some(observed::Health::Healthy { .. })
        ));
    }
}
