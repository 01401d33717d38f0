//! When each request is due and of which kind it is: known before the first one is sent.

use std::time::Duration;

use super::Shape;
use crate::random::Random;

/// What makes the next request due.
#[derive(Debug, Clone, PartialEq)]
pub enum Pace {
    /// The clock alone (open loop): people who do not know of each other. Latency counts from when a request is due.
    Open {
        /// Requests a second, over 0 and at most 1,000,000.
        rate: f64,
        arrivals: Arrivals,
        /// Other rates later on, in the order of their times.
        steps: Vec<Step>,
    },
    /// The answer to the one before (closed loop): as many users, each of whom asks, waits for the answer, thinks, and
    /// asks again. They begin evenly spread over the first think time. Latency counts from when a request is sent.
    Closed { users: u32, think: Duration },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrivals {
    /// At equal distances.
    Constant,
    /// As independent people arrive: exponential distances.
    Poisson,
}

/// From this time on, counted from the start, requests come at another rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub at: Duration,
    /// Requests a second, over 0 and at most 1,000,000.
    pub rate: f64,
}

/// An endless sequence of due times from the start on, each with the index of its shape.
pub(crate) struct Schedule {
    arrivals: Arrivals,
    rate: f64,
    /// Those that have not come yet, the next one last.
    steps: Vec<Step>,
    random: Random,
    shapes: Shapes,
    /// When the present rate began, and how many requests were due since.
    since: f64,
    sent: u64,
    poisson_at: f64,
}

impl Schedule {
    pub(crate) fn new(
        (rate, arrivals, steps): (f64, Arrivals, &[Step]),
        seed: u64,
        shapes: &[Shape],
    ) -> Schedule {
        Schedule {
            arrivals,
            rate,
            steps: steps.iter().rev().copied().collect(),
            random: Random::new(seed),
            shapes: Shapes::new(seed.wrapping_add(1), shapes),
            since: 0.0,
            sent: 0,
            poisson_at: 0.0,
        }
    }

    /// When the next request is due if the rate stays.
    fn next_due(&mut self) -> f64 {
        match self.arrivals {
            // Not added up, so that no rounding adds up either.
            Arrivals::Constant => self.since + self.sent as f64 / self.rate,
            Arrivals::Poisson => {
                self.poisson_at += -(1.0 - self.random.share()).ln() / self.rate;
                self.poisson_at
            }
        }
    }
}

impl Iterator for Schedule {
    type Item = (Duration, usize);

    fn next(&mut self) -> Option<(Duration, usize)> {
        let mut at = self.next_due();
        // Whoever would have come after the step comes at the step's rate from there on: exponential distances have no
        // memory, and equal ones begin anew.
        while let Some(step) = self.steps.last().copied().filter(|step| at >= step.at.as_secs_f64()) {
            self.steps.pop();
            (self.rate, self.since, self.sent) = (step.rate, step.at.as_secs_f64(), 0);
            self.poisson_at = self.since;
            at = self.next_due();
        }
        self.sent += 1;
        Some((Duration::from_secs_f64(at), self.shapes.draw()))
    }
}

/// Draws kinds of requests by their weights.
pub(crate) struct Shapes {
    random: Random,
    weights: Vec<u32>,
}

impl Shapes {
    pub(crate) fn new(seed: u64, shapes: &[Shape]) -> Shapes {
        Shapes { random: Random::new(seed), weights: shapes.iter().map(|shape| shape.weight).collect() }
    }

    /// Returns the index of one.
    pub(crate) fn draw(&mut self) -> usize {
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
            let (last, _) = Schedule::new((200.0, arrivals, &[]), 3, &shapes()).nth(20_000).unwrap();
            assert!((last.as_secs_f64() - 100.0).abs() < 3.0, "{arrivals:?}: {last:?}");
        }
    }

    #[test]
    fn a_step_changes_the_rate_at_its_time() {
        let second = Duration::from_secs;
        let steps = [Step { at: second(10), rate: 460.0 }, Step { at: second(20), rate: 5.0 }];
        for arrivals in [Arrivals::Constant, Arrivals::Poisson] {
            let due: Vec<Duration> = Schedule::new((10.0, arrivals, &steps), 7, &shapes())
                .map(|(at, _)| at)
                .take_while(|at| *at < second(40))
                .collect();
            assert!(due.is_sorted());
            let between = |from, to| due.iter().filter(|at| (second(from)..second(to)).contains(*at)).count();
            let counts = [between(0, 10), between(10, 20), between(20, 40)];
            let expected = [100.0, 4600.0, 100.0_f64];
            for (count, expected) in counts.into_iter().zip(expected) {
                let allowed = if arrivals == Arrivals::Constant { 1.0 } else { 4.0 * expected.sqrt() };
                assert!((count as f64 - expected).abs() <= allowed, "{arrivals:?}: {counts:?}");
            }
        }
    }

    #[test]
    fn shapes_get_their_share_and_one_of_weight_zero_nothing() {
        let mut drawn = Shapes::new(9, &shapes());
        let mut counts = [0; 3];
        (0..10_000).for_each(|_| counts[drawn.draw()] += 1);
        assert_eq!(counts[1], 0);
        assert!((7300..7700).contains(&counts[0]), "{counts:?}");
    }
}
