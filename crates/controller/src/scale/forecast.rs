//! What will come by the time an instance that is started now can serve.
//!
//! A straight line through the last minute or two, believed only as far as both halves of it agree: a ramp goes on, a step
//! has happened, and noise has no direction. What comes by the hour or the week is not known here.

use std::time::Duration;

use naru_model::scaling::Second;

use super::measure::{arrived, newest};

/// Seconds that a direction is taken from.
const HALF: usize = 30;
/// The newer half is believed up to so many times the direction of the older one.
const STEEPER: f64 = 3.0;
/// A direction is believed less by so many standard deviations of what chance makes of it.
const SLOPE_Z: f64 = 1.0;
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
    let (Some(whole), chance) = (slope(window), chance(window)) else { return 0.0 };
    (whole - SLOPE_Z * chance).min(STEEPER * first.min(second)).max(0.0) * ahead.min(FARTHEST).as_secs_f64()
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

/// The standard deviation of a slope through so many seconds, when each differs by chance alone.
fn chance(seconds: &[Second]) -> f64 {
    let count = seconds.len() as f64;
    deviation(seconds) / (count * (count * count - 1.0) / 12.0).sqrt()
}

/// Seconds whose spread is taken.
const SPREAD_OVER: usize = 60;
/// So many standard deviations of single seconds are room for what has no direction.
const SPREAD_Z: f64 = 1.0;

/// Returns by how many requests per second more a second may exceed its mean.
pub(super) fn spread(seconds: &[Second]) -> f64 {
    SPREAD_Z * deviation(newest(seconds, SPREAD_OVER))
}

/// The standard deviation of single seconds about wherever they tend to, and at least that of a Poisson process.
fn deviation(seconds: &[Second]) -> f64 {
    let (mut count, mut sum, mut squares, mut before) = (0.0_f64, 0.0, 0.0, None);
    for value in seconds.iter().filter_map(arrived) {
        (count, sum) = (count + 1.0, sum + value);
        // Two seconds next to each other differ by chance alone: half of their squared difference is its variance.
        squares += before.map_or(0.0, |before: f64| (value - before).powi(2) / 2.0);
        before = Some(value);
    }
    (squares / count.max(1.0)).max(sum / count.max(1.0)).sqrt()
}
