//! Replays one service before one way of scaling, second by second: seconds in which nobody can have to wait are counted, all others
//! are followed request by request.

use std::sync::Arc;

use naru_controller::calendar::Calendar;
use naru_model::platform::Scale;

use super::Measured;
use super::model::Busiest;
use crate::simulate::fleet::Fleet;
use crate::simulate::outcome::{Minute, Sums};
use crate::simulate::replay::forget;
use crate::simulate::{Demand, Hpa, Naru, Scaler, Spread, World, service};

/// Seconds between two looks at the worst surge.
pub(super) const SAMPLE: usize = 10;
/// Seconds that naru's signals look back here beyond what shrinking looks at: its ratios take 120 s.
const LOOKS_BACK: usize = 130;
/// What shrinking looks at: `shrink_after`, or so many starts. See `STARTS` of the controller.
const STARTS: f64 = 1.5;
/// While nobody can have to wait and the load stays as it is, naru is asked every so many seconds, and every second otherwise; the
/// second one where it has as few instances as it may. `asking_naru_less_often_while_nothing_changes_tells_the_same` holds it against asking each second.
const CALM_STEP: usize = 10;
const LEAST_STEP: usize = 30;
/// A second this many standard deviations off the mean of those before it is another load.
const RESTLESS: f64 = 3.0;

/// What decides on a service's instances.
#[derive(Debug, Clone)]
pub(super) enum Sizing {
    /// Always so many, and how requests come to them.
    Fixed(u32, Spread),
    Hpa,
    /// And the calendar of its schedules, when it has some.
    Naru(Scale, Option<Arc<Calendar>>),
}

impl Sizing {
    pub(super) fn unscheduled(self) -> Sizing {
        match self {
            Sizing::Naru(scale, _) => Sizing::Naru(Scale { schedule: Vec::new(), ..scale }, None),
            other => other,
        }
    }

    /// The same before instances of so many workers.
    pub(super) fn with_workers(self, workers: u32) -> Sizing {
        match self {
            Sizing::Fixed(count, Spread::Bounded(_)) => Sizing::Fixed(count, Spread::Bounded(workers)),
            other => other,
        }
    }
}

enum Way {
    Fixed(u32),
    Hpa(Hpa),
    Naru { naru: Box<Naru>, recent: f64, eager: bool },
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) all: Sums,
    pub(super) watched: Sums,
    /// Requests of the function that hangs, and those of them that failed.
    pub(super) own: (u64, u64),
    minutes: Vec<Seen>,
    instance_us: u64,
    pub(super) watched_us: u64,
    /// Instances wanted.
    pub(super) least: u32,
    pub(super) most: u32,
    carried: Vec<f64>,
    waiting: Vec<u64>,
}

/// A minute: its requests, those of them that waited or failed, and the most instances wanted.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    requests: u64,
    bad: u64,
    wanted: u32,
}

impl Seen {
    fn is_violated(&self) -> bool {
        self.bad * 20 > self.requests
    }
}

impl Played {
    pub(super) fn instance_hours(&self) -> f64 {
        self.instance_us as f64 / 3.6e9
    }

    /// Minutes with as many instances as there may be, and still too many waited.
    pub(super) fn short_of(&self, most: u32) -> u64 {
        self.minutes.iter().filter(|minute| minute.wanted >= most && minute.is_violated()).count() as u64
    }
}

/// All services of a system together.
#[derive(Debug, Default)]
pub(super) struct Total {
    all: Sums,
    watched: Sums,
    minutes: Vec<Seen>,
    instance_us: u64,
    watched_us: u64,
    pub(super) carried: Vec<f64>,
    pub(super) waiting: Vec<u64>,
}

