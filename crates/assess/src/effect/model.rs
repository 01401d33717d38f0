//! The two systems that are replayed: today's, and the target with its services, each with how much it carries and what that rests on.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use naru_controller::calendar::Calendar;
use naru_model::language::Language;
use naru_model::platform::Scale;
use naru_model::scaling::{self, Level};
use serde::Serialize;

use super::capacity::Capacity;
use super::play::Sizing;
use super::{Error, Figure, Given, Name, Way};
use crate::log::Arrivals;
use crate::log::findings::Findings;
use crate::questionnaire::{Figure as Asked, Questionnaire};
use crate::simulate::random::Random;
use crate::simulate::{Spread, World};
use crate::target::{self, AT_A_TIME, MAX_INSTANCES, Schedule, Target, UTILISATION, Usual};

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    Log,
    Given,
    Questionnaire,
    /// Nobody knows: a default.
    Assumed,
}

/// A service of the target model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Service {
    pub name: String,
    /// Functions of the log that it runs.
    pub functions: Vec<String>,
    pub requests: u64,
    /// Seconds.
    pub service_time: f64,
    /// Requests at a time of an instance.
    pub workers: u32,
    /// Bounds of the target model; sized anew where workers or the service time are given.
    pub min: u32,
    pub max: u32,
    /// Instances that the mean load takes, and the busiest minute, each 60 % full.
    pub for_mean: u32,
    pub for_peak: u32,
    /// Who has no answer after so many seconds has waited.
    pub waits: f64,
    /// The goal that naru keeps 95 % of response times within, in seconds.
    pub goal: f64,
    /// Requests that may wait.
    pub queue: u32,
    /// The target model's; what follows from bounds that are sized anew.
    pub schedules: Vec<Schedule>,
}

pub(super) struct Model {
    pub(super) name: String,
    pub(super) services: Vec<Service>,
    /// What is replayed, as a file: bounds that were sized anew are in it.
    pub(super) target: Target,
    pub(super) figures: Vec<Figure>,
    pub(super) today: World,
    pub(super) instances: u32,
    pub(super) price: Option<f64>,
    start_up: Duration,
    /// What counts as a wait of every service; by its own service time when nobody says.
    waits: Option<Duration>,
    /// Of the schedules of each service, in their order; none without.
    calendars: Vec<Option<Arc<Calendar>>>,
    /// The service of each function of the log.
    pub(super) belongs: Vec<usize>,
}

/// The busiest hour: minutes from and before, counted from the beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Busiest {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) minute: usize,
    /// The busiest minute over the mean one.
    pub(super) times: f64,
}

/// Response time when nobody knows one, in seconds; as the target model assumes.
const USUAL: f64 = 0.5;
const START_UP: Duration = Duration::from_secs(30);
/// The target model's time-outs, of a route and in the line.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Who has no answer after so many service times, and at least a second, has waited.
const WAITS: f64 = 4.0;
/// Minutes of the worst surge before and after its busiest one.
const BEFORE: usize = 20;
const AFTER: usize = 40;
/// How much more than the busiest minute the maximum is for, as in the target model.
const HEADROOM: f64 = 1.5;
const SEED: u64 = 1;

impl Model {
    pub(super) fn new(
        q: &Questionnaire,
        log: &Findings,
        arrivals: &Arrivals,
        given: &Given,
        capacity: &Capacity,
    ) -> Result<Model, Error> {
        let target = target::of(q, Some(log));
        let mut figures = Vec::new();
        let mut tell = |name, value, origin| {
            figures.push(Figure { name, value, origin });
            value
        };
        let (time, origin) = service_time(q, given, capacity);
        tell(Name::ServiceTime, time, origin);
        let (workers, origin) = match given.workers {
            Some(workers) => (workers.max(1), Origin::Given),
            None => (AT_A_TIME, Origin::Assumed),
        };
        tell(Name::Workers, f64::from(workers), origin);
        let (total, instances, origin) = today(arrivals, given, capacity, time, workers);
        tell(Name::Instances, f64::from(instances), origin);
        let start_up = given.start_up.unwrap_or(START_UP);
        let from_given = |is_given| if is_given { Origin::Given } else { Origin::Assumed };
        tell(Name::StartUp, start_up.as_secs_f64(), from_given(given.start_up.is_some()));
        if let Some(price) = given.price {
            tell(Name::Price, price, Origin::Given);
        }
        let waits = given.waits.map_or(waits_of(time), |waits| waits.as_secs_f64());
        tell(Name::Waits, waits, from_given(given.waits.is_some()));
        tell(Name::Patience, PATIENCE.as_secs_f64(), Origin::Assumed);
        let belongs = belongs(log, &target);
        let today = World {
            workers: (total / f64::from(instances)).round().max(1.0) as u32,
            work: seconds(time),
            start_up,
            patience: PATIENCE,
            min: instances,
            max: instances,
            objective: seconds(waits),
            begins: arrivals.from,
            seed: SEED,
            ..World::default()
        };
        let mut model = Model {
            name: target.platform.clone(),
            services: Vec::new(),
            target: target.clone(),
            figures,
            today,
            instances,
            price: given.price,
            start_up,
            waits: given.waits,
            calendars: Vec::new(),
            belongs,
        };
        let slower = log.latency.map_or(1.0, |latency| time / latency.mean.max(1e-6));
        for (index, service) in target.services.iter().enumerate() {
            model.services.push(model.service(index, service, log, slower, workers, time));
        }
        let anew = given.workers.is_some() || given.service_time.is_some();
        model.size(arrivals, anew);
        if anew {
            model.settle(q.language, log, arrivals);
        }
        model.calendars = model.services.iter().map(calendar).collect::<Result<_, _>>()?;
        Ok(model)
    }

