//! Looks at a service's capacity the whole time, beside whatever the scenario does.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use naru_model::status::Status;

use super::api;

const EVERY: Duration = Duration::from_millis(50);

/// Keeps the lowest number of ready instances that a status ever showed.
pub(crate) struct CapacityWatch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) least_ready: u32,
    /// How many times it was looked.
    pub(crate) looks: u32,
}

impl CapacityWatch {
    /// Watches the only service of the platform behind `socket`.
    pub(crate) fn start(socket: PathBuf) -> CapacityWatch {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut seen = Seen { least_ready: u32::MAX, looks: 0 };
            while !stopped.load(Ordering::Relaxed) {
                // An API that does not answer tells nothing of the capacity.
                if let Ok(status) = api::get::<Status>(&socket, "/v1/status")
                    && let Some(service) = status.services.first()
                {
                    seen.least_ready = seen.least_ready.min(service.ready);
                    seen.looks += 1;
                }
                std::thread::sleep(EVERY);
            }
            seen
        });
        CapacityWatch { stop, thread }
    }

    pub(crate) fn end(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or(Seen { least_ready: 0, looks: 0 })
    }
}
