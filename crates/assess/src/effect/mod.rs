//! What moving would bring, before anything moves: an access log's own arrivals replayed against today's system and against the target
//! model with fixed capacity, Kubernetes' HPA and naru's own decisions side by side; and what one failing function takes along.
//!
//! log (`Arrivals`, findings) → `capacity` (what today's system carries) → `model` (services and sizes) → `play` (one service before one
//! way of scaling) → `Effect` → `report`, `chart`.

mod capacity;
mod chart;
mod failing;
mod model;
mod play;
mod reality;
mod report;
mod scheduled;
mod sensitivity;
mod summary;
#[cfg(test)]
mod tests;
mod words;

use std::time::Duration;

use naru_model::units::Timestamp;
use serde::Serialize;

use crate::log::Arrivals;
use crate::log::findings::Findings;
use crate::questionnaire::Questionnaire;
use crate::target::Target;

pub use capacity::{Capacity, Level, Sure};
pub use failing::{Failed, Failure, Harm};
pub use model::{Origin, Service};
pub use reality::{Crowd, Ran, SURGE_SHIFT, surge_shift};
pub use scheduled::Scheduled;
pub use sensitivity::{Off, Swing};

/// What a person says of the system, over what its log tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Requests that an instance works on at a time.
    pub workers: Option<u32>,
    /// How long a request takes when nothing waits.
    pub service_time: Option<Duration>,
    /// Instances (servers) that there are today.
    pub instances: Option<u32>,
    /// From an instance's start until it can serve. Default 30 s.
    pub start_up: Option<Duration>,
    /// Of an instance-hour.
    pub price: Option<f64>,
    /// Who has no answer after this time has waited. Default: four times the service time, at least 1 s.
    pub waits: Option<Duration>,
    /// Which function fails.
    pub fails: Fails,
    /// How long it does. Default 10 min, at least 1 s, at most a day.
    pub fails_for: Duration,
}

/// Which function fails in the simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fails {
    /// The largest one of the busiest hour.
    Largest,
    Named(String),
    None,
}

impl Default for Given {
    fn default() -> Self {
        Given {
            workers: None,
            service_time: None,
            instances: None,
            start_up: None,
            price: None,
            waits: None,
            fails: Fails::Largest,
            fails_for: Duration::from_secs(600),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the log has no request that could be read, so there is nothing to replay")]
    Empty,
    #[error("a schedule of the target model can't be kept")]
    Schedule(#[source] naru_controller::calendar::Error),
    #[error("the log has no function {name:?}; it has {}", .known.join(", "))]
    Function { name: String, known: Vec<String> },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    pub system: String,
    /// Of the replay: whole hours of the log.
    pub from: Timestamp,
    pub to: Timestamp,
    pub offset_seconds: i32,
    pub requests: u64,
    pub figures: Vec<Figure>,
    pub capacity: Capacity,
    pub services: Vec<Service>,
    /// The target model that was replayed.
    pub target: Target,
    /// The hour around the busiest minute.
    pub surge: Surge,
    pub variants: Vec<Variant>,
    /// The services that have schedules.
    pub scheduled: Vec<Scheduled>,
    /// The worst surge with one number off at a time.
    pub sensitivity: Vec<Swing>,
    /// Absent when none was asked for, or the log has no function.
    pub failure: Option<Failure>,
    pub warnings: Vec<Warning>,
}

/// A number that the simulation rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    pub name: Name,
    pub value: f64,
    pub origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// Seconds that a request takes when nothing waits, today.
    ServiceTime,
    /// Requests at a time of an instance.
    Workers,
    /// Instances today.
    Instances,
    /// Seconds from an instance's start until it serves.
    StartUp,
    /// Of an instance-hour.
    Price,
    /// Seconds after which a user has waited.
    Waits,
    /// Seconds after which a client goes away, and after which a request that hangs is given up.
    Patience,
}

/// The worst surge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Surge {
    pub from: Timestamp,
    pub to: Timestamp,
    /// Requests of its busiest minute over the mean minute of the period.
    pub times: f64,
    /// Requests per second, every ten seconds.
    pub rates: Vec<f64>,
}

/// The system in one of its ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// As it is: all functions in one system of fixed size.
    Today,
    /// Split, each service with as many instances as its mean load takes.
    FixedMean,
    /// Split, each service with as many instances as its busiest minute takes.
    FixedPeak,
    /// Split, scaled by Kubernetes' HPA with its defaults.
    Hpa,
    /// Split, scaled by naru.
    Naru,
}

