//! Answers that are in memory as a whole: of a conversion, a preflight, a fallback.

use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use naru_model::policy::Fallback;
use naru_model::record::Method;
use tokio::time::Instant;

use super::problem::reason;
use super::through::Through;
use super::{Client, Exchange};
use crate::body::{self, Broken, Piece, Pump, Source, Waiting};
use crate::error::Error;
use crate::head::{Body, Fields, Known};
use crate::policy::limit::Direction;
use crate::timer::after;

/// A body that is there.
struct Memory {
    left: Bytes,
    no_trailers: Fields,
}

impl Source for Memory {
    fn poll_piece(&mut self, _cx: &mut Context<'_>) -> Poll<Result<Piece, body::Error>> {
        let piece = if self.left.is_empty() { Piece::End } else { Piece::Data { last: true } };
        Poll::Ready(Ok(piece))
    }

    fn data(&self) -> &[u8] {
        &self.left
    }

    fn consume(&mut self, bytes: usize) {
        self.left.advance(bytes.min(self.left.len()));
    }

    fn trailers(&self) -> &Fields {
        &self.no_trailers
    }
}

impl<C: Client> Exchange<'_, C> {
    /// Answers with the head in `scratch.response`, which has neither a length nor fields of one hop, and this body.
    pub(super) async fn deliver(&mut self, mut content: Bytes) -> Result<(), Error> {
        let response = &mut self.scratch.response;
        let bodiless = matches!(response.status, 204 | 304);
        response.body = Body::Empty;
        let head = self.scratch.request.method == Method::Head;
        // What a body would have been long is not known where none was made.
        let unknown = head && content.is_empty();
        if !(bodiless || unknown) {
            response.content_length = Some(content.len() as u64);
            response.fields.push(b"content-length", content.len().to_string().as_bytes());
            if !head && !content.is_empty() {
                response.body = Body::Sized(content.len() as u64);
            }
        }
        if response.body == Body::Empty {
            content = Bytes::new();
        }
        self.dress();
        let draining = self.thread.is_draining();
        self.client
            .respond(&self.scratch.request, &self.scratch.response, draining)
            .map_err(|_| Error::ClientGone)?;
        self.story.status = self.scratch.response.status;
        self.send_content(Memory { left: content, no_trailers: Fields::default() }).await
    }

    async fn send_content(&mut self, mut memory: Memory) -> Result<(), Error> {
        let mut stages = self.phases.as_mut().map(|phases| std::mem::take(&mut phases.stages));
        let mut pump = Pump::new(self.flow(Direction::Response));
        let mut moved_at = Instant::now();
        let mut moved = 0;
        let result = poll_fn(|cx| {
            let polled = match &mut stages {
                Some(stages) if !stages.are_none() => {
                    pump.poll(cx, &mut Through { source: &mut memory, stages }, self.client)
                }
                _ => pump.poll(cx, &mut memory, self.client),
            };
            match polled {
                Ok(None) => return Poll::Ready(Ok(())),
                // The line of turns says when; it is not the client that is slow.
                Ok(Some(Waiting::Pace)) => moved_at = Instant::now(),
                Ok(Some(_)) => {}
                Err(Broken::Source(body::Error::Converting(refusal))) => {
                    return Poll::Ready(Err(refusal.into()));
                }
                Err(Broken::Source(_) | Broken::Sink(_)) => return Poll::Ready(Err(Error::ClientGone)),
            }
            if pump.moved != moved {
                (moved, moved_at) = (pump.moved, Instant::now());
            }
            let until = after(moved_at, self.table.limits.body_idle);
            self.timer.poll(cx, until).map(|()| Err(Error::ClientStalled))
        })
        .await;
        self.story.bytes_out = pump.moved;
        result
    }

    /// The last of what is done to the head of an answer before it goes out.
    pub(super) fn dress(&mut self) {
        let Some(phases) = &mut self.phases else { return };
        let response = &mut self.scratch.response;
        if phases.policies.cors.is_some() {
            // The service knows less of who may look than the route does.
            response.fields.drop_where(|_, name| {
                name.get(..15).is_some_and(|start| start.eq_ignore_ascii_case(b"access-control-"))
            });
        }
        if phases.policies.policy.compress {
            phases.stages.coder = crate::policy::compress(&self.scratch.request, response);
        }
        if !phases.cache_status.is_empty() {
            response.fields.push(b"cache-status", phases.cache_status.as_bytes());
        }
        response.fields.append(&phases.lines);
    }

    /// Answers in the place of a service that can't.
    pub(super) async fn fall_back(&mut self, fallback: &Fallback) -> Result<(), Error> {
        let response = &mut self.scratch.response;
        response.clear();
        response.status = fallback.status;
        response.reason = response.fields.keep(reason(fallback.status).as_bytes());
        if crate::head::is_field_value(fallback.content_type.as_bytes()) {
            response.fields.push(b"content-type", fallback.content_type.as_bytes());
        }
        response.fields.push(b"cache-control", b"no-store");
        self.deliver(Bytes::copy_from_slice(fallback.body.as_bytes())).await
    }

    /// Takes away what says how long the body was that is not sent any more.
    pub(super) fn forget_length(&mut self) {
        self.scratch.response.fields.drop_where(|known, _| known == Known::ContentLength);
        self.scratch.response.content_length = None;
    }
}
