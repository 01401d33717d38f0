//! One HTTP/1 connection, whichever side it is to: a buffer of what came in, one of what goes out, and where in the
//! current bodies both stand.

use std::io;
use std::task::{Context, Poll, ready};

use super::chunked::{Decoder, Next};
use super::scan::{Bounds, Scan};
use crate::body::{Error, Piece, Sink, Source};
use crate::buffers::Buffers;
use crate::head::{Body, Fields};
use crate::io::Io;

/// Data up to this much is copied behind what waits to go out, so that both leave in one write; more than this goes out
/// beside it without a copy.
const COPY_UP_TO: usize = 8 << 10;

/// Where the body that comes in stands.
#[derive(Debug)]
enum Incoming {
    /// There is none, or it was read to its end.
    Done,
    Sized(u64),
    Chunked(Box<Decoder>),
    UntilClose,
}

/// Where the body that goes out stands.
#[derive(Debug)]
enum Outgoing {
    Done,
    Sized(u64),
    /// This much of the chunk that was begun is still to come.
    Chunked(u64),
    UntilClose,
}

#[derive(Debug)]
pub(crate) struct Wire {
    io: Io,
    buffers: Buffers,
    /// Read, and not used up: `input[start..end]`. Without memory while the connection is idle.
    input: Vec<u8>,
    start: usize,
    end: usize,
    eof: bool,
    /// What waits to be written: `output[written..]`.
    output: Vec<u8>,
    written: usize,
    /// Bytes given to the kernel since [`Wire::begin`].
    sent: u64,
    /// Bytes got from it since then.
    received: u64,
    /// Bytes of body that may still come in before it is too large.
    allowance: u64,
    incoming: Incoming,
    outgoing: Outgoing,
    no_trailers: Fields,
}

impl Wire {
    pub(crate) fn new(io: Io, buffers: Buffers) -> Self {
        Wire {
            io,
            buffers,
            input: Vec::new(),
            start: 0,
            end: 0,
            eof: false,
            output: Vec::new(),
            written: 0,
            sent: 0,
            received: 0,
            allowance: u64::MAX,
            incoming: Incoming::Done,
            outgoing: Outgoing::Done,
            no_trailers: Fields::default(),
        }
    }

    pub(crate) fn io(&self) -> &Io {
        &self.io
    }

    /// Gives up the connection to another protocol: what has been read of it comes with it.
    pub(crate) fn into_io(self) -> (Io, Vec<u8>) {
        let read = self.buffered().to_vec();
        (self.io, read)
    }

    /// Lends the buffer of what goes out, to write there beside any message.
    pub(crate) fn output(&mut self) -> &mut Vec<u8> {
        if self.output.capacity() == 0 {
            self.output = self.buffers.take_output();
        }
        &mut self.output
    }

