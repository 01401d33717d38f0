//! The way to an endpoint: one connection for one request, HTTP/1.1 or a stream of HTTP/2, from the pool or new.

mod pool;
mod trust;

pub(crate) use pool::Pool;
pub(crate) use trust::Trust;

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use naru_model::platform::Protocol;
use tokio::net::TcpStream;

use crate::body::{self, Piece, Sink, Source};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::head::{Fields, Lines, RequestHead, ResponseHead};
use crate::http1::scan::Malformed;
use crate::http1::upstream::Upstream as Http1;
use crate::http2::upstream::Upstream as Http2;
use crate::io::Io;
use crate::thread::Thread;

/// What one request goes to its endpoint by. Dropped before its end, it takes the request back.
#[derive(Debug)]
pub(crate) enum Connection {
    Http1(Box<Http1>),
    Http2(Box<Http2>),
}

/// Opens a connection, or a stream on one that is open.
///
/// # Errors
/// Nobody accepts it, it speaks no HTTP/2 where it should, or has no certificate that is trusted.
pub(crate) async fn connect(thread: &Thread, endpoint: &Arc<Endpoint>) -> io::Result<Connection> {
    let tcp = TcpStream::connect(endpoint.address()).await?;
    tcp.set_nodelay(true)?;
    if let Some(name) = endpoint.tls() {
        let tls = thread.trust.connector()?.connect(name.clone(), tcp).await?;
        return Ok(Connection::Http1(Box::new(Http1::new(
            Io::Tls(Box::new(tls.into())),
            thread.buffers.clone(),
        ))));
    }
    match endpoint.protocol() {
        Protocol::Http1 => Ok(Connection::Http1(Box::new(Http1::new(Io::Tcp(tcp), thread.buffers.clone())))),
        Protocol::H2c => {
            let sender = crate::http2::upstream::handshake(tcp).await?;
            thread.pool.put_sender(endpoint, sender.clone());
            Ok(Connection::Http2(Box::new(Http2::new(sender))))
        }
    }
}

impl Connection {
    /// Composes the head; it goes out with the first of the body, or when flushed.
    pub(crate) fn begin(&mut self, request: &RequestHead, added: &Lines) -> Result<(), body::Error> {
        match self {
            Connection::Http1(http1) => {
                http1.begin(request, added);
                Ok(())
            }
            Connection::Http2(http2) => http2.begin(request, added),
        }
    }

    /// Waits for a head, be it a 1xx or the answer's.
    pub(crate) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        head: &mut ResponseHead,
    ) -> Poll<Result<(), Error>> {
        let polled = match self {
            Connection::Http1(http1) => http1.poll_head(cx, head),
            Connection::Http2(http2) => http2.poll_head(cx, head),
        };
        polled.map_err(|error| self.explain(error))
    }

    /// Has [`Connection::poll_head`] give the same head once more.
    pub(crate) fn hold_head(&mut self) {
        match self {
            Connection::Http1(http1) => http1.hold_head(),
            Connection::Http2(http2) => http2.hold_head(),
        }
    }

    /// What a failure before the answer means.
    pub(crate) fn explain(&self, error: body::Error) -> Error {
        match error {
            body::Error::Malformed(what) => Error::BadAnswer(what),
            body::Error::WrongLength | body::Error::TooLarge => {
                Error::BadAnswer(Malformed::Syntax("a body of another length than its head says"))
            }
            body::Error::Http2(error) if crate::http2::is_unseen(&error) => Error::TurnedAway(error),
            other => Error::Broken(other),
        }
    }

    /// Bytes given to the kernel for this request; for HTTP/2, which writes on its own, 1 once it has begun.
    pub(crate) fn sent(&self) -> u64 {
        match self {
            Connection::Http1(http1) => http1.wire.sent(),
            Connection::Http2(http2) => http2.sent(),
        }
    }

    /// Bytes got for this request.
    pub(crate) fn received(&self) -> u64 {
        match self {
            Connection::Http1(http1) => http1.wire.received(),
            // A stream is never stale: the connection's end is known before.
            Connection::Http2(_) => 1,
        }
    }

    /// As [`crate::exchange::Client::become_tunnel`].
    pub(crate) fn become_tunnel(&mut self) -> bool {
        match self {
            Connection::Http1(http1) => {
                http1.become_tunnel();
                true
            }
            Connection::Http2(_) => false,
        }
    }

    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Connection::Http1(http1) => http1.wire.poll_shutdown(cx).map(|_| ()),
            Connection::Http2(_) => Poll::Ready(()),
        }
    }
}

impl Source for Connection {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, body::Error>> {
        match self {
            Connection::Http1(http1) => http1.wire.poll_piece(cx),
            Connection::Http2(http2) => http2.stream.poll_piece(cx),
        }
    }

    fn data(&self) -> &[u8] {
        match self {
            Connection::Http1(http1) => http1.wire.data(),
            Connection::Http2(http2) => http2.stream.data(),
        }
    }

    fn consume(&mut self, bytes: usize) {
        match self {
            Connection::Http1(http1) => http1.wire.consume(bytes),
            Connection::Http2(http2) => http2.stream.consume(bytes),
        }
    }

    fn trailers(&self) -> &Fields {
        match self {
            Connection::Http1(http1) => http1.wire.trailers(),
            Connection::Http2(http2) => http2.stream.trailers(),
        }
    }
}

impl Sink for Connection {
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
        last: bool,
    ) -> Poll<Result<usize, body::Error>> {
        match self {
            Connection::Http1(http1) => http1.wire.poll_send(cx, data, last),
            Connection::Http2(http2) => http2.stream.poll_send(cx, data, last),
        }
    }

    fn finish(&mut self, trailers: &Fields) -> Result<(), body::Error> {
        match self {
            Connection::Http1(http1) => http1.wire.finish(trailers),
            Connection::Http2(http2) => http2.stream.finish(trailers),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), body::Error>> {
        match self {
            Connection::Http1(http1) => http1.wire.poll_flush(cx),
            Connection::Http2(http2) => http2.stream.poll_flush(cx),
        }
    }
}
