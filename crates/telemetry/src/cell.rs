//! What was seen of one thing in one stretch of time, and how that is packed for the last hour's memory and for the disk.

use naru_model::apdex::Apdex;
use naru_model::record::{Fault, RequestRecord};
use std::time::Duration;

use crate::packing::{Broken, pack_number, take_below, take_number};
use crate::sketch::{Bucket, Dense};
use crate::users::{Mark, Users};

/// The first byte of a packed cell.
const VERSION: u8 = 1;

/// Numbers that add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// By [`Fault`] as a number.
    pub(crate) faults: [u64; 4],
    /// By the status's first digit; 0 when the client was gone before a head was sent.
    pub(crate) classes: [u64; 6],
    pub(crate) apdex: Apdex,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) waiting_us: u64,
    pub(crate) latency_us: u64,
}

/// One record as it is added to every series that it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) fault: Fault,
    pub(crate) class: usize,
    /// Of this one request.
    pub(crate) apdex: Apdex,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) waiting_us: u32,
    pub(crate) latency_us: u32,
    pub(crate) bucket: Bucket,
    /// `None`: nobody knows whose it was.
    pub(crate) user: Option<Mark>,
}

impl Sample {
    /// `target` is Apdex's T.
    pub(crate) fn of(record: &RequestRecord<'_>, target: Duration) -> Sample {
        let latency_us = latency_us(record);
        let mut apdex = Apdex::default();
        apdex.add(Duration::from_micros(latency_us.into()), target, is_failure(record.fault));
        Sample {
            fault: record.fault,
            // A status beyond 599 is not HTTP's; it counts as what it is likest to.
            class: usize::from(record.status / 100).min(5),
            apdex,
            bytes_in: record.bytes_in,
            bytes_out: record.bytes_out,
            waiting_us: record.waiting_us,
            latency_us,
            bucket: Bucket::of(latency_us),
            user: Mark::of(record.user),
        }
    }
}

/// Whether it failed by the service's or the platform's fault.
fn is_failure(fault: Fault) -> bool {
    matches!(fault, Fault::Service | Fault::Platform)
}

/// How long the client waited. An upgraded connection (101) lasts as long as its user stays, which says nothing about the
/// service: it counts until the upgrade.
fn latency_us(record: &RequestRecord<'_>) -> u32 {
    match record.status {
        101 => record.waiting_us.saturating_add(record.connecting_us).saturating_add(record.upstream_us),
        _ => record.whole_us,
    }
}

impl Counts {
    pub(crate) fn requests(&self) -> u64 {
        self.faults.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(crate) fn fault(&self, fault: Fault) -> u64 {
        self.faults[fault as usize]
    }

    /// In seconds; 0 without requests.
    pub(crate) fn mean_seconds(&self) -> f64 {
        self.latency_us as f64 / 1e6 / self.requests().max(1) as f64
    }

    fn add_sample(&mut self, sample: &Sample) {
        self.faults[sample.fault as usize] += 1;
        self.classes[sample.class] += 1;
        self.apdex.merge(sample.apdex);
        self.bytes_in += sample.bytes_in;
        self.bytes_out += sample.bytes_out;
        self.waiting_us += u64::from(sample.waiting_us);
        self.latency_us += u64::from(sample.latency_us);
    }

    pub(crate) fn add(&mut self, other: &Counts) {
        for (sum, count) in self.numbers_mut().into_iter().zip(other.numbers()) {
            // What was read from a disk may be anything.
            *sum = sum.saturating_add(count);
        }
    }

    fn numbers(&self) -> [u64; 17] {
        let (Counts { faults: f, classes: c, apdex: a, .. }, s) = (self, self);
        [
            f[0],
            f[1],
            f[2],
            f[3],
            c[0],
            c[1],
            c[2],
            c[3],
            c[4],
            c[5],
            a.satisfied,
            a.tolerating,
            a.frustrated,
            s.bytes_in,
            s.bytes_out,
            s.waiting_us,
            s.latency_us,
        ]
    }

    fn numbers_mut(&mut self) -> [&mut u64; 17] {
        let Counts { faults, classes, apdex: a, bytes_in, bytes_out, waiting_us, latency_us } = self;
        let [f0, f1, f2, f3] = faults;
        let [c0, c1, c2, c3, c4, c5] = classes;
        let Apdex { satisfied, tolerating, frustrated } = a;
        [
            f0, f1, f2, f3, c0, c1, c2, c3, c4, c5, satisfied, tolerating, frustrated, bytes_in, bytes_out,
            waiting_us, latency_us,
        ]
    }

    fn pack(&self, packed: &mut Vec<u8>) {
        self.numbers().into_iter().for_each(|number| pack_number(packed, number));
    }

    fn take(packed: &mut &[u8]) -> Result<Counts, Broken> {
        let mut counts = Counts::default();
        for number in counts.numbers_mut() {
            *number = take_number(packed)?;
        }
        Ok(counts)
    }

    /// The counts alone of a packed cell.
    pub(crate) fn of_packed(mut packed: &[u8]) -> Result<Counts, Broken> {
        check_version(&mut packed)?;
        Counts::take(&mut packed)
    }
}

fn check_version(packed: &mut &[u8]) -> Result<(), Broken> {
    let (version, rest) = packed.split_first().ok_or(Broken::Short)?;
    *packed = rest;
    if *version == VERSION { Ok(()) } else { Err(Broken::Version(*version)) }
}

/// What may still be added to; also the sum of any number of cells, in any order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    pub(crate) counts: Counts,
    /// Response times of those that were answered, those that failed by the client's own fault among them.
    pub(crate) answered: Dense,
    /// Response times of those that failed by the service's or the platform's fault.
    pub(crate) failed: Dense,
    /// `None`: they are not kept of this kind of thing, or not in this stretch.
    pub(crate) users: Option<Users>,
}

