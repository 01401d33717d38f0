//! Chance that is the same every time: from a seed, for arrivals and service times.

/// SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. Its whole state is one
/// number, so that each trace has a stream of its own from the seed and its place, however many are replayed.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Above 0 and at most 1.
    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// Exponential with this mean: the time between two arrivals that know nothing of each other.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -self.unit().ln() * mean
    }

    /// Erlang of four stages with this mean: the standard deviation is half the mean, and one in a million is over five times it.
    pub(super) fn erlang4(&mut self, mean: f64) -> f64 {
        let product = self.unit() * self.unit() * self.unit() * self.unit();
        -product.ln() * mean / 4.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_what_was_asked_for_and_a_seed_repeats_itself() {
        let mean = |of: fn(&mut Random) -> f64| {
            let mut random = Random::new(7);
            (0..100_000).map(|_| of(&mut random)).sum::<f64>() / 100_000.0
        };
        assert!((mean(|r| r.exponential(3.0)) - 3.0).abs() < 0.05);
        assert!((mean(|r| r.erlang4(0.1)) - 0.1).abs() < 0.001);
        assert_eq!(Random::new(9).next(), Random::new(9).next());
        assert_ne!(Random::new(9).next(), Random::new(10).next());
    }
}
