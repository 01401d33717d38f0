//! What the whole machine uses: processor, memory, swap, network and disks, from `/proc`.
//!
//! Source: proc(5), proc_stat(5), proc_meminfo(5), proc_loadavg(5), proc_diskstats(5), proc_sys_fs(5) (`file-nr`); Linux
//! `Documentation/admin-guide/iostats.rst` (a sector is 512 bytes), `net/core/net-procfs.c` (the columns of `net/dev`).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use naru_model::status::{CpuTimes, HostStatus, InterfaceStatus};

/// Looks at the machine again and again; rates are between two looks.
#[derive(Debug)]
pub struct HostMeter {
    /// Whose file system is told of.
    folder: PathBuf,
    last: Option<(Instant, Counters)>,
}

/// What only ever grows, since the machine started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Counters {
    ticks: Ticks,
    interfaces: Vec<Interface>,
    disk_read: u64,
    disk_written: u64,
}

/// Of all cores together. Guests' ticks are in the users' already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ticks {
    user: u64,
    system: u64,
    iowait: u64,
    steal: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Interface {
    name: String,
    received: u64,
    sent: u64,
    received_errors: u64,
    received_drops: u64,
    sent_errors: u64,
    sent_drops: u64,
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
        let is_disk = |name: &str| Path::new("/sys/block").join(name).join("device").exists();
        let (disk_read, disk_written) = disks(&read("/proc/diskstats"), is_disk);
        let interfaces = network(&read("/proc/net/dev"));
        let counters =
            Counters { ticks: ticks(&stat).unwrap_or_default(), interfaces, disk_read, disk_written };
        let meminfo = read("/proc/meminfo");
        let memory = |key| kibibytes(&meminfo, key).unwrap_or(0) * 1024;
        let (disk_bytes, disk_free_bytes) = space(&self.folder);
        let (root_disk_bytes, root_disk_free_bytes) = space(Path::new("/"));
        let mut status = HostStatus {
            cores: stat.lines().filter(|line| is_core(line)).count() as u32,
            memory_bytes: memory("MemTotal:"),
            memory_used_bytes: memory("MemTotal:").saturating_sub(memory("MemAvailable:")),
            swap_bytes: memory("SwapTotal:"),
            swap_used_bytes: memory("SwapTotal:").saturating_sub(memory("SwapFree:")),
            disk_bytes,
            disk_free_bytes,
            root_disk_bytes,
            root_disk_free_bytes,
            load: load(&read("/proc/loadavg")),
            open_files: read("/proc/sys/fs/file-nr").split_whitespace().next().map_or(0, number),
            ..HostStatus::default()
        };
        if let Some((then, before)) = &self.last {
            set_rates(&mut status, before, &counters, now.saturating_duration_since(*then).as_secs_f64());
        }
        self.last = Some((now, counters));
        status
    }
}

fn set_rates(status: &mut HostStatus, before: &Counters, after: &Counters, seconds: f64) {
    if seconds <= 0.0 {
        return;
    }
    // A network interface or disk that was taken out takes its count with it.
    let rate = |before: u64, after: u64| after.saturating_sub(before) as f64 / seconds;
    let ticks_per_second = rustix::param::clock_ticks_per_second().max(1) as f64;
    let cores = |of: fn(&Ticks) -> u64| rate(of(&before.ticks), of(&after.ticks)) / ticks_per_second;
    status.cpu = CpuTimes {
        user: cores(|ticks| ticks.user),
        system: cores(|ticks| ticks.system),
        iowait: cores(|ticks| ticks.iowait),
        steal: cores(|ticks| ticks.steal),
    };
    status.cpu_cores = status.cpu.user + status.cpu.system + status.cpu.steal;
    let sum = |counters: &Counters, of: fn(&Interface) -> u64| counters.interfaces.iter().map(of).sum();
    let all = |of: fn(&Interface) -> u64| rate(sum(before, of), sum(after, of));
    status.received_bytes = all(|interface| interface.received);
    status.sent_bytes = all(|interface| interface.sent);
    status.disk_read_bytes = rate(before.disk_read, after.disk_read);
    status.disk_written_bytes = rate(before.disk_written, after.disk_written);
    let interface = |after: &Interface| {
        let before = before.interfaces.iter().find(|before| before.name == after.name)?;
        let of = |of: fn(&Interface) -> u64| rate(of(before), of(after));
        Some(InterfaceStatus {
            name: after.name.clone(),
            received_errors: of(|interface| interface.received_errors),
            received_drops: of(|interface| interface.received_drops),
            sent_errors: of(|interface| interface.sent_errors),
            sent_drops: of(|interface| interface.sent_drops),
        })
    };
    status.interfaces = after.interfaces.iter().filter_map(interface).collect();
}

