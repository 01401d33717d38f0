//! How far off its own predictions were, by how far they looked ahead. A course that never did what it seemed to be about
//! to do is not believed the next time.
//!
//! Source: two exponential sides, the asymmetric Laplace distribution (Kotz, Kozubowski and Podgórski, "The Laplace
//! distribution and generalizations", 2001), fitted by its two mean sides; that errors seen tell the spread of those to
//! come, as in conformal prediction (Vovk, Gammerman and Shafer, "Algorithmic learning in a random world", 2005).

use serde::{Deserialize, Serialize};

/// Steps ahead at which predictions are checked later.
pub(super) const AHEAD: [usize; 6] = [1, 3, 6, 12, 24, 48];
/// Predictions that must have been checked before one is believed: two hours of five-minute steps.
const ENOUGH: u16 = 24;
/// Share of an error in the means.
const SHARE: f32 = 0.01;
/// An error counts at most as so many mean ones.
const MOST: f32 = 6.0;
/// The part of a rise that is believed before any was seen to last or to end.
const ASSUMED: f32 = 0.7;
/// Share of a rise in what is believed of the next.
const LASTING_SHARE: f32 = 0.03;

/// Mean error upwards and downwards for each of [`AHEAD`]; on both sides over all errors, those of the other side as 0.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Errors {
    up: [f32; AHEAD.len()],
    down: [f32; AHEAD.len()],
    seen: [u16; AHEAD.len()],
    /// The part of a predicted rise that came, less what is assumed before any was seen.
    lasting: [f32; AHEAD.len()],
}

/// How the truth is spread around a prediction: exponentially with these means above and below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    pub(super) above: f32,
    pub(super) below: f32,
}

impl Errors {
    /// Takes in which part of a rise that was predicted `AHEAD[index]` steps before has come.
    pub(super) fn learn_lasting(&mut self, index: usize, part: f32) {
        self.lasting[index] += LASTING_SHARE * (part.clamp(-1.0, 1.5) - ASSUMED - self.lasting[index]);
    }

    /// The part of a rise so many steps ahead that may be believed: what came of those before.
    pub(super) fn lasting(&self, ahead: usize) -> f32 {
        let (before, next, share) = place(ahead);
        let part = self.lasting[before] + share * (self.lasting[next] - self.lasting[before]);
        (ASSUMED + part).clamp(0.0, 1.0)
    }

    /// Takes in by how much the truth was above what was predicted `AHEAD[index]` steps before.
    pub(super) fn learn(&mut self, index: usize, error: f32) {
        self.seen[index] = self.seen[index].saturating_add(1);
        let share = SHARE.max(1.0 / f32::from(self.seen[index]));
        let most = if self.seen[index] > 10 { MOST * (self.up[index] + self.down[index]) } else { f32::MAX };
        // What never erred would bound every error by 0.
        let error = if most > 0.0 { error.clamp(-most, most) } else { error };
        self.up[index] += share * (error.max(0.0) - self.up[index]);
        self.down[index] += share * ((-error).max(0.0) - self.down[index]);
    }

    /// The spread so many steps ahead, straight between those that were checked. [`None`] before [`ENOUGH`] were checked.
    pub(super) fn spread(&self, ahead: usize) -> Option<Spread> {
        let (before, next, _) = place(ahead);
        if self.seen[before] < ENOUGH {
            return None;
        }
        // What was not checked yet spreads at least in proportion to how far ahead it is.
        let side = |means: &[f32]| {
            let (from, to) = (AHEAD[before] as f32, AHEAD[next] as f32);
            let high = if self.seen[next] < ENOUGH { means[before] * to / from } else { means[next] };
            if to > from {
                means[before] + (high - means[before]) * ((ahead as f32 - from) / (to - from))
            } else {
                high
            }
        };
        let (up, down) = (side(&self.up).max(0.0).sqrt(), side(&self.down).max(0.0).sqrt());
        Some(Spread { above: up * (up + down), below: down * (up + down) })
    }
}

/// The checked distances around one, and how far it is from the first to the second of them.
fn place(ahead: usize) -> (usize, usize, f32) {
    let next = AHEAD.iter().position(|&checked| checked >= ahead).unwrap_or(AHEAD.len() - 1);
    let before = next.saturating_sub(1);
    let wide = (AHEAD[next] - AHEAD[before]).max(1);
    (before, next, ahead.saturating_sub(AHEAD[before]) as f32 / wide as f32)
}

impl Spread {
    /// Probability that the truth is more than `gap` above the prediction.
    pub(super) fn beyond(self, gap: f32) -> f32 {
        let both = self.above + self.below;
        if both <= 0.0 {
            return if gap <= 0.0 { 1.0 } else { 0.0 };
        }
        if gap >= 0.0 {
            self.above / both * (-gap / self.above.max(f32::MIN_POSITIVE)).exp()
        } else {
            1.0 - self.below / both * (gap / self.below.max(f32::MIN_POSITIVE)).exp()
        }
    }

    pub(super) fn wider(self, by: f32) -> Spread {
        Spread { above: self.above + by, below: self.below + by }
    }
}
