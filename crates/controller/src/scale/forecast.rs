//! What will come by the time an instance that is started now can serve.
//!
//! A straight line through the last minute or two, believed only as far as both halves of it agree: a ramp goes on, a step
//! has happened, and noise has no direction. What comes by the hour or the week is not known here.

use std::time::Duration;

use naru_model::scaling::Second;

use super::measure::{arrived, mean, newest};

/// Seconds that a direction is taken from.
const HALF: usize = 30;
/// Nothing further ahead is foretold.
const FARTHEST: Duration = Duration::from_secs(120);

/// Returns how many requests per second more will come after `ahead`; 0 when nothing tells.
pub(super) fn more(seconds: &[Second], ahead: Duration) -> f64 {
    let window = newest(seconds, 2 * HALF);
    if window.len() < 2 * HALF {
        return 0.0;
    }
    let (older, newer) = window.split_at(HALF);
    let (Some(first), Some(second)) = (slope(older), slope(newer)) else { return 0.0 };
    let Some(whole) = slope(window) else { return 0.0 };
    first.min(second).min(whole).max(0.0) * ahead.min(FARTHEST).as_secs_f64()
}

/// Requests per second more, each second: least squares. `None` while a second is not known.
fn slope(seconds: &[Second]) -> Option<f64> {
    let count = seconds.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mut sum = 0.0;
    for (place, second) in seconds.iter().enumerate() {
        sum += (place as f64 - middle) * arrived(second)?;
    }
    // The sum of the squared distances from the middle of 0..count.
    Some(sum / (count * (count * count - 1.0) / 12.0))
}

/// Seconds whose spread is taken.
const SPREAD_OVER: usize = 60;
/// So many standard deviations of single seconds are room for what has no direction.
const SPREAD_Z: f64 = 1.0;

/// Returns by how many requests per second more a second may exceed its mean.
pub(super) fn spread(seconds: &[Second]) -> f64 {
    let values: Vec<f64> = newest(seconds, SPREAD_OVER).iter().filter_map(arrived).collect();
    if values.is_empty() {
        return 0.0;
    }
    let usual = mean(&values);
    // About a ramp, two seconds next to each other differ by chance alone: half of their squared difference is its variance.
    let by_chance =
        values.windows(2).map(|pair| (pair[1] - pair[0]).powi(2) / 2.0).sum::<f64>() / values.len() as f64;
    SPREAD_Z * by_chance.max(usual).sqrt()
}
