//! Response times in buckets that grow with them: any percentile to within a few percent, in little memory, and two of them
//! added are the one of both.

use super::findings::Latency;

/// Buckets for each doubling of the time: a bucket's middle is at most 3.1 % off what is in it.
const PER_DOUBLING: u64 = 16;

/// Longer ones, of more than twelve days, are counted with these.
const MAX_MICROS: u64 = 1 << 40;

/// How often response times came, by microseconds. Grows to the slowest bucket seen, at most 2.4 KB.
#[derive(Debug, Clone, Default)]
pub(super) struct Histogram {
    /// Each up to four thousand million; there are very many histograms, and none with so many requests of one time.
    buckets: Vec<u32>,
    pub(super) count: u64,
    sum: u64,
    max: u64,
}

fn bucket(micros: u64) -> usize {
    let micros = micros.min(MAX_MICROS);
    if micros < PER_DOUBLING {
        return micros as usize;
    }
    let doubling = u64::from(micros.ilog2()) - 4;
    (doubling * PER_DOUBLING + (micros >> doubling)) as usize
}

/// The middle of a bucket, in microseconds.
fn middle(bucket: usize) -> f64 {
    let bucket = bucket as u64;
    if bucket < 2 * PER_DOUBLING {
        return bucket as f64;
    }
    let doubling = bucket / PER_DOUBLING - 1;
    let first = (bucket - doubling * PER_DOUBLING) << doubling;
    first as f64 + ((1_u64 << doubling) - 1) as f64 / 2.0
}

impl Histogram {
    #[inline]
    pub(super) fn add(&mut self, micros: u64) {
        let bucket = bucket(micros);
        if bucket >= self.buckets.len() {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] = self.buckets[bucket].saturating_add(1);
        self.count += 1;
        self.sum = self.sum.saturating_add(micros);
        self.max = self.max.max(micros);
    }

    pub(super) fn merge(&mut self, other: &Histogram) {
        if other.buckets.len() > self.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine = mine.saturating_add(*theirs);
        }
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    /// The time that a share of all did not exceed, in seconds; 0 when there is none.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let rank = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank {
                return middle(bucket).min(self.max as f64) / 1e6;
            }
        }
        self.max as f64 / 1e6
    }

    /// `None` without a response time.
    pub(super) fn latency(&self) -> Option<Latency> {
        (self.count > 0).then(|| Latency {
            count: self.count,
            mean: self.sum as f64 / self.count as f64 / 1e6,
            p50: self.quantile(0.5),
            p95: self.quantile(0.95),
            p99: self.quantile(0.99),
            max: self.max as f64 / 1e6,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_is_within_five_percent_of_what_is_in_it() {
        let mut last = 0;
        for micros in (0..5000_u64).chain((5..=40).map(|power| 1_u64 << power)) {
            let bucket = bucket(micros);
            assert!(bucket >= last || micros < 5000, "buckets grow with the time");
            last = bucket;
            let off = (middle(bucket) - micros as f64).abs();
            assert!(off <= micros as f64 * 0.05, "{micros} is told as {}", middle(bucket));
        }
    }

    #[test]
    fn it_stays_small_whatever_comes() {
        let mut histogram = Histogram::default();
        for power in 0..64 {
            histogram.add(1 << power);
        }
        assert!(histogram.buckets.len() <= 610, "{}", histogram.buckets.len());
        assert_eq!(histogram.count, 64);
        assert!(histogram.quantile(1.0) >= MAX_MICROS as f64 * 0.95 / 1e6, "what is too long is long still");
    }

    #[test]
    fn two_added_are_the_one_of_both() {
        let (mut one, mut other, mut both) =
            (Histogram::default(), Histogram::default(), Histogram::default());
        for micros in 1..2000 {
            if micros % 3 == 0 {
                one.add(micros * 7)
            } else {
                other.add(micros * 7)
            }
            both.add(micros * 7);
        }
        one.merge(&other);
        assert_eq!(one.latency(), both.latency());
        let p50 = both.quantile(0.5);
        assert!((p50 - 0.007).abs() < 0.007 * 0.05, "{p50}");
    }
}
