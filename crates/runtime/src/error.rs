//! Why the runtime could not do what it was asked, in words for the owner of naru.yaml.

use std::io;
use std::path::PathBuf;

use naru_model::instance::InstanceId;

use crate::artifact;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command can't be run: not found, not executable, no such folder. `problem` says which, where and what to do.
    #[error("{id}: {problem}")]
    Start { id: InstanceId, problem: String },
    #[error(
        "{id}: port {port} of 127.0.0.1 is taken by another process; end that process, or leave `port` out of naru.yaml so that naru picks one"
    )]
    PortTaken { id: InstanceId, port: u16 },
    #[error("{id}: no port is free from {first} to {last}; end what holds them, or run fewer instances")]
    NoPort { id: InstanceId, first: u16, last: u16 },
    #[error("{id} was started before; an instance id is never used twice")]
    Known { id: InstanceId },
    #[error("no instance {id} is known; see `naru status`")]
    Unknown { id: InstanceId },
    #[error("{id}: {source}")]
    Artifact {
        id: InstanceId,
        #[source]
        source: artifact::Error,
    },
    /// The shim could not be run or did not say how the start went.
    #[error("{id}: the process that watches over the instance {problem}; run {exe:?} by hand to see why")]
    Shim { id: InstanceId, problem: String, exe: PathBuf },
    #[error("can't {action} {path:?}: {source}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{id}: can't send it a signal: {source}")]
    Signal {
        id: InstanceId,
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// Makes the error of a file operation, for `map_err`.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { action, path, source }
    }
}
