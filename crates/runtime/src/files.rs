//! The small JSON files by which server, shim and the next server know of an instance. Each is replaced whole, so that
//! whoever reads one never sees half of it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Replaces the file at `path`; only its owner may read it, for it may hold a service's environment.
///
/// It is not synced to disk: what it speaks of does not outlive the machine's next start either.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&name)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    fs::rename(&name, path)
}

/// Reads a file that [`write_json`] wrote; `None` when it is not there.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
