//! Sends the request until an endpoint answers, or it may not be sent again.
//!
//! Again is only right when the endpoint can't have seen the request, or when seeing it twice means no more than seeing
//! it once; and only within the service's attempts and budget, so that retries do not become the overload.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::time::Instant;

use super::{Client, Exchange};
use crate::body::{self, Again, Broken, Pump, Waiting};
use crate::endpoint::InstanceKey;
use crate::error::Error;
use crate::http1::scan::Malformed;
use crate::lease::Lease;
use crate::policy::limit::Direction;
use crate::service::{Permit, Service};
use crate::timer::after;
use crate::upstream::{Connection, connect};

/// 1xx heads that one request is passed before its endpoint is taken for broken.
const MOST_INTERIM: usize = 64;

/// A request to which the head of an answer has come.
pub(super) struct Answered {
    pub(super) connection: Connection,
    pub(super) lease: Lease,
    /// The request's body, which may still be on its way.
    pub(super) sending: Pump,
    /// When the head had come.
    pub(super) at: Instant,
    /// Of a body that is held here, what has not been sent yet; it goes before what the client still sends.
    pub(super) held: Bytes,
    pub(super) _permit: Permit,
}

/// What remains of an attempt that failed.
struct Failed {
    error: Error,
    /// The endpoint can't have seen any of the request.
    unseen: bool,
    /// A pooled connection was dead: no fault of the endpoint's.
    stale: bool,
}

/// When the last byte of a request that came through was sent, and when the head of the answer had come.
struct Timing {
    sent: Instant,
    answered: Instant,
    /// Bytes of what was kept that have not been sent.
    unsent: usize,
}

/// How far the request has got, over all attempts.
#[derive(Default)]
struct Progress {
    /// What was taken of its body from the client so far; `None`: too much to be kept.
    kept: Option<Vec<u8>>,
    /// All of its body, where a phase has read or made it; the client has no more of it then.
    whole: Option<Bytes>,
    /// How many 1xx the client got, over all attempts.
    interim: usize,
}