    /// What was read and not used yet.
    pub(crate) fn buffered(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    /// Throws away the first of it.
    pub(crate) fn discard(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Gives back memory that an idle connection has no use for.
    pub(crate) fn rest(&mut self) {
        if self.start == self.end && self.input.capacity() > 0 {
            self.buffers.put(std::mem::take(&mut self.input));
            (self.start, self.end) = (0, 0);
        }
        if self.output.is_empty() && self.output.capacity() > 0 {
            self.buffers.put_output(std::mem::take(&mut self.output));
        }
    }

    /// Counts anew what is sent and received.
    pub(crate) fn begin(&mut self) {
        (self.sent, self.received) = (0, 0);
    }

    /// Bytes given to the kernel since [`Wire::begin`].
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Bytes got from the kernel since [`Wire::begin`].
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Reads more. `Ok(0)`: the other side has nothing more to say.
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.eof {
            return Poll::Ready(Ok(0));
        }
        if self.input.is_empty() {
            self.input = self.buffers.take();
        }
        if self.end == self.input.len() {
            if self.start > 0 {
                self.input.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            } else {
                // Only a head has to fit as a whole, and it is bounded.
                let larger = self.input.len() * 2;
                self.input.resize(larger, 0);
            }
        }
        let Poll::Ready(read) = self.io.poll_read_into(cx, &mut self.input[self.end..]) else {
            self.rest();
            return Poll::Pending;
        };
        let read = read?;
        self.eof = read == 0;
        self.end += read;
        self.received += read as u64;
        Poll::Ready(Ok(read))
    }

    /// Waits for a head to be there as a whole; returns its length, and leaves it in [`Wire::buffered`]. `Ok(None)`:
    /// the connection ended before its first byte.
    pub(crate) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        scan: &mut Scan,
        bounds: &Bounds,
    ) -> Poll<Result<Option<usize>, Error>> {
        loop {
            if let Some(length) = scan.find_end(self.buffered(), bounds).map_err(Error::Malformed)? {
                return Poll::Ready(Ok(Some(length)));
            }
            match ready!(self.poll_fill(cx)) {
                Ok(0) if self.start == self.end => return Poll::Ready(Ok(None)),
                Ok(0) => return Poll::Ready(Err(Error::Cut)),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(Error::Io(error))),
            }
        }
    }

    /// Sets what body comes in now, of at most `allowance` bytes.
    pub(crate) fn expect(&mut self, body: Body, allowance: u64) {
        self.allowance = allowance;
        self.incoming = match body {
            Body::Empty => Incoming::Done,
            Body::Sized(length) => Incoming::Sized(length),
            Body::Streamed => Incoming::Chunked(Box::default()),
            Body::UntilClose => Incoming::UntilClose,
        };
    }

    /// Lets no more than this come in of what is left of the body.
    pub(crate) fn bound(&mut self, most: u64) {
        self.allowance = self.allowance.min(most);
    }

    /// Lends the buffer of what goes out, to write a head to it, and sets what body follows.
    pub(crate) fn compose(&mut self, body: Body) -> &mut Vec<u8> {
        self.outgoing = match body {
            Body::Empty => Outgoing::Done,
            Body::Sized(length) => Outgoing::Sized(length),
            Body::Streamed => Outgoing::Chunked(0),
            Body::UntilClose => Outgoing::UntilClose,
        };
        self.output()
    }

    /// Tells that the body that comes in was read to its end.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.incoming, Incoming::Done)
    }

    /// Tells that only the connection's end will tell the other side that the body is whole.
    pub(crate) fn ends_by_closing(&self) -> bool {
        matches!(self.outgoing, Outgoing::UntilClose)
    }

    /// Tells that the body that goes out was written to its end.
    pub(crate) fn is_written(&self) -> bool {
        matches!(self.outgoing, Outgoing::Done) && self.output.is_empty()
    }

    /// Ready when the other side has gone away. What it sends meanwhile is kept, up to a buffer full.
    pub(crate) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.eof {
            if self.end == self.input.len() && self.start == 0 && !self.input.is_empty() {
                return Poll::Pending;
            }
            match ready!(self.poll_fill(cx)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(_) => {}
            }
        }
        Poll::Ready(())
    }

    /// Writes what waits, and `data` behind it; returns how much of `data` went.
    fn poll_write(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, Error>> {
        loop {
            let waiting = self.output.len() - self.written;
            if waiting == 0 && data.is_empty() {
                self.output.clear();
                self.written = 0;
                return Poll::Ready(Ok(0));
            }
            let count = ready!(self.io.poll_write_both(cx, &self.output[self.written..], data));
            let count = match count {
                Ok(0) => return Poll::Ready(Err(Error::Io(io::ErrorKind::WriteZero.into()))),
                Ok(count) => count,
                Err(error) => return Poll::Ready(Err(Error::Io(error))),
            };
            self.sent += count as u64;
            if count < waiting {
                self.written += count;
                continue;
            }
            self.output.clear();
            self.written = 0;
            if count > waiting || data.is_empty() {
                return Poll::Ready(Ok(count - waiting));
            }
        }
    }

    /// Takes bytes that need no framing any more.
    fn poll_take(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, Error>> {
        if self.output.len() + data.len() <= COPY_UP_TO {
            self.output.extend_from_slice(data);
            return Poll::Ready(Ok(data.len()));
        }
        self.poll_write(cx, data)
    }

    /// Says that nothing more will be sent.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        tokio::io::AsyncWrite::poll_shutdown(std::pin::Pin::new(&mut self.io), cx)
    }

    fn front(&self) -> usize {
        let here = self.end - self.start;
        match &self.incoming {
            Incoming::Done => 0,
            Incoming::Sized(left) => here.min(usize::try_from(*left).unwrap_or(usize::MAX)),
            Incoming::Chunked(decoder) => here.min(decoder.available(here)),
            Incoming::UntilClose => here,
        }
    }
}

