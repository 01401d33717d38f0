//! Processes as the kernel knows them: who a pid really is, and who is left behind.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

use super::Error;

/// When a process started, in clock ticks since boot; with the pid it names a process for ever. `None` when it is gone.
/// Source: proc_pid_stat(5), field 22.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold anything, also blanks and brackets; the numbers begin behind its last bracket, with field 3.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    if fields.next() == Some("Z") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// # Errors
/// When there is no such process or it is not ours.
pub(crate) fn signal(pid: u32, signal: Signal) -> Result<(), Error> {
    let failed = || Error::io(format!("signal process {pid}"));
    let pid = Pid::from_raw(pid as i32)
        .ok_or(std::io::Error::from(std::io::ErrorKind::InvalidInput))
        .map_err(failed())?;
    kill_process(pid, signal).map_err(|error| failed()(error.into()))
}

/// Every process, but this one, that has the folder in its command line or its environment: `pid command`.
pub(crate) fn with_folder(folder: &Path) -> Vec<(u32, String)> {
    let folder = folder.as_os_str().as_encoded_bytes();
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mentions = |pid: u32| -> Option<(u32, String)> {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let found = [&command, &environment].iter().any(|text| memchr::memmem::find(text, folder).is_some());
        found.then(|| (pid, String::from_utf8_lossy(&command).replace('\0', " ").trim().to_owned()))
    };
    pids.filter(|pid| *pid != std::process::id()).filter_map(mentions).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_is_known_by_its_start_and_found_by_its_folder_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("sleep").arg("60").env("WHERE", folder.path()).spawn().unwrap();
        assert!(start_time(child.id()).is_some());
        // Until it has become `sleep`, the child is still a copy of this process.
        while with_folder(folder.path()).is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(with_folder(folder.path())[0].0, child.id());
        signal(child.id(), Signal::KILL).unwrap();
        child.wait().unwrap();
        assert_eq!(start_time(child.id()), None);
        assert!(with_folder(folder.path()).is_empty());
    }
}
