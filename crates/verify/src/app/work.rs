//! Keeps the processor busy, so that a service can be scaled by what it uses.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Spins until it is that late.
pub(crate) fn until(end: Instant) {
    while Instant::now() < end {
        spin();
    }
}

/// Uses so much processor, however long that takes on a machine that others use too.
pub(crate) fn use_cpu(amount: Duration) {
    if amount.is_zero() {
        return;
    }
    let end = used() + amount;
    while used() < end {
        spin();
    }
}

/// What this thread has used so far.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// A few microseconds between two looks at the clock.
fn spin() {
    for _ in 0..1000 {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_used_as_is_asked() {
        let before = used();
        use_cpu(Duration::from_millis(20));
        let used = used() - before;
        assert!(used >= Duration::from_millis(20), "{used:?}");
    }
}
