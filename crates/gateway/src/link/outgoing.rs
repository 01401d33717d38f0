//! Frames on their way to the server: written as the socket takes them, made only while there is room.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;

use naru_model::link::{Frame, ToServer};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::Interest;
use tokio::net::UnixStream;

use super::Error;
use crate::report::Records;

/// Bytes waiting, above which nothing more is made.
const ROOM: usize = 1 << 20;
/// Descriptors in one message. Source: unix(7), `SCM_MAX_FD` is 253.
const SOCKETS_AT_ONCE: usize = 250;

#[derive(Debug, Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    /// For the records of one thread on their way here.
    batch: Vec<u8>,
}

impl Outgoing {
    pub(super) fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    pub(super) fn has_room(&self) -> bool {
        self.bytes.len() - self.sent < ROOM
    }

    pub(super) fn message(&mut self, message: &ToServer) -> Result<(), Error> {
        let json = serde_json::to_vec(message)?;
        Ok(Frame::Message(&json).encode(&mut self.bytes)?)
    }

    /// Takes over what a thread has recorded, if anything.
    pub(super) fn records(&mut self, records: &Records, thread: usize) -> Result<(), Error> {
        records.fetch(thread, &mut self.batch);
        if self.batch.is_empty() {
            return Ok(());
        }
        Ok(Frame::Records(&self.batch).encode(&mut self.bytes)?)
    }

    /// Writes what the socket takes now.
    pub(super) fn send(&mut self, stream: &UnixStream) -> Result<(), Error> {
        match stream.try_write(&self.bytes[self.sent..]) {
            Ok(written) => self.sent += written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if self.is_empty() {
            self.bytes.clear();
            self.bytes.shrink_to(ROOM);
            self.sent = 0;
        } else if self.sent > ROOM {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
        Ok(())
    }

    /// Writes all that waits, with the sockets as ancillary data of its first bytes. Of what waits there must be more
    /// bytes than [`SOCKETS_AT_ONCE`] goes into the number of sockets.
    pub(super) async fn send_with(
        &mut self,
        stream: &UnixStream,
        sockets: &[BorrowedFd<'_>],
    ) -> Result<(), Error> {
        let mut groups = sockets.chunks(SOCKETS_AT_ONCE).peekable();
        while let Some(group) = groups.next() {
            // Each group needs a byte to travel with; the last one takes all the rest.
            let end = if groups.peek().is_some() { self.sent + 1 } else { self.bytes.len() };
            let bytes = &self.bytes[self.sent..end];
            let write = || send_group(stream, bytes, group);
            self.sent += stream.async_io(Interest::WRITABLE, write).await?;
        }
        while !self.is_empty() {
            stream.writable().await?;
            self.send(stream)?;
        }
        Ok(())
    }
}

fn send_group(stream: &UnixStream, bytes: &[u8], sockets: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_AT_ONCE))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(sockets)) {
        return Err(io::Error::other("more sockets than one message holds"));
    }
    Ok(sendmsg(stream, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL)?)
}
