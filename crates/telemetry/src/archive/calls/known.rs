//! All that is kept, added up: by route, by client, and for the stretch that is asked about by both.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use naru_model::series::Period;
use naru_model::units::Timestamp;

use super::sums::{SLOT_US, Slot, Sum, Sums};
use crate::limits::CALLERS;

/// Ten minutes, in seconds.
pub(super) const SLOT: u32 = (SLOT_US / 1_000_000) as u32;
/// Ten minutes in an hour and in a day.
pub(super) const HOUR: u32 = 3_600 / SLOT;
pub(super) const DAY: u32 = 24 * HOUR;
/// Combinations of route and client, all segments together.
const MOST_SPOTS: usize = 50_000;

/// Whole ten minutes, by their number since 1970.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) first: u32,
    /// Not included.
    pub(super) end: u32,
    /// How much of the last ten minutes has passed: what is compared with it counts in this part.
    pub(super) share: f64,
}

/// Of one route or one client.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// When its first and last call ended, in microseconds since 1970.
    pub(super) first: u64,
    pub(super) last: u64,
    slots: BTreeMap<u32, Count>,
    /// Where a client called from, and since when.
    pub(super) addresses: BTreeMap<IpAddr, u64>,
    pub(super) more_addresses: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Count {
    pub(super) calls: f64,
    /// Failed or refused.
    pub(super) bad: f64,
}

/// The calls of one client to one route in the stretch.
#[derive(Debug, Default)]
pub(super) struct Spot {
    pub(super) calls: u64,
    pub(super) errors: u64,
}

#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) routes: BTreeMap<String, Past>,
    /// Registered clients.
    pub(super) callers: BTreeMap<String, Past>,
    /// By route and client.
    pub(super) spots: HashMap<(String, String), Spot>,
    /// How many calls of a route took how long in the stretch, by bucket.
    pub(super) times: BTreeMap<String, BTreeMap<u8, u64>>,
    /// Ten minutes in which anybody called.
    pub(super) busy: BTreeSet<u32>,
    pub(super) beyond: u64,
}

impl Stretch {
    pub(super) fn of(period: Period, now: Timestamp) -> Stretch {
        let now = u32::try_from(now.0 / 1_000_000).unwrap_or(u32::MAX - SLOT);
        let first = period.from / SLOT;
        let end = period.to.min(now.saturating_add(1)).div_ceil(SLOT).max(first + 1);
        let passed = now.saturating_sub((end - 1).saturating_mul(SLOT)).clamp(1, SLOT);
        Stretch { first, end, share: f64::from(passed) / f64::from(SLOT) }
    }

    /// In ten minutes.
    pub(super) fn length(&self) -> u32 {
        self.end - self.first
    }

    /// The same so many ten minutes earlier; `None`: before 1970.
    pub(super) fn earlier(&self, slots: u32) -> Option<Stretch> {
        let (first, end) = (self.first.checked_sub(slots)?, self.end.checked_sub(slots)?);
        Some(Stretch { first, end, share: self.share })
    }

    /// When it begins, in microseconds since 1970.
    pub(super) fn start_us(&self) -> u64 {
        u64::from(self.first) * SLOT_US
    }
}

impl Known {
    pub(super) fn add(&mut self, sums: &Sums, stretch: &Stretch) {
        self.beyond += sums.beyond;
        for sum in &sums.of {
            self.busy.extend(sum.slots.iter().map(|slot| slot.at));
            if !sum.route.is_empty() {
                self.routes.entry(sum.route.clone()).or_default().add(sum);
            }
            let room = self.callers.len() < CALLERS || self.callers.contains_key(&sum.caller);
            if !sum.caller.is_empty() && room {
                let caller = self.callers.entry(sum.caller.clone()).or_default();
                caller.add(sum);
                caller.meet(sum);
            }
            let within = sum.slots.iter().filter(|slot| (stretch.first..stretch.end).contains(&slot.at));
            self.add_spot(sum, within);
        }
        for (route, slots) in &sums.times {
            let times = self.times.entry(route.clone()).or_default();
            let within = slots.iter().filter(|slot| (stretch.first..stretch.end).contains(&slot.at));
            for (bucket, count) in within.flat_map(|slot| &slot.buckets) {
                *times.entry(*bucket).or_default() += u64::from(*count);
            }
        }
    }

    fn add_spot<'s>(&mut self, sum: &Sum, slots: impl Iterator<Item = &'s Slot>) {
        let mut slots = slots.peekable();
        if slots.peek().is_none() {
            return;
        }
        let key = (sum.route.clone(), sum.caller.clone());
        if self.spots.len() >= MOST_SPOTS && !self.spots.contains_key(&key) {
            self.beyond += slots.map(|slot| slot.calls).sum::<u64>();
            return;
        }
        let spot = self.spots.entry(key).or_default();
        for slot in slots {
            spot.calls += slot.calls;
            spot.errors += slot.errors;
        }
    }

    /// When the first call ended that is kept, in microseconds since 1970.
    pub(super) fn kept_from(&self) -> Option<u64> {
        self.routes.values().chain(self.callers.values()).map(|past| past.first).min()
    }

    /// The same stretch so many ten minutes earlier, if calls are kept from all of it.
    pub(super) fn earlier(&self, stretch: &Stretch, slots: u32) -> Option<Stretch> {
        let kept_from = self.kept_from()?;
        stretch.earlier(slots).filter(|earlier| u64::from(earlier.first) >= kept_from / SLOT_US)
    }

    /// Whether anybody called in it: else naru was not running, or nothing is kept.
    pub(super) fn is_busy(&self, stretch: &Stretch) -> bool {
        self.busy.range(stretch.first..stretch.end).next().is_some()
    }
}

impl Past {
    fn add(&mut self, sum: &Sum) {
        self.first = if self.slots.is_empty() { sum.first } else { self.first.min(sum.first) };
        self.last = self.last.max(sum.last);
        for slot in &sum.slots {
            let count = self.slots.entry(slot.at).or_default();
            count.calls += slot.calls as f64;
            count.bad += (slot.errors + slot.refused) as f64;
        }
    }

    fn meet(&mut self, sum: &Sum) {
        self.more_addresses |= sum.more_addresses;
        for (address, first) in &sum.addresses {
            let known = self.addresses.entry(*address).or_insert(*first);
            *known = (*known).min(*first);
        }
    }

    /// Its calls, those of the last ten minutes in the part that has passed.
    pub(super) fn count(&self, stretch: &Stretch) -> Count {
        let mut all = Count::default();
        for (at, count) in self.slots.range(stretch.first..stretch.end) {
            let share = if at + 1 == stretch.end { stretch.share } else { 1.0 };
            all.calls += count.calls * share;
            all.bad += count.bad * share;
        }
        all
    }

    /// Its calls, all of them.
    pub(super) fn whole(&self, stretch: &Stretch) -> Count {
        self.count(&Stretch { share: 1.0, ..*stretch })
    }
}
