//! What today's system carries, from response times under load: how long a request takes while nothing waits, and from which load on
//! response times rise.
//!
//! Response time of a queue with `c` workers, each taking `s` seconds, at a use of ρ = λ s / c (λ: requests per second):
//! `R = s (1 + ρ^(√(2(c+1)) - 1) / (c (1 - ρ)))`.
//! Sources: Little's law L = λ W (J. D. C. Little, Operations Research 9 (3), 1961); the queue M/M/c (L. Kleinrock, "Queueing Systems",
//! volume 1, 1975, chapter 3); the wait in closed form (H. Sakasegawa, Annals of the Institute of Statistical Mathematics 29, 1977).

use serde::Serialize;

use crate::log::Minute;

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Capacity {
    /// Seconds that a request takes when nothing waits: the median of the least busy third of the minutes. Absent without response times.
    pub service_time: Option<f64>,
    /// Requests that all of the system works on at a time. Absent when response times never rose with the load.
    pub workers: Option<f64>,
    /// Requests per second that keep all of them busy.
    pub rate: Option<f64>,
    pub sure: Sure,
    /// The most requests at a time of any minute (Little's law): at least so many it works on.
    pub most_at_a_time: f64,
    /// Minutes that had enough requests to be looked at.
    pub minutes: u32,
    /// Response times by load, the least busy first.
    pub levels: Vec<Level>,
}

/// Minutes of like load together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Level {
    /// Requests per second.
    pub rate: f64,
    /// The median of the minutes' mean response times, in seconds.
    pub response: f64,
    /// The same by the formula; absent while nothing was fitted.
    pub fitted: Option<f64>,
    pub minutes: u32,
}

/// How sure it is what the system carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sure {
    /// The formula explains at least four fifths of how response times differ between loads.
    Well,
    /// Response times rise with the load, but otherwise than the formula says: something else slows it down as well.
    Roughly,
    /// Response times never rose with the load.
    NotReached,
    /// There are too few minutes with response times.
    Unknown,
}

/// A minute with fewer requests says little of its mean.
const ENOUGH: u32 = 10;
/// Fewer minutes tell nothing.
const LEAST_MINUTES: usize = 30;
const LEVELS: usize = 20;
/// A response time this many times that of an idle system shows that requests wait.
const RISEN: f64 = 1.5;
/// Up to this use the formula is asked; what a log shows is never above 1.
const FULLEST: f64 = 0.995;
const MOST_WORKERS: f64 = 100_000.0;
const EXPLAINED: f64 = 0.8;

pub(super) fn find(minutes: &[Minute]) -> Capacity {
    let mut seen: Vec<(f64, f64)> = minutes
        .iter()
        .filter(|minute| minute.requests >= ENOUGH)
        .map(|minute| (f64::from(minute.requests) / 60.0, minute.mean_seconds))
        .collect();
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    let most_at_a_time = seen.iter().map(|(rate, response)| rate * response).fold(0.0, f64::max);
    let known = minutes.iter().map(|minute| minute.mean_seconds).collect::<Vec<_>>();
    let mut capacity = Capacity {
        service_time: median(known).filter(|time| *time > 0.0),
        workers: None,
        rate: None,
        sure: Sure::Unknown,
        most_at_a_time,
        minutes: seen.len() as u32,
        levels: Vec::new(),
    };
    if seen.len() < LEAST_MINUTES {
        return capacity;
    }
    let idle = median(seen[..seen.len() / 3].iter().map(|(_, response)| *response).collect());
    let Some(idle) = idle.filter(|time| *time > 0.0) else { return capacity };
    capacity.service_time = Some(idle);
    capacity.levels = levels(&seen);
    let highest = capacity.levels.last().map_or(0.0, |level| level.response);
    if highest < RISEN * idle {
        capacity.sure = Sure::NotReached;
        return capacity;
    }
    let (workers, explained) = fit(&capacity.levels, idle);
    for level in &mut capacity.levels {
        level.fitted = Some(response(level.rate, idle, workers));
    }
    capacity.workers = Some(workers);
    capacity.rate = Some(workers / idle);
    capacity.sure = if explained >= EXPLAINED { Sure::Well } else { Sure::Roughly };
    capacity
}

