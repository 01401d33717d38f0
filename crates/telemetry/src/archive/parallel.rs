//! Does one thing to each of several, on as many threads as there are cores, four at most.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Calls `work` with each item, the first ones first. Returns when all are done.
pub(crate) fn each<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    fold(items, || (), |(), item| work(item));
}

/// Calls `work` with each item, the first ones first, and with what its thread collects. Returns what all of them did.
pub(crate) fn fold<T: Sync, A: Send>(
    items: &[T],
    new: impl Fn() -> A + Sync,
    work: impl Fn(&mut A, &T) + Sync,
) -> Vec<A> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(4).min(items.len());
    let next = AtomicUsize::new(0);
    let take = || {
        let mut collected = new();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(&mut collected, item);
        }
        collected
    };
    thread::scope(|scope| {
        let others = (1..threads)
            .map(|_| thread::Builder::new().name("archive-read".to_owned()).spawn_scoped(scope, take));
        // Without a thread the others do its part.
        let others: Vec<_> = others.filter_map(Result::ok).collect();
        let mut all = vec![take()];
        for other in others {
            match other.join() {
                Ok(collected) => all.push(collected),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}
