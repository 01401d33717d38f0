//! Which part of a period is looked through first: the latest hour, then eight times as much, and so on.
//!
//! ClickHouse sorts what it finds: a page of the latest must not make it sort a year.

const FIRST_US: u64 = 3_600_000_000;
const TIMES: u64 = 8;

/// Stretches of a period, the latest first; together they are all of it. In microseconds, from and before.
pub(crate) fn stretches(from: u64, to: u64) -> impl Iterator<Item = (u64, u64)> {
    let (mut end, mut length) = (to, FIRST_US);
    std::iter::from_fn(move || {
        if end <= from {
            return None;
        }
        let start = end.saturating_sub(length).max(from);
        let stretch = (start, end);
        (end, length) = (start, length.saturating_mul(TIMES));
        Some(stretch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_all_of_a_period_and_few() {
        let hour = FIRST_US;
        assert_eq!(
            stretches(0, 10 * hour).collect::<Vec<_>>(),
            [(9 * hour, 10 * hour), (hour, 9 * hour), (0, hour)]
        );
        assert_eq!(stretches(5, 6).collect::<Vec<_>>(), [(5, 6)]);
        assert_eq!(stretches(6, 6).count(), 0);
        assert_eq!(stretches(7, 6).count(), 0);
        let all: Vec<_> = stretches(0, u64::MAX).collect();
        assert!(all.len() < 15 && all.windows(2).all(|pair| pair[0].0 == pair[1].1));
        assert_eq!(all.last().map(|stretch| stretch.0), Some(0));
    }
}
