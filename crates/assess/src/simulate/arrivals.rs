//! Who asks: requests at given rates, requests counted second by second, or users who wait for their answers; each with the work that
//! it makes. The same for every scaler, so that all of them are asked the same.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::outcome::Times;
use super::random::Random;
use super::world::{Failing, World};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum Demand<'t> {
    /// Requests per second, second by second, each regardless of the others (a Poisson process, open loop).
    Rates(&'t [f64]),
    /// So many in each second, each at any moment of it: what an access log tells (open loop).
    Counts(&'t [u32]),
    /// So many users, who come evenly over the first `think` from `begins` on; each asks again so long after its answer (closed loop).
    /// Nobody asks any more `lasts` after `begins`.
    Users { users: u32, think: Duration, begins: Duration, lasts: Duration },
}

impl Demand<'_> {
    /// Seconds that are asked over.
    pub(crate) fn seconds(&self) -> usize {
        match self {
            Demand::Rates(rates) => rates.len(),
            Demand::Counts(counts) => counts.len(),
            Demand::Users { begins, lasts, .. } => (*begins + *lasts).as_secs_f64().ceil() as usize,
        }
    }
}

/// A request to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// In microseconds since the beginning.
    pub(crate) at: u64,
    /// How long a worker has it, in microseconds.
    pub(crate) work: u32,
    /// It is of the function that hangs for a while.
    pub(crate) own: bool,
    /// It hangs: it is never answered well.
    pub(crate) hangs: bool,
}

/// How long requests take.
#[derive(Debug, Clone)]
enum Work {
    Constant(u32),
    Erlang(f64),
    /// Quantiles of the Erlang distribution, each with its bucket ([`Times::bucket`]), one of which is drawn: a tenth of the time that
    /// drawing the distribution itself takes.
    Table(Box<[(u32, u16)]>),
}

/// Quantiles in a table; the mean is within a thousandth.
const QUANTILES: usize = 4096;

#[derive(Debug, Clone)]
pub(crate) struct Arrivals<'t> {
    demand: Demand<'t>,
    random: Random,
    work: Work,
    failing: Option<Failing>,
    /// The last one's time, in microseconds.
    at: f64,
    next: Option<Arrival>,
    /// The second of `Counts` that is drawn next, and the times of the one before, the last first.
    second: usize,
    drawn: Vec<u32>,
    /// When users ask.
    asking: BinaryHeap<Reverse<u64>>,
    until: u64,
}

