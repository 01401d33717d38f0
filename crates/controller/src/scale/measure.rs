//! What a service has to carry at a moment, out of its seconds: not what its instances manage to answer.

use naru_model::scaling::Second;

/// Seconds that a steady load is averaged over.
pub(super) const STEADY: usize = 15;
/// Seconds within which a load that has changed shows.
const FRESH: [usize; 4] = [1, 2, 3, 6];
/// A fresh load that is so many standard deviations above what came before is another load and no chance.
const CHANGED_Z: f64 = 3.0;

/// A service's load at the end of a second. `None`: not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Requests that come, per second.
    pub(super) arrived: Option<f64>,
    /// Requests in flight and waiting.
    pub(super) concurrency: Option<f64>,
    /// Cores, of all ready instances together.
    pub(super) cores: Option<f64>,
    pub(super) waiting: Option<f64>,
    pub(super) p95: Option<f64>,
    pub(super) apdex: Option<f64>,
    pub(super) ready: u32,
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
    let window = &seconds[seconds.len().saturating_sub(STEADY)..];
    Some(Load {
        arrived: level(window, arrived, poisson),
        concurrency: level(window, concurrency, poisson),
        cores: level(window, cores, |_| 0.0),
        waiting: last.waiting.map(f64::from),
        p95: last.p95_seconds,
        apdex: apdex(window),
        ready: last.ready,
    })
}

fn arrived(second: &Second) -> Option<f64> {
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

/// Of the last ten of these seconds.
pub(super) fn apdex(seconds: &[Second]) -> Option<f64> {
    let mut sum = naru_model::apdex::Apdex::default();
    for second in &seconds[seconds.len().saturating_sub(10)..] {
        sum.merge(second.apdex);
    }
    sum.score()
}

/// The variance of a count by chance alone equals its mean.
fn poisson(mean: f64) -> f64 {
    mean
}

/// The level of a figure: its mean over the window, or over the freshest seconds when those are beyond chance above the
/// ones before. A step up is seen in the second it comes; noise is averaged out.
fn level(
    window: &[Second],
    figure: impl Fn(&Second) -> Option<f64>,
    chance: impl Fn(f64) -> f64,
) -> Option<f64> {
    figure(window.last()?)?;
    let values: Vec<f64> = window.iter().filter_map(figure).collect();
    let mut level = mean(&values);
    for fresh in FRESH.into_iter().filter(|fresh| *fresh < values.len()) {
        let (before, since) = values.split_at(values.len() - fresh);
        let (usual, now) = (mean(before), mean(since));
        let variance = variance(before, usual).max(chance(usual));
        if now > level && now - usual > CHANGED_Z * (variance / fresh as f64).sqrt() {
            level = now;
        }
    }
    Some(level)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}
