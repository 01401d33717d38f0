//! Does one thing to each of several, on as many threads as there are cores, four at most.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Calls `work` with each item, the first ones first. Returns when all are done.
pub(super) fn each<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(4).min(items.len());
    let next = AtomicUsize::new(0);
    let take = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(item);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Without a thread the others do its part.
            let _ = thread::Builder::new().name("archive-read".to_owned()).spawn_scoped(scope, take);
        }
        take();
    });
}
