//! Requests by time: each hour with its minutes and seconds, and each leaf by hours. Keyed by time alone, so that files and their
//! pieces may come in any order. Times are local seconds since 1970.

use std::collections::BTreeMap;

use super::histogram::Histogram;
use super::top::Map;

/// Hours with minutes and seconds: 341 days without a pause, at most 200 MB. Later ones are hours alone.
const MAX_DETAILED: usize = 8192;
/// Hours with response times: seven years without a pause, at most 160 MB. Later ones have none.
const MAX_TIMED: usize = 1 << 16;
/// Buckets of response times within a minute.
pub(super) const DOUBLINGS: usize = 32;
/// Days of leaves, each of 24 hours: as many as a table of 2^20 places takes, 110 MB.
const MAX_LEAF_DAYS: usize = 900_000;
/// What a thread gathers before it tells the others.
const MAX_LOCAL_HOURS: usize = 48;
const MAX_LOCAL_LEAF_HOURS: usize = 1 << 15;

/// Within an hour.
#[derive(Debug, Clone)]
pub(super) struct Detail {
    pub(super) seconds: Box<[u32; 3600]>,
    /// 5xx by minute.
    pub(super) errors: [u32; 60],
    /// Response times by minute; see [`coarse`].
    pub(super) times: Option<Box<[[u32; DOUBLINGS]; 60]>>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Hour {
    pub(super) requests: u64,
    pub(super) robots: u64,
    pub(super) bytes: u64,
    pub(super) client_errors: u64,
    pub(super) server_errors: u64,
    pub(super) times: Option<Box<Histogram>>,
    pub(super) detail: Option<Box<Detail>>,
}

impl Default for Detail {
    fn default() -> Detail {
        Detail { seconds: Box::new([0; 3600]), errors: [0; 60], times: None }
    }
}

/// The bucket of a response time within a minute: a doubling each two buckets, from half a millisecond to half a minute.
pub(super) fn coarse(micros: u64) -> usize {
    let scaled = micros >> 8;
    if scaled < 2 {
        return 0;
    }
    let doubling = scaled.ilog2() as usize;
    let half = (scaled >> (doubling - 1)) as usize & 1;
    (2 * doubling + half - 1).min(DOUBLINGS - 1)
}

/// The longest response time of a bucket, in seconds.
pub(super) fn coarse_seconds(bucket: usize) -> f64 {
    let (doubling, half) = (bucket.div_ceil(2), (bucket + 1) % 2);
    let last =
        if doubling == 0 { 2.0 } else { f64::powi(2.0, doubling as i32) * if half == 0 { 1.5 } else { 2.0 } };
    last * 256.0 / 1e6
}

impl Hour {
    /// Adds the same hour's requests of another thread, its `detailed` minutes and its response `times` only while there is room for
    /// new ones. Returns the requests that are in no minute now.
    fn merge(&mut self, other: Hour, detailed: bool, timed: bool) -> u64 {
        self.requests += other.requests;
        self.robots += other.robots;
        self.bytes += other.bytes;
        self.client_errors += other.client_errors;
        self.server_errors += other.server_errors;
        match (&mut self.times, other.times) {
            (Some(mine), Some(theirs)) => mine.merge(&theirs),
            (mine @ None, theirs) if timed => *mine = theirs,
            _ => {}
        }
        match (&mut self.detail, other.detail) {
            (Some(mine), Some(theirs)) => mine.merge(&theirs),
            (mine @ None, theirs) if detailed => *mine = theirs,
            _ => return other.requests,
        }
        0
    }
}

impl Detail {
    fn merge(&mut self, other: &Detail) {
        self.seconds
            .iter_mut()
            .zip(other.seconds.iter())
            .for_each(|(mine, theirs)| *mine = mine.saturating_add(*theirs));
        self.errors.iter_mut().zip(&other.errors).for_each(|(mine, theirs)| *mine += theirs);
        match (&mut self.times, &other.times) {
            (Some(mine), Some(theirs)) => {
                mine.iter_mut()
                    .flatten()
                    .zip(theirs.iter().flatten())
                    .for_each(|(mine, theirs)| *mine += theirs);
            }
            (mine @ None, theirs) => mine.clone_from(theirs),
            (Some(_), None) => {}
        }
    }
}

/// All that is known by time.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    pub(super) hours: BTreeMap<u32, Hour>,
    detailed: usize,
    timed: usize,
    /// Requests whose minutes were not kept.
    pub(super) undetailed: u64,
    days: Map<u64, [u32; 24]>,
    /// Requests that are in no hour of their leaf.
    pub(super) unplaced: u64,
}

impl Timeline {
    fn add(&mut self, at: u32, hour: Hour) {
        let (detailed, timed) = (self.detailed < MAX_DETAILED, self.timed < MAX_TIMED);
        let kept = self.hours.entry(at).or_default();
        let (had, was_timed) = (kept.detail.is_some(), kept.times.is_some());
        self.undetailed += kept.merge(hour, detailed, timed);
        self.detailed += usize::from(!had && kept.detail.is_some());
        self.timed += usize::from(!was_timed && kept.times.is_some());
    }

    fn add_leaf(&mut self, leaf: u32, hour: u32, requests: u32) {
        let key = u64::from(leaf) << 32 | u64::from(hour / 24);
        if self.days.len() >= MAX_LEAF_DAYS && !self.days.contains_key(&key) {
            self.unplaced += u64::from(requests);
            return;
        }
        self.days.entry(key).or_insert([0; 24])[hour as usize % 24] += requests;
    }

