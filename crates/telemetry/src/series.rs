//! The last hour of one thing: open seconds, then closed seconds, then cells of ten seconds.

use std::collections::VecDeque;

use crate::cell::{Closed, Open, Sample};
use crate::limits::{COARSE_SECONDS, FINE_SECONDS, KEPT_SECONDS, OPEN_SECONDS};

/// Each queue is in the order of time, without a cell for a stretch in which nothing happened.
#[derive(Debug, Default)]
pub(crate) struct Series {
    open: VecDeque<Open>,
    fine: VecDeque<Closed>,
    coarse: VecDeque<Closed>,
    /// What the closed cells take, in bytes.
    bytes: usize,
    /// The last second in which something was added.
    last: u32,
}

/// The first second that may still be added to.
pub(crate) fn first_open(now: u32) -> u32 {
    now.saturating_sub(OPEN_SECONDS - 1)
}

/// The first second that is kept by itself; before it there are cells of ten.
pub(crate) fn first_fine(now: u32) -> u32 {
    let limit = now.saturating_sub(FINE_SECONDS);
    limit - limit % COARSE_SECONDS
}

impl Series {
    /// Adds to a second from [`first_open`] on.
    pub(crate) fn add(&mut self, second: u32, sample: &Sample) {
        self.last = self.last.max(second);
        // Nearly always it is the last one.
        let after = self.open.iter().rposition(|open| open.start <= second);
        let at = match after {
            Some(at) if self.open[at].start == second => at,
            _ => {
                let at = after.map_or(0, |before| before + 1);
                self.open.insert(at, Open::at(second));
                at
            }
        };
        self.open[at].add_sample(sample);
    }

    /// Closes, coarsens and forgets what is due.
    pub(crate) fn advance(&mut self, now: u32) {
        while let Some(open) = self.open.pop_front_if(|open| open.start < first_open(now)) {
            let closed = open.close();
            self.bytes += closed.bytes();
            self.fine.push_back(closed);
        }
        while let Some(front) = self.fine.front().filter(|front| front.start < first_fine(now)) {
            let slot = front.start - front.start % COARSE_SECONDS;
            self.coarsen(slot);
        }
        self.forget_before(now.saturating_sub(KEPT_SECONDS));
    }

    /// Makes one cell of those that begin in the ten seconds from `slot` on.
    fn coarsen(&mut self, slot: u32) {
        let mut sum = Open::at(slot);
        while let Some(fine) = self.fine.pop_front_if(|fine| fine.start < slot + COARSE_SECONDS) {
            self.bytes -= fine.bytes();
            sum.add_closed(&fine);
        }
        let closed = sum.close();
        self.bytes += closed.bytes();
        self.coarse.push_back(closed);
    }

    /// Forgets every closed cell that begins before `second`.
    pub(crate) fn forget_before(&mut self, second: u32) {
        for queue in [&mut self.coarse, &mut self.fine] {
            while let Some(old) = queue.pop_front_if(|cell| cell.start < second) {
                self.bytes -= old.bytes();
            }
        }
    }

    /// When the oldest closed cell begins.
    pub(crate) fn oldest(&self) -> Option<u32> {
        self.coarse.front().or(self.fine.front()).map(|cell| cell.start)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn last(&self) -> u32 {
        self.last
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.fine.is_empty() && self.coarse.is_empty()
    }

    /// Adds up every cell that begins from `from` on and before `to`.
    pub(crate) fn sum(&self, from: u32, to: u32) -> Open {
        let mut sum = Open::at(from);
        let within = |start: u32| (from..to).contains(&start);
        for queue in [&self.coarse, &self.fine] {
            let first = queue.partition_point(|cell| cell.start < from);
            queue.range(first..).take_while(|cell| within(cell.start)).for_each(|cell| sum.add_closed(cell));
        }
        self.open.iter().filter(|cell| within(cell.start)).for_each(|cell| sum.add_open(cell));
        sum
    }
}
