//! Processes as the kernel knows them.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// When a process started, in ticks since boot; with the pid it names a process for ever. `None` when it has ended.
/// Source: proc_pid_stat(5), field 22.
pub fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    if fields.next() == Some("Z") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Resident memory of a process in bytes; `None` when it has ended. Source: proc_pid_status(5), VmRSS.
pub fn resident_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

pub fn is_running(pid: u32) -> bool {
    start_time(pid).is_some()
}

/// # Panics
/// When there is no such process.
pub fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid as i32).unwrap(), signal).unwrap();
}

/// Every process, but this one, that has the folder in its command line or its environment, as `(pid, command)`.
pub fn with_folder(folder: &Path) -> Vec<(u32, String)> {
    let folder = folder.to_str().unwrap();
    let pids =
        std::fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mentions = |pid: u32| -> Option<(u32, String)> {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let found =
            [&command, &environment].iter().any(|text| String::from_utf8_lossy(text).contains(folder));
        found.then(|| (pid, String::from_utf8_lossy(&command).replace('\0', " ").trim().to_owned()))
    };
    pids.filter(|pid| *pid != std::process::id()).filter_map(mentions).collect()
}
