//! The time, for threads that nobody passes it to.

use std::time::Instant;

use naru_model::units::Timestamp;

/// Goes on from the time that was passed in at the start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Timestamp,
    at: Instant,
}

impl Clock {
    pub(crate) fn from(now: Timestamp) -> Clock {
        Clock { start: now, at: Instant::now() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.start + self.at.elapsed()
    }
}
