//! Where the API answers: a Unix socket for this machine's operators, TCP for those with the token.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::fs::Mode;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::auth::Token;
use crate::control::Control;
use crate::peer;
use crate::router::{for_actor, router};

/// Takes one line for the server's log.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// The name of the Unix socket in the state folder.
pub const SOCKET_NAME: &str = "naru.sock";
/// Connections open at once on one listener; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 512;
/// From a connection's first byte of a request to the end of its head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer under way may take to end once the server stops; streams are cut then.
const STOP_GRACE: Duration = Duration::from_secs(1);
/// How long accepting rests when the machine is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What waits in the kernel to be accepted.
const BACKLOG: i32 = 128;
/// `sun_path` with its final zero. Source: unix(7).
const MAX_SOCKET_PATH: usize = 107;

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
}

/// Makes the Unix socket, which its owner alone may open (0600). One that is there already is replaced at once, so the
/// caller must hold the state folder's lock.
///
/// # Errors
/// The folder is missing or can't be written to.
pub fn bind_unix(path: &Path) -> Result<UnixListener, Error> {
    let listen = || -> io::Result<UnixListener> {
        let new = path.with_extension("new");
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        let short = ShortPath::of(&new)?;
        rustix::net::bind(&socket, &SocketAddrUnix::new(short.path())?)?;
        // Nobody can connect before it listens, and by then only the owner may.
        rustix::fs::chmod(&new, Mode::RUSR | Mode::WUSR)?;
        rustix::net::listen(&socket, BACKLOG)?;
        std::fs::rename(&new, path)?;
        UnixListener::from_std(socket.into())
    };
    listen().map_err(|source| Error::Unix { path: path.to_owned(), source })
}

/// # Errors
/// The address is taken, not this machine's, or not to be had without privileges.
pub async fn bind_tcp(address: &str) -> Result<TcpListener, Error> {
    let failed = |source| Error::Tcp { address: address.to_owned(), source };
    TcpListener::bind(address).await.map_err(failed)
}

/// A path that fits a socket's address, however long the real one is: then it leads through the open folder.
pub(crate) struct ShortPath {
    path: PathBuf,
    /// Keeps the folder open as long as the path is used.
    _folder: Option<std::fs::File>,
}

impl ShortPath {
    pub(crate) fn of(path: &Path) -> io::Result<ShortPath> {
        use std::os::fd::AsRawFd;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if path.as_os_str().len() <= MAX_SOCKET_PATH {
            return Ok(ShortPath { path: path.to_owned(), _folder: None });
        }
        let folder = std::fs::File::open(folder)?;
        let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
        Ok(ShortPath { path, _folder: Some(folder) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Answers on a Unix socket until `stop` turns true or its sender is gone.
pub async fn serve_unix(
    listener: UnixListener,
    control: Arc<dyn Control>,
    log: Log,
    stop: watch::Receiver<bool>,
) {
    let router = router(control, None, log.clone());
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Some(place) = free_place(&places, stop.clone()).await {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(stop.clone()) => return,
        };
        match accepted.and_then(|(stream, _)| Ok((stream.peer_cred()?.uid(), stream))) {
            Ok((uid, stream)) => {
                let router = for_actor(&router, peer::local_user(uid));
                tokio::spawn(converse(stream, router, stop.clone(), place));
            }
            Err(error) => rest(&log, &error).await,
        }
    }
}

/// Answers on TCP those who show `token`, until `stop` turns true or its sender is gone.
pub async fn serve_tcp(
    listener: TcpListener,
    control: Arc<dyn Control>,
    token: Token,
    log: Log,
    stop: watch::Receiver<bool>,
) {
    let router = router(control, Some(token), log.clone());
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Some(place) = free_place(&places, stop.clone()).await {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(stop.clone()) => return,
        };
        match accepted {
            Ok((stream, address)) => {
                let router = for_actor(&router, peer::remote(address.ip()));
                tokio::spawn(converse(stream, router, stop.clone(), place));
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

/// Carries one connection to its end.
async fn converse<S>(stream: S, router: Router, stop: watch::Receiver<bool>, place: OwnedSemaphorePermit)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
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
