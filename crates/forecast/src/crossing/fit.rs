//! The straight line through a course that bursts and teeth do not bend.
//!
//! Source: Theil, "A rank-invariant method of linear and polynomial regression analysis" (1950), in its incomplete form:
//! each number of the first half is paired with one of the second, and the slope is the median of the pairs' slopes.

use serde::{Deserialize, Serialize};

/// A line and how far the numbers are from it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    /// Where the line is at the last number.
    pub(super) level: f32,
    /// Per step.
    pub(super) slope: f32,
    /// Median distance of a number from the line.
    pub(super) scatter: f32,
    /// How far above the line the highest of 24 are, the third of six hours: the teeth of a saw.
    pub(super) teeth: f32,
    /// Numbers it goes through.
    pub(super) length: u16,
}

/// Numbers below which no line is drawn: three quarters of an hour of five-minute steps.
/// With fewer, what comes up after a restart looks like a trend.
const SHORTEST: usize = 9;
/// Numbers whose median is the level: the last half hour.
const LEVEL_OF: usize = 6;

/// The line through `numbers`, one a step. [`None`] below [`SHORTEST`].
///
/// A slope must hold over the whole and over the last third: the one nearer to 0 counts, and 0 when they disagree in
/// sign. So neither a burst nor a curve that flattens is a trend.
pub(super) fn line(numbers: &[f32]) -> Option<Line> {
    if numbers.len() < SHORTEST {
        return None;
    }
    let whole = slope(numbers);
    let last = slope(&numbers[numbers.len() - (numbers.len() / 3).max(SHORTEST)..]);
    let slope = if whole * last <= 0.0 {
        0.0
    } else if whole.abs() < last.abs() {
        whole
    } else {
        last
    };
    let end = numbers.len() - 1;
    // Without their slope, as high as they would be now.
    let moved: Vec<f32> =
        numbers.iter().enumerate().map(|(index, y)| y + slope * (end - index) as f32).collect();
    let level = median(&mut moved[moved.len() - LEVEL_OF.min(moved.len())..].to_vec());
    let middle = median(&mut moved.clone());
    let scatter = median(&mut moved.iter().map(|y| (y - middle).abs()).collect::<Vec<_>>());
    let mut above: Vec<f32> = moved.iter().map(|y| y - level).collect();
    let third = above.len() - 1 - above.len() / 24;
    let teeth = above.select_nth_unstable_by(third, f32::total_cmp).1.max(0.0);
    Some(Line { level, slope, scatter, teeth, length: numbers.len() as u16 })
}

fn slope(numbers: &[f32]) -> f32 {
    let half = numbers.len() / 2;
    let apart = numbers.len() - half;
    median(
        &mut (0..half)
            .map(|index| (numbers[index + apart] - numbers[index]) / apart as f32)
            .collect::<Vec<_>>(),
    )
}

/// The upper median; 0 of nothing.
fn median(numbers: &mut [f32]) -> f32 {
    if numbers.is_empty() {
        return 0.0;
    }
    let middle = numbers.len() / 2;
    *numbers.select_nth_unstable_by(middle, f32::total_cmp).1
}
