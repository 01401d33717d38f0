//! HTTP/1 from a client: one request after the other, in the order they come, until either side has had enough.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use naru_model::record::Method;
use tokio::time::Instant;

use super::request;
use super::scan::{Bounds, Scan};
use super::wire::Wire;
use crate::body::{self, Piece, Sink, Source};
use crate::error::Error;
use crate::exchange::{self, Client, Origin, Scratch};
use crate::head::{Body, Fields, RequestHead, ResponseHead};
use crate::io::Io;
use crate::thread::Thread;
use crate::timer::{Timer, after};

/// The first line of a head is its target and this much for method and version.
const AROUND_TARGET: usize = 32;
/// How long a connection that is closed on a client in the middle of its body is read on, so that the client gets to
/// see the answer instead of a reset; and how much.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 256 << 10;

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Session {
    wire: Wire,
    origin: Origin,
    /// Of the current request, 10 or 11.
    protocol: u8,
    /// No other request follows the current one.
    close: bool,
    /// The answer was cut off: nothing may make it look whole.
    aborted: bool,
    /// Nothing more of what the client sends is understood.
    refused: bool,
    /// Since when there is no request.
    idle_since: Instant,
}

/// Takes over a connection that speaks HTTP/1, or may do so.
pub(crate) fn begin(io: Io, origin: Origin, thread: &Thread) -> Session {
    let wire = Wire::new(io, thread.buffers.clone());
    Session {
        wire,
        origin,
        protocol: 11,
        close: false,
        aborted: false,
        refused: false,
        idle_since: Instant::now(),
    }
}

/// What the first bytes of a connection turned out to be.
pub(crate) enum First {
    Http1(Session),
    /// The bytes read so far belong to it.
    Http2(Io, Vec<u8>, Origin),
    Nothing,
}

/// The beginning of every HTTP/2 connection. Source: RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Waits until it can be told whether the client speaks HTTP/1 or HTTP/2.
pub(crate) async fn recognise(mut session: Session, thread: &Thread, timer: &mut Timer) -> First {
    if session.wait_for_request(thread, timer).await.is_none() {
        return First::Nothing;
    }
    let until = after(Instant::now(), thread.table().limits.head_timeout);
    let enough = poll_fn(|cx| {
        loop {
            let read = session.wire.buffered();
            if read.len() >= PREFACE.len() || !PREFACE.starts_with(read) {
                return Poll::Ready(true);
            }
            match session.wire.poll_fill(cx) {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(false),
                Poll::Ready(Ok(_)) => {}
                Poll::Pending => return timer.poll(cx, until).map(|()| false),
            }
        }
    });
    if !enough.await {
        return First::Nothing;
    }
    if session.wire.buffered().starts_with(PREFACE) {
        let (io, read) = session.wire.into_io();
        First::Http2(io, read, session.origin)
    } else {
        First::Http1(session)
    }
}

/// Serves the connection to its end.
pub(crate) async fn serve(thread: &Rc<Thread>, mut session: Session, timer: &mut Timer) {
    while let Some(began) = session.wait_for_request(thread, timer).await {
        let mut scratch = thread.scratch();
        match session.read_head(thread, &mut scratch, timer, began).await {
            Ok(true) => {
                session.idle_since = exchange::run(thread, &mut session, &mut scratch, timer, began).await;
            }
            Ok(false) => session.close = true,
            Err(error) => {
                (session.close, session.refused) = (true, true);
                exchange::refuse(thread, &mut session, &mut scratch, timer, began, &error).await;
            }
        }
        thread.put_scratch(scratch);
        if session.close || session.aborted || !session.wire.is_read() {
            break;
        }
    }
    session.linger(timer).await;
}

impl Session {
    /// Waits for the first byte of a request, and tells when it was there; `None`: there will be none.
    async fn wait_for_request(&mut self, thread: &Thread, timer: &mut Timer) -> Option<Instant> {
        if self.wire.buffered().is_empty() {
            self.wire.rest();
            let until = after(self.idle_since, thread.table().limits.keep_alive);
            let came = poll_fn(|cx| {
                match self.wire.poll_fill(cx) {
                    Poll::Ready(Ok(read)) => return Poll::Ready(read > 0),
                    Poll::Ready(Err(_)) => return Poll::Ready(false),
                    Poll::Pending => {}
                }
                let until = thread.idle_until(until);
                timer.poll(cx, until).map(|()| false)
            });
            if !came.await {
                return None;
            }
        }
        Some(Instant::now())
    }

