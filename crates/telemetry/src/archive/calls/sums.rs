//! The calls of some rows by route and client, and how long those of each route took, ten minutes at a time: what a segment's
//! footer keeps of them, so that a week is looked through without reading a single transaction.

use std::collections::{BTreeMap, HashMap, HashSet};
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
    /// How many calls of a route took how long, each ten minutes.
    #[serde(default)]
    pub(in crate::archive) times: BTreeMap<String, Vec<Times>>,
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
}

/// Ten minutes of a route, all clients together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::archive) struct Times {
    /// Which since 1970.
    pub(in crate::archive) at: u32,
    /// See [`times`]: by ascending bucket.
    pub(in crate::archive) buckets: Vec<(u8, u32)>,
}

impl Sums {
    pub(in crate::archive) fn of(rows: &Rows) -> Sums {
        let mut sums = Sums::default();
        // Several ways are one combination: instances and revisions are not told apart.
        let mut places = HashMap::new();
        let mut place_of = Vec::with_capacity(rows.ways.values.len());
        let (mut timed, mut times_of) = (HashMap::new(), Vec::<Vec<Times>>::new());
        for way in &rows.ways.values {
            let key = (rows.route(*way), rows.caller(*way));
            let place = places.get(&key).copied().or_else(|| (sums.of.len() < MOST).then_some(sums.of.len()));
            if let Some(place) = place.filter(|place| *place == sums.of.len()) {
                let (route, caller) = (key.0.to_owned(), key.1.to_owned());
                sums.of.push(Sum { route, caller, first: u64::MAX, ..Sum::default() });
                places.insert(key, place);
            }
            place_of.push(place.map(|place| {
                let next = timed.len();
                let route = *timed.entry(key.0).or_insert(next);
                times_of.resize_with(timed.len(), Vec::new);
                (place, route)
            }));
        }
        let mut met = HashSet::new();
        for row in &rows.rows {
            let Some((place, route)) = place_of[row.way as usize] else {
                sums.beyond += 1;
                continue;
            };
            let (sum, at) = (&mut sums.of[place], (row.end / SLOT_US) as u32);
            sum.add(row, at);
            at_slot(&mut times_of[route], at, |times| times.at, |at| Times { at, ..Times::default() })
                .add(row);
            let known = sum.caller.is_empty() || sum.more_addresses;
            if !known && met.insert((place, row.client)) {
                sum.meet(rows.clients.get(row.client).copied(), row.end);
            }
        }
        let routes = timed.into_iter().filter(|(route, _)| !route.is_empty());
        sums.times =
            routes.map(|(route, place)| (route.to_owned(), std::mem::take(&mut times_of[place]))).collect();
        sums
    }
}

/// The stretch `at`, which is made if it is not there. Rows come nearly in the order in which they ended.
fn at_slot<S>(slots: &mut Vec<S>, at: u32, of: impl Fn(&S) -> u32, make: impl Fn(u32) -> S) -> &mut S {
    let before = slots.iter().rposition(|slot| of(slot) <= at);
    let place = match before {
        Some(place) if of(&slots[place]) == at => place,
        before => {
            let place = before.map_or(0, |place| place + 1);
            slots.insert(place, make(at));
            place
        }
    };
    &mut slots[place]
}

impl Times {
    fn add(&mut self, row: &Row) {
        let bucket = times::bucket(row.response_us) as u8;
        match self.buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(place) => self.buckets[place].1 = self.buckets[place].1.saturating_add(1),
            Err(place) => self.buckets.insert(place, (bucket, 1)),
        }
    }
}

impl Sum {
    fn add(&mut self, row: &Row, at: u32) {
        self.first = self.first.min(row.end);
        self.last = self.last.max(row.end);
        let slot = at_slot(&mut self.slots, at, |slot| slot.at, |at| Slot { at, ..Slot::default() });
        slot.calls += 1;
        match row.fault {
            Fault::None => {}
            Fault::Client => slot.refused += 1,
            Fault::Service | Fault::Platform => slot.errors += 1,
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
