//! What a worker thread is given to do its work, and its only ties to the rest of the process.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Instant;

use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::registry::Tables;
use crate::report::Reporter;
use crate::tls::Certificates;

#[derive(Debug)]
pub(crate) struct WorkerContext {
    /// From 0.
    pub(crate) thread: usize,
    /// Non-blocking; `true`: speaks TLS.
    pub(crate) listeners: Vec<(TcpListener, bool)>,
    /// Has a table from the start.
    pub(crate) tables: Tables,
    pub(crate) drain: Drain,
    pub(crate) reporter: Reporter,
    pub(crate) connections: Arc<Connections>,
    pub(crate) clock: Clock,
    /// One for all threads.
    pub(crate) certificates: Arc<Certificates>,
}

/// The order to accept no more and end what is under way.
#[derive(Debug, Clone)]
pub(crate) struct Drain(watch::Receiver<Option<Instant>>);

impl Drain {
    pub(crate) fn new(order: watch::Receiver<Option<Instant>>) -> Self {
        Drain(order)
    }

    /// Waits for the order, and returns by when all must have ended. Cancel safe.
    pub(crate) async fn begun(&mut self) -> Instant {
        match self.0.wait_for(Option::is_some).await {
            Ok(deadline) => deadline.unwrap_or_else(Instant::now),
            // Who could give the order has ended.
            Err(_) => Instant::now(),
        }
    }
}

/// Counts open client connections over all threads, and has the next one wait when there are as many as may be.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: AtomicUsize,
    waiting: AtomicUsize,
    closed: Notify,
}

/// An open connection, counted until dropped.
#[derive(Debug)]
pub(crate) struct Connection(Arc<Connections>);

impl Connections {
    /// Waits until fewer than `limit` are open. To be called before accepting, so that more wait in the kernel's queue.
    /// Cancel safe.
    pub(crate) async fn open(self: &Arc<Self>, limit: usize) -> Connection {
        if let Some(connection) = self.try_open(limit) {
            return connection;
        }
        self.waiting.fetch_add(1, SeqCst);
        let _waiting = Waiting(self);
        loop {
            let mut closed = std::pin::pin!(self.closed.notified());
            closed.as_mut().enable();
            if let Some(connection) = self.try_open(limit) {
                return connection;
            }
            closed.await;
        }
    }

    fn try_open(self: &Arc<Self>, limit: usize) -> Option<Connection> {
        let take = |open: usize| (open < limit.max(1)).then_some(open + 1);
        self.open.fetch_update(SeqCst, SeqCst, take).ok().map(|_| Connection(self.clone()))
    }

    pub(crate) fn count(&self) -> usize {
        self.open.load(SeqCst)
    }
}

struct Waiting<'c>(&'c Connections);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, SeqCst);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, SeqCst);
        if self.0.waiting.load(SeqCst) > 0 {
            self.0.closed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn one_more_connection_waits_until_another_closes() {
        let connections = Arc::new(Connections::default());
        let first = connections.open(1).now_or_never().expect("there is room");
        let mut second = std::pin::pin!(connections.open(1));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        assert!(second.now_or_never().is_some());
        assert_eq!(connections.count(), 0);
    }

    #[test]
    fn the_order_to_drain_reaches_who_waits_and_who_asks() {
        let (order, receiver) = watch::channel(None);
        let mut drain = Drain::new(receiver);
        assert!(drain.begun().now_or_never().is_none());
        let deadline = Instant::now();
        order.send_replace(Some(deadline));
        assert_eq!(drain.begun().now_or_never(), Some(deadline));
        assert_eq!(drain.begun().now_or_never(), Some(deadline), "it stands");
    }
}
