//! Requests under way on a route. Each thread counts its own, so that no two write to the same memory at each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

#[derive(Debug)]
pub(crate) struct Flight {
    /// By thread.
    shards: Box<[Arc<Shard>]>,
}

/// Alone on its cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Shard(AtomicU32);

/// One request under way, until dropped.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Shard>);

impl Flight {
    pub(crate) fn new(threads: usize) -> Self {
        Flight { shards: (0..threads.max(1)).map(|_| Arc::default()).collect() }
    }

    /// Counts a request of this thread, numbered from 0.
    pub(crate) fn begin(&self, thread: usize) -> UnderWay {
        let shard = self.shards[thread % self.shards.len()].clone();
        shard.0.fetch_add(1, Relaxed);
        UnderWay(shard)
    }

    /// All that are under way.
    pub(crate) fn count(&self) -> u32 {
        self.shards.iter().map(|shard| shard.0.load(Relaxed)).sum()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_all_threads_count_until_they_end() {
        let flight = Flight::new(2);
        let (first, second) = (flight.begin(0), flight.begin(1));
        let third = flight.begin(1);
        assert_eq!(flight.count(), 3);
        drop((first, third));
        assert_eq!(flight.count(), 1);
        drop(second);
        assert_eq!(flight.count(), 0);
    }
}
