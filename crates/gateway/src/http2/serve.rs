//! HTTP/2 from a client: a task for the connection and one for each stream.
//!
//! Limits are set so that no frame a client can send for nothing costs the gateway more than it costs the client: streams
//! that are reset before they are answered are counted (CVE-2023-44487), header lists are bounded while they come
//! (CONTINUATION floods, CVE-2024-27316), and h2 answers pings and settings one by one, as they are read.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::Request;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::spawn_local;
use tokio::time::{Instant, timeout};

use super::{head, stream::Stream};
use crate::body::{self, Piece, Sink, Source};
use crate::error::Error;
use crate::exchange::{self, Client, Origin};
use crate::head::{Body, Fields, RequestHead, ResponseHead};
use crate::io::Io;
use crate::thread::Thread;
use crate::timer::{Timer, after};

/// What a client may send on one stream, and on all of a connection, before the gateway has passed it on.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// Bytes of an answer that wait in the gateway for one stream.
const SEND_BUFFER: usize = 64 << 10;
/// Streams reset by the client that h2 holds before they were looked at; its own default.
const UNSEEN_RESETS: usize = 20;
/// The time over which `limits.resets` counts.
const RESETS_WINDOW: Duration = Duration::from_secs(10);

/// What the streams of a connection have in common.
#[derive(Debug)]
struct Shared {
    origin: Origin,
    active: Cell<usize>,
    /// Streams the client took back, and since when they are counted.
    resets: Cell<(usize, Instant)>,
}

/// Serves the connection to its end. `read` are the bytes of it that have been read already.
pub(crate) async fn serve(thread: &Rc<Thread>, io: Io, read: Vec<u8>, origin: Origin) {
    let table = thread.table();
    let limits = &table.limits;
    let mut builder = Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.headers.0 + limits.target.0).unwrap_or(u32::MAX))
        .max_send_buffer_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(UNSEEN_RESETS)
        .max_local_error_reset_streams(Some(limits.resets as usize));
    let handshake = builder.handshake(Prefixed { read: Bytes::from(read), io });
    let Ok(Ok(mut connection)) = timeout(limits.head_timeout, handshake).await else { return };
    let shared = Rc::new(Shared { origin, active: Cell::new(0), resets: Cell::new((0, Instant::now())) });
    accept(thread, &mut connection, &shared).await;
}

