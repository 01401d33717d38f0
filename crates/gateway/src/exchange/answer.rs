//! Passes the answer on: head, body and trailers, while the rest of the request's body still flows the other way.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use naru_model::record::Fault;
use tokio::time::Instant;

use super::attempt::{Answered, client_error};
use super::identify::end_hop;
use super::{Client, Exchange};
use crate::body::{Broken, Pump, Waiting};
use crate::error::Error;
use crate::policy::limit::Direction;
use crate::service::Service;
use crate::timer::after;

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
        if let Some(phases) = &self.phases {
            phases.lines.iter().for_each(|(name, value)| self.scratch.response.fields.push(name, value));
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
        let ended = passed?;
        if answered.sending.is_done() {
            let endpoint = answered.lease.endpoint();
            self.thread.pool.put(endpoint, answered.connection, &self.scratch.response, ended);
        }
        Ok(())
    }

    /// Returns when the answer had come to its end.
    async fn pass_on(&mut self, service: &Service, answered: &mut Answered) -> Result<Instant, Error> {
        let Answered { connection, sending, at, .. } = answered;
        let mut receiving = Pump::new(self.flow(Direction::Response));
        // Set when something stands still; nothing does in most requests.
        let mut moved_at: Option<Instant> = None;
        let mut moved = 0;
        let mut sends = !sending.is_done();
        let result = poll_fn(|cx| {
            let waiting = match receiving.poll(cx, connection, self.client) {
                // An answer that came in one piece with its head has ended when that came.
                Ok(None) => return Poll::Ready(Ok(moved_at.map_or(*at, |_| Instant::now()))),
                Ok(Some(waiting)) => waiting,
                Err(Broken::Source(error)) => return Poll::Ready(Err(Error::Cut(error))),
                Err(Broken::Sink(_)) => return Poll::Ready(Err(Error::ClientGone)),
            };
            if sends {
                match sending.poll(cx, self.client, connection) {
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
