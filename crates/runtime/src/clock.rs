//! The time as everything here tells it: the wall clock read once, plus what has elapsed since, so that it only grows.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use naru_model::units::Timestamp;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    wall_at_start: Timestamp,
    start: Instant,
}

impl Clock {
    pub(crate) fn new() -> Clock {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { wall_at_start: Timestamp(wall.as_micros() as u64), start: Instant::now() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.wall_at_start + self.start.elapsed()
    }
}
