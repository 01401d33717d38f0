//! When a series moved, from what to what.
//!
//! Source: the split that most separates the means before and after it, weighted by how many points are on either side: the
//! likelihood-ratio statistic for one change of the mean (Hinkley, "Inference about the change-point in a sequence of random
//! variables", 1970).

/// A value over a stretch of time, and what it is worth: how many requests it is made of, or 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// In seconds since 1970.
    pub(super) at: u32,
    pub(super) value: f64,
    pub(super) weight: f64,
}

/// A series before and after it moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moved {
    pub(super) at: u32,
    pub(super) before: f64,
    pub(super) after: f64,
}

/// Points on either side that a change needs.
const LEAST_POINTS: usize = 3;
/// Of the level before, what counts as moved.
const LEAST_CHANGE: f64 = 0.2;
/// Of the usual distance of a point from its mean.
const LEAST_SCATTERS: f64 = 2.0;

impl Moved {
    pub(super) fn by(&self) -> f64 {
        self.after - self.before
    }
}

/// Finds the change. `None` when the series is as it was.
pub(super) fn moved(samples: &[Sample]) -> Option<Moved> {
    let total: f64 = samples.iter().map(|one| one.weight).sum();
    let sum: f64 = samples.iter().map(|one| one.value * one.weight).sum();
    let (mut weight, mut seen, mut best) = (0.0, 0.0, None::<(f64, Moved)>);
    for (index, one) in samples.iter().enumerate() {
        if index >= LEAST_POINTS && samples.len() - index >= LEAST_POINTS && weight > 0.0 && total > weight {
            let (before, after) = (seen / weight, (sum - seen) / (total - weight));
            let separation = (after - before).abs() * (weight * (total - weight) / total).sqrt();
            if best.is_none_or(|(most, _)| separation > most) {
                best = Some((separation, Moved { at: one.at, before, after }));
            }
        }
        weight += one.weight;
        seen += one.value * one.weight;
    }
    let (_, found) = best?;
    let scatter = {
        let level = |one: &Sample| if one.at < found.at { found.before } else { found.after };
        let off: f64 = samples.iter().map(|one| (one.value - level(one)).abs() * one.weight).sum();
        off / total
    };
    let enough = (LEAST_CHANGE * found.before.abs()).max(LEAST_SCATTERS * scatter).max(f64::EPSILON);
    (found.by().abs() >= enough).then_some(found)
}

/// The means before and from a time on; `None` where there is nothing on the later side. What has nothing before was 0.
pub(super) fn around(samples: &[Sample], at: u32) -> Option<Moved> {
    let mean = |later: bool| {
        let side = || samples.iter().filter(|one| (one.at >= at) == later && one.weight > 0.0);
        let weight: f64 = side().map(|one| one.weight).sum();
        (weight > 0.0).then(|| side().map(|one| one.value * one.weight).sum::<f64>() / weight)
    };
    Some(Moved { at, before: mean(false).unwrap_or(0.0), after: mean(true)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: impl IntoIterator<Item = f64>) -> Vec<Sample> {
        let sample = |(index, value): (usize, f64)| Sample { at: index as u32 * 10, value, weight: 1.0 };
        values.into_iter().enumerate().map(sample).collect()
    }

    #[test]
    fn a_step_is_found_where_it_is() {
        let step = samples((0..60).map(|n| if n < 40 { 0.05 } else { 0.5 } + 0.001 * f64::from(n % 3)));
        let found = moved(&step).expect("it moved");
        assert_eq!(found.at, 400);
        assert!((found.before - 0.051).abs() < 0.001 && (found.after - 0.501).abs() < 0.001, "{found:?}");
    }

    #[test]
    fn what_only_scatters_has_not_moved() {
        let scatter = samples((0..60).map(|n| 1.0 + 0.15 * f64::from((n * 7) % 5 - 2)));
        assert_eq!(moved(&scatter), None);
        assert_eq!(moved(&samples([1.0; 4])), None, "too few points");
        assert_eq!(moved(&samples(std::iter::repeat_n(0.0, 60))), None);
    }

    #[test]
    fn points_without_requests_say_nothing() {
        let mut step = samples((0..60).map(|n| if n < 40 { 0.05 } else { 0.5 }));
        step.iter_mut().step_by(2).for_each(|one| (one.value, one.weight) = (0.0, 0.0));
        assert_eq!(moved(&step).map(|found| found.at), Some(400));
    }
}
