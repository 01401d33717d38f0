//! Finds the instances of an earlier server again.
//!
//! A shim holds the lock of its instance's folder for life. A folder whose lock is free is of an instance that has
//! ended; so that a shim that only just begins can't prove us wrong, its end is written down while we hold the lock.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::observed::Process;
use rustix::fs::{FlockOperation, flock};

use super::start::{running, unreadable};
use super::{Inner, Instance, end, usage};
use crate::cgroup::Group;
use crate::error::Error;
use crate::files::{self, Exit, Spec, State};
use crate::proc::ProcessKey;
use crate::{Running, leftovers};

/// How long a start that the earlier server began may still take.
const START_TIME: Duration = Duration::from_secs(5);

/// Finds all instances that are on disk, and watches those that run.
pub(super) async fn recover(inner: Arc<Inner>) -> Result<Vec<Running>, Error> {
    let worker = inner.clone();
    let found = tokio::task::spawn_blocking(move || worker.find_all()).await;
    let broken =
        |e: tokio::task::JoinError| Error::file("read", inner.instances.clone())(io::Error::other(e));
    let mut all = Vec::new();
    for (instance, shim) in found.map_err(broken)?? {
        let id = instance.running.id.clone();
        all.push(instance.running.clone());
        inner.known().instances.insert(id.clone(), instance);
        if let Some(key) = shim {
            inner.watch(end::Shim { id, key, child: None });
        }
    }
    Ok(all)
}

impl Inner {
    /// Returns each instance, with its shim if that lives.
    fn find_all(&self) -> Result<Vec<(Instance, Option<ProcessKey>)>, Error> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.instances).map_err(Error::file("read", &self.instances))? {
            let path = entry.map_err(Error::file("read", &self.instances))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if let Ok(id) = name.parse::<InstanceId>() {
                found.push(self.find_one(&path, id));
            } else if name.starts_with('.') {
                // Forgotten by a server that ended before it was empty.
                let _ = fs::remove_dir_all(&path);
            }
        }
        found.sort_by(|(a, _), (b, _)| a.running.id.cmp(&b.running.id));
        Ok(found)
    }

    fn find_one(&self, dir: &Path, id: InstanceId) -> (Instance, Option<ProcessKey>) {
        match self.read_one(dir) {
            Ok((instance, shim)) => (instance, shim),
            Err(error) => {
                let detail = format!("what is on disk of it can't be read: {error}");
                let running = unreadable(id, self.clock.now(), detail);
                (
                    Instance { running, shim: None, group: Group::Rlimits, usage: usage::Meter::default() },
                    None,
                )
            }
        }
    }

    fn read_one(&self, dir: &Path) -> io::Result<(Instance, Option<ProcessKey>)> {
        let spec = files::read_json::<Spec>(&dir.join(files::SPEC))?;
        let spec = spec.ok_or_else(|| io::Error::other("the server ended before it had started it"))?;
        let lock = File::options().create(true).truncate(false).write(true).open(dir.join(files::LOCK))?;
        let lives = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err();
        let state = if lives { started_state(dir)? } else { files::read_json(&dir.join(files::STATE))? };
        let shim = state.as_ref().map(|state| state.shim);
        let pid = state.and_then(|state| state.service).map_or(0, |service| service.pid);
        let mut instance = Instance {
            running: running(&spec, pid, Process::Running),
            shim,
            group: spec.group.clone(),
            usage: usage::Meter::default(),
        };
        if lives && shim.is_some() {
            return Ok((instance, shim));
        }
        let exit = self.settle(dir, &spec, shim)?;
        instance.running.process = Process::Exited { at: exit.at, code: exit.code, signal: exit.signal };
        instance.running.detail = exit.detail;
        Ok((instance, None))
    }

    /// Cleans up after an instance that ended while no server was there, and returns how it did.
    fn settle(&self, dir: &Path, spec: &Spec, shim: Option<ProcessKey>) -> io::Result<Exit> {
        let path = dir.join(files::EXIT);
        let same_boot = spec.boot_id == self.boot_id;
        let exit = match files::read_json::<Exit>(&path) {
            Ok(Some(exit)) => exit,
            // Half a file can't be, but a disk may fail.
            Ok(None) | Err(_) => {
                let mut exit = end::unseen(self.clock.now());
                if !same_boot {
                    exit.detail = Some("the machine was started again".to_owned());
                }
                files::write_json(&path, &exit)?;
                exit
            }
        };
        if let (true, Some(shim)) = (same_boot, shim) {
            leftovers::kill(&spec.group, shim, &dir.join(files::WORK));
        }
        spec.group.remove();
        Ok(exit)
    }
}

/// Reads the state of a living shim. If it was started by a server that was killed that very moment, its service is on the way.
fn started_state(dir: &Path) -> io::Result<Option<State>> {
    let begin = std::time::Instant::now();
    loop {
        let state = files::read_json::<State>(&dir.join(files::STATE))?;
        let over = dir.join(files::EXIT).exists() || begin.elapsed() > START_TIME;
        if over || state.as_ref().is_some_and(|state| state.service.is_some()) {
            return Ok(state);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
