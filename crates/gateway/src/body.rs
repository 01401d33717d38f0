//! Bodies on their way through: what they come from, what they go to, and the pump between.
//!
//! Data is lent, not handed over: the source keeps it until the sink has taken it, so that a slow reader slows the
//! writer, byte for byte, whatever the protocols on either side.

use std::io;
use std::task::{Context, Poll};

use crate::head::Fields;
use crate::policy::limit::Flow;

/// What comes next in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// [`Source::data`] has some; `last`: nothing but the end comes after it.
    Data { last: bool },
    /// It is over; [`Source::trailers`] has what came after it.
    End,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the connection failed")]
    Io(#[source] io::Error),
    #[error("the connection ended in the middle of the body")]
    Cut,
    #[error("the body is broken: {0}")]
    Malformed(#[source] crate::http1::scan::Malformed),
    #[error("the stream failed")]
    Http2(#[source] h2::Error),
    #[error("the body is larger than allowed")]
    TooLarge,
    #[error("the body is not as long as its head says")]
    WrongLength,
    #[error("the body can't be converted: {0}")]
    Converting(#[source] naru_model::message::Refusal),
}

/// Where a body comes from.
pub(crate) trait Source {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, Error>>;
    /// The data in front; not empty after [`Piece::Data`].
    fn data(&self) -> &[u8];
    /// Tells that so much of it has been taken.
    fn consume(&mut self, bytes: usize);
    fn trailers(&self) -> &Fields;
}

/// Where a body goes to.
pub(crate) trait Sink {
    /// Takes some of `data`, which is not empty; may keep it back until [`Sink::poll_flush`].
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8], last: bool) -> Poll<Result<usize, Error>>;
    /// Ends the body.
    fn finish(&mut self, trailers: &Fields) -> Result<(), Error>;
    /// Ready when all that was taken is on its way.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>>;
}

/// Who broke a transfer.
#[derive(Debug)]
pub(crate) enum Broken {
    Source(Error),
    Sink(Error),
}

/// Whom a transfer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    Source,
    Sink,
    /// Its turn: it is slowed down, and nobody is to blame.
    Pace,
}

/// The state of one body's transfer.
#[derive(Debug, Default)]
pub(crate) struct Pump {
    /// Bytes of data that went through.
    pub(crate) moved: u64,
    ended: bool,
    flushed: bool,
    /// A copy of what went through so far, to send it again; `None` when it grew too large or is not wanted.
    pub(crate) copy: Option<Vec<u8>>,
    /// Says how much may go, and counts it; `None`: as much as there is.
    flow: Option<Box<Flow>>,
}

/// A body larger than this is not kept for another attempt.
const MAX_COPY: usize = 64 << 10;

impl Pump {
    /// One that goes as `flow` says.
    pub(crate) fn new(flow: Option<Box<Flow>>) -> Self {
        Pump { flow, ..Pump::default() }
    }

    /// One that keeps a copy of what it moves.
    pub(crate) fn keeping(flow: Option<Box<Flow>>) -> Self {
        Pump { copy: Some(Vec::new()), ..Pump::new(flow) }
    }

    /// Tells that the body was passed on as a whole.
    pub(crate) fn is_done(&self) -> bool {
        self.flushed
    }

    /// Moves as much as goes. `Ok(None)`: all of it went through, and nothing is kept back.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut impl Source,
        sink: &mut impl Sink,
    ) -> Result<Option<Waiting>, Broken> {
        while !self.ended {
            match source.poll_piece(cx) {
                Poll::Ready(Ok(Piece::Data { last })) => {
                    let data = source.data();
                    let Poll::Ready(may) = self.poll_flow(cx, data.len()) else {
                        return pause(cx, sink, Waiting::Pace);
                    };
                    match sink.poll_send(cx, &data[..may], last && may == data.len()) {
                        Poll::Ready(Ok(taken)) => self.pass(source, taken),
                        Poll::Ready(Err(error)) => return Err(Broken::Sink(error)),
                        Poll::Pending => return Ok(Some(Waiting::Sink)),
                    }
                }
                Poll::Ready(Ok(Piece::End)) => {
                    self.ended = true;
                    sink.finish(source.trailers()).map_err(Broken::Sink)?;
                }
                Poll::Ready(Err(error)) => return Err(Broken::Source(error)),
                Poll::Pending => return pause(cx, sink, Waiting::Source),
            }
        }
        if !self.flushed {
            match sink.poll_flush(cx) {
                Poll::Ready(Ok(())) => self.flushed = true,
                Poll::Ready(Err(error)) => return Err(Broken::Sink(error)),
                Poll::Pending => return Ok(Some(Waiting::Sink)),
            }
        }
        Ok(None)
    }

    fn poll_flow(&mut self, cx: &mut Context<'_>, bytes: usize) -> Poll<usize> {
        match &mut self.flow {
            Some(flow) => flow.poll(cx, bytes),
            None => Poll::Ready(bytes),
        }
    }

    fn pass(&mut self, source: &mut impl Source, taken: usize) {
        if let Some(flow) = &mut self.flow {
            flow.passed(taken);
        }
        if let Some(copy) = &mut self.copy {
            if copy.len() + taken <= MAX_COPY {
                copy.extend_from_slice(&source.data()[..taken]);
            } else {
                self.copy = None;
            }
        }
        self.moved += taken as u64;
        source.consume(taken);
    }
}

/// Sends what was kept back to save writes: it must not wait for a source that pauses.
fn pause(cx: &mut Context<'_>, sink: &mut impl Sink, for_whom: Waiting) -> Result<Option<Waiting>, Broken> {
    match sink.poll_flush(cx) {
        Poll::Ready(Ok(())) => Ok(Some(for_whom)),
        Poll::Ready(Err(error)) => Err(Broken::Sink(error)),
        Poll::Pending => Ok(Some(Waiting::Sink)),
    }
}

/// A body sent once more: what was kept of it, and then what the client has still to send.
pub(crate) struct Again<'k, 's, S> {
    pub(crate) kept: &'k [u8],
    pub(crate) rest: &'s mut S,
}

impl<S: Source> Source for Again<'_, '_, S> {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, Error>> {
        if self.kept.is_empty() {
            self.rest.poll_piece(cx)
        } else {
            Poll::Ready(Ok(Piece::Data { last: false }))
        }
    }

    fn data(&self) -> &[u8] {
        if self.kept.is_empty() { self.rest.data() } else { self.kept }
    }

    fn consume(&mut self, bytes: usize) {
        match self.kept.get(bytes..) {
            Some(left) if !self.kept.is_empty() => self.kept = left,
            _ => self.rest.consume(bytes),
        }
    }

    fn trailers(&self) -> &Fields {
        self.rest.trailers()
    }
}
