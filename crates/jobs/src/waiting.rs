//! Who waits for a job's end. The end itself is in the store; here is only the word that it has come.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

#[derive(Debug, Default)]
pub(crate) struct Waiting {
    by_id: Mutex<HashMap<String, Vec<oneshot::Sender<()>>>>,
}

/// The word that a job has ended.
#[derive(Debug)]
pub(crate) struct Ended(oneshot::Receiver<()>);

impl Waiting {
    /// Begins to wait. Look at the store afterwards: what ended before is not told again.
    pub(crate) fn begin(&self, id: &str) -> Ended {
        let (sender, receiver) = oneshot::channel();
        let mut by_id = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        let senders = by_id.entry(id.to_owned()).or_default();
        // Who went away meanwhile is forgotten when the next one comes.
        senders.retain(|sender| !sender.is_closed());
        senders.push(sender);
        Ended(receiver)
    }

    /// Tells all that wait for it.
    pub(crate) fn tell(&self, id: &str) {
        let senders = self.by_id.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        for sender in senders.into_iter().flatten() {
            let _ = sender.send(());
        }
    }
}

impl Ended {
    /// Waits for it, at most this long.
    pub(crate) async fn within(self, most: Duration) {
        // Whoever waited looks at the store again, whatever ended the wait.
        let _ = tokio::time::timeout(most, self.0).await;
    }
}
