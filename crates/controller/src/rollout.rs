//! What becomes of a service's progress when somebody asks for another revision.

use naru_model::plan::Progress;
use naru_model::units::Timestamp;

/// Returns the progress of a service that is to be on revision `to` from now on. The first revision begins likewise,
/// from `Progress::default()`.
///
/// A rollout under way is superseded. When it had reached all its instances and was only being watched still, its
/// revision counts as proven: it becomes the one to go back to. Otherwise that stays the one before, and the instances
/// of both are replaced in the safe order. Going back to the one before proves nothing of the one that is left.
pub fn begin(progress: &Progress, to: u32, now: Timestamp) -> Progress {
    let mut next = progress.clone();
    if progress.complete_since.is_some() && to != progress.stable {
        prove(&mut next);
    }
    next.target = to;
    next.rollout_since = now;
    next.complete_since = None;
    next.failed_starts = 0;
    next
}

/// Revisions remembered as proven.
const KEPT: usize = 16;

/// Makes the target the one to go back to.
pub(crate) fn prove(progress: &mut Progress) {
    let target = progress.target;
    progress.stable = target;
    progress.proved.retain(|revision| *revision != target);
    progress.proved.push(target);
    let surplus = progress.proved.len().saturating_sub(KEPT);
    progress.proved.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watched_revision_is_gone_back_to_and_an_unfinished_one_is_not() {
        let unfinished = Progress { stable: 1, target: 2, failed_starts: 2, ..Progress::default() };
        let watched = Progress { complete_since: Some(Timestamp(5)), ..unfinished.clone() };
        let from_unfinished = begin(&unfinished, 3, Timestamp(9));
        assert_eq!(
            (from_unfinished.stable, from_unfinished.target, from_unfinished.failed_starts),
            (1, 3, 0)
        );
        let from_watched = begin(&watched, 3, Timestamp(9));
        assert_eq!((from_watched.stable, from_watched.target, from_watched.complete_since), (2, 3, None));
        assert_eq!(from_watched.proved, [2]);
    }

    #[test]
    fn going_back_proves_nothing_of_what_is_left() {
        let watched =
            Progress { stable: 1, target: 2, complete_since: Some(Timestamp(5)), ..Progress::default() };
        let back = begin(&watched, 1, Timestamp(9));
        assert_eq!((back.stable, back.target, back.proved), (1, 1, vec![]));
    }

    #[test]
    fn proven_revisions_are_listed_once_and_the_last_sixteen() {
        let mut progress = Progress::default();
        for revision in (1..=20).chain([18]) {
            progress.target = revision;
            prove(&mut progress);
        }
        let expected: Vec<u32> = (5..=17).chain([19, 20, 18]).collect();
        assert_eq!(progress.proved, expected);
    }
}
