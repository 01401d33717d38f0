//! All series in memory: finds a point's series, makes what is stored of it, and keeps to the bounds.

use std::collections::HashMap;
use std::sync::Arc;

use naru_model::metric::{MetricPoint, MetricValue, Owner, SeriesKey};
use naru_model::units::Timestamp;

use super::growth::{Counted, Growth, grown};
use super::jvm::Told;
use super::lane::Lane;
use super::limits::{
    FORGOTTEN_AFTER, MAX_BUCKETS, MAX_LABEL_BYTES, MAX_LABELS, MAX_LATE, MAX_NAME, SERIES, SERIES_OF_ONE,
};
use crate::store::second_of;

/// What is stored of a histogram, each under the metric's name with this behind it.
pub(super) const OF_HISTOGRAM: [&str; 5] = [".rate", ".mean", ".p50", ".p95", ".p99"];
/// Places in [`OF_HISTOGRAM`].
const RATE: usize = 0;
const MEAN: usize = 1;
const QUANTILES: [(usize, f64); 3] = [(2, 0.5), (3, 0.95), (4, 0.99)];

/// What a metric's points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Level,
    Total,
    Histogram,
}

impl Shape {
    fn of(value: &MetricValue) -> Shape {
        match value {
            MetricValue::Gauge(_) | MetricValue::Total { monotonic: false, .. } => Shape::Level,
            MetricValue::Total { .. } | MetricValue::Change(_) => Shape::Total,
            MetricValue::Histogram { .. } => Shape::Histogram,
        }
    }

    /// Under which names its series are stored.
    pub(super) fn suffixes(self) -> &'static [&'static str] {
        match self {
            Shape::Level | Shape::Total => &[""],
            Shape::Histogram => &OF_HISTOGRAM,
        }
    }

    /// Whether the series with this place holds rates per second.
    pub(super) fn is_rate(self, place: usize) -> bool {
        self == Shape::Total || (self == Shape::Histogram && place == RATE)
    }
}

/// One metric of one owner with one set of labels.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) key: Arc<SeriesKey>,
    pub(super) unit: Box<str>,
    pub(super) shape: Shape,
    before: Option<Counted>,
    /// As many as the shape has suffixes.
    pub(super) lanes: Box<[Lane]>,
    /// When its last point was, in seconds since 1970.
    pub(super) last_at: u32,
    /// The journal that knows its name; counted by [`Table::forget_names`].
    told: u32,
}

/// What was not taken, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// There was no place left.
    pub too_many: u64,
    /// A name, its labels or its buckets were too long.
    pub too_long: u64,
    pub too_late: u64,
    /// No number, or a histogram that contradicts itself.
    pub broken: u64,
    /// In memory, but not in the journal, because the disk was too slow: lost should naru be killed.
    pub unwritten: u64,
}

impl Dropped {
    pub fn all(&self) -> u64 {
        self.too_many + self.too_long + self.too_late + self.broken + self.unwritten
    }
}

#[derive(Debug)]
pub(super) struct Table {
    sources: Vec<Option<Source>>,
    free: Vec<u32>,
    places: HashMap<Arc<SeriesKey>, u32>,
    /// Series held, in all and by owner.
    held: usize,
    held_by: HashMap<Owner, usize>,
    journal: u32,
    pub(super) dropped: Dropped,
}

/// A point that was taken: where, and whether the journal doesn't know its name yet.
pub(super) struct Taken {
    pub(super) id: u32,
    pub(super) is_new: bool,
}

impl Default for Table {
    fn default() -> Table {
        Table {
            sources: Vec::new(),
            free: Vec::new(),
            places: HashMap::new(),
            held: 0,
            held_by: HashMap::new(),
            // No source is told in it.
            journal: 1,
            dropped: Dropped::default(),
        }
    }
}

impl Table {
    /// Takes a point in, or drops and counts it. One from the future is from now.
    pub(super) fn take(&mut self, point: &MetricPoint, now: Timestamp) -> Option<Taken> {
        let at = point.at.min(now);
        if second_of(now).saturating_sub(second_of(at)) > MAX_LATE {
            self.dropped.too_late += 1;
            return None;
        }
        if !is_sound(&point.value) {
            self.dropped.broken += 1;
            return None;
        }
        let id = self.place(point)?;
        let source = self.sources[id as usize].as_mut()?;
        let second = second_of(at);
        source.last_at = source.last_at.max(second);
        let is_new = source.told != self.journal;
        source.told = self.journal;
        match &point.value {
            MetricValue::Gauge(value) | MetricValue::Total { value, monotonic: false, .. } => {
                source.lanes[0].note(second, *value);
            }
            counted => {
                if let Some(growth) = grown(&mut source.before, at, counted) {
                    source.add(&growth);
                }
            }
        }
        Some(Taken { id, is_new })
    }

