//! Kubernetes' HorizontalPodAutoscaler (autoscaling/v2) on CPU utilization with its defaults, as published.
//!
//! Sources: "Horizontal Pod Autoscaling", kubernetes.io/docs, sections "How does a HorizontalPodAutoscaler work?", "Algorithm
//! details", "Pod readiness and autoscaling metrics", "Default behavior"; where the text leaves a choice open, the controller's
//! `replica_calculator.go` (v1.19 and later); KEP-853 (configurable scale velocity); metrics-server's README (resolution).
//!
//! Left to its favour: the ingress spreads evenly, an instance's first measurement counts from its start (without a second scrape), and
//! neither API server nor scheduler takes time.

use std::collections::VecDeque;

use super::fleet::{Fleet, Stage};
use super::replay::Scaler;

const SECOND: u64 = 1_000_000;
/// `--horizontal-pod-autoscaler-sync-period`
const SYNC: u64 = 15 * SECOND;
/// metrics-server `--metric-resolution`
const RESOLUTION: u64 = 15 * SECOND;
/// The controller asks halfway between two scrapes, the mean of what chance makes of it.
const OFFSET: u64 = 7 * SECOND;
/// `--horizontal-pod-autoscaler-tolerance`
const TOLERANCE: f64 = 0.1;
/// `--horizontal-pod-autoscaler-cpu-initialization-period`
const INITIALIZATION: u64 = 300 * SECOND;
/// `--horizontal-pod-autoscaler-initial-readiness-delay`
const READINESS_DELAY: u64 = 30 * SECOND;
/// `behavior.scaleDown.stabilizationWindowSeconds`
const STABILIZATION: u64 = 300 * SECOND;
/// `behavior.scaleUp.policies`: the larger of 4 pods and 100 % in 15 s.
const UP_PODS: u32 = 4;
const UP_PERIOD: u64 = 15 * SECOND;

pub struct Hpa {
    /// Share of the CPU request, one core.
    target: f64,
    wanted: u32,
    /// Core time at the last scrape and what was measured by it, by instance.
    scraped: Vec<Option<Scrape>>,
    /// What was calculated, and when.
    recommended: VecDeque<(u64, u32)>,
    /// Instances added, and when.
    added: VecDeque<(u64, u32)>,
    rollout: Rollout,
}

/// A rolling update of the Deployment that is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rollout {
    None,
    /// From this moment on, in microseconds.
    From(u64),
    /// Instances before this place in the fleet are the old ones.
    Under(usize),
}

#[derive(Debug, Clone, Copy)]
struct Scrape {
    at: u64,
    cpu_us: f64,
    /// Cores used over the window that ends at `at`.
    cores: f64,
}

impl Hpa {
    /// `target` is `averageUtilization`, from 0 to 1; 0.8 when a HorizontalPodAutoscaler names no metric.
    pub fn new(target: f64) -> Hpa {
        Hpa {
            target,
            wanted: 0,
            scraped: Vec::new(),
            recommended: VecDeque::new(),
            added: VecDeque::new(),
            rollout: Rollout::None,
        }
    }

    /// The same, with a rolling update of the Deployment that begins at this second.
    pub fn with_rollout(self, second: u64) -> Hpa {
        Hpa { rollout: Rollout::From(second * SECOND), ..self }
    }

    fn roll(&mut self, fleet: &mut Fleet<'_>) {
        match self.rollout {
            Rollout::From(begin) if begin <= fleet.now() => self.rollout = Rollout::Under(fleet.ones.len()),
            Rollout::Under(old) if fleet.roll(old, self.wanted) => self.rollout = Rollout::None,
            _ => {}
        }
    }

    fn scrape(&mut self, fleet: &mut Fleet<'_>) {
        self.scraped.resize(fleet.ones.len(), None);
        if !fleet.is_measured() {
            return;
        }
        let now = fleet.now();
        for slot in fleet.live.clone() {
            let cpu_us = fleet.cpu_us(slot);
            let (since, before) =
                self.scraped[slot].map_or((fleet.ones[slot].begun, 0.0), |last| (last.at, last.cpu_us));
            if now > since {
                let cores = (cpu_us - before) / (now - since) as f64;
                self.scraped[slot] = Some(Scrape { at: now, cpu_us, cores });
            }
        }
    }

