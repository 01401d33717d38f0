//! Passes the answer on: head, body and trailers, while the rest of the request's body still flows the other way.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use naru_model::record::{Fault, Method};
use tokio::time::Instant;

use super::attempt::{Answered, client_error};
use super::identify::end_hop;
use super::through::{Stages, Through};
use super::{Client, Exchange};
use crate::body::{self, Again, Broken, Pump, Waiting};
use crate::error::Error;
use crate::head::Body;
use crate::policy::limit::Direction;
use crate::service::Service;
use crate::timer::after;
use crate::upstream::Connection;

/// How an answer that was read to its end did end.
pub(super) struct Ended {
    pub(super) at: Instant,
    /// For how long the endpoint keeps the connection, if it has said so.
    pub(super) seconds: Option<u64>,
}

impl<C: Client> Exchange<'_, C> {
    pub(super) async fn answer(
        &mut self,
        service: &Arc<Service>,
        mut answered: Answered,
    ) -> Result<(), Error> {
        if self.scratch.response.status == 101 {
            return self.tunnel(service, answered).await;
        }
        end_hop(&mut self.scratch.response.fields);
        if self.phases.is_some() {
            self.dress();
        }
        let draining = self.thread.is_draining();
        self.client
            .respond(&self.scratch.request, &self.scratch.response, draining)
            .map_err(|_| Error::ClientGone)?;
        self.story.status = self.scratch.response.status;
        if self.story.status >= 500 {
            self.story.fault = Fault::Service;
        }
        let passed = self.pass_on(service, &mut answered).await;
        if let Err(error) = &passed
            && let Some(failure) = error.failure()
        {
            answered.lease.failed(failure);
        }
        let ended = Ended { at: passed?, seconds: self.scratch.response.keep_alive_seconds };
        self.give_back(answered, ended);
        Ok(())
    }

    /// Keeps a connection whose answer has been read to its end for the next request.
    pub(super) fn give_back(&self, answered: Answered, ended: Ended) {
        if answered.sending.is_done() {
            let endpoint = answered.lease.endpoint();
            self.thread.pool.put(endpoint, answered.connection, ended.seconds, ended.at);
        }
    }

    /// As [`Exchange::answer`], on a route with policies.
    pub(super) async fn answer_with(
        &mut self,
        service: &Arc<Service>,
        answered: Answered,
    ) -> Result<(), Error> {
        if self.scratch.response.status == 101 {
            return self.tunnel(service, answered).await;
        }
        end_hop(&mut self.scratch.response.fields);
        self.invalidate();
        let Some(answered) = self.settle_stale(answered).await? else { return Ok(()) };
        let Some(answered) = self.shape_answer(service, answered).await? else { return Ok(()) };
        let Some(phases) = &self.phases else { return self.answer(service, answered).await };
        let policies = phases.policies.clone();
        if policies.policy.problems
            && let Some(document) = self.problem_of_service()
        {
            drop(answered);
            return self.deliver(document).await;
        }
        policies.response.apply(&mut self.scratch.response.fields);
        self.keep_answer();
        if self.scratch.request.method == Method::Head && self.scratch.response.body != Body::Empty {
            // The service was asked by another method, and its body is not for this client.
            drop(answered);
            self.forget_length();
            self.phases.iter_mut().for_each(|phases| phases.stages = Stages::default());
            return self.deliver(Bytes::new()).await;
        }
        self.answer(service, answered).await
    }

    /// Returns when the answer had come to its end.
    async fn pass_on(&mut self, service: &Service, answered: &mut Answered) -> Result<Instant, Error> {
        let Answered { connection, sending, at, held, .. } = answered;
        let mut receiving = Pump::new(self.flow(Direction::Response));
        // Of most answers nothing is changed.
        let stages = self.phases.as_mut().map(|phases| std::mem::take(&mut phases.stages));
        let mut stages = stages.filter(|stages| !stages.are_none());
        // Set when something stands still; nothing does in most requests.
        let mut moved_at: Option<Instant> = None;
        let mut moved = 0;
        let mut sends = !sending.is_done();
        let result = poll_fn(|cx| {
            let polled = match &mut stages {
                None => receiving.poll(cx, connection, self.client),
                Some(stages) => receiving.poll(cx, &mut Through { source: connection, stages }, self.client),
            };
            let waiting = match polled {
                // An answer that came in one piece with its head has ended when that came.
                Ok(None) => return Poll::Ready(Ok(moved_at.map_or(*at, |_| Instant::now()))),
                Ok(Some(waiting)) => waiting,
                Err(Broken::Source(body::Error::Converting(refusal))) => {
                    return Poll::Ready(Err(refusal.into()));
                }
                Err(Broken::Source(error)) => return Poll::Ready(Err(Error::Cut(error))),
                Err(Broken::Sink(_)) => return Poll::Ready(Err(Error::ClientGone)),
            };
            if sends {
                match poll_sending(cx, sending, held, self.client, connection) {
                    Ok(waiting) => sends = waiting.is_some(),
                    Err(Broken::Source(error)) => return Poll::Ready(Err(client_error(error))),
                    // It wants no more of the body; its answer goes on.
                    Err(Broken::Sink(_)) => sends = false,
                }
            } else if waiting == Waiting::Source && self.client.poll_gone(cx).is_ready() {
                return Poll::Ready(Err(Error::ClientGone));
            }
            let now = receiving.moved + sending.moved;
            if moved_at.is_none() || now != moved || waiting == Waiting::Pace {
                (moved, moved_at) = (now, Some(Instant::now()));
            }
            let (patience, error) = match waiting {
                Waiting::Source => (service.traffic.idle_timeout, Error::Stalled),
                Waiting::Sink | Waiting::Pace => (self.table.limits.body_idle, Error::ClientStalled),
            };
            if self.until.is_some_and(|at| self.timer.poll(cx, at).is_ready()) {
                return Poll::Ready(Err(Error::TooLong));
            }
            match moved_at {
                Some(at) => self.timer.poll(cx, after(at, patience)).map(|()| Err(error)),
                None => Poll::Pending,
            }
        })
        .await;
        self.story.bytes_out = receiving.moved;
        self.story.bytes_in = sending.moved;
        result
    }
}

/// Sends on what is held of a request's body, and then what its client still has of it.
fn poll_sending(
    cx: &mut Context<'_>,
    sending: &mut Pump,
    held: &mut Bytes,
    client: &mut impl Client,
    connection: &mut Connection,
) -> Result<Option<Waiting>, Broken> {
    if held.is_empty() {
        return sending.poll(cx, client, connection);
    }
    let mut again = Again { kept: held, rest: client };
    let polled = sending.poll(cx, &mut again, connection);
    let left = again.kept.len();
    held.advance(held.len() - left);
    polled
}
