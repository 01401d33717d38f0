//! Tells which operations took long for their kind, without anybody saying what long is.
//!
//! The border below which 99 of 100 calls of a service's operation stay is followed by one number each: a call above it
//! moves it up by a step, one below moves it down by a ninety-ninth of that, and where both happen as often as they
//! should, it rests. Source: H. Robbins, S. Monro, "A Stochastic Approximation Method" (1951); for quantiles of streams Q. Ma,
//! S. Muthukrishnan, M. Sandler, "Frugal Streaming for Estimating Quantiles" (2013). Steps are of the logarithm, so that a
//! microsecond and a minute are followed alike. Why not a sketch: it would have to forget, and take a kilobyte.

use std::collections::HashMap;

use twox_hash::XxHash64;

/// The share of calls below the border.
const BELOW: f64 = 0.99;
/// How far a call above the border moves it: by 10 %.
const STEP: f64 = 0.1;
/// Calls of an operation before any is called slow.
const LEAST: u32 = 100;
/// Operations that are followed; names may be made up by clients.
const MOST: usize = 8_192;

#[derive(Debug, Clone, Copy)]
struct Border {
    /// Natural logarithm of microseconds.
    at: f64,
    calls: u32,
}

/// The borders of all operations.
#[derive(Debug, Default)]
pub(super) struct Slow {
    borders: HashMap<u64, Border>,
}

impl Slow {
    /// Takes a call in, and tells whether it is among the slowest hundredth of its service's operation.
    pub(super) fn takes_long(&mut self, service: &str, name: &str, duration_us: u64) -> bool {
        let key = XxHash64::oneshot(XxHash64::oneshot(0, service.as_bytes()), name.as_bytes());
        let at = (duration_us.max(1) as f64).ln();
        if !self.borders.contains_key(&key) && self.borders.len() >= MOST {
            // The least used go; those in use are back soon.
            self.borders.retain(|_, border| border.calls >= LEAST);
            if self.borders.len() >= MOST {
                self.borders.clear();
            }
        }
        let border = self.borders.entry(key).or_insert(Border { at, calls: 0 });
        border.calls = border.calls.saturating_add(1);
        let known = border.calls > LEAST;
        let above = at > border.at;
        // Larger steps at first: it may have begun anywhere.
        let step = if known { STEP } else { STEP * 5.0 };
        border.at += if above { step * BELOW } else { -step * (1.0 - BELOW) };
        known && above
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the times are, about a hundredth of them are slow once it is known what is usual.
        #[test]
        fn about_a_hundredth_is_slow(median in 1.0f64..1e6, spread in 0.05f64..2.0, seed: u64) {
            let mut slow = Slow::default();
            let mut random = seed | 1;
            let mut next = || {
                // Twelve uniform ones are nearly normal.
                let sum: f64 = (0..12).map(|_| {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (random >> 11) as f64 / (1u64 << 53) as f64
                }).sum();
                (median * ((sum - 6.0) * spread).exp()) as u64
            };
            for _ in 0..2_000 {
                slow.takes_long("a", "GET /", next());
            }
            let found = (0..20_000).filter(|_| slow.takes_long("a", "GET /", next())).count();
            prop_assert!((60..=400).contains(&found), "{found} of 20,000");
        }
    }

    #[test]
    fn names_without_end_take_no_memory_without_end() {
        let mut slow = Slow::default();
        for n in 0..50_000 {
            slow.takes_long("a", &n.to_string(), 5);
        }
        assert!(slow.borders.len() <= MOST);
    }

    #[test]
    fn a_stranger_is_not_slow_and_one_after_many_quick_ones_is() {
        let mut slow = Slow::default();
        assert!(!slow.takes_long("a", "GET /", 60_000_000));
        for _ in 0..1000 {
            slow.takes_long("b", "GET /", 1_000);
        }
        assert!(slow.takes_long("b", "GET /", 60_000_000));
    }
}
