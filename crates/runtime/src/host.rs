//! What the whole machine uses: processor, memory, network and disks, from `/proc`.
//!
//! Source: proc(5), proc_diskstats(5); Linux `Documentation/admin-guide/iostats.rst` (a sector is 512 bytes).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use naru_model::status::HostStatus;

/// Looks at the machine again and again; rates are between two looks.
#[derive(Debug)]
pub struct HostMeter {
    /// Whose file system is told of.
    folder: PathBuf,
    last: Option<(Instant, Counters)>,
}

/// What only ever grows, since the machine started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counters {
    busy_ticks: u64,
    received: u64,
    sent: u64,
    disk_read: u64,
    disk_written: u64,
}

const SECTOR: u64 = 512;

impl HostMeter {
    /// Tells of the disk that `folder` is on.
    pub fn new(folder: &Path) -> HostMeter {
        HostMeter { folder: folder.to_owned(), last: None }
    }

    /// Returns what is used at `now`. Rates are 0 at the first look, and what the machine does not tell is 0.
    pub fn look(&mut self, now: Instant) -> HostStatus {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let stat = read("/proc/stat");
        let (received, sent) = network(&read("/proc/net/dev"));
        let is_disk = |name: &str| Path::new("/sys/block").join(name).join("device").exists();
        let (disk_read, disk_written) = disks(&read("/proc/diskstats"), is_disk);
        let counters =
            Counters { busy_ticks: busy_ticks(&stat).unwrap_or(0), received, sent, disk_read, disk_written };
        let meminfo = read("/proc/meminfo");
        let memory = |key| kibibytes(&meminfo, key).unwrap_or(0) * 1024;
        let disk = rustix::fs::statvfs(&self.folder).ok();
        let mut status = HostStatus {
            cores: stat.lines().filter(|line| is_core(line)).count() as u32,
            memory_bytes: memory("MemTotal:"),
            memory_used_bytes: memory("MemTotal:").saturating_sub(memory("MemAvailable:")),
            disk_bytes: disk.as_ref().map_or(0, |disk| disk.f_blocks * disk.f_frsize),
            disk_free_bytes: disk.as_ref().map_or(0, |disk| disk.f_bavail * disk.f_frsize),
            ..HostStatus::default()
        };
        if let Some((then, before)) = self.last.replace((now, counters)) {
            set_rates(&mut status, before, counters, now.saturating_duration_since(then).as_secs_f64());
        }
        status
    }
}

fn set_rates(status: &mut HostStatus, before: Counters, after: Counters, seconds: f64) {
    if seconds <= 0.0 {
        return;
    }
    // A network interface or disk that was taken out takes its count with it.
    let rate = |before: u64, after: u64| after.saturating_sub(before) as f64 / seconds;
    let ticks_per_second = rustix::param::clock_ticks_per_second().max(1) as f64;
    status.cpu_cores = rate(before.busy_ticks, after.busy_ticks) / ticks_per_second;
    status.received_bytes = rate(before.received, after.received);
    status.sent_bytes = rate(before.sent, after.sent);
    status.disk_read_bytes = rate(before.disk_read, after.disk_read);
    status.disk_written_bytes = rate(before.disk_written, after.disk_written);
}

/// Ticks of all cores together that were neither idle nor waiting for a disk. Guests' ticks are in the users' already.
fn busy_ticks(stat: &str) -> Option<u64> {
    let mut ticks =
        stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().map_while(|n| n.parse().ok());
    let [user, nice, system, _idle, _iowait, irq, softirq, steal] = std::array::from_fn(|_| ticks.next());
    let used: [Option<u64>; 6] = [user, nice, system, irq, softirq, steal];
    used.into_iter().sum()
}

/// `cpu0`, `cpu1`...
fn is_core(line: &str) -> bool {
    line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Bytes received and sent over all interfaces but the loopback.
fn network(dev: &str) -> (u64, u64) {
    let interfaces =
        dev.lines().filter_map(|line| line.split_once(':')).filter(|(name, _)| name.trim() != "lo");
    let counts = interfaces.filter_map(|(_, counts)| {
        let mut counts = counts.split_whitespace().map_while(|n| n.parse::<u64>().ok());
        Some((counts.next()?, counts.nth(7)?))
    });
    counts.fold((0, 0), |(received, sent), (r, s)| (received + r, sent + s))
}

/// Bytes read and written over all whole disks: a partition's are in its disk's.
fn disks(diskstats: &str, is_disk: impl Fn(&str) -> bool) -> (u64, u64) {
    let counts = diskstats.lines().filter_map(|line| {
        let mut fields = line.split_whitespace();
        let name = fields.nth(2)?;
        let sectors_read: u64 = fields.nth(2)?.parse().ok()?;
        let sectors_written: u64 = fields.nth(3)?.parse().ok()?;
        is_disk(name).then_some((sectors_read * SECTOR, sectors_written * SECTOR))
    });
    counts.fold((0, 0), |(read, written), (r, w)| (read + r, written + w))
}

fn kibibytes(meminfo: &str, key: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_kernels_tables_are_read_as_they_are_written() {
        let stat = "cpu  10 2 30 900 50 4 5 6 7 8\ncpu0 5 1 15 450 25 2 2 3 3 4\ncpu1 5 1 15 450 25 2 3 3 4 4\nintr 1\n";
        assert_eq!(busy_ticks(stat), Some(10 + 2 + 30 + 4 + 5 + 6));
        assert_eq!(stat.lines().filter(|line| is_core(line)).count(), 2);
        let dev = "Inter-|   Receive |  Transmit\n face |bytes packets\n    lo: 99 1 0 0 0 0 0 0 99 1 0 0 0 0 0 0\n\
                   eth0: 1000 10 0 0 0 0 0 0 2000 20 0 0 0 0 0 0\n";
        assert_eq!(network(dev), (1000, 2000));
        let diskstats =
            " 254 0 vda 100 0 8 30 200 0 16 40 0 50 60\n 254 1 vda1 100 0 8 30 200 0 16 40 0 50 60\n";
        assert_eq!(disks(diskstats, |name| name == "vda"), (8 * 512, 16 * 512));
        assert_eq!(kibibytes("MemTotal:       16 kB\nMemAvailable:    8 kB\n", "MemAvailable:"), Some(8));
    }

    #[test]
    fn rates_are_what_was_added_between_two_looks_and_never_below_nothing() {
        let before = Counters { received: 500, sent: 900, ..Counters::default() };
        let after = Counters { received: 1500, sent: 100, ..before };
        let mut status = HostStatus::default();
        set_rates(&mut status, before, after, 2.0);
        assert_eq!((status.received_bytes, status.sent_bytes), (500.0, 0.0));
    }

    #[test]
    fn this_machine_has_cores_memory_and_a_disk() {
        let start = Instant::now();
        let mut meter = HostMeter::new(Path::new("/"));
        assert_eq!(meter.look(start).cpu_cores, 0.0);
        let status = meter.look(start + Duration::from_secs(1));
        assert!(
            status.cores > 0 && status.memory_used_bytes > 0 && status.disk_bytes > status.disk_free_bytes
        );
        assert!(status.memory_used_bytes < status.memory_bytes, "{status:?}");
    }
}
