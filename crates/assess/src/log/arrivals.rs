//! When requests came, second by second, and whose they were: what an effect is simulated from.

use std::collections::BTreeMap;

use naru_model::units::Timestamp;

use super::findings::Function;
use super::timeline::{DOUBLINGS, Timeline, coarse_seconds};

/// Seconds that are told: 400 days, 140 MB.
const MAX_SECONDS: usize = 400 * 86_400;

/// A log's requests by time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arrivals {
    /// When the first second begins: a whole hour of the log's own zone.
    pub from: Timestamp,
    /// East of UTC.
    pub offset_seconds: i32,
    /// Requests of each second, to the end of the last hour. At most 400 days.
    pub seconds: Vec<u32>,
    /// By function, in the order of [`Findings::functions`](super::findings::Findings::functions): its part of all requests of each
    /// hour, 0 to 1.
    pub shares: Vec<Vec<f32>>,
    /// Minutes whose requests had response times.
    pub minutes: Vec<Minute>,
    /// Requests that are in no second: those after 400 days, and those of hours whose seconds were not kept.
    pub left_out: u64,
}

/// A minute's load and how long its requests took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minute {
    pub requests: u32,
    /// Within an eighth of the true one.
    pub mean_seconds: f64,
}

/// Requests of a function by local hour since 1970.
pub(super) type Hours = BTreeMap<String, BTreeMap<u32, u64>>;

impl Arrivals {
    /// Of a timeline, `mean_seconds` being the mean of all response times.
    pub(super) fn new(
        timeline: &Timeline,
        offset: i32,
        functions: &[Function],
        of: &Hours,
        mean_seconds: Option<f64>,
    ) -> Arrivals {
        let (Some(first), Some(last)) = (timeline.hours.keys().next(), timeline.hours.keys().next_back())
        else {
            return Arrivals::default();
        };
        let count = ((last - first + 1) as usize).min(MAX_SECONDS / 3600);
        let mut seconds = vec![0; count * 3600];
        let (mut minutes, mut left_out) = (Vec::new(), 0);
        for (hour, seen) in &timeline.hours {
            let place = (hour - first) as usize;
            match seen.detail.as_ref().filter(|_| place < count) {
                Some(detail) => {
                    seconds[place * 3600..][..3600].copy_from_slice(&*detail.seconds);
                    minutes.extend(detail.times.iter().flat_map(|times| times.iter().filter_map(minute)));
                    left_out += seen.requests - detail.seconds.iter().map(|n| u64::from(*n)).sum::<u64>();
                }
                None => left_out += seen.requests,
            }
        }
        correct(&mut minutes, mean_seconds);
        let share = |hours: &BTreeMap<u32, u64>, hour: u32| {
            let all = timeline.hours.get(&hour).map_or(0, |seen| seen.requests);
            hours.get(&hour).copied().unwrap_or(0) as f32 / all.max(1) as f32
        };
        let shares = functions.iter().map(|function| {
            let hours = of.get(&function.name);
            (0..count as u32).map(|at| hours.map_or(0.0, |hours| share(hours, first + at))).collect()
        });
        Arrivals {
            from: Timestamp((i64::from(*first) * 3600 - i64::from(offset)).max(0) as u64 * 1_000_000),
            offset_seconds: offset,
            seconds,
            shares: shares.collect(),
            minutes,
            left_out,
        }
    }
}

/// A minute by the middle of its buckets.
fn minute(times: &[u32; DOUBLINGS]) -> Option<Minute> {
    let (mut requests, mut sum) = (0, 0.0);
    for (bucket, count) in times.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = bucket.checked_sub(1).map_or(0.0, coarse_seconds);
        requests += count;
        sum += f64::from(*count) * (from + coarse_seconds(bucket)) / 2.0;
    }
    (requests > 0).then(|| Minute { requests, mean_seconds: sum / f64::from(requests) })
}

/// Takes out what is off because of the buckets' width: all minutes together must have the mean that all requests have.
fn correct(minutes: &mut [Minute], mean_seconds: Option<f64>) {
    let requests: f64 = minutes.iter().map(|minute| f64::from(minute.requests)).sum();
    let sum: f64 = minutes.iter().map(|minute| f64::from(minute.requests) * minute.mean_seconds).sum();
    if let Some(mean) = mean_seconds.filter(|_| sum > 0.0) {
        minutes.iter_mut().for_each(|minute| minute.mean_seconds *= mean * requests / sum);
    }
}
