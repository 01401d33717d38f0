//! The Unix socket in the state folder: for this machine's operators, without a token.

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use tokio::net::UnixListener;

use crate::listen::Error;

/// The name of the Unix socket in the state folder.
pub const SOCKET_NAME: &str = "naru.sock";
/// What waits in the kernel to be accepted.
const BACKLOG: i32 = 128;
/// `sun_path` with its final zero. Source: unix(7).
const MAX_SOCKET_PATH: usize = 107;

/// Makes the Unix socket, which its owner alone may open (0600). One that is there already is replaced at once, so the
/// caller must hold the state folder's lock.
///
/// # Errors
/// The folder is missing or can't be written to.
pub fn bind(path: &Path) -> Result<UnixListener, Error> {
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
