//! What was used of one limit by one of those it is counted by. Shared by all threads, over table changes.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use naru_model::policy::Period;
use naru_model::units::Timestamp;

use super::pace::{Direction, Line};
use super::quota::UsedUp;
use super::rate::Arrivals;

#[derive(Debug)]
pub(super) struct Counter {
    /// The same in every gateway: what the server and the shared counters know it by.
    pub(super) name: Box<str>,
    pub(super) count: Count,
    /// When it was last asked for, in microseconds since 1970.
    used_at: AtomicU64,
    /// It is on the list of those to be told to the server.
    pub(super) noted: AtomicBool,
    /// It is on the list of those that the shared counters follow.
    pub(super) followed: AtomicBool,
}

#[derive(Debug)]
pub(super) enum Count {
    Calls(Calls),
    Quota(Quota),
    /// Requests, responses.
    Lines([Line; 2]),
    /// Places taken.
    Places(AtomicU32),
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) arrivals: Arrivals,
    /// Let through here since the counter began, and how many of them the shared counters know.
    pub(super) made: AtomicU64,
    pub(super) shared: AtomicU64,
    /// Between two calls, in nanoseconds, as last asked for; 0 before that.
    pub(super) interval: AtomicU64,
}

/// Calls or bytes of a period.
#[derive(Debug)]
pub(super) struct Quota {
    pub(super) period: Period,
    /// All that is known of: what decides.
    pub(super) total: UsedUp,
    /// Used here.
    pub(super) own: UsedUp,
    /// Of that, what the server was told, and what the shared counters know.
    pub(super) told: UsedUp,
    pub(super) shared: UsedUp,
    /// The sum of all gateways as last heard.
    pub(super) heard: UsedUp,
}

impl Quota {
    fn of(period: Period) -> Self {
        Quota {
            period,
            total: UsedUp::default(),
            own: UsedUp::default(),
            told: UsedUp::default(),
            shared: UsedUp::default(),
            heard: UsedUp::default(),
        }
    }

    /// What was used here and is not yet in `told`, with the period it belongs to.
    pub(super) fn untold(&self, told: &UsedUp) -> (u16, u64) {
        let (period, own) = self.own.get();
        (period, own.saturating_sub(told.used(period)))
    }

    /// Adds what was used before, unless the shared counters have told of it already.
    pub(super) fn remember(&self, period: u16, count: u64) {
        if self.heard.used(period) == 0 {
            self.total.add(period, count);
        }
    }
}

/// What of a limit tells its counters apart from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Calls,
    Quota(Period),
    Bytes(Period),
    Bandwidth,
    Concurrency,
}

impl Counter {
    pub(super) fn new(kind: Kind, name: String, now: Timestamp) -> Self {
        let count = match kind {
            Kind::Calls => Count::Calls(Calls::default()),
            Kind::Quota(period) | Kind::Bytes(period) => Count::Quota(Quota::of(period)),
            Kind::Bandwidth => Count::Lines(Default::default()),
            Kind::Concurrency => Count::Places(AtomicU32::new(0)),
        };
        Counter {
            name: name.into_boxed_str(),
            count,
            used_at: AtomicU64::new(now.0),
            noted: AtomicBool::new(false),
            followed: AtomicBool::new(false),
        }
    }

    /// Of one direction; `None`: it counts something else.
    pub(super) fn line(&self, direction: Direction) -> Option<&Line> {
        match &self.count {
            Count::Lines([request, response]) => {
                Some(if direction == Direction::Request { request } else { response })
            }
            _ => None,
        }
    }

    pub(super) fn touch(&self, now: Timestamp) {
        // Written once a millisecond at most, so that threads do not fight for it.
        if now.0.saturating_sub(self.used_at.load(Relaxed)) > 1000 {
            self.used_at.store(now.0, Relaxed);
        }
    }

    pub(super) fn used_at(&self) -> Timestamp {
        Timestamp(self.used_at.load(Relaxed))
    }

    /// Whether a new one in its place would say the same. `periods`: the numbers of the day and the month that run.
    pub(super) fn is_idle(&self, now: Timestamp, periods: (u16, u16)) -> bool {
        match &self.count {
            Count::Calls(calls) => calls.arrivals.is_idle(now),
            Count::Quota(quota) => {
                let running = if quota.period == Period::Day { periods.0 } else { periods.1 };
                quota.total.used(running) == 0
            }
            Count::Lines(lines) => lines.iter().all(|line| line.is_idle(now)),
            Count::Places(taken) => taken.load(Relaxed) == 0,
        }
    }
}
