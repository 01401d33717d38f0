//! A point as the journal has it. It is read back from the disk, so nothing is believed.
//!
//! ```text
//! 0 id owner unit name labels…   what a number stands for from here on
//! 1 id at value                  a gauge
//! 2 id at since value            a total; 3: one that also falls
//! 4 id at value                  a change
//! 5 id at since count sum n bounds… counts…   a histogram; 6: of changes
//! ```
//! Numbers are LEB128, times in milliseconds since 1970, values eight bytes, texts behind their length.

use std::collections::BTreeMap;

use naru_model::metric::{MetricValue, SeriesKey};
use naru_model::units::Timestamp;

use crate::packing::{Broken, pack_number, take_below, take_bytes, take_number};

use super::limits::{MAX_BUCKETS, MAX_LABELS};

const NAMED: u8 = 0;
const GAUGE: u8 = 1;
const TOTAL: u8 = 2;
const LEVEL: u8 = 3;
const CHANGE: u8 = 4;
const HISTOGRAM: u8 = 5;
const CHANGES: u8 = 6;

/// One entry as it is read back.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    Named { id: u32, key: SeriesKey, unit: String },
    Point { id: u32, at: Timestamp, value: MetricValue },
}

pub(super) fn pack_name(packed: &mut Vec<u8>, id: u32, key: &SeriesKey, unit: &str) {
    packed.push(NAMED);
    pack_number(packed, id.into());
    let owner = key.owner.to_string();
    [owner.as_str(), unit, &key.name].into_iter().for_each(|text| pack_text(packed, text));
    pack_number(packed, key.labels.len() as u64);
    for (label, value) in &key.labels {
        pack_text(packed, label);
        pack_text(packed, value);
    }
}

pub(super) fn pack_point(packed: &mut Vec<u8>, id: u32, at: Timestamp, value: &MetricValue) {
    packed.push(match value {
        MetricValue::Gauge(_) => GAUGE,
        MetricValue::Total { monotonic: true, .. } => TOTAL,
        MetricValue::Total { .. } => LEVEL,
        MetricValue::Change(_) => CHANGE,
        MetricValue::Histogram { cumulative: true, .. } => HISTOGRAM,
        MetricValue::Histogram { .. } => CHANGES,
    });
    pack_number(packed, id.into());
    pack_number(packed, at.0 / 1000);
    let double = |packed: &mut Vec<u8>, value: f64| packed.extend_from_slice(&value.to_le_bytes());
    match value {
        MetricValue::Gauge(value) | MetricValue::Change(value) => double(packed, *value),
        MetricValue::Total { since, value, .. } => {
            pack_number(packed, since.0 / 1000);
            double(packed, *value);
        }
        MetricValue::Histogram { since, count, sum, bounds, counts, .. } => {
            pack_number(packed, since.0 / 1000);
            pack_number(packed, *count);
            double(packed, *sum);
            pack_number(packed, bounds.len() as u64);
            bounds.iter().for_each(|bound| double(packed, *bound));
            counts.iter().for_each(|count| pack_number(packed, *count));
        }
    }
}

/// Takes one entry off the front.
pub(super) fn take(packed: &mut &[u8]) -> Result<Entry, Broken> {
    let [kind] = take_bytes::<1>(packed)?;
    let id = take_below(packed, u64::from(u32::MAX))? as u32;
    if kind == NAMED {
        let (key, unit) = take_key(packed)?;
        return Ok(Entry::Named { id, key, unit });
    }
    let at = take_time(packed)?;
    let value = match kind {
        GAUGE => MetricValue::Gauge(take_double(packed)?),
        CHANGE => MetricValue::Change(take_double(packed)?),
        TOTAL | LEVEL => MetricValue::Total {
            since: take_time(packed)?,
            value: take_double(packed)?,
            monotonic: kind == TOTAL,
        },
        HISTOGRAM | CHANGES => take_histogram(packed, kind == HISTOGRAM)?,
        _ => return Err(Broken::Range),
    };
    Ok(Entry::Point { id, at, value })
}

