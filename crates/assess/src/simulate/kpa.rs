//! Knative's Pod Autoscaler on concurrency with its defaults, as published.
//!
//! Sources: Knative documentation, "Autoscaling": "Configuring concurrency" (`containerConcurrency` is what an instance can work on at
//! once; target utilization 70 % of it), "Additional autoscaling configuration for Knative Pod Autoscaler" (windows, panic, rates);
//! the order of the rules from `pkg/autoscaler/scaling/autoscaler.go` of knative/serving.
//!
//! With the default target-burst-capacity of 200 the activator stays in the path at these rates, so requests wait in front of
//! all instances for the first free place.

use std::collections::VecDeque;

use super::fleet::Fleet;
use super::replay::Scaler;

const SECOND: u64 = 1_000_000;
/// The autoscaler's tick interval.
const TICK: u64 = 2 * SECOND;
/// `container-concurrency-target-percentage`
const UTILIZATION: f64 = 0.7;
/// `stable-window`, in seconds.
const STABLE_WINDOW: usize = 60;
/// `panic-window-percentage` 10, in seconds.
const PANIC_WINDOW: usize = 6;
/// `panic-threshold-percentage` 200
const PANIC_THRESHOLD: f64 = 2.0;
/// `max-scale-up-rate`
const UP_RATE: f64 = 1000.0;
/// `max-scale-down-rate`
const DOWN_RATE: f64 = 2.0;

#[derive(Default)]
pub struct Kpa {
    wanted: u32,
    /// Requests open on average, second by second, the newest last.
    open: VecDeque<f64>,
    panic_since: Option<u64>,
    /// The most wanted in this panic.
    panic_most: f64,
}

impl Kpa {
    fn average(&self, window: usize) -> f64 {
        let count = window.min(self.open.len()).max(1);
        self.open.iter().rev().take(count).sum::<f64>() / count as f64
    }

    fn tick(&mut self, fleet: &mut Fleet<'_>) {
        let now = fleet.now();
        let target = f64::from(fleet.world.workers) * UTILIZATION;
        let ready = f64::from(fleet.ready_count().max(1));
        let bounded = |wish: f64| wish.max((ready / DOWN_RATE).floor()).min((ready * UP_RATE).ceil());
        let in_panic_window = (self.average(PANIC_WINDOW) / target).ceil();
        let stable = bounded((self.average(STABLE_WINDOW) / target).ceil());
        if in_panic_window / ready >= PANIC_THRESHOLD {
            self.panic_since = Some(now);
        } else if self.panic_since.is_some_and(|since| since + STABLE_WINDOW as u64 * SECOND < now) {
            self.panic_since = None;
            self.panic_most = 0.0;
        }
        let mut wish = stable;
        if self.panic_since.is_some() {
            self.panic_most = self.panic_most.max(stable).max(bounded(in_panic_window));
            wish = self.panic_most;
        }
        self.wanted = (wish as u32).clamp(fleet.world.min, fleet.world.max);
        fleet.scale_to(self.wanted);
    }
}

impl Scaler for Kpa {
    /// With more than one instance it begins in panic, so as not to shrink before it has seen anything.
    fn begin(&mut self, count: u32) {
        self.wanted = count;
        if count > 1 {
            self.panic_since = Some(0);
            self.panic_most = f64::from(count);
        }
    }

    fn second(&mut self, fleet: &mut Fleet<'_>) {
        self.open.push_back(fleet.tally.open_us as f64 / SECOND as f64);
        if self.open.len() > STABLE_WINDOW {
            self.open.pop_front();
        }
    }

    fn step(&mut self, fleet: &mut Fleet<'_>) {
        if fleet.now().is_multiple_of(TICK) {
            self.tick(fleet);
        }
    }

    fn wanted(&self) -> u32 {
        self.wanted
    }
}
