//! All counters of the gateway: by limit and by what it is counted by, found by any thread, bounded in number.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use jiff::tz::TimeZone;
use naru_model::link::Used;
use naru_model::platform::{self, WhenGone};
use naru_model::policy::Period;
use naru_model::snapshot::{CallerId, RouteId, ServiceId};
use naru_model::units::Timestamp;
use tokio::sync::watch;

use super::calendar::{self, Calendar, Running};
use super::counter::{Count, Counter, Kind};
use super::rule::Owner;
use crate::clock::Clock;

/// Counters kept, over all limits: 30 MiB of them. Over it those go that say nothing, and then those asked for longest ago.
const MOST: usize = 128 << 10;
const SHARDS: usize = 64;
/// Of a shard, how much room is made at once, so that the search for it is paid for by many.
const ROOM: usize = MOST / SHARDS / 8;
/// Counters that a connection remembers: those of its client, of a route or two and of their services.
const MOST_HANDLES: usize = 8;

/// What a counter is found by; what it is not counted by is left at nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) owner: Owner,
    pub(super) kind: Kind,
    /// Of several of one kind with one owner, which.
    pub(super) nth: u8,
    pub(super) per: u8,
    pub(super) caller: CallerId,
    pub(super) address: Option<IpAddr>,
    pub(super) route: RouteId,
    pub(super) service: ServiceId,
}

/// How counters stand with those that several gateways share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// There are none, or they were not asked yet: what is counted here is all there is.
    Alone,
    Shared,
    /// They can't be reached.
    Gone(WhenGone),
}

/// Counters that the requests of one connection were counted by last, so that the next one finds them without asking all. They
/// are not held: one that makes room for others is gone from here too.
#[derive(Debug, Default)]
pub(crate) struct Handles(RefCell<Vec<(Key, Weak<Counter>)>>);

impl Handles {
    pub(super) fn find(
        &self,
        key: &Key,
        now: Timestamp,
        find: impl FnOnce() -> Arc<Counter>,
    ) -> Arc<Counter> {
        let mut handles = self.0.borrow_mut();
        let known = handles.iter().position(|(known, _)| known == key);
        if let Some(counter) = known.and_then(|known| handles[known].1.upgrade()) {
            counter.touch(now);
            return counter;
        }
        let counter = find();
        if let Some(gone) = known.or((handles.len() == MOST_HANDLES).then_some(0)) {
            handles.remove(gone);
        }
        handles.push((*key, Arc::downgrade(&counter)));
        counter
    }
}

type Shard = HashMap<Key, Arc<Counter>>;

#[derive(Debug)]
pub(crate) struct Counters {
    clock: Clock,
    calendar: Calendar,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
    /// What quotas had used before this gateway began, by name: the period and the count.
    before: Mutex<HashMap<String, (String, u64)>>,
    /// Quotas that were used since the server was told.
    noted: Mutex<Vec<Arc<Counter>>>,
    /// Those that the shared counters have to be told of.
    followed: Mutex<Vec<Arc<Counter>>>,
    standing: AtomicU8,
    /// The shared counters that the routing wants.
    pub(super) wanted: watch::Sender<Option<platform::Counters>>,
}

impl Counters {
    /// Counts days and months in the machine's time zone.
    pub(crate) fn new(clock: Clock) -> Self {
        Counters::in_zone(clock, TimeZone::system())
    }

