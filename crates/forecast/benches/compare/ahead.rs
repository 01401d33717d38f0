//! Methods that say when a series will cross a level, the one in the crate and those it is compared with.
//!
//! Each is asked the same at every step: will it be crossed within the next [`FARTHEST`] steps? Each has a knob that
//! trades recall for false alarms, so that they can be compared at equal false alarms.

use crate::series::Watched;
use naru_forecast::crossing::{Course, Crossing, FARTHEST, Side};

/// What a method says at a step: when, and how sure (in units of its knob; the larger the surer).
#[derive(Clone, Copy)]
pub(crate) struct Said {
    pub(crate) sure: f64,
    pub(crate) at: i64,
    pub(crate) interval: Option<(i64, Option<i64>)>,
}

pub(crate) trait Method {
    fn name(&self) -> &'static str;
    /// Values of the knob from the least to the most that is said.
    fn knobs(&self) -> Vec<f64>;
    /// The knob as people know it.
    fn knob_text(&self, knob: f64) -> String;
    /// For each index in `looks` what is said there, knowing nothing of what comes after.
    fn say(&self, series: &Watched, looks: &[usize]) -> Vec<Option<Said>>;
}

pub(crate) fn all() -> Vec<Box<dyn Method>> {
    vec![
        Box::new(Ours),
        Box::new(Linear { name: "predict_linear, 1 h", window: 3600 }),
        Box::new(Linear { name: "predict_linear, 6 h", window: 6 * 3600 }),
        Box::new(FillRate),
        Box::new(Holt),
        Box::new(Yesterday),
        Box::new(Never),
    ]
}

/// The crate's: asked for the next hour of five-minute steps, whose probability is the knob.
struct Ours;

/// Steps within which the crate's method is asked for a crossing.
const WITHIN: i64 = 12;

impl Method for Ours {
    fn name(&self) -> &'static str {
        "naru"
    }

    fn knobs(&self) -> Vec<f64> {
        vec![
            0.9999, 0.999, 0.99, 0.97, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1,
            0.05, 0.02, 0.01, 0.005,
        ]
    }

    fn knob_text(&self, knob: f64) -> String {
        format!("probability {knob}")
    }

    fn say(&self, series: &Watched, looks: &[usize]) -> Vec<Option<Said>> {
        let mut course = Course::new(series.step as u32, Side::Above);
        let mut fed = 0;
        let look = |&look: &usize| {
            for index in fed..=look {
                course.feed(series.at[index], series.values[index]);
            }
            fed = look + 1;
            let Crossing { at, from, until, probability } =
                course.crossing(series.threshold, series.at[look], WITHIN * series.step)?;
            Some(Said { sure: f64::from(probability), at, interval: Some((from, until)) })
        };
        looks.iter().map(look).collect()
    }
}

/// Those that extrapolate: the knob is how soon the crossing must be to be said.
fn soon() -> Vec<f64> {
    [0.0625, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0].into_iter().map(|part| -part * FARTHEST as f64).collect()
}

fn said(series: &Watched, now: i64, seconds: f64) -> Option<Said> {
    let steps = seconds / series.step as f64;
    (steps <= FARTHEST as f64).then_some(Said { sure: -steps, at: now + seconds as i64, interval: None })
}

/// Prometheus' `predict_linear`: the straight line of least squares through the raw values of the window.
struct Linear {
    name: &'static str,
    window: i64,
}

impl Method for Linear {
    fn name(&self) -> &'static str {
        self.name
    }

    fn knobs(&self) -> Vec<f64> {
        soon()
    }

    fn knob_text(&self, knob: f64) -> String {
        format!("within {:.0} steps", -knob)
    }

    fn say(&self, series: &Watched, looks: &[usize]) -> Vec<Option<Said>> {
        let look = |&look: &usize| {
            let now = series.at[look];
            let first = series.at[..=look].partition_point(|&at| at <= now - self.window);
            let (mut n, mut t, mut tt, mut v, mut tv) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for index in first..=look {
                let (x, y) = ((series.at[index] - now) as f64, series.values[index]);
                (n, t, tt, v, tv) = (n + 1.0, t + x, tt + x * x, v + y, tv + x * y);
            }
            let spread = tt - t * t / n;
            if n < 2.0 || spread <= 0.0 || series.values[look] >= series.threshold {
                return None;
            }
            let slope = (tv - t * v / n) / spread;
            let level = (v - slope * t) / n;
            if slope <= 0.0 && level < series.threshold {
                return None;
            }
            said(series, now, ((series.threshold - level) / slope).max(0.0))
        };
        looks.iter().map(look).collect()
    }
}

