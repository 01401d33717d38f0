//! All series: which ones a record belongs to, how many there may be, and what a second's passing does to them.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use naru_model::platform::Function;
use naru_model::record::{Error, RequestRecord};
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use naru_model::units::Timestamp;

use crate::cell::{Cell, Counts, Sample};
use crate::keys::{Key, Kind};
use crate::limits::{self, CELL_BYTES, COARSE_SECONDS, IDLE_SECONDS, KEPT_SECONDS};
use crate::series::{Series, first_fine, first_open, slot_of};
use crate::signals::Watch;
use crate::totals::Totals;

/// Everything in a record that tells where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Path {
    route: RouteId,
    function: FunctionId,
    service: ServiceId,
    revision: u32,
    ordinal: u32,
    caller: CallerId,
}

/// Where the records of a path go: positions in `Store::series` and in the totals.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// The first `used` count.
    series: [u32; 7],
    used: u8,
    totals: u32,
    /// Apdex's T.
    target: Duration,
    /// Whether one of them is a [`Key::Other`]: to be looked for again when a place is free.
    crowded: bool,
}

/// The last hour of everything.
pub(crate) struct Store {
    series: Vec<Series>,
    /// Positions in `series` that are free.
    free: Vec<u32>,
    places: HashMap<Key, u32>,
    /// How many series there are of each kind, [`Key::Other`] left out.
    held: HashMap<Kind, usize>,
    ways: HashMap<Path, Way>,
    /// Apdex's T where it is not the default.
    targets: HashMap<FunctionId, Duration>,
    pub(crate) totals: Totals,
    pub(crate) watches: HashMap<ServiceId, Watch>,
    /// The second in which it began.
    since: u32,
    /// Before this second, cells were forgotten to save memory.
    forgotten: u32,
    now: u32,
}

impl Store {
    pub(crate) fn new(now: Timestamp) -> Store {
        Store {
            series: Vec::new(),
            free: Vec::new(),
            places: HashMap::new(),
            held: HashMap::new(),
            ways: HashMap::new(),
            targets: HashMap::new(),
            totals: Totals::default(),
            watches: HashMap::new(),
            since: second_of(now),
            forgotten: 0,
            now: second_of(now),
        }
    }

    /// Apdex's T of functions from now on; what was counted stays as it is.
    pub(crate) fn set_targets(&mut self, targets: impl IntoIterator<Item = (FunctionId, Duration)>) {
        self.targets = targets.into_iter().collect();
        self.ways.clear();
    }

    /// Counts every record of a batch. Returns whether one carries what its client says of itself.
    pub(crate) fn ingest(&mut self, batch: &[u8], now: Timestamp) -> Result<bool, Error> {
        self.advance(now);
        let (mut rest, mut carries_agents) = (batch, false);
        while !rest.is_empty() {
            let (record, agent) = RequestRecord::decode_with(&mut rest)?;
            carries_agents |= agent.is_some();
            self.count(&record);
        }
        Ok(carries_agents)
    }

    fn count(&mut self, record: &RequestRecord<'_>) {
        let path = Path {
            route: record.route,
            function: record.function,
            service: record.service,
            revision: record.revision,
            ordinal: record.ordinal,
            caller: record.caller,
        };
        let way = match self.ways.get(&path) {
            Some(way) => *way,
            None => self.find_way(path),
        };
        let sample = Sample::of(record, way.target);
        let second = self.second_of_end(record);
        for at in &way.series[..usize::from(way.used)] {
            self.series[*at as usize].add(second, &sample);
        }
        self.totals.add(way.totals, &sample);
    }

    /// A request counts when it ends. What lasted too long to be told has ended just now.
    fn second_of_end(&self, record: &RequestRecord<'_>) -> u32 {
        if record.whole_us == u32::MAX {
            return self.now;
        }
        let end = record.start.0.saturating_add(u64::from(record.whole_us));
        second_of(Timestamp(end)).clamp(first_open(self.now), self.now)
    }

    #[cold]
    fn find_way(&mut self, path: Path) -> Way {
        let Path { route, function, service, revision, ordinal, caller } = path;
        let mut keys = vec![Key::All, Key::Route(route)];
        if function.0 > 0 {
            keys.push(Key::Function(function));
        }
        if service.0 > 0 {
            keys.push(Key::Service(service));
        }
        if service.0 > 0 && revision > 0 {
            keys.push(Key::Revision(service, revision));
            keys.push(Key::Instance(service, revision, ordinal));
        }
        if caller.0 > 0 {
            keys.push(Key::Caller(caller));
        }
        let totals = self.totals.place(service, route, function);
        let target = self.targets.get(&function).copied().unwrap_or(Function::APDEX_T);
        let mut way = Way { series: [0; 7], used: keys.len() as u8, totals, target, crowded: false };
        for (at, key) in way.series.iter_mut().zip(keys) {
            let found = self.place_or_other(key);
            way.crowded |= found.1;
            *at = found.0;
        }
        if self.ways.len() >= limits::PATHS {
            self.ways.clear();
        }
        self.ways.insert(path, way);
        way
    }