    pub(super) fn in_zone(clock: Clock, zone: TimeZone) -> Self {
        Counters {
            clock,
            calendar: Calendar::new(zone),
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            before: Mutex::default(),
            noted: Mutex::default(),
            followed: Mutex::default(),
            standing: AtomicU8::new(0),
            wanted: watch::Sender::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn running(&self, now: Timestamp) -> Running {
        self.calendar.at(now)
    }

    /// Follows a change of where the shared counters are.
    pub(crate) fn set_shared(&self, wanted: Option<&platform::Counters>) {
        self.wanted.send_if_modified(|known| {
            let is_news = known.as_ref() != wanted;
            if is_news {
                *known = wanted.cloned();
            }
            is_news
        });
    }

    /// Finds the counter, or makes one; `name` is asked for only then.
    pub(super) fn find(&self, key: &Key, now: Timestamp, name: impl FnOnce() -> String) -> Arc<Counter> {
        let shard = self.hasher.hash_one(key) as usize % SHARDS;
        let mut shard = lock(&self.shards[shard]);
        if let Some(counter) = shard.get(key) {
            counter.touch(now);
            return counter.clone();
        }
        if shard.len() >= MOST / SHARDS {
            make_room(&mut shard, now, &self.running(now));
        }
        let counter = Arc::new(Counter::new(key.kind, name(), now));
        self.remember(&counter, now);
        shard.insert(*key, counter.clone());
        counter
    }

    /// Takes over what the server knows of the counter from before this gateway began.
    fn remember(&self, counter: &Counter, now: Timestamp) {
        let Count::Quota(quota) = &counter.count else { return };
        let Some((period, count)) = lock(&self.before).remove(&*counter.name) else { return };
        let running = self.running(now).span(quota.period).number;
        if calendar::name(quota.period, running) == period {
            quota.remember(running, count);
        }
    }

    /// Takes what quotas have used so far, as the server says it to a gateway that begins. What has been used meanwhile
    /// adds to it. Periods that are over are left out.
    pub(crate) fn set_used(&self, used: Vec<Used>) {
        let now = self.now();
        let running = self.running(now);
        let current = [Period::Day, Period::Month].map(|p| calendar::name(p, running.span(p).number));
        let current = used.into_iter().filter(|used| current.contains(&used.period));
        lock(&self.before).extend(current.map(|used| (used.key, (used.period, used.count))));
        for shard in &self.shards {
            lock(shard).values().for_each(|counter| self.remember(counter, now));
        }
    }

    /// What quotas have used since this was last asked.
    pub(crate) fn take_used(&self) -> Vec<Used> {
        let noted = std::mem::take(&mut *lock(&self.noted));
        let used = noted.iter().filter_map(|counter| {
            // Before the look: what comes after it is noted anew.
            counter.noted.store(false, Relaxed);
            let Count::Quota(quota) = &counter.count else { return None };
            let (period, count) = quota.untold(&quota.told);
            quota.told.add(period, count);
            let period = calendar::name(quota.period, period);
            (count > 0).then(|| Used { key: counter.name.to_string(), period, count })
        });
        used.collect()
    }

    /// Has the server told of what was used of a quota, and the shared counters of any use.
    pub(super) fn note(&self, counter: &Arc<Counter>) {
        let is_quota = matches!(counter.count, Count::Quota(_));
        if is_quota && !counter.noted.load(Relaxed) && !counter.noted.swap(true, Relaxed) {
            lock(&self.noted).push(counter.clone());
        }
        if self.standing() == Standing::Shared {
            self.follow(counter);
        }
    }

    /// Has the shared counters asked about this one.
    pub(super) fn follow(&self, counter: &Arc<Counter>) {
        if !counter.followed.load(Relaxed) && !counter.followed.swap(true, Relaxed) {
            lock(&self.followed).push(counter.clone());
        }
    }

    /// Looks at every counter, and has the shared ones asked about those that `is_news` says so of.
    pub(super) fn each(&self, mut is_news: impl FnMut(&Counter) -> bool) {
        for shard in &self.shards {
            let shard = lock(shard);
            shard.values().filter(|counter| is_news(counter)).for_each(|counter| self.follow(counter));
        }
    }

    pub(super) fn followed(&self) -> MutexGuard<'_, Vec<Arc<Counter>>> {
        lock(&self.followed)
    }

    /// Counts bytes that have gone through.
    pub(super) fn add(&self, counter: &Arc<Counter>, bytes: u64) {
        if let Count::Quota(quota) = &counter.count {
            let period = self.running(self.now()).span(quota.period).number;
            quota.total.add(period, bytes);
            quota.own.add(period, bytes);
            self.note(counter);
        }
    }

    pub(super) fn standing(&self) -> Standing {
        match self.standing.load(Relaxed) {
            0 => Standing::Alone,
            1 => Standing::Shared,
            2 => Standing::Gone(WhenGone::Local),
            3 => Standing::Gone(WhenGone::Open),
            _ => Standing::Gone(WhenGone::Closed),
        }
    }

    pub(super) fn stand(&self, standing: Standing) {
        let number = match standing {
            Standing::Alone => 0,
            Standing::Shared => 1,
            Standing::Gone(WhenGone::Local) => 2,
            Standing::Gone(WhenGone::Open) => 3,
            Standing::Gone(WhenGone::Closed) => 4,
        };
        self.standing.store(number, Relaxed);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }
}

/// Drops what says nothing and nobody holds; when that is too little, what was asked for longest ago.
fn make_room(shard: &mut Shard, now: Timestamp, running: &Running) {
    let periods = (running.span(Period::Day).number, running.span(Period::Month).number);
    let is_held = |counter: &Arc<Counter>| Arc::strong_count(counter) > 1;
    shard.retain(|_, counter| is_held(counter) || !counter.is_idle(now, periods));
    let most = MOST / SHARDS - ROOM;
    if shard.len() <= most {
        return;
    }
    let free = shard.iter().filter(|(_, counter)| !is_held(counter));
    let mut oldest: Vec<(Timestamp, Key)> = free.map(|(key, counter)| (counter.used_at(), *key)).collect();
    let surplus = (shard.len() - most).min(oldest.len());
    oldest.sort_unstable_by_key(|(used_at, _)| *used_at);
    for (_, key) in &oldest[..surplus] {
        shard.remove(key);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
