//! What one series saw in one stretch of time.

use naru_model::record::{Fault, RequestRecord};

use crate::sketch::{Bucket, Dense, pack_number, unpack_number};

/// Numbers that add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// By [`Fault`] as a number.
    pub(crate) faults: [u32; 4],
    /// By the status's first digit; 0 when the client was gone before a head was sent.
    pub(crate) classes: [u32; 6],
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
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) waiting_us: u32,
    pub(crate) latency_us: u32,
    pub(crate) bucket: Bucket,
}

impl Sample {
    pub(crate) fn of(record: &RequestRecord<'_>) -> Sample {
        let latency_us = latency_us(record);
        Sample {
            fault: record.fault,
            // A status beyond 599 is not HTTP's; it counts as what it is likest to.
            class: usize::from(record.status / 100).min(5),
            bytes_in: record.bytes_in,
            bytes_out: record.bytes_out,
            waiting_us: record.waiting_us,
            latency_us,
            bucket: Bucket::of(latency_us),
        }
    }
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
        self.faults.iter().map(|count| u64::from(*count)).sum()
    }

    fn add_sample(&mut self, sample: &Sample) {
        self.faults[sample.fault as usize] += 1;
        self.classes[sample.class] += 1;
        self.bytes_in += sample.bytes_in;
        self.bytes_out += sample.bytes_out;
        self.waiting_us += u64::from(sample.waiting_us);
        self.latency_us += u64::from(sample.latency_us);
    }

    pub(crate) fn add(&mut self, other: &Counts) {
        for (sum, count) in self.faults.iter_mut().zip(other.faults) {
            *sum += count;
        }
        for (sum, count) in self.classes.iter_mut().zip(other.classes) {
            *sum += count;
        }
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.waiting_us += other.waiting_us;
        self.latency_us += other.latency_us;
    }

    fn pack(&self, packed: &mut Vec<u8>) {
        for count in self.faults.iter().chain(&self.classes) {
            pack_number(packed, u64::from(*count));
        }
        for sum in [self.bytes_in, self.bytes_out, self.waiting_us, self.latency_us] {
            pack_number(packed, sum);
        }
    }

    fn unpack(packed: &mut &[u8]) -> Counts {
        Counts {
            faults: std::array::from_fn(|_| unpack_number(packed) as u32),
            classes: std::array::from_fn(|_| unpack_number(packed) as u32),
            bytes_in: unpack_number(packed),
            bytes_out: unpack_number(packed),
            waiting_us: unpack_number(packed),
            latency_us: unpack_number(packed),
        }
    }
}

/// A second that may still be added to; also the sum of any number of cells. An hour at a million requests a second
/// fits its counters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open {
    /// Since 1970, in seconds.
    pub(crate) start: u32,
    pub(crate) counts: Counts,
    pub(crate) sketch: Dense,
}

impl Open {
    pub(crate) fn at(start: u32) -> Open {
        Open { start, ..Open::default() }
    }

    pub(crate) fn add_sample(&mut self, sample: &Sample) {
        self.counts.add_sample(sample);
        self.sketch.add(sample.bucket, 1);
    }

    pub(crate) fn add_open(&mut self, other: &Open) {
        self.counts.add(&other.counts);
        self.sketch.add_dense(&other.sketch);
    }

    pub(crate) fn add_closed(&mut self, other: &Closed) {
        let mut packed = &*other.packed;
        self.counts.add(&Counts::unpack(&mut packed));
        self.sketch.add_packed(packed);
    }

    pub(crate) fn close(&self) -> Closed {
        let mut packed = Vec::new();
        self.counts.pack(&mut packed);
        self.sketch.pack(&mut packed);
        Closed { start: self.start, packed: packed.into_boxed_slice() }
    }
}

/// One second, or ten, that nothing is added to any more. There may be millions: the counts and then the sketch are packed
/// into one piece of memory.
#[derive(Debug, Clone)]
pub(crate) struct Closed {
    pub(crate) start: u32,
    packed: Box<[u8]>,
}

/// What the allocator adds to a piece of memory on average. Source: glibc's malloc, 8 bytes and rounding up to 16.
const ALLOCATION: usize = 16;

impl Closed {
    /// The memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Closed>() + ALLOCATION + self.packed.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_cell_adds_what_the_open_one_had() {
        let mut open = Open::at(7);
        for n in 0..1000 {
            open.add_sample(&Sample {
                fault: [Fault::None, Fault::Client, Fault::Service, Fault::Platform][n % 4],
                class: n % 6,
                bytes_in: 1 << 40,
                bytes_out: n as u64,
                waiting_us: u32::MAX,
                latency_us: n as u32 * 1000,
                bucket: Bucket::of(n as u32 * 1000),
            });
        }
        let mut sum = Open::at(7);
        sum.add_closed(&open.close());
        assert_eq!(sum.counts, open.counts);
        assert_eq!(sum.sketch.quantile(0.9), open.sketch.quantile(0.9));
    }
}
