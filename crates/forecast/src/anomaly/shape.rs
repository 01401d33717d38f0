//! Whether the recent course resembles any earlier one: the distance to the third nearest neighbour among all stretches of
//! the same length that are kept.
//!
//! Source: Burnaev and Ishimtsev, "Conformalized density- and distance-based anomaly detection in time-series data"
//! (2016), the KNN-CAD of the benchmark; here on means of six points, by Euclidean distance.

use serde::{Deserialize, Serialize};

/// Points in one mean.
const MEAN_OF: u8 = 6;
/// Means that are kept.
const KEPT: usize = 128;
/// Means in a stretch: a long one for the course, a short one for what has just begun.
pub(super) const LONG: usize = 8;
const SHORT: usize = 4;
/// The how-manieth nearest counts, so that one odd stretch does not excuse the next like it.
const NEAREST: usize = 3;

/// The last means of the series.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Shape {
    means: Vec<f32>,
    sum: f32,
    summed: u8,
}

impl Shape {
    /// Takes `x` in. When a mean is complete: how far the last stretches, the long one and the short one, are from what
    /// they resemble most; [`None`] in between, and until there is enough to compare with.
    pub(super) fn distances(&mut self, x: f32) -> Option<[f32; 2]> {
        self.sum += x;
        self.summed += 1;
        if self.summed < MEAN_OF {
            return None;
        }
        self.means.reserve_exact(KEPT.saturating_sub(self.means.len()));
        if self.means.len() >= KEPT {
            self.means.remove(0);
        }
        self.means.push(self.sum / f32::from(self.summed));
        (self.sum, self.summed) = (0.0, 0);
        (self.means.len() >= 3 * LONG).then(|| self.nearest())
    }

    fn nearest(&self) -> [f32; 2] {
        let now = &self.means[self.means.len() - LONG..];
        let (mut long, mut short) = ([f64::MAX; NEAREST], [f64::MAX; NEAREST]);
        let earlier = &self.means[..self.means.len() - SHORT];
        for stretch in earlier.windows(LONG) {
            let square = |index: usize| (f64::from(stretch[index]) - f64::from(now[index])).powi(2);
            let recent: f64 = (LONG - SHORT..LONG).map(square).sum();
            insert(&mut short, recent);
            insert(&mut long, recent + (0..LONG - SHORT).map(square).sum::<f64>());
        }
        [long, short].map(|nearest| nearest[NEAREST - 1].sqrt() as f32)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.means.capacity() * size_of::<f32>()
    }
}

/// Keeps the smallest, in order.
fn insert(smallest: &mut [f64; NEAREST], square: f64) {
    for place in 0..NEAREST {
        if square < smallest[place] {
            smallest[place..].rotate_right(1);
            smallest[place] = square;
            return;
        }
    }
}
