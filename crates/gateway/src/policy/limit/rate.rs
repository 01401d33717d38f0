//! Calls at a rate with a burst, as one word that all threads share: the generic cell rate algorithm.
//!
//! The word is the theoretical arrival time: the moment at which a caller who never hurried would make the next call. A
//! call moves it on by one interval, and is refused when that would bring it further ahead than the burst allows.
//! Source: ITU-T I.371 (virtual scheduling); what it means for HTTP is told by "Rate limiting, cells, and GCRA" (2015).

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use naru_model::units::{Rate, Timestamp};

/// A rate as the algorithm knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// Between two calls, in nanoseconds; `None`: there is none, nothing is let through.
    interval: Option<u64>,
    /// Calls at once, at least 1.
    burst: u64,
}

/// The theoretical arrival time, in nanoseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Arrivals(AtomicU64);

/// What a limit still gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    /// Calls, bytes or places.
    pub(super) amount: u64,
    /// Until all of it is there again.
    pub(super) until_whole: Duration,
}

/// How long to wait before there is room for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait(pub(super) Duration);

/// For a rate of nothing: as good a time to come back as any.
const NEVER: Duration = Duration::from_secs(3600);

impl Terms {
    pub(super) fn of(rate: Rate, burst: u32) -> Self {
        let interval = 1_000_000_000_000u64.checked_div(rate.per_1000_seconds).map(|ns| ns.max(1));
        Terms { interval, burst: u64::from(burst.max(1)) }
    }

    /// In nanoseconds.
    pub(super) fn interval(self) -> Option<u64> {
        self.interval
    }

    /// A quota and the whole seconds it is for that say the same.
    pub(super) fn as_quota(self) -> (u64, u64) {
        let Some(interval) = self.interval else { return (0, 1) };
        let seconds = interval.saturating_mul(self.burst).div_ceil(1_000_000_000).max(1);
        (seconds.saturating_mul(1_000_000_000) / interval, seconds)
    }
}

impl Arrivals {
    /// What there is at `now`, with nothing taken.
    pub(super) fn look(&self, terms: Terms, now: Timestamp) -> Result<Left, Wait> {
        step(self.0.load(Relaxed), terms, nanos(now)).map(|(_, left)| left)
    }

    /// Takes one call. What is left is without it.
    pub(super) fn take(&self, terms: Terms, now: Timestamp) -> Result<Left, Wait> {
        let now = nanos(now);
        let mut seen = self.0.load(Relaxed);
        loop {
            let (next, left) = step(seen, terms, now)?;
            match self.0.compare_exchange_weak(seen, next, Relaxed, Relaxed) {
                Ok(_) => return Ok(left),
                Err(newer) => seen = newer,
            }
        }
    }

    /// Gives back a call that was taken and did not come about.
    pub(super) fn give_back(&self, terms: Terms) {
        self.0.fetch_sub(terms.interval.unwrap_or(0), Relaxed);
    }

    /// Takes over what the shared counter says: how far it is ahead of now, with what it has not heard of yet.
    /// All in nanoseconds; `untold` in calls.
    pub(super) fn follow(&self, interval: u64, now: Timestamp, ahead: u64, untold: impl Fn() -> u64) {
        let mut seen = self.0.load(Relaxed);
        loop {
            let more = untold().saturating_mul(interval);
            let next = nanos(now).saturating_add(ahead).saturating_add(more);
            match self.0.compare_exchange_weak(seen, next, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(newer) => seen = newer,
            }
        }
    }

    /// As much as there ever is: forgetting it changes nothing.
    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        self.0.load(Relaxed) <= nanos(now)
    }
}

/// The word after one call more, and what that leaves.
fn step(arrival: u64, terms: Terms, now: u64) -> Result<(u64, Left), Wait> {
    let Some(interval) = terms.interval else { return Err(Wait(NEVER)) };
    let room = interval.saturating_mul(terms.burst);
    let next = arrival.max(now).saturating_add(interval);
    let ahead = next - now;
    if ahead > room {
        return Err(Wait(Duration::from_nanos(ahead - room)));
    }
    let left = Left { amount: (room - ahead) / interval, until_whole: Duration::from_nanos(ahead) };
    Ok((next, left))
}

