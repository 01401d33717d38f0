//! After how long rows become a file, when somebody waits for files: sooner than the stores would have it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Shared by the stores and who waits for their files.
#[derive(Debug)]
pub(crate) struct Pace(AtomicU64);

impl Default for Pace {
    fn default() -> Self {
        Pace(AtomicU64::new(u64::MAX))
    }
}

impl Pace {
    /// `None`: nobody waits.
    pub(crate) fn set(&self, within: Option<Duration>) {
        let millis = within.and_then(|within| u64::try_from(within.as_millis()).ok()).unwrap_or(u64::MAX);
        self.0.store(millis, Ordering::Relaxed);
    }

    /// The age at which rows become a file, where it would be `age` by itself.
    pub(crate) fn bound(&self, age: Duration) -> Duration {
        age.min(Duration::from_millis(self.0.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_sooner_for_as_long_as_somebody_waits() {
        let (pace, hour) = (Pace::default(), Duration::from_secs(3600));
        assert_eq!(pace.bound(hour), hour);
        pace.set(Some(Duration::from_secs(600)));
        assert_eq!(pace.bound(hour), Duration::from_secs(600));
        assert_eq!(pace.bound(Duration::from_secs(1)), Duration::from_secs(1));
        pace.set(None);
        assert_eq!(pace.bound(hour), hour);
    }
}
