//! From what was counted at two moments to what was added between them.
//!
//! A total begins anew with its process: then what it says was all added since. That is seen by a later `since`, or, where
//! nobody says since when, by a total that has fallen.
//! Source: OpenTelemetry, "Metrics Data Model", "Resets and Gaps"; Prometheus, `rate()`.

use std::time::Duration;

use naru_model::metric::MetricValue;
use naru_model::units::Timestamp;

/// Between two points farther apart than this, nobody knows when it was added.
const LONGEST_GAP: Duration = Duration::from_secs(15 * 60);
/// The first point of a series counts as added since its beginning when that is no longer ago than this: later ones begin with a
/// new label in an old process.
const FRESH: Duration = Duration::from_secs(120);
/// How long a change took of which no point before is known.
const FIRST_CHANGE: Duration = Duration::from_secs(10);

/// What a series counted said last.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Counted {
    at: Timestamp,
    since: Timestamp,
    /// Of a total its value, of a histogram how many.
    value: f64,
    distribution: Option<Distribution>,
}

/// How values fell between bounds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Distribution {
    pub(super) sum: f64,
    pub(super) bounds: Box<[f64]>,
    pub(super) counts: Box<[u64]>,
}

/// What was added from one moment to another.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Growth {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// Never negative.
    pub(super) by: f64,
    pub(super) distribution: Option<Distribution>,
}

impl Growth {
    pub(super) fn seconds(&self) -> f64 {
        self.to.since(self.from).as_secs_f64()
    }
}

/// Compares a point with what was said before it, and remembers it. [`None`]: nothing is known yet, or it is no later than
/// the one before, or it is a gauge.
pub(super) fn grown(before: &mut Option<Counted>, at: Timestamp, value: &MetricValue) -> Option<Growth> {
    match value {
        MetricValue::Gauge(_) | MetricValue::Total { monotonic: false, .. } => None,
        MetricValue::Total { since, value, .. } => {
            total(before, Counted { at, since: in_millis(*since), value: *value, distribution: None })
        }
        MetricValue::Change(by) => change(before, at, *by, None),
        MetricValue::Histogram { since, cumulative, count, sum, bounds, counts } => {
            let distribution = Some(Distribution {
                sum: *sum,
                bounds: bounds.as_slice().into(),
                counts: counts.as_slice().into(),
            });
            if *cumulative {
                total(before, Counted { at, since: in_millis(*since), value: *count as f64, distribution })
            } else {
                change(before, at, *count as f64, distribution)
            }
        }
    }
}

/// As the journal has it: what was read back must be no older than what comes.
fn in_millis(at: Timestamp) -> Timestamp {
    Timestamp(at.0 / 1000 * 1000)
}

fn total(before: &mut Option<Counted>, now: Counted) -> Option<Growth> {
    if before.as_ref().is_some_and(|before| now.at <= before.at) {
        return None;
    }
    let known = before.replace(now.clone()).filter(|before| now.at.since(before.at) <= LONGEST_GAP);
    let (from, growth) = match known {
        Some(before) if !begun_anew(&before, &now) => {
            let value = now.value - before.value;
            let added = before.distribution.zip(now.distribution);
            (before.at, (value, added.map(|(before, now)| now.less(&before))))
        }
        Some(before) => (before.at.max(now.since), (now.value, now.distribution)),
        None if now.since.0 > 0 && now.at.since(now.since) <= FRESH => {
            (now.since, (now.value, now.distribution))
        }
        None => return None,
    };
    let (by, distribution) = growth;
    (from < now.at).then(|| Growth { from, to: now.at, by: by.max(0.0), distribution })
}

fn begun_anew(before: &Counted, now: &Counted) -> bool {
    let bounds = |of: &Counted| of.distribution.as_ref().map(|of| of.bounds.clone());
    (now.since > before.since && before.since.0 > 0)
        || now.value < before.value
        || bounds(before) != bounds(now)
}

fn change(
    before: &mut Option<Counted>,
    at: Timestamp,
    by: f64,
    distribution: Option<Distribution>,
) -> Option<Growth> {
    if before.as_ref().is_some_and(|before| at <= before.at) {
        return None;
    }
    let now = Counted { at, since: Timestamp(0), value: 0.0, distribution: None };
    let known = before.replace(now).filter(|before| at.since(before.at) <= LONGEST_GAP);
    let first = || Timestamp(at.0.saturating_sub(FIRST_CHANGE.as_micros() as u64));
    let from = known.map_or_else(first, |before| before.at);
    // Of what grows and falls only its size is known, not where it stands.
    (by >= 0.0).then_some(Growth { from, to: at, by, distribution })
}

impl Distribution {
    /// What came to it since `before`, which has the same bounds.
    fn less(self, before: &Distribution) -> Distribution {
        let added = |(now, before): (&u64, &u64)| now.saturating_sub(*before);
        let counts = self.counts.iter().zip(&before.counts).map(added).collect();
        Distribution { sum: self.sum - before.sum, counts, bounds: self.bounds }
    }

