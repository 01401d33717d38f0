//! Answers questions about series: the last hour from memory, what is older from the files.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use naru_model::metric::{MetricName, MetricQuery, MetricSample, MetricSeries, Owner, Reading, SeriesKey};
use naru_model::series::Period;
use naru_model::units::Timestamp;

use super::file::File;
use super::lane::{SLOT, SLOTS, Stretch};
use super::limits::MAX_FOUND;
use super::table::{Shape, Source};
use super::{Shared, State};
use crate::archive::parallel;
use crate::live::MINUTE;

/// How long the stretches of an answer may be, in seconds; the shortest that fits is taken.
const WIDTHS: [u32; 12] = [10, 20, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600, 86_400];
/// A value tells of now for so long, in seconds: more than two of the minutes in which most SDKs send.
const FRESH: u32 = 150;

impl Shared {
    pub(super) fn series(&self, query: &MetricQuery, now: u32) -> Vec<MetricSeries> {
        let period = query.period;
        let border = self.state().border(now);
        let old = Period { from: period.from, to: period.to.min(border) };
        let known = self.files().clone();
        let overlaps = |file: &File| old.from < old.to && file.overlaps(old);
        let files: Vec<File> = known.into_iter().filter(overlaps).collect();
        let width = width(period, query.points, !files.is_empty());
        let mut found = Collected { width, query, series: BTreeMap::new() };
        self.read(&files, old, &mut found);
        // With nothing on the disk, the minute in which the server began is whole as it is in memory.
        let from = if files.is_empty() { period.from } else { period.from.max(border) };
        found.take_live(&self.state(), Period { from, to: period.to });
        found.into_series()
    }

    fn read(&self, files: &[File], period: Period, found: &mut Collected<'_>) {
        let owner = found.query.owner.as_ref();
        let name = |name: &str| matches(&found.query.name, name);
        let read = Mutex::new(Vec::new());
        parallel::each(files, |file| match file.read(owner, &name) {
            Ok(rows) => read.lock().unwrap_or_else(PoisonError::into_inner).extend(rows),
            Err(error) => self.leave_out(file, &error),
        });
        for row in read.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let within = |minute: &&Stretch| minute.start + MINUTE > period.from && minute.start < period.to;
            let minutes = row.minutes.iter().filter(within);
            found.add(&row.key, &row.unit, row.rate, minutes.map(|minute| (*minute, MINUTE)));
        }
    }

    /// Leaves a damaged file alone from now on.
    pub(super) fn leave_out(&self, file: &File, error: &crate::archive::error::Error) {
        let mut files = self.files();
        let before = files.len();
        files.retain(|other| other.path != file.path);
        if files.len() < before && file.path.exists() {
            (self.log)(&super::keeper::left_out(error));
        }
    }

    pub(super) fn names(&self, owner: Option<&Owner>, name: &str) -> Vec<MetricName> {
        let state = self.state();
        let mut names: BTreeMap<(&Owner, String), MetricName> = BTreeMap::new();
        for source in
            state.table.sources().filter(|source| owner.is_none_or(|owner| source.key.owner == *owner))
        {
            for (place, suffix) in source.shape.suffixes().iter().enumerate() {
                let full = format!("{}{suffix}", source.key.name);
                if !full.contains(name) {
                    continue;
                }
                let last = Timestamp(u64::from(source.last_at) * 1_000_000);
                let known =
                    names.entry((&source.key.owner, full)).or_insert_with_key(|(owner, full)| MetricName {
                        owner: (*owner).clone(),
                        name: full.clone(),
                        unit: source.unit_of(place).to_owned(),
                        series: 0,
                        last,
                    });
                known.series += 1;
                known.last = known.last.max(last);
            }
        }
        names.into_values().collect()
    }

    pub(super) fn latest(&self, names: &[String], now: u32) -> Vec<Reading> {
        let state = self.state();
        let mut found: HashMap<(&Owner, &str), f64> = HashMap::new();
        for source in state.fresh(now) {
            let Some(name) = names.iter().find(|name| **name == source.key.name) else { continue };
            let Some(value) = source.last() else { continue };
            let sum = found.entry((&source.key.owner, name)).or_insert(f64::NAN);
            *sum = match source.shape {
                _ if sum.is_nan() => value,
                Shape::Total => *sum + value,
                Shape::Level | Shape::Histogram => sum.max(value),
            };
        }
        let reading = |((owner, figure), value): ((&Owner, &str), f64)| Reading {
            owner: owner.clone(),
            figure: figure.to_owned(),
            value,
        };
        found.into_iter().map(reading).collect()
    }
}

