//! Response times as counts in buckets, which add up over any number of days.

use std::collections::BTreeMap;

use naru_model::service_level::Bucket;

/// Adds up what was counted by itself.
pub(crate) fn add<'a>(parts: impl Iterator<Item = &'a Vec<Bucket>>) -> Vec<Bucket> {
    let mut sum = BTreeMap::<u32, u64>::new();
    for bucket in parts.flatten() {
        let count = sum.entry(bucket.micros).or_default();
        *count = count.saturating_add(bucket.requests);
    }
    sum.into_iter().map(|(micros, requests)| Bucket { micros, requests }).collect()
}

/// The response time that a share of requests did not exceed, in seconds, within 1 %; `None` without requests. Buckets by time.
pub(crate) fn quantile(buckets: &[Bucket], share: f64) -> Option<f64> {
    let total = buckets.iter().fold(0u64, |sum, bucket| sum.saturating_add(bucket.requests));
    let rank = (share * total as f64).ceil().max(1.0);
    let mut below = 0u64;
    let reached = buckets.iter().find(|bucket| {
        below = below.saturating_add(bucket.requests);
        below as f64 >= rank
    });
    reached.map(|bucket| f64::from(bucket.micros) / 1e6)
}
