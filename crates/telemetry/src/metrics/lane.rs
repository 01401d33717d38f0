//! One stored series: a value for each ten seconds of the last seventy minutes, in one piece of memory.

use std::collections::VecDeque;

/// The width of a value, in seconds.
pub(crate) const SLOT: u32 = 10;
/// Values kept: the last hour, and ten minutes in which a finished hour may wait to be written.
pub(crate) const SLOTS: usize = 420;

/// Values are kept with 24 bits; NaN where there is none.
#[derive(Debug)]
pub(super) struct Lane {
    values: Box<[f32]>,
    /// Counted in [`SLOT`]s since 1970; 0: nothing yet.
    newest: u32,
    /// Of the newest value.
    weight: f32,
    /// Of slots in which values differed. Few series come more often than each ten seconds.
    spreads: VecDeque<Spread>,
    /// The last value that came, whole.
    last: f64,
}

#[derive(Debug, Clone, Copy)]
struct Spread {
    slot: u32,
    min: f32,
    max: f32,
}

/// What a series was over a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stretch {
    /// In seconds since 1970.
    pub(crate) start: u32,
    pub(crate) mean: f32,
    pub(crate) min: f32,
    pub(crate) max: f32,
}

impl Default for Lane {
    fn default() -> Lane {
        Lane {
            values: vec![f32::NAN; SLOTS].into(),
            newest: 0,
            weight: 0.0,
            spreads: VecDeque::new(),
            last: f64::NAN,
        }
    }
}

impl Lane {
    /// Takes in what was so at one moment. Several values of one slot are averaged, and how far apart they were is kept.
    pub(super) fn note(&mut self, second: u32, value: f64) {
        let slot = second / SLOT;
        self.last = value;
        let narrow = narrow(value);
        let before = self.at(slot);
        self.put(slot, narrow, 1.0);
        let Some(before) = before.filter(|before| *before != narrow) else { return };
        match self.spreads.iter_mut().rev().find(|spread| spread.slot == slot) {
            Some(spread) => {
                spread.min = spread.min.min(narrow);
                spread.max = spread.max.max(narrow);
            }
            None => {
                let spread = Spread { slot, min: before.min(narrow), max: before.max(narrow) };
                self.spreads.push_back(spread);
            }
        }
    }

    /// Takes in what was so on average from one moment to another, in microseconds since 1970. Of slots that it shares with
    /// what came before, each has its part by time and `weight`.
    pub(super) fn spread(&mut self, from: u64, to: u64, value: f64, weight: f64) {
        const MICROS: u64 = SLOT as u64 * 1_000_000;
        self.last = value;
        let (first, last) = (from / MICROS, to.saturating_sub(1) / MICROS);
        for slot in first.max(last.saturating_sub(SLOTS as u64))..=last {
            let overlap = to.min((slot + 1) * MICROS).saturating_sub(from.max(slot * MICROS));
            let share = overlap as f64 / 1e6 * weight;
            self.put(u32::try_from(slot).unwrap_or(u32::MAX), narrow(value), share as f32);
        }
    }

    fn put(&mut self, slot: u32, value: f32, weight: f32) {
        if slot > self.newest {
            for passed in self.newest.max(slot.saturating_sub(SLOTS as u32)) + 1..=slot {
                self.values[passed as usize % SLOTS] = f32::NAN;
            }
            self.newest = slot;
            self.weight = 0.0;
            let kept = slot.saturating_sub(SLOTS as u32);
            while self.spreads.pop_front_if(|spread| spread.slot <= kept).is_some() {}
        }
        if slot.saturating_add(SLOTS as u32) <= self.newest {
            return;
        }
        let there = &mut self.values[slot as usize % SLOTS];
        // What comes late counts as much as what was there.
        let before = if slot == self.newest { self.weight } else { weight };
        let all = before + weight;
        *there = match there.is_nan() || all <= 0.0 {
            true => value,
            // So that a sum of equals is equal.
            false => *there + (value - *there) * (weight / all),
        };
        if slot == self.newest {
            self.weight = all;
        }
    }

    fn at(&self, slot: u32) -> Option<f32> {
        let kept = slot <= self.newest && slot.saturating_add(SLOTS as u32) > self.newest;
        Some(self.values[slot as usize % SLOTS]).filter(|value| kept && !value.is_nan())
    }

    /// The last value that came.
    pub(super) fn last(&self) -> Option<f64> {
        Some(self.last).filter(|last| !last.is_nan())
    }