    /// The number that the metric asks for, before anything bounds it; `None` without a metric of any ready pod.
    fn calculate(&self, fleet: &Fleet<'_>) -> Option<u32> {
        let now = fleet.now();
        let (mut measured, mut unready, mut missing) = (Vec::new(), 0, 0);
        for slot in fleet.kept() {
            let one = &fleet.ones[slot];
            // metrics-server forgets a pod that two scrapes did not find.
            let scrape = self.scraped.get(slot).copied().flatten();
            let Some(scrape) = scrape.filter(|scrape| now - scrape.at <= 2 * RESOLUTION) else {
                missing += 1;
                continue;
            };
            let ready = one.stage == Stage::Ready;
            let ignored = if now < one.begun + INITIALIZATION {
                !ready || scrape.at < one.ready_at + RESOLUTION
            } else {
                !ready && one.ready_at < one.begun + READINESS_DELAY && !one.probed_out
            };
            if ignored {
                unready += 1;
            } else {
                measured.push(scrape.cores);
            }
        }
        if measured.is_empty() {
            return None;
        }
        let used: f64 = measured.iter().sum();
        let ratio = used / measured.len() as f64 / self.target;
        let growing = unready > 0 && ratio > 1.0;
        if !growing && missing == 0 {
            let near = (ratio - 1.0).abs() <= TOLERANCE;
            return Some(if near { self.wanted } else { (ratio * measured.len() as f64).ceil() as u32 });
        }
        // Growing, those that are missing or unready count as idle; shrinking, the missing ones count as fully used.
        let filled = if ratio < 1.0 { used + f64::from(missing) } else { used };
        let count = measured.len() as u32 + missing + if growing { unready } else { 0 };
        let again = filled / f64::from(count) / self.target;
        let wanted = (again * f64::from(count)).ceil() as u32;
        let turned = (ratio < 1.0) != (again < 1.0)
            || (again < 1.0 && wanted > self.wanted)
            || (again > 1.0 && wanted < self.wanted);
        Some(if (again - 1.0).abs() <= TOLERANCE || turned { self.wanted } else { wanted })
    }

    fn sync(&mut self, fleet: &mut Fleet<'_>) {
        let now = fleet.now();
        let Some(calculated) = self.calculate(fleet) else { return };
        self.recommended.push_back((now, calculated));
        while self.recommended.front().is_some_and(|(at, _)| *at + STABILIZATION < now) {
            self.recommended.pop_front();
        }
        while self.added.front().is_some_and(|(at, _)| *at + UP_PERIOD <= now) {
            self.added.pop_front();
        }
        let highest = self.recommended.iter().map(|(_, count)| *count).max().unwrap_or(calculated);
        let stabilized = if calculated < self.wanted { highest.min(self.wanted) } else { calculated };
        let at_period_start = self.wanted - self.added.iter().map(|(_, count)| count).sum::<u32>();
        let most = (at_period_start + UP_PODS).max(at_period_start * 2).max(self.wanted);
        let wanted = stabilized.min(most).clamp(fleet.world.min, fleet.world.max);
        if wanted > self.wanted {
            self.added.push_back((now, wanted - self.wanted));
        }
        self.wanted = wanted;
        if !matches!(self.rollout, Rollout::Under(_)) {
            fleet.scale_to(wanted);
        }
    }
}

impl Scaler for Hpa {
    fn begin(&mut self, count: u32) {
        self.wanted = count;
    }

    fn step(&mut self, fleet: &mut Fleet<'_>) {
        let now = fleet.now();
        self.roll(fleet);
        if now.is_multiple_of(RESOLUTION) {
            self.scrape(fleet);
        }
        if now % SYNC == OFFSET {
            self.sync(fleet);
        }
    }

    fn wanted(&self) -> u32 {
        self.wanted
    }
}
