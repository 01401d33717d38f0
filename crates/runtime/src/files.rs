//! The small JSON files by which server, shim and the next server know of an instance. Each is replaced whole, so that
//! whoever reads one never sees half of it.
//!
//! In `STATE/instances/ID/`: `spec.json` is written by the server before the shim starts; `lock` is held by the shim while it lives;
//! `state.json` and `exit.json` are the shim's; `stop.json` is the server's again; `work/` is the instance's own.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::units::{Bytes, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::cgroup::Group;
use crate::proc::ProcessKey;

pub(crate) const SPEC: &str = "spec.json";
pub(crate) const STATE: &str = "state.json";
pub(crate) const EXIT: &str = "exit.json";
pub(crate) const STOP: &str = "stop.json";
pub(crate) const LOCK: &str = "lock";
pub(crate) const WORK: &str = "work";

/// What the shim is to run, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub id: InstanceId,
    pub exec: Vec<String>,
    /// Added to the environment that the shim was started with.
    pub env: BTreeMap<String, String>,
    /// Where it starts.
    pub folder: PathBuf,
    pub port: u16,
    pub log: PathBuf,
    pub group: Group,
    /// The ceiling it is kept under; `None` when there is none.
    pub memory: Option<Bytes>,
    pub grace: Duration,
    pub started_at: Timestamp,
    pub boot_id: String,
}

/// Which processes there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub shim: ProcessKey,
    /// `None` until the command runs.
    pub service: Option<ProcessKey>,
}

/// How the service's own process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exit {
    pub at: Timestamp,
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// The kernel killed a process of the instance because it went over its memory.
    #[serde(default)]
    pub oom: bool,
    /// Nothing of the instance was left any more when this was written.
    #[serde(default)]
    pub all_gone: bool,
    /// Why, where more is known: one clause.
    #[serde(default)]
    pub detail: Option<String>,
}

/// What the server asks of the shim before it sends it SIGTERM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stop {
    /// Tells one request from the next.
    pub at: Timestamp,
    pub grace: Duration,
}

/// The shim's one line to the server that started it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    Started(State),
    Failed { problem: String },
}

/// Replaces the file at `path`; only its owner may read it, for it may hold a service's environment.
///
/// It is not synced to disk: what it speaks of does not outlive the machine's next start either.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let name = temporary(path);
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&name)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    fs::rename(&name, path)
}

/// Where a file is written before it takes its place.
pub(crate) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    name.into()
}

/// Reads a file that [`write_json`] wrote; `None` when it is not there.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
