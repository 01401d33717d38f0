//! Figures of [`naru_model::alert::FIGURES`] as they were, made of the same series by the same rules as those of now ([`super::figures`]);
//! and those of any other metric by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use naru_model::metric::{Owner, SeriesKey};
use naru_model::series::Period;

use super::Shared;
use super::figures::{Host, RESTARTS, RESTARTS_OVER};
use super::file::File;
use super::jvm::{Inside, Told, is_of_database, is_of_jvm, is_typed, part};
use super::lane::{SLOT, Stretch};
use super::query::width;
use super::table::OF_HISTOGRAM;
use crate::Telemetry;
use crate::archive::parallel;
use crate::live::MINUTE;
use crate::store::second_of;

/// Series that are read for one figure: of a service, those of all of its instances.
const MOST: usize = 20_000;

impl Telemetry {
    /// Time and value of a figure of services, JVMs, databases or the machine over a period, oldest first, in at most `points`
    /// stretches: of a service that of its instance that is worst off, as alerts have it. Any other name is that of a metric: rates of
    /// several series are added up, of other values the largest counts. Empty: not kept, or nothing that series tell.
    pub fn figure(&self, owner: &Owner, figure: &str, period: Period, points: u32) -> Vec<(u32, f64)> {
        let shared = &self.metrics.shared;
        shared.figure(owner, figure, period, points, second_of(shared.clock.now()))
    }
}

/// What a figure is made of.
#[derive(Clone, Copy)]
enum Made<'f> {
    OfJvm,
    OfDatabase,
    OfHost,
    OfRestarts,
    /// A metric by its name.
    ByName(&'f str),
}

impl<'f> Made<'f> {
    fn of(owner: &Owner, figure: &'f str) -> Made<'f> {
        match figure {
            "heap" | "metaspace" | "gc" | "threads" => Made::OfJvm,
            "db_time" | "db_pool" => Made::OfDatabase,
            "restarts" => Made::OfRestarts,
            _ if *owner == Owner::Host && naru_model::figure::owners(figure).is_some() => Made::OfHost,
            name => Made::ByName(name),
        }
    }

    fn needs(self, name: &str) -> bool {
        match self {
            Made::OfJvm => part(name).is_some_and(is_of_jvm),
            Made::OfDatabase => part(name).is_some_and(is_of_database),
            Made::OfHost => name.starts_with("host."),
            Made::OfRestarts => name == RESTARTS,
            Made::ByName(wanted) => name == wanted,
        }
    }
}

/// A metric without what is behind its name for the parts of a histogram, and which part it is.
fn apart(name: &str) -> (&str, &str) {
    OF_HISTOGRAM.iter().find_map(|part| Some((name.strip_suffix(part)?, *part))).unwrap_or((name, ""))
}

/// What one metric told in one stretch: by the part of a histogram, else by an empty name, sums of values by seconds, and seconds.
type Parts = BTreeMap<&'static str, (f64, u32)>;

#[derive(Default)]
struct Metric {
    unit: String,
    rate: bool,
    stretches: BTreeMap<u32, Parts>,
}

struct Gathered<'f> {
    owner: &'f Owner,
    made: Made<'f>,
    width: u32,
    metrics: BTreeMap<SeriesKey, Metric>,
}

impl Shared {
    pub(super) fn figure(
        &self,
        owner: &Owner,
        figure: &str,
        period: Period,
        points: u32,
        now: u32,
    ) -> Vec<(u32, f64)> {
        let made = Made::of(owner, figure);
        let asked = match made {
            Made::OfRestarts => Period { from: period.from.saturating_sub(RESTARTS_OVER), ..period },
            _ => period,
        };
        let border = self.state().border(now);
        let old = Period { from: asked.from, to: asked.to.min(border) };
        let overlaps = |file: &&File| old.from < old.to && file.overlaps(old);
        let files: Vec<File> = self.files().iter().filter(overlaps).cloned().collect();
        let width = width(period, points, !files.is_empty());
        let gathered = Mutex::new(Gathered { owner, made, width, metrics: BTreeMap::new() });
        parallel::each(&files, |file| {
            let own = Some(owner).filter(|owner| !matches!(owner, Owner::Service(_)));
            let read = file.read(own, &|name: &str| made.needs(apart(name).0) || made.needs(name));
            let rows = match read {
                Ok(rows) => rows,
                Err(error) => return self.leave_out(file, &error),
            };
            let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
            for row in rows {
                let within = |minute: &&Stretch| minute.start + MINUTE > old.from && minute.start < old.to;
                let minutes = row.minutes.iter().filter(within);
                gathered.add(&row.key, &row.unit, row.rate, minutes.map(|minute| (*minute, MINUTE)));
            }
        });
        let mut gathered = gathered.into_inner().unwrap_or_else(PoisonError::into_inner);
        let from = if files.is_empty() { asked.from } else { asked.from.max(border) };
        gathered.add_live(self, Period { from, to: asked.to });
        gathered.values(figure, period)
    }
}