/// The whole of a file system and what is free of it for all, in bytes; 0 where it does not tell.
fn space(folder: &Path) -> (u64, u64) {
    let found = rustix::fs::statvfs(folder).ok();
    found.map_or((0, 0), |disk| (disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize))
}

fn ticks(stat: &str) -> Option<Ticks> {
    let mut ticks =
        stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().map_while(|n| n.parse::<u64>().ok());
    let [user, nice, system, _idle, iowait, irq, softirq, steal] = std::array::from_fn(|_| ticks.next());
    let (user, system) = (user?.checked_add(nice?)?, system? + irq? + softirq?);
    Some(Ticks { user, system, iowait: iowait?, steal: steal? })
}

fn load(loadavg: &str) -> [f64; 3] {
    let mut numbers = loadavg.split_whitespace().map_while(|number| number.parse().ok());
    std::array::from_fn(|_| numbers.next().unwrap_or(0.0))
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

/// `cpu0`, `cpu1`...
fn is_core(line: &str) -> bool {
    line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// All interfaces but the loopback.
fn network(dev: &str) -> Vec<Interface> {
    let lines = dev.lines().filter_map(|line| line.split_once(':'));
    let named = lines.map(|(name, counts)| (name.trim(), counts)).filter(|(name, _)| *name != "lo");
    let interface = |(name, counts): (&str, &str)| {
        let counts: Vec<u64> = counts.split_whitespace().map_while(|n| n.parse().ok()).collect();
        // bytes packets errs drop fifo frame compressed multicast, then the same of what was sent.
        let [received, _, received_errors, received_drops, _, _, _, _, sent, _, sent_errors, sent_drops, ..] =
            *counts.as_slice()
        else {
            return None;
        };
        let name = name.to_owned();
        Some(Interface { name, received, sent, received_errors, received_drops, sent_errors, sent_drops })
    };
    named.filter_map(interface).collect()
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
        let found = ticks(stat).unwrap();
        assert_eq!(found, Ticks { user: 10 + 2, system: 30 + 4 + 5, iowait: 50, steal: 6 });
        assert_eq!(stat.lines().filter(|line| is_core(line)).count(), 2);
        let dev = "Inter-|   Receive |  Transmit\n face |bytes packets\n    lo: 99 1 0 0 0 0 0 0 99 1 0 0 0 0 0 0\n\
                   eth0: 1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0\n  br0: 7\n";
        let eth0 = Interface {
            name: "eth0".to_owned(),
            received: 1000,
            sent: 2000,
            received_errors: 1,
            received_drops: 2,
            sent_errors: 3,
            sent_drops: 4,
        };
        assert_eq!(network(dev), [eth0]);
        assert_eq!(load("0.52 0.58 0.59 1/467 12345\n"), [0.52, 0.58, 0.59]);
        let diskstats =
            " 254 0 vda 100 0 8 30 200 0 16 40 0 50 60\n 254 1 vda1 100 0 8 30 200 0 16 40 0 50 60\n";
        assert_eq!(disks(diskstats, |name| name == "vda"), (8 * 512, 16 * 512));
        assert_eq!(kibibytes("MemTotal:       16 kB\nMemAvailable:    8 kB\n", "MemAvailable:"), Some(8));
    }

    #[test]
    fn rates_are_what_was_added_between_two_looks_and_never_below_nothing() {
        let of = |received, sent, received_drops| Counters {
            interfaces: vec![Interface { received, sent, received_drops, ..Interface::default() }],
            ..Counters::default()
        };
        let mut status = HostStatus::default();
        set_rates(&mut status, &of(500, 900, 3), &of(1500, 100, 5), 2.0);
        assert_eq!((status.received_bytes, status.sent_bytes), (500.0, 0.0));
        assert_eq!(status.interfaces[0].received_drops, 1.0);
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
