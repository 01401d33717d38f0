//! Makes the listening sockets: for each address one per gateway thread, each with its own accept queue.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that wait for `accept`, per socket. Linux cuts it to `net.core.somaxconn`, 4,096 by default.
const BACKLOG: i32 = 4096;

#[derive(Debug, thiserror::Error)]
#[error("can't listen on {address}")]
pub struct Error {
    pub address: SocketAddr,
    #[source]
    pub source: io::Error,
}

/// Listens on each address with one socket per thread, in the order of the addresses. Non-blocking.
///
/// The sockets of one address share it by `SO_REUSEPORT`, by which the kernel spreads connections over them; all of them
/// must be accepted from. With port 0 all of them get the same free port.
///
/// # Errors
/// The address is in use or can't be had. `SO_REUSEPORT` would let another process of the same user share it
/// unnoticed, so a plain bind is tried first.
pub fn bind(addresses: &[SocketAddr], threads: usize) -> Result<Vec<TcpListener>, Error> {
    let mut listeners = Vec::with_capacity(addresses.len() * threads);
    for &address in addresses {
        let fail = |source| Error { address, source };
        // An address of IPv6 takes IPv4 too, as people expect of [::], unless that has a socket of its own.
        let only_v6 = addresses.iter().any(|other| other.is_ipv4() && other.port() == address.port());
        drop(socket(address, only_v6, false).map_err(fail)?);
        let mut address = address;
        for _ in 0..threads.max(1) {
            let socket = socket(address, only_v6, true).map_err(fail)?;
            socket.listen(BACKLOG).map_err(fail)?;
            let listener = TcpListener::from(socket);
            address = listener.local_addr().map_err(fail)?;
            listeners.push(listener);
        }
    }
    Ok(listeners)
}

fn socket(address: SocketAddr, only_v6: bool, share: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(only_v6)?;
    }
    // Not held up by connections of an earlier run that are in TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(share)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_a_socket_of_its_own_on_the_same_port() {
        let listeners = bind(&["127.0.0.1:0".parse().unwrap()], 3).unwrap();
        let ports: Vec<_> = listeners.iter().map(|l| l.local_addr().unwrap().port()).collect();
        assert_eq!(ports.len(), 3);
        assert!(ports[0] != 0 && ports.iter().all(|p| *p == ports[0]));
    }

    #[test]
    fn an_address_in_use_is_refused_even_to_the_same_user() {
        let first = bind(&["127.0.0.1:0".parse().unwrap()], 2).unwrap();
        let taken = first[0].local_addr().unwrap();
        let error = bind(&[taken], 1).unwrap_err();
        assert_eq!((error.address, error.source.kind()), (taken, io::ErrorKind::AddrInUse));
    }
}