/// Minutes by equal steps of load, so that the few busy ones weigh as much as the many quiet ones.
fn levels(seen: &[(f64, f64)]) -> Vec<Level> {
    let (Some((lowest, _)), Some((highest, _))) = (seen.first(), seen.last()) else { return Vec::new() };
    let width = (highest - lowest) / LEVELS as f64;
    let place =
        |rate: f64| if width > 0.0 { (((rate - lowest) / width) as usize).min(LEVELS - 1) } else { 0 };
    let one = |level: &[(f64, f64)]| {
        Some(Level {
            rate: level.iter().map(|(rate, _)| rate).sum::<f64>() / level.len() as f64,
            response: median(level.iter().map(|(_, response)| *response).collect())?,
            fitted: None,
            minutes: level.len() as u32,
        })
    };
    seen.chunk_by(|a, b| place(a.0) == place(b.0)).filter_map(one).collect()
}

/// See the formula above.
fn response(rate: f64, time: f64, workers: f64) -> f64 {
    let used = (rate * time / workers).min(FULLEST);
    let exponent = (2.0 * (workers + 1.0)).sqrt() - 1.0;
    time * (1.0 + used.powf(exponent) / (workers * (1.0 - used)))
}

/// The workers with which the formula fits the levels best, least squares of logarithms, and how much of their variance it explains.
fn fit(levels: &[Level], time: f64) -> (f64, f64) {
    let off = |workers: f64| {
        let square = |level: &Level| (response(level.rate, time, workers) / level.response).ln().powi(2);
        levels.iter().map(square).sum::<f64>()
    };
    let steps = (0..).map(|step| 1.02_f64.powi(step)).take_while(|workers| *workers <= MOST_WORKERS);
    let best = steps.fold((1.0, f64::INFINITY), |best, workers| {
        let off = off(workers);
        if off < best.1 { (workers, off) } else { best }
    });
    let mean = levels.iter().map(|level| level.response.ln()).sum::<f64>() / levels.len().max(1) as f64;
    let spread: f64 = levels.iter().map(|level| (level.response.ln() - mean).powi(2)).sum();
    (best.0, if spread > 0.0 { 1.0 - best.1 / spread } else { 0.0 })
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes from 2 to so many requests per second on a system of 40 workers and 200 ms.
    fn minutes(highest: f64) -> Vec<Minute> {
        let one = |step: i32| {
            let rate = 2.0 + (highest - 2.0) * f64::from(step) / 600.0;
            // What a minute's mean is off by chance.
            let noise = 1.0 + f64::from(step * 37 % 21 - 10) / 200.0;
            Minute { requests: (rate * 60.0) as u32, mean_seconds: response(rate, 0.2, 40.0) * noise }
        };
        (0..=600).map(one).collect()
    }

    #[test]
    fn workers_are_found_where_response_times_rise() {
        let found = find(&minutes(198.0));
        let (time, workers) = (found.service_time.unwrap(), found.workers.unwrap());
        assert!((time / 0.2 - 1.0).abs() < 0.03, "{time}");
        assert!((workers / 40.0 - 1.0).abs() < 0.1, "{workers}");
        assert_eq!(found.sure, Sure::Well);
    }

    #[test]
    fn a_knee_that_was_never_reached_is_not_made_up() {
        let found = find(&minutes(120.0));
        assert_eq!((found.workers, found.sure), (None, Sure::NotReached));
        assert!((23.0..26.0).contains(&found.most_at_a_time), "{}", found.most_at_a_time);
    }

    #[test]
    fn few_minutes_or_none_tell_nothing() {
        assert_eq!(find(&[]).service_time, None);
        let few = find(&minutes(198.0)[..20]);
        assert_eq!((few.workers, few.sure), (None, Sure::Unknown));
        assert!(few.service_time.is_some());
    }
}
