//! Starts instances, watches them, measures them and ends them: the loop's hand. The controller decides, the server
//! calls [`Runtime`], and what becomes of the instances comes back as [`RuntimeEvent`]s and [`Runtime::inspect`].
//!
//! [`process`] runs instances as plain processes of this machine, each under a [`shim`] of its own, so that neither the
//! server's death nor its upgrade touches them. All implementations pass one battery, `tests/battery`.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::observed::Process;
use naru_model::platform::InstanceSize;
use naru_model::revision::Artifact;
use naru_model::units::Timestamp;

pub use error::Error;
pub use process::ProcessRuntime;

pub mod artifact;
mod cgroup;
mod clock;
mod error;
mod files;
pub mod host;
mod leftovers;
pub mod logs;
mod ports;
mod proc;
pub mod process;
pub mod shim;

/// A future that can be held behind `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs instances somewhere. One battery (`tests/battery`) tells how every implementation behaves.
pub trait Runtime: Send + Sync + 'static {
    /// Starts an instance, and returns once its process runs the given command. Whether it can serve is for health
    /// checks to say.
    ///
    /// # Errors
    /// When it can't be started: the message says why, where, and what to do. Nothing of it is left behind then.
    fn start(&self, launch: Launch) -> BoxFuture<'_, Result<Running, Error>>;

    /// Asks an instance to end (SIGTERM to all of it), and ends it (SIGKILL) once `grace` is over; at once when it is zero.
    /// Returns when it has been asked; its end is a [`RuntimeEvent::Exited`]. Asking again can only hasten it. One
    /// that has ended already is no error.
    ///
    /// # Errors
    /// [`Error::Unknown`], or when the machine refuses.
    fn stop(&self, id: &InstanceId, grace: Duration) -> BoxFuture<'_, Result<(), Error>>;

    /// Returns every instance that was started or recovered and is not forgotten, in the order of their ids.
    fn inspect(&self) -> Vec<Running>;

    /// Finds again what an earlier server started: those that still run, with no harm done to them, and those that
    /// have ended meanwhile, with how. To be called once, before anything is started. The ends of those that still run come as
    /// events; of those that have ended, only this answer tells.
    ///
    /// # Errors
    /// When the instances' folder can't be read. A single instance that can't be made out is reported as ended.
    fn recover(&self) -> BoxFuture<'_, Result<Vec<Running>, Error>>;

    /// Returns what each running instance used over the last second. One that started less than a second ago may be
    /// missing.
    fn stats(&self) -> Vec<Stats>;

    /// Drops an instance that has ended, and its folder; its logs stay. Does nothing to one that runs.
    fn forget(&self, id: &InstanceId);

    /// Tells how instances are kept within their size: `cgroup-v2`, `cgroup-v1`, or `rlimits` when they are not.
    fn confinement(&self) -> &'static str;
}

/// What is to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    pub id: InstanceId,
    /// The command and its arguments. A command without `/` is looked for in the instance's `PATH`, one with it from
    /// the folder it starts in.
    pub exec: Vec<String>,
    /// Added to the server's own environment, without its `NARU_*` variables.
    pub env: BTreeMap<String, String>,
    /// `None`: a free one is picked.
    pub port: Option<u16>,
    pub size: InstanceSize,
    /// With one, the instance starts in its own work folder, where the artifact is found by its name.
    pub artifact: Option<Artifact>,
    /// Where it starts without an artifact: the folder of naru.yaml. Absolute.
    pub folder: PathBuf,
    /// How long it gets between SIGTERM and SIGKILL when something other than [`Runtime::stop`] ends it.
    pub grace: Duration,
}

/// An instance as the runtime knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    pub id: InstanceId,
    pub address: SocketAddr,
    /// Of the service's own process; 0 when it never had one that was seen.
    pub pid: u32,
    pub process: Process,
    pub started_at: Timestamp,
    /// Why it ended, where more is known than a code or signal: one clause for an event's message.
    pub detail: Option<String>,
}

/// What an instance, with all processes it started, takes of the machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    pub id: InstanceId,
    /// Cores used, averaged over the last second. 1.0 is one whole core.
    pub cpu_cores: f64,
    /// Memory that can't be taken back without writing it out: without the page cache that nobody has used lately.
    pub memory_bytes: u64,
    /// Bytes per second from and to disks, averaged over the last second; 0 where the kernel does not tell.
    pub disk_read_bytes: f64,
    pub disk_written_bytes: f64,
    /// When the instance started.
    pub since: Timestamp,
}

/// What happened to an instance by itself or after [`Runtime::stop`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuntimeEvent {
    /// It has ended and nothing of it is left: no process, no port. Fields as in [`Process::Exited`] and [`Running`].
    Exited { id: InstanceId, at: Timestamp, code: Option<i32>, signal: Option<i32>, detail: Option<String> },
}
