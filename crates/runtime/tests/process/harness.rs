//! A process runtime in a folder of its own, with shell scripts for services.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::observed::Process;
use naru_model::platform::InstanceSize;
use naru_runtime::logs::Follower;
use naru_runtime::{Launch, ProcessRuntime, Running, Runtime, RuntimeEvent};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::battery::{Behaviour, Harness, PATIENCE, id};

pub(crate) struct Processes {
    pub(crate) state: tempfile::TempDir,
    runtime: Option<ProcessRuntime>,
    events: UnboundedReceiver<RuntimeEvent>,
}

impl Harness for Processes {
    fn new() -> Processes {
        Processes::within(tempfile::tempdir().unwrap())
    }

    fn runtime(&self) -> &dyn Runtime {
        self.runtime.as_ref().unwrap()
    }

    fn events(&mut self) -> &mut UnboundedReceiver<RuntimeEvent> {
        &mut self.events
    }

    fn launch(&self, name: &str, behaviour: Behaviour) -> Launch {
        // `wait` returns at a signal that is trapped; a command in front would be waited for first.
        match behaviour {
            Behaviour::Serve => self.script(name, "trap 'exit 0' TERM; sleep 1000 & echo ready; wait"),
            Behaviour::Burn => self.script(name, "trap 'exit 0' TERM; echo ready; while :; do :; done"),
            Behaviour::Stubborn => {
                self.script(name, "trap '' TERM; echo ready; while :; do sleep 1000; done")
            }
            Behaviour::Exit(code) => self.script(name, &format!("exit {code}")),
            Behaviour::Missing => Launch { exec: vec!["no-such-command".into()], ..self.script(name, "") },
        }
    }

    async fn behaves(&self, id: &InstanceId) {
        self.printed(id, "ready").await;
    }

    fn signal(&self, running: &Running, signal: i32) {
        let signal = Signal::from_named_raw(signal).unwrap();
        rustix::process::kill_process(pid(running.pid), signal).unwrap();
    }

    fn restart(&mut self) {
        self.runtime = None;
        let (runtime, events) = make(self.state.path());
        (self.runtime, self.events) = (Some(runtime), events);
    }

    async fn ended_unwatched(&self, running: &Running) {
        gone(self.shim_of(&running.id)).await;
    }
}

fn make(state: &Path) -> (ProcessRuntime, UnboundedReceiver<RuntimeEvent>) {
    ProcessRuntime::new(state, std::env::current_exe().unwrap()).unwrap()
}

pub(crate) fn pid(pid: u32) -> Pid {
    Pid::from_raw(pid as i32).unwrap()
}

/// Returns once there is no process of this number, or it has ended.
pub(crate) async fn gone(process: u32) {
    let Ok(handle) = pidfd_open(pid(process), PidfdFlags::empty()) else { return };
    let wait = move || {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let patience = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
        poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&patience)).unwrap()
    };
    assert_eq!(tokio::task::spawn_blocking(wait).await.unwrap(), 1, "process {process} does not end");
}

impl Processes {
    pub(crate) fn within(state: tempfile::TempDir) -> Processes {
        let (runtime, events) = make(state.path());
        Processes { state, runtime: Some(runtime), events }
    }

    /// A launch of a shell script.
    pub(crate) fn script(&self, name: &str, script: &str) -> Launch {
        Launch {
            id: id(name),
            exec: ["sh", "-c", script].map(str::to_owned).to_vec(),
            env: BTreeMap::new(),
            port: None,
            size: InstanceSize::default(),
            artifact: None,
            folder: self.state.path().to_owned(),
            grace: Duration::from_secs(5),
        }
    }

    /// Starts a shell script.
    pub(crate) async fn run(&self, name: &str, script: &str) -> Running {
        self.runtime().start(self.script(name, script)).await.unwrap()
    }

    pub(crate) fn folder(&self, id: &InstanceId) -> PathBuf {
        self.state.path().join("instances").join(id.to_string())
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.state.path().join("logs")
    }

    /// Waits until the instance has printed a line that begins so, and returns that line.
    pub(crate) async fn printed(&self, id: &InstanceId, beginning: &str) -> String {
        let (mut lines, mut follower) = Follower::start(&self.logs(), &id.service, 1000).unwrap();
        let seen = async {
            loop {
                let found = lines.iter().find(|l| l.instance == *id && l.text.starts_with(beginning));
                if let Some(line) = found {
                    return line.text.clone();
                }
                lines = follower.next().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, seen)
            .await
            .unwrap_or_else(|_| panic!("{id} never printed {beginning:?}"))
    }

    /// The process id of an instance's shim.
    pub(crate) fn shim_of(&self, id: &InstanceId) -> u32 {
        let state = std::fs::read(self.folder(id).join("state.json")).unwrap();
        let state: serde_json::Value = serde_json::from_slice(&state).unwrap();
        state["shim"]["pid"].as_u64().unwrap() as u32
    }

    /// What the runtime says of why an instance ended.
    pub(crate) fn detail(&self, id: &InstanceId) -> String {
        let all = self.runtime().inspect();
        all.into_iter().find(|running| running.id == *id).unwrap().detail.unwrap_or_default()
    }
}

impl Drop for Processes {
    /// A test that fails leaves nothing running either.
    fn drop(&mut self) {
        let Some(runtime) = &self.runtime else { return };
        for running in runtime.inspect().iter().filter(|running| running.process == Process::Running) {
            let shim = pidfd_open(pid(self.shim_of(&running.id)), PidfdFlags::empty());
            // Asked at once; the future only tells how that went.
            drop(runtime.stop(&running.id, Duration::ZERO));
            if let Ok(shim) = shim {
                use rustix::event::{PollFd, PollFlags, Timespec, poll};
                let patience = Timespec { tv_sec: 5, tv_nsec: 0 };
                let _ = poll(&mut [PollFd::new(&shim, PollFlags::IN)], Some(&patience));
            }
        }
    }
}