impl Way {
    pub const ALL: [Way; 5] = [Way::Today, Way::FixedMean, Way::FixedPeak, Way::Hpa, Way::Naru];
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    pub way: Way,
    /// Over the whole period, and in the worst surge.
    pub whole: Measured,
    pub surge: Measured,
    pub services: Vec<Used>,
    /// Requests per second that its ready instances carry, and requests without a worker, every ten seconds of the surge.
    pub carried: Vec<f64>,
    pub waiting: Vec<u64>,
}

/// What users got, and what it took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Measured {
    pub requests: u64,
    /// Answered, but later than what counts as having waited.
    pub waited: u64,
    /// Refused, or given up without an answer.
    pub failed: u64,
    /// Response times in seconds: the mean exactly, the others within 6 %.
    pub mean: f64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub instance_hours: f64,
    /// Absent without a price.
    pub cost: Option<f64>,
    pub minutes: u64,
    /// Minutes in which more than 5 % of the requests waited or failed.
    pub violated: u64,
}

/// The instances that a service had in a replay.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Used {
    pub service: String,
    pub least: u32,
    pub most: u32,
    /// Requests that waited, that failed, and what it took.
    pub waited: u64,
    pub failed: u64,
    pub instance_hours: f64,
    /// Minutes with as many as it may have, and still more than 5 % waited or failed.
    pub short_of: u64,
}

impl Used {
    /// `most`: as many as it may have.
    fn new(service: &str, most: u32, played: &play::Played) -> Used {
        Used {
            service: service.to_owned(),
            least: played.least,
            most: played.most,
            waited: played.all.waited,
            failed: played.all.failed,
            instance_hours: played.instance_hours(),
            short_of: played.short_of(most),
        }
    }

    fn bad(&self) -> u64 {
        self.waited + self.failed
    }
}

/// What the reader must know before believing it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Warning {
    /// The log has no response times.
    NoTimes,
    /// Today's capacity was never reached.
    NeverFull,
    /// The busiest minute has less than twice the mean.
    NoSurge { times: f64 },
    /// Fewer than seven days: what comes weekly or monthly is not in it.
    Short { days: u32 },
    /// More than 5 % of the lines can't be read.
    Broken { share: f64 },
    /// So many requests are in the log and in no second of the replay.
    LeftOut { requests: u64 },
    /// More than one request in a hundred of today's replay failed though the log knows of fewer: it is taken for too small.
    TooPessimistic { replayed: f64, logged: f64 },
    /// The busiest hour's functions take so many times as long as those of a usual hour, and today is replayed with one mean of all.
    OtherWork { times: f64 },
    /// Seconds of functions are shared out by their part of each hour.
    SharesByHour,
    /// The system is too small or too quiet for any way to differ.
    Idle,
}

