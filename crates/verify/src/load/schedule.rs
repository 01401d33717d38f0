//! When each request is due and of which kind it is: known before the first one is sent.

use std::time::Duration;

use super::Shape;
use crate::random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrivals {
    /// At equal distances.
    Constant,
    /// As independent people arrive: exponential distances.
    Poisson,
}

/// An endless sequence of due times from the start on, each with the index of its shape.
pub(crate) struct Schedule {
    arrivals: Arrivals,
    rate: f64,
    random: Random,
    weights: Vec<u32>,
    sent: u64,
    poisson_at: f64,
}

impl Schedule {
    pub(crate) fn new(arrivals: Arrivals, rate: f64, seed: u64, shapes: &[Shape]) -> Schedule {
        let weights = shapes.iter().map(|shape| shape.weight).collect();
        Schedule { arrivals, rate, random: Random::new(seed), weights, sent: 0, poisson_at: 0.0 }
    }

    fn shape(&mut self) -> usize {
        let total: u32 = self.weights.iter().sum();
        let mut left = self.random.below(total as usize) as u32;
        for (index, weight) in self.weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return index,
            }
        }
        0
    }
}

impl Iterator for Schedule {
    type Item = (Duration, usize);

    fn next(&mut self) -> Option<(Duration, usize)> {
        let at = match self.arrivals {
            // Not added up, so that no rounding adds up either.
            Arrivals::Constant => self.sent as f64 / self.rate,
            Arrivals::Poisson => {
                self.poisson_at += -(1.0 - self.random.share()).ln() / self.rate;
                self.poisson_at
            }
        };
        self.sent += 1;
        Some((Duration::from_secs_f64(at), self.shape()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes() -> Vec<Shape> {
        vec![
            Shape { weight: 3, ..Shape::get("/a") },
            Shape { weight: 0, ..Shape::get("/b") },
            Shape::get("/c"),
        ]
    }

    #[test]
    fn both_kinds_of_arrivals_keep_the_rate_in_the_long_run() {
        for arrivals in [Arrivals::Constant, Arrivals::Poisson] {
            let (last, _) = Schedule::new(arrivals, 200.0, 3, &shapes()).nth(20_000).unwrap();
            assert!((last.as_secs_f64() - 100.0).abs() < 3.0, "{arrivals:?}: {last:?}");
        }
    }

    #[test]
    fn shapes_get_their_share_and_one_of_weight_zero_nothing() {
        let drawn = Schedule::new(Arrivals::Constant, 1.0, 9, &shapes()).take(10_000);
        let mut counts = [0; 3];
        drawn.for_each(|(_, shape)| counts[shape] += 1);
        assert_eq!(counts[1], 0);
        assert!((7300..7700).contains(&counts[0]), "{counts:?}");
    }
}
