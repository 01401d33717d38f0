//! Answers kept by a route for whoever asks next, as RFC 9111 has it for shared caches; one request at a time goes for the
//! same, and the others wait for what it brings.
//!
//! One for all threads: a lock is held to look and to put, never while anything waits. What is kept is bounded in bytes;
//! what was used least recently goes first.

mod control;
mod entry;

pub(crate) use control::{Control, Life, life};
pub(crate) use entry::{Conditions, Entry};

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use naru_model::policy;
use naru_model::units::Timestamp;
use tokio::sync::Notify;

use crate::head::Fields;

/// Answers to the same request line that differ by what they vary on.
const VARIANTS: usize = 8;
/// For how long nobody waits for another's answer where the last could not be kept.
const NOT_KEPT: Duration = Duration::from_secs(10);
/// What a key takes in memory beside its answers, in bytes.
const KEY: u64 = 256;

/// The answers of one route.
#[derive(Debug)]
pub(crate) struct Cache {
    pub(crate) policy: policy::Cache,
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    slots: HashMap<Arc<str>, Slot>,
    /// By when they were last used.
    order: BTreeMap<u64, Arc<str>>,
    tick: u64,
    bytes: u64,
}

#[derive(Debug, Default)]
struct Slot {
    tick: u64,
    entries: Vec<Arc<Entry>>,
    bytes: u64,
    flight: Option<Arc<Flight>>,
    not_kept_until: Timestamp,
}

/// A request that went for an answer which others wait for.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    over: AtomicBool,
    ended: Notify,
}

/// Who goes for an answer; when dropped, those who wait are free.
#[derive(Debug)]
pub(crate) struct Lead {
    cache: Arc<Cache>,
    key: Arc<str>,
    flight: Arc<Flight>,
}

/// Whose turn it is to go for an answer that is not there.
pub(crate) enum Turn {
    Lead(Lead),
    /// Somebody has gone already.
    Wait(Arc<Flight>),
    /// There is no use in waiting.
    Alone,
}

impl Cache {
    pub(crate) fn new(policy: &policy::Cache) -> Self {
        Cache { policy: policy.clone(), shelf: Mutex::default() }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The answer to such a request, fresh or not.
    pub(crate) fn find(&self, key: &str, request: &Fields, groups: &[String]) -> Option<Arc<Entry>> {
        let mut shelf = self.shelf();
        let found = shelf.slots.get(key)?.entries.iter().find(|entry| entry.suits(request, groups))?.clone();
        shelf.touch(key);
        Some(found)
    }

    pub(crate) fn turn(self: &Arc<Self>, key: &Arc<str>, now: Timestamp) -> Turn {
        let mut shelf = self.shelf();
        let slot = shelf.slot(key);
        if now < slot.not_kept_until {
            return Turn::Alone;
        }
        if let Some(flight) = &slot.flight {
            return Turn::Wait(flight.clone());
        }
        let flight = Arc::new(Flight::default());
        slot.flight = Some(flight.clone());
        shelf.make_room(self.policy.most.0);
        Turn::Lead(Lead { cache: self.clone(), key: key.clone(), flight })
    }

    /// Keeps an answer in the place of what was there for such requests.
    pub(crate) fn put(&self, key: &Arc<str>, entry: Entry, request: &Fields, groups: &[String]) {
        if entry.body.len() as u64 > self.policy.largest.0 {
            return;
        }
        let mut shelf = self.shelf();
        let slot = shelf.slot(key);
        slot.entries.retain(|known| !known.suits(request, groups));
        if slot.entries.len() >= VARIANTS {
            slot.entries.remove(0);
        }
        slot.entries.push(Arc::new(entry));
        let bytes = slot.entries.iter().map(|entry| entry.size()).sum();
        let before = std::mem::replace(&mut slot.bytes, bytes);
        shelf.bytes = shelf.bytes + bytes - before;
        shelf.touch(key);
        shelf.make_room(self.policy.most.0);
    }

    /// Forgets all answers to a request line: something has changed what they would be (RFC 9111 §4.4).
    pub(crate) fn invalidate(&self, key: &str) {
        self.shelf().remove(key);
    }

    #[cfg(test)]
    fn bytes(&self) -> u64 {
        self.shelf().bytes
    }
}

impl Shelf {
    fn slot(&mut self, key: &Arc<str>) -> &mut Slot {
        if !self.slots.contains_key(key) {
            self.tick += 1;
            self.bytes += KEY + key.len() as u64;
            self.order.insert(self.tick, key.clone());
        }
        let tick = self.tick;
        self.slots.entry(key.clone()).or_insert_with(|| Slot { tick, ..Slot::default() })
    }

    fn touch(&mut self, key: &str) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        self.tick += 1;
        if let Some(key) = self.order.remove(&slot.tick) {
            self.order.insert(self.tick, key);
        }
        slot.tick = self.tick;
    }

