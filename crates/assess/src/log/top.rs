//! Counts of very many distinct texts in bounded memory: when a table is full, its lighter half is dropped, and how much that can
//! have cost any of them is remembered. While nothing was dropped, counts are exact.
//!
//! Source: G. S. Manku, R. Motwani, "Approximate Frequency Counts over Data Streams", VLDB 2002 (lossy counting; here a table is
//! pruned when it is full and not after so many items).

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::hint::black_box;

/// Texts are kept up to so many bytes; the rest of a longer one is cut.
const MAX_TEXT: usize = 160;

/// A hash of 64 bits of a text: the same in each thread and each run, so that tables can be merged and runs compared.
#[inline]
pub(super) fn hash(text: &[u8]) -> u64 {
    let mut hasher = foldhash::fast::FixedState::with_seed(0x6e61_7275).build_hasher();
    hasher.write(text);
    hasher.finish()
}

/// Spreads keys that are hashes or small numbers over a table.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= hash(bytes);
    }

    #[inline]
    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }

    #[inline]
    fn write_u64(&mut self, n: u64) {
        // Fibonacci hashing; the upper half, which is mixed best, is folded into the lower one.
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

/// A map whose keys are hashes or small numbers.
pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Spread>>;

/// What is counted of a text.
pub(super) trait Weight: Default {
    /// By which the lighter half is found.
    fn weight(&self) -> u64;
    fn merge(&mut self, other: &Self);
}

impl Weight for u64 {
    fn weight(&self) -> u64 {
        *self
    }

    fn merge(&mut self, other: &u64) {
        *self += other;
    }
}

#[derive(Debug, Clone)]
struct Entry<V> {
    hash: u64,
    from: u32,
    length: u16,
    value: V,
}

/// Where entries stand, by their hash: places of which at most half are taken, each with an entry's number and a part of its
/// hash, looked at one after the other from where the hash points to. A table of its own, because it can be looked at for many
/// texts at once (see [`Top::expect`]); entries themselves lie in the order in which they came, the frequent ones first and
/// together.
#[derive(Debug, Clone)]
struct Places {
    /// 0, or an entry's number from 1 in the lower bits, with bits of its hash above.
    list: Vec<u32>,
    /// What is left of a spread hash to the right is its place.
    shift: u32,
}

/// Bits of a place that are an entry's number: up to 2^20 - 1 entries.
const NUMBER: u32 = (1 << 20) - 1;
const MIN_PLACES: usize = 64;

impl Places {
    fn new(places: usize) -> Places {
        let places = places.next_power_of_two().max(MIN_PLACES);
        Places { list: vec![0; places], shift: 64 - places.ilog2() }
    }

    /// Fibonacci hashing, as [`Spread`] does it: users' hashes have been put together of others.
    #[inline]
    fn home(&self, hash: u64) -> usize {
        (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    #[inline]
    fn tag(hash: u64) -> u32 {
        (hash >> 32) as u32 & !NUMBER
    }

    /// The number of the entry that `is` the one, or the free place where it belongs.
    #[inline]
    fn find(&self, hash: u64, is: impl Fn(usize) -> bool) -> Result<usize, usize> {
        let tag = Places::tag(hash);
        let mut at = self.home(hash);
        loop {
            let place = self.list[at];
            if place == 0 {
                return Err(at);
            }
            let number = (place & NUMBER) as usize - 1;
            if place & !NUMBER == tag && is(number) {
                return Ok(number);
            }
            at = (at + 1) & (self.list.len() - 1);
        }
    }

    /// Puts an entry into a free place. There is always one: half of them are free.
    fn put(&mut self, at: usize, hash: u64, number: usize) {
        self.list[at] = Places::tag(hash) | (number as u32 + 1);
    }

    /// Places for `entries` of which none equals another.
    fn of<V>(entries: &[Entry<V>], places: usize) -> Places {
        let mut all = Places::new(places);
        for (number, entry) in entries.iter().enumerate() {
            if let Err(at) = all.find(entry.hash, |_| false) {
                all.put(at, entry.hash, number);
            }
        }
        all
    }
}

/// A table of texts, each with what is counted of it.
#[derive(Debug, Clone)]
pub(super) struct Top<V> {
    places: Places,
    entries: Vec<Entry<V>>,
    texts: Vec<u8>,
    capacity: usize,
    /// A text that is in the table may have come so many times more, and one that is not at most so many times.
    pub(super) lost: u64,
}

impl<V: Weight> Top<V> {
    /// A table of at most `capacity` texts, two at least and 2^20 - 1 at most.
    pub(super) fn new(capacity: usize) -> Top<V> {
        Top {
            places: Places::new(0),
            entries: Vec::new(),
            texts: Vec::new(),
            capacity: capacity.clamp(2, NUMBER as usize),
            lost: 0,
        }
    }

    /// What is counted of a text whose hash is known; `new` makes it when the text is not in the table.
    #[inline]
    pub(super) fn entry(&mut self, hash: u64, text: &[u8], new: impl FnOnce() -> V) -> &mut V {
        let number = match self.find(hash) {
            Ok(number) => number,
            Err(at) => self.insert(at, hash, text, new()),
        };
        &mut self.entries[number].value
    }

    #[inline]
    fn find(&self, hash: u64) -> Result<usize, usize> {
        self.places.find(hash, |number| self.entries[number].hash == hash)
    }

    fn insert(&mut self, at: usize, hash: u64, text: &[u8], value: V) -> usize {
        let mut at = Some(at);
        if self.entries.len() >= self.capacity {
            self.prune();
            at = None;
        } else if 2 * (self.entries.len() + 1) > self.places.list.len() {
            self.places = Places::of(&self.entries, 2 * self.places.list.len());
            at = None;
        }
        let number = self.entries.len();
        if let Some(at) = at.or_else(|| self.find(hash).err()) {
            self.places.put(at, hash, number);
        }
        let kept = &text[..text.len().min(MAX_TEXT)];
        let (from, length) = (self.texts.len() as u32, kept.len() as u16);
        self.texts.extend_from_slice(kept);
        self.entries.push(Entry { hash, from, length, value });
        number
    }

    /// Looks at where texts of these hashes are: each look waits for memory, and where nothing depends on what it brings the
    /// processor waits for many of them at once. [`entry`](Top::entry) then finds them at hand.
    pub(super) fn expect(&self, hashes: impl Iterator<Item = u64> + Clone) {
        let places = hashes.clone().map(|hash| self.places.list[self.places.home(hash)]);
        black_box(places.fold(0, |seen, place| seen ^ place));
        let entries = hashes.map(|hash| self.places.find(hash, |_| true).map(|number| &self.entries[number]));
        black_box(entries.fold(0, |seen, entry| seen ^ entry.map_or(0, |entry| entry.hash)));
    }

    pub(super) fn text(&self, hash: u64) -> Option<&[u8]> {
        self.find(hash).ok().map(|number| self.text_of(&self.entries[number]))
    }

    fn text_of(&self, entry: &Entry<V>) -> &[u8] {
        &self.texts[entry.from as usize..][..usize::from(entry.length)]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &[u8], &V)> {
        self.entries.iter().map(|entry| (entry.hash, self.text_of(entry), &entry.value))
    }

    /// Drops the lighter half.
    #[cold]
    fn prune(&mut self) {
        let mut weights: Vec<u64> = self.entries.iter().map(|entry| entry.value.weight()).collect();
        let middle = weights.len() / 2;
        let (_, median, _) = weights.select_nth_unstable(middle);
        let median = *median;
        self.entries.retain(|entry| entry.value.weight() > median);
        self.lost += median;
        let mut end = 0;
        for entry in &mut self.entries {
            // In the order in which they came, texts only move to the front.
            let (from, length) = (entry.from as usize, usize::from(entry.length));
            self.texts.copy_within(from..from + length, end);
            entry.from = end as u32;
            end += length;
        }
        self.texts.truncate(end);
        self.places = Places::of(&self.entries, self.places.list.len());
    }

    /// Adds another table. What either has dropped may be missing of a text that is in both.
    pub(super) fn merge(&mut self, other: &Top<V>) {
        self.capacity = (self.capacity + other.capacity).min(NUMBER as usize);
        for (hash, text, value) in other.iter() {
            self.entry(hash, text, V::default).merge(value);
        }
        self.lost += other.lost;
    }

    /// The heaviest by some measure, at most `count`, those that measure nothing left out; equal ones by their text.
    pub(super) fn heaviest(&self, count: usize, measure: impl Fn(&V) -> u64) -> Vec<(String, u64)> {
        let mut rows: Vec<(&[u8], u64)> =
            self.iter().map(|(_, text, value)| (text, measure(value))).filter(|(_, n)| *n > 0).collect();
        let order = |a: &(&[u8], u64), b: &(&[u8], u64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0));
        if rows.len() > count {
            rows.select_nth_unstable_by(count, order);
            rows.truncate(count);
        }
        rows.sort_unstable_by(order);
        rows.into_iter().map(|(text, n)| (super::scan::shown(text), n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(top: &mut Top<u64>, text: &str) {
        *top.entry(hash(text.as_bytes()), text.as_bytes(), || 0) += 1;
    }

    #[test]
    fn what_is_frequent_stays_and_nothing_is_further_off_than_is_said() {
        let mut top = Top::new(100);
        for n in 0..50_000 {
            add(&mut top, &format!("rare {n}"));
            if n % 10 == 0 {
                add(&mut top, "often");
            }
        }
        let heaviest = top.heaviest(1, |n| *n);
        assert_eq!(heaviest[0].0, "often");
        assert!(heaviest[0].1 <= 5000 && heaviest[0].1 + top.lost >= 5000, "{heaviest:?}, {} lost", top.lost);
        assert!(top.entries.len() <= 100);
    }

    #[test]
    fn counts_are_exact_while_there_is_room_and_add_up() {
        let (mut one, mut other) = (Top::new(10), Top::new(10));
        for _ in 0..3 {
            add(&mut one, "/a");
            add(&mut other, "/a");
            add(&mut other, "/b");
        }
        one.merge(&other);
        assert_eq!(one.heaviest(5, |n| *n), [("/a".to_owned(), 6), ("/b".to_owned(), 3)]);
        assert_eq!(one.lost, 0);
    }
}
