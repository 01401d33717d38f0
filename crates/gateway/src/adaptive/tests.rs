//! The law against a service that is a queue with c servers, of which the best there is can be computed.

use std::collections::{BinaryHeap, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::random::Random;

const START: u64 = 1_790_000_000_000_000;

/// Exponential times before `c` servers that take requests in turn (M/M/c), behind a door with as many places as
/// the law says.
struct Simulated {
    servers: usize,
    /// Mean time of work, in microseconds.
    work: f64,
    random: Random,
    now: u64,
    /// When those at work are done, soonest last to pop, and since when they are inside.
    busy: BinaryHeap<(std::cmp::Reverse<u64>, u64)>,
    /// Inside, not at work yet: since when.
    line: VecDeque<u64>,
}

impl Simulated {
    fn new(servers: usize, work: f64, seed: u64) -> Self {
        let (busy, line) = (BinaryHeap::new(), VecDeque::new());
        Simulated { servers, work, random: Random::from_seed(seed), now: START, busy, line }
    }

    fn draw(&mut self, mean: f64) -> u64 {
        let uniform = (self.random.next() >> 11) as f64 / (1u64 << 53) as f64;
        (-(1.0 - uniform).ln() * mean) as u64
    }

    fn inside(&self) -> usize {
        self.busy.len() + self.line.len()
    }

    fn let_in(&mut self, since: u64) {
        if self.busy.len() < self.servers {
            let done = self.now + self.draw(self.work);
            self.busy.push((std::cmp::Reverse(done), since));
        } else {
            self.line.push_back(since);
        }
    }

    /// One answer at `done`, with how long it took.
    fn answer(&mut self) -> Option<u64> {
        let (std::cmp::Reverse(done), since) = self.busy.pop()?;
        self.now = done;
        if let Some(next) = self.line.pop_front() {
            let ends = self.now + self.draw(self.work);
            self.busy.push((std::cmp::Reverse(ends), next));
        }
        Some(done - since)
    }
}

/// How it went over the second half of the time.
#[derive(Debug)]
struct Outcome {
    per_second: f64,
    mean_millis: f64,
    last_limit: usize,
}

/// Requests come by chance, `overload` times as many as can be worked on, and wait before the door without bound.
fn run(
    mut service: Simulated,
    overload: f64,
    seconds: u64,
    mut change: impl FnMut(&mut Simulated),
) -> Outcome {
    let law = Adaptive::new(true);
    let gap = service.work / service.servers as f64 / overload;
    let (mut waiting, mut arrives) = (0u64, START);
    let (mut answers, mut took_all) = (0u64, 0u64);
    let half = START + seconds * 500_000;
    let end = START + seconds * 1_000_000;
    while service.now < end {
        let done = service.busy.peek().map_or(u64::MAX, |(done, _)| done.0);
        if arrives <= done {
            service.now = arrives;
            waiting += 1;
            arrives += service.draw(gap).max(1);
        } else if let Some(took) = service.answer() {
            let inside = service.inside() as u32 + 1;
            law.answered(Duration::from_micros(took), Timestamp(service.now), || (1, 1024, inside));
            if service.now >= half {
                (answers, took_all) = (answers + 1, took_all + took);
            }
        }
        change(&mut service);
        while waiting > 0 && service.inside() < law.places(1024, 1) {
            waiting -= 1;
            let now = service.now;
            service.let_in(now);
        }
    }
    Outcome {
        per_second: answers as f64 / (seconds as f64 / 2.0),
        mean_millis: took_all as f64 / answers.max(1) as f64 / 1000.0,
        last_limit: law.places(1024, 1),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn under_threefold_overload_it_stays_near_the_best_and_answers_stay_quick(
        servers in 1usize..64,
        work_millis in 5u64..80,
        seed in any::<u64>(),
    ) {
        let work = work_millis as f64 * 1000.0;
        let outcome = run(Simulated::new(servers, work, seed), 3.0, 200, |_| ());
        // With all servers busy no limit does better.
        let best = servers as f64 * 1e6 / work;
        prop_assert!(outcome.per_second >= 0.9 * best, "{outcome:?} of {best}");
        // Three times as many as there are servers, and a few more: of one server the headroom is many times its own.
        let bound = work_millis as f64 * (3.0 + 15.0 / servers as f64);
        prop_assert!(outcome.mean_millis <= bound, "{outcome:?}, bound {bound}");
    }
}

#[test]
fn a_service_that_becomes_slower_is_learned_anew() {
    let mut slowed = false;
    let outcome = run(Simulated::new(16, 20_000.0, 7), 3.0, 120, |service| {
        if !slowed && service.now > START + 20_000_000 {
            slowed = true;
            service.work = 80_000.0;
        }
    });
    let best = 16.0 / 0.08;
    assert!(outcome.per_second >= 0.9 * best && outcome.mean_millis < 300.0, "{outcome:?}");
}

#[test]
fn a_service_that_is_not_crowded_keeps_its_limit_and_bounds_hold() {
    let quiet = run(Simulated::new(16, 20_000.0, 3), 0.3, 30, |_| ());
    assert!((10..=60).contains(&quiet.last_limit), "{quiet:?}");
    let mut law = Law::new();
    for second in 0..100 {
        let ended = Timestamp(START + second * 1_000_000);
        let limit = law.next(Window { mean: 1000.0, inside: 1000, ended }, 3, 50);
        assert!((3..=50).contains(&limit), "{limit}");
    }
    assert_eq!(Adaptive::new(false).places(1024, 2), 1024, "off, it says nothing");
    assert_eq!(Adaptive::new(true).places(8, 30), 8, "never more than there are");
}
