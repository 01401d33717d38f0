//! How soon another start is tried after failures.
//!
//! What is answered at once is the first failure of a place; what is slowed down is its repetition. A *crash* is the end
//! of an instance that had not proved itself, or a start that failed. An instance proves itself by being ready for
//! [`PROOF`]; the crashes before its start are forgotten then. Crashes are counted by revision, for a new one is a new
//! program, and in *rounds*: with ten instances wanted, ten crashes within a minute are one failure of each.

use std::time::Duration;

use naru_model::plan::{Crash, Progress};
use naru_model::units::Timestamp;

/// Ready for so long, an instance has proved itself.
pub(crate) const PROOF: Duration = Duration::from_secs(30);
/// Crashes within this long of the last one count together.
const WINDOW: Duration = Duration::from_secs(60);
/// The delay before the second round; it doubles at each further one.
const FIRST_DELAY: Duration = Duration::from_millis(500);
/// The longest delay, and the one of a crash loop.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// Rounds of crashes within the window that make a crash loop.
const LOOP_ROUNDS: usize = 5;
/// Crashes remembered.
const KEPT: usize = 16;

/// Remembers a crash.
pub(crate) fn record(progress: &mut Progress, crash: Crash) {
    progress.crashes.push(crash);
    // A server that was away hears of several ends at once, in any order.
    progress.crashes.sort_by_key(|crash| crash.at);
    let surplus = progress.crashes.len().saturating_sub(KEPT);
    progress.crashes.drain(..surplus);
}

/// How many crashes of the revision lie within a minute of its last one, and when that was.
pub(crate) fn recent(progress: &Progress, revision: u32) -> (usize, Option<Timestamp>) {
    let of_revision = || progress.crashes.iter().filter(|crash| crash.revision == revision);
    let Some(last) = of_revision().next_back() else { return (0, None) };
    (of_revision().filter(|crash| last.at.since(crash.at) <= WINDOW).count(), Some(last.at))
}

/// Tells whether a revision's crashes are a loop: five for each wanted instance, or as many as are remembered.
pub(crate) fn is_loop(progress: &Progress, revision: u32, wanted: usize) -> bool {
    recent(progress, revision).0 >= (LOOP_ROUNDS * wanted.max(1)).min(KEPT)
}

/// How long after its last crash the revision is started again.
pub(crate) fn delay(progress: &Progress, revision: u32, wanted: usize) -> Duration {
    if progress.crash_loop == Some(revision) {
        return LONGEST_DELAY;
    }
    match recent(progress, revision).0.div_ceil(wanted.max(1)) {
        0 | 1 => Duration::ZERO,
        rounds => (FIRST_DELAY * (1 << (rounds - 2).min(6))).min(LONGEST_DELAY),
    }
}

/// When the revision may be started next; `None`: at once.
pub(crate) fn next_start(progress: &Progress, revision: u32, wanted: usize) -> Option<Timestamp> {
    recent(progress, revision).1.map(|last| last + delay(progress, revision, wanted))
}

/// Forgets what came before a revision's proof.
pub(crate) fn forget(progress: &mut Progress, revision: u32) {
    progress.crashes.retain(|crash| crash.revision != revision);
    if progress.crash_loop == Some(revision) {
        progress.crash_loop = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crashed(times_ms: &[u64]) -> Progress {
        let mut progress = Progress::default();
        for at in times_ms {
            record(&mut progress, Crash { revision: 1, at: Timestamp(at * 1000) });
        }
        progress
    }

    #[test]
    fn the_first_restart_is_immediate_and_then_each_takes_twice_as_long() {
        let delays: Vec<_> = (1..=9)
            .map(|n| {
                let times: Vec<u64> = (0..n).collect();
                delay(&crashed(&times), 1, 1).as_millis()
            })
            .collect();
        assert_eq!(delays, [0, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    }

    #[test]
    fn one_crash_of_each_instance_is_one_round() {
        assert_eq!(delay(&crashed(&[0, 1, 2]), 1, 3), Duration::ZERO);
        assert_eq!(delay(&crashed(&[0, 1, 2, 3]), 1, 3), FIRST_DELAY);
    }

    #[test]
    fn crashes_of_another_revision_or_long_ago_do_not_count() {
        assert_eq!(next_start(&crashed(&[0, 1, 2]), 2, 1), None);
        assert_eq!(delay(&crashed(&[0, 1, 2, 100_000]), 1, 1), Duration::ZERO);
    }

    #[test]
    fn five_crashes_in_a_minute_are_a_loop() {
        assert!(!is_loop(&crashed(&[0, 1, 2, 3]), 1, 1));
        assert!(is_loop(&crashed(&[0, 1, 2, 3, 4]), 1, 1));
        assert!(!is_loop(&crashed(&[0, 20_000, 40_000, 60_000, 80_000]), 1, 1));
        assert!(!is_loop(&crashed(&[0, 1, 2, 3, 4]), 1, 2));
    }

    #[test]
    fn ends_heard_of_out_of_order_are_put_in_order() {
        let progress = crashed(&[5, 1, 3]);
        assert!(progress.crashes.is_sorted_by_key(|crash| crash.at));
    }
}
