//! Runs instances as processes of this machine, each under a shim that outlives the server.
//!
//! What is known of an instance is on disk (see `files`), and what is in memory here can be made from it again: see
//! [`recover`]. A shim's end is seen through its pidfd, at once and without asking.

mod end;
mod recover;
mod start;
mod usage;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::observed::Process;
use rustix::process::Signal;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use self::end::Ends;
use crate::cgroup::{self, Confinement, Group};
use crate::clock::Clock;
use crate::error::Error;
use crate::files::{self, Stop};
use crate::ports::Ports;
use crate::proc::{self, ProcessKey};
use crate::{BoxFuture, Launch, Running, Runtime, RuntimeEvent, Stats, logs};

/// The runtime of one machine's processes. Dropping it harms no instance: another one finds them again.
pub struct ProcessRuntime {
    inner: Arc<Inner>,
    usage: tokio::task::AbortHandle,
}

/// What the tasks of a runtime share.
struct Inner {
    instances: PathBuf,
    logs: PathBuf,
    artifacts: PathBuf,
    /// The program whose `shim` command is [`crate::shim::run`] and `shim-exec` is [`crate::shim::exec`].
    exe: PathBuf,
    boot_id: String,
    clock: Clock,
    confinement: Confinement,
    ends: Arc<Ends>,
    tokio: Handle,
    events: mpsc::UnboundedSender<RuntimeEvent>,
    known: Mutex<Known>,
}

struct Known {
    instances: BTreeMap<InstanceId, Instance>,
    /// Being started: not to be started twice, and their ports not to be given twice.
    starting: BTreeMap<InstanceId, u16>,
    ports: Ports,
}

/// One instance that was started or found again.
struct Instance {
    running: Running,
    shim: Option<ProcessKey>,
    group: Group,
    usage: usage::Meter,
}

impl ProcessRuntime {
    /// Makes the runtime whose instances, logs and artifacts are below `state`, and the receiver of what happens to them.
    /// `exe` is the program to run as `exe shim FOLDER`. Must be called within tokio.
    ///
    /// # Errors
    /// When the folders can't be made.
    pub fn new(
        state: &Path,
        exe: PathBuf,
    ) -> Result<(ProcessRuntime, mpsc::UnboundedReceiver<RuntimeEvent>), Error> {
        fs::create_dir_all(state).map_err(Error::file("make", state))?;
        // A shim has its own idea of where it is.
        let state = fs::canonicalize(state).map_err(Error::file("find", state))?;
        let folder = |name: &str| {
            let path = state.join(name);
            fs::create_dir_all(&path).map_err(Error::file("make", &path)).map(|()| path)
        };
        let boot_id = proc::boot_id().map_err(Error::file("read", "/proc/sys/kernel/random/boot_id"))?;
        let ends = Arc::new(Ends::new().map_err(Error::file("open", "an epoll descriptor"))?);
        let (events, receiver) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            instances: folder("instances")?,
            logs: folder("logs")?,
            artifacts: folder("artifacts")?,
            exe,
            boot_id,
            clock: Clock::new(),
            confinement: cgroup::find(&group_name(&state)),
            ends: ends.clone(),
            tokio: Handle::current(),
            events,
            known: Mutex::new(Known {
                instances: BTreeMap::new(),
                starting: BTreeMap::new(),
                ports: Ports::new(),
            }),
        });
        let waits = Arc::downgrade(&inner);
        let thread = std::thread::Builder::new().name("naru-ends".to_owned()).spawn(move || ends.run(&waits));
        thread.map_err(Error::file("start", "a thread"))?;
        let usage = tokio::spawn(usage::measure(Arc::downgrade(&inner))).abort_handle();
        Ok((ProcessRuntime { inner, usage }, receiver))
    }
}

/// Names this server's groups: the same after a restart, another one for a server with another state.
fn group_name(state: &Path) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(state.as_os_str().as_encoded_bytes());
    digest[..6].iter().fold("naru-".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

impl Drop for ProcessRuntime {
    fn drop(&mut self) {
        self.usage.abort();
        self.inner.ends.close();
        self.inner.confinement.remove();
    }
}

impl Inner {
    fn known(&self) -> MutexGuard<'_, Known> {
        // What a panicking thread left is no worse than what it found: each change is one assignment or insertion.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self, id: &InstanceId) -> PathBuf {
        self.instances.join(id.to_string())
    }

    fn stop(&self, id: &InstanceId, grace: Duration) -> Result<(), Error> {
        let shim = {
            let known = self.known();
            let instance = known.instances.get(id).ok_or_else(|| Error::Unknown { id: id.clone() })?;
            match (instance.running.process, instance.shim) {
                (Process::Running, Some(shim)) => shim,
                _ => return Ok(()),
            }
        };
        let path = self.folder(id).join(files::STOP);
        let now = self.clock.now();
        let earlier = files::read_json::<Stop>(&path).ok().flatten();
        // Asked again, it keeps what is left of its grace, for a server that was killed while it waited asks again; but the
        // signal is sent again as well, for that one may not have come to sending it.
        let left = earlier.map_or(grace, |earlier| (earlier.at + earlier.grace).since(now));
        let order = Stop { at: now, grace: grace.min(left) };
        files::write_json(&path, &order).map_err(Error::file("write", &path))?;
        let failed = |source| Error::Signal { id: id.clone(), source };
        shim.signal(Signal::TERM).and_then(|()| shim.signal(Signal::CONT)).map_err(failed)
    }

    fn forget(&self, id: &InstanceId) {
        let others: BTreeSet<InstanceId> = {
            let mut known = self.known();
            if known.instances.get(id).is_none_or(|i| i.running.process == Process::Running) {
                return;
            }
            known.instances.remove(id);
            known.instances.keys().chain(known.starting.keys()).cloned().collect()
        };
        // Under a name that is no instance's it is gone at once; emptying it may take a while.
        let grave = self.instances.join(format!(".{id}"));
        let _ = fs::rename(self.folder(id), &grave);
        let (logs, service) = (self.logs.clone(), id.service.clone());
        self.tokio.spawn_blocking(move || {
            // What can't be removed now is removed by the next recovery.
            let _ = fs::remove_dir_all(grave);
            let _ = logs::prune(&logs, &service, &others);
        });
    }
}

impl Runtime for ProcessRuntime {
    fn start(&self, launch: Launch) -> BoxFuture<'_, Result<Running, Error>> {
        let inner = self.inner.clone();
        let id = launch.id.clone();
        // A task of its own, so that a caller who no longer waits leaves nothing half started.
        let started = tokio::spawn(start::start(inner.clone(), launch));
        Box::pin(async move {
            let crashed =
                |e: tokio::task::JoinError| inner.shim_error(&id, format!("could not be started: {e}"));
            started.await.unwrap_or_else(|error| Err(crashed(error)))
        })
    }

    fn stop(&self, id: &InstanceId, grace: Duration) -> BoxFuture<'_, Result<(), Error>> {
        let asked = self.inner.stop(id, grace);
        Box::pin(std::future::ready(asked))
    }

    fn inspect(&self) -> Vec<Running> {
        self.inner.known().instances.values().map(|instance| instance.running.clone()).collect()
    }

    fn recover(&self) -> BoxFuture<'_, Result<Vec<Running>, Error>> {
        Box::pin(recover::recover(self.inner.clone()))
    }

    fn stats(&self) -> Vec<Stats> {
        self.inner.known().instances.values().filter_map(Instance::stats).collect()
    }

    fn forget(&self, id: &InstanceId) {
        self.inner.forget(id);
    }

    fn confinement(&self) -> &'static str {
        self.inner.confinement.name()
    }
}
