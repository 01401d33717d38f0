//! The time that everything else is told: the wall clock as it was at the start, and what has passed since.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use naru_model::units::Timestamp;

/// Never goes back and never jumps, however the machine's clock is stepped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
    wall_at_start: Timestamp,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { start: Instant::now(), wall_at_start: Timestamp(since_epoch.as_micros() as u64) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.wall_at_start + self.start.elapsed()
    }

    /// Returns the moment at which a timer for `at` must fire.
    pub(crate) fn instant_of(&self, at: Timestamp) -> Instant {
        self.start + at.since(self.wall_at_start)
    }
}
