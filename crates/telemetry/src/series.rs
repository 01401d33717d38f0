//! The last hour of one thing: open seconds, then closed seconds, then cells of ten seconds; distinct users by ten seconds
//! throughout; and what gauges said beside them.

use std::collections::VecDeque;

use crate::cell::{Cell, Counts, Sample};
use crate::gauge::{Reading, Readings};
use crate::limits::{COARSE_SECONDS, FINE_SECONDS, KEPT_SECONDS, OPEN_SECONDS};
use crate::users::Users;

/// A second that may still be added to, without its users.
#[derive(Debug, Default)]
struct Open {
    /// Since 1970, in seconds.
    start: u32,
    cell: Cell,
}

/// One second, or ten, that nothing is added to any more. There may be millions: each is packed into one piece of memory.
#[derive(Debug)]
struct Closed {
    start: u32,
    packed: Box<[u8]>,
}

/// What the allocator adds to a piece of memory on average. Source: glibc's malloc, 8 bytes and rounding up to 16.
const ALLOCATION: usize = 16;

impl Closed {
    fn of(start: u32, cell: &Cell) -> Closed {
        let mut packed = Vec::new();
        cell.pack(&mut packed);
        Closed { start, packed: packed.into_boxed_slice() }
    }

    /// The memory it takes.
    fn bytes(&self) -> usize {
        size_of::<Closed>() + ALLOCATION + self.packed.len()
    }

    fn add_to(&self, sum: &mut Cell) {
        let added = sum.add_packed(&self.packed);
        debug_assert_eq!(added, Ok(()), "it was packed here");
    }
}

/// The distinct users of ten seconds.
#[derive(Debug)]
struct Slot {
    start: u32,
    users: Users,
}

/// Each queue is in the order of time, without a cell for a stretch in which nothing happened.
#[derive(Debug, Default)]
pub(crate) struct Series {
    open: VecDeque<Open>,
    fine: VecDeque<Closed>,
    coarse: VecDeque<Closed>,
    /// As long as there are seconds; later they are in the coarse cells. `None`: users are not kept.
    users: Option<VecDeque<Slot>>,
    pub(crate) gauges: Readings,
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
    slot_of(now.saturating_sub(FINE_SECONDS))
}

/// The beginning of the ten seconds that a second lies in.
pub(crate) fn slot_of(second: u32) -> u32 {
    second - second % COARSE_SECONDS
}

impl Series {
    pub(crate) fn new(keeps_users: bool) -> Series {
        Series { users: keeps_users.then(VecDeque::new), ..Series::default() }
    }

    /// Adds to a second from [`first_open`] on.
    pub(crate) fn add(&mut self, second: u32, sample: &Sample) {
        self.last = self.last.max(second);
        // Nearly always it is the last one.
        let after = self.open.iter().rposition(|open| open.start <= second);
        let at = match after {
            Some(at) if self.open[at].start == second => at,
            _ => {
                let at = after.map_or(0, |before| before + 1);
                self.open.insert(at, Open { start: second, cell: Cell::default() });
                at
            }
        };
        self.open[at].cell.add_sample(sample);
        let (Some(slots), Some(mark)) = (&mut self.users, sample.user) else { return };
        let start = slot_of(second);
        let after = slots.iter().rposition(|slot| slot.start <= start);
        let at = match after {
            Some(at) if slots[at].start == start => at,
            _ => {
                let at = after.map_or(0, |before| before + 1);
                slots.insert(at, Slot { start, users: Users::default() });
                at
            }
        };
        slots[at].users.add(mark);
    }

    /// Notes what gauges said of a second, in the place of what they said of it before.
    pub(crate) fn observe(&mut self, reading: Reading) {
        self.last = self.last.max(reading.start);
        self.gauges.add(reading);
    }

    /// Closes, coarsens and forgets what is due.
    pub(crate) fn advance(&mut self, now: u32) {
        while let Some(open) = self.open.pop_front_if(|open| open.start < first_open(now)) {
            let closed = Closed::of(open.start, &open.cell);
            self.bytes += closed.bytes();
            self.fine.push_back(closed);
        }
        while let Some(front) = self.fine.front().filter(|front| front.start < first_fine(now)) {
            let slot = slot_of(front.start);
            self.coarsen(slot);
        }
        self.gauges.coarsen(first_fine(now));
        self.forget_before(now.saturating_sub(KEPT_SECONDS));
    }

