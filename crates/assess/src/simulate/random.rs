//! Chance that is the same every time: from a seed, for arrivals and service times.

/// SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. Its whole state is one
/// number, so that each trace has a stream of its own from the seed and its place, however many are replayed.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
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

    /// Any of 0 to `count - 1`, by the upper bits of a product. Source: Lemire, "Fast random integer generation in an interval", ACM
    /// TOMACS 29 (1), 2019, without its last correction, which is below one in 2^40 here.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }

    /// Whether something of this probability, 0 to 1, happens.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.unit() <= share
    }

    /// A place by the shares of all of them, which add up to 1; the last one for what is left over.
    pub(crate) fn place(&mut self, shares: &[f64]) -> usize {
        let mut left = self.unit();
        for (place, share) in shares.iter().enumerate() {
            left -= share;
            if left <= 0.0 {
                return place;
            }
        }
        shares.len().saturating_sub(1)
    }

    /// Exponential with this mean: the time between two arrivals that know nothing of each other.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -self.unit().ln() * mean
    }

    /// Erlang of four stages with this mean: the standard deviation is half the mean, and one in a million is over five times it.
    pub(crate) fn erlang4(&mut self, mean: f64) -> f64 {
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