    /// Reads a request's head. `Ok(false)`: the client has gone before it was whole.
    async fn read_head(
        &mut self,
        thread: &Thread,
        scratch: &mut Scratch,
        timer: &mut Timer,
        began: Instant,
    ) -> Result<bool, Error> {
        let table = thread.table();
        let limits = &table.limits;
        let bounds = Bounds {
            line: limits.target.0 as usize + AROUND_TARGET,
            fields: limits.headers.0 as usize,
            count: limits.header_count,
        };
        let until = after(began, limits.head_timeout);
        let mut scan = Scan::default();
        let mut blank = false;
        let read = poll_fn(|cx| {
            // One empty line before a request is forgiven (RFC 9112 §2.2).
            if !blank && self.wire.buffered().starts_with(b"\r\n") {
                self.wire.discard(2);
                blank = true;
            }
            let polled = self.wire.poll_head(cx, &mut scan, &bounds);
            if polled.is_pending() && timer.poll(cx, until).is_ready() {
                return Poll::Ready(Err(None));
            }
            polled.map_err(Some)
        });
        let length = match read.await {
            Ok(Some(length)) => length,
            Err(None) => return Err(Error::HeadTimedOut),
            Err(Some(body::Error::Malformed(what))) => return Err(Error::Malformed(what)),
            Ok(None) | Err(Some(_)) => return Ok(false),
        };
        let parsed = request::parse(&self.wire.buffered()[..length], &bounds, &mut scratch.request);
        self.wire.discard(length);
        parsed.map_err(Error::Malformed)?;
        if scratch.request.target_bytes().len() > limits.target.0 as usize {
            return Err(Error::Malformed(super::scan::Malformed::LineTooLong));
        }
        self.protocol = scratch.request.protocol;
        self.close = !scratch.request.keep_alive;
        let allowance = limits.body.map_or(u64::MAX, |limit| limit.0);
        if matches!(scratch.request.body, Body::Sized(length) if length > allowance) {
            return Err(Error::BodyTooLarge);
        }
        self.wire.expect(scratch.request.body, allowance);
        Ok(true)
    }

    /// Closes the connection; when the client may still be sending, not before it had a chance to read the answer.
    async fn linger(mut self, timer: &mut Timer) {
        let until = Instant::now() + LINGER;
        if self.aborted {
            // What came of the answer is passed on; nothing that would make it look whole.
            poll_fn(|cx| match self.wire.poll_flush(cx) {
                Poll::Ready(_) => Poll::Ready(()),
                Poll::Pending => timer.poll(cx, until),
            })
            .await;
            if self.wire.ends_by_closing() {
                let _ = socket2::SockRef::from(self.wire.io().tcp()).set_linger(Some(Duration::ZERO));
            }
            return;
        }
        let mut read = 0;
        poll_fn(|cx| {
            let shut = self.wire.poll_shutdown(cx);
            if self.wire.is_read() && !self.refused {
                return shut.map(|_| ());
            }
            loop {
                self.wire.discard(self.wire.buffered().len());
                match self.wire.poll_fill(cx) {
                    Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(()),
                    Poll::Ready(Ok(count)) => read += count,
                    Poll::Pending => return timer.poll(cx, until),
                }
                if read > LINGER_BYTES {
                    return Poll::Ready(());
                }
            }
        })
        .await;
    }
}

impl Client for Session {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn protocol(&self) -> u8 {
        self.protocol
    }

    fn bound(&mut self, most: u64) {
        self.wire.bound(most);
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.wire.poll_gone(cx)
    }

    fn interim(&mut self, request: &RequestHead, head: &ResponseHead) {
        // HTTP/1.0 knows no 1xx (RFC 9110 §15.2).
        if request.protocol == 11 {
            let out = self.wire.output();
            write_status(out, head);
            head.fields.write_lines(out);
            out.extend_from_slice(b"\r\n");
        }
    }

    fn respond(
        &mut self,
        request: &RequestHead,
        head: &ResponseHead,
        draining: bool,
    ) -> Result<(), body::Error> {
        let body = match head.body {
            Body::Streamed | Body::UntilClose if self.protocol == 10 => Body::UntilClose,
            Body::UntilClose => Body::Streamed,
            body => body,
        };
        // What the client has still to send of its body nobody will read after the answer.
        self.close |= draining || body == Body::UntilClose || !self.wire.is_read();
        let (protocol, close) = (self.protocol, self.close);
        let out = self.wire.compose(body);
        write_status(out, head);
        head.fields.write_lines(out);
        if body == Body::Streamed {
            out.extend_from_slice(b"transfer-encoding: chunked\r\n");
        }
        let may_have_length = request.method != Method::Head && !matches!(head.status, 101 | 204 | 304);
        if body == Body::Empty && may_have_length && head.content_length.is_none() {
            out.extend_from_slice(b"content-length: 0\r\n");
        }
        if head.status != 101 {
            match (close, protocol) {
                (true, _) => out.extend_from_slice(b"connection: close\r\n"),
                (false, 10) => out.extend_from_slice(b"connection: keep-alive\r\n"),
                (false, _) => {}
            }
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn abort(&mut self) {
        self.close = true;
        self.aborted = true;
    }

    fn become_tunnel(&mut self) -> bool {
        self.close = true;
        self.wire.expect(Body::UntilClose, u64::MAX);
        self.wire.compose(Body::UntilClose);
        true
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.wire.poll_shutdown(cx).map(|_| ())
    }
}

fn write_status(out: &mut Vec<u8>, head: &ResponseHead) {
    out.extend_from_slice(b"HTTP/1.1 ");
    let digit = |place: u16| b'0' + (head.status / place % 10) as u8;
    out.extend_from_slice(&[digit(100), digit(10), digit(1), b' ']);
    out.extend_from_slice(head.reason());
    out.extend_from_slice(b"\r\n");
}

impl Source for Session {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, body::Error>> {
        self.wire.poll_piece(cx)
    }

    fn data(&self) -> &[u8] {
        self.wire.data()
    }

    fn consume(&mut self, bytes: usize) {
        self.wire.consume(bytes);
    }

    fn trailers(&self) -> &Fields {
        self.wire.trailers()
    }
}

impl Sink for Session {
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
        last: bool,
    ) -> Poll<Result<usize, body::Error>> {
        self.wire.poll_send(cx, data, last)
    }

    fn finish(&mut self, trailers: &Fields) -> Result<(), body::Error> {
        self.wire.finish(trailers)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), body::Error>> {
        self.wire.poll_flush(cx)
    }
}
