//! What becomes of a job after an attempt: decided from the answer, the policy and the time, and from nothing else.

use std::time::Duration;

use naru_model::policy;
use naru_model::units::Timestamp;

use crate::backoff;

/// How an attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The service said so much, with its `Retry-After`.
    Status { status: u16, retry_after: Option<Duration> },
    /// It said nothing, or not to the end; why.
    None(String),
    /// The gateway could not be reached, so that the service was not asked at all; why.
    Away(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The answer is the result: `done` below 400, `failed` from there on.
    End {
        failed: bool,
    },
    /// There will be another attempt; whether this one counts.
    Again {
        at: Timestamp,
        why: String,
        counts: bool,
    },
    Dead {
        why: String,
    },
}

/// Answers that say "not now" rather than "no". Source: RFC 9110 §15.6, RFC 6585 §4.
const NOT_NOW: [u16; 4] = [429, 502, 503, 504];

/// A gateway that was restarted is back by then.
const GATEWAY_BACK: Duration = Duration::from_secs(1);

/// Decides after the attempt of number `attempt` (1 is the first) ended at `now`. `chance` is from 0 to 1.
pub(crate) fn judge(
    job: &policy::Job,
    attempt: u32,
    answer: &Answer,
    now: Timestamp,
    deadline: Timestamp,
    chance: f64,
) -> Verdict {
    let (why, asked) = match answer {
        Answer::Status { status, .. } if !NOT_NOW.contains(status) => {
            return Verdict::End { failed: *status >= 400 };
        }
        Answer::Status { status, retry_after } => (format!("the service answered {status}"), *retry_after),
        Answer::None(why) => (why.clone(), None),
        Answer::Away(why) => (why.clone(), Some(GATEWAY_BACK)),
    };
    let counts = !matches!(answer, Answer::Away(_));
    if counts && attempt >= job.attempts {
        return Verdict::Dead { why: format!("{why}; it was the last of {attempt} attempts") };
    }
    let wait = backoff::CALL.after(attempt, chance).max(asked.unwrap_or_default());
    let at = now + wait;
    if at >= deadline {
        return Verdict::Dead {
            why: format!("{why}; another attempt after {}s would be past the time limit", wait.as_secs()),
        };
    }
    Verdict::Again { at, why, counts }
}

/// Why a job whose time is over is dead.
pub(crate) fn overdue(last: Option<&str>) -> String {
    match last {
        Some(last) => format!("its time limit is over; the last attempt: {last}"),
        None => "its time limit is over before it was attempted; the route is slow, or gone from naru.yaml"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn job() -> policy::Job {
        crate::table::job_of_attempts(3)
    }

    fn status(status: u16) -> Answer {
        Answer::Status { status, retry_after: None }
    }

    fn after(attempt: u32, answer: &Answer) -> Verdict {
        judge(&job(), attempt, answer, NOW, NOW + Duration::from_secs(3600), 1.0)
    }

    #[test]
    fn an_answer_is_the_result_unless_it_says_not_now() {
        assert_eq!(after(1, &status(200)), Verdict::End { failed: false });
        assert_eq!(after(1, &status(302)), Verdict::End { failed: false });
        assert_eq!(after(1, &status(404)), Verdict::End { failed: true });
        assert_eq!(after(3, &status(500)), Verdict::End { failed: true });
        for not_now in [429, 502, 503, 504] {
            assert!(matches!(after(1, &status(not_now)), Verdict::Again { .. }));
        }
    }

    #[test]
    fn waits_longer_each_time_and_as_long_as_it_was_asked_to() {
        let at = |verdict| match verdict {
            Verdict::Again { at, .. } => at.since(NOW).as_millis(),
            other => panic!("{other:?}"),
        };
        assert_eq!(at(after(1, &Answer::None("no answer".into()))), 500);
        assert_eq!(at(after(2, &status(503))), 1000);
        let asked = Answer::Status { status: 503, retry_after: Some(Duration::from_secs(7)) };
        assert_eq!(at(after(1, &asked)), 7000);
    }

    #[test]
    fn without_a_gateway_no_attempt_was_made() {
        let away = Answer::Away("refused".into());
        assert!(matches!(after(9, &away), Verdict::Again { counts: false, .. }));
    }

    #[test]
    fn is_dead_after_the_last_attempt_or_when_the_time_would_be_over() {
        assert!(matches!(after(3, &status(503)), Verdict::Dead { .. }));
        let soon = NOW + Duration::from_millis(500);
        assert!(matches!(judge(&job(), 1, &status(503), NOW, soon, 1.0), Verdict::Dead { .. }));
    }
}