fn nanos(at: Timestamp) -> u64 {
    at.0.saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::AtomicU32;

    const START: Timestamp = Timestamp(1_790_000_000_000_000);

    fn terms(per_second: u64, burst: u32) -> Terms {
        Terms::of(Rate { per_1000_seconds: per_second * 1000 }, burst)
    }

    #[test]
    fn a_burst_goes_at_once_and_then_one_by_one() {
        let (arrivals, terms) = (Arrivals::default(), terms(10, 3));
        let left: Vec<_> = (0..3).map(|_| arrivals.take(terms, START).unwrap().amount).collect();
        assert_eq!(left, [2, 1, 0]);
        assert_eq!(arrivals.take(terms, START), Err(Wait(Duration::from_millis(100))));
        let later = START + Duration::from_millis(100);
        assert!(arrivals.take(terms, later).is_ok());
        assert!(arrivals.take(terms, later).is_err());
        arrivals.give_back(terms);
        assert!(arrivals.take(terms, later).is_ok(), "what was given back is there again");
        assert!(arrivals.is_idle(START + Duration::from_secs(1)) && !arrivals.is_idle(later));
    }

    #[test]
    fn a_rate_of_nothing_lets_nothing_through() {
        let none = Terms::of(Rate { per_1000_seconds: 0 }, 5);
        assert_eq!(Arrivals::default().take(none, START), Err(Wait(NEVER)));
    }

    #[test]
    fn a_rate_reads_as_a_quota_in_whole_seconds() {
        assert_eq!(terms(100, 100).as_quota(), (100, 1));
        assert_eq!(terms(100, 5).as_quota(), (100, 1));
        assert_eq!(Terms::of(Rate { per_1000_seconds: 500 }, 1).as_quota(), (1, 2));
        assert_eq!(Terms::of(Rate { per_1000_seconds: 500 }, 5).as_quota(), (5, 10));
    }

    /// Threads with one clock between them: each step of a microsecond is seen by whoever takes it.
    fn let_through(threads: usize, per_second: u64, millis: u64) -> u32 {
        let (arrivals, terms) = (Arrivals::default(), terms(per_second, 1));
        let (clock, through) = (AtomicU64::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let micros = clock.fetch_add(1, Relaxed);
                        if micros >= millis * 1000 {
                            return;
                        }
                        let now = START + Duration::from_micros(micros);
                        through.fetch_add(u32::from(arrivals.take(terms, now).is_ok()), Relaxed);
                    }
                });
            }
        });
        through.into_inner()
    }

    #[test]
    fn two_and_eight_threads_together_keep_the_rate_within_one_percent() {
        for threads in [2, 8] {
            let through = let_through(threads, 20_000, 500);
            assert!((9_900..=10_100).contains(&through), "{threads} threads: {through} of 10000");
        }
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_the_rate_in_any_stretch(
            per_second in 1u64..5_000,
            burst in 1u32..50,
            pauses in proptest::collection::vec(0u64..20_000, 1..300),
        ) {
            let (arrivals, terms) = (Arrivals::default(), terms(per_second, burst));
            let mut now = START;
            let mut taken: Vec<Timestamp> = Vec::new();
            for pause in pauses {
                now = now + Duration::from_micros(pause);
                if arrivals.take(terms, now).is_ok() {
                    taken.push(now);
                }
            }
            for (i, first) in taken.iter().enumerate() {
                for (j, last) in taken.iter().enumerate().skip(i) {
                    let allowed = f64::from(burst) + last.since(*first).as_secs_f64() * per_second as f64;
                    prop_assert!((j - i + 1) as f64 <= allowed + 1e-6, "{} in a row", j - i + 1);
                }
            }
        }

        #[test]
        fn who_waits_as_long_as_told_is_let_in(per_second in 1u64..100_000, burst in 1u32..50) {
            let (arrivals, terms) = (Arrivals::default(), terms(per_second, burst));
            let mut now = START;
            for _ in 0..200 {
                if let Err(Wait(wait)) = arrivals.take(terms, now) {
                    now = now + wait + Duration::from_micros(1);
                    prop_assert!(arrivals.take(terms, now).is_ok());
                }
            }
        }
    }
}