    /// The value that a share `q` (0 to 1) did not exceed, as if values were spread evenly between two bounds; of what is
    /// above the last bound, that bound. [`None`] without values or bounds.
    /// Source: Prometheus, `histogram_quantile()`.
    pub(super) fn quantile(&self, q: f64) -> Option<f64> {
        let all: f64 = self.counts.iter().map(|count| *count as f64).sum();
        let (mut below, last) = (0.0, self.bounds.last()?);
        if all <= 0.0 {
            return None;
        }
        for (at, count) in self.counts.iter().map(|count| *count as f64).enumerate() {
            let Some(upper) = self.bounds.get(at) else { break };
            if count > 0.0 && below + count >= q * all {
                let lower = match at.checked_sub(1) {
                    Some(before) => self.bounds[before],
                    None => upper.min(0.0),
                };
                return Some(lower + (upper - lower) * ((q * all - below) / count).clamp(0.0, 1.0));
            }
            below += count;
        }
        Some(*last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: u64) -> Timestamp {
        Timestamp((1_790_000_000 + second) * 1_000_000)
    }

    fn of(since: Timestamp, value: f64) -> MetricValue {
        MetricValue::Total { since, value, monotonic: true }
    }

    /// What a total grew by at each of its points, and from which second on.
    fn growth(points: &[(u64, Timestamp, f64)]) -> Vec<Option<(u64, f64)>> {
        let mut before = None;
        let second = |of: Timestamp| of.0 / 1_000_000 - 1_790_000_000;
        let grown = |(to, since, value): &(u64, Timestamp, f64)| {
            grown(&mut before, at(*to), &of(*since, *value)).map(|growth| (second(growth.from), growth.by))
        };
        points.iter().map(grown).collect()
    }

    #[test]
    fn a_total_grows_and_begins_anew_with_its_process() {
        let unknown = Timestamp(0);
        assert_eq!(
            growth(&[(0, unknown, 5.0), (10, unknown, 8.0), (20, unknown, 2.0), (30, unknown, 2.0)]),
            [None, Some((0, 3.0)), Some((10, 2.0)), Some((20, 0.0))]
        );
        // Since another time it counts as new however large it is.
        assert_eq!(
            growth(&[(0, at(0), 5.0), (10, at(0), 8.0), (20, at(15), 9.0)]),
            [None, Some((0, 3.0)), Some((15, 9.0))]
        );
    }

    #[test]
    fn a_first_total_counts_when_it_has_just_begun() {
        assert_eq!(growth(&[(60, at(0), 5.0)]), [Some((0, 5.0))]);
        assert_eq!(growth(&[(600, at(0), 5.0)]), [None]);
    }

    #[test]
    fn repeated_and_older_points_add_nothing_and_a_long_gap_is_not_bridged() {
        assert_eq!(
            growth(&[(0, at(0), 5.0), (10, at(0), 6.0), (10, at(0), 9.0), (5, at(0), 9.0)])[2..],
            [None, None]
        );
        let unknown = Timestamp(0);
        assert_eq!(growth(&[(0, unknown, 5.0), (901, unknown, 6.0)]), [None, None]);
    }

    #[test]
    fn quantiles_lie_between_the_bounds_of_their_bucket() {
        let of = |counts: [u64; 4]| Distribution {
            sum: 0.0,
            bounds: [1.0, 2.0, 4.0].into(),
            counts: counts.into(),
        };
        assert_eq!(of([10, 0, 0, 0]).quantile(0.5), Some(0.5));
        assert_eq!(of([0, 10, 10, 0]).quantile(0.5), Some(2.0));
        assert_eq!(of([0, 10, 10, 0]).quantile(0.75), Some(3.0));
        assert_eq!(of([1, 0, 0, 9]).quantile(0.95), Some(4.0), "above the last bound nobody knows");
        assert_eq!(of([0; 4]).quantile(0.5), None);
        let below_zero = Distribution { sum: 0.0, bounds: [-5.0].into(), counts: [3, 0].into() };
        assert_eq!(below_zero.quantile(0.5), Some(-5.0));
    }

    #[test]
    fn a_histogram_is_what_came_since_the_point_before() {
        let of = |count, sum, counts: [u64; 3]| MetricValue::Histogram {
            since: at(0),
            cumulative: true,
            count,
            sum,
            bounds: vec![0.1, 1.0],
            counts: counts.to_vec(),
        };
        let mut before = None;
        assert!(grown(&mut before, at(500), &of(4, 2.0, [2, 1, 1])).is_none());
        let growth = grown(&mut before, at(510), &of(10, 3.5, [2, 7, 1])).unwrap();
        let added = growth.distribution.as_ref().unwrap();
        assert_eq!((growth.by, added.sum, &*added.counts), (6.0, 1.5, [0, 6, 0].as_slice()));
        // Other bounds: another histogram.
        let other = MetricValue::Histogram {
            since: at(0),
            cumulative: true,
            count: 20,
            sum: 9.0,
            bounds: vec![0.5],
            counts: vec![19, 1],
        };
        assert_eq!(grown(&mut before, at(520), &other).unwrap().by, 20.0);
    }

    proptest! {
        #[test]
        fn growth_is_never_negative_and_adds_up(
            points in proptest::collection::vec((1u64..400, any::<bool>(), -1e9f64..1e9), 1..50),
        ) {
            let (mut before, mut second, mut since) = (None, 0, at(0));
            for (later, anew, value) in points {
                second += later;
                if anew {
                    since = at(second - 1);
                }
                if let Some(growth) = grown(&mut before, at(second), &of(since, value)) {
                    prop_assert!(growth.by >= 0.0 && growth.seconds() > 0.0 && growth.to == at(second));
                }
            }
        }
    }
}
