//! When a series will reach a level, if its course goes on: with an interval, and only when it is likely enough to act on.
//!
//! The course of the last six hours, its season taken off, gives a robust line; the season of the hours ahead is put back
//! on; and how far the truth may be from that is what the same prediction was off by before, at the same distance. So a
//! series of bursts, whose trends never lasted, is not believed, and a leak, whose line always held, is.

mod errors;
mod fit;
mod season;
#[cfg(test)]
mod tests;

use errors::{AHEAD, Errors};
use fit::Line;
use season::Season;
use serde::{Deserialize, Serialize};

/// Steps whose course is looked at: six hours of five minutes.
const COURSE: usize = 72;
/// Steps that are looked ahead: four hours of five minutes.
pub const FARTHEST: usize = 48;
/// Steps in a row that must be off the line until a new course begins.
const NEW_AFTER: u8 = 3;
/// Off the line is farther than so many median distances from it.
const OFF: f32 = 6.0;
/// A rise counts as one when it is more than so many median distances.
const RISE: f32 = 2.0;
/// Probability from which a crossing is said: two of three notices or more come true on most kinds of series.
pub const LIKELY: f32 = 0.7;
/// Probability that the crossing is within the interval that is said.
pub const COVERAGE: f32 = 0.8;
/// The largest value told apart. Squares of such values stay finite.
const LARGEST: f64 = 1e18;

/// Which side of the level is the wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Side {
    /// Memory used, response times.
    #[default]
    Above,
    /// Space left, Apdex.
    Below,
}

/// A crossing to come. Times are in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// As likely before as after, as far as [`FARTHEST`] steps are looked ahead.
    pub at: i64,
    /// Earlier with a probability of (1 − [`COVERAGE`]) / 2.
    pub from: i64,
    /// Later with the same probability; [`None`] when that is farther than is looked.
    pub until: Option<i64>,
    /// Probability that it comes within the time asked for, 0 to 1.
    pub probability: f32,
}

/// The course of one series towards one side. Serialised and read back it goes on as if nothing had been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Course {
    side: Side,
    /// Seconds.
    step: u32,
    /// The first value: what is kept is the distance from it.
    origin: Option<f32>,
    /// The step that is being filled and the highest value of it so far.
    open: Option<(i64, f32)>,
    last: f32,
    /// The highest values of the last steps, without their season.
    course: Vec<f32>,
    line: Option<Line>,
    /// Where the top of the teeth was, and the slope, after each of the last steps.
    said: Vec<(f32, f32)>,
    day_mean: f32,
    steps: u32,
    off_line: i8,
    season: Season,
    errors: Errors,
}

impl Course {
    /// For values that come every `step` seconds, or more often: the highest of each step counts. At least a second; five
    /// minutes suit what comes every few seconds or minutes.
    pub fn new(step: u32, side: Side) -> Course {
        Course {
            side,
            step: step.max(1),
            origin: None,
            open: None,
            last: 0.0,
            course: Vec::new(),
            line: None,
            said: Vec::new(),
            day_mean: 0.0,
            steps: 0,
            off_line: 0,
            season: Season::default(),
            errors: Errors::default(),
        }
    }

    /// Takes in a value. `at` is in seconds since 1970. A value that is not finite, or of the step before the last, is
    /// left out. After a gap of more than half of the course, or a step of the clock, a new course begins.
    pub fn feed(&mut self, at: i64, value: f64) {
        if !value.is_finite() {
            return;
        }
        let x = self.distance(value);
        let step = at.div_euclid(i64::from(self.step.max(1)));
        let Some((open, highest)) = self.open else {
            (self.open, self.last) = (Some((step, x)), x);
            return;
        };
        match step.saturating_sub(open) {
            -1 => return,
            0 => self.open = Some((open, highest.max(x))),
            missed => {
                self.close(open, highest);
                if (1..=COURSE as i64 / 2).contains(&missed) {
                    // A short gap is bridged by what was there before it.
                    (1..missed).for_each(|gap| self.close(open + gap, highest));
                } else {
                    self.begin_anew(0);
                }
                self.open = Some((step, x));
            }
        }
        self.last = x;
    }

    /// Towards the wrong side from the first value.
    fn distance(&mut self, value: f64) -> f32 {
        let signed = self.signed(value);
        (signed - f64::from(*self.origin.get_or_insert(signed as f32))) as f32
    }

    fn signed(&self, value: f64) -> f64 {
        if self.side == Side::Above { value } else { -value }.clamp(-LARGEST, LARGEST)
    }

    /// Begins a new course with the last `kept` steps.
    fn begin_anew(&mut self, kept: usize) {
        self.course.drain(..self.course.len().saturating_sub(kept));
        self.said.clear();
        (self.line, self.off_line) = (None, 0);
    }