impl<'t> Arrivals<'t> {
    pub(crate) fn new(demand: Demand<'t>, world: &World) -> Arrivals<'t> {
        let mean = world.work.as_secs_f64() * 1e6;
        let work = match demand {
            _ if world.steady_work => Work::Constant(mean.max(1.0) as u32),
            Demand::Counts(_) => Work::Table(quantiles(mean)),
            Demand::Rates(_) | Demand::Users { .. } => Work::Erlang(mean),
        };
        let (mut asking, mut until) = (BinaryHeap::new(), u64::MAX);
        if let Demand::Users { users, think, begins, lasts } = demand {
            let first = |user| (begins + think * user / users).as_micros() as u64;
            asking.extend((0..users).map(first).map(Reverse));
            until = (begins + lasts).as_micros() as u64;
        }
        Arrivals {
            demand,
            random: Random::new(world.seed),
            work,
            failing: world.failing,
            at: 0.0,
            next: None,
            second: 0,
            drawn: Vec::new(),
            asking,
            until,
        }
    }

    /// Returns the next one's time if it comes before `end`.
    pub(crate) fn before(&mut self, end: u64) -> Option<u64> {
        let at = match self.demand {
            Demand::Rates(rates) => {
                if self.next.is_none() {
                    self.next = self.draw(rates);
                }
                self.next?.at
            }
            Demand::Counts(counts) => {
                while self.drawn.is_empty() {
                    let begins = self.second as u64 * 1_000_000;
                    let count = *counts.get(self.second).filter(|_| begins < end)?;
                    self.spread(count);
                    self.second += 1;
                }
                (self.second as u64 - 1) * 1_000_000 + u64::from(*self.drawn.last()?)
            }
            Demand::Users { .. } => self.asking.peek().filter(|at| at.0 < self.until)?.0,
        };
        (at < end).then_some(at)
    }

    /// Takes the one that `before` told of.
    pub(crate) fn take(&mut self) -> Option<Arrival> {
        let at = match self.demand {
            Demand::Rates(_) => return self.next.take().map(|next| self.judge(next)),
            Demand::Counts(_) => {
                self.drawn.pop().map(|at| (self.second as u64 - 1) * 1_000_000 + u64::from(at))
            }
            Demand::Users { .. } => self.asking.pop().map(|at| at.0),
        }?;
        let work = self.work();
        Some(self.judge(Arrival { at, work, own: false, hangs: false }))
    }

    /// A user has an answer: it asks again when it has thought.
    pub(crate) fn answered(&mut self, now: u64) {
        if let Demand::Users { think, .. } = self.demand {
            self.asking.push(Reverse(now + think.as_micros() as u64));
        }
    }

    /// The requests of a whole second that nothing was drawn of yet, where they are counted and none of them hangs.
    pub(crate) fn count_of(&self, second: usize) -> Option<u32> {
        match self.demand {
            Demand::Counts(counts) if self.failing.is_none() => counts.get(second).copied(),
            _ => None,
        }
    }

    /// Goes on behind that second.
    pub(crate) fn skip(&mut self, second: usize) {
        self.second = second + 1;
        self.drawn.clear();
    }

    /// How long the next request takes, in microseconds.
    pub(crate) fn work(&mut self) -> u32 {
        match &self.work {
            Work::Constant(work) => *work,
            Work::Erlang(mean) => self.random.erlang4(*mean).max(1.0) as u32,
            Work::Table(quantiles) => quantiles[self.random.below(QUANTILES)].0,
        }
    }

    /// The same with its bucket.
    pub(crate) fn work_in_bucket(&mut self) -> (u32, usize) {
        if let Work::Table(quantiles) = &self.work {
            let (work, bucket) = quantiles[self.random.below(QUANTILES)];
            return (work, usize::from(bucket));
        }
        let work = self.work();
        (work, Times::bucket(u64::from(work)))
    }

    /// A part of what the next request takes, any as likely as another: what is left of one that is under way.
    pub(crate) fn rest_of_work(&mut self) -> u32 {
        let whole = self.work();
        self.random.below(whole as usize + 1) as u32
    }

    fn judge(&mut self, arrival: Arrival) -> Arrival {
        let Some(failing) = self.failing else { return arrival };
        let own = self.random.chance(failing.share);
        let hangs = own && (failing.from..failing.to).contains(&arrival.at);
        let work = if hangs { failing.hangs.as_micros() as u32 } else { arrival.work };
        Arrival { work, own, hangs, ..arrival }
    }

    fn spread(&mut self, count: u32) {
        self.drawn.extend((0..count).map(|_| self.random.below(1_000_000) as u32));
        self.drawn.sort_unstable_by(|a, b| b.cmp(a));
    }

    fn draw(&mut self, rates: &[f64]) -> Option<Arrival> {
        loop {
            let second = (self.at / 1e6) as usize;
            let rate = *rates.get(second)?;
            let end = (second + 1) as f64 * 1e6;
            // Waiting for an arrival has no memory: where the rate changes, it may begin anew.
            let at = if rate > 0.0 { self.at + self.random.exponential(1e6 / rate) } else { end };
            if at < end {
                self.at = at;
                let work = self.work();
                return Some(Arrival { at: at as u64, work, own: false, hangs: false });
            }
            self.at = end;
        }
    }
}

/// Quantiles of an Erlang distribution of four stages with this mean, in the middle of equal shares.
fn quantiles(mean: f64) -> Box<[(u32, u16)]> {
    let share = |y: f64| 1.0 - (-y).exp() * (1.0 + y + y * y / 2.0 + y * y * y / 6.0);
    let of = |index: usize| {
        let wanted = (index as f64 + 0.5) / QUANTILES as f64;
        let (mut low, mut high) = (0.0, 40.0);
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if share(middle) < wanted { low = middle } else { high = middle }
        }
        let work = (low * mean / 4.0).max(1.0) as u32;
        (work, Times::bucket(u64::from(work)) as u16)
    };
    (0..QUANTILES).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(work: Duration) -> World {
        World { work, ..World::default() }
    }