    /// Returns the position of a key's series, and whether that is one for those without a place.
    fn place_or_other(&mut self, key: Key) -> (u32, bool) {
        if let Some(at) = self.free_or_own_place(key) {
            return (at, false);
        }
        if self.evict_idle(key.kind()) {
            return (self.take_place(key), false);
        }
        let other = Key::Other(key.kind());
        let at = self.places.get(&other).copied().unwrap_or_else(|| self.take_place(other));
        (at, true)
    }

    /// `None`: all places of its kind are taken.
    fn free_or_own_place(&mut self, key: Key) -> Option<u32> {
        let own = self.places.get(&key).copied();
        let free = self.held.get(&key.kind()).copied().unwrap_or(0) < key.kind().places();
        own.or_else(|| free.then(|| self.take_place(key)))
    }

    fn take_place(&mut self, key: Key) -> u32 {
        let series = Series::new(key.kind().keeps_users());
        let at = match self.free.pop() {
            Some(at) => {
                self.series[at as usize] = series;
                at
            }
            None => {
                self.series.push(series);
                (self.series.len() - 1) as u32
            }
        };
        self.places.insert(key, at);
        if !matches!(key, Key::Other(_)) {
            *self.held.entry(key.kind()).or_default() += 1;
        }
        at
    }

    /// The series of a thing that something is said of; `None`: there is no place for it.
    pub(crate) fn series_mut(&mut self, key: Key) -> Option<&mut Series> {
        let at = self.free_or_own_place(key)?;
        Some(&mut self.series[at as usize])
    }

    pub(crate) fn series(&self, key: Key) -> Option<&Series> {
        self.places.get(&key).map(|at| &self.series[*at as usize])
    }

    /// A service's watch, if gauges told of it lately, gone on up to a second.
    pub(crate) fn watch(&mut self, service: ServiceId, newest: u32) -> Option<&mut Watch> {
        let place = self.places.get(&Key::Service(service));
        let watch = self.watches.get_mut(&service)?;
        watch.extend(newest, place.map(|at| &self.series[*at as usize]));
        Some(watch)
    }

    /// Frees the place of the series of this kind that was idle longest, if it was for long enough.
    fn evict_idle(&mut self, kind: Kind) -> bool {
        let of_kind = self.places.iter().filter(|(key, _)| key.kind() == kind && **key != Key::Other(kind));
        let idlest = of_kind.min_by_key(|(_, at)| self.series[**at as usize].last());
        let Some((key, at)) = idlest.map(|(key, at)| (*key, *at)) else { return false };
        if self.series[at as usize].last() + IDLE_SECONDS > self.now {
            return false;
        }
        self.free_place(key);
        self.ways.retain(|_, way| !way.goes_to(at));
        true
    }

    fn free_place(&mut self, key: Key) {
        let Some(at) = self.places.remove(&key) else { return };
        self.series[at as usize] = Series::default();
        self.free.push(at);
        if !matches!(key, Key::Other(_)) {
            self.held.entry(key.kind()).and_modify(|held| *held -= 1);
        }
    }

    /// Does what is due once a second; nothing within the same second.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        let now = second_of(now);
        if now <= self.now {
            return;
        }
        self.now = now;
        for series in &mut self.series {
            series.advance(now);
        }
        self.keep_within(CELL_BYTES);
        self.free_ended();
    }

    /// Frees the places of series of which nothing is left.
    fn free_ended(&mut self) {
        let ended = |at: u32| self.series[at as usize].is_empty();
        let keys: Vec<Key> = self.places.iter().filter(|(_, at)| ended(**at)).map(|(key, _)| *key).collect();
        if keys.is_empty() {
            return;
        }
        keys.into_iter().for_each(|key| self.free_place(key));
        let alive: HashSet<u32> = self.places.values().copied().collect();
        self.ways.retain(|_, way| !way.crowded && way.all(|at| alive.contains(&at)));
    }

    /// Forgets the oldest cells of all series until the rest takes no more than `bytes`.
    fn keep_within(&mut self, bytes: usize) {
        while self.series.iter().map(Series::bytes).sum::<usize>() > bytes {
            let Some(oldest) = self.series.iter().filter_map(Series::oldest).min() else { return };
            self.forgotten = oldest + COARSE_SECONDS;
            for series in &mut self.series {
                series.forget_before(self.forgotten);
            }
        }
    }

    /// Adds up what a key saw from `from` on and before `to`, in seconds since 1970. Where there are only cells of ten
    /// seconds, `from` must be aligned, see [`Store::align`].
    pub(crate) fn sum(&self, key: Key, from: u32, to: u32) -> Cell {
        self.series(key).map(|series| series.sum(from, to)).unwrap_or_default()
    }

    /// The counts of [`Store::sum`] alone.
    pub(crate) fn counts(&self, key: Key, from: u32, to: u32) -> Counts {
        self.series(key).map(|series| series.counts(from, to)).unwrap_or_default()
    }

    /// The beginning of the cell that `second` lies in.
    pub(crate) fn align(&self, second: u32) -> u32 {
        if second < first_fine(self.now) { slot_of(second) } else { second }
    }

    /// The whole seconds of the last `seconds` ones, the current one left out; from the start on at the earliest, and at
    /// least one.
    pub(crate) fn last_seconds(&self, seconds: u32) -> (u32, u32) {
        let from = self
            .now
            .saturating_sub(seconds.clamp(1, KEPT_SECONDS))
            .max(self.since)
            .min(self.now.saturating_sub(1));
        (self.align(from), self.now)
    }

    /// From when on everything is remembered, as far as there is anything.
    pub(crate) fn reaches_back_to(&self) -> u32 {
        self.since.max(self.forgotten).max(self.now.saturating_sub(KEPT_SECONDS))
    }

    pub(crate) fn since(&self) -> u32 {
        self.since
    }

    pub(crate) fn now(&self) -> u32 {
        self.now
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        self.places.keys().copied()
    }
}

