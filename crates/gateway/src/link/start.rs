//! When the threads begin: once it is known where requests go and who may send them. A request that came between the two
//! would be refused for want of clients that are registered all the while.

use std::future::pending;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

/// How long the callers may be outstanding when the routing is there. A server that knows of none yet never says so; routes
/// that ask for somebody stay closed then.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Start {
    /// Taken when it is told.
    begin: Option<oneshot::Sender<()>>,
    /// When the routing had come.
    routing: Option<Instant>,
    callers: bool,
}

impl Start {
    pub(crate) fn new(begin: oneshot::Sender<()>) -> Start {
        Start { begin: Some(begin), routing: None, callers: false }
    }

    pub(super) fn routing_came(&mut self) {
        self.routing.get_or_insert_with(Instant::now);
        self.tell();
    }

    pub(super) fn callers_came(&mut self) {
        self.callers = true;
        self.tell();
    }

    fn tell(&mut self) {
        if self.routing.is_some()
            && self.callers
            && let Some(begin) = self.begin.take()
        {
            // Nobody waits for it any more when the process is ending.
            let _ = begin.send(());
        }
    }

    /// Returns when the callers are waited for no longer; never, unless they are waited for. Cancel safe.
    pub(super) async fn overdue(&self) {
        match self.routing.filter(|_| !self.callers) {
            Some(since) => sleep_until(since + PATIENCE).await,
            None => pending().await,
        }
    }
}