impl Total {
    pub(super) fn add(&mut self, played: &Played) {
        self.all.merge(&played.all);
        self.watched.merge(&played.watched);
        self.instance_us += played.instance_us;
        self.watched_us += played.watched_us;
        self.minutes.resize(self.minutes.len().max(played.minutes.len()), Seen::default());
        for (mine, theirs) in self.minutes.iter_mut().zip(&played.minutes) {
            mine.requests += theirs.requests;
            mine.bad += theirs.bad;
        }
        self.carried.resize(self.carried.len().max(played.carried.len()), 0.0);
        self.carried.iter_mut().zip(&played.carried).for_each(|(mine, theirs)| *mine += theirs);
        self.waiting.resize(self.waiting.len().max(played.waiting.len()), 0);
        self.waiting.iter_mut().zip(&played.waiting).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// Over the whole period and in the worst surge.
    pub(super) fn measured(&self, price: Option<f64>, surge: &Busiest) -> (Measured, Measured) {
        let part = &self.minutes[surge.from.min(self.minutes.len())..surge.to.min(self.minutes.len())];
        (
            measured(&self.all, &self.minutes, self.instance_us, price),
            measured(&self.watched, part, self.watched_us, price),
        )
    }
}

fn measured(sums: &Sums, minutes: &[Seen], instance_us: u64, price: Option<f64>) -> Measured {
    let time = |share| sums.times.quantile(share).unwrap_or(0.0);
    let instance_hours = instance_us as f64 / 3.6e9;
    Measured {
        requests: sums.requests,
        waited: sums.waited,
        failed: sums.failed,
        mean: sums.response_us as f64 / 1e6 / sums.requests.max(1) as f64,
        p50: time(0.5),
        p95: time(0.95),
        p99: time(0.99),
        instance_hours,
        cost: price.map(|price| price * instance_hours),
        minutes: minutes.len() as u64,
        violated: minutes.iter().filter(|minute| minute.is_violated()).count() as u64,
    }
}

/// Replays a service's requests.
pub(super) fn play(world: &World, sizing: Sizing, counts: &[u32], surge: &Busiest) -> Played {
    Player::new(world, sizing, counts, surge).play(counts.len(), surge, true)
}

pub(super) struct Player<'t> {
    fleets: [Fleet<'t>; 1],
    way: Way,
}

impl<'t> Player<'t> {
    pub(super) fn new(world: &World, sizing: Sizing, counts: &'t [u32], surge: &Busiest) -> Player<'t> {
        let first = counts.iter().take(60).map(|n| f64::from(*n)).sum::<f64>() / 60.0;
        let takes = (first / world.carries() / 0.8).ceil() as u32;
        let (count, spread) = match &sizing {
            Sizing::Fixed(count, spread) => (*count, *spread),
            Sizing::Hpa => (takes.clamp(world.min, world.max), Spread::RoundRobin),
            Sizing::Naru(..) => (takes.clamp(world.min, world.max), Spread::Bounded(world.workers)),
        };
        let by_itself = !matches!(sizing, Sizing::Naru(..));
        let mut fleet = Fleet::new(world, spread, by_itself, Demand::Counts(counts), count);
        fleet.watch = (surge.from as u64, surge.to as u64);
        let fleets = [fleet];
        let way = match sizing {
            Sizing::Fixed(count, _) => Way::Fixed(count),
            Sizing::Hpa => {
                let mut hpa = Hpa::new(0.8);
                hpa.begin(count);
                Way::Hpa(hpa)
            }
            Sizing::Naru(scale, calendar) => {
                let shrinks = scale.shrink_after.as_secs_f64().max(STARTS * world.start_up.as_secs_f64());
                let back = shrinks.ceil() as usize + LOOKS_BACK;
                let mut naru = Naru::new(vec![service(world, scale)], world.max).looking_back(back);
                if let Some(calendar) = calendar {
                    naru.keep(0, calendar);
                }
                naru.begin(&fleets);
                Way::Naru { naru: Box::new(naru), recent: first, eager: false }
            }
        };
        Player { fleets, way }
    }

    /// Asks naru each second.
    #[cfg(test)]
    pub(super) fn eager(mut self) -> Player<'t> {
        if let Way::Naru { eager, .. } = &mut self.way {
            *eager = true;
        }
        self
    }

