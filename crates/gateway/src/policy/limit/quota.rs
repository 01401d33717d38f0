//! So many calls or bytes in a day or month: the period and the count in one word, so that a new period begins with nobody
//! looking and no call is counted in the wrong one.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Of the word, the lower bits that count; what would not fit stays there. 256 TiB, where bytes are counted.
const COUNT_BITS: u32 = 48;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;

/// What was used up of one quota by one of those it is counted by.
#[derive(Debug, Default)]
pub(super) struct UsedUp(AtomicU64);

impl UsedUp {
    /// The number of the period that it is in, and what was used in it.
    pub(super) fn get(&self) -> (u16, u64) {
        unpack(self.0.load(Relaxed))
    }

    /// What was used in `period`.
    pub(super) fn used(&self, period: u16) -> u64 {
        let (last, count) = self.get();
        if last >= period { count } else { 0 }
    }

    /// Takes one of at most `most`, and returns what is left; `None`: none is.
    pub(super) fn take(&self, period: u16, most: u64) -> Option<u64> {
        self.change(period, |count| (count < most).then_some(count + 1)).map(|count| most - count)
    }

    /// Adds without asking: what was not known before it had gone through.
    pub(super) fn add(&self, period: u16, amount: u64) {
        self.change(period, |count| Some(count.saturating_add(amount)));
    }

    pub(super) fn give_back(&self, period: u16) {
        self.change(period, |count| Some(count.saturating_sub(1)));
    }

    /// Makes it at least `total`.
    pub(super) fn raise(&self, period: u16, total: u64) {
        self.change(period, |count| (total > count).then_some(total));
    }

    /// Returns the new count. A period that has passed already counts as the one that runs.
    fn change(&self, period: u16, change: impl Fn(u64) -> Option<u64>) -> Option<u64> {
        let mut word = self.0.load(Relaxed);
        loop {
            let (last, count) = unpack(word);
            let count = if period > last { 0 } else { count };
            let next = change(count)?.min(COUNT_MAX);
            let packed = u64::from(period.max(last)) << COUNT_BITS | next;
            match self.0.compare_exchange_weak(word, packed, Relaxed, Relaxed) {
                Ok(_) => return Some(next),
                Err(newer) => word = newer,
            }
        }
    }
}

fn unpack(word: u64) -> (u16, u64) {
    ((word >> COUNT_BITS) as u16, word & COUNT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_ends_and_the_next_period_has_it_whole() {
        let used = UsedUp::default();
        assert_eq!((0..3).map(|_| used.take(7, 2)).collect::<Vec<_>>(), [Some(1), Some(0), None]);
        assert_eq!(used.take(8, 2), Some(1));
        assert_eq!((used.get(), used.used(8), used.used(9)), ((8, 1), 1, 0));
        assert_eq!(used.take(7, 2), Some(0), "a thread that is late counts in the period that runs");
        used.give_back(8);
        used.raise(8, 1);
        assert_eq!(used.get(), (8, 1), "it is there already");
        used.raise(8, 5);
        assert_eq!((used.take(8, 5), used.used(8)), (None, 5));
    }

    #[test]
    fn bytes_without_end_stay_at_the_most() {
        let used = UsedUp::default();
        used.add(3, u64::MAX);
        used.add(3, u64::MAX);
        assert_eq!(used.get(), (3, COUNT_MAX));
    }

    #[test]
    fn eight_threads_take_no_more_than_there_is() {
        let used = UsedUp::default();
        let taken: usize = std::thread::scope(|scope| {
            let take = || (0..1000).filter(|_| used.take(1, 5000).is_some()).count();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!((taken, used.used(1)), (5000, 5000));
    }
}
