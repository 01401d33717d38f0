//! Starts one instance: its folder, its port, its group, its shim.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::observed::Process;
use naru_model::units::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Inner, Instance, end, usage};
use crate::error::Error;
use crate::files::{self, Report, Spec};
use crate::ports::{self, FIRST, LAST};
use crate::{Launch, Running, artifact, cgroup, logs};

/// A shim tells how the start went within milliseconds; one that has not by now never will.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where commands are looked for when nobody says: as Debian's login shells do.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Starts the instance and watches it from then on.
pub(super) async fn start(inner: Arc<Inner>, launch: Launch) -> Result<Running, Error> {
    let id = launch.id.clone();
    let port = inner.reserve(&launch)?;
    let worker = inner.clone();
    let begun = tokio::task::spawn_blocking(move || worker.begin(&launch, port)).await;
    let begun = begun.unwrap_or_else(|e| Err(inner.shim_error(&id, format!("could not be started: {e}"))));
    let mut known = inner.known();
    known.starting.remove(&id);
    let (instance, shim) = begun?;
    let running = instance.running.clone();
    known.instances.insert(id.clone(), instance);
    drop(known);
    inner.watch(shim);
    Ok(running)
}

impl Inner {
    pub(super) fn shim_error(&self, id: &InstanceId, problem: String) -> Error {
        Error::Shim { id: id.clone(), problem, exe: self.exe.clone() }
    }

    /// Finds a port for the instance, and keeps others from taking it or the id.
    fn reserve(&self, launch: &Launch) -> Result<u16, Error> {
        let id = &launch.id;
        let mut known = self.known();
        if known.instances.contains_key(id) || known.starting.contains_key(id) || self.folder(id).exists() {
            return Err(Error::Known { id: id.clone() });
        }
        let live = known.instances.values().filter(|i| i.running.process == Process::Running);
        let given = live.map(|i| i.running.address.port()).chain(known.starting.values().copied()).collect();
        let port = match launch.port {
            Some(port) if ports::is_free(port) => port,
            Some(port) => return Err(Error::PortTaken { id: id.clone(), port }),
            None => {
                let picked = known.ports.pick(&given);
                picked.ok_or_else(|| Error::NoPort { id: id.clone(), first: FIRST, last: LAST })?
            }
        };
        known.starting.insert(id.clone(), port);
        Ok(port)
    }

    /// Does the whole start; leaves nothing behind when it fails.
    fn begin(&self, launch: &Launch, port: u16) -> Result<(Instance, end::Shim), Error> {
        let dir = self.folder(&launch.id);
        let begun = self.begin_in(&dir, launch, port);
        if begun.is_err() {
            // Nobody would come to remove what can't be removed now; a name that is in the way is said at the next start.
            let _ = fs::remove_dir_all(&dir);
        }
        begun
    }

    fn begin_in(&self, dir: &Path, launch: &Launch, port: u16) -> Result<(Instance, end::Shim), Error> {
        let id = &launch.id;
        let started_at = self.clock.now();
        let work = dir.join(files::WORK);
        fs::create_dir_all(&work).map_err(Error::file("make", &work))?;
        let folder = self.lay_out(launch, &work)?;
        // Not by its id alone: a state folder that was deleted and made again begins with the same ids.
        let group = self.confinement.create(&format!("{id}.{}", started_at.0), &launch.size);
        let group = group.map_err(|error| Error::Start {
            id: id.clone(),
            problem: format!("can't make its control group: {error}"),
        })?;
        let spec = Spec {
            id: id.clone(),
            exec: launch.exec.clone(),
            env: environment(launch, port, &work, &self.exe),
            folder,
            port,
            log: logs::path(&self.logs, id),
            group: group.clone(),
            memory: launch.size.memory.filter(|_| group != cgroup::Group::Rlimits),
            grace: launch.grace,
            started_at,
            boot_id: self.boot_id.clone(),
        };
        let path = dir.join(files::SPEC);
        let wrote = files::write_json(&path, &spec).map_err(Error::file("write", &path));
        let ran = wrote.and_then(|()| self.run_shim(dir, id)).inspect_err(|_| group.remove())?;
        let (child, state) = ran;
        let service = state.service.map_or(0, |key| key.pid);
        let shim = end::Shim { id: id.clone(), key: state.shim, child: Some(child) };
        let instance = Instance {
            running: running(&spec, service, Process::Running),
            shim: Some(state.shim),
            group,
            usage: usage::Meter::default(),
        };
        Ok((instance, shim))
    }

