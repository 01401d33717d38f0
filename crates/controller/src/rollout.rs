//! What becomes of a service's progress when somebody asks for another revision.

use naru_model::plan::Progress;
use naru_model::units::Timestamp;

/// Returns the progress of a service that is to be on revision `to` from now on.
///
/// A rollout under way is superseded. When it had reached all its instances and was only being watched still, its
/// revision counts as proven: it becomes the one to go back to.
pub fn begin(progress: &Progress, to: u32, now: Timestamp) -> Progress {
    let mut next = progress.clone();
    if progress.complete_since.is_some() {
        next.stable = progress.target;
    }
    next.target = to;
    next.rollout_since = now;
    next.complete_since = None;
    next.failed_starts = 0;
    next
}
