//! What `/proc` tells of processes, and how one is told from another that got its number later.
//!
//! Source: proc_pid_stat(5), pidfd_open(2).

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal};
use serde::{Deserialize, Serialize};

/// One process for as long as the machine is up: numbers are given again, a number with its start time is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessKey {
    pub pid: u32,
    /// Clock ticks between the machine's start and the process's.
    pub start_ticks: u64,
}

/// The fields of `/proc/PID/stat` that are of use here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub key: ProcessKey,
    /// Ended, and not yet waited for by its parent.
    pub ended: bool,
    pub parent: u32,
    /// Process group.
    pub group: u32,
    pub session: u32,
    /// Processor time of itself and of its children that were waited for, in clock ticks.
    pub cpu_ticks: u64,
}

/// Reads one process; `None` when there is none of this number.
pub(crate) fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The second field is the program's name in parentheses, and may hold spaces and parentheses itself.
    let (head, tail) = (text.find('(')?, text.rfind(')')?);
    let pid = text[..head].trim().parse().ok()?;
    let fields: Vec<&str> = text[tail + 1..].split_ascii_whitespace().collect();
    // Field 3 of the manual page is the first one here.
    let number = |n: usize| fields.get(n - 3)?.parse::<u64>().ok();
    Some(Stat {
        key: ProcessKey { pid, start_ticks: number(22)? },
        ended: matches!(fields[0], "Z" | "X" | "x"),
        parent: number(4)? as u32,
        group: number(5)? as u32,
        session: number(6)? as u32,
        cpu_ticks: number(14)? + number(15)? + number(16)? + number(17)?,
    })
}

/// Reads all processes there are at the moment.
pub(crate) fn all() -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(stat).collect()
}

/// Picks from `all` the processes below `root`, which itself is not among them.
pub(crate) fn descendants(all: &[Stat], root: u32) -> Vec<Stat> {
    let mut found: Vec<Stat> = Vec::new();
    let mut next = 0;
    let mut parent = root;
    loop {
        found.extend(all.iter().filter(|p| p.parent == parent));
        let Some(process) = found.get(next) else { return found };
        parent = process.key.pid;
        next += 1;
    }
}

/// Memory of its own, in bytes: neither files mapped nor memory shared. 0 when it has ended.
pub(crate) fn own_memory(pid: u32) -> u64 {
    let read = || {
        let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
        let mut fields = text.split_ascii_whitespace().skip(1).map(|f| f.parse::<u64>().ok());
        let (resident, shared) = (fields.next()??, fields.next()??);
        Some(resident.saturating_sub(shared) * rustix::param::page_size() as u64)
    };
    read().unwrap_or(0)
}

/// Bytes that a process has read from disks and written to them; 0 where the kernel does not tell. Source: proc_pid_io(5).
pub(crate) fn disk_bytes(pid: u32) -> (u64, u64) {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let field = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.trim().parse().ok());
    (field("read_bytes:").unwrap_or(0), field("write_bytes:").unwrap_or(0))
}

/// Tells whether SIGTERM ends the process outright: it neither catches nor ignores it.
pub(crate) fn ends_by_term(pid: u32) -> bool {
    const TERM: u64 = 1 << (15 - 1);
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = |name: &str| {
        let text = status.lines().find_map(|line| line.strip_prefix(name))?;
        u64::from_str_radix(text.trim(), 16).ok()
    };
    mask("SigCgt:").zip(mask("SigIgn:")).is_some_and(|(caught, ignored)| (caught | ignored) & TERM == 0)
}

/// Names this run of the machine; after its next start every process is another one.
pub(crate) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

impl ProcessKey {
    /// Returns the key of a process that exists, ended or not.
    pub(crate) fn of(pid: u32) -> Option<ProcessKey> {
        stat(pid).map(|stat| stat.key)
    }

    /// Returns a handle to this very process, or `None` when it has gone. One that has ended but was not waited for has a
    /// handle, which is readable at once.
    ///
    /// # Errors
    /// When there is no descriptor left for it.
    pub(crate) fn open(&self) -> io::Result<Option<OwnedFd>> {
        let Some(pid) = pid(self.pid) else { return Ok(None) };
        match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            // The handle is of whoever has the number now; only then does the start time speak of the same one.
            Ok(handle) => Ok((ProcessKey::of(self.pid) == Some(*self)).then_some(handle)),
            Err(rustix::io::Errno::SRCH) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a signal to this very process; nothing happens when it has gone.
    ///
    /// # Errors
    /// When it belongs to somebody else, or there is no descriptor left to reach it by.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        let Some(handle) = self.open()? else { return Ok(()) };
        match rustix::process::pidfd_send_signal(handle, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Kills this very process, and waits until it has ended, or for so long.
    pub(crate) fn kill_and_wait(&self, patience: Duration) {
        let Ok(Some(handle)) = self.open() else { return };
        // One that belongs to somebody else is not ours to end.
        if rustix::process::pidfd_send_signal(&handle, Signal::KILL).is_ok() {
            let patience =
                Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: i64::from(patience.subsec_nanos()) };
            // Interrupted or not: the caller looks again.
            let _ = poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&patience));
        }
    }
}

/// The number as the system calls want it; `None` for 0, which is nobody.
pub(crate) fn pid(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_with_spaces_and_parentheses_is_read_over() {
        let text = "12 (a) S (b) Z 1 2 3 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 777 1 2\n";
        let stat = parse_stat(text).unwrap();
        assert_eq!(stat.key, ProcessKey { pid: 12, start_ticks: 777 });
        assert_eq!((stat.ended, stat.parent, stat.group, stat.session, stat.cpu_ticks), (true, 1, 2, 3, 100));
    }

    #[test]
    fn a_process_of_the_same_number_but_another_start_is_another() {
        let own = ProcessKey::of(std::process::id()).unwrap();
        assert!(own.open().unwrap().is_some());
        assert!(ProcessKey { start_ticks: own.start_ticks + 1, ..own }.open().unwrap().is_none());
    }

    #[test]
    fn descendants_are_found_through_generations_and_strangers_are_not() {
        let process = |pid, parent| Stat {
            key: ProcessKey { pid, start_ticks: 0 },
            ended: false,
            parent,
            group: 0,
            session: 0,
            cpu_ticks: 0,
        };
        let all = [process(5, 3), process(2, 1), process(3, 2), process(4, 9)];
        let pids: Vec<u32> = descendants(&all, 2).iter().map(|p| p.key.pid).collect();
        assert_eq!(pids, [3, 5]);
    }
}
