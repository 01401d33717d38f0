//! Carries out a plan: what the controller decided becomes what the runtime does.

use std::path::Path;
use std::time::Duration;

use naru_model::event::{Event, Kind, Severity};
use naru_model::instance::{InstanceId, Phase};
use naru_model::observed::{Health, Process};
use naru_model::plan::Action;
use naru_model::units::Timestamp;
use naru_runtime::{Launch, Running};

use super::core::Core;
use super::inbox::Input;
use super::world::Instance;

impl Core {
    /// Notes what an action makes of the instance, before anything is done: this is what is written down.
    pub(crate) fn note_action(&mut self, action: &Action, now: Timestamp) {
        match action {
            Action::Start(id) => {
                let protocol = self.revision(id).map(|revision| revision.spec.protocol).unwrap_or_default();
                let instance = Instance {
                    id: id.clone(),
                    phase: Phase::Starting,
                    since: now,
                    started_at: now,
                    address: None,
                    protocol,
                    pid: 0,
                    process: Process::Running,
                    health: Health::Unknown,
                    unrouted_in: None,
                };
                self.world.instances.insert(id.clone(), instance);
            }
            Action::Route(id) => self.set_phase(id, Phase::Ready, now),
            Action::Unroute(id) => self.set_phase(id, Phase::Draining, now),
            Action::Stop { id, .. } => self.set_phase(id, Phase::Stopping, now),
            Action::Forget(id) => {
                self.world.instances.remove(id);
            }
        }
    }

    fn set_phase(&mut self, id: &InstanceId, phase: Phase, now: Timestamp) {
        if let Some(instance) = self.world.instances.get_mut(id) {
            instance.phase = phase;
            instance.since = now;
        }
    }

    /// Has the runtime do it. What takes time tells the inbox when it is done.
    pub(crate) fn carry_out(&mut self, action: Action) {
        match action {
            Action::Start(id) => self.start(id),
            Action::Stop { id, grace } => self.stop(id, grace),
            Action::Forget(id) => self.runtime.forget(&id),
            Action::Route(_) | Action::Unroute(_) => {} // the tables tell the gateway
        }
    }

    fn start(&mut self, id: InstanceId) {
        let Some(revision) = self.revision(&id) else {
            eprintln!("naru: can't start {id}: its revision is not in the state");
            return;
        };
        let spec = &revision.spec;
        let grace =
            self.desired.services.get(&id.service).map_or(Duration::ZERO, |wanted| wanted.service.drain);
        let launch = Launch {
            id: id.clone(),
            exec: spec.exec.clone(),
            env: self.with_opentelemetry(&id, &spec.env),
            port: spec.port,
            size: spec.instance,
            artifact: spec.artifact.clone(),
            folder: self.file.parent().unwrap_or(Path::new("/")).to_owned(),
            grace,
        };
        let (runtime, inbox) = (self.runtime.clone(), self.inbox.clone());
        tokio::spawn(async move {
            let result = runtime.start(launch).await;
            let _ = inbox.send(Input::Started { id, result }).await;
        });
    }

    pub(crate) fn stop(&self, id: InstanceId, grace: Duration) {
        let runtime = self.runtime.clone();
        tokio::spawn(async move {
            match runtime.stop(&id, grace).await {
                // Not started yet: it is stopped when its start tells.
                Ok(()) | Err(naru_runtime::Error::Unknown { .. }) => {}
                Err(error) => eprintln!("naru: {error}"),
            }
        });
    }

    /// Takes in how a start went.
    pub(crate) fn started(
        &mut self,
        id: InstanceId,
        result: Result<Running, naru_runtime::Error>,
        now: Timestamp,
    ) {
        let Some(instance) = self.world.instances.get_mut(&id) else { return };
        match result {
            Ok(running) => {
                instance.address = Some(running.address);
                instance.pid = running.pid;
                instance.started_at = running.started_at;
                if instance.phase == Phase::Stopping {
                    self.stop(id, Duration::ZERO);
                }
            }
            Err(error) => {
                self.world.note_end(&id, Process::Exited { at: now, code: None, signal: None });
                self.say(Event {
                    id: 0,
                    at: now,
                    kind: Kind::InstanceExited,
                    severity: Severity::Error,
                    service: Some(id.service.clone()),
                    instance: Some(id),
                    message: error.to_string(),
                    actor: "naru".to_owned(),
                    decision: None,
                });
            }
        }
    }
}
