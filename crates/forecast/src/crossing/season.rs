//! What day and week add to a course, and how far that may be believed.
//!
//! Source: the additive season of Holt-Winters (Winters 1960) in buckets; its share of belief is shrinkage by what it has
//! explained so far, as of James and Stein, "Estimation with quadratic loss" (1961).

use serde::{Deserialize, Serialize};

const DAY_SECONDS: i64 = 86_400;
const WEEK_SECONDS: i64 = 7 * DAY_SECONDS;
/// Half hours.
const DAY_BUCKETS: usize = 48;
/// Hours.
const WEEK_BUCKETS: usize = 168;
/// Share of a new day in a bucket's mean, spread over the steps that fall into it.
const SHARE: f32 = 0.3;
/// Share of a step in what is explained: some two days of five-minute steps count.
const BELIEF_SHARE: f32 = 0.002;
/// A bucket in which nothing was seen.
const UNSEEN: f32 = f32::MAX;

/// Mean distance from the mean of the day, by time of the day and of the week in UTC.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Season {
    day: Vec<f32>,
    week: Vec<f32>,
    /// Mean square of the distances with nothing, the day's and the week's season taken off.
    squares: [f32; 3],
    judged: f32,
    /// Seconds of the course that went in.
    learned: u32,
}

impl Season {
    /// Takes in how far the course was from the day's mean at a step of `step` seconds.
    pub(super) fn learn(&mut self, at: i64, step: i64, off: f32) {
        self.day.resize(DAY_BUCKETS, UNSEEN);
        self.week.resize(WEEK_BUCKETS, UNSEEN);
        let day = seen(self.day[bucket(at, DAY_SECONDS, DAY_BUCKETS)]).unwrap_or(0.0);
        let week = seen(self.week[bucket(at, WEEK_SECONDS, WEEK_BUCKETS)]).unwrap_or(0.0);
        self.learned = self.learned.saturating_add(u32::try_from(step).unwrap_or(u32::MAX));
        // What a season explains is only judged once each of its buckets holds an earlier day, or an earlier week.
        if i64::from(self.learned) > DAY_SECONDS {
            self.judged = (self.judged + 1.0).min(1.0 / BELIEF_SHARE);
            let of_week = if i64::from(self.learned) > WEEK_SECONDS + DAY_SECONDS / 4 { week } else { day };
            for (square, left) in self.squares.iter_mut().zip([off, off - day, off - of_week]) {
                *square += (left * left - *square) / self.judged;
            }
        }
        take(&mut self.day[bucket(at, DAY_SECONDS, DAY_BUCKETS)], off, share(step, DAY_SECONDS, DAY_BUCKETS));
        take(
            &mut self.week[bucket(at, WEEK_SECONDS, WEEK_BUCKETS)],
            off,
            share(step, WEEK_SECONDS, WEEK_BUCKETS),
        );
    }

    /// What the season is expected to add at a time: the better of day and week, by the share that it explains.
    pub(super) fn at(&self, at: i64) -> f32 {
        let [nothing, day, week] = self.squares;
        if i64::from(self.learned) < 2 * DAY_SECONDS {
            return 0.0;
        }
        let best = day.min(week);
        if self.day.len() != DAY_BUCKETS
            || self.week.len() != WEEK_BUCKETS
            || nothing <= 0.0
            || best >= nothing
        {
            return 0.0;
        }
        let of_day = smooth(&self.day, at, DAY_SECONDS);
        let of_week = seen(self.week[bucket(at, WEEK_SECONDS, WEEK_BUCKETS)])
            .map(|_| smooth(&self.week, at, WEEK_SECONDS));
        let season = if week < day { of_week.unwrap_or(of_day) } else { of_day };
        (1.0 - best / nothing) * season
    }

    pub(super) fn heap_bytes(&self) -> usize {
        (self.day.capacity() + self.week.capacity()) * size_of::<f32>()
    }
}

fn bucket(at: i64, period: i64, buckets: usize) -> usize {
    (at.rem_euclid(period) as u64 * buckets as u64 / period as u64) as usize
}

fn share(step: i64, period: i64, buckets: usize) -> f32 {
    (SHARE * step as f32 * buckets as f32 / period as f32).min(SHARE)
}

fn seen(mean: f32) -> Option<f32> {
    (mean != UNSEEN).then_some(mean)
}

fn take(mean: &mut f32, off: f32, share: f32) {
    if *mean == UNSEEN {
        *mean = off;
    } else {
        *mean += share * (off - *mean);
    }
}

/// Between the middles of two neighbouring buckets the season goes straight.
fn smooth(means: &[f32], at: i64, period: i64) -> f32 {
    let place = at.rem_euclid(period) as f64 / period as f64 * means.len() as f64;
    let mine = (place as usize).min(means.len() - 1);
    let off = (place - mine as f64 - 0.5) as f32;
    let other = (mine + if off >= 0.0 { 1 } else { means.len() - 1 }) % means.len();
    let mean = seen(means[mine]).unwrap_or(0.0);
    mean + off.abs() * (seen(means[other]).unwrap_or(mean) - mean)
}
