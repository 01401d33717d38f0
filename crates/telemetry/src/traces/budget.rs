//! How many of the traces that nothing speaks for are kept: as many as the day's bytes have room for.
//!
//! Failed and slow traces are always kept and count first; what is left of the day's bytes, a tenth at least, is for the
//! fair sample. A trace is in it when a hash of its id lies below the share, so that every naru keeps the same ones.

use std::time::Duration;

/// The share in 65,536ths that means all.
pub(super) const ALL: u32 = 1 << 16;
/// Never fewer than one in so many.
const LEAST: u32 = ALL / 4096;
/// Over how many seconds offers are evened out.
const EVEN: f64 = 60.0;
/// How many seconds of the budget a quiet time can save for a busy one.
const SAVED: f64 = 3_600.0;
/// How much of the budget is the fair sample's whatever else is kept.
const FAIR: f64 = 0.1;
const DAY: f64 = 86_400.0;

/// Bytes as they will be stored.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    /// Bytes a second.
    rate: f64,
    /// What was not used lately.
    saved: f64,
    /// Evened out, bytes a second: all that the fair sample is drawn from, and what is kept beside it.
    offered: f64,
    certain: f64,
    /// Since the last look.
    offered_now: f64,
    certain_now: f64,
    kept_now: f64,
    share: u32,
}

impl Budget {
    /// `per_day`: in bytes.
    pub(super) fn new(per_day: u64) -> Budget {
        let rate = per_day as f64 / DAY;
        let zero = 0.0;
        Budget {
            rate,
            saved: rate * SAVED,
            offered: zero,
            certain: zero,
            offered_now: zero,
            certain_now: zero,
            kept_now: zero,
            share: if per_day > 0 { ALL } else { LEAST },
        }
    }

    pub(super) fn set(&mut self, per_day: u64) {
        self.rate = per_day as f64 / DAY;
    }

    /// In how many of 65,536 traces the fair sample has it.
    pub(super) fn share(&self) -> u32 {
        self.share
    }

    /// A trace was decided on that is kept whatever the share is.
    pub(super) fn add_certain(&mut self, bytes: f64) {
        self.certain_now += bytes;
        self.kept_now += bytes;
    }

    /// One that the share decides on.
    pub(super) fn add_offered(&mut self, bytes: f64, kept: bool) {
        self.offered_now += bytes;
        if kept {
            self.kept_now += bytes;
        }
    }

    /// Chooses the share anew from what came in the time that has passed.
    pub(super) fn pass(&mut self, passed: Duration) {
        let seconds = passed.as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        let weight = (seconds / EVEN).min(1.0);
        self.offered += weight * (self.offered_now / seconds - self.offered);
        self.certain += weight * (self.certain_now / seconds - self.certain);
        self.saved =
            (self.saved + self.rate * seconds - self.kept_now).clamp(-self.rate * SAVED, self.rate * SAVED);
        (self.offered_now, self.certain_now, self.kept_now) = (0.0, 0.0, 0.0);
        // What was saved is spread over ten minutes, and so is what was overspent.
        let room = (self.rate - self.certain + self.saved / 600.0).max(self.rate * FAIR);
        let share = if room > 0.0 { (room / self.offered).min(1.0) } else { 0.0 };
        self.share = ((share * f64::from(ALL)) as u32).clamp(LEAST, ALL);
    }
}

/// Bytes that may be used, filled up as time passes: for what is kept or not one by one.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    rate: f64,
    left: f64,
}

impl Bucket {
    pub(super) fn new(per_day: u64) -> Bucket {
        let rate = per_day as f64 / DAY;
        Bucket { rate, left: rate * SAVED }
    }

    pub(super) fn set(&mut self, per_day: u64) {
        self.rate = per_day as f64 / DAY;
    }

    pub(super) fn pass(&mut self, passed: Duration) {
        self.left = (self.left + self.rate * passed.as_secs_f64()).min(self.rate * SAVED);
    }

    /// Takes what is needed whatever is left.
    pub(super) fn spend(&mut self, bytes: f64) {
        self.left = (self.left - bytes).max(-self.rate * SAVED);
    }

    /// Takes it if there is enough.
    pub(super) fn take(&mut self, bytes: f64) -> bool {
        let enough = self.left >= bytes;
        if enough {
            self.left -= bytes;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Two hours of an even load, of which the second is looked at: the share of traces kept, and bytes a second.
    fn run(per_day: u64, offered: f64, certain: f64) -> (f64, f64) {
        let mut budget = Budget::new(per_day);
        let (mut kept, mut all, mut bytes) = (0.0, 0.0, 0.0);
        for second in 0..4 * 3600 {
            let share = f64::from(budget.share()) / f64::from(ALL);
            budget.add_certain(certain);
            budget.add_offered(offered * share, true);
            budget.add_offered(offered * (1.0 - share), false);
            budget.pass(SECOND);
            if second >= 3 * 3600 {
                kept += share / 3600.0;
                bytes += (certain + offered * share) / 3600.0;
                all += 1.0;
            }
        }
        assert!(all > 0.0);
        (kept, bytes)
    }

    #[test]
    fn what_fits_is_all_kept() {
        assert!(run(86_400_000, 900.0, 50.0).0 > 0.999);
    }

    proptest! {
        #[test]
        fn a_day_keeps_to_its_bytes(per_second in 100u64..100_000, times in 1.1f64..100.0, certain in 0.0f64..0.8) {
            let rate = per_second as f64;
            let (share, bytes) = run(per_second * 86_400, rate * times, rate * certain);
            prop_assert!(share < 1.0);
            prop_assert!((0.8..=1.15).contains(&(bytes / rate)), "{bytes} of {rate}");
        }

        #[test]
        fn the_fair_sample_is_never_empty(certain in 1.0f64..1e9, offered in 1.0f64..1e9) {
            prop_assert!(run(86_400, offered, certain).0 > 0.0);
        }
    }

    #[test]
    fn a_bucket_gives_what_it_has() {
        let mut bucket = Bucket::new(86_400);
        assert!(bucket.take(3_600.0) && !bucket.take(1.0));
        bucket.pass(SECOND);
        assert!(bucket.take(1.0) && !bucket.take(1.0));
        bucket.spend(2.0);
        bucket.pass(SECOND * 2);
        assert!(!bucket.take(1.0));
    }
}
