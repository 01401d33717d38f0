//! A count of what happened in the last ten seconds, shared by all threads without a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use naru_model::units::Timestamp;

/// The seconds looked back on, the running one included.
pub(crate) const SECONDS: u32 = 10;
const SLOTS: usize = 16;

/// One slot per second, by the second modulo [`SLOTS`]: the second in the upper half, the count in the lower.
#[derive(Debug, Default)]
pub(crate) struct Window([AtomicU64; SLOTS]);

impl Window {
    pub(crate) fn add(&self, now: Timestamp) {
        let second = second(now);
        let slot = &self.0[second as usize % SLOTS];
        let word = slot.load(Relaxed);
        if (word >> 32) as u32 == second {
            slot.fetch_add(1, Relaxed);
            return;
        }
        let fresh = u64::from(second) << 32 | 1;
        if slot.compare_exchange(word, fresh, Relaxed, Relaxed).is_err() {
            // Another thread has begun the second.
            slot.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn sum(&self, now: Timestamp) -> u64 {
        let second = second(now);
        self.0
            .iter()
            .map(|slot| slot.load(Relaxed))
            .filter(|word| second.wrapping_sub((word >> 32) as u32) < SECONDS)
            .map(|word| word & u64::from(u32::MAX))
            .sum()
    }
}

fn second(now: Timestamp) -> u32 {
    (now.0 / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_older_than_ten_seconds_is_forgotten() {
        let window = Window::default();
        let start = Timestamp(1_790_000_000_000_000);
        for second in 0..30 {
            window.add(start + Duration::from_secs(second));
            let expected = (second + 1).min(u64::from(SECONDS));
            assert_eq!(window.sum(start + Duration::from_secs(second)), expected);
        }
        assert_eq!(window.sum(start + Duration::from_secs(100)), 0);
    }
}
