//! HTTP/2 to an endpoint: many requests at once on one connection.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use naru_model::record::Method;
use tokio::net::TcpStream;

use super::{head, stream::Stream};
use crate::body::Error;
use crate::head::{Body, Lines, RequestHead, ResponseHead};
use crate::http1::response::BOUNDS;

/// What an endpoint may send on one stream, and on all of a connection, before the gateway has passed it on.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// A connection, as the requests on it share it.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    requests: SendRequest<Bytes>,
    /// Streams open on the connection.
    streams: Rc<Cell<usize>>,
}

impl Sender {
    /// Tells whether new streams may be opened: it has not failed, and the endpoint has not said that it goes away.
    pub(crate) fn is_open(&mut self) -> bool {
        let mut nobody = Context::from_waker(Waker::noop());
        !matches!(self.requests.poll_ready(&mut nobody), Poll::Ready(Err(_)))
    }

    /// Tells whether one more stream would begin at once.
    pub(crate) fn has_room(&self) -> bool {
        self.streams.get() < self.requests.current_max_send_streams()
    }
}

/// One request on a connection it shares.
#[derive(Debug)]
pub(crate) struct Upstream {
    sender: Sender,
    pub(crate) stream: Stream,
    answer: Option<ResponseFuture>,
    method: Method,
    held: bool,
}

/// Begins an HTTP/2 connection; a task of its own drives it until all handles are dropped and all streams have ended.
pub(crate) async fn handshake(tcp: TcpStream) -> io::Result<Sender> {
    let (requests, connection) = Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(BOUNDS.fields as u32)
        .enable_push(false)
        .handshake(tcp)
        .await
        .map_err(|error| io::Error::other(Error::Http2(error)))?;
    tokio::task::spawn_local(async move {
        // Each stream is told of the connection's end by itself.
        let _ = connection.await;
    });
    Ok(Sender { requests, streams: Rc::default() })
}

impl Upstream {
    pub(crate) fn new(sender: Sender) -> Self {
        sender.streams.set(sender.streams.get() + 1);
        Upstream { sender, stream: Stream::default(), answer: None, method: Method::Other, held: false }
    }

    pub(crate) fn begin(&mut self, request: &RequestHead, added: &Lines) -> Result<(), Error> {
        self.method = request.method;
        let empty = request.body == Body::Empty;
        let message = head::write_request(request, added)?;
        let (answer, sending) = self.sender.requests.send_request(message, empty).map_err(Error::Http2)?;
        self.answer = Some(answer);
        self.stream.send((!empty).then_some(sending));
        Ok(())
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
        let Some(answer) = &mut self.answer else { return Poll::Ready(Err(Error::Cut)) };
        if let Poll::Ready(Some(Ok(interim))) = answer.poll_informational(cx) {
            let (parts, ()) = interim.into_parts();
            let read = head::read_response(&parts, self.method, false, head);
            return Poll::Ready(read.map_err(Error::Malformed));
        }
        let response = ready!(std::pin::Pin::new(answer).poll(cx)).map_err(Error::Http2)?;
        let (parts, receiving) = response.into_parts();
        let ended = receiving.is_end_stream();
        head::read_response(&parts, self.method, ended, head).map_err(Error::Malformed)?;
        self.stream.receive((!ended).then_some(receiving), u64::MAX);
        Poll::Ready(Ok(()))
    }

    pub(crate) fn hold_head(&mut self) {
        self.held = true;
    }

    pub(crate) fn sent(&self) -> u64 {
        u64::from(self.answer.is_some())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.sender.streams.set(self.sender.streams.get() - 1);
    }
}
