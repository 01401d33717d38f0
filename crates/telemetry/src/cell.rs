//! What one series saw in one stretch of time.

use naru_model::record::{Fault, RequestRecord};

use crate::sketch::{Bucket, Dense, Packed};

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
        self.counts.add(&other.counts);
        self.sketch.add_packed(&other.sketch);
    }

    pub(crate) fn close(&self) -> Closed {
        Closed { start: self.start, counts: self.counts, sketch: self.sketch.pack() }
    }
}

/// One second, or ten, that nothing is added to any more.
#[derive(Debug, Clone)]
pub(crate) struct Closed {
    pub(crate) start: u32,
    pub(crate) counts: Counts,
    sketch: Packed,
}

impl Closed {
    /// The memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Closed>() + self.sketch.len()
    }
}
