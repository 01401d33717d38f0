//! How many requests a service and each of its instances may hold.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use naru_model::platform::Traffic;

#[derive(Debug)]
pub(crate) struct Bounds {
    concurrency: AtomicUsize,
    /// 0: none.
    per_instance: AtomicU32,
}

impl Bounds {
    pub(crate) fn of(traffic: &Traffic) -> Self {
        Bounds {
            concurrency: AtomicUsize::new(traffic.concurrency),
            per_instance: AtomicU32::new(traffic.per_instance.unwrap_or(0)),
        }
    }

    pub(crate) fn set(&self, traffic: &Traffic) {
        self.concurrency.store(traffic.concurrency, Relaxed);
        self.per_instance.store(traffic.per_instance.unwrap_or(0), Relaxed);
    }

    pub(crate) fn per_instance(&self) -> Option<u32> {
        Some(self.per_instance.load(Relaxed)).filter(|most| *most > 0)
    }

    /// Requests that the service may hold with so many live endpoints.
    pub(crate) fn places(&self, live: usize) -> usize {
        let concurrency = self.concurrency.load(Relaxed);
        self.per_instance().map_or(concurrency, |most| concurrency.min(most as usize * live.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_by_the_service_and_by_its_live_endpoints() {
        let bounds = Bounds::of(&Traffic { concurrency: 20, per_instance: Some(6), ..Traffic::default() });
        assert_eq!([0, 1, 3, 4].map(|live| bounds.places(live)), [6, 6, 18, 20]);
        bounds.set(&Traffic { concurrency: 20, per_instance: None, ..Traffic::default() });
        assert_eq!(bounds.places(1), 20);
    }
}
