//! Request records on their way out: a buffer per thread that never grows past its share and never makes anyone wait.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use naru_model::record::{Agent, RequestRecord};
use tokio::sync::Notify;

/// Bytes of records kept for a server that is behind or gone, over all threads.
pub(crate) const MAX_BUFFERED: usize = 4 << 20;
/// A buffer this full, in bytes, is fetched at once; others each 100 ms.
pub(crate) const BATCH: usize = 64 << 10;

/// What all threads have recorded and nobody has fetched yet.
#[derive(Debug)]
pub(crate) struct Records {
    threads: Vec<Arc<Buffer>>,
    dropped: Arc<AtomicU64>,
    /// A buffer is full enough to be fetched.
    pub(crate) full: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Buffer(Mutex<Vec<u8>>);

/// One thread's way to tell of its requests.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    buffer: Arc<Buffer>,
    capacity: usize,
    dropped: Arc<AtomicU64>,
    full: Arc<Notify>,
}

impl Records {
    pub(crate) fn new(threads: usize) -> Self {
        Records {
            threads: (0..threads.max(1)).map(|_| Arc::default()).collect(),
            dropped: Arc::default(),
            full: Arc::default(),
        }
    }

    pub(crate) fn reporter(&self, thread: usize) -> Reporter {
        Reporter {
            buffer: self.threads[thread].clone(),
            capacity: MAX_BUFFERED / self.threads.len(),
            dropped: self.dropped.clone(),
            full: self.full.clone(),
        }
    }

    /// Moves a thread's records to `batch`, which is empty: the thread goes on with its memory.
    pub(crate) fn fetch(&self, thread: usize, batch: &mut Vec<u8>) {
        batch.clear();
        let mut buffer = self.threads[thread].0.lock().unwrap_or_else(|e| e.into_inner());
        std::mem::swap(&mut *buffer, batch);
    }

    pub(crate) fn threads(&self) -> usize {
        self.threads.len()
    }

    /// Records that found no room, since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
}

impl Reporter {
    /// Takes a copy of the record, or counts it as dropped when there is no room.
    pub(crate) fn record(&self, record: &RequestRecord<'_>, agent: Option<Agent<'_>>) {
        // Held by the other side for as long as it takes to swap two pointers, ten times a second.
        let mut buffer = self.buffer.0.lock().unwrap_or_else(|e| e.into_inner());
        let before = buffer.len();
        match agent {
            None => record.encode(&mut buffer),
            Some(agent) => record.encode_with(agent, &mut buffer),
        }
        let after = buffer.len();
        if after > self.capacity {
            buffer.truncate(before);
            self.dropped.fetch_add(1, Relaxed);
        } else if before < BATCH && after >= BATCH {
            drop(buffer);
            self.full.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
