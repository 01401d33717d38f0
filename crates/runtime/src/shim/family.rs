//! The processes of an instance: the service's own and whatever that has started, as the shim sees them.

use rustix::process::{Signal, WaitOptions, WaitStatus, kill_process_group};

use crate::cgroup::Group;
use crate::proc::{self, ProcessKey};

pub(super) struct Family {
    shim: u32,
    service: ProcessKey,
    group: Group,
    /// The service's own process was waited for: its number may be somebody else's from now on.
    over: bool,
    /// The service's process group was asked to end.
    group_asked: bool,
    /// Those that the service left behind and that were asked to end.
    asked: Vec<ProcessKey>,
}

/// What waiting for children has found.
#[derive(Default)]
pub(super) struct Reaped {
    /// How the service's own process ended, if it did.
    pub service: Option<WaitStatus>,
    /// There is no child left: since what the service leaves behind becomes ours, nothing of it runs any more.
    pub all: bool,
}

impl Family {
    pub(super) fn new(shim: ProcessKey, service: ProcessKey, group: Group) -> Family {
        Family { shim: shim.pid, service, group, over: false, group_asked: false, asked: Vec::new() }
    }

    /// Waits for all children that have ended.
    pub(super) fn reap(&mut self) -> Reaped {
        let mut reaped = Reaped::default();
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid.as_raw_pid() as u32 == self.service.pid => {
                    self.over = true;
                    reaped.service = Some(status);
                }
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return reaped,
                Err(_) => {
                    reaped.all = true;
                    return reaped;
                }
            }
        }
    }

    /// Asks the service's process group to end.
    pub(super) fn ask(&mut self) {
        self.group_asked = true;
        self.signal_group(Signal::TERM);
        // One that was stopped (SIGSTOP, Ctrl-Z) hears of nothing until it goes on.
        self.signal_group(Signal::CONT);
    }

    /// Asks what the service has left behind, in whatever group, to end. To be repeated until it has.
    pub(super) fn ask_the_rest(&mut self) {
        for process in proc::descendants(&proc::all(), self.shim) {
            let key = process.key;
            let asked = self.asked.contains(&key) || self.group_asked && process.group == self.service.pid;
            // Some take a second SIGTERM for impatience, so each is asked once; except one that would have ended if it had
            // heard: it was a shell's child that had not yet become its command, and the shell's trap took the signal.
            if !asked || proc::ends_by_term(key.pid) {
                // It may have ended meanwhile, or have changed to a user that we may not end.
                let _ = key.signal(Signal::TERM).and_then(|()| key.signal(Signal::CONT));
                self.asked.push(key);
            }
        }
    }

    /// Ends everything.
    pub(super) fn kill(&self) {
        self.signal_group(Signal::KILL);
        for process in proc::descendants(&proc::all(), self.shim) {
            // As above.
            let _ = process.key.signal(Signal::KILL);
        }
        self.group.kill();
    }

    fn signal_group(&self, signal: Signal) {
        if let Some(group) = proc::pid(self.service.pid).filter(|_| !self.over) {
            // Fails only when all of it has changed to a user that we may not end.
            let _ = kill_process_group(group, signal);
        }
    }
}
