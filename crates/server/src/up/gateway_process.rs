//! The gateway as a process: its listening sockets, its start, and the news of its end.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use command_fds::{CommandFdExt, FdMapping};
use naru_model::link::Listener;
use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};

/// A listening socket and what it is for. The server keeps its copy, so that connections wait in the kernel's queue
/// while the gateway is replaced.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) listener: Listener,
    pub(crate) fd: OwnedFd,
}

impl Socket {
    /// Another descriptor of the same socket.
    pub(crate) fn copy(&self) -> Result<Socket, Error> {
        let fd = self.fd.try_clone().map_err(Error::Copy)?;
        Ok(Socket { listener: self.listener.clone(), fd })
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}: {source}; is another program there? (`ss -ltnp` tells which)", source = .0.source)]
    Listen(#[from] naru_gateway::listen::Error),
    #[error("can't tell the address of a listening socket: {0}")]
    Address(io::Error),
    #[error("can't copy a listening socket: {0}")]
    Copy(io::Error),
    #[error("can't start the gateway ({program}): {source}")]
    Start { program: PathBuf, source: io::Error },
}

/// Opens the listening sockets: one per address and gateway thread, so that each thread has an accept queue of its own.
pub(crate) fn bind(listeners: &[Listener], threads: usize) -> Result<Vec<Socket>, Error> {
    let mut sockets = Vec::new();
    for tls in [false, true] {
        let addresses: Vec<SocketAddr> = listeners
            .iter()
            .filter(|listener| listener.tls == tls)
            .map(|listener| listener.address)
            .collect();
        for socket in naru_gateway::listen::bind(&addresses, threads)? {
            let address = socket.local_addr().map_err(Error::Address)?;
            sockets.push(Socket { listener: Listener { address, tls }, fd: socket.into() });
        }
    }
    Ok(sockets)
}

/// Starts a gateway on `sockets` in a session of its own, so that neither Ctrl-C nor the server's end reaches it.
///
/// Returns its pid. What it says goes to `log`.
pub(crate) fn start(
    program: &Path,
    link: &Path,
    threads: usize,
    sockets: &[Socket],
    log: &Path,
) -> Result<u32, Error> {
    let failed = |source| Error::Start { program: program.to_owned(), source };
    let log = File::options().create(true).append(true).open(log).map_err(failed)?;
    let mut command = Command::new(program);
    command.arg("gateway").arg("--link").arg(link).arg("--threads").arg(threads.to_string());
    let mut mappings = Vec::new();
    // From 10 on, clear of the standard streams and of whatever the runtime opens before exec.
    for (child_fd, socket) in (10..).zip(sockets) {
        let kind = if socket.listener.tls { "tls" } else { "http" };
        command.arg("--listen-fd").arg(format!("{child_fd}:{kind}"));
        let parent_fd = socket.fd.try_clone().map_err(failed)?;
        mappings.push(FdMapping { parent_fd, child_fd });
    }
    command
        .fd_mappings(mappings)
        .map_err(|collision| failed(io::Error::other(collision)))?
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(failed)?)
        .stderr(log);
    Ok(command.spawn().map_err(failed)?.id())
}

/// Ends a gateway at once.
pub(crate) fn kill(pid: u32) {
    if let Some(pid) = Pid::from_raw(pid as i32)
        && let Err(error) = rustix::process::kill_process(pid, Signal::KILL)
        && error != rustix::io::Errno::SRCH
    {
        eprintln!("naru: can't end the gateway {pid:?}: {error}");
    }
}

/// Blocks until the process has ended, and reaps it if it is a child of this one.
pub(crate) fn await_end(pid: u32) -> io::Result<()> {
    let Some(process) = Pid::from_raw(pid as i32) else { return Ok(()) };
    let pidfd = match rustix::process::pidfd_open(process, PidfdFlags::empty()) {
        Err(rustix::io::Errno::SRCH) => return Ok(()),
        opened => opened?,
    };
    let mut watched = [PollFd::new(&pidfd, PollFlags::IN)];
    rustix::io::retry_on_intr(|| rustix::event::poll(&mut watched, None))?;
    // A gateway that an earlier server started is not our child; then there is nothing to reap.
    let _ = rustix::process::waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED);
    Ok(())
}
