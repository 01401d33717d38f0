//! Keeps each instance to its size, by control groups where the machine lets us: processor as a share that counts only when the
//! machine is busy, memory as a ceiling. What cgroups count is also what [`crate::Stats`] are made of.
//!
//! Source: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/{cpuacct,memory}.rst of Linux; cgroups(7).

mod find;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use naru_model::platform::InstanceSize;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};

pub(crate) use find::find;

/// Where naru makes its instances' groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Confinement {
    /// One folder of the one hierarchy, with the controllers cpu and memory.
    V2(PathBuf),
    /// A folder in each controller's hierarchy; cpu and cpuacct may be the same one.
    V1 { cpu: PathBuf, cpuacct: PathBuf, memory: PathBuf },
    /// None to be had: instances are measured through `/proc`, and kept to no size.
    Rlimits,
}

/// The group of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Group {
    V2(PathBuf),
    V1 { cpu: PathBuf, cpuacct: PathBuf, memory: PathBuf },
    Rlimits,
}

/// What a group has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Processor time since the group was made, in nanoseconds.
    pub cpu_nanos: u64,
    pub memory_bytes: u64,
}

impl Confinement {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Confinement::V2(_) => "cgroup-v2",
            Confinement::V1 { .. } => "cgroup-v1",
            Confinement::Rlimits => "rlimits",
        }
    }

    /// Removes the folder of all groups, unless there is one in it.
    pub(crate) fn remove(&self) {
        let folders = match self {
            Confinement::V2(base) => vec![base],
            Confinement::V1 { cpu, cpuacct, memory } => vec![cpu, cpuacct, memory],
            Confinement::Rlimits => Vec::new(),
        };
        for folder in folders {
            let _ = fs::remove_dir(folder);
        }
    }

    /// Makes the group of an instance, with the shares and the ceiling of its size.
    ///
    /// # Errors
    /// When the machine refuses; nothing is left of it then.
    pub(crate) fn create(&self, name: &str, size: &InstanceSize) -> io::Result<Group> {
        // An earlier server may have removed the empty folder as it went.
        find::make_bases(self)?;
        let group = match self {
            Confinement::V2(base) => Group::V2(base.join(name)),
            Confinement::V1 { cpu, cpuacct, memory } => {
                Group::V1 { cpu: cpu.join(name), cpuacct: cpuacct.join(name), memory: memory.join(name) }
            }
            Confinement::Rlimits => Group::Rlimits,
        };
        group.make(size).inspect_err(|_| group.remove())?;
        self.balance();
        Ok(group)
    }

    /// Gives the folder of all groups what they have together, so that an instance that is to have one core counts as much as
    /// a busy process outside of it. Left alone, all instances together would count as one.
    pub(crate) fn balance(&self) {
        let (base, file, largest) = match self {
            Confinement::V2(base) => (base, "cpu.weight", 10_000),
            Confinement::V1 { cpu, .. } => (cpu, "cpu.shares", 262_144),
            Confinement::Rlimits => return,
        };
        let Ok(entries) = fs::read_dir(base) else { return };
        let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let sum: u64 = folders.filter_map(|folder| number(&folder.join(file))).sum();
        if sum > 0 {
            // A folder that has just gone, or a machine that no longer lets us: shares are a wish, not a promise.
            let _ = fs::write(base.join(file), sum.min(largest).to_string());
        }
    }
}

impl Group {
    fn folders(&self) -> Vec<&Path> {
        match self {
            Group::V2(folder) => vec![folder],
            Group::V1 { cpu, cpuacct, memory } if cpu == cpuacct => vec![cpu, memory],
            Group::V1 { cpu, cpuacct, memory } => vec![cpu, cpuacct, memory],
            Group::Rlimits => Vec::new(),
        }
    }

    fn make(&self, size: &InstanceSize) -> io::Result<()> {
        for folder in self.folders() {
            find::make(folder)?;
        }
        match self {
            Group::V2(folder) => {
                if let Some(cpu) = size.cpu {
                    // 100 is the default weight; here it is one core.
                    fs::write(folder.join("cpu.weight"), (cpu.millicores / 10).clamp(1, 10_000).to_string())?;
                }
                if let Some(memory) = size.memory {
                    fs::write(folder.join("memory.max"), memory.0.to_string())?;
                    // A service without a process it needs is worse than one that has ended and is started again.
                    fs::write(folder.join("memory.oom.group"), "1")?;
                    without_swap(&folder.join("memory.swap.max"), "0")?;
                }
            }
            Group::V1 { cpu: cpu_folder, memory: memory_folder, .. } => {
                if let Some(cpu) = size.cpu {
                    // 1,024 is the default share; here it is one core. The kernel takes 2 to 262,144.
                    let shares = (cpu.millicores * 1024 / 1000).clamp(2, 262_144);
                    fs::write(cpu_folder.join("cpu.shares"), shares.to_string())?;
                }
                if let Some(memory) = size.memory {
                    fs::write(memory_folder.join("memory.limit_in_bytes"), memory.0.to_string())?;
                    without_swap(&memory_folder.join("memory.memsw.limit_in_bytes"), &memory.0.to_string())?;
                }
            }
            Group::Rlimits => {}
        }
        Ok(())
    }

    /// Puts the calling process into the group.
    ///
    /// # Errors
    /// When the machine refuses.
    pub(crate) fn join(&self) -> io::Result<()> {
        self.folders().iter().try_for_each(|folder| fs::write(folder.join("cgroup.procs"), "0"))
    }

    /// Returns the numbers of the processes in it.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let read = |folder: &&Path| fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        let Some(text) = self.folders().last().map(read) else { return Vec::new() };
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Kills every process in it.
    pub(crate) fn kill(&self) {
        if let Group::V2(folder) = self
            && fs::write(folder.join("cgroup.kill"), "1").is_ok()
        {
            return;
        }
        for pid in self.processes().into_iter().filter_map(crate::proc::pid) {
            // It may have ended by itself meanwhile.
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }

    /// Returns what was used so far; `None` when there is no group to ask.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let (cpu_nanos, held, stat) = match self {
            Group::V2(folder) => (
                field(&folder.join("cpu.stat"), "usage_usec")?.saturating_mul(1000),
                number(&folder.join("memory.current"))?,
                field(&folder.join("memory.stat"), "inactive_file")?,
            ),
            Group::V1 { cpuacct, memory, .. } => (
                number(&cpuacct.join("cpuacct.usage"))?,
                number(&memory.join("memory.usage_in_bytes"))?,
                field(&memory.join("memory.stat"), "total_inactive_file")?,
            ),
            Group::Rlimits => return None,
        };
        Some(Usage { cpu_nanos, memory_bytes: held.saturating_sub(stat) })
    }

    /// Tells whether the kernel killed a process of it for going over the memory ceiling.
    pub(crate) fn saw_oom(&self) -> bool {
        let kills = match self {
            Group::V2(folder) => field(&folder.join("memory.events"), "oom_kill"),
            Group::V1 { memory, .. } => field(&memory.join("memory.oom_control"), "oom_kill"),
            Group::Rlimits => None,
        };
        kills.is_some_and(|kills| kills > 0)
    }

    /// Removes the group. One that still holds a process stays, and one that is gone is gone.
    pub(crate) fn remove(&self) {
        for folder in self.folders() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// The ceiling is of memory: with swap on top an instance that leaks would make the whole machine slow before it ends.
/// Kernels built or started without swap accounting do not have the file.
fn without_swap(file: &Path, limit: &str) -> io::Result<()> {
    match fs::write(file, limit) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Reads the value after `key ` in a file of such lines.
fn field(file: &Path, key: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests;