    /// Plays to the end. `calmly`: seconds in which nobody can have to wait are not followed request by request.
    pub(super) fn play(mut self, seconds: usize, surge: &Busiest, calmly: bool) -> Played {
        let mut played = Played { least: u32::MAX, ..Played::default() };
        let mut before = 0;
        for second in 0..seconds {
            self.pass(second, calmly);
            self.look(second, surge, &mut played);
            if second + 1 == surge.from * 60 {
                before = self.fleets[0].instance_us();
            }
            if second + 1 == surge.to * 60 {
                played.watched_us = self.fleets[0].instance_us() - before;
            }
        }
        let fleet = &mut self.fleets[0];
        played.instance_us = fleet.instance_us();
        while fleet.is_busy() {
            fleet.advance(fleet.now() + 1_000_000);
        }
        for (seen, minute) in played.minutes.iter_mut().zip(&fleet.minutes) {
            (seen.requests, seen.bad) = (u64::from(minute.requests), u64::from(minute.bad));
        }
        played.all = std::mem::take(&mut fleet.sums);
        played.watched = std::mem::take(&mut fleet.watched);
        let of_all =
            |of: fn(&Minute) -> u32| fleet.minutes.iter().map(|minute| u64::from(of(minute))).sum::<u64>();
        let requests = of_all(|minute| minute.requests).saturating_sub(played.all.requests);
        played.own = (requests, of_all(|minute| minute.failed).saturating_sub(played.all.failed));
        played
    }

    fn pass(&mut self, second: usize, calmly: bool) {
        let fleet = &mut self.fleets[0];
        if calmly && fleet.is_calm() {
            fleet.pass_calmly();
            self.way.tick(&mut self.fleets, second, true, true);
        } else {
            fleet.follow();
            for step in 1..=4 {
                self.fleets[0].advance(second as u64 * 1_000_000 + step * 250_000);
                self.way.tick(&mut self.fleets, second, step == 4, false);
            }
        }
        forget(&mut self.fleets[0]);
    }

    fn look(&self, second: usize, surge: &Busiest, played: &mut Played) {
        let wanted = self.way.wanted();
        played.least = played.least.min(wanted);
        played.most = played.most.max(wanted);
        if second.is_multiple_of(60) {
            played.minutes.push(Seen::default());
        }
        if let Some(minute) = played.minutes.last_mut() {
            minute.wanted = minute.wanted.max(wanted);
        }
        let in_surge = (surge.from * 60..surge.to * 60).contains(&second);
        if in_surge && (second + 1).is_multiple_of(SAMPLE) {
            let fleet = &self.fleets[0];
            played.carried.push(f64::from(fleet.ready_count()) * fleet.world.carries());
            played.waiting.push(fleet.without_worker());
        }
    }
}

impl Way {
    fn wanted(&self) -> u32 {
        match self {
            Way::Fixed(count) => *count,
            Way::Hpa(hpa) => hpa.wanted(),
            Way::Naru { naru, .. } => naru.wanted(0),
        }
    }

    /// A quarter of a second is over, or a whole one, which was calm or not.
    fn tick(&mut self, fleets: &mut [Fleet<'_>; 1], second: usize, over: bool, calm: bool) {
        match self {
            Way::Fixed(_) => {}
            Way::Hpa(hpa) => hpa.step(&mut fleets[0]),
            Way::Naru { naru, recent, eager } => {
                let mut asks = *eager || naru.is_moving(fleets);
                if over {
                    let came = f64::from(fleets[0].tally.arrived);
                    let restless = (came - *recent).abs() > RESTLESS * recent.max(1.0).sqrt();
                    // The mean of about twenty seconds, the newest weighing most.
                    *recent += (came - *recent) / 20.0;
                    let least = naru.wanted(0) == fleets[0].world.min;
                    let step = if least { LEAST_STEP } else { CALM_STEP };
                    asks |= !calm || restless || second.is_multiple_of(step);
                    naru.second(fleets);
                }
                if asks {
                    naru.step(fleets);
                }
            }
        }
    }
}