    /// What there is from `from` on and before `to`, ten seconds by ten.
    pub(super) fn stretches(&self, from: u32, to: u32) -> impl Iterator<Item = Stretch> {
        let oldest = (self.newest + 1).saturating_sub(SLOTS as u32);
        let slots = (from / SLOT).max(oldest)..to.div_ceil(SLOT).min(self.newest + 1);
        slots.filter_map(|slot| {
            let mean = self.at(slot)?;
            let spread = self.spreads.iter().find(|spread| spread.slot == slot);
            let (min, max) = spread.map_or((mean, mean), |spread| (spread.min, spread.max));
            Some(Stretch { start: slot * SLOT, mean, min, max })
        })
    }

    /// The same as one stretch from `from` on; `None`: there was nothing.
    pub(super) fn sum(&self, from: u32, to: u32) -> Option<Stretch> {
        let (mut sum, mut count) = (0.0, 0u32);
        let mut whole: Option<Stretch> = None;
        for stretch in self.stretches(from, to) {
            sum += f64::from(stretch.mean);
            count += 1;
            whole = Some(match whole {
                Some(whole) => {
                    Stretch { min: whole.min.min(stretch.min), max: whole.max.max(stretch.max), ..whole }
                }
                None => stretch,
            });
        }
        whole.map(|whole| Stretch { start: from, mean: (sum / f64::from(count)) as f32, ..whole })
    }
}

/// What is too large for 24 bits and an exponent is the largest there is.
fn narrow(value: f64) -> f32 {
    value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: u32 = 1_790_000_000;

    #[test]
    fn several_values_of_ten_seconds_are_averaged_and_their_spread_is_kept() {
        let mut lane = Lane::default();
        for (second, value) in [(0, 1.0), (3, 5.0), (9, 3.0), (10, 7.0), (31, 2.0), (31, 2.0)] {
            lane.note(START + second, value);
        }
        let found: Vec<_> = lane.stretches(START, START + 100).collect();
        let of = |start, mean, min, max| Stretch { start: START + start, mean, min, max };
        assert_eq!(found, [of(0, 3.0, 1.0, 5.0), of(10, 7.0, 7.0, 7.0), of(30, 2.0, 2.0, 2.0)]);
        assert_eq!(lane.sum(START, START + 60), Some(of(0, 4.0, 1.0, 7.0)));
        assert_eq!(lane.sum(START + 40, START + 60), None);
        assert_eq!(lane.last(), Some(2.0));
    }

    #[test]
    fn what_is_older_than_it_keeps_is_forgotten_and_does_not_come_back() {
        let mut lane = Lane::default();
        lane.note(START, 1.0);
        lane.note(START + SLOT * SLOTS as u32 - 1, 2.0);
        assert_eq!(lane.stretches(0, u32::MAX).count(), 2);
        lane.note(START + SLOT * SLOTS as u32, 3.0);
        assert_eq!(lane.stretches(0, u32::MAX).count(), 2, "the first has gone");
        lane.note(START, 9.0);
        assert_eq!(lane.stretches(0, START + SLOT).count(), 0);
        lane.note(START + 100 * SLOT * SLOTS as u32, 4.0);
        assert_eq!(lane.stretches(0, u32::MAX).map(|one| one.mean).collect::<Vec<_>>(), [4.0]);
    }

    #[test]
    fn a_late_value_fills_its_gap() {
        let mut lane = Lane::default();
        lane.note(START, 1.0);
        lane.note(START + 20, 3.0);
        lane.note(START + 10, 2.0);
        assert_eq!(lane.stretches(0, u32::MAX).map(|one| one.mean).collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
    }

    proptest! {
        #[test]
        fn what_was_counted_is_what_the_rates_add_up_to(
            grown in proptest::collection::vec((1u64..60_000_000, 0u32..100_000), 1..40),
        ) {
            let mut lane = Lane::default();
            let start = u64::from(START) * 1_000_000;
            let (mut at, mut sum) = (start, 0.0);
            for (micros, by) in grown {
                let seconds = micros as f64 / 1e6;
                lane.spread(at, at + micros, f64::from(by) / seconds, 1.0);
                at += micros;
                sum += f64::from(by);
            }
            let end = (at / 1_000_000) as u32;
            // The last slot is full as far as the last moment only.
            let covered = |start: u32| ((at - u64::from(start) * 1_000_000) as f64 / 1e6).min(SLOT.into());
            let found: f64 =
                lane.stretches(START, end + SLOT).map(|one| f64::from(one.mean) * covered(one.start)).sum();
            prop_assert!((found - sum).abs() <= 1e-4 * sum.max(1.0), "{} {}", found, sum);
            prop_assert!(lane.stretches(0, u32::MAX).all(|one| one.mean >= 0.0 && one.min >= 0.0));
        }
    }
}
