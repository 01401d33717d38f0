//! How the application misbehaves at the moment, because it was told to.

use std::time::{Duration, Instant};

use naru_model::units::Percent;

/// Each holds until its end; the newest word counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mood {
    how: Option<Behaviour>,
    /// `None`: until told otherwise.
    until: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Requests take this long. Health checks do not.
    Slow(Duration),
    /// Requests are never answered. Health checks are.
    Hang,
    /// Nothing is answered any more, health checks neither.
    Freeze,
    /// This share of the requests is answered with 500. Health checks are well.
    Err(Percent),
    /// The connection is closed instead of an answer. Health checks are answered.
    Close,
}

impl Mood {
    pub(crate) fn new(how: Behaviour, now: Instant, lasts: Option<Duration>) -> Mood {
        Mood { how: Some(how), until: lasts.map(|lasts| now + lasts) }
    }

    pub(crate) fn at(self, now: Instant) -> Option<Behaviour> {
        self.how.filter(|_| self.until.is_none_or(|until| now < until))
    }
}

/// Tells whether the request with this number, counted from 1, is one of the `share` that errs. They are spread evenly.
pub(crate) fn errs(number: u64, share: Percent) -> bool {
    let erred_by = |n: u64| n * u64::from(share.thousandths) / 1000;
    erred_by(number) > erred_by(number - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mood_ends_by_itself() {
        let now = Instant::now();
        let mood = Mood::new(Behaviour::Hang, now, Some(Duration::from_secs(3)));
        assert_eq!(mood.at(now + Duration::from_secs(2)), Some(Behaviour::Hang));
        assert_eq!(mood.at(now + Duration::from_secs(3)), None);
        assert_eq!(
            Mood::new(Behaviour::Hang, now, None).at(now + Duration::from_secs(999)),
            Some(Behaviour::Hang)
        );
    }

    #[test]
    fn exactly_the_share_errs() {
        for thousandths in [0, 1, 125, 500, 1000] {
            let share = Percent { thousandths };
            let erred = (1..=8000).filter(|n| errs(*n, share)).count();
            assert_eq!(erred, share.of(8000));
        }
    }
}