impl Gathered<'_> {
    /// The owner itself, or an instance of the service that it is.
    fn is_mine(&self, owner: &Owner) -> bool {
        match (self.owner, owner) {
            (Owner::Service(service), Owner::Instance(id)) => id.service == *service,
            (asked, owner) => asked == owner,
        }
    }

    fn add_live(&mut self, shared: &Shared, period: Period) {
        if period.from >= period.to {
            return;
        }
        let state = shared.state();
        for source in state.table.sources().filter(|source| source.last_at >= period.from) {
            if !self.is_mine(&source.key.owner) {
                continue;
            }
            for (place, (suffix, lane)) in source.shape.suffixes().iter().zip(&source.lanes).enumerate() {
                let key = SeriesKey { name: format!("{}{suffix}", source.key.name), ..(*source.key).clone() };
                let stretches = lane.stretches(period.from, period.to);
                self.add(&key, &source.unit, source.shape.is_rate(place), stretches.map(|one| (one, SLOT)));
            }
        }
    }

    fn add(
        &mut self,
        key: &SeriesKey,
        unit: &str,
        rate: bool,
        stretches: impl Iterator<Item = (Stretch, u32)>,
    ) {
        let (base, suffix) = match apart(&key.name) {
            (base, suffix) if self.made.needs(base) => (base, suffix),
            _ => (key.name.as_str(), ""),
        };
        let suffix = OF_HISTOGRAM.into_iter().find(|known| *known == suffix).unwrap_or_default();
        if !self.is_mine(&key.owner) || !self.made.needs(base) {
            return;
        }
        let width = self.width;
        let base = SeriesKey { name: base.to_owned(), ..key.clone() };
        if self.metrics.len() >= MOST && !self.metrics.contains_key(&base) {
            return;
        }
        let metric = self.metrics.entry(base).or_default();
        // The rate of a histogram has no unit of its own; its mean has.
        if suffix != ".rate" || metric.unit.is_empty() {
            unit.clone_into(&mut metric.unit);
        }
        metric.rate |= rate && suffix.is_empty();
        for (one, seconds) in stretches {
            let parts = metric.stretches.entry(one.start - one.start % width).or_default();
            let (sum, all) = parts.entry(suffix).or_default();
            *sum += f64::from(one.mean) * f64::from(seconds);
            *all += seconds;
        }
    }

    /// The figure, stretch by stretch.
    fn values(&self, figure: &str, period: Period) -> Vec<(u32, f64)> {
        let starts: BTreeSet<u32> =
            self.metrics.values().flat_map(|metric| metric.stretches.keys().copied()).collect();
        let within = |start: &u32| start + self.width > period.from && *start < period.to;
        let value = |start: u32| {
            let value = match self.made {
                Made::OfHost => self.of_host(figure, start),
                Made::OfRestarts => Some(self.restarts(start)),
                Made::ByName(_) => self.by_name(start),
                Made::OfJvm | Made::OfDatabase => self.of_process(figure, start),
            };
            Some((start, value?))
        };
        starts.into_iter().filter(within).filter_map(value).collect()
    }

    fn told(&self, start: u32) -> impl Iterator<Item = (&SeriesKey, bool, Told<'_>)> {
        self.metrics.iter().filter_map(move |(key, metric)| {
            let parts = metric.stretches.get(&start)?;
            let of = |part: &str| {
                parts.get(part).filter(|(_, seconds)| *seconds > 0).map(|(sum, all)| sum / f64::from(*all))
            };
            let (value, rate) = match (of(""), of(".mean")) {
                (Some(value), _) => (value, Some(value)),
                (None, Some(mean)) => (mean, of(".rate")),
                _ => return None,
            };
            let sum_per_second = if of("").is_some() { rate } else { rate.map(|rate| rate * value) };
            Some((key, metric.rate, Told { key, unit: &metric.unit, value, rate, sum_per_second }))
        })
    }

    /// Of the process that is worst off.
    fn of_process(&self, figure: &str, start: u32) -> Option<f64> {
        let mut inside: BTreeMap<&Owner, Inside> = BTreeMap::new();
        // Those that say which part of the memory they are of first: others are told apart by them.
        for typed in [true, false] {
            for (key, _, told) in self.told(start).filter(|(key, ..)| is_typed(key) == typed) {
                if let Some(part) = part(&key.name) {
                    inside.entry(&key.owner).or_default().take(part, &told);
                }
            }
        }
        let of = |inside: &Inside| {
            let named = inside.figures().into_iter().find(|(name, _)| *name == figure);
            named.and_then(|(_, value)| value)
        };
        inside.values().filter_map(of).reduce(f64::max)
    }

    fn of_host(&self, figure: &str, start: u32) -> Option<f64> {
        let mut host = Host::default();
        self.told(start).for_each(|(.., told)| host.take(&told));
        let named = host.figures().into_iter().find(|(name, _)| *name == figure);
        named.and_then(|(_, value)| value)
    }

    /// Of the ten minutes up to a stretch's end.
    fn restarts(&self, start: u32) -> f64 {
        let end = start + self.width;
        let metrics = self.metrics.values();
        let stretches = metrics.flat_map(|one| one.stretches.range(end.saturating_sub(RESTARTS_OVER)..end));
        let added = stretches.flat_map(|(_, parts)| parts.values()).map(|(sum, _)| sum);
        added.sum::<f64>().round()
    }

    fn by_name(&self, start: u32) -> Option<f64> {
        let add = |sum: Option<f64>, (_, rate, told): (&SeriesKey, bool, Told<'_>)| {
            Some(match sum {
                None => told.value,
                Some(sum) if rate => sum + told.value,
                Some(most) => most.max(told.value),
            })
        };
        self.told(start).fold(None, add)
    }
}
