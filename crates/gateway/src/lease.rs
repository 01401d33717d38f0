//! One attempt of one request at one endpoint, and what is learned from how it ends.

use std::sync::Arc;
use std::time::Duration;

use naru_model::units::Timestamp;

use crate::eject;
use crate::endpoint::{Endpoint, InstanceKey};
use crate::service::Service;

/// How an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nobody listens there: connection refused, or no way to the address. The endpoint is down at once.
    Connect,
    /// The connection broke before the answer was whole.
    Reset,
    /// No connection or no answer in time. Of an answer that has begun and stands still it says nothing of the endpoint:
    /// that is how idle streams end.
    TimedOut,
    /// What came was no HTTP.
    BadAnswer,
}

/// Counts as in flight from the pick on until it is dropped: whoever drains the endpoint waits for it.
#[derive(Debug)]
pub(crate) struct Lease {
    service: Arc<Service>,
    endpoint: Arc<Endpoint>,
    start: Timestamp,
    settled: bool,
}

impl Lease {
    /// Counts one more attempt at the endpoint; `None`: it has `most` in flight already.
    pub(crate) fn take(
        service: &Arc<Service>,
        endpoint: &Arc<Endpoint>,
        most: Option<u32>,
        start: Timestamp,
    ) -> Option<Self> {
        let lease = || Lease { service: service.clone(), endpoint: endpoint.clone(), start, settled: false };
        endpoint.lease(most, start).then(lease)
    }

    pub(crate) fn endpoint(&self) -> &Arc<Endpoint> {
        &self.endpoint
    }

    pub(crate) fn key(&self) -> InstanceKey {
        self.endpoint.key()
    }

    /// The head of the answer is there, `first_byte` after the request was sent. It stays in flight until dropped.
    pub(crate) fn answered(&mut self, first_byte: Duration, status: u16) {
        self.settle();
        let state = &self.service.state;
        let now = state.clock.now();
        self.endpoint.note_answer(now);
        self.endpoint.answers.add(now);
        state.answers.add(now);
        match status {
            502..=504 => self.count_failure(first_byte, now),
            500.. => self.count_error(now),
            _ => {
                self.endpoint.ejection.success();
                state.took(first_byte, now);
                state.average.observe(first_byte, now);
                self.endpoint.latency.observe(first_byte, state.average.micros(now), now);
            }
        }
    }

    /// The attempt came to nothing, or the answer broke off.
    pub(crate) fn failed(&mut self, failure: Failure) {
        let now = self.service.state.clock.now();
        // Of an answer that broke off, the time till its head is known already.
        let elapsed = if self.settled { Duration::ZERO } else { now.since(self.start) };
        let idle_stream = self.settled && failure == Failure::TimedOut;
        self.settle();
        if idle_stream {
            return;
        }
        if failure == Failure::Connect && self.endpoint.set_down(true) {
            self.service.state.refresh();
            self.endpoint.check_now.notify_one();
        }
        if failure == Failure::TimedOut {
            self.service.state.took(elapsed, now);
        }
        self.count_failure(elapsed, now);
    }

    fn count_failure(&self, elapsed: Duration, now: Timestamp) {
        let average = self.service.state.average.micros(now);
        self.endpoint.latency.penalise(elapsed, average, now);
        if self.endpoint.ejection.failure(&self.service.traffic) {
            self.service.eject(&self.endpoint, now);
        }
    }

    /// A 5xx of the service's own: see [`eject`] on when it counts.
    fn count_error(&self, now: Timestamp) {
        let state = &self.service.state;
        self.endpoint.ejection.success();
        self.endpoint.errors.add(now);
        state.errors.add(now);
        let (answers, errors) = (self.endpoint.answers.sum(now), self.endpoint.errors.sum(now));
        let peer_answers = state.answers.sum(now).saturating_sub(answers);
        let peer_errors = state.errors.sum(now).saturating_sub(errors);
        if eject::is_worse(answers, errors, peer_answers, peer_errors) {
            self.service.eject(&self.endpoint, now);
        }
    }

    fn settle(&mut self) {
        if !self.settled {
            self.settled = true;
            self.endpoint.latency.settled(self.start);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.settled {
            // Given up by the client: no answer yet is what is known.
            let now = self.service.state.clock.now();
            let average = self.service.state.average.micros(now);
            self.settle();
            self.endpoint.latency.overdue(now.since(self.start), average, now);
        }
        self.endpoint.release();
        self.service.state.left();
    }
}
