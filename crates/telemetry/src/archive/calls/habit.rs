//! When what a client does is unlike what it always did: one rule with one threshold, by the client's own past.
//!
//! The median and the median deviation from it are hardly moved by a few odd days (Source: P. Rousseeuw and C. Croux,
//! "Alternatives to the median absolute deviation", 1993). What lies within what was seen before is never unusual, however
//! steady the rest was: weekends are like weekends.

/// How many times the usual spread something must be off.
pub(super) const THRESHOLD: f64 = 6.0;
/// Days (or longer stretches) before that must be known of the client.
pub(super) const LEAST_PAST: usize = 4;
/// The median deviation of a normal distribution, made its standard deviation by this.
const OF_NORMAL: f64 = 1.4826;

/// How many calls: chance alone spreads a count by its square root, and a tenth is nobody's business. Returns the median of
/// what was when `now` is unusual.
pub(super) fn unusual_count(now: f64, past: &[f64]) -> Option<f64> {
    unusual(now, past, |median| median.max(now).sqrt().max(median / 10.0).max(1.0))
}

/// A share of so many calls: chance alone spreads it by the root of p (1 - p) / n, and 2 % is nobody's business. Fewer than
/// usual are good news.
pub(super) fn unusual_share(now: f64, calls: f64, past: &[f64]) -> Option<f64> {
    let spread = |median: f64| {
        let p = median.max(now).clamp(0.0, 1.0);
        (p * (1.0 - p) / calls.max(1.0)).sqrt().max(0.02)
    };
    unusual(now, past, spread).filter(|median| now > *median)
}

fn unusual(now: f64, past: &[f64], least_spread: impl Fn(f64) -> f64) -> Option<f64> {
    if past.len() < LEAST_PAST || past.contains(&now) {
        return None;
    }
    let seen_so_low = past.iter().any(|value| *value < now);
    let seen_so_high = past.iter().any(|value| *value > now);
    if seen_so_low && seen_so_high {
        return None;
    }
    let median = median(past.to_vec());
    let deviation = self::median(past.iter().map(|value| (value - median).abs()).collect());
    let spread = (OF_NORMAL * deviation).max(least_spread(median));
    ((now - median).abs() > THRESHOLD * spread).then_some(median)
}

/// 0 of nothing.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), middle.checked_sub(1).and_then(|before| values.get(before))) {
        (Some(upper), Some(lower)) if values.len().is_multiple_of(2) => (upper + lower) / 2.0,
        (Some(upper), _) => *upper,
        (None, _) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_leaps_is_told_and_what_there_is_too_little_past_for_is_not() {
        let past = [100.0, 104.0, 96.0, 101.0, 99.0];
        assert_eq!(unusual_count(400.0, &past), Some(100.0));
        assert_eq!(unusual_count(5.0, &past), Some(100.0));
        assert_eq!(unusual_count(130.0, &past), None);
        assert_eq!(unusual_count(400.0, &past[..3]), None);
        // It never called at this time.
        assert_eq!(unusual_count(50.0, &[0.0; 5]), Some(0.0));
        assert_eq!(unusual_count(8.0, &[0.0; 5]), None);
    }

    #[test]
    fn a_quiet_weekend_is_like_the_one_before() {
        let week = [3000.0, 3100.0, 2900.0, 3050.0, 2950.0, 0.0];
        assert_eq!(unusual_count(0.0, &week), None);
        assert_eq!(unusual_count(0.0, &week[..5]), Some(3000.0));
    }

    #[test]
    fn errors_are_told_when_there_are_more_and_enough_calls() {
        let past = [0.0, 0.01, 0.0, 0.0, 0.02];
        assert_eq!(unusual_share(0.5, 200.0, &past), Some(0.0));
        assert_eq!(unusual_share(0.5, 4.0, &past), None);
        assert_eq!(unusual_share(0.0, 200.0, &[0.5, 0.6, 0.5, 0.55]), None);
    }

    proptest! {
        /// Counts that chance alone spreads: 2.5 standard deviations of a Poisson process either way.
        #[test]
        fn a_constant_client_is_never_unusual(
            mean in 0.0..1e6f64,
            past in proptest::collection::vec(-2.5..2.5f64, 0..14),
            now in -2.5..2.5f64,
        ) {
            let count = |off: f64| (mean + off * mean.sqrt()).max(0.0).round();
            let past: Vec<f64> = past.into_iter().map(count).collect();
            prop_assert_eq!(unusual_count(count(now), &past), None);
        }

        #[test]
        fn what_was_seen_before_is_never_unusual(
            past in proptest::collection::vec(0.0..1e6f64, 1..14),
            at in any::<prop::sample::Index>(),
        ) {
            prop_assert_eq!(unusual_count(*at.get(&past), &past), None);
            let shares: Vec<f64> = past.iter().map(|value| value / 1e6).collect();
            prop_assert_eq!(unusual_share(*at.get(&shares), 1000.0, &shares), None);
        }

        #[test]
        fn ten_times_as_much_is_always_told(mean in 10.0..1e5f64, past in proptest::collection::vec(0.95..1.05f64, 4..14)) {
            let past: Vec<f64> = past.into_iter().map(|factor| mean * factor).collect();
            prop_assert!(unusual_count(mean * 10.0, &past).is_some());
        }
    }
}