impl Way {
    fn goes_to(&self, place: u32) -> bool {
        !self.all(|at| at != place)
    }

    fn all(&self, mut holds: impl FnMut(u32) -> bool) -> bool {
        self.series[..usize::from(self.used)].iter().all(|at| holds(*at))
    }
}

/// Enough until 2106.
pub(crate) fn second_of(at: Timestamp) -> u32 {
    u32::try_from(at.0 / 1_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::INSTANCES;
    use naru_testkit::record::answered;

    const START: u32 = 1_790_000_000;

    fn at(second: u32) -> Timestamp {
        Timestamp(u64::from(second) * 1_000_000)
    }

    /// One request that ended at `second`, answered by this instance of service 1.
    fn ended(second: u32, ordinal: u32) -> Vec<u8> {
        let record =
            RequestRecord { start: at(second), ordinal, upstream_us: 900, whole_us: 1000, ..answered() };
        let mut batch = Vec::new();
        record.encode(&mut batch);
        batch
    }

    fn requests(store: &Store, key: Key, from: u32) -> u64 {
        store.sum(key, from, u32::MAX).counts.requests()
    }

    #[test]
    fn instances_beyond_the_limit_count_together_until_idle_ones_give_way() {
        let mut store = Store::new(at(START));
        let limit = INSTANCES as u32;
        for ordinal in 1..=limit + 5 {
            store.ingest(&ended(START, ordinal), at(START)).unwrap();
        }
        assert_eq!(requests(&store, Key::Other(Kind::Instance), START), 5);
        assert_eq!(requests(&store, Key::Service(ServiceId(1)), START), u64::from(limit) + 5);

        // A minute later all but one of the first are idle; a new one takes the place of one of those.
        let later = START + IDLE_SECONDS;
        store.ingest(&ended(later, 1), at(later)).unwrap();
        store.ingest(&ended(later, limit + 6), at(later)).unwrap();
        assert_eq!(requests(&store, Key::Instance(ServiceId(1), 1, limit + 6), START), 1);
        assert_eq!(requests(&store, Key::Instance(ServiceId(1), 1, 1), START), 2);
        assert_eq!(store.keys().filter(|key| matches!(key, Key::Instance(..))).count(), INSTANCES);
    }

    #[test]
    fn the_oldest_is_forgotten_first_when_cells_take_too_much() {
        let mut store = Store::new(at(START));
        for second in START..START + 1000 {
            store.ingest(&ended(second, 1), at(second)).unwrap();
        }
        let all: usize = store.series.iter().map(Series::bytes).sum();
        store.keep_within(all / 2);
        let left: usize = store.series.iter().map(Series::bytes).sum();
        assert!(left <= all / 2 && left > all / 3, "{left} of {all}");
        assert_eq!(requests(&store, Key::All, START + 900), 100);
        assert_eq!(requests(&store, Key::All, 0), requests(&store, Key::All, START + 400));
    }

    #[test]
    fn after_an_hour_of_silence_nothing_is_left() {
        let mut store = Store::new(at(START));
        store.ingest(&ended(START, 1), at(START)).unwrap();
        store.advance(at(START + KEPT_SECONDS + 1));
        assert_eq!((store.places.len(), store.ways.len(), store.held.values().sum::<usize>()), (0, 0, 0));
        // And the place is used again.
        store.ingest(&ended(START + 2 * KEPT_SECONDS, 2), at(START + 2 * KEPT_SECONDS)).unwrap();
        assert_eq!(store.series.len(), 5);
    }
}