impl<C: Client> Exchange<'_, C> {
    pub(super) async fn attempt(
        &mut self,
        service: &Arc<Service>,
        mut permit: Permit,
    ) -> Result<Answered, Error> {
        let mut tried: Vec<InstanceKey> = Vec::new();
        let whole = self.phases.as_mut().and_then(|phases| phases.body.take());
        let mut progress = Progress { kept: Some(Vec::new()), whole, interim: 0 };
        let mut fresh = false;
        let mut silent = false;
        loop {
            let picked = self.meanwhile(None, permit.pick(&tried)).await;
            self.story.waiting = permit.waited();
            let mut lease = picked??;
            // Asking the one that said nothing once more would only add to what it has to do.
            if silent && tried.contains(&lease.key()) {
                return Err(Error::FirstByteTimedOut);
            }
            (self.story.revision, self.story.ordinal) = (lease.key().revision, lease.key().ordinal);
            let failed = loop {
                match self.try_once(service, &mut lease, &mut progress, fresh).await {
                    Ok((connection, sending, at, held)) => {
                        return Ok(Answered { connection, lease, sending, at, held, _permit: permit });
                    }
                    // Once more to the same endpoint, on a connection that can't be stale.
                    Err(failed) if failed.stale && self.may_send_again(&failed, &progress) => fresh = true,
                    Err(failed) => break failed,
                }
            };
            if let Some(failure) = failed.error.failure() {
                lease.failed(failure);
            }
            let may = failed.error.is_worth_another_attempt()
                && u32::from(self.story.attempts) < service.traffic.attempts
                && self.may_send_again(&failed, &progress)
                && service.may_retry();
            if !may {
                return Err(failed.error);
            }
            silent = matches!(failed.error, Error::FirstByteTimedOut);
            tried.push(lease.key());
        }
    }

    fn may_send_again(&self, failed: &Failed, progress: &Progress) -> bool {
        let harmless = failed.unseen || self.scratch.request.method.is_idempotent();
        harmless && (progress.kept.is_some() || progress.whole.is_some()) && progress.interim == 0
    }

    async fn try_once(
        &mut self,
        service: &Arc<Service>,
        lease: &mut Lease,
        progress: &mut Progress,
        fresh: bool,
    ) -> Result<(Connection, Pump, Instant, Bytes), Failed> {
        let unseen = |error| Failed { error, unseen: true, stale: false };
        // Most requests get here at once; for those the clock need not be read again.
        let at_once = self.story.attempts == 0 && self.story.waiting.is_zero();
        let begin = if at_once { self.began } else { Instant::now() };
        self.story.attempts = self.story.attempts.saturating_add(1);
        let idempotent = self.scratch.request.method.is_idempotent();
        let thread = self.thread;
        let pooled = poll_fn(|cx| {
            let usable = (!fresh).then(|| thread.pool.take(cx, lease.endpoint(), idempotent, begin));
            Poll::Ready(usable.flatten())
        })
        .await;
        let reused = pooled.is_some();
        let mut connection = match pooled {
            Some(connection) => connection,
            None => {
                let begin = Instant::now();
                let deadline = after(begin, service.traffic.connect_timeout);
                let connected = self.meanwhile(Some(deadline), connect(thread, lease.endpoint())).await;
                self.story.connecting += begin.elapsed();
                connected.map_err(unseen)?.map_err(|error| unseen(Error::Connect(error)))?
            }
        };
        match connection.begin(&self.scratch.request, &self.scratch.added) {
            Ok(()) => {}
            Err(body::Error::Malformed(what)) => return Err(unseen(Error::Malformed(what))),
            Err(error) => return Err(Failed { error: Error::Broken(error), unseen: true, stale: reused }),
        }
        let whole = progress.whole.clone();
        let flow = self.flow(Direction::Request);
        let mut sending = if whole.is_some() { Pump::new(flow) } else { Pump::keeping(flow) };
        let kept = progress.kept.take().unwrap_or_default();
        let first = whole.as_deref().unwrap_or(&kept);
        let first_byte = self.first_byte(service, &mut connection, &mut sending, first, progress).await;
        match first_byte {
            Ok(Timing { sent, answered, unsent }) => {
                self.story.bytes_in = sending.moved;
                self.story.upstream = answered.duration_since(sent);
                lease.answered(self.story.upstream, self.scratch.response.status);
                sending.copy = None;
                let held = match (unsent, whole) {
                    (0, _) => Bytes::new(),
                    (unsent, Some(whole)) => whole.slice(whole.len() - unsent..),
                    (unsent, None) => Bytes::copy_from_slice(&kept[kept.len() - unsent..]),
                };
                Ok((connection, sending, answered, held))
            }
            Err(error) => {
                self.story.bytes_in = sending.moved;
                // What an earlier attempt kept and this one did not come to send must not get lost.
                progress.kept = sending.copy.take().map(|mut copy| {
                    copy.extend_from_slice(kept.get(copy.len()..).unwrap_or_default());
                    copy
                });
                let unseen = connection.sent() == 0 || matches!(error, Error::TurnedAway(_));
                let stale = reused && connection.received() == 0 && matches!(error, Error::Broken(_));
                Err(Failed { error, unseen, stale })
            }
        }
    }

    /// Sends the request and waits for the head of the answer.
    async fn first_byte(
        &mut self,
        service: &Service,
        connection: &mut Connection,
        sending: &mut Pump,
        kept: &[u8],
        progress: &mut Progress,
    ) -> Result<Timing, Error> {
        let mut kept = kept;
        // Of the body; not looked at until it stands still.
        let mut moved_at: Option<Instant> = None;
        let mut moved = 0;
        poll_fn(|cx| {
            let mut waiting = Waiting::Sink;
            if !sending.is_done() {
                match self.poll_sending(cx, connection, sending, &mut kept)? {
                    Some(for_whom) => waiting = for_whom,
                    None => moved_at = Some(Instant::now()),
                }
                if !sending.is_done() && (moved_at.is_none() || sending.moved != moved) {
                    (moved, moved_at) = (sending.moved, Some(Instant::now()));
                }
            } else if self.client.poll_gone(cx).is_ready() {
                return Poll::Ready(Err(Error::ClientGone));
            }
            while let Poll::Ready(head) = connection.poll_head(cx, &mut self.scratch.response) {
                head?;
                if !self.scratch.response.is_interim() {
                    let answered = Instant::now();
                    let sent = moved_at.unwrap_or(answered);
                    return Poll::Ready(Ok(Timing { sent, answered, unsent: kept.len() }));
                }
                progress.interim += 1;
                if progress.interim > MOST_INTERIM {
                    return Poll::Ready(Err(Error::BadAnswer(Malformed::Syntax("1xx without end"))));
                }
                super::identify::end_hop(&mut self.scratch.response.fields);
                self.client.interim(&self.scratch.request, &self.scratch.response);
            }
            if progress.interim > 0
                && let Poll::Ready(Err(_)) = self.client.poll_flush(cx)
            {
                return Poll::Ready(Err(Error::ClientGone));
            }
            let moved_at = *moved_at.get_or_insert_with(Instant::now);
            self.poll_patience(cx, service, moved_at, waiting, sending.is_done())
        })
        .await
    }

    fn poll_sending(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut Connection,
        sending: &mut Pump,
        kept: &mut &[u8],
    ) -> Result<Option<Waiting>, Error> {
        let polled = if kept.is_empty() {
            sending.poll(cx, self.client, connection)
        } else {
            let mut again = Again { kept, rest: &mut *self.client };
            let polled = sending.poll(cx, &mut again, connection);
            *kept = again.kept;
            polled
        };
        match polled {
            Ok(waiting) => Ok(waiting),
            Err(Broken::Source(error)) => Err(client_error(error)),
            // The endpoint may have answered before it broke off, because it did not want all of the body.
            Err(Broken::Sink(error)) => match connection.poll_head(cx, &mut self.scratch.response) {
                Poll::Ready(Ok(())) if !self.scratch.response.is_interim() => {
                    connection.hold_head();
                    Ok(Some(Waiting::Sink))
                }
                _ => Err(connection.explain(error)),
            },
        }
    }

    fn poll_patience<T>(
        &mut self,
        cx: &mut Context<'_>,
        service: &Service,
        moved_at: Instant,
        waiting: Waiting,
        sent: bool,
    ) -> Poll<Result<T, Error>> {
        let for_client = !sent && waiting == Waiting::Source;
        let patience =
            if for_client { self.table.limits.body_idle } else { service.traffic.first_byte_timeout };
        if self.until.is_some_and(|at| self.timer.poll(cx, at).is_ready()) {
            return Poll::Ready(Err(Error::TooLong));
        }
        if self.timer.poll(cx, after(moved_at, patience)).is_ready() {
            let error = if for_client { Error::BodyTimedOut } else { Error::FirstByteTimedOut };
            return Poll::Ready(Err(error));
        }
        Poll::Pending
    }
}

/// What a request's body that can't be read means.
pub(super) fn client_error(error: body::Error) -> Error {
    match error {
        body::Error::TooLarge => Error::BodyTooLarge,
        body::Error::Io(_) | body::Error::Cut | body::Error::Http2(_) => Error::ClientGone,
        body::Error::Malformed(_) | body::Error::WrongLength | body::Error::Converting(_) => {
            Error::Body(error)
        }
    }
}
