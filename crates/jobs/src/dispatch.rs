//! Sets jobs going: as many as their lanes allow, each in a task of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use naru_model::units::Timestamp;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::attempt;
use crate::core::Core;
use crate::schedule::{Load, Schedule, Seq};
use crate::store::rows::ToDo;

/// Calls under way at once, over all lanes.
const MOST_RUNNING: usize = 256;
/// Jobs queued or running; more are refused, so that memory is bounded (about 200 bytes each).
pub(crate) const MOST_JOBS: usize = 1_000_000;
/// How long is slept when nothing has a time.
const IDLE: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(crate) struct Dispatch {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    schedule: Schedule,
    running: HashMap<Seq, AbortHandle>,
}

impl Dispatch {
    pub(crate) fn new() -> Dispatch {
        let state = State { schedule: Schedule::new(MOST_RUNNING), running: HashMap::new() };
        Dispatch { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Takes a job up, or back after an attempt.
    pub(crate) fn queue(&self, job: &ToDo) {
        let mut state = self.lock();
        state.running.remove(&job.seq);
        state.schedule.queue(job.seq, &job.route, job.submitted, job.due);
        drop(state);
        self.changed.notify_one();
    }

    /// Forgets a job that has ended.
    pub(crate) fn ended(&self, seq: Seq) {
        let mut state = self.lock();
        state.running.remove(&seq);
        state.schedule.remove(seq);
        drop(state);
        self.changed.notify_one();
    }

    /// Ends a job's call, if one is under way.
    pub(crate) fn cancel(&self, seq: Seq) {
        let call = self.lock().running.remove(&seq);
        if let Some(call) = call {
            call.abort();
        }
        self.ended(seq);
    }

    pub(crate) fn bound(&self, most: &HashMap<String, usize>) {
        self.lock().schedule.bound(most);
        self.changed.notify_one();
    }

    /// Jobs queued or running.
    pub(crate) fn jobs(&self) -> usize {
        self.lock().schedule.len()
    }

    pub(crate) fn loads(&self) -> Vec<(String, Load)> {
        self.lock().schedule.loads().map(|(lane, load)| (lane.to_owned(), load)).collect()
    }

    /// Ends all calls; their jobs run again at the next start.
    pub(crate) fn stop(&self) {
        self.lock().running.drain().for_each(|(_, call)| call.abort());
    }

    /// Starts whatever may start at `now`, and says when to look again.
    fn start(&self, core: &Arc<Core>, now: Timestamp) -> Option<Timestamp> {
        let mut state = self.lock();
        while let Some(seq) = state.schedule.next(now) {
            // The task can't end before its handle is in: that takes the lock which is held here.
            let call = tokio::spawn(attempt::attempt(core.clone(), seq));
            state.running.insert(seq, call.abort_handle());
        }
        state.schedule.next_due()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs as long as the crate does.
pub(crate) async fn run(core: Arc<Core>) {
    loop {
        let now = core.now();
        let wait = core.dispatch.start(&core, now).map_or(IDLE, |due| due.since(now));
        // What changed since `start` has left its word, and the wait is none.
        let _ = tokio::time::timeout(wait, core.dispatch.changed.notified()).await;
    }
}
