//! The one clock of the process: wall time at its start and what has elapsed since, so that it only ever grows.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use naru_model::units::Timestamp;

/// Cheap to clone; all clones tell the same time.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    origin: Instant,
    /// Microseconds since 1970 at `origin`.
    wall: u64,
    #[cfg(test)]
    manual: Option<std::sync::Arc<std::sync::atomic::AtomicU64>>,
}

impl Clock {
    /// Reads the wall clock, the only time this is done.
    pub(crate) fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as u64);
        Clock {
            origin: Instant::now(),
            wall,
            #[cfg(test)]
            manual: None,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        #[cfg(test)]
        if let Some(manual) = &self.manual {
            return Timestamp(manual.load(std::sync::atomic::Ordering::SeqCst));
        }
        Timestamp(self.wall + self.origin.elapsed().as_micros() as u64)
    }
}

#[cfg(test)]
impl Clock {
    /// A clock that stands still until it is told to go on.
    pub(crate) fn manual() -> Self {
        let start = std::sync::atomic::AtomicU64::new(1_790_000_000_000_000);
        Clock { manual: Some(std::sync::Arc::new(start)), ..Clock::start() }
    }

    pub(crate) fn advance(&self, by: std::time::Duration) {
        let manual = self.manual.as_ref().expect("only a manual clock is advanced");
        manual.fetch_add(by.as_micros() as u64, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_never_goes_back() {
        let clock = Clock::start();
        let mut last = clock.now();
        for _ in 0..1000 {
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
    }

    #[test]
    fn clones_of_a_manual_clock_go_together() {
        let clock = Clock::manual();
        let other = clock.clone();
        let before = other.now();
        clock.advance(Duration::from_secs(1));
        assert_eq!(other.now().since(before), Duration::from_secs(1));
    }
}
