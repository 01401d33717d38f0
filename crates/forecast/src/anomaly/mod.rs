//! Anomalies without a threshold, online: each point is looked at in eight ways, each look says how rare that is among all
//! that this series has shown before, and what several looks find rare is surprising.
//!
//! One pass, no training, the same constants for every series. A point costs some two microseconds and a series less than
//! two KiB; `bench/forecast` measures both. Feed it means of one to ten minutes: its looks reach from one point to some
//! thousand.
//!
//! The looks are summed in digits of rarity, as Fisher combines tests ("Statistical methods for research workers", 1932);
//! since they are not independent, the sum is a measure and no exact probability.

mod alarm;
mod season;
mod shape;
mod tail;
#[cfg(test)]
mod tests;

pub use alarm::{Alarm, BAR};
use season::Season;
use serde::{Deserialize, Serialize};
use shape::Shape;
use tail::Tail;

/// The ways in which a point is looked at.
const LOOKS: usize = 8;
/// Rarity that a look must exceed to count, in decimal digits: one in ten is nothing.
const LEAST: f32 = 1.0;
/// Rarity at which a look stops counting more: one in 100,000 from a few thousand points is an extrapolation.
const MOST: f32 = 5.0;
/// Looks that a full surprise takes: three of eight that are one in 10,000 are as surprising as one could be alone.
const TOGETHER: f32 = 3.0;
/// The largest value told apart. Squares of such values stay finite.
const LARGEST: f64 = 1e18;

/// What a point is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// 0 (as ever) to 1: one less ten to the power of minus [`Verdict::surprise`]. As if it were the probability that a
    /// point of this series is less surprising; how often points of harmless series reach it, `bench/forecast` prints.
    pub score: f32,
    /// The same in decimal digits, 0 to 12: how much rarer than one in ten the looks find the point, three times the mean.
    pub surprise: f32,
    /// Whether to tell a person: it is above the bar, and not told already.
    pub anomalous: bool,
}

impl Verdict {
    const NOTHING: Verdict = Verdict { score: 0.0, surprise: 0.0, anomalous: false };
}

/// Judges one series. Serialised and read back it goes on as if nothing had been.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Detector {
    /// The first value: what is kept is the distance from it, so that a large level doesn't eat the digits.
    origin: Option<f32>,
    mean: f32,
    centre: f32,
    variance: f32,
    off_day: f32,
    off_week: f32,
    off_week_long: f32,
    season: Season,
    shape: Shape,
    shape_rarity: [f32; 2],
    tails: [Tail; LOOKS],
    alarm: Alarm,
}

impl Detector {
    /// Looks at one point, says what it is like and takes it in. `at` is in seconds since 1970 and only tells the time of
    /// the day and the week: gaps, repeats and steps of the clock do no harm. A value that is not finite is no point.
    pub fn feed(&mut self, at: i64, value: f64) -> Verdict {
        if !value.is_finite() {
            return Verdict::NOTHING;
        }
        let surprise = self.surprise(at, value);
        Verdict { score: 1.0 - 10f32.powf(-surprise), surprise, anomalous: self.alarm.hear(surprise, BAR) }
    }

    fn surprise(&mut self, at: i64, value: f64) -> f32 {
        let value = value.clamp(-LARGEST, LARGEST);
        let origin = *self.origin.get_or_insert(value as f32);
        let x = (value - f64::from(origin)) as f32;
        let smooth = |mean: &mut f32, x: f32, points: f32| {
            *mean += 2.0 / (points + 1.0) * (x - *mean);
            *mean
        };
        let level = smooth(&mut self.mean, x, 24.0);
        let scatter = self.scatter(x);
        let (of_day, of_week) = self.season.residuals(at, x);
        let looks = [
            x,
            level,
            scatter,
            smooth(&mut self.off_day, of_day, 24.0),
            smooth(&mut self.off_week, of_week, 11.0),
            smooth(&mut self.off_week_long, of_week, 24.0),
        ];
        let counted = |rarity: f32| (rarity.min(MOST) - LEAST).max(0.0);
        let mut sum = 0.0;
        for (tail, look) in self.tails.iter_mut().zip(looks) {
            sum += counted(tail.rarity(look));
            tail.learn(look);
        }
        if let Some(distances) = self.shape.distances(x) {
            for (index, distance) in distances.into_iter().enumerate() {
                let tail = &mut self.tails[looks.len() + index];
                self.shape_rarity[index] = counted(tail.rarity_above(distance));
                tail.learn(distance);
            }
        }
        (sum + self.shape_rarity.iter().sum::<f32>()) * TOGETHER / LOOKS as f32
    }

    /// Standard deviation of the last points, by weights that fall by half in 17.
    fn scatter(&mut self, x: f32) -> f32 {
        let share = 2.0 / (48.0 + 1.0);
        let off = x - self.centre;
        self.centre += share * off;
        self.variance = (1.0 - share) * (self.variance + share * off * off);
        self.variance.sqrt()
    }

    /// What this series takes in memory, in bytes. Bounded; reached after some 1,200 points.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.season.heap_bytes() + self.shape.heap_bytes()
    }
}
