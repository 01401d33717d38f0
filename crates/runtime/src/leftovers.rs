//! Ends what a shim left behind when it was killed itself.
//!
//! The service's own process dies with its shim (PR_SET_PDEATHSIG); what that had started does not. It is found in its
//! cgroup and session, and, should it have left those too, by the `NARU_INSTANCE_DIR` it was given and passed on.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::cgroup::Group;
use crate::proc::{self, ProcessKey, Stat};

/// How long the kernel may take to end a process that nothing can hold up.
const KILLED_WITHIN: Duration = Duration::from_millis(200);

/// Kills every process of an instance whose shim has gone.
pub(crate) fn kill(group: &Group, shim: ProcessKey, work: &Path) {
    // A process that forks while it is looked for may be missed once, and is found the next time. Whoever still grows after
    // this many rounds is beyond signals.
    for _ in 0..20 {
        group.kill();
        let all = proc::all();
        // Once somebody else has its number, no session is the shim's any more.
        let reused = all.iter().any(|p| p.key.pid == shim.pid && p.key != shim);
        let left: Vec<&Stat> = all.iter().filter(|p| belongs(p, shim, reused, work)).collect();
        if left.is_empty() {
            return;
        }
        for process in left {
            process.key.kill_and_wait(KILLED_WITHIN);
        }
    }
}

fn belongs(process: &Stat, shim: ProcessKey, reused: bool, work: &Path) -> bool {
    if process.ended || process.key.start_ticks < shim.start_ticks || process.key.pid == std::process::id() {
        return false;
    }
    // While a session lives the kernel gives its number to no new process.
    process.session == shim.pid && !reused || was_given(process.key.pid, work)
}

fn was_given(pid: u32, work: &Path) -> bool {
    let wanted = [b"NARU_INSTANCE_DIR=", work.as_os_str().as_encoded_bytes()].concat();
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|b| *b == 0).any(|variable| variable == wanted)
}
