//! The shim's one loop: waits for output, for orders and for ends, until nothing of the instance is left.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::WaitStatus;
use signal_hook::consts::{SIGCHLD, SIGTERM};

use super::family::Family;
use super::pump::Pump;
use super::{Error, Service, Shim, system};
use crate::files::{self, Exit, Stop};
use crate::logs::LogFile;

/// What a service that ended by itself leaves behind gets no longer than this: its successor may need its port.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);
/// How soon what survived SIGKILL (it was being forked) gets the next one.
const KILL_AGAIN: Duration = Duration::from_millis(20);

/// How soon what missed SIGTERM gets the next one.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Pipes that signal handlers write to, so that poll(2) sees signals.
pub(super) struct Signals {
    term: UnixStream,
    child: UnixStream,
}

impl Signals {
    pub(super) fn register() -> io::Result<Signals> {
        Ok(Signals { term: Signals::of(SIGTERM)?, child: Signals::of(SIGCHLD)? })
    }

    fn of(signal: i32) -> io::Result<UnixStream> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(signal, write)?;
        Ok(read)
    }
}

/// Tells whether the signal has come since this was last asked.
fn take(mut pipe: &UnixStream) -> bool {
    pipe.read(&mut [0; 64]).is_ok()
}

/// How far the end has come.
struct Ending {
    /// What the server asked last, to tell a repeated SIGTERM from a new order.
    order: Option<Stop>,
    asked: bool,
    /// How the service's own process ended, once it has.
    exit: Option<Exit>,
    kill_at: Option<Instant>,
    /// When to ask what the service has left behind to end.
    ask_at: Option<Instant>,
}

/// Returns when the instance has ended completely, and that is recorded.
pub(super) fn until_gone(shim: &Shim, service: Service, signals: Signals) -> Result<(), Error> {
    let mut family = Family::new(shim.own, service.key, shim.spec.group.clone());
    let log = LogFile::new(shim.spec.log.clone());
    let mut pump =
        Pump::new(service.stdout, service.stderr, log).map_err(system("read from the instance"))?;
    let mut ending = Ending { order: None, asked: false, exit: None, kill_at: None, ask_at: None };
    // Signals that came before this are in the pipes already; looking costs nothing.
    loop {
        if take(&signals.term) {
            ending.obey(shim, &mut family);
        }
        take(&signals.child);
        let reaped = family.reap();
        if let Some(status) = reaped.service {
            ending.record(shim, status, reaped.all);
        }
        if ending.exit.is_some() && reaped.all {
            break;
        }
        ending.press(&mut family);
        pump.pump(shim.clock.now());
        let wake_at = [ending.kill_at, ending.ask_at, pump.wake_at()].into_iter().flatten().min();
        wait(&pump, &signals, wake_at).map_err(system("wait"))?;
    }
    pump.finish(shim.clock.now());
    ending.seal(shim);
    shim.spec.group.remove();
    Ok(())
}

fn wait(pump: &Pump, signals: &Signals, wake_at: Option<Instant>) -> io::Result<()> {
    let mut fds: Vec<PollFd<'_>> = pump.poll_fds().collect();
    fds.extend([&signals.term, &signals.child].map(|pipe| PollFd::new(pipe, PollFlags::IN)));
    let timeout = wake_at.map(|at| at.saturating_duration_since(Instant::now()));
    let timeout =
        timeout.map(|t| Timespec { tv_sec: t.as_secs() as i64, tv_nsec: i64::from(t.subsec_nanos()) });
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Ending {
    /// Does what SIGTERM asks for.
    fn obey(&mut self, shim: &Shim, family: &mut Family) {
        let order: Option<Stop> = files::read_json(&shim.dir.join(files::STOP)).ok().flatten();
        let is_new = order.is_some() && order != self.order;
        let grace = match order {
            Some(order) if is_new => order.grace,
            // Not from the server: the machine goes down, or somebody is in a hurry.
            _ if !self.asked => shim.spec.grace,
            _ => Duration::ZERO,
        };
        self.order = order;
        let kill_at = Instant::now() + grace;
        self.kill_at = Some(self.kill_at.map_or(kill_at, |earlier| earlier.min(kill_at)));
        if !self.asked && !grace.is_zero() {
            family.ask();
        }
        self.asked = true;
    }

    /// Sends the signals whose time has come.
    fn press(&mut self, family: &mut Family) {
        let now = Instant::now();
        if self.kill_at.is_some_and(|at| now >= at) {
            family.kill();
            self.kill_at = Some(now + KILL_AGAIN);
        }
        if self.ask_at.is_some_and(|at| now >= at) {
            family.ask_the_rest();
            self.ask_at = Some(now + ASK_AGAIN);
        }
    }

    /// Writes down how the service ended, and sees to what it has left behind.
    fn record(&mut self, shim: &Shim, status: WaitStatus, nothing_left: bool) {
        let oom = shim.spec.group.saw_oom();
        let detail = oom.then(|| match shim.spec.memory {
            Some(memory) => format!("it needed more than its {memory} of memory; raise `instance.memory`"),
            None => "the machine ran out of memory".to_owned(),
        });
        let (code, signal) = (status.exit_status(), status.terminating_signal());
        let exit = Exit { at: shim.clock.now(), code, signal, oom, all_gone: nothing_left, detail };
        // The disk may be full all the same; then the server sees an end without a status.
        let _ = shim.record_exit(&exit);
        self.exit = Some(exit);
        if nothing_left {
            return;
        }
        self.ask_at = Some(Instant::now());
        if !self.asked {
            self.kill_at = Some(Instant::now() + shim.spec.grace.min(LEFTOVER_GRACE));
        }
    }

    /// Writes down that nothing is left, if that was not so when the service ended.
    fn seal(self, shim: &Shim) {
        if let Some(exit) = self.exit.filter(|exit| !exit.all_gone) {
            // Should it fail, the server looks for itself whether anything is left.
            let _ = shim.record_exit(&Exit { all_gone: true, ..exit });
        }
    }
}
