//! Looks at a service's capacity the whole time, beside whatever the scenario does.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use naru_model::status::Status;

use super::api;

const EVERY: Duration = Duration::from_millis(50);

/// Keeps the lowest and the highest number of ready instances that a status ever showed.
pub(crate) struct CapacityWatch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) least_ready: u32,
    pub(crate) most_ready: u32,
    /// From the beginning to when there were so many for the first time.
    pub(crate) most_ready_after: Duration,
    /// How many times it was looked.
    pub(crate) looks: u32,
}

impl CapacityWatch {
    /// Watches one service of the platform behind `socket`.
    pub(crate) fn start(socket: PathBuf, service: &str) -> CapacityWatch {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, service) = (stop.clone(), service.to_owned());
        let thread = std::thread::spawn(move || {
            let began = Instant::now();
            let mut seen =
                Seen { least_ready: u32::MAX, most_ready: 0, most_ready_after: Duration::ZERO, looks: 0 };
            while !stopped.load(Ordering::Relaxed) {
                // An API that does not answer tells nothing of the capacity.
                if let Ok(status) = api::get::<Status>(&socket, "/v1/status")
                    && let Some(service) = status.services.iter().find(|s| s.name.as_str() == service)
                {
                    seen.note(service.ready, began.elapsed());
                }
                std::thread::sleep(EVERY);
            }
            seen
        });
        CapacityWatch { stop, thread }
    }

    pub(crate) fn end(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        let nothing = Seen { least_ready: 0, most_ready: 0, most_ready_after: Duration::ZERO, looks: 0 };
        self.thread.join().unwrap_or(nothing)
    }
}

impl Seen {
    fn note(&mut self, ready: u32, after: Duration) {
        self.least_ready = self.least_ready.min(ready);
        if ready > self.most_ready {
            (self.most_ready, self.most_ready_after) = (ready, after);
        }
        self.looks += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_counts_from_when_it_was_first_reached() {
        let mut seen =
            Seen { least_ready: u32::MAX, most_ready: 0, most_ready_after: Duration::ZERO, looks: 0 };
        for (second, ready) in [(1, 5), (2, 10), (3, 10), (4, 4)] {
            seen.note(ready, Duration::from_secs(second));
        }
        assert_eq!((seen.least_ready, seen.most_ready, seen.looks), (4, 10, 4));
        assert_eq!(seen.most_ready_after, Duration::from_secs(2));
    }
}
