//! Takes what the instance prints out of its pipes and into its log.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use naru_model::units::Timestamp;
use rustix::event::{PollFd, PollFlags};

use crate::logs::{Batch, LogFile, Splitter, Stream};

/// What is taken at once: as much as a pipe holds.
const CHUNK: usize = 64 << 10;

pub(super) struct Pump {
    /// `None` once nobody can write to it any more.
    pipes: [(Option<OwnedFd>, Splitter); 2],
    log: LogFile,
    batch: Batch,
    buffer: Vec<u8>,
}

impl Pump {
    pub(super) fn new(stdout: OwnedFd, stderr: OwnedFd, log: LogFile) -> io::Result<Pump> {
        for pipe in [&stdout, &stderr] {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        let pipes = [(Some(stdout), Splitter::new(Stream::Out)), (Some(stderr), Splitter::new(Stream::Err))];
        Ok(Pump { pipes, log, batch: Batch::default(), buffer: vec![0; CHUNK] })
    }

    /// What poll(2) should wait for.
    pub(super) fn poll_fds(&self) -> impl Iterator<Item = PollFd<'_>> {
        self.pipes.iter().filter_map(|(pipe, _)| Some(PollFd::new(pipe.as_ref()?, PollFlags::IN)))
    }

    /// When to call [`Pump::pump`] even if there is nothing to read.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.log.retry_at()
    }

    /// Takes one chunk of each pipe that has something. Returns whether there was any.
    pub(super) fn pump(&mut self, at: Timestamp) -> bool {
        let mut any = false;
        for (pipe, splitter) in &mut self.pipes {
            let Some(open) = pipe else { continue };
            match rustix::io::read(open.as_fd(), &mut self.buffer[..]) {
                Ok(0) => *pipe = None,
                Ok(n) => {
                    any = true;
                    splitter.push(at, &self.buffer[..n], &mut self.batch);
                }
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                // A pipe has no other errors; whatever it is, waiting for more of it would be for ever.
                Err(_) => *pipe = None,
            }
        }
        self.log.write(at, &mut self.batch);
        any
    }

    /// Takes what is left now that nobody of the instance is.
    pub(super) fn finish(&mut self, at: Timestamp) {
        while self.pump(at) {}
        for (_, splitter) in &mut self.pipes {
            splitter.finish(at, &mut self.batch);
        }
        self.log.write(at, &mut self.batch);
    }
}