    fn place(&mut self, point: &MetricPoint) -> Option<u32> {
        let shape = Shape::of(&point.value);
        if let Some(id) = self.places.get(&point.key).copied() {
            let same = self.sources[id as usize].as_ref().is_some_and(|source| source.shape == shape);
            if same {
                return Some(id);
            }
            // A program that says something else under the same name than it said before.
            self.forget(id);
        }
        if is_too_long(&point.key) || buckets(&point.value) > MAX_BUCKETS {
            self.dropped.too_long += 1;
            return None;
        }
        let wanted = shape.suffixes().len();
        let of_owner = self.held_by.get(&point.key.owner).copied().unwrap_or(0);
        if self.held + wanted > SERIES || of_owner + wanted > SERIES_OF_ONE {
            self.dropped.too_many += 1;
            return None;
        }
        let key = Arc::new(point.key.clone());
        let source = Source {
            key: key.clone(),
            unit: point.unit.chars().take(MAX_NAME).collect::<String>().into(),
            shape,
            before: None,
            lanes: (0..wanted).map(|_| Lane::default()).collect(),
            last_at: 0,
            told: 0,
        };
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                self.sources.push(None);
                (self.sources.len() - 1) as u32
            }
        };
        self.sources[id as usize] = Some(source);
        self.held += wanted;
        *self.held_by.entry(key.owner.clone()).or_default() += wanted;
        self.places.insert(key, id);
        Some(id)
    }

    fn forget(&mut self, id: u32) {
        let Some(source) = self.sources[id as usize].take() else { return };
        self.places.remove(&source.key);
        self.free.push(id);
        self.held -= source.lanes.len();
        if let Some(held) = self.held_by.get_mut(&source.key.owner) {
            *held -= source.lanes.len();
            if *held == 0 {
                self.held_by.remove(&source.key.owner);
            }
        }
    }

    /// Forgets what has been silent for an hour: instances that are gone, most of all.
    pub(super) fn forget_silent(&mut self, now: u32) {
        let silent = |source: &Source| source.last_at.saturating_add(FORGOTTEN_AFTER) < now;
        let gone: Vec<u32> = (0u32..)
            .zip(&self.sources)
            .filter(|(_, source)| source.as_ref().is_some_and(silent))
            .map(|(id, _)| id)
            .collect();
        gone.into_iter().for_each(|id| self.forget(id));
    }

    /// A new journal knows no names.
    pub(super) fn forget_names(&mut self) {
        self.journal += 1;
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().flatten()
    }

    /// How many series there are.
    pub(super) fn held(&self) -> usize {
        self.held
    }
}

impl Source {
    fn add(&mut self, growth: &Growth) {
        let (from, to) = (growth.from.0, growth.to.0);
        let per_second = growth.by / growth.seconds();
        self.lanes[RATE].spread(from, to, per_second, 1.0);
        let Some(distribution) = growth.distribution.as_ref().filter(|_| growth.by > 0.0) else { return };
        self.lanes[MEAN].spread(from, to, distribution.sum / growth.by, per_second);
        for (place, q) in QUANTILES {
            if let Some(value) = distribution.quantile(q) {
                self.lanes[place].spread(from, to, value, per_second);
            }
        }
    }

    /// The unit of the series with this place: a rate of how many has none of its own.
    pub(super) fn unit_of(&self, place: usize) -> &str {
        if self.shape == Shape::Histogram && place == RATE { "1" } else { &self.unit }
    }

    /// The last value: of a total its rate, of a histogram its mean.
    pub(super) fn last(&self) -> Option<f64> {
        self.lanes[if self.shape == Shape::Histogram { MEAN } else { 0 }].last()
    }

    /// What it told last.
    pub(super) fn told(&self) -> Option<Told<'_>> {
        let rate = self.lanes[RATE].last();
        let sum_per_second = match (self.shape, rate) {
            (Shape::Histogram, Some(rate)) if rate > 0.0 => self.lanes[MEAN].last().map(|mean| rate * mean),
            _ => rate,
        };
        Some(Told { key: &self.key, unit: &self.unit, value: self.last()?, rate, sum_per_second })
    }
}

fn is_sound(value: &MetricValue) -> bool {
    match value {
        MetricValue::Gauge(value) | MetricValue::Change(value) | MetricValue::Total { value, .. } => {
            value.is_finite()
        }
        MetricValue::Histogram { sum, bounds, counts, .. } => {
            let ascending = bounds.windows(2).all(|pair| pair[0] < pair[1]);
            let finite = sum.is_finite() && bounds.iter().all(|bound| bound.is_finite());
            finite && ascending && counts.len() == bounds.len() + 1
        }
    }
}

fn buckets(value: &MetricValue) -> usize {
    match value {
        MetricValue::Histogram { counts, .. } => counts.len(),
        _ => 0,
    }
}

fn is_too_long(key: &SeriesKey) -> bool {
    let bytes: usize = key.labels.iter().map(|(label, value)| label.len() + value.len()).sum();
    key.name.is_empty()
        || key.name.len() > MAX_NAME
        || key.labels.len() > MAX_LABELS
        || bytes > MAX_LABEL_BYTES
}
