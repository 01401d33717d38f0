//! Cheap random numbers for spreading load; never for secrets.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

/// SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

thread_local! {
    static MINE: Cell<u64> = Cell::new(RandomState::new().hash_one(0));
}

impl Random {
    #[cfg(test)]
    pub(crate) fn from_seed(seed: u64) -> Self {
        Random(seed)
    }

    /// Lends this thread's generator.
    pub(crate) fn with<T>(f: impl FnOnce(&mut Random) -> T) -> T {
        MINE.with(|mine| {
            let mut random = Random(mine.get());
            let result = f(&mut random);
            mine.set(random.0);
            result
        })
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number from 0 to `bound` - 1; `bound` is at least 1. Multiplied, not divided (Lemire 2019); the bias
    /// is below 2^-32.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// Returns a number from 0 to just below 1.
    pub(crate) fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u32 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_within_bounds_and_spread() {
        let mut random = Random::from_seed(7);
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            seen[random.below(10)] += 1;
            assert!((0.0..1.0).contains(&random.share()));
        }
        assert!(seen.iter().all(|n| (900..1100).contains(n)), "{seen:?}");
    }

    #[test]
    fn a_threads_generator_goes_on() {
        assert_ne!(Random::with(Random::next), Random::with(Random::next));
    }
}