    /// Makes one cell of those that begin in the ten seconds from `slot` on.
    fn coarsen(&mut self, slot: u32) {
        let mut sum = Cell::default();
        while let Some(fine) = self.fine.pop_front_if(|fine| fine.start < slot + COARSE_SECONDS) {
            self.bytes -= fine.bytes();
            fine.add_to(&mut sum);
        }
        if let Some(slots) = &mut self.users {
            sum.users = Some(Users::default());
            while let Some(past) = slots.pop_front_if(|past| past.start <= slot) {
                sum.add_users(&past.users);
            }
        }
        let closed = Closed::of(slot, &sum);
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
        if let Some(slots) = &mut self.users {
            while slots.pop_front_if(|slot| slot.start + COARSE_SECONDS <= second).is_some() {}
        }
        self.gauges.forget_before(second);
    }

    /// When the oldest closed cell or reading begins.
    pub(crate) fn oldest(&self) -> Option<u32> {
        let cell = self.coarse.front().or(self.fine.front()).map(|cell| cell.start);
        [cell, self.gauges.oldest()].into_iter().flatten().min()
    }

    /// What it takes at rest.
    pub(crate) fn bytes(&self) -> usize {
        let slots = self.users.iter().flatten();
        let users: usize = slots.map(|slot| size_of::<Slot>() + ALLOCATION + slot.users.bytes()).sum();
        self.bytes + users + self.gauges.bytes()
    }

    pub(crate) fn last(&self) -> u32 {
        self.last
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.fine.is_empty() && self.coarse.is_empty() && self.gauges.is_empty()
    }

    fn closed(&self, from: u32, to: u32) -> impl Iterator<Item = &Closed> {
        [&self.coarse, &self.fine].into_iter().flat_map(move |queue| {
            let first = queue.partition_point(|cell| cell.start < from);
            queue.range(first..).take_while(move |cell| cell.start < to)
        })
    }

    fn open(&self, from: u32, to: u32) -> impl Iterator<Item = &Cell> {
        let within = move |open: &&Open| (from..to).contains(&open.start);
        self.open.iter().filter(within).map(|open| &open.cell)
    }

    /// Adds up every cell that begins from `from` on and before `to`. Its users are those of whole ten seconds, and not
    /// there when they are not kept.
    pub(crate) fn sum(&self, from: u32, to: u32) -> Cell {
        let mut sum = Cell::of_users(self.users.is_some().then(Users::default));
        self.closed(from, to).for_each(|closed| closed.add_to(&mut sum));
        self.open(from, to).for_each(|open| sum.add(open));
        for slot in self.slots(from, to) {
            sum.add_users(&slot.users);
        }
        sum
    }

    /// The counts of [`Series::sum`] alone.
    pub(crate) fn counts(&self, from: u32, to: u32) -> Counts {
        let mut sum = Counts::default();
        let closed = self.closed(from, to).filter_map(|closed| Counts::of_packed(&closed.packed).ok());
        closed.for_each(|counts| sum.add(&counts));
        self.open(from, to).for_each(|open| sum.add(&open.counts));
        sum
    }

    fn slots(&self, from: u32, to: u32) -> impl Iterator<Item = &Slot> {
        let within = move |slot: &&Slot| slot.start + COARSE_SECONDS > from && slot.start < to;
        self.users.iter().flatten().filter(within)
    }

    /// The distinct users of each ten seconds that overlap with `from` to `to`; `None` when they are not kept.
    pub(crate) fn users(&self, from: u32, to: u32) -> Option<Vec<(u32, Users)>> {
        let slots = self.users.as_ref()?;
        let fine_from = slots.front().map_or(u32::MAX, |slot| slot.start);
        let coarse = self.closed(slot_of(from), to.min(fine_from)).filter_map(|closed| {
            let mut cell = Cell::default();
            closed.add_to(&mut cell);
            Some((closed.start, cell.users?))
        });
        Some(coarse.chain(self.slots(from, to).map(|slot| (slot.start, slot.users.clone()))).collect())
    }

    /// How many distinct users there were from the ten seconds of `from` on and before `to`.
    pub(crate) fn count_users(&self, from: u32, to: u32) -> Option<u64> {
        self.users.as_ref()?;
        let mut all = Users::default();
        self.slots(from, to).for_each(|slot| all.merge(&slot.users));
        Some(all.count())
    }
}
