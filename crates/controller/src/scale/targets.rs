//! How many instances keep a figure at its target, and how many carry what comes.

use std::time::Duration;

use naru_model::platform::{InstanceSize, Service};
use naru_model::scaling::{By, Level, Wish};

use super::capacity::Ratios;
use super::measure::{Balance, Load};

/// Of what an instance carries, so much is planned with. On traces of an hour and starts of 10 s, 0.97 took 2 % fewer
/// instance-hours than 0.95 and left no more minutes too slow.
const PLANNED: f64 = 0.97;
/// What piled up is worked off within this time, or within a start if that takes longer.
const WORKED_OFF: Duration = Duration::from_secs(10);
/// So many seconds' requests that wait are no chance.
const WAITS: f64 = 0.25;
/// An estimate that is so little over what there are instances for asks for no more: its rate and its time per request are
/// those of different seconds, so they never agree to the last digit.
const ESTIMATE_OFF: f64 = 1.05;
/// A figure that users feel follows no law of proportion: at least and at most so many times the instances at once.
const FELT_STEP: (f64, f64) = (1.25, 2.0);

/// What all wishes are made from.
pub(super) struct Judge<'a> {
    pub(super) service: &'a Service,
    /// Instances there are to be, before.
    pub(super) count: u32,
    pub(super) ratios: Ratios,
    /// Requests per second that one instance carries.
    pub(super) carries: Option<f64>,
    pub(super) rolling_out: bool,
    /// Whether what users feel is the work of the instances there are: none is coming, and the last change has shown.
    pub(super) settled: bool,
}

impl Judge<'_> {
    /// What a target sees and wants of a load.
    pub(super) fn wish(&self, target: Level, load: &Load, balance: Option<&Balance>) -> Wish {
        let (by, total) = match target {
            Level::Cpu(_) => {
                let reserved = reserved_cores(self.service.instance);
                (By::Cpu, self.cores(load).map(|cores| cores / reserved))
            }
            Level::Concurrency(_) => (By::Concurrency, self.concurrency(load, balance)),
            Level::Rate(_) => (By::Rate, load.arrived),
            Level::P95(_) => return self.felt(By::P95, target, load.p95, load, |seen, most| seen / most),
            // Errors and waiting are for rules: the file's checks let no target have them.
            Level::Apdex(_) | Level::Errors(_) | Level::Waiting(_) => {
                return self.felt(By::Apdex, target, load.apdex, load, |seen, least| {
                    (1.0 - seen) / (1.0 - least).max(0.01)
                });
            }
        };
        let each = target.value();
        Wish {
            by,
            seen: total.map(|total| total / f64::from(load.ready.max(1))),
            level: Some(each),
            wants: total.map(|total| self.taking(total, each)),
        }
    }

    /// How many a total takes. In a rollout it is an estimate.
    fn taking(&self, total: f64, each: f64) -> u32 {
        let there = f64::from(self.count) * each;
        if self.rolling_out && (there..=there * ESTIMATE_OFF).contains(&total) {
            self.count
        } else {
            instances(total, each)
        }
    }

    /// In a rollout the processor that new instances take says nothing: what requests took before it does.
    fn cores(&self, load: &Load) -> Option<f64> {
        if self.rolling_out { Some(self.ratios.cores? * load.arrived?) } else { load.cores }
    }

    /// While requests pile up or are worked off, and in a rollout, what will be in flight once that is over.
    fn concurrency(&self, load: &Load, balance: Option<&Balance>) -> Option<f64> {
        let moves = balance.is_some_and(|balance| balance.grows || balance.falls);
        let calm = || Some(self.ratios.response? * load.arrived?);
        if self.rolling_out {
            calm()
        } else if moves {
            calm().or(load.concurrency)
        } else {
            load.concurrency
        }
    }

    fn felt(
        &self,
        by: By,
        target: Level,
        seen: Option<f64>,
        load: &Load,
        over: impl Fn(f64, f64) -> f64,
    ) -> Wish {
        let level = target.value();
        let quiet = load.arrived == Some(0.0);
        let wants = match seen {
            _ if self.rolling_out => None,
            Some(seen) if over(seen, level) > 1.0 => {
                let step = over(seen, level).clamp(FELT_STEP.0, FELT_STEP.1);
                Some(if self.settled { instances(f64::from(self.count) * step, 1.0) } else { self.count })
            }
            // Well, or nobody there to ask: as many as carry what comes.
            Some(_) => self.carrying(load.arrived),
            None if quiet => Some(self.service.scale.min),
            None => None,
        };
        Wish { by, seen, level: Some(level), wants }
    }

    /// As many as carry so much; as there are while nothing tells what one does.
    fn carrying(&self, arrived: Option<f64>) -> Option<u32> {
        let arrived = arrived?;
        Some(self.carries.map_or(self.count, |each| instances(arrived + arrived.sqrt(), each * PLANNED)))
    }

    /// What comes by the time that an instance started now can serve, over what one carries.
    pub(super) fn ahead(&self, load: &Load, more: f64, spread: f64) -> Option<Wish> {
        let (arrived, each) = (load.arrived?, self.carries?);
        let wants = instances(arrived + more + spread, each * PLANNED);
        let seen = Some((arrived + more) / f64::from(load.ready.max(1)));
        Some(Wish { by: By::Capacity, seen, level: Some(each), wants: Some(wants) })
    }

    /// What has piled up and will till others come, over what one carries. `None` when nothing has.
    pub(super) fn piled_up(
        &self,
        load: &Load,
        balance: &Balance,
        comes_in: Duration,
        learned: f64,
    ) -> Option<Wish> {
        let arrived = load.arrived?;
        let usual = self.ratios.response.map_or(balance.open - balance.waiting, |each| each * arrived);
        let backlog = balance.open - usual;
        let waits =
            balance.waiting > (WAITS * arrived).max(1.0) || (load.ready == 0 && balance.waiting > 0.0);
        if backlog <= 0.0 || !(balance.grows || waits) {
            return None;
        }
        let answered = balance.ended / f64::from(load.ready.max(1));
        // Those that hang answer nothing, but others in their place will.
        let least = self.ratios.usual.unwrap_or(0.0).max(learned).max(answered);
        let each = self.carries.unwrap_or(least);
        let more = (arrived - balance.ended).max(0.0) * comes_in.as_secs_f64();
        let within = WORKED_OFF.max(comes_in).as_secs_f64();
        let wants =
            if each > 0.0 { instances(arrived + (backlog + more) / within, each) } else { self.count.max(1) };
        Some(Wish { by: By::Waiting, seen: Some(backlog), level: None, wants: Some(wants) })
    }
}

/// What one instance reserves; a whole core when it reserves nothing.
pub(super) fn reserved_cores(size: InstanceSize) -> f64 {
    size.cpu.map_or(1.0, |cpu| cpu.cores()).max(0.001)
}

/// How many carry `total` at `each`.
pub(super) fn instances(total: f64, each: f64) -> u32 {
    // A sum of fractions that is whole but for its last digit is whole.
    (total / each.max(f64::MIN_POSITIVE) - 1e-9).ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}