impl State {
    /// From when on the answer is in memory; the beginning of a minute.
    pub(super) fn border(&self, now: u32) -> u32 {
        // The last slots may be written over while the answer is made.
        let kept = now.saturating_sub(SLOT * (SLOTS as u32 - 30));
        self.since.max(kept).next_multiple_of(MINUTE)
    }

    /// What told something lately.
    pub(super) fn fresh(&self, now: u32) -> impl Iterator<Item = &Source> {
        self.table.sources().filter(move |source| source.last_at.saturating_add(FRESH) >= now)
    }
}

/// The shortest stretches that give no more than so many points; what is on the disk is there by minutes.
pub(super) fn width(period: Period, points: u32, by_minutes: bool) -> u32 {
    let seconds = period.to.saturating_sub(period.from);
    let fits = |width: &&u32| seconds.div_ceil(**width) <= points.max(1);
    let least = if by_minutes { MINUTE } else { SLOT };
    WIDTHS.iter().filter(|width| **width >= least).find(fits).copied().unwrap_or_else(|| {
        // Longer than the list: as long as it takes.
        seconds.div_ceil(points.max(1)).max(least)
    })
}

/// Whether a series' name is asked for: as it is, as the beginning before `*`, or as the histogram that it is of.
fn matches(wanted: &str, name: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => {
            let behind = name.strip_prefix(wanted);
            behind.is_some_and(|behind| behind.is_empty() || super::table::OF_HISTOGRAM.contains(&behind))
        }
    }
}

struct Collected<'q> {
    width: u32,
    query: &'q MetricQuery,
    series: BTreeMap<SeriesKey, Series>,
}

struct Series {
    unit: String,
    rate: bool,
    /// By their start.
    stretches: BTreeMap<u32, Sum>,
}

#[derive(Clone, Copy)]
struct Sum {
    /// Values by seconds, and seconds.
    weighted: f64,
    seconds: u32,
    min: f32,
    max: f32,
}

impl Collected<'_> {
    fn take_live(&mut self, state: &State, period: Period) {
        if period.from >= period.to {
            return;
        }
        let owner = self.query.owner.as_ref();
        let mine = |source: &&Source| owner.is_none_or(|owner| source.key.owner == *owner);
        for source in state.table.sources().filter(mine).filter(|source| source.last_at >= period.from) {
            for (place, (suffix, lane)) in source.shape.suffixes().iter().zip(&source.lanes).enumerate() {
                let name = format!("{}{suffix}", source.key.name);
                if !matches(&self.query.name, &name) || !self.has_labels(&source.key) {
                    continue;
                }
                let key = SeriesKey { name, ..(*source.key).clone() };
                let stretches = lane.stretches(period.from, period.to);
                let rate = source.shape.is_rate(place);
                self.add(&key, source.unit_of(place), rate, stretches.map(|one| (one, SLOT)));
            }
        }
    }

    fn has_labels(&self, key: &SeriesKey) -> bool {
        self.query.labels.iter().all(|(label, value)| key.labels.get(label) == Some(value))
    }

    fn add(
        &mut self,
        key: &SeriesKey,
        unit: &str,
        rate: bool,
        stretches: impl Iterator<Item = (Stretch, u32)>,
    ) {
        let full = self.series.len() >= MAX_FOUND && !self.series.contains_key(key);
        if full || !self.has_labels(key) {
            return;
        }
        let width = self.width;
        let mut stretches = stretches.peekable();
        if stretches.peek().is_none() {
            return;
        }
        let series = self.series.entry(key.clone()).or_insert_with(|| Series {
            unit: unit.to_owned(),
            rate,
            stretches: BTreeMap::new(),
        });
        for (one, seconds) in stretches {
            let empty = Sum { weighted: 0.0, seconds: 0, min: f32::MAX, max: f32::MIN };
            let sum = series.stretches.entry(one.start - one.start % width).or_insert(empty);
            sum.weighted += f64::from(one.mean) * f64::from(seconds);
            sum.seconds += seconds;
            sum.min = sum.min.min(one.min);
            sum.max = sum.max.max(one.max);
        }
    }

    fn into_series(self) -> Vec<MetricSeries> {
        let width = self.width;
        let sample = |(at, sum): (u32, Sum)| MetricSample {
            at,
            seconds: width,
            mean: sum.weighted / f64::from(sum.seconds),
            min: f64::from(sum.min),
            max: f64::from(sum.max),
        };
        let series = self.series.into_iter().map(|(key, series)| MetricSeries {
            owner: key.owner,
            name: key.name,
            unit: series.unit,
            labels: key.labels,
            rate: series.rate,
            points: series.stretches.into_iter().map(sample).collect(),
        });
        series.collect()
    }
}