impl Source for Wire {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, Error>> {
        loop {
            let here = self.end - self.start;
            match &mut self.incoming {
                Incoming::Done => return Poll::Ready(Ok(Piece::End)),
                Incoming::Sized(left) => {
                    if *left > self.allowance {
                        return Poll::Ready(Err(Error::TooLarge));
                    }
                    if here > 0 {
                        let last = here as u64 >= *left;
                        return Poll::Ready(Ok(Piece::Data { last }));
                    }
                }
                Incoming::Chunked(decoder) => {
                    let (framing, next) =
                        decoder.next(&self.input[self.start..self.end]).map_err(Error::Malformed)?;
                    self.start += framing;
                    if decoder.left() > self.allowance {
                        return Poll::Ready(Err(Error::TooLarge));
                    }
                    match next {
                        Next::Data(_) => return Poll::Ready(Ok(Piece::Data { last: false })),
                        Next::End => {
                            self.no_trailers.clone_from(decoder.trailers());
                            self.incoming = Incoming::Done;
                            return Poll::Ready(Ok(Piece::End));
                        }
                        Next::Input => self.discard(0),
                    }
                }
                Incoming::UntilClose if here > 0 => return Poll::Ready(Ok(Piece::Data { last: false })),
                Incoming::UntilClose if self.eof => {
                    self.incoming = Incoming::Done;
                    return Poll::Ready(Ok(Piece::End));
                }
                Incoming::UntilClose => {}
            }
            match ready!(self.poll_fill(cx)) {
                Ok(0) if matches!(self.incoming, Incoming::UntilClose) => {}
                Ok(0) => return Poll::Ready(Err(Error::Cut)),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(Error::Io(error))),
            }
        }
    }

    fn data(&self) -> &[u8] {
        &self.input[self.start..self.start + self.front()]
    }

    fn consume(&mut self, bytes: usize) {
        self.allowance = self.allowance.saturating_sub(bytes as u64);
        match &mut self.incoming {
            Incoming::Sized(left) => {
                *left = left.saturating_sub(bytes as u64);
                if *left == 0 {
                    self.incoming = Incoming::Done;
                }
            }
            Incoming::Chunked(decoder) => decoder.took(bytes),
            Incoming::Done | Incoming::UntilClose => {}
        }
        self.discard(bytes);
    }

    fn trailers(&self) -> &Fields {
        &self.no_trailers
    }
}

impl Sink for Wire {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8], _last: bool) -> Poll<Result<usize, Error>> {
        let most = match &mut self.outgoing {
            Outgoing::Done => return Poll::Ready(Err(Error::WrongLength)),
            Outgoing::Sized(left) if data.len() as u64 > *left => {
                return Poll::Ready(Err(Error::WrongLength));
            }
            Outgoing::Sized(_) | Outgoing::UntilClose => data.len(),
            Outgoing::Chunked(left) => {
                if *left == 0 {
                    *left = data.len() as u64;
                    write_hex(&mut self.output, data.len() as u64);
                    self.output.extend_from_slice(b"\r\n");
                }
                data.len().min(usize::try_from(*left).unwrap_or(usize::MAX))
            }
        };
        let taken = ready!(self.poll_take(cx, &data[..most]))?;
        match &mut self.outgoing {
            Outgoing::Sized(left) => *left -= taken as u64,
            Outgoing::Chunked(left) => {
                *left -= taken as u64;
                if *left == 0 {
                    self.output.extend_from_slice(b"\r\n");
                }
            }
            Outgoing::Done | Outgoing::UntilClose => {}
        }
        Poll::Ready(Ok(taken))
    }

    fn finish(&mut self, trailers: &Fields) -> Result<(), Error> {
        match std::mem::replace(&mut self.outgoing, Outgoing::Done) {
            Outgoing::Sized(left) if left > 0 => return Err(Error::WrongLength),
            Outgoing::Chunked(_) => {
                self.output.extend_from_slice(b"0\r\n");
                trailers.write_lines(&mut self.output);
                self.output.extend_from_slice(b"\r\n");
            }
            Outgoing::Done | Outgoing::Sized(_) | Outgoing::UntilClose => {}
        }
        Ok(())
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if !self.output.is_empty() {
            ready!(self.poll_write(cx, &[]))?;
        }
        match &mut self.io {
            Io::Tcp(_) => Poll::Ready(Ok(())),
            tls @ Io::Tls(_) => {
                tokio::io::AsyncWrite::poll_flush(std::pin::Pin::new(tls), cx).map_err(Error::Io)
            }
        }
    }
}

/// A number as a chunk's size is written.
fn write_hex(out: &mut Vec<u8>, number: u64) {
    let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(number >> (place * 4)) as usize & 15]);
    }
}
