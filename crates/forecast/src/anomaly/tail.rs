//! How rare a number is among those seen before, from nine markers instead of all of them.
//!
//! Source: Jain and Chlamtac, "The P² algorithm for dynamic calculation of quantiles and histograms without storing
//! observations" (CACM 28, 1985), with markers as Raatikainen, "Simultaneous estimation of several percentiles"
//! (Simulation 49, 1987) places them; beyond the outermost quantiles an exponential tail, the peaks over a threshold of
//! Siffer et al., "Anomaly detection in streams with extreme value theory" (KDD 2017), of the light-tailed kind.

use serde::{Deserialize, Serialize};

const MARKERS: usize = 9;
/// The share of numbers below each marker.
const LEVELS: [f32; MARKERS] = [0.0, 0.005, 0.05, 0.25, 0.5, 0.75, 0.95, 0.995, 1.0];
const LAST: usize = MARKERS - 1;

/// Numbers after which something can be said.
const ENOUGH: u16 = 30;
/// Numbers after which what was seen first begins to count half, so that a position fits two bytes.
const MOST: u16 = 60_000;
/// Share of a new excess in the mean of them: about the last twenty count.
const EXCESS_SHARE: f32 = 0.1;
/// An excess counts at most as so many mean ones, so that one outlier doesn't hide the next.
const EXCESS_MOST: f32 = 8.0;
/// The mean excess is at least this share of the distance between the 5 % and the 95 % marker: numbers that hardly
/// scatter beyond their quantiles don't make the smallest step a rarity.
const EXCESS_FLOOR: f32 = 0.05;

/// A distribution in 64 bytes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Tail {
    heights: [f32; MARKERS],
    /// Numbers below or at each marker, less one.
    positions: [u16; MARKERS],
    seen: u16,
    above: f32,
    below: f32,
}

impl Tail {
    /// How rare `x` is, in decimal digits: 2 for one in a hundred, whichever end it is at. 0 until enough was seen.
    pub(super) fn rarity(&self, x: f32) -> f32 {
        if self.seen < ENOUGH {
            return 0.0;
        }
        // Two ends, so each is half as rare as it looks.
        (self.upper(x).max(self.lower(x)) - std::f32::consts::LOG10_2).max(0.0)
    }

    /// How rare it is that a number is as high as `x`; only the upper end counts. 0 until enough was seen.
    pub(super) fn rarity_above(&self, x: f32) -> f32 {
        if self.seen < ENOUGH { 0.0 } else { self.upper(x) }
    }

    fn upper(&self, x: f32) -> f32 {
        let top = self.heights[LAST - 1];
        if x > top {
            return -LEVELS[1].log10() + (x - top) / self.mean_excess(self.above) * std::f32::consts::LOG10_E;
        }
        let next = self.heights.iter().position(|&height| height >= x).unwrap_or(0);
        if next == 0 {
            return 0.0;
        }
        let share = (x - self.heights[next - 1]) / (self.heights[next] - self.heights[next - 1]);
        between(1.0 - LEVELS[next - 1], 1.0 - LEVELS[next], share)
    }

    fn lower(&self, x: f32) -> f32 {
        let bottom = self.heights[1];
        if x < bottom {
            return -LEVELS[1].log10()
                + (bottom - x) / self.mean_excess(self.below) * std::f32::consts::LOG10_E;
        }
        let before = self.heights.iter().rposition(|&height| height <= x).unwrap_or(LAST);
        if before == LAST {
            return 0.0;
        }
        let share = (x - self.heights[before]) / (self.heights[before + 1] - self.heights[before]);
        between(LEVELS[before], LEVELS[before + 1], share)
    }

    fn mean_excess(&self, mean: f32) -> f32 {
        let spread = self.heights[LAST - 2] - self.heights[2];
        // Of numbers that never changed a millionth is still no change.
        mean.max(EXCESS_FLOOR * spread).max(1e-6 * self.heights[LAST / 2].abs()).max(1e-12)
    }

    /// Takes `x` in. It must be finite.
    pub(super) fn learn(&mut self, x: f32) {
        if usize::from(self.seen) < MARKERS {
            let filled = usize::from(self.seen);
            self.heights[filled] = x;
            self.heights[..=filled].sort_by(f32::total_cmp);
            self.positions[filled] = self.seen;
            self.seen += 1;
            return;
        }
        self.seen = self.seen.saturating_add(1);
        self.learn_excess(x);
        self.heights[0] = self.heights[0].min(x);
        self.heights[LAST] = self.heights[LAST].max(x);
        for marker in 1..=LAST {
            if marker == LAST || x < self.heights[marker] {
                self.positions[marker] += 1;
            }
        }
        for marker in 1..LAST {
            self.adjust(marker);
        }
        if self.positions[LAST] >= MOST {
            self.halve();
        }
    }

    fn learn_excess(&mut self, x: f32) {
        let (excess, mean) = if x > self.heights[LAST - 1] {
            (x - self.heights[LAST - 1], self.above)
        } else if x < self.heights[1] {
            (self.heights[1] - x, self.below)
        } else {
            return;
        };
        let share = EXCESS_SHARE.max(1.0 / (f32::from(self.seen) * LEVELS[1] + 1.0));
        let most = if mean > 0.0 { EXCESS_MOST * self.mean_excess(mean) } else { f32::MAX };
        let learned = mean + share * (excess.min(most) - mean);
        if x > self.heights[LAST - 1] { self.above = learned } else { self.below = learned }
    }

    /// Moves a marker by one position towards where its level is, along a parabola through its neighbours.
    fn adjust(&mut self, marker: usize) {
        let at = |marker: usize| f32::from(self.positions[marker]);
        let off = at(LAST) * LEVELS[marker] - at(marker);
        let (room_up, room_down) = (at(marker + 1) - at(marker), at(marker) - at(marker - 1));
        if !(off >= 1.0 && room_up > 1.0 || off <= -1.0 && room_down > 1.0) {
            return;
        }
        let step = off.signum();
        let (low, height, high) = (self.heights[marker - 1], self.heights[marker], self.heights[marker + 1]);
        let (rise, fall) = ((high - height) / room_up, (height - low) / room_down);
        let parabola =
            height + step / (room_up + room_down) * ((room_down + step) * rise + (room_up - step) * fall);
        self.heights[marker] = if low < parabola && parabola < high {
            parabola
        } else if step > 0.0 {
            height + rise
        } else {
            height - fall
        };
        if step > 0.0 { self.positions[marker] += 1 } else { self.positions[marker] -= 1 }
    }

    fn halve(&mut self) {
        for marker in 1..MARKERS {
            self.positions[marker] = (self.positions[marker] / 2).max(self.positions[marker - 1] + 1);
        }
    }
}

/// Rarity between two markers: the logarithm of the share beyond falls evenly.
fn between(from: f32, to: f32, share: f32) -> f32 {
    // Beyond the outermost marker no share is left; there the exponential tail speaks before this is asked.
    -(from.log10() + share * (to.max(LEVELS[1]).log10() - from.max(LEVELS[1]).log10())).min(0.0)
}
