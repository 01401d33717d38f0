//! What must be done now and then: a copy of the state each day, and no artifact kept that no revision has.

use std::collections::BTreeSet;
use std::time::Duration;

use naru_model::units::Timestamp;

use super::core::Core;

const EVERY: Duration = Duration::from_secs(3600);

impl Core {
    /// Keeps house if it is time. Done within the loop, so that no artifact is taken away while a revision is made of it.
    pub(crate) async fn keep_house(&mut self) {
        let now = self.clock.now();
        if self.house_kept.is_some_and(|at| now.since(at) < EVERY) {
            return;
        }
        self.house_kept = Some(now);
        self.back_up(now);
        if let Err(error) = self.state.drop_used(now).await {
            eprintln!("naru: what quotas used long ago stays in the state: {error}");
        }
        let wanted: BTreeSet<String> = self
            .revisions
            .values()
            .filter_map(|revision| Some(revision.spec.artifact.as_ref()?.digest.clone()))
            .collect();
        let store = self.state_dir.join("artifacts");
        let pruned =
            tokio::task::spawn_blocking(move || naru_runtime::artifact::prune(&store, &wanted)).await;
        if let Ok(Err(error)) = pruned {
            eprintln!("naru: artifacts that no revision has could not be removed: {error}");
        }
    }

    fn back_up(&self, now: Timestamp) {
        let state = self.state.clone();
        tokio::spawn(async move {
            if let Err(error) = state.back_up(now).await {
                eprintln!("naru: no copy of the state could be made: {error}");
            }
        });
    }
}