    /// A service without what depends on when its requests come.
    fn service(
        &self,
        index: usize,
        target: &target::Service,
        log: &Findings,
        slower: f64,
        workers: u32,
        usual: f64,
    ) -> Service {
        let own = || log.functions.iter().zip(&self.belongs).filter(|(_, of)| **of == index).map(|(f, _)| f);
        let (mut count, mut sum) = (0.0, 0.0);
        for latency in own().filter_map(|function| function.latency) {
            count += latency.count as f64;
            sum += latency.count as f64 * latency.mean;
        }
        let time = if count > 0.0 { (sum / count * slower).max(0.001) } else { usual };
        let waits = self.waits.map_or(waits_of(time), |waits| waits.as_secs_f64());
        Service {
            name: target.name.clone(),
            functions: own().map(|function| function.name.clone()).collect(),
            requests: own().map(|function| function.requests).sum(),
            service_time: time,
            workers,
            min: target.min,
            max: target.max,
            for_mean: 0,
            for_peak: 0,
            waits,
            // Who waits is what is told, so that nothing above it is aimed at; below twice its time a request that waits for nothing
            // may be.
            goal: target.p95.as_secs_f64().min(waits).max(2.0 * time),
            queue: target.queue,
            schedules: target.schedules.clone(),
        }
    }

    /// Sizes each service for its mean and its busiest minute; its bounds as well when `anew`, as the target model does: for its median
    /// hour, and half as much again as its busiest minute.
    fn size(&mut self, arrivals: &Arrivals, anew: bool) {
        let counts = self.counts(arrivals, 0..arrivals.seconds.len());
        for (service, counts) in self.services.iter_mut().zip(&counts) {
            let sums = |seconds: usize| {
                counts.chunks(seconds).map(|part| part.iter().map(|n| u64::from(*n)).sum::<u64>())
            };
            let total: u64 = sums(3600).sum();
            let peak = sums(60).max().unwrap_or(0) as f64 / 60.0;
            let mut hours: Vec<u64> = sums(3600).filter(|hour| *hour > 0).collect();
            hours.sort_unstable();
            let median = hours.get(hours.len() / 2).map_or(0.0, |hour| *hour as f64 / 3600.0);
            let takes = |rate: f64| {
                let full = f64::from(service.workers) * UTILISATION;
                ((rate * service.service_time / full).ceil() as u32).clamp(2, MAX_INSTANCES)
            };
            service.requests = total;
            service.for_mean = takes(total as f64 / counts.len().max(1) as f64);
            service.for_peak = takes(peak);
            if anew {
                service.min = takes(median).min(MAX_INSTANCES - 1);
                service.max = takes(peak * HEADROOM).max(service.min + 1);
            }
        }
    }

    /// Puts what was sized anew into the target model, with the schedules that follow from it.
    fn settle(&mut self, language: Language, log: &Findings, arrivals: &Arrivals) {
        let counts = self.counts(arrivals, 0..arrivals.seconds.len());
        let services = self.target.services.iter_mut().zip(&mut self.services).zip(&counts);
        for ((target, service), counts) in services {
            let usual = Usual {
                by_hour: by_hour(arrivals, counts),
                response: service.service_time,
                per_instance: service.workers,
            };
            service.schedules = crate::target::schedules(language, log, &usual, (service.min, service.max));
            (target.min, target.max) = (service.min, service.max);
            target.per_instance = service.workers;
            target.schedules.clone_from(&service.schedules);
            let (workers, ms) = (service.workers, (service.service_time * 1000.0).round());
            target.sized_by = language.pick(
                format!("입력한 값으로 산정: 동시 {workers}건, 처리시간 {ms}ms. 최소는 로그의 보통 시간대, 최대는 가장 바쁜 1분의 1.5배를 60% 사용률로 처리"),
                format!("by what was given: {workers} at a time, {ms} ms each; the minimum carries the log's median hour and the maximum half as much again as its busiest minute, 60 % full"),
            );
        }
    }

