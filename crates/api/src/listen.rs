//! Where the API answers: a Unix socket for this machine's operators, TCP for those with a token and for browsers.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::access::Peer;
use crate::auth::Token;
use crate::console::ConsoleFile;
use crate::control::Control;
use crate::peer;
use crate::router::{Listener, for_peer, router};
use crate::tls::Certificate;

/// Takes one line for the server's log.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// Connections open at once on one listener; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 512;
/// From a connection's first byte of a request to the end of its head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// From a connection's first byte to the end of the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer under way may take to end once the server stops; streams are cut then.
const STOP_GRACE: Duration = Duration::from_secs(1);
/// How long accepting rests when the machine is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What is written ahead of a reader who is slow, in bytes, beside the kernel's own buffers.
const MAX_AHEAD: usize = 64 << 10;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not listen on {}: {source}; the API needs a folder in which naru may make a socket", path.display())]
    Unix {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "could not listen on {address} for the API: {source}; free the address or give another with --console"
    )]
    Tcp {
        address: String,
        #[source]
        source: io::Error,
    },
    #[error(
        "the console on {0} would be open to other machines without TLS, and tokens could be read on the way; give a \
         certificate with --console-tls CERT,KEY, or a loopback address with --console, or --console-insecure when \
         something in front of naru speaks TLS"
    )]
    Exposed(SocketAddr),
}

/// What is told apart on the TCP listener.
#[derive(Debug)]
pub struct Tcp {
    /// The token that the server was started with: whoever shows it is admin, and it is never stored.
    pub token: Token,
    /// The console's files; empty: there is no console.
    pub console: Arc<[ConsoleFile]>,
    /// Speaks TLS with this certificate; plain HTTP without one.
    pub tls: Option<Certificate>,
}

/// Refuses to let tokens travel in the clear: an address that is not this machine's own needs TLS, or the word of somebody
/// that it is safe (`allowed`).
///
/// # Errors
/// [`Error::Exposed`]
pub fn check_exposure(address: SocketAddr, tls: bool, allowed: bool) -> Result<(), Error> {
    if tls || allowed || address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    Err(Error::Exposed(address))
}

/// # Errors
/// The address is taken, not this machine's, or not to be had without privileges.
pub async fn bind_tcp(address: &str) -> Result<TcpListener, Error> {
    let failed = |source| Error::Tcp { address: address.to_owned(), source };
    TcpListener::bind(address).await.map_err(failed)
}

/// Answers on a Unix socket until `stop` turns true or its sender is gone.
pub async fn serve_unix(
    listener: UnixListener,
    control: Arc<dyn Control>,
    log: Log,
    stop: watch::Receiver<bool>,
) {
    let only = Listener { token: None, console: Arc::new([]), tls: false };
    let router = router(control, only, log.clone());
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Some(place) = free_place(&places, stop.clone()).await {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(stop.clone()) => return,
        };
        match accepted.and_then(|(stream, _)| Ok((stream.peer_cred()?.uid(), stream))) {
            Ok((uid, stream)) => {
                let router = for_peer(&router, Peer::Local(peer::local_user(uid)));
                tokio::spawn(converse(stream, router, stop.clone(), place));
            }
            Err(error) => rest(&log, &error).await,
        }
    }
}

/// Answers on TCP those who show a token, until `stop` turns true or its sender is gone.
pub async fn serve_tcp(
    listener: TcpListener,
    control: Arc<dyn Control>,
    tcp: Tcp,
    log: Log,
    stop: watch::Receiver<bool>,
) {
    let Tcp { token, console, tls } = tcp;
    let router = router(control, Listener { token: Some(token), console, tls: tls.is_some() }, log.clone());
    let tls = tls.map(Arc::new);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Some(place) = free_place(&places, stop.clone()).await {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(stop.clone()) => return,
        };
        match accepted {
            Ok((stream, address)) => {
                let router = for_peer(&router, Peer::Remote(address.ip()));
                match &tls {
                    Some(tls) => {
                        tokio::spawn(converse_tls(
                            stream,
                            tls.clone(),
                            router,
                            log.clone(),
                            stop.clone(),
                            place,
                        ));
                    }
                    None => {
                        tokio::spawn(converse(stream, router, stop.clone(), place));
                    }
                }
            }
            Err(error) => rest(&log, &error).await,
        }
    }
}

/// Waits until one more connection may be open; `None` once the server stops.
async fn free_place(places: &Arc<Semaphore>, stop: watch::Receiver<bool>) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        place = places.clone().acquire_owned() => place.ok(),
        () = stopped(stop) => None,
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error says that the sender is gone, which is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn rest(log: &Log, error: &io::Error) {
    log(&format!("api: could not accept a connection: {error}"));
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

async fn converse_tls(
    stream: TcpStream,
    certificate: Arc<Certificate>,
    router: Router,
    log: Log,
    stop: watch::Receiver<bool>,
    place: OwnedSemaphorePermit,
) {
    let handshake = certificate.acceptor(&log).accept(stream);
    let secured = tokio::select! {
        secured = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake) => secured,
        () = stopped(stop.clone()) => return,
    };
    // How a handshake fails is the client's own affair as well.
    if let Ok(Ok(stream)) = secured {
        converse(stream, router, stop, place).await;
    }
}

/// Carries one connection to its end.
async fn converse<S>(stream: S, router: Router, stop: watch::Receiver<bool>, place: OwnedSemaphorePermit)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_AHEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    // How a connection breaks is the client's own affair and says nothing of the server.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stopped(stop) => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(STOP_GRACE, connection).await;
        }
    }
    drop(place);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_machines_reach_needs_tls_or_somebodys_word() {
        let check =
            |address: &str, tls, allowed| check_exposure(address.parse().unwrap(), tls, allowed).is_ok();
        for own in ["127.0.0.1:9090", "127.8.0.1:9090", "[::1]:9090", "[::ffff:127.0.0.1]:9090"] {
            assert!(check(own, false, false), "{own}");
        }
        for open in ["0.0.0.0:9090", "[::]:9090", "10.0.0.1:9090"] {
            assert!(
                !check(open, false, false) && check(open, true, false) && check(open, false, true),
                "{open}"
            );
        }
        let said = check_exposure("0.0.0.0:9090".parse().unwrap(), false, false).unwrap_err().to_string();
        assert!(said.contains("0.0.0.0:9090") && said.contains("--console-tls CERT,KEY"), "{said}");
    }
}