fn take_key(packed: &mut &[u8]) -> Result<(SeriesKey, String), Broken> {
    let owner = take_text(packed)?.parse().map_err(|_| Broken::Range)?;
    let (unit, name) = (take_text(packed)?, take_text(packed)?);
    let mut labels = BTreeMap::new();
    for _ in 0..take_below(packed, MAX_LABELS as u64 + 1)? {
        let label = take_text(packed)?;
        labels.insert(label, take_text(packed)?);
    }
    Ok((SeriesKey { owner, name, labels }, unit))
}

fn take_histogram(packed: &mut &[u8], cumulative: bool) -> Result<MetricValue, Broken> {
    let (since, count, sum) = (take_time(packed)?, take_number(packed)?, take_double(packed)?);
    let buckets = take_below(packed, MAX_BUCKETS as u64)?;
    let bounds = (0..buckets).map(|_| take_double(packed)).collect::<Result<_, _>>()?;
    let counts = (0..=buckets).map(|_| take_number(packed)).collect::<Result<_, _>>()?;
    Ok(MetricValue::Histogram { since, cumulative, count, sum, bounds, counts })
}

fn take_time(packed: &mut &[u8]) -> Result<Timestamp, Broken> {
    Ok(Timestamp(take_number(packed)?.saturating_mul(1000)))
}

fn take_double(packed: &mut &[u8]) -> Result<f64, Broken> {
    Ok(f64::from_le_bytes(take_bytes(packed)?))
}

fn pack_text(packed: &mut Vec<u8>, text: &str) {
    pack_number(packed, text.len() as u64);
    packed.extend_from_slice(text.as_bytes());
}

fn take_text(packed: &mut &[u8]) -> Result<String, Broken> {
    let len = usize::try_from(take_number(packed)?).map_err(|_| Broken::Range)?;
    let (head, rest) = packed.split_at_checked(len).ok_or(Broken::Short)?;
    *packed = rest;
    String::from_utf8(head.to_vec()).map_err(|_| Broken::Range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = MetricValue> {
        let time = || (0u64..1 << 50).prop_map(|millis| Timestamp(millis * 1000));
        let double = || -1e12f64..1e12;
        prop_oneof![
            double().prop_map(MetricValue::Gauge),
            double().prop_map(MetricValue::Change),
            (time(), double(), any::<bool>()).prop_map(|(since, value, monotonic)| MetricValue::Total {
                since,
                value,
                monotonic
            }),
            (
                time(),
                any::<bool>(),
                any::<u64>(),
                double(),
                proptest::collection::vec((double(), any::<u64>()), 0..20)
            )
                .prop_map(|(since, cumulative, count, sum, buckets)| {
                    let (bounds, mut counts): (Vec<_>, Vec<_>) = buckets.into_iter().unzip();
                    counts.push(7);
                    MetricValue::Histogram { since, cumulative, count, sum, bounds, counts }
                }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_packed_reads_back_and_a_cut_is_found(value in values(), id in 0u32..1 << 20, cut in any::<prop::sample::Index>()) {
            let key = SeriesKey {
                owner: "service:portal".parse().unwrap(),
                name: "jvm.memory.used".to_owned(),
                labels: [("jvm.memory.pool.name".to_owned(), "G1 Old Gen".to_owned())].into(),
            };
            let at = Timestamp(1_790_000_000_000_000);
            let mut packed = Vec::new();
            pack_name(&mut packed, id, &key, "By");
            let named = packed.len();
            pack_point(&mut packed, id, at, &value);
            let mut rest = packed.as_slice();
            prop_assert_eq!(take(&mut rest), Ok(Entry::Named { id, key, unit: "By".to_owned() }));
            prop_assert_eq!(take(&mut rest), Ok(Entry::Point { id, at, value }));
            prop_assert!(rest.is_empty());
            let cut = named + cut.index(packed.len() - named);
            let mut rest = &packed[named..cut];
            prop_assert!(take(&mut rest).is_err());
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut rest = bytes.as_slice();
            while take(&mut rest).is_ok() {}
        }
    }
}
