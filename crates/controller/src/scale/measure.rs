//! What a service has to carry at a moment, out of its seconds: what comes to all of it, not what its instances manage to
//! answer.

use std::time::Duration;

use naru_model::apdex::Apdex;
use naru_model::scaling::Second;

/// Seconds that a steady load is averaged over: noise of single seconds falls to a quarter, and a ramp is seen soon enough.
const STEADY: usize = 20;
/// How old the mean of a ramp is.
pub(super) const LAG: Duration = Duration::from_millis(500 * STEADY as u64);
/// Seconds within which a load that has changed shows.
const FRESH: [usize; 4] = [1, 2, 3, 6];
/// Seconds within which a crowd that has left shows, and the share of the load before that it leaves at most. A smaller fall is
/// awaited in the mean: what is taken away too early is missed at once.
const GONE: [usize; 2] = [3, 6];
const GONE_SHARE: f64 = 0.2;
/// A fresh load that is so many standard deviations above what came before is another load and no chance. There are 14,400
/// looks in an hour, and counts are skewed: with 3, steady loads were followed 12 to 43 times an hour, with 6 at most 5 times
/// (`a_steady_load_is_left_alone` in crate assess).
const CHANGED_Z: f64 = 6.0;
/// A balance that is so many standard deviations off is no chance.
const UNBALANCED_Z: f64 = 3.0;
/// Seconds over which the share of satisfied users is looked at, as p95 is.
const FELT: usize = 10;
/// Seconds over which the last balance of what came and what ended is drawn.
const BALANCE: usize = 3;

/// A service's load at the end of a second. `None`: not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Requests that come, per second.
    pub(super) arrived: Option<f64>,
    /// Requests in flight and waiting.
    pub(super) concurrency: Option<f64>,
    /// Cores, of all ready instances together.
    pub(super) cores: Option<f64>,
    /// The response time that 95 % did not exceed, in seconds.
    pub(super) p95: Option<f64>,
    pub(super) apdex: Option<f64>,
    pub(super) ready: u32,
}

/// What came against what ended, over the newest seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Balance {
    /// Requests per second that ended.
    pub(super) ended: f64,
    /// In flight and waiting at the end.
    pub(super) open: f64,
    pub(super) waiting: f64,
    /// More came than ended, or more ended than came, beyond chance.
    pub(super) grows: bool,
    pub(super) falls: bool,
}

impl Load {
    /// The same with so many times the requests.
    pub(super) fn grown(self, by: f64) -> Load {
        let grow = |figure: Option<f64>| figure.map(|figure| figure * by);
        Load {
            arrived: grow(self.arrived),
            concurrency: grow(self.concurrency),
            cores: grow(self.cores),
            ..self
        }
    }
}

/// The load at the end of the last of these seconds.
pub(super) fn load(seconds: &[Second]) -> Option<Load> {
    let last = seconds.last()?;
    let window = newest(seconds, STEADY);
    Some(Load {
        arrived: level(window, arrived, |mean| mean),
        concurrency: level(window, concurrency, |mean| mean),
        cores: level(window, cores, |_| 0.0),
        p95: last.p95_seconds,
        apdex: apdex(window),
        ready: last.ready,
    })
}

/// `None` while any of the newest seconds is not known.
pub(super) fn balance(seconds: &[Second]) -> Option<Balance> {
    let window = newest(seconds, BALANCE);
    let last = window.last()?;
    let came = window.iter().map(arrived).sum::<Option<f64>>()?;
    let ended: f64 = window.iter().map(|second| f64::from(second.ended)).sum();
    let (more, chance) = (came - ended, UNBALANCED_Z * came.max(ended).max(1.0).sqrt());
    Some(Balance {
        ended: ended / window.len() as f64,
        open: concurrency(last)?,
        waiting: f64::from(last.waiting?),
        grows: more > chance,
        falls: more < -chance,
    })
}

pub(super) fn newest(seconds: &[Second], count: usize) -> &[Second] {
    &seconds[seconds.len().saturating_sub(count)..]
}

pub(super) fn arrived(second: &Second) -> Option<f64> {
    second.arrived.map(f64::from)
}

pub(super) fn concurrency(second: &Second) -> Option<f64> {
    Some(f64::from(second.in_flight?) + f64::from(second.waiting?))
}

/// As if the warm instances stood for all: the processor that a start takes is no load.
pub(super) fn cores(second: &Second) -> Option<f64> {
    let used = second.cpu?;
    (used.instances > 0).then(|| used.cores / f64::from(used.instances) * f64::from(second.ready))
}

pub(super) fn apdex(seconds: &[Second]) -> Option<f64> {
    let mut sum = Apdex::default();
    for second in newest(seconds, FELT) {
        sum.merge(second.apdex);
    }
    sum.score()
}

/// The level of a figure: its mean over the window, or over the freshest seconds when those are beyond chance above the
/// ones before. A step up is seen in the second it comes; noise is averaged out. `chance` is the variance that a mean has by
/// chance alone: of counts, the mean itself (Poisson).
fn level(
    window: &[Second],
    figure: impl Fn(&Second) -> Option<f64>,
    chance: impl Fn(f64) -> f64,
) -> Option<f64> {
    figure(window.last()?)?;
    let (mut values, mut known) = ([0.0; STEADY], 0);
    for value in window.iter().filter_map(figure) {
        (values[known], known) = (value, known + 1);
    }
    let values = &values[..known];
    let mut level = mean(values);
    for fresh in FRESH.into_iter().filter(|fresh| *fresh < known) {
        let (before, since) = values.split_at(known - fresh);
        let (usual, now) = (mean(before), mean(since));
        let spread = variance(before, usual).max(chance(usual));
        if now > level && now - usual > CHANGED_Z * (spread / fresh as f64).sqrt() {
            level = now;
        }
    }
    for gone in GONE.into_iter().filter(|gone| *gone < known) {
        let (before, since) = values.split_at(known - gone);
        let (usual, now) = (mean(before), mean(since));
        let spread = variance(before, usual).max(chance(usual));
        let fell = usual - now > CHANGED_Z * (spread / gone as f64).sqrt();
        if fell && now < usual * GONE_SHARE {
            level = level.min(now);
        }
    }
    Some(level)
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}
