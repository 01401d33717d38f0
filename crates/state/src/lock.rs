//! One server per state folder: a lock that the kernel gives back when its holder dies, however it dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::Error;

/// Held as long as this lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Takes the folder's lock and writes our pid into it.
///
/// # Errors
/// [`Error::InUse`] with the holder's pid; [`Error::Folder`] when the file can't be made.
pub(crate) fn take(folder: &Path) -> Result<Lock, Error> {
    let failed = |source| Error::Folder { path: folder.to_owned(), source };
    let path = folder.join("lock");
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(source)) => return Err(failed(source)),
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // A holder that has not written its pid yet is as much a holder.
            let _ = file.read_to_string(&mut pid);
            let pid = if pid.trim().is_empty() { "unknown" } else { pid.trim() };
            return Err(Error::InUse { path: folder.to_owned(), pid: pid.to_owned() });
        }
    }
    file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(Lock { _file: file })
}
