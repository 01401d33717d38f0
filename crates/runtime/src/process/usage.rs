//! Measures every second what each instance takes of the machine.

use std::sync::Weak;
use std::time::{Duration, Instant};

use naru_model::instance::InstanceId;
use naru_model::observed::Process;
use tokio::time::MissedTickBehavior;

use super::{Inner, Instance};
use crate::Stats;
use crate::cgroup::{Group, Usage};
use crate::proc;

const EVERY: Duration = Duration::from_secs(1);

/// What one instance had used when it was last looked at, and what follows from that.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Meter {
    last: Option<(Instant, Usage)>,
    /// `None` until there are two looks to compare.
    cpu_cores: Option<f64>,
}

impl Meter {
    /// Takes what the instance has used by `now`, over its whole life.
    fn look(&mut self, now: Instant, usage: Usage) {
        if let Some((then, before)) = self.last {
            let elapsed = now.saturating_duration_since(then).as_nanos() as f64;
            // Processes counted through /proc may have ended, with what they used.
            let used = usage.cpu_nanos.saturating_sub(before.cpu_nanos) as f64;
            self.cpu_cores = (elapsed > 0.0).then(|| used / elapsed);
        }
        self.last = Some((now, usage));
    }
}

impl Instance {
    pub(super) fn stats(&self) -> Option<Stats> {
        if self.running.process != Process::Running {
            return None;
        }
        let (_, usage) = self.usage.last?;
        Some(Stats {
            id: self.running.id.clone(),
            cpu_cores: self.usage.cpu_cores?,
            memory_bytes: usage.memory_bytes,
            since: self.running.started_at,
        })
    }
}

/// Measures until the runtime is gone.
pub(super) async fn measure(inner: Weak<Inner>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        // A few small files each: with hundreds of instances that is long enough to be in the way of others.
        let _ = tokio::task::spawn_blocking(move || inner.measure()).await;
    }
}

impl Inner {
    fn measure(&self) {
        let live: Vec<(InstanceId, Group, u32)> = {
            let known = self.known();
            let live = known.instances.values().filter(|i| i.running.process == Process::Running);
            live.map(|i| (i.running.id.clone(), i.group.clone(), i.shim.map_or(0, |shim| shim.pid))).collect()
        };
        let by_proc = live.iter().any(|(_, group, _)| *group == Group::Rlimits);
        let all = if by_proc { proc::all() } else { Vec::new() };
        for (id, group, shim) in live {
            let usage = if group == Group::Rlimits { Some(through_proc(&all, shim)) } else { group.usage() };
            let now = Instant::now();
            if let (Some(usage), Some(instance)) = (usage, self.known().instances.get_mut(&id)) {
                instance.usage.look(now, usage);
            }
        }
    }
}

/// Adds up the processes below a shim.
fn through_proc(all: &[proc::Stat], shim: u32) -> Usage {
    let family = proc::descendants(all, shim);
    let nanos_per_tick = 1_000_000_000 / rustix::param::clock_ticks_per_second().max(1);
    Usage {
        cpu_nanos: family.iter().map(|p| p.cpu_ticks).sum::<u64>() * nanos_per_tick,
        memory_bytes: family.iter().map(|p| proc::own_memory(p.key.pid)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_time_used_over_time_passed() {
        let start = Instant::now();
        let usage = |cpu_nanos| Usage { cpu_nanos, memory_bytes: 0 };
        let mut meter = Meter::default();
        meter.look(start, usage(5_000_000_000));
        assert_eq!(meter.cpu_cores, None);
        meter.look(start + Duration::from_secs(2), usage(8_000_000_000));
        assert_eq!(meter.cpu_cores, Some(1.5));
        meter.look(start + Duration::from_secs(3), usage(7_000_000_000));
        assert_eq!(meter.cpu_cores, Some(0.0));
    }
}