impl Cell {
    /// Without requests yet.
    pub(crate) fn of_users(users: Option<Users>) -> Cell {
        Cell { users, ..Cell::default() }
    }

    /// Adds all but the user.
    pub(crate) fn add_sample(&mut self, sample: &Sample) {
        self.counts.add_sample(sample);
        if is_failure(sample.fault) {
            self.failed.add(sample.bucket, 1);
        } else {
            self.answered.add(sample.bucket, 1);
        }
    }

    pub(crate) fn add_users(&mut self, users: &Users) {
        self.users.get_or_insert_default().merge(users);
    }

    pub(crate) fn add(&mut self, other: &Cell) {
        self.counts.add(&other.counts);
        self.answered.add_dense(&other.answered);
        self.failed.add_dense(&other.failed);
        if let Some(users) = &other.users {
            self.add_users(users);
        }
    }

    /// Requests of which nothing else is known have no cell.
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.requests() == 0
    }

    /// The response time that a share `q` (0 to 1) of requests did not exceed, in seconds, within 1 %; 0 without
    /// requests.
    pub(crate) fn quantile(&self, q: f64) -> f64 {
        self.quantiles([q])[0]
    }

    pub(crate) fn quantiles<const N: usize>(&self, shares: [f64; N]) -> [f64; N] {
        if self.failed.is_empty() {
            return shares.map(|q| self.answered.quantile(q));
        }
        let mut both = self.answered.clone();
        both.add_dense(&self.failed);
        shares.map(|q| both.quantile(q))
    }

    /// Requests by response time: the least and the most of a bucket in microseconds, both included, those answered in it
    /// and those that failed by the service's or the platform's fault. Buckets in use only, the lowest first.
    pub(crate) fn latencies(&self) -> impl Iterator<Item = (u32, u32, u32, u32)> {
        let (mut answered, mut failed) =
            (self.answered.buckets().peekable(), self.failed.buckets().peekable());
        std::iter::from_fn(move || {
            let next =
                [answered.peek(), failed.peek()].into_iter().flatten().map(|(bucket, _)| *bucket).min()?;
            let take = |of: &mut std::iter::Peekable<_>| {
                of.next_if(|(bucket, _): &(Bucket, u32)| *bucket == next).map_or(0, |(_, count)| count)
            };
            let (least, most) = next.bounds();
            Some((least, most, take(&mut answered), take(&mut failed)))
        })
    }

    /// Appends it: its version, its counts, both sketches, the users. Some 30 bytes, two or three for each bucket in use
    /// and two for each user, the users at most 4 KiB.
    pub(crate) fn pack(&self, packed: &mut Vec<u8>) {
        packed.push(VERSION);
        self.counts.pack(packed);
        self.answered.pack(packed);
        self.failed.pack(packed);
        packed.push(u8::from(self.users.is_some()));
        if let Some(users) = &self.users {
            users.pack(packed);
        }
    }

    /// Adds a packed cell.
    ///
    /// # Errors
    /// The bytes are no packed cell. What came before the break may have been added: the sum is of no use then.
    pub(crate) fn add_packed(&mut self, mut packed: &[u8]) -> Result<(), Broken> {
        check_version(&mut packed)?;
        self.counts.add(&Counts::take(&mut packed)?);
        self.answered.add_packed(&mut packed)?;
        self.failed.add_packed(&mut packed)?;
        if take_below(&mut packed, 2)? == 1 {
            self.users.get_or_insert_default().add_packed(&mut packed)?;
        }
        if packed.is_empty() { Ok(()) } else { Err(Broken::Long) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FAULTS: [Fault; 4] = [Fault::None, Fault::Client, Fault::Service, Fault::Platform];

    fn cell(requests: &[(u8, u32, u64)]) -> Cell {
        let mut cell = Cell { users: Some(Users::default()), ..Cell::default() };
        for (fault, latency_us, user) in requests {
            let fault = FAULTS[usize::from(fault % 4)];
            let mut apdex = Apdex::default();
            apdex.add(
                Duration::from_micros((*latency_us).into()),
                Duration::from_millis(500),
                is_failure(fault),
            );
            let sample = Sample {
                fault,
                class: usize::from(fault as u8),
                apdex,
                bytes_in: 1 << 40,
                bytes_out: u64::from(*latency_us),
                waiting_us: u32::MAX,
                latency_us: *latency_us,
                bucket: Bucket::of(*latency_us),
                user: Mark::of(*user),
            };
            cell.add_sample(&sample);
            sample.user.into_iter().for_each(|mark| cell.users.get_or_insert_default().add(mark));
        }
        cell
    }

    fn packed(cell: &Cell) -> Vec<u8> {
        let mut packed = Vec::new();
        cell.pack(&mut packed);
        packed
    }

    fn requests() -> impl Strategy<Value = Vec<(u8, u32, u64)>> {
        proptest::collection::vec((any::<u8>(), any::<u32>(), 0u64..50), 0..100)
    }

    #[test]
    fn quantiles_are_of_all_and_latencies_tell_failures_apart() {
        let mut requests = vec![(0, 1_000, 1); 90];
        requests.extend([(2, 400_000, 2); 10]);
        let cell = cell(&requests);
        assert!((cell.quantile(0.5) - 0.001).abs() < 0.00001);
        assert!((cell.quantile(0.95) - 0.4).abs() < 0.004);
        let found: Vec<_> = cell.latencies().map(|(_, _, answered, failed)| (answered, failed)).collect();
        assert_eq!(found, [(90, 0), (0, 10)]);
        assert!(cell.latencies().all(|(least, most, answered, _)| {
            (least..=most).contains(if answered > 0 { &1_000 } else { &400_000 })
        }));
    }

    #[test]
    fn apdex_is_added_up_by_zone_and_failures_frustrate_however_fast() {
        // Two within T, one tolerating, one too slow, two failed, one failed by its client.
        let of = |fault, millis: u32| (fault, millis * 1000, 0);
        let one = cell(&[of(0, 10), of(0, 500), of(0, 501)]);
        let other = cell(&[of(0, 2_001), of(2, 1), of(3, 1), of(1, 1)]);
        let mut sum = Cell::default();
        sum.add(&one);
        assert_eq!(sum.add_packed(&packed(&other)), Ok(()));
        assert_eq!(sum.counts.apdex, Apdex { satisfied: 3, tolerating: 1, frustrated: 3 });
        // Not the mean of the two scores, 0.83 and 0.25.
        assert_eq!(sum.counts.apdex.score(), Some(3.5 / 7.0));
    }

    proptest! {
        #[test]
        fn merging_commutes_and_packing_keeps_everything(a in requests(), b in requests()) {
            let whole = cell(&[a.clone(), b.clone()].concat());
            let (a, b) = (cell(&a), cell(&b));
            let (mut ab, mut ba) = (a.clone(), b.clone());
            ab.add(&b);
            prop_assert_eq!(ba.add_packed(&packed(&a)), Ok(()));
            prop_assert_eq!(packed(&ab), packed(&ba));
            prop_assert_eq!(packed(&ab), packed(&whole));
            prop_assert_eq!(Counts::of_packed(&packed(&ab)), Ok(whole.counts));
        }

        #[test]
        fn garbage_is_refused_and_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), version in any::<bool>()) {
            let bytes = if version { [&[VERSION], bytes.as_slice()].concat() } else { bytes };
            // It may be a cell by chance.
            let mut sum = Cell::default();
            let _ = sum.add_packed(&bytes);
            let _ = sum.add_packed(&bytes);
            sum.quantile(0.5);
        }

        #[test]
        fn a_damaged_cell_never_panics(requests in requests(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut bytes = packed(&cell(&requests));
            let whole = bytes.clone();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let mut sum = Cell::default();
            let _ = sum.add_packed(&bytes);
            let _ = sum.add_packed(&bytes);
            // And one that was cut short is always found out.
            prop_assert!(Cell::default().add_packed(&whole[..cut.index(whole.len())]).is_err());
        }
    }
}
