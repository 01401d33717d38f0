//! What stands before a thread that writes: a queue that never makes anybody wait, and the rhythm in which it is emptied.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// What may wait to be written, in bytes: of records about 200,000 requests.
const MAX_QUEUED: usize = 32 << 20;
/// How old something may grow before it is in the journal.
const MAX_AGE: Duration = Duration::from_millis(200);
/// What is written at once at the latest, in bytes.
const MAX_BUFFER: usize = 256 << 10;

/// What the sender and the thread both know.
#[derive(Debug, Default)]
pub(crate) struct Load {
    /// Bytes in the queue.
    pub(crate) queued: AtomicUsize,
    /// Records dropped since the start.
    pub(crate) dropped: AtomicU64,
}

impl Load {
    /// Whether so many bytes more can wait.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.queued.load(Ordering::Relaxed) + bytes <= MAX_QUEUED
    }

    /// Hands bytes over as `wrap` makes of them, or drops them when too much waits already. `count` tells how many records
    /// they are.
    pub(crate) fn offer<T>(
        &self,
        queue: &Sender<T>,
        bytes: &[u8],
        wrap: impl FnOnce(Box<[u8]>) -> T,
        count: impl FnOnce(&[u8]) -> u64,
    ) {
        let queued = self.queued.fetch_add(bytes.len(), Ordering::Relaxed);
        if queued + bytes.len() > MAX_QUEUED || queue.send(wrap(bytes.into())).is_err() {
            self.queued.fetch_sub(bytes.len(), Ordering::Relaxed);
            self.dropped.fetch_add(count(bytes), Ordering::Relaxed);
        }
    }
}

/// Whether writing fails, which is said once; and how much had been dropped before.
#[derive(Debug, Default)]
pub(crate) struct Trouble(Option<u64>);

impl Trouble {
    /// So many records could not be written. `true`: it is to be said.
    pub(crate) fn begin(&mut self, load: &Load, lost: u64) -> bool {
        let before = load.dropped.fetch_add(lost, Ordering::Relaxed);
        let first = self.0.is_none();
        self.0.get_or_insert(before);
        first
    }

    /// Writing goes on. How many were dropped, if that is to be said.
    pub(crate) fn end(&mut self, load: &Load) -> Option<u64> {
        self.0.take().map(|before| load.dropped.load(Ordering::Relaxed) - before)
    }
}

/// The thread's work.
pub(crate) trait Taker {
    type Item;

    /// In bytes, as it was handed over.
    fn size(item: &Self::Item) -> usize;

    /// Writes what waits.
    fn take(&mut self, items: Vec<Self::Item>);

    /// Does what else is due: after each item, and once a second.
    fn look(&mut self);
}

/// Runs until nobody sends any more.
pub(crate) fn run<T: Taker>(taker: &mut T, load: &Load, items: &Receiver<T::Item>) {
    let mut pending = Vec::new();
    let mut size = 0;
    let mut due = None::<Instant>;
    loop {
        let wait = due.map_or(Duration::from_secs(1), |due| due.saturating_duration_since(Instant::now()));
        match items.recv_timeout(wait) {
            Ok(item) => {
                load.queued.fetch_sub(T::size(&item), Ordering::Relaxed);
                size += T::size(&item);
                pending.push(item);
                due = due.or_else(|| Some(Instant::now() + MAX_AGE));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if size >= MAX_BUFFER || due.is_some_and(|due| due <= Instant::now()) {
            taker.take(std::mem::take(&mut pending));
            (size, due) = (0, None);
        }
        taker.look();
    }
    taker.take(pending);
}
