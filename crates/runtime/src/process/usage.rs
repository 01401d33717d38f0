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
    last: Option<(Instant, Usage, Disk)>,
    /// `None` until there are two looks to compare.
    rates: Option<Rates>,
}

/// Bytes that the processes there are have read from disks and written to them. A process that has ended is not in it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Disk {
    read: u64,
    written: u64,
}

/// What was used per second between two looks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rates {
    cpu_cores: f64,
    disk_read_bytes: f64,
    disk_written_bytes: f64,
}

impl Meter {
    /// Takes what the instance has used by `now`, over its whole life.
    fn look(&mut self, now: Instant, usage: Usage, disk: Disk) {
        if let Some((then, before, disk_before)) = self.last {
            let seconds = now.saturating_duration_since(then).as_secs_f64();
            // Processes counted through /proc may have ended, with what they used.
            let rate = |before: u64, after: u64| after.saturating_sub(before) as f64 / seconds;
            self.rates = (seconds > 0.0).then(|| Rates {
                cpu_cores: rate(before.cpu_nanos, usage.cpu_nanos) / 1e9,
                disk_read_bytes: rate(disk_before.read, disk.read),
                disk_written_bytes: rate(disk_before.written, disk.written),
            });
        }
        self.last = Some((now, usage, disk));
    }
}

impl Instance {
    pub(super) fn stats(&self) -> Option<Stats> {
        if self.running.process != Process::Running {
            return None;
        }
        let (_, usage, _) = self.usage.last?;
        let rates = self.usage.rates?;
        Some(Stats {
            id: self.running.id.clone(),
            cpu_cores: rates.cpu_cores,
            memory_bytes: usage.memory_bytes,
            disk_read_bytes: rates.disk_read_bytes,
            disk_written_bytes: rates.disk_written_bytes,
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
            let (usage, processes) = if group == Group::Rlimits {
                let family = proc::descendants(&all, shim);
                (Some(through_proc(&family)), family.iter().map(|p| p.key.pid).collect())
            } else {
                (group.usage(), group.processes())
            };
            let disk = disk_of(&processes);
            let now = Instant::now();
            if let (Some(usage), Some(instance)) = (usage, self.known().instances.get_mut(&id)) {
                instance.usage.look(now, usage, disk);
            }
        }
    }
}

fn disk_of(processes: &[u32]) -> Disk {
    let each = processes.iter().map(|pid| proc::disk_bytes(*pid));
    each.fold(Disk::default(), |sum, (read, written)| Disk {
        read: sum.read + read,
        written: sum.written + written,
    })
}

/// Adds up the processes below a shim.
fn through_proc(family: &[proc::Stat]) -> Usage {
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
        let cores = |meter: &Meter| meter.rates.map(|rates| rates.cpu_cores);
        meter.look(start, usage(5_000_000_000), Disk::default());
        assert_eq!(cores(&meter), None);
        meter.look(start + Duration::from_secs(2), usage(8_000_000_000), Disk { read: 10, written: 4096 });
        assert_eq!(cores(&meter), Some(1.5));
        assert_eq!(
            meter.rates.map(|rates| (rates.disk_read_bytes, rates.disk_written_bytes)),
            Some((5.0, 2048.0))
        );
        meter.look(start + Duration::from_secs(3), usage(7_000_000_000), Disk::default());
        assert_eq!(cores(&meter), Some(0.0));
    }
}