async fn accept(thread: &Rc<Thread>, connection: &mut Connection<Prefixed, Bytes>, shared: &Rc<Shared>) {
    let mut timer = Timer::default();
    let mut idle_since = Instant::now();
    let mut going_away = false;
    loop {
        let accepted = poll_fn(|cx| {
            if thread.is_draining() && !going_away {
                going_away = true;
                connection.graceful_shutdown();
            }
            if shared.too_many_resets(thread.table().limits.resets) {
                connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
            }
            if let Poll::Ready(accepted) = connection.poll_accept(cx) {
                return Poll::Ready(accepted);
            }
            if shared.active.get() > 0 {
                idle_since = Instant::now();
            }
            let until = after(idle_since, thread.table().limits.keep_alive);
            if !going_away && timer.poll(cx, until).is_ready() {
                if shared.active.get() > 0 {
                    // Looked at again after as long.
                    return Poll::Pending;
                }
                going_away = true;
                connection.graceful_shutdown();
                // Polled again, to send what it has to say.
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await;
        let Some(Ok((request, respond))) = accepted else { return };
        idle_since = Instant::now();
        shared.active.set(shared.active.get() + 1);
        spawn_local(serve_stream(thread.clone(), shared.clone(), request, respond));
    }
}

async fn serve_stream(
    thread: Rc<Thread>,
    shared: Rc<Shared>,
    request: Request<RecvStream>,
    respond: SendResponse<Bytes>,
) {
    let began = Instant::now();
    let mut timer = Timer::default();
    let mut scratch = thread.scratch();
    let table = thread.table();
    let limits = &table.limits;
    let (parts, receiving) = request.into_parts();
    let ended = receiving.is_end_stream();
    let mut stream = Stream::default();
    let allowance = limits.body.map_or(u64::MAX, |limit| limit.0);
    stream.receive((!ended).then_some(receiving), allowance);
    let mut session = Session { shared, respond, stream, begun: false };
    let read = head::read_request(&parts, ended, limits.header_count, &mut scratch.request);
    let target = scratch.request.target().len() + scratch.request.authority().len();
    let read = match read {
        Ok(()) if target > limits.target.0 as usize => Err(crate::http1::scan::Malformed::LineTooLong),
        Ok(()) if matches!(scratch.request.body, Body::Sized(length) if length > allowance) => {
            exchange::refuse(&thread, &mut session, &mut scratch, &mut timer, began, &Error::BodyTooLarge)
                .await;
            thread.put_scratch(scratch);
            return;
        }
        read => read,
    };
    match read {
        Ok(()) => {
            exchange::run(&thread, &mut session, &mut scratch, &mut timer, began).await;
        }
        Err(what) => {
            let error = Error::Malformed(what);
            exchange::refuse(&thread, &mut session, &mut scratch, &mut timer, began, &error).await;
        }
    }
    thread.put_scratch(scratch);
}

impl Shared {
    fn count_reset(&self) {
        let now = Instant::now();
        let (count, since) = self.resets.get();
        let expired = now.duration_since(since) > RESETS_WINDOW;
        self.resets.set(if expired { (1, now) } else { (count + 1, since) });
    }

    fn too_many_resets(&self, limit: u32) -> bool {
        self.resets.get().0 > limit as usize
    }
}

/// A client's stream.
struct Session {
    shared: Rc<Shared>,
    respond: SendResponse<Bytes>,
    stream: Stream,
    /// The answer's head was sent.
    begun: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.shared.active.set(self.shared.active.get() - 1);
        // An answer that is whole while the client still sends: it may stop, and nothing is wrong (RFC 9113 §8.1).
        if self.begun && !self.stream.is_received() {
            self.respond.send_reset(Reason::NO_ERROR);
        }
    }
}

impl Client for Session {
    fn origin(&self) -> &Origin {
        &self.shared.origin
    }

    fn protocol(&self) -> u8 {
        20
    }

    fn bound(&mut self, most: u64) {
        self.stream.bound(most);
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let polled = match self.stream.sending() {
            Some(sending) => sending.poll_reset(cx),
            None if self.begun => return Poll::Pending,
            None => self.respond.poll_reset(cx),
        };
        polled.map(|_| self.shared.count_reset())
    }

    fn interim(&mut self, _request: &RequestHead, head: &ResponseHead) {
        if let Ok(response) = head::write_response(head) {
            // Best effort: the answer itself follows.
            let _ = self.respond.send_informational(response);
        }
    }

    fn respond(
        &mut self,
        _request: &RequestHead,
        head: &ResponseHead,
        _draining: bool,
    ) -> Result<(), body::Error> {
        let response = head::write_response(head)?;
        let empty = head.body == Body::Empty;
        let sending = self.respond.send_response(response, empty).map_err(body::Error::Http2)?;
        self.stream.send((!empty).then_some(sending));
        self.begun = true;
        Ok(())
    }

    fn abort(&mut self) {
        self.respond.send_reset(Reason::INTERNAL_ERROR);
    }

    fn become_tunnel(&mut self) -> bool {
        false
    }

    fn poll_shutdown(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

impl Source for Session {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, body::Error>> {
        let polled = self.stream.poll_piece(cx);
        if let Poll::Ready(Err(body::Error::Http2(error))) = &polled
            && error.is_reset()
            && error.is_remote()
        {
            self.shared.count_reset();
        }
        polled
    }

    fn data(&self) -> &[u8] {
        self.stream.data()
    }

    fn consume(&mut self, bytes: usize) {
        self.stream.consume(bytes);
    }

    fn trailers(&self) -> &Fields {
        self.stream.trailers()
    }
}

impl Sink for Session {
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
        last: bool,
    ) -> Poll<Result<usize, body::Error>> {
        self.stream.poll_send(cx, data, last)
    }

    fn finish(&mut self, trailers: &Fields) -> Result<(), body::Error> {
        self.stream.finish(trailers)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), body::Error>> {
        self.stream.poll_flush(cx)
    }
}

/// A connection of which some bytes have been read already.
struct Prefixed {
    read: Bytes,
    io: Io,
}

impl AsyncRead for Prefixed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, buffer);
        }
        let count = buffer.remaining().min(self.read.len());
        buffer.put_slice(&self.read.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prefixed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
