//! The calls of some rows by route and client, ten minutes at a time: what a segment's footer keeps of them, so that a week is
//! looked through without reading a single transaction.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use naru_model::record::Fault;
use serde::{Deserialize, Serialize};

use crate::archive::rows::{Row, Rows};
use crate::archive::times;

/// What is told apart of time, in microseconds.
pub(in crate::archive) const SLOT_US: u64 = 600_000_000;
/// Combinations of route and client in one segment; further ones are counted in one sum. Some hundred bytes each and slot.
const MOST: usize = 4_096;
/// Addresses of one combination; who calls from more is not judged by them.
const MOST_ADDRESSES: usize = 64;

/// Of one segment, or of the rows of one in the making.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::archive) struct Sums {
    pub(in crate::archive) of: Vec<Sum>,
    /// Calls of combinations that there was no place for.
    pub(in crate::archive) beyond: u64,
}

/// The calls of one client to one route.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::archive) struct Sum {
    /// Empty: none matched.
    pub(in crate::archive) route: String,
    /// Empty: nobody known.
    pub(in crate::archive) caller: String,
    /// When the first and the last ended, in microseconds since 1970.
    pub(in crate::archive) first: u64,
    pub(in crate::archive) last: u64,
    /// In the order of time.
    pub(in crate::archive) slots: Vec<Slot>,
    /// Where a client called from, and when that was first, in microseconds since 1970.
    pub(in crate::archive) addresses: Vec<(IpAddr, u64)>,
    /// There were more addresses than are kept.
    pub(in crate::archive) more_addresses: bool,
}

/// Ten minutes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::archive) struct Slot {
    /// Which since 1970.
    pub(in crate::archive) at: u32,
    pub(in crate::archive) calls: u64,
    /// By the client's fault.
    pub(in crate::archive) refused: u64,
    /// By the service's or the platform's fault.
    pub(in crate::archive) errors: u64,
    /// How many calls took how long: see [`times`], by ascending bucket.
    pub(in crate::archive) times: Vec<(u8, u32)>,
}

impl Sums {
    pub(in crate::archive) fn of(rows: &Rows) -> Sums {
        let mut sums = Sums::default();
        // Several ways are one combination: instances and revisions are not told apart.
        let mut places = HashMap::new();
        let mut place_of = Vec::with_capacity(rows.ways.values.len());
        for way in &rows.ways.values {
            let key = (rows.route(*way), rows.caller(*way));
            let place = places.get(&key).copied().or_else(|| (sums.of.len() < MOST).then_some(sums.of.len()));
            if let Some(place) = place.filter(|place| *place == sums.of.len()) {
                let (route, caller) = (key.0.to_owned(), key.1.to_owned());
                sums.of.push(Sum { route, caller, first: u64::MAX, ..Sum::default() });
                places.insert(key, place);
            }
            place_of.push(place);
        }
        let mut met = HashSet::new();
        for row in &rows.rows {
            let Some(sum) = place_of[row.way as usize].and_then(|place| sums.of.get_mut(place)) else {
                sums.beyond += 1;
                continue;
            };
            sum.add(row);
            let known = sum.caller.is_empty() || sum.more_addresses;
            if !known && met.insert((place_of[row.way as usize], row.client)) {
                sum.meet(rows.clients.get(row.client).copied(), row.end);
            }
        }
        sums
    }
}

impl Sum {
    fn add(&mut self, row: &Row) {
        self.first = self.first.min(row.end);
        self.last = self.last.max(row.end);
        let at = (row.end / SLOT_US) as u32;
        // Rows come nearly in the order in which they ended.
        let before = self.slots.iter().rposition(|slot| slot.at <= at);
        let place = match before {
            Some(place) if self.slots[place].at == at => place,
            before => {
                let place = before.map_or(0, |place| place + 1);
                self.slots.insert(place, Slot { at, ..Slot::default() });
                place
            }
        };
        let slot = &mut self.slots[place];
        slot.calls += 1;
        match row.fault {
            Fault::None => {}
            Fault::Client => slot.refused += 1,
            Fault::Service | Fault::Platform => slot.errors += 1,
        }
        let bucket = times::bucket(row.response_us) as u8;
        match slot.times.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(place) => slot.times[place].1 = slot.times[place].1.saturating_add(1),
            Err(place) => slot.times.insert(place, (bucket, 1)),
        }
    }

    fn meet(&mut self, address: Option<IpAddr>, end: u64) {
        let Some(address) = address else { return };
        if self.addresses.len() < MOST_ADDRESSES {
            self.addresses.push((address, end));
        } else {
            self.more_addresses = true;
        }
    }
}
