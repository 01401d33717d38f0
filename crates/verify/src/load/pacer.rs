//! Waits to the microsecond. Tokio's own timers tick once a millisecond, which would be in every latency.

use std::io;
use std::time::Instant;

use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

const ZERO: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

pub(crate) struct Pacer {
    /// A timerfd. It is read like a pipe, and tokio's pipe is the type that takes any such descriptor without `unsafe`.
    timer: pipe::Receiver,
}

impl Pacer {
    pub(crate) fn new() -> io::Result<Pacer> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?;
        Ok(Pacer { timer: pipe::Receiver::from_owned_fd_unchecked(timer)? })
    }

    /// Returns at once when it is past `when`.
    pub(crate) async fn until(&mut self, when: Instant) -> io::Result<()> {
        let left = when.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        let once = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let spec = Itimerspec { it_interval: ZERO, it_value: once };
        rustix::time::timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &spec)?;
        // The number of times it has gone off since: always 1.
        self.timer.read_u64_le().await.map(drop)
    }
}
