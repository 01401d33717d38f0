//! Takes over the listening sockets that the process was started with.
#![allow(unsafe_code)] // A number given on the command line can't be made a socket in any other way.

use std::io;
use std::net::TcpListener;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use rustix::net::sockopt::socket_acceptconn;

/// Makes a non-blocking listener of an inherited file descriptor, that is not inherited any further.
///
/// # Errors
/// It is none of ours (0 to 2), not open, or not a listening socket.
pub(crate) fn adopt(fd: RawFd) -> io::Result<TcpListener> {
    if fd <= 2 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "descriptors 0 to 2 are no listening sockets",
        ));
    }
    // SAFETY: borrowed for the two checks below only, which fail cleanly on a number that is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    fcntl_getfd(borrowed)?;
    if !socket_acceptconn(borrowed)? {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a listening socket"));
    }
    // SAFETY: it is open (checked above), and this is called once for each number, before any thread is started, so
    // nothing else in the process owns it.
    let owned = unsafe { OwnedFd::from_raw_fd(fd) };
    fcntl_setfd(&owned, FdFlags::CLOEXEC)?;
    let listener = TcpListener::from(owned);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::{AsRawFd, IntoRawFd};

    #[test]
    fn a_listener_given_by_number_accepts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let adopted = adopt(listener.into_raw_fd()).unwrap();
        let _client = std::net::TcpStream::connect(address).unwrap();
        assert_eq!(adopted.local_addr().unwrap(), address);
        assert!(fcntl_getfd(&adopted).unwrap().contains(FdFlags::CLOEXEC));
    }

    #[test]
    fn what_is_no_listener_is_refused() {
        let file = tempfile::tempfile().unwrap();
        assert!(adopt(file.as_raw_fd()).is_err());
        assert!(adopt(2).is_err());
        assert!(adopt(1 << 19).is_err());
    }
}