/// Netdata's rule for disks: the rate is how far it came since the worst value between 60 and 50 minutes ago.
struct FillRate;

impl Method for FillRate {
    fn name(&self) -> &'static str {
        "Netdata fill rate"
    }

    fn knobs(&self) -> Vec<f64> {
        soon()
    }

    fn knob_text(&self, knob: f64) -> String {
        format!("within {:.0} steps", -knob)
    }

    fn say(&self, series: &Watched, looks: &[usize]) -> Vec<Option<Said>> {
        let look = |&look: &usize| {
            let now = series.at[look];
            let before = |ago: i64| series.at[..=look].partition_point(|&at| at < now - ago);
            let then = series.values[before(3600)..before(2999)].iter().copied().reduce(f64::max)?;
            let (value, rate) = (series.values[look], (series.values[look] - then) / 3600.0);
            (rate > 0.0 && value < series.threshold).then_some(())?;
            said(series, now, (series.threshold - value) / rate)
        };
        looks.iter().map(look).collect()
    }
}

/// Holt's line, damped (Gardner and McKenzie, "Forecasting trends in time series", Management Science 31, 1985), on the
/// highest value of each step.
struct Holt;

impl Method for Holt {
    fn name(&self) -> &'static str {
        "Holt, damped"
    }

    fn knobs(&self) -> Vec<f64> {
        soon()
    }

    fn knob_text(&self, knob: f64) -> String {
        format!("within {:.0} steps", -knob)
    }

    fn say(&self, series: &Watched, looks: &[usize]) -> Vec<Option<Said>> {
        const DAMPED: f64 = 0.98;
        let (mut fed, mut level, mut slope) = (0, series.values[0], 0.0);
        let look = |&look: &usize| {
            let highest = series.values[fed..=look].iter().copied().fold(f64::MIN, f64::max);
            fed = look + 1;
            let before = level;
            level = 0.3 * highest + 0.7 * (level + DAMPED * slope);
            slope = 0.05 * (level - before) + 0.95 * DAMPED * slope;
            let (mut reach, mut part) = (level, 1.0);
            for ahead in 1..=FARTHEST {
                part *= DAMPED;
                reach += slope * part;
                if reach >= series.threshold && series.values[look] < series.threshold {
                    return said(series, series.at[look], (ahead as i64 * series.step) as f64);
                }
            }
            None
        };
        looks.iter().map(look).collect()
    }
}

/// As yesterday: what came a day ago after this time, moved to where the series is now.
struct Yesterday;

impl Method for Yesterday {
    fn name(&self) -> &'static str {
        "as yesterday"
    }

    fn knobs(&self) -> Vec<f64> {
        soon()
    }

    fn knob_text(&self, knob: f64) -> String {
        format!("within {:.0} steps", -knob)
    }

    fn say(&self, series: &Watched, looks: &[usize]) -> Vec<Option<Said>> {
        let look = |&look: &usize| {
            let now = series.at[look];
            let index = |at: i64| series.at[..=look].partition_point(|&earlier| earlier < at);
            let (then, end) = (index(now - 86_400), index(now - 86_400 + FARTHEST as i64 * series.step));
            (series.at[0] <= now - 86_400 && then < look && series.values[look] < series.threshold)
                .then_some(())?;
            let moved = series.values[look] - series.values[then];
            let crossed =
                (then..end.min(look)).find(|&then| series.values[then] + moved >= series.threshold)?;
            said(series, now, (series.at[crossed] + 86_400 - now).max(0) as f64)
        };
        looks.iter().map(look).collect()
    }
}

struct Never;

impl Method for Never {
    fn name(&self) -> &'static str {
        "never alert"
    }

    fn knobs(&self) -> Vec<f64> {
        vec![1.0]
    }

    fn knob_text(&self, _: f64) -> String {
        String::new()
    }

    fn say(&self, _: &Watched, looks: &[usize]) -> Vec<Option<Said>> {
        vec![None; looks.len()]
    }
}
