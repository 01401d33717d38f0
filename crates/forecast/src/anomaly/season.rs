//! What is usual at this time of the day and of the week: a mean per bucket, learned as the days go by.
//!
//! Source: the seasonal part of Holt-Winters (Winters, "Forecasting sales by exponentially weighted moving averages",
//! Management Science 6, 1960), with a smoothed mean per bucket and no level or trend, which the other looks have.

use serde::{Deserialize, Serialize};

const DAY_SECONDS: i64 = 86_400;
/// Half hours.
const DAY_BUCKETS: usize = 48;
/// Hours.
const WEEK_BUCKETS: usize = 168;
/// Share of a new value in its bucket's mean: the last dozen values count, four days of five-minute points.
const SHARE: f32 = 0.15;
/// A bucket in which nothing was seen. Values are bounded far below it.
const UNSEEN: f32 = f32::MAX;

/// Means by time of the day and of the week, in UTC.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Season {
    day: Vec<f32>,
    week: Vec<f32>,
}

impl Season {
    /// How far `x` is from what is usual at this time of the day, and of the week (of the day, until that time of the week
    /// was seen). Takes `x` in.
    pub(super) fn residuals(&mut self, at: i64, x: f32) -> (f32, f32) {
        self.day.resize(DAY_BUCKETS, UNSEEN);
        self.week.resize(WEEK_BUCKETS, UNSEEN);
        let of_day = take(&mut self.day[bucket(at, DAY_SECONDS, DAY_BUCKETS)], x);
        let of_week = take(&mut self.week[bucket(at, 7 * DAY_SECONDS, WEEK_BUCKETS)], x);
        (of_day.unwrap_or(0.0), of_week.or(of_day).unwrap_or(0.0))
    }

    pub(super) fn heap_bytes(&self) -> usize {
        (self.day.capacity() + self.week.capacity()) * size_of::<f32>()
    }
}

fn bucket(at: i64, period: i64, buckets: usize) -> usize {
    // Within the period, so it fits; and below `buckets`.
    (at.rem_euclid(period) as u64 * buckets as u64 / period as u64) as usize
}

fn take(mean: &mut f32, x: f32) -> Option<f32> {
    if *mean == UNSEEN {
        *mean = x;
        return None;
    }
    let residual = x - *mean;
    *mean += SHARE * residual;
    Some(residual)
}