/// Replays the log.
///
/// # Errors
/// There is nothing to replay, no such function, or the machine has no time zones to keep schedules by.
pub fn simulate(
    q: &Questionnaire,
    log: &Findings,
    arrivals: &Arrivals,
    given: &Given,
) -> Result<Effect, Error> {
    if log.volume.requests == 0 || arrivals.seconds.is_empty() {
        return Err(Error::Empty);
    }
    let capacity = capacity::find(&arrivals.minutes);
    let model = model::Model::new(q, log, arrivals, given, &capacity)?;
    let failing = failing::choose(log, arrivals, given)?;
    let surge = model::surge(arrivals);
    let counts = model.counts(arrivals, 0..arrivals.seconds.len());
    let variants: Vec<Variant> =
        Way::ALL.into_iter().map(|way| variant(&model, &counts, arrivals, &surge, way)).collect();
    let failure = failing.map(|function| failing::replay(&model, log, arrivals, given, function));
    let at = |second: usize| Timestamp(arrivals.from.0 + second as u64 * 1_000_000);
    let mut effect = Effect {
        system: q.system.clone(),
        from: arrivals.from,
        to: at(arrivals.seconds.len()),
        offset_seconds: arrivals.offset_seconds,
        requests: arrivals.seconds.iter().map(|n| u64::from(*n)).sum(),
        figures: model.figures.clone(),
        capacity,
        services: model.services.clone(),
        target: model.target.clone(),
        surge: Surge {
            from: at(surge.from * 60),
            to: at(surge.to * 60),
            times: surge.times,
            rates: arrivals.seconds[surge.from * 60..surge.to * 60].chunks(play::SAMPLE).map(rate).collect(),
        },
        variants,
        scheduled: scheduled::replay(&model, &counts, &surge),
        sensitivity: sensitivity::replay(&model, arrivals, &surge),
        failure,
        warnings: Vec::new(),
    };
    effect.warnings = warnings(&effect, log, arrivals);
    Ok(effect)
}

fn rate(seconds: &[u32]) -> f64 {
    seconds.iter().map(|n| f64::from(*n)).sum::<f64>() / seconds.len().max(1) as f64
}

/// The whole system in one way: its services one after the other, which share nothing.
fn variant(
    model: &model::Model,
    counts: &[Vec<u32>],
    arrivals: &Arrivals,
    surge: &model::Busiest,
    way: Way,
) -> Variant {
    let mut whole = play::Total::default();
    let mut services = Vec::new();
    let mut add = |name: &str, most: u32, played: play::Played| {
        services.push(Used::new(name, most, &played));
        whole.add(&played);
    };
    if way == Way::Today {
        let played = play::play(&model.today, model.today_sizing(), &arrivals.seconds, surge);
        add(&model.name, model.instances, played);
    } else {
        for (index, (service, counts)) in model.services.iter().zip(counts).enumerate() {
            let (world, sizing) = model.world(index, way);
            add(&service.name, world.max, play::play(&world, sizing, counts, surge));
        }
    }
    let (all, in_surge) = whole.measured(model.price, surge);
    Variant { way, whole: all, surge: in_surge, services, carried: whole.carried, waiting: whole.waiting }
}

/// More of the lines than this that can't be read are worth a warning.
const BROKEN: f64 = 0.05;
/// Functions of the busiest hour that take so many times as long as usual make another load than their number says.
const OTHER_WORK: f64 = 1.2;
/// What no surge is: less than so many times the mean in the busiest minute.
const NO_SURGE: f64 = 2.0;

fn warnings(effect: &Effect, log: &Findings, arrivals: &Arrivals) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |when: bool, warning| {
        if when {
            warnings.push(warning);
        }
    };
    warn(arrivals.minutes.is_empty(), Warning::NoTimes);
    let measured = !arrivals.minutes.is_empty();
    warn(measured && effect.capacity.workers.is_none(), Warning::NeverFull);
    warn(effect.surge.times < NO_SURGE, Warning::NoSurge { times: effect.surge.times });
    let days = log.period.as_ref().map_or(0, |period| period.days);
    warn(days < 7, Warning::Short { days });
    let broken = log.sources.broken as f64 / log.sources.lines.max(1) as f64;
    warn(broken > BROKEN, Warning::Broken { share: broken });
    warn(arrivals.left_out > 0, Warning::LeftOut { requests: arrivals.left_out });
    let logged = log.volume.server_errors as f64 / log.volume.requests.max(1) as f64;
    if let Some(today) = effect.variants.iter().find(|variant| variant.way == Way::Today) {
        let replayed = today.whole.failed as f64 / today.whole.requests.max(1) as f64;
        warn(replayed > logged + 0.01, Warning::TooPessimistic { replayed, logged });
    }
    let times = model::other_work(log, arrivals);
    warn(times > OTHER_WORK, Warning::OtherWork { times });
    warn(effect.services.len() > 1, Warning::SharesByHour);
    let idle = |variant: &Variant| variant.whole.waited + variant.whole.failed == 0;
    warn(effect.variants.iter().all(idle), Warning::Idle);
    warnings
}
