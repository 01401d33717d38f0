//! How long to wait before something that failed is tried again.
//!
//! Exponential with equal jitter: half of the time is certain, half is chance, so that what failed together does not come
//! back together. Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    /// Before the second try.
    pub(crate) first: Duration,
    /// It doubles up to this.
    pub(crate) most: Duration,
}

/// Between attempts of a job, and deliveries of a message.
pub(crate) const CALL: Backoff = Backoff { first: Duration::from_millis(500), most: Duration::from_secs(60) };
/// Between callbacks: who can't be reached is asked for over a day rather than for a minute.
pub(crate) const CALLBACK: Backoff =
    Backoff { first: Duration::from_secs(1), most: Duration::from_secs(4 * 3600) };
/// Between connections to a broker.
pub(crate) const CONNECT: Backoff =
    Backoff { first: Duration::from_millis(100), most: Duration::from_secs(5) };

impl Backoff {
    /// The wait after so many tries that failed, 1 or more. `chance` is from 0 to 1.
    pub(crate) fn after(self, tries: u32, chance: f64) -> Duration {
        let doubled = self.first.saturating_mul(1 << tries.saturating_sub(1).min(30));
        let whole = doubled.min(self.most);
        whole / 2 + (whole / 2).mul_f64(chance.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_most_and_half_is_chance() {
        let ms = |tries, chance| CALL.after(tries, chance).as_millis();
        assert_eq!((ms(1, 0.0), ms(1, 1.0)), (250, 500));
        assert_eq!((ms(2, 0.0), ms(3, 1.0)), (500, 2000));
        assert_eq!((ms(50, 1.0), ms(u32::MAX, 0.0)), (60_000, 30_000));
    }
}
