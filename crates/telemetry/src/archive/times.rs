//! How long calls took, told apart by a tenth: each bucket reaches up to 1.1 times its lower edge, from 100 µs on.

pub(super) const BUCKETS: usize = 192;
const STEP: f64 = 1.1;
const LEAST_US: f64 = 100.0;

/// 0 is all below 100 µs.
pub(super) fn bucket(response_us: u32) -> usize {
    let over = f64::from(response_us) / LEAST_US;
    if over < 1.0 { 0 } else { (over.ln() / STEP.ln()) as usize + 1 }.min(BUCKETS - 1)
}

/// The middle of the bucket in which the call lies that so many of all are not slower than. Counts come by ascending bucket.
pub(super) fn quantile_us(counts: impl Iterator<Item = (usize, u64)>, calls: u64, share: f64) -> f64 {
    let rank = ((calls as f64 * share).ceil() as u64).max(1);
    let (mut seen, mut reached) = (0, 0);
    for (bucket, count) in counts {
        seen += count;
        reached = bucket;
        if seen >= rank {
            break;
        }
    }
    LEAST_US * STEP.powf(reached as f64 - 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_within_a_twentieth() {
        let mut counts = [0; BUCKETS];
        (1..=10_000u32).for_each(|us| counts[bucket(us * 100)] += 1);
        for (share, exact) in [(0.5, 500_000.0), (0.95, 950_000.0), (1.0, 1_000_000.0)] {
            let off = quantile_us(counts.iter().copied().enumerate(), 10_000, share) / exact;
            assert!((0.95..=1.05).contains(&off), "{share}: {off}");
        }
    }

    #[test]
    fn the_longest_time_has_a_bucket() {
        assert!(bucket(u32::MAX) < BUCKETS && bucket(0) == 0);
    }
}
