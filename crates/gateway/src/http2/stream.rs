//! The two bodies of one HTTP/2 stream. Its window is given back as the other side takes the data, not before.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream};
use http::HeaderMap;

use super::head;
use crate::body::{Error, Piece, Sink, Source};
use crate::head::Fields;

#[derive(Debug, Default)]
pub(crate) struct Stream {
    receiving: Option<RecvStream>,
    data: Bytes,
    /// The body that comes in is over.
    ended: bool,
    trailers: Fields,
    /// Bytes of body that may still come in before it is too large.
    allowance: u64,
    sending: Option<SendStream<Bytes>>,
    /// The end was sent.
    finished: bool,
}

impl Stream {
    /// Sets where the body comes from; `None`: there is none.
    pub(super) fn receive(&mut self, receiving: Option<RecvStream>, allowance: u64) {
        self.ended = receiving.is_none();
        self.receiving = receiving;
        self.allowance = allowance;
    }

    /// Lets no more than this come in of what is left of the body.
    pub(super) fn bound(&mut self, most: u64) {
        self.allowance = self.allowance.min(most);
    }

    /// Sets where the body goes to; `None`: there is none.
    pub(super) fn send(&mut self, sending: Option<SendStream<Bytes>>) {
        self.finished = sending.is_none();
        self.sending = sending;
    }

    pub(super) fn sending(&mut self) -> Option<&mut SendStream<Bytes>> {
        self.sending.as_mut()
    }

    pub(super) fn is_received(&self) -> bool {
        self.ended
    }

    fn poll_trailers(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(receiving) = &mut self.receiving else { return Poll::Ready(Ok(())) };
        if let Some(trailers) = ready!(receiving.poll_trailers(cx)).map_err(Error::Http2)? {
            head::read_trailers(&trailers, &mut self.trailers);
        }
        Poll::Ready(Ok(()))
    }
}

impl Source for Stream {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, Error>> {
        while self.data.is_empty() && !self.ended {
            let Some(receiving) = &mut self.receiving else { break };
            match ready!(receiving.poll_data(cx)) {
                Some(Ok(data)) if data.len() as u64 > self.allowance => {
                    return Poll::Ready(Err(Error::TooLarge));
                }
                Some(Ok(data)) => {
                    self.allowance -= data.len() as u64;
                    self.data = data;
                }
                Some(Err(error)) => return Poll::Ready(Err(Error::Http2(error))),
                None => {
                    ready!(self.poll_trailers(cx))?;
                    self.ended = true;
                }
            }
        }
        if self.data.is_empty() {
            return Poll::Ready(Ok(Piece::End));
        }
        let last = self.receiving.as_ref().is_none_or(RecvStream::is_end_stream);
        Poll::Ready(Ok(Piece::Data { last }))
    }

    fn data(&self) -> &[u8] {
        &self.data
    }

    fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.data.len());
        self.data = self.data.split_off(bytes);
        if let Some(receiving) = &mut self.receiving {
            // Fails only when more is given back than was taken.
            let _ = receiving.flow_control().release_capacity(bytes);
        }
    }

    fn trailers(&self) -> &Fields {
        &self.trailers
    }
}

impl Sink for Stream {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8], last: bool) -> Poll<Result<usize, Error>> {
        let Some(sending) = self.sending.as_mut().filter(|_| !self.finished) else {
            return Poll::Ready(Err(Error::WrongLength));
        };
        sending.reserve_capacity(data.len());
        let mut room = sending.capacity();
        while room == 0 {
            match ready!(sending.poll_capacity(cx)) {
                Some(Ok(capacity)) => room = capacity,
                Some(Err(error)) => return Poll::Ready(Err(Error::Http2(error))),
                None => return Poll::Ready(Err(Error::Cut)),
            }
        }
        let taken = room.min(data.len());
        let end = last && taken == data.len();
        sending.send_data(Bytes::copy_from_slice(&data[..taken]), end).map_err(Error::Http2)?;
        self.finished = end;
        Poll::Ready(Ok(taken))
    }

    fn finish(&mut self, trailers: &Fields) -> Result<(), Error> {
        let Some(sending) = self.sending.as_mut().filter(|_| !self.finished) else { return Ok(()) };
        self.finished = true;
        if trailers.is_empty() {
            return sending.send_data(Bytes::new(), true).map_err(Error::Http2);
        }
        let mut map = HeaderMap::with_capacity(trailers.len());
        head::write_fields(trailers.iter().map(|(_, name, value)| (name, value)), &mut map);
        sending.send_trailers(map).map_err(Error::Http2)
    }

    /// The connection's own task writes.
    fn poll_flush(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }
}

/// A stream left before its end is taken back, so that the other side stops working for nobody.
impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(sending) = self.sending.as_mut().filter(|_| !self.finished) {
            sending.send_reset(Reason::CANCEL);
        }
    }
}
