//! Connections that wait for a worker, first come, first served.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::connection::Connection;

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(u64, Connection)>,
    busy: usize,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A worker that panicked leaves the queue whole: every change of it is one call.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, id: u64, connection: Connection) {
        self.lock().waiting.push_back((id, connection));
        self.arrived.notify_one();
    }

    /// Waits for the next connection; the caller is busy until it calls [`Queue::done`].
    pub(crate) fn take(&self) -> (u64, Connection) {
        let mut state = self.lock();
        loop {
            if let Some(next) = state.waiting.pop_front() {
                state.busy += 1;
                return next;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn done(&self) {
        self.lock().busy -= 1;
    }

    /// Tells whether nobody works and nobody waits.
    pub(crate) fn is_quiet(&self) -> bool {
        let state = self.lock();
        state.busy == 0 && state.waiting.is_empty()
    }
}