    fn make_room(&mut self, most: u64) {
        while self.bytes > most {
            let Some((_, oldest)) = self.order.first_key_value() else { return };
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, key: &str) {
        if let Some(slot) = self.slots.remove(key) {
            self.order.remove(&slot.tick);
            self.bytes -= slot.bytes + KEY + key.len() as u64;
        }
    }
}

impl Flight {
    /// Waits until it has ended, however it did.
    pub(crate) async fn ended(&self) {
        let mut ended = std::pin::pin!(self.ended.notified());
        // Before looking, so that an end between the look and the wait is not missed.
        ended.as_mut().enable();
        if !self.over.load(SeqCst) {
            ended.await;
        }
    }
}

impl Lead {
    /// Says that the answer is none that can be kept: others need not wait for the next one.
    pub(crate) fn give_up(self, now: Timestamp) {
        let mut shelf = self.cache.shelf();
        if let Some(slot) = shelf.slots.get_mut(&self.key) {
            slot.not_kept_until = now + NOT_KEPT;
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut shelf = self.cache.shelf();
        if let Some(slot) = shelf.slots.get_mut(&self.key)
            && slot.flight.as_ref().is_some_and(|flight| Arc::ptr_eq(flight, &self.flight))
        {
            slot.flight = None;
        }
        drop(shelf);
        self.flight.over.store(true, SeqCst);
        self.flight.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::ResponseHead;
    use bytes::Bytes;
    use futures_util::FutureExt;
    use naru_model::units;

    const NOW: Timestamp = Timestamp(1_790_000_000_000_000);

    fn cache(most: u64) -> Arc<Cache> {
        Arc::new(Cache::new(&policy::Cache {
            ttl: Duration::from_secs(60),
            stale_if_error: Duration::ZERO,
            largest: units::Bytes(10_000),
            most: units::Bytes(most),
        }))
    }

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        pairs.iter().for_each(|(name, value)| fields.push(name.as_bytes(), value.as_bytes()));
        fields
    }

    fn put(cache: &Cache, key: &str, answer: &[(&str, &str)], request: &[(&str, &str)], length: usize) {
        let head = ResponseHead { status: 200, fields: fields(answer), ..ResponseHead::default() };
        let life = life(&head, false, Duration::from_secs(60), Duration::ZERO, NOW).unwrap();
        let request = fields(request);
        let mut entry = Entry::new(&head, life, &request, &[], NOW);
        entry.body = Bytes::from(vec![b'x'; length]);
        cache.put(&Arc::from(key), entry, &request, &[]);
    }

    #[test]
    fn it_holds_so_many_bytes_and_forgets_what_is_not_used() {
        let cache = cache(20_000);
        let found = |key: &str| cache.find(key, &Fields::default(), &[]).is_some();
        for key in ["a", "b"] {
            put(&cache, key, &[], &[], 8_000);
        }
        assert!(found("a") && found("b") && found("a"));
        put(&cache, "c", &[], &[], 8_000);
        assert!(found("a") && !found("b") && found("c"));
        put(&cache, "huge", &[], &[], 10_001);
        assert!(!found("huge") && cache.bytes() <= 20_000);
        for i in 0..1000 {
            let key = Arc::from(format!("/{i}"));
            drop(cache.turn(&key, NOW));
        }
        assert!(cache.bytes() <= 20_000, "keys count too");
        cache.invalidate("c");
        assert!(!found("c"));
    }

    #[test]
    fn answers_that_differ_by_a_field_stand_side_by_side() {
        let cache = cache(1 << 20);
        for language in ["ko", "en"] {
            put(
                &cache,
                "k",
                &[("vary", "Accept-Language"), ("x", language)],
                &[("accept-language", language)],
                1,
            );
        }
        let found = |language| {
            let entry = cache.find("k", &fields(&[("Accept-Language", language)]), &[])?;
            entry.fields.get("x").map(<[u8]>::to_vec)
        };
        assert_eq!(found("ko"), Some(b"ko".to_vec()));
        assert_eq!(found("en"), Some(b"en".to_vec()));
        assert_eq!(found("fr"), None);
        assert!(cache.find("k", &fields(&[("accept-language", "ko")]), &["staff".into()]).is_none());
    }

    #[test]
    fn one_goes_and_the_others_wait_until_it_has_come_back_or_failed() {
        let cache = cache(1 << 20);
        let key = Arc::from("k");
        let Turn::Lead(lead) = cache.turn(&key, NOW) else { panic!("the first one goes") };
        let Turn::Wait(flight) = cache.turn(&key, NOW) else { panic!("the second one waits") };
        let mut waiting = std::pin::pin!(flight.ended());
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(lead);
        assert!(waiting.now_or_never().is_some() && flight.ended().now_or_never().is_some());
        let Turn::Lead(lead) = cache.turn(&key, NOW) else { panic!("the next one goes") };
        lead.give_up(NOW);
        assert!(matches!(cache.turn(&key, NOW), Turn::Alone));
        assert!(matches!(cache.turn(&key, NOW + NOT_KEPT), Turn::Lead(_)));
    }

    #[test]
    fn an_answer_grows_old_and_clients_are_told_what_they_have() {
        let cache = cache(1 << 20);
        put(&cache, "k", &[("etag", "W/\"1\""), ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")], &[], 1);
        let entry = cache.find("k", &Fields::default(), &[]).unwrap();
        let any = Control::default();
        assert_eq!(entry.left(&any, NOW + Duration::from_secs(59)), Some(Duration::from_secs(1)));
        assert_eq!(entry.left(&any, NOW + Duration::from_secs(60)), None);
        assert_eq!(entry.left(&Control::of(&fields(&[("cache-control", "no-cache")])), NOW), None);
        let young = Control::of(&fields(&[("cache-control", "max-age=5")]));
        assert_eq!(entry.left(&young, NOW + Duration::from_secs(6)), None);
        let known = |pairs| entry.is_known_to(&Conditions::of(&fields(pairs)));
        assert!(known(&[("if-none-match", "\"0\", \"1\"")]) && known(&[("if-none-match", "*")]));
        assert!(!known(&[
            ("if-none-match", "\"2\""),
            ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT")
        ]));
        assert!(known(&[("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT")]));
        assert!(!known(&[("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT")]) && !known(&[]));
    }
}