    fn all(mut arrivals: Arrivals<'_>) -> Vec<Arrival> {
        let mut taken = Vec::new();
        while arrivals.before(u64::MAX).is_some() {
            taken.extend(arrivals.take());
        }
        taken
    }

    #[test]
    fn arrivals_follow_the_rate() {
        let rates = [vec![100.0; 60], vec![0.0; 60], vec![300.0; 60]].concat();
        let taken = all(Arrivals::new(Demand::Rates(&rates), &world(Duration::from_millis(100))));
        let mut minutes = [0.0; 3];
        taken.iter().for_each(|arrival| minutes[(arrival.at / 60_000_000) as usize] += 1.0);
        let work: f64 = taken.iter().map(|arrival| f64::from(arrival.work)).sum();
        assert!((minutes[0] / 6_000.0 - 1.0_f64).abs() < 0.05, "{minutes:?}");
        assert_eq!(minutes[1], 0.0);
        assert!((minutes[2] / 18_000.0 - 1.0_f64).abs() < 0.05, "{minutes:?}");
        assert!((work / (minutes[0] + minutes[2]) / 100_000.0 - 1.0).abs() < 0.02);
    }

    #[test]
    fn counted_requests_come_in_their_second_and_in_order() {
        let counts = [3, 0, 500, 1];
        let taken = all(Arrivals::new(Demand::Counts(&counts), &world(Duration::from_millis(100))));
        let mut seen = [0; 4];
        taken.iter().for_each(|arrival| seen[(arrival.at / 1_000_000) as usize] += 1);
        assert_eq!(seen, counts);
        assert!(taken.is_sorted_by_key(|arrival| arrival.at));
    }

    #[test]
    fn a_table_has_the_mean_and_the_deviation_of_what_it_stands_for() {
        let table = quantiles(100_000.0);
        let mean = table.iter().map(|(work, _)| f64::from(*work)).sum::<f64>() / QUANTILES as f64;
        let squares = table.iter().map(|(work, _)| (f64::from(*work) - mean).powi(2)).sum::<f64>();
        let deviation = (squares / QUANTILES as f64).sqrt();
        assert!((mean / 100_000.0 - 1.0).abs() < 0.001, "{mean}");
        assert!((deviation / 50_000.0 - 1.0).abs() < 0.01, "{deviation}");
    }

    #[test]
    fn users_ask_again_after_their_answer_and_not_after_the_end() {
        let demand = Demand::Users {
            users: 2,
            think: Duration::from_secs(1),
            begins: Duration::ZERO,
            lasts: Duration::from_millis(1800),
        };
        let mut arrivals = Arrivals::new(demand, &world(Duration::from_millis(1)));
        let mut at = Vec::new();
        while arrivals.before(u64::MAX).is_some() {
            let arrival = arrivals.take().unwrap();
            at.push(arrival.at);
            arrivals.answered(arrival.at + 250_000);
        }
        assert_eq!(at, [0, 500_000, 1_250_000, 1_750_000]);
    }

    #[test]
    fn the_failing_function_hangs_in_its_time_alone() {
        let failing = Failing { from: 1_000_000, to: 2_000_000, share: 0.25, hangs: Duration::from_secs(30) };
        let world = World { failing: Some(failing), ..world(Duration::from_millis(100)) };
        let counts = [2000; 3];
        let taken = all(Arrivals::new(Demand::Counts(&counts), &world));
        let hanging = |second: u64| {
            taken
                .iter()
                .filter(|a| a.hangs && a.at / 1_000_000 == second)
                .inspect(|a| assert_eq!(a.work, 30_000_000))
                .count()
        };
        assert_eq!((hanging(0), hanging(2)), (0, 0));
        assert!((400..600).contains(&hanging(1)), "{}", hanging(1));
    }
}