    /// Each leaf's requests of each hour that had any: leaf, hour, requests.
    pub(super) fn leaf_hours(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        self.days.iter().flat_map(|(key, hours)| {
            let (leaf, day) = ((key >> 32) as u32, *key as u32);
            hours
                .iter()
                .enumerate()
                .filter(|(_, n)| **n > 0)
                .map(move |(hour, n)| (leaf, day * 24 + hour as u32, *n))
        })
    }
}

/// What one thread has seen since it told the others last.
#[derive(Debug, Default)]
pub(super) struct Local {
    now: u32,
    current: Hour,
    others: Map<u32, Hour>,
    /// Requests of the current hour by leaf, and which leaves have any.
    now_of: Vec<u32>,
    seen: Vec<u32>,
    leaves: Map<u64, u32>,
}

/// What of a request counts by its time.
pub(super) struct Event {
    /// Local seconds since 1970.
    pub(super) at: u32,
    pub(super) leaf: u32,
    pub(super) status: u16,
    pub(super) bytes: u64,
    pub(super) is_robot: bool,
    pub(super) micros: Option<u64>,
}

impl Local {
    #[inline]
    pub(super) fn add(&mut self, event: &Event) {
        let (hour, second) = (event.at / 3600, event.at as usize % 3600);
        if hour != self.now {
            self.turn(hour);
        }
        let now = &mut self.current;
        now.requests += 1;
        now.robots += u64::from(event.is_robot);
        now.bytes += event.bytes;
        now.client_errors += u64::from((400..500).contains(&event.status));
        now.server_errors += u64::from(event.status >= 500);
        let detail = now.detail.get_or_insert_default();
        detail.seconds[second] += 1;
        detail.errors[second / 60] += u32::from(event.status >= 500);
        if let Some(micros) = event.micros {
            now.times.get_or_insert_default().add(micros);
            detail.times.get_or_insert_with(|| Box::new([[0; DOUBLINGS]; 60]))[second / 60]
                [coarse(micros)] += 1;
        }
        let leaf = event.leaf as usize;
        if leaf >= self.now_of.len() {
            self.now_of.resize(leaf + 1, 0);
        }
        if self.now_of[leaf] == 0 {
            self.seen.push(event.leaf);
        }
        self.now_of[leaf] += 1;
    }

    #[cold]
    fn turn(&mut self, hour: u32) {
        let next = self.others.remove(&hour).unwrap_or_default();
        let last = std::mem::replace(&mut self.current, next);
        if last.requests > 0 {
            self.others.insert(self.now, last);
        }
        for leaf in self.seen.drain(..) {
            let requests = std::mem::take(&mut self.now_of[leaf as usize]);
            *self.leaves.entry(u64::from(leaf) << 32 | u64::from(self.now)).or_insert(0) += requests;
        }
        self.now = hour;
    }

    pub(super) fn is_full(&self) -> bool {
        self.others.len() >= MAX_LOCAL_HOURS || self.leaves.len() >= MAX_LOCAL_LEAF_HOURS
    }

    /// Tells the others.
    pub(super) fn flush(&mut self, all: &mut Timeline) {
        self.turn(0);
        for (at, hour) in self.others.drain() {
            all.add(at, hour);
        }
        for (key, requests) in self.leaves.drain() {
            all.add_leaf((key >> 32) as u32, key as u32, requests);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_requests_does_not_matter() {
        let events: Vec<Event> = (0..5000_u32)
            .map(|n| Event {
                at: 1_700_000_000 + n * 7919 % 400_000,
                leaf: n % 5,
                status: if n % 9 == 0 { 503 } else { 200 },
                bytes: 10,
                is_robot: n % 4 == 0,
                micros: Some(u64::from(n) * 100),
            })
            .collect();
        let run = |events: &mut dyn Iterator<Item = &Event>| {
            let (mut local, mut all) = (Local::default(), Timeline::default());
            for event in events {
                local.add(event);
                if local.is_full() {
                    local.flush(&mut all);
                }
            }
            local.flush(&mut all);
            let mut leaves: Vec<_> = all.leaf_hours().collect();
            leaves.sort_unstable();
            (format!("{:?}", all.hours), leaves)
        };
        assert_eq!(run(&mut events.iter()), run(&mut events.iter().rev()));
    }

    #[test]
    fn an_hour_without_room_keeps_its_requests_and_no_response_times() {
        let mut all = Timeline { timed: MAX_TIMED, detailed: MAX_DETAILED, ..Timeline::default() };
        let mut local = Local::default();
        let at = 1_700_000_000;
        local.add(&Event { at, leaf: 1, status: 200, bytes: 10, is_robot: false, micros: Some(5) });
        local.flush(&mut all);
        let hour = &all.hours[&(at / 3600)];
        assert_eq!((hour.requests, hour.times.is_some(), hour.detail.is_some()), (1, false, false));
        assert_eq!((all.undetailed, all.leaf_hours().count()), (1, 1));
    }

    #[test]
    fn coarse_buckets_hold_what_they_say() {
        for micros in [0, 1, 400, 600, 1000, 5000, 40_000, 900_000, 5_000_000] {
            let bucket = coarse(micros);
            let seconds = micros as f64 / 1e6;
            assert!(seconds <= coarse_seconds(bucket), "{micros}: {bucket} {}", coarse_seconds(bucket));
            assert!(bucket == 0 || seconds >= coarse_seconds(bucket - 1) * 0.99, "{micros}: {bucket}");
        }
    }
}