    /// The requests of each service in these seconds: each of a second's requests goes to a service by the part that the service has of
    /// that hour's.
    pub(super) fn counts(&self, arrivals: &Arrivals, seconds: Range<usize>) -> Vec<Vec<u32>> {
        let services = self.services.len();
        let asked = &arrivals.seconds[seconds.clone()];
        if services == 1 {
            return vec![asked.to_vec()];
        }
        let mut counts = vec![vec![0; asked.len()]; services];
        let mut random = Random::new(SEED);
        let (mut hour, mut shares) = (usize::MAX, Vec::new());
        for (place, requests) in asked.iter().enumerate() {
            if hour != (seconds.start + place) / 3600 {
                hour = (seconds.start + place) / 3600;
                shares = self.shares(arrivals, hour);
            }
            for _ in 0..*requests {
                counts[random.place(&shares)][place] += 1;
            }
        }
        counts
    }

    /// The part of each service in an hour's requests. What no function has is the last one's, which is for all the rest.
    fn shares(&self, arrivals: &Arrivals, hour: usize) -> Vec<f64> {
        let mut shares = vec![0.0; self.services.len()];
        for (function, service) in self.belongs.iter().enumerate() {
            shares[*service] += share(arrivals, function, hour);
        }
        let rest = 1.0 - shares.iter().sum::<f64>();
        if let Some(last) = shares.last_mut() {
            *last += rest.max(0.0);
        }
        shares
    }

    /// The same from this second of the log on.
    pub(super) fn begun_at(&self, world: World, second: usize) -> World {
        World { begins: self.today.begins + Duration::from_secs(second as u64), ..world }
    }

    /// How the service in this place is replayed in this way.
    pub(super) fn world(&self, index: usize, way: Way) -> (World, Sizing) {
        let service = &self.services[index];
        let world = World {
            workers: service.workers,
            work: seconds(service.service_time),
            start_up: self.start_up,
            min: service.min,
            max: service.max,
            queue: service.queue as usize,
            objective: seconds(service.waits),
            ..self.today.clone()
        };
        let bounded = Spread::Bounded(service.workers);
        let fixed =
            |count| (World { min: count, max: count, ..world.clone() }, Sizing::Fixed(count, bounded));
        match way {
            Way::Today => (self.today.clone(), self.today_sizing()),
            Way::FixedMean => fixed(service.for_mean),
            Way::FixedPeak => fixed(service.for_peak),
            Way::Hpa => (world, Sizing::Hpa),
            Way::Naru => {
                let target = vec![Level::P95(seconds(service.goal))];
                let warm_up = Duration::from_secs(10);
                let schedule = kept(&service.schedules);
                let scale = Scale { target, warm_up, schedule, ..Scale::default() };
                (world, Sizing::Naru(scale, self.calendars[index].clone()))
            }
        }
    }

    pub(super) fn today_sizing(&self) -> Sizing {
        Sizing::Fixed(self.instances, Spread::RoundRobin)
    }
}

/// As the platform has them.
fn kept(schedules: &[Schedule]) -> Vec<scaling::Schedule> {
    let one = |schedule: &Schedule| scaling::Schedule {
        at: schedule.at.clone(),
        zone: Some(schedule.zone.clone()),
        lasts: Duration::from_secs(u64::from(schedule.hours) * 3600),
        add: schedule.add,
    };
    schedules.iter().map(one).collect()
}

fn calendar(service: &Service) -> Result<Option<Arc<Calendar>>, Error> {
    if service.schedules.is_empty() {
        return Ok(None);
    }
    let calendar = Calendar::new(&kept(&service.schedules), &TimeZone::UTC).map_err(Error::Schedule)?;
    Ok(Some(Arc::new(calendar)))
}

/// Requests of the hour 0 to 23, mean per day.
fn by_hour(arrivals: &Arrivals, counts: &[u32]) -> [f64; 24] {
    let first = (arrivals.from.0 / 1_000_000) as i64 + i64::from(arrivals.offset_seconds);
    let (mut sums, mut seen) = ([0.0; 24], [0.0_f64; 24]);
    for (index, hour) in counts.chunks(3600).enumerate() {
        let of_day = (first / 3600 + index as i64).rem_euclid(24) as usize;
        sums[of_day] += hour.iter().map(|n| f64::from(*n)).sum::<f64>();
        seen[of_day] += 1.0;
    }
    std::array::from_fn(|hour| sums[hour] / seen[hour].max(1.0))
}

