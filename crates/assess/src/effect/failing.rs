//! One function fails: its requests hang until the time-out. In one shared system they hold everybody's workers; split, only their own.

use serde::Serialize;

use naru_model::units::Timestamp;

use super::model::{Busiest, Model, PATIENCE, share, surge};
use super::play::{Played, play};
use super::{Error, Fails, Given, Way};
use crate::log::Arrivals;
use crate::log::findings::{Findings, Splitting};
use crate::simulate::{Failing, World};

/// What one failing function takes along.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    pub function: String,
    /// The service that runs it in the target model, and whether it runs nothing else.
    pub service: String,
    pub alone: bool,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Seconds that its requests hang.
    pub hangs: f64,
    /// Today, and split and scaled by naru.
    pub ways: Vec<Failed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Failed {
    pub way: Way,
    /// The function's own requests that failed.
    pub own: u64,
    /// Requests of all other functions, from the failure's beginning until 20 minutes after its end.
    pub others: Harm,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Harm {
    pub requests: u64,
    pub waited: u64,
    pub failed: u64,
}

/// Seconds that are replayed before and after.
const BEFORE: usize = 600;
const AFTER: usize = 1200;

/// Which function of the log fails.
pub(super) fn choose(log: &Findings, arrivals: &Arrivals, given: &Given) -> Result<Option<usize>, Error> {
    let hour = surge(arrivals).minute / 60;
    match &given.fails {
        Fails::None => Ok(None),
        Fails::Named(name) => {
            let known = || log.functions.iter().map(|function| function.name.clone()).collect();
            let found = log.functions.iter().position(|function| function.name == *name);
            found.map(Some).ok_or_else(|| Error::Function { name: name.clone(), known: known() })
        }
        Fails::Largest => {
            let candidates =
                (0..log.functions.len()).filter(|f| log.functions[*f].splitting != Splitting::Cache);
            Ok(candidates.max_by(|a, b| share(arrivals, *a, hour).total_cmp(&share(arrivals, *b, hour))))
        }
    }
}

/// Seconds of the log that are replayed, and of them those in which the function fails.
struct Stretch {
    from: usize,
    to: usize,
    fails_from: usize,
    fails_to: usize,
}

impl Stretch {
    fn new(arrivals: &Arrivals, given: &Given) -> Stretch {
        let all = arrivals.seconds.len();
        let lasts = (given.fails_for.as_secs() as usize).clamp(1, 86_400).min(all);
        let busiest = surge(arrivals).minute * 60;
        let fails_from = busiest.min(all - lasts);
        let fails_to = fails_from + lasts;
        Stretch {
            from: fails_from.saturating_sub(BEFORE),
            to: (fails_to + AFTER).min(all),
            fails_from,
            fails_to,
        }
    }

    /// The function having this part of a world's requests.
    fn failing(&self, world: &World, share: f64) -> World {
        let at = |second: usize| (second - self.from) as u64 * 1_000_000;
        let (from, to) = (at(self.fails_from), at(self.fails_to));
        World { failing: Some(Failing { from, to, share, hangs: PATIENCE }), ..world.clone() }
    }

    fn watch(&self) -> Busiest {
        let (from, to) = ((self.fails_from - self.from) / 60, (self.to - self.from).div_ceil(60));
        Busiest { from, to, minute: from, times: 1.0 }
    }
}

pub(super) fn replay(
    model: &Model,
    log: &Findings,
    arrivals: &Arrivals,
    given: &Given,
    function: usize,
) -> Failure {
    let stretch = Stretch::new(arrivals, given);
    let hour = stretch.fails_from / 3600;
    let of_all = share(arrivals, function, hour);
    let home = model.belongs[function];
    let of_service: f64 = model
        .belongs
        .iter()
        .enumerate()
        .filter(|(_, service)| **service == home)
        .map(|(function, _)| share(arrivals, function, hour))
        .sum();
    let watch = stretch.watch();
    let today = play(
        &stretch.failing(&model.today, of_all),
        model.today_sizing(),
        &arrivals.seconds[stretch.from..stretch.to],
        &watch,
    );
    let mut split = Failed { way: Way::Naru, own: 0, others: Harm::default() };
    let counts = model.counts(arrivals, stretch.from..stretch.to);
    for (index, counts) in counts.iter().enumerate() {
        let (world, sizing) = model.world(index, Way::Naru);
        let world = model.begun_at(world, stretch.from);
        let fails = index == home && of_service > 0.0;
        let world = if fails { stretch.failing(&world, (of_all / of_service).min(1.0)) } else { world };
        split.add(&play(&world, sizing, counts, &watch));
    }
    let mut shared = Failed { way: Way::Today, own: 0, others: Harm::default() };
    shared.add(&today);
    let at = |second: usize| Timestamp(arrivals.from.0 + second as u64 * 1_000_000);
    Failure {
        function: log.functions[function].name.clone(),
        service: model.services[home].name.clone(),
        alone: model.belongs.iter().filter(|service| **service == home).count() == 1,
        from: at(stretch.fails_from),
        to: at(stretch.fails_to),
        hangs: PATIENCE.as_secs_f64(),
        ways: vec![shared, split],
    }
}

impl Failed {
    fn add(&mut self, played: &Played) {
        self.own += played.own.1;
        self.others.add(played);
    }
}

impl Harm {
    /// Those of the seconds that are watched.
    pub(super) fn add(&mut self, played: &Played) {
        self.requests += played.watched.requests;
        self.waited += played.watched.waited;
        self.failed += played.watched.failed;
    }
}