    /// Puts the artifact where the instance finds it, and returns the folder that it starts in.
    fn lay_out(&self, launch: &Launch, work: &Path) -> Result<PathBuf, Error> {
        let Some(kept) = &launch.artifact else { return Ok(launch.folder.clone()) };
        let failed = |source| Error::Artifact { id: launch.id.clone(), source };
        let copy = artifact::find(&self.artifacts, kept).map_err(failed)?;
        let link = work.join(&kept.name);
        std::os::unix::fs::symlink(&copy, &link).map_err(Error::file("make", link))?;
        Ok(work.to_owned())
    }

    /// Runs a shim and waits until it has said how the start went.
    fn run_shim(&self, dir: &Path, id: &InstanceId) -> Result<(Child, files::State), Error> {
        let complaints = dir.join("shim.err");
        let stderr = File::create(&complaints).map_err(Error::file("make", &complaints))?;
        let mut command = Command::new(&self.exe);
        command.arg("shim").arg(dir).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        // The server's own settings, its token among them, are no business of an instance.
        let own = std::env::vars_os().map(|(name, _)| name);
        for name in own.filter(|name| name.as_encoded_bytes().starts_with(b"NARU_")) {
            command.env_remove(name);
        }
        let mut child = command.spawn().map_err(|e| self.shim_error(id, format!("can't be run: {e}")))?;
        let report = match child.stdout.take() {
            Some(stdout) => hear(stdout.into()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        let problem = match report {
            Ok(Some(Report::Started(state))) => return Ok((child, state)),
            Ok(Some(Report::Failed { problem })) => Error::Start { id: id.clone(), problem },
            Ok(None) => {
                let said = fs::read_to_string(&complaints).unwrap_or_default();
                self.shim_error(id, format!("ended before its work was done: {}", said.trim()))
            }
            Err(error) => self.shim_error(id, format!("does not tell how the start went: {error}")),
        };
        // It ends by itself unless it hangs; and if it does, the service dies with it.
        let _ = child.kill();
        let _ = child.wait();
        Err(problem)
    }
}

/// Reads the shim's one line; `None` when it ended without.
fn hear(stdout: OwnedFd) -> io::Result<Option<Report>> {
    let patience = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
    if poll(&mut [PollFd::new(&stdout, PollFlags::IN)], Some(&patience))? == 0 {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let mut line = String::new();
    BufReader::new(File::from(stdout)).read_line(&mut line)?;
    if line.is_empty() { Ok(None) } else { Ok(Some(serde_json::from_str(&line)?)) }
}

/// What naru adds to the environment that an instance inherits. The service's own settings win, except over what tells
/// the instance who and where it is.
fn environment(launch: &Launch, port: u16, work: &Path, exe: &Path) -> BTreeMap<String, String> {
    let mut env = BTreeMap::from([("HOST".to_owned(), Ipv4Addr::LOCALHOST.to_string())]);
    env.extend(launch.env.clone());
    let inherited = || std::env::var("PATH").unwrap_or_else(|_| DEFAULT_PATH.to_owned());
    let mut path = env.remove("PATH").unwrap_or_else(inherited);
    if let Some(folder) = exe.parent() {
        // So that `naru app` is found, and never in place of something the owner has.
        path = format!("{path}:{}", folder.display());
    }
    let id = &launch.id;
    let own = [
        ("PATH", path),
        ("PORT", port.to_string()),
        ("NARU_SERVICE", id.service.to_string()),
        ("NARU_REVISION", id.revision.to_string()),
        ("NARU_INSTANCE", id.to_string()),
        ("NARU_INSTANCE_DIR", work.display().to_string()),
    ];
    env.extend(own.map(|(name, value)| (name.to_owned(), value)));
    env
}

/// Returns what the rest of naru knows of an instance.
pub(super) fn running(spec: &Spec, pid: u32, process: Process) -> Running {
    Running {
        id: spec.id.clone(),
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, spec.port)),
        pid,
        process,
        started_at: spec.started_at,
        detail: None,
    }
}

/// Stands for an instance of which nothing can be read.
pub(super) fn unreadable(id: InstanceId, at: Timestamp, detail: String) -> Running {
    Running {
        id,
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        pid: 0,
        process: Process::Exited { at, code: None, signal: None },
        started_at: at,
        detail: Some(detail),
    }
}