/// The part of a function in an hour's requests.
pub(super) fn share(arrivals: &Arrivals, function: usize, hour: usize) -> f64 {
    arrivals.shares.get(function).and_then(|hours| hours.get(hour)).map_or(0.0, |share| f64::from(*share))
}

/// How many times as long as in a usual hour the requests of the busiest one take, by what each function takes; 1 when nobody knows.
pub(super) fn other_work(log: &Findings, arrivals: &Arrivals) -> f64 {
    let of = |hour: usize| {
        let (mut shares, mut sum) = (0.0, 0.0);
        for (function, found) in log.functions.iter().enumerate() {
            let Some(latency) = found.latency else { continue };
            let share = share(arrivals, function, hour);
            shares += share;
            sum += share * latency.mean;
        }
        (shares > 0.0 && sum > 0.0).then_some(sum / shares)
    };
    let mut usual: Vec<f64> = (0..arrivals.seconds.len().div_ceil(3600)).filter_map(of).collect();
    usual.sort_by(f64::total_cmp);
    let busiest = of(surge(arrivals).minute / 60);
    busiest.zip(usual.get(usual.len() / 2)).map_or(1.0, |(busiest, usual)| busiest / usual)
}

/// What counts as a wait where requests take so long: a time that hardly any request takes by itself.
fn waits_of(time: f64) -> f64 {
    (WAITS * time * 10.0).ceil().max(10.0) / 10.0
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.001, 3600.0))
}

fn service_time(q: &Questionnaire, given: &Given, capacity: &Capacity) -> (f64, Origin) {
    let asked = || q.figure(Asked::ResponseTime).filter(|ms| *ms > 0.0).map(|ms| ms / 1000.0);
    if let Some(time) = given.service_time {
        (time.as_secs_f64().max(0.001), Origin::Given)
    } else if let Some(time) = capacity.service_time {
        (time.max(0.001), Origin::Log)
    } else if let Some(time) = asked() {
        (time.max(0.001), Origin::Questionnaire)
    } else {
        (USUAL, Origin::Assumed)
    }
}

/// Requests at a time of today's system, and its instances.
fn today(
    arrivals: &Arrivals,
    given: &Given,
    capacity: &Capacity,
    time: f64,
    workers: u32,
) -> (f64, u32, Origin) {
    let each = f64::from(workers);
    if let Some(instances) = given.instances {
        let instances = instances.clamp(1, MAX_INSTANCES);
        return (each * f64::from(instances), instances, Origin::Given);
    }
    let (total, origin) = match capacity.workers {
        Some(total) => (total, Origin::Log),
        None => {
            // It has carried its busiest minute; nobody knows how much more it would have.
            let peak =
                arrivals.seconds.chunks(60).map(|minute| minute.iter().sum::<u32>()).max().unwrap_or(0);
            let at_a_time = (f64::from(peak) / 60.0 * time).max(capacity.most_at_a_time);
            (at_a_time / UTILISATION, Origin::Assumed)
        }
    };
    let total = total.max(1.0);
    (total, ((total / each).ceil() as u32).clamp(1, MAX_INSTANCES), origin)
}

/// The service of each function: the one that a path of it leads to, else the one for all the rest.
fn belongs(log: &Findings, target: &Target) -> Vec<usize> {
    let rest = target.services.len().saturating_sub(1);
    let plain = |path: &str| path.trim_end_matches("**").trim_end_matches('/').to_owned();
    let leads = |prefixes: &[String]| {
        target.services.iter().position(|service| {
            let paths: Vec<String> = service.paths.iter().map(|path| plain(path)).collect();
            prefixes.iter().any(|prefix| paths.iter().any(|path| !path.is_empty() && *path == plain(prefix)))
        })
    };
    log.functions.iter().map(|function| leads(&function.prefixes).unwrap_or(rest)).collect()
}

/// The hour with the busiest minute, cut where the log is.
pub(super) fn surge(arrivals: &Arrivals) -> Busiest {
    let minutes: Vec<u32> = arrivals.seconds.chunks(60).map(|minute| minute.iter().sum()).collect();
    let most = minutes.iter().copied().max().unwrap_or(0);
    let minute = minutes.iter().position(|requests| *requests == most).unwrap_or(0);
    let total: u64 = minutes.iter().map(|n| u64::from(*n)).sum();
    let to = (minute + AFTER).min(minutes.len());
    Busiest {
        from: minute.saturating_sub(BEFORE),
        to,
        minute,
        times: f64::from(most) * minutes.len() as f64 / total.max(1) as f64,
    }
}
