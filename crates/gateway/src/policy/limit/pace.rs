//! Bandwidth: bodies are slowed down to so many bytes a second, and those of one key get equal shares of them.
//!
//! All bodies of a key share one word, the moment at which the line is free again. A body that has something to send takes
//! the next turn on the line, for a quantum at most, and sleeps until it comes. It never has more than one turn at a time,
//! so that turns go round among those that want one: equal quanta in turn are equal shares (Nagle, RFC 970 §4; deficit
//! round robin, Shreedhar and Varghese 1995), whichever threads they run on, without a lock and with nobody asked twice.
//! What one body can't use, because its source or its sink is slow, the others get.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use naru_model::units::Timestamp;
use smallvec::SmallVec;
use tokio::time::{Instant, Sleep, sleep_until};

use super::counter::Counter;
use super::counters::Counters;

/// A turn is so much of a second, in bytes between these two: the least pays for waking, the most is what a buffer holds.
const TURNS_A_SECOND: u64 = 100;
const LEAST_QUANTUM: u64 = 512;
const MOST_QUANTUM: u64 = 32 << 10;
/// A line that was free for no longer than this catches up, because timers and busy machines wake late; in nanoseconds.
/// One that was free for longer was not in use, and begins anew.
const SLACK: u64 = 100_000_000;

/// When a line of so many bytes a second is free again, in nanoseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Line(AtomicU64);

impl Line {
    /// Takes the next turn, of `bytes`, and returns when it begins, in nanoseconds.
    pub(super) fn turn(&self, per_second: u64, bytes: u64, now: u64) -> u64 {
        let takes = u128::from(bytes) * 1_000_000_000 / u128::from(per_second.max(1));
        let takes = u64::try_from(takes).unwrap_or(u64::MAX);
        let mut free = self.0.load(Relaxed);
        loop {
            let begins = if free.saturating_add(SLACK) < now { now } else { free };
            match self.0.compare_exchange_weak(free, begins.saturating_add(takes), Relaxed, Relaxed) {
                Ok(_) => return begins,
                Err(newer) => free = newer,
            }
        }
    }

    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        self.0.load(Relaxed) < now.0.saturating_mul(1000)
    }
}

/// The bytes of a turn on a line of so many a second.
pub(super) fn quantum(per_second: u64) -> u64 {
    (per_second / TURNS_A_SECOND).clamp(LEAST_QUANTUM, MOST_QUANTUM)
}

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Request,
    Response,
}

/// One body on its way through: asks how much of it may go, and counts what has gone.
#[derive(Debug)]
pub(crate) struct Flow {
    counters: Arc<Counters>,
    /// Each with its bytes a second.
    lines: SmallVec<[(Arc<Counter>, u64); 2]>,
    /// Counters of bytes per period.
    volumes: SmallVec<[Arc<Counter>; 2]>,
    direction: Direction,
    /// May go at once.
    granted: usize,
    /// Bytes of the turn that is slept for; 0: none is.
    awaited: usize,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Flow {
    pub(super) fn new(
        counters: Arc<Counters>,
        lines: SmallVec<[(Arc<Counter>, u64); 2]>,
        volumes: SmallVec<[Arc<Counter>; 2]>,
        direction: Direction,
    ) -> Self {
        Flow { counters, lines, volumes, direction, granted: 0, awaited: 0, sleep: None }
    }

    /// Returns how many of `wanted` bytes may go, at least one; wakes the task when its turn has come.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<usize> {
        if self.lines.is_empty() {
            return Poll::Ready(wanted);
        }
        loop {
            if self.awaited > 0 {
                if let Some(sleep) = &mut self.sleep {
                    ready!(sleep.as_mut().poll(cx));
                }
                self.granted = std::mem::take(&mut self.awaited);
            }
            if self.granted > 0 {
                return Poll::Ready(self.granted.min(wanted));
            }
            self.line_up(wanted);
        }
    }

    /// Takes the next turn on each line; the last of them to come counts.
    fn line_up(&mut self, wanted: usize) {
        let slowest = self.lines.iter().map(|(_, per_second)| *per_second).min().unwrap_or(u64::MAX);
        let bytes = quantum(slowest).min(wanted as u64);
        let now = self.counters.now().0.saturating_mul(1000);
        let turns = self.lines.iter().map(|(counter, per_second)| {
            counter.line(self.direction).map_or(now, |line| line.turn(*per_second, bytes, now))
        });
        let begins = turns.max().unwrap_or(now);
        if begins <= now {
            self.granted = bytes as usize;
            return;
        }
        self.awaited = bytes as usize;
        let at = Instant::now() + Duration::from_nanos(begins - now);
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(at),
            None => self.sleep = Some(Box::pin(sleep_until(at))),
        }
    }

    /// Tells that so much has gone.
    pub(crate) fn passed(&mut self, bytes: usize) {
        self.granted = self.granted.saturating_sub(bytes);
        for volume in &self.volumes {
            self.counters.add(volume, bytes as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: u64 = 1_790_000_000_000_000_000;

    /// Bodies that always have something to send, each waking so late after its turn; returns what each has sent.
    fn send(rate: u64, lateness: &[u64], seconds: u64) -> Vec<u64> {
        let line = Line::default();
        let mut sent = vec![0; lateness.len()];
        // When each is awake next.
        let mut awake: Vec<u64> = vec![START; lateness.len()];
        let end = START + seconds * 1_000_000_000;
        loop {
            let (next, at) = awake.iter().copied().enumerate().min_by_key(|(_, at)| *at).unwrap();
            if at >= end {
                return sent;
            }
            let begins = line.turn(rate, quantum(rate), at);
            if begins < end {
                sent[next] += quantum(rate);
            }
            // Only who sleeps can wake late.
            awake[next] = if begins > at { begins + lateness[next] } else { at };
        }
    }

    #[test]
    fn one_body_and_ten_get_the_rate_between_them_and_equal_shares() {
        for count in [1u64, 10] {
            let sent = send(1_000_000, &vec![1_000_000; count as usize], 10);
            let all: u64 = sent.iter().sum();
            assert!((9_900_000..=10_100_000).contains(&all), "{all}");
            let (least, most) = (sent.iter().min().unwrap(), sent.iter().max().unwrap());
            assert!(most - least <= 2 * quantum(1_000_000), "{sent:?}");
        }
    }

    #[test]
    fn an_idle_line_saves_nothing_up() {
        let line = Line::default();
        assert_eq!(line.turn(1_000_000, 1000, START), START);
        let later = START + 60_000_000_000;
        assert_eq!(line.turn(1_000_000, 1000, later), later);
        assert_eq!(line.turn(1_000_000, 1000, later), later + 1_000_000);
    }

    proptest! {
        #[test]
        fn late_wakers_neither_slow_the_line_nor_pass_it(
            rate in 20_000u64..50_000_000,
            lateness in proptest::collection::vec(0u64..3_000_000, 1..12),
        ) {
            let sent: u64 = send(rate, &lateness, 3).iter().sum();
            let whole = (3 * rate) as f64;
            // One turn of each may be under way when time is up.
            let turns = (lateness.len() as u64 * quantum(rate)) as f64;
            prop_assert!(sent as f64 >= 0.99 * whole - turns, "{sent} of {whole}");
            prop_assert!(sent as f64 <= 1.001 * whole + turns, "{sent} of {whole}");
        }
    }
}
