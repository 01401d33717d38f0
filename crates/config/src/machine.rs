//! What the machine has: the pool when the file does not give one.

use std::fs;
use std::num::NonZero;
use std::thread;

use naru_model::units::Bytes;

/// The size of the machine, or of the container that naru itself is confined to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// At least 1.
    pub cores: usize,
    pub memory: Bytes,
}

/// Taken for the memory where it can't be found out.
const UNKNOWN_MEMORY: Bytes = Bytes(1 << 30);

impl Machine {
    /// Asks the kernel. Affinity and cgroup quotas count for the cores, cgroup limits for the memory.
    pub fn detect() -> Machine {
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
        let limit = limits.iter().find_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
        let total = fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(mem_total);
        let memory = total.into_iter().chain(limit).min().map_or(UNKNOWN_MEMORY, Bytes);
        Machine { cores: thread::available_parallelism().map_or(1, NonZero::get), memory }
    }
}

/// Returns the bytes of `MemTotal` in /proc/meminfo. Source: proc_meminfo(5); its kB are 1,024 bytes.
fn mem_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_from_meminfo() {
        assert_eq!(mem_total("MemTotal:        8123456 kB\nMemFree: 1 kB\n"), Some(8_123_456 * 1024));
        assert_eq!(mem_total("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn this_machine_has_something() {
        let machine = Machine::detect();
        assert!(machine.cores >= 1 && machine.memory.0 > 64 << 20, "{machine:?}");
    }
}
