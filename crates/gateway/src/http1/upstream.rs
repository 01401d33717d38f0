//! HTTP/1.1 to an endpoint.

use std::task::{Context, Poll, ready};

use naru_model::record::Method;

use super::response::{self, BOUNDS};
use super::scan::Scan;
use super::wire::Wire;
use crate::body::Error;
use crate::buffers::Buffers;
use crate::head::{Body, Known, Lines, RequestHead, ResponseHead};
use crate::io::Io;

/// One connection; between two requests it waits in the pool.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) wire: Wire,
    scan: Scan,
    method: Method,
    /// The endpoint lets it be used again.
    keep_alive: bool,
    /// A head was read and is to be given once more.
    held: bool,
}

impl Upstream {
    pub(crate) fn new(io: Io, buffers: Buffers) -> Self {
        Upstream {
            wire: Wire::new(io, buffers),
            scan: Scan::default(),
            method: Method::Other,
            keep_alive: false,
            held: false,
        }
    }

    pub(crate) fn begin(&mut self, request: &RequestHead, added: &Lines) {
        self.method = request.method;
        self.scan = Scan::default();
        (self.keep_alive, self.held) = (false, false);
        self.wire.begin();
        let out = self.wire.compose(request.body);
        out.extend_from_slice(request.method_bytes());
        out.push(b' ');
        out.extend_from_slice(request.target_bytes());
        out.extend_from_slice(b" HTTP/1.1\r\n");
        request.fields.write_lines(out);
        out.extend_from_slice(added.as_bytes());
        if request.body == Body::Streamed {
            out.extend_from_slice(b"transfer-encoding: chunked\r\n");
        }
        if request.authority.is_empty() {
            // HTTP/1.0 without one; Host must be there all the same (RFC 9112 §3.2).
            out.extend_from_slice(b"host:\r\n");
        }
        let wants_length = matches!(request.method, Method::Post | Method::Put | Method::Patch);
        if request.body == Body::Empty
            && wants_length
            && request.fields.values(Known::ContentLength).next().is_none()
        {
            out.extend_from_slice(b"content-length: 0\r\n");
        }
        if request.upgrade {
            // Both were dropped as fields of the client's own connection, and are wanted on this one.
            out.extend_from_slice(b"connection: upgrade\r\n");
            for protocol in request.fields.all_values(Known::Upgrade) {
                out.extend_from_slice(b"upgrade: ");
                out.extend_from_slice(protocol);
                out.extend_from_slice(b"\r\n");
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    pub(crate) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        head: &mut ResponseHead,
    ) -> Poll<Result<(), Error>> {
        if self.held {
            self.held = false;
            return Poll::Ready(Ok(()));
        }
        let length = match ready!(self.wire.poll_head(cx, &mut self.scan, &BOUNDS))? {
            Some(length) => length,
            None => return Poll::Ready(Err(Error::Cut)),
        };
        response::parse(&self.wire.buffered()[..length], self.method, head).map_err(Error::Malformed)?;
        self.wire.discard(length);
        self.scan = Scan::default();
        if !head.is_interim() {
            self.keep_alive = head.keep_alive;
            self.wire.expect(head.body, u64::MAX);
        }
        Poll::Ready(Ok(()))
    }

    pub(crate) fn hold_head(&mut self) {
        self.held = true;
    }

    /// Tells whether another request may follow: both messages have ended, and nothing came that nobody asked for.
    pub(crate) fn is_reusable(&self) -> bool {
        self.keep_alive && self.wire.is_read() && self.wire.is_written() && self.wire.buffered().is_empty()
    }

    /// Tells whether the idle connection is still open. `ask`: have the kernel say so.
    pub(crate) fn is_usable(&self, cx: &mut Context<'_>, ask: bool) -> bool {
        let quiet = self.wire.io().seems_quiet(cx);
        (quiet && !ask) || self.wire.io().is_quiet()
    }

    pub(crate) fn become_tunnel(&mut self) {
        self.keep_alive = false;
        self.wire.expect(Body::UntilClose, u64::MAX);
        self.wire.compose(Body::UntilClose);
    }
}