    fn close(&mut self, step: i64, highest: f32) {
        let at = step.saturating_mul(i64::from(self.step));
        let y = highest - self.season.at(at);
        if let Some(line) = self.line {
            self.check(y, &line);
            self.notice(y, &line);
        }
        self.steps = self.steps.saturating_add(1);
        let day = (86_400.0 / self.step as f32).max(1.0);
        self.day_mean += (highest - self.day_mean) / (self.steps as f32).min(day);
        self.season.learn(at, i64::from(self.step), highest - self.day_mean);
        keep(&mut self.course, y, COURSE);
        self.line = fit::line(&self.course);
        if let Some(line) = &self.line {
            keep(&mut self.said, (line.level + line.teeth, line.slope), FARTHEST);
        }
    }

    /// Compares what was said before with the highest that came since.
    fn check(&mut self, y: f32, line: &Line) {
        let mut highest = y;
        for (index, &ahead) in AHEAD.iter().enumerate() {
            let Some(&(top, slope)) =
                self.said.len().checked_sub(ahead).and_then(|place| self.said.get(place))
            else {
                return;
            };
            let since = self.course.len().saturating_sub(ahead - 1);
            highest = self.course[since..].iter().copied().fold(highest, f32::max);
            let rise = (slope * ahead as f32).max(0.0);
            self.errors.learn(index, highest - top - self.errors.lasting(ahead) * rise);
            if rise > (RISE * line.scatter).max(f32::MIN_POSITIVE) {
                self.errors.learn_lasting(index, (highest - top) / rise);
            }
        }
    }

    /// Begins anew when the course has left its line: a restart, a new level, a leak that begins.
    fn notice(&mut self, y: f32, line: &Line) {
        let off = y - line.level - line.slope;
        let scatter = line.scatter.max(1e-6 * line.level.abs());
        let side = if off.abs() > OFF * scatter { off.signum() as i8 } else { 0 };
        self.off_line = if side != 0 && side == self.off_line.signum() {
            self.off_line.saturating_add(side)
        } else {
            side
        };
        if self.off_line.unsigned_abs() >= NEW_AFTER {
            self.begin_anew(usize::from(NEW_AFTER) - 1);
        }
    }

    /// When the series will reach `threshold`, as seen at `now` (the time of the last value fed, or soon after). [`None`]
    /// when it is there already, when too little was seen, and when it is not [`LIKELY`] `within` so many seconds.
    pub fn ahead(&self, threshold: f64, now: i64, within: i64) -> Option<Crossing> {
        self.crossing(threshold, now, within).filter(|crossing| crossing.probability >= LIKELY)
    }

    /// As [`Course::ahead`], however unlikely. [`None`] also when it won't come within [`FARTHEST`] steps in one of ten
    /// cases.
    pub fn crossing(&self, threshold: f64, now: i64, within: i64) -> Option<Crossing> {
        let threshold = (self.signed(threshold) - f64::from(self.origin?)) as f32;
        let line = self.line.as_ref()?;
        if self.last >= threshold || threshold.is_nan() {
            return None;
        }
        let step = i64::from(self.step);
        let (mut reached, mut times, mut probability) = (0.0f32, [None; 3], 0.0);
        let quantiles = [(1.0 - COVERAGE) / 2.0, 0.5, (1.0 + COVERAGE) / 2.0];
        for ahead in 1..=FARTHEST {
            let at = now.saturating_add(ahead as i64 * step);
            let before = reached;
            reached = reached.max(self.reached_by(ahead, at, threshold, line)?);
            if ahead as i64 * step <= within.max(step) {
                probability = reached;
            }
            for (time, quantile) in times.iter_mut().zip(quantiles) {
                if time.is_none() && reached >= quantile {
                    let share = (quantile - before) / (reached - before).max(f32::MIN_POSITIVE);
                    *time = Some(at - step + (share.clamp(0.0, 1.0) * step as f32) as i64);
                }
            }
        }
        let [from, at, until] = times;
        let farthest = now.saturating_add(FARTHEST as i64 * step);
        Some(Crossing { at: at.unwrap_or(farthest), from: from?, until, probability })
    }

    /// Probability that the highest value of the steps until the one `ahead`, at the time `at`, reaches the threshold.
    fn reached_by(&self, ahead: usize, at: i64, threshold: f32, line: &Line) -> Option<f32> {
        // A slope through few numbers is not sure: Sen, "Estimates of the regression coefficient based on Kendall's tau"
        // (JASA 63, 1968).
        let unsure = 3.0 * line.scatter / (line.length as f32).powf(1.5);
        let rise = self.errors.lasting(ahead) * (line.slope * ahead as f32).max(0.0);
        let expected = line.level + line.teeth + rise + self.season.at(at);
        Some(self.errors.spread(ahead)?.wider(unsure * ahead as f32).beyond(threshold - expected))
    }

    /// What this course takes in memory, in bytes. Bounded.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.season.heap_bytes()
            + self.course.capacity() * size_of::<f32>()
            + self.said.capacity() * size_of::<(f32, f32)>()
    }
}

/// Adds to the last `most`.
fn keep<T>(last: &mut Vec<T>, one: T, most: usize) {
    last.reserve_exact(most.saturating_sub(last.len()));
    if last.len() >= most {
        last.remove(0);
    }
    last.push(one);
}
