//! After 101: two streams of bytes that mean nothing to the gateway (WebSocket and whatever else is upgraded to).

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use super::attempt::Answered;
use super::identify::end_hop;
use super::{Client, Exchange};
use crate::body::{Broken, Pump};
use crate::error::Error;
use crate::head::Known;
use crate::http1::scan::Malformed;
use crate::policy::limit::Direction;
use crate::service::Service;
use crate::timer::after;

impl<C: Client> Exchange<'_, C> {
    pub(super) async fn tunnel(
        &mut self,
        service: &Arc<Service>,
        mut answered: Answered,
    ) -> Result<(), Error> {
        let unasked = Error::BadAnswer(Malformed::Syntax("101 without a request to upgrade"));
        if !self.scratch.request.upgrade || !answered.sending.is_done() {
            answered.lease.failed(crate::lease::Failure::BadAnswer);
            return Err(unasked);
        }
        let response = &mut self.scratch.response;
        let protocol = response.fields.values(Known::Upgrade).next().map(<[u8]>::to_vec);
        end_hop(&mut response.fields);
        response.fields.push(b"connection", b"upgrade");
        response.fields.push(b"upgrade", protocol.as_deref().unwrap_or_default());
        self.client.respond(&self.scratch.request, response, false).map_err(|_| Error::ClientGone)?;
        self.story.status = 101;
        if !(self.client.become_tunnel() && answered.connection.become_tunnel()) {
            return Err(unasked);
        }
        let mut up = Pump::new(self.flow(Direction::Request));
        let mut down = Pump::new(self.flow(Direction::Response));
        let result = self.copy_both(service, &mut answered, &mut up, &mut down).await;
        (self.story.bytes_in, self.story.bytes_out) = (up.moved, down.moved);
        result
    }

    /// Copies until both sides have ended, or nothing has moved for the service's idle timeout.
    async fn copy_both(
        &mut self,
        service: &Service,
        answered: &mut Answered,
        up: &mut Pump,
        down: &mut Pump,
    ) -> Result<(), Error> {
        let connection = &mut answered.connection;
        let mut moved = (0, 0);
        let mut moved_at = Instant::now();
        let (mut up_closed, mut down_closed) = (false, false);
        poll_fn(|cx| {
            if !up_closed {
                up_closed = poll_one_way(up.poll(cx, self.client, connection))?
                    && connection.poll_shutdown(cx).is_ready();
            }
            if !down_closed {
                down_closed = poll_one_way(down.poll(cx, connection, self.client))?
                    && self.client.poll_shutdown(cx).is_ready();
            }
            if up_closed && down_closed {
                return Poll::Ready(Ok(()));
            }
            if moved != (up.moved, down.moved) {
                moved = (up.moved, down.moved);
                moved_at = Instant::now();
            }
            self.poll_tunnel_patience(cx, service, moved_at)
        })
        .await
    }

    fn poll_tunnel_patience(
        &mut self,
        cx: &mut Context<'_>,
        service: &Service,
        moved_at: Instant,
    ) -> Poll<Result<(), Error>> {
        if self.until.is_some_and(|at| self.timer.poll(cx, at).is_ready()) {
            return Poll::Ready(Err(Error::TooLong));
        }
        let end = self.thread.drain_deadline();
        if end.is_some_and(|at| self.timer.poll(cx, at).is_ready()) {
            return Poll::Ready(Ok(()));
        }
        // An idle tunnel is nobody's fault.
        self.timer.poll(cx, after(moved_at, service.traffic.idle_timeout)).map(Ok)
    }
}

/// Returns whether that way has ended.
fn poll_one_way(polled: Result<Option<crate::body::Waiting>, Broken>) -> Result<bool, Error> {
    match polled {
        Ok(waiting) => Ok(waiting.is_none()),
        Err(Broken::Source(_) | Broken::Sink(_)) => Err(Error::ClientGone),
    }
}
