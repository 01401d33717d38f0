//! The orderly end: clients first, then instances, so that every request that was taken is answered.
//!
//! `gateway accepts no more → it has ended what it had → every instance is told to end → all have ended`

use std::time::Duration;

use naru_model::event::{Kind, Severity};
use naru_model::instance::Phase;
use naru_model::observed::Process;
use naru_model::plan::{Action, Plan};
use naru_model::units::Timestamp;

use super::core::{Core, Ended};
use super::gateways;
use super::inbox::{Done, Refused};
use super::world::World;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stopping {
    /// Asked a second time: nobody is waited for.
    at_once: bool,
    /// How long an instance gets between SIGTERM and SIGKILL, by service.
    graces: std::collections::BTreeMap<naru_model::name::ServiceName, Duration>,
    gateways_end_by: Timestamp,
}

impl Core {
    /// Begins to stop the platform; asked again, it kills what is left.
    pub(crate) async fn begin_stop(&mut self, actor: &str, now: Timestamp) -> Result<Done, Refused> {
        if let Some(stopping) = &mut self.stopping {
            stopping.at_once = true;
            for gateway in self.world.gateways.values() {
                super::gateway_process::kill(gateway.pid);
            }
            return Ok(Done { revision: 0, count: 0 });
        }
        let within = self.longest_drain();
        let graces =
            self.desired.services.iter().map(|(name, wanted)| (name.clone(), wanted.service.drain)).collect();
        self.stopping =
            Some(Stopping { at_once: false, graces, gateways_end_by: now + within + Duration::from_secs(2) });
        // Nobody is to wait in a queue that is not served any more.
        self.gateways.sockets.clear();
        for gateway in self.world.gateways.values() {
            gateways::drain(&gateway.control, within).await;
        }
        let message = format!(
            "the platform stops: the gateway ends what it has, then {} instances end",
            self.world.instances.len()
        );
        self.note(Kind::PlatformStopped, Severity::Info, None, message, actor, now);
        Ok(Done { revision: 0, count: 0 })
    }

    /// Tells whether and how the loop has ended.
    pub(crate) async fn ended(&mut self) -> Option<Ended> {
        if let Some(program) = self.next_program() {
            return Some(Ended::Become(program));
        }
        let stopping = self.stopping.as_ref()?;
        let now = self.clock.now();
        if now >= stopping.gateways_end_by {
            for gateway in self.world.gateways.values() {
                super::gateway_process::kill(gateway.pid);
            }
        }
        let all_ended =
            self.world.gateways.is_empty() && self.gateways.current == 0 && self.world.instances.is_empty();
        all_ended.then_some(Ended::Stopped)
    }
}

impl Stopping {
    /// What the end asks for now: instances end when no gateway is left, or at once.
    pub(crate) fn plan(&self, world: &World, now: Timestamp) -> Plan {
        let mut plan = Plan::default();
        for instance in world.instances.values() {
            let id = instance.id.clone();
            if instance.process != Process::Running {
                plan.actions.push(Action::Forget(id));
            } else if self.at_once && instance.since < now && instance.phase == Phase::Stopping {
                plan.actions.push(Action::Stop { id, grace: Duration::ZERO });
            } else if instance.phase != Phase::Stopping && (self.at_once || world.gateways.is_empty()) {
                let grace = self.graces.get(&id.service).copied().unwrap_or_default();
                plan.actions
                    .push(Action::Stop { id, grace: if self.at_once { Duration::ZERO } else { grace } });
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use naru_model::instance::InstanceId;
    use naru_model::observed::Health;
    use naru_model::platform::Protocol;
    use tokio::sync::mpsc;

    use super::super::world::{Gateway, Instance};
    use super::*;

    const GRACE: Duration = Duration::from_secs(7);

    fn id() -> InstanceId {
        "booking-1-1".parse().unwrap()
    }

    fn world(phase: Phase, process: Process) -> World {
        let instance = Instance {
            id: id(),
            phase,
            since: Timestamp(1),
            started_at: Timestamp(1),
            address: None,
            protocol: Protocol::Http1,
            pid: 1,
            process,
            health: Health::Unknown,
            unrouted_in: None,
        };
        World { instances: BTreeMap::from([(id(), instance)]), ..World::default() }
    }

    fn stopping(at_once: bool) -> Stopping {
        let graces = BTreeMap::from([(id().service, GRACE)]);
        Stopping { at_once, graces, gateways_end_by: Timestamp(100) }
    }

    #[test]
    fn instances_serve_until_the_last_gateway_has_ended() {
        let mut world = world(Phase::Ready, Process::Running);
        let (control, _commands) = mpsc::channel(1);
        let gateway = Gateway {
            pid: 1,
            since: Timestamp(1),
            acknowledged: 1,
            load: Default::default(),
            load_at: Timestamp(1),
            control,
        };
        world.gateways.insert(1, gateway);
        assert_eq!(stopping(false).plan(&world, Timestamp(2)).actions, []);
        world.gateways.clear();
        assert_eq!(
            stopping(false).plan(&world, Timestamp(2)).actions,
            [Action::Stop { id: id(), grace: GRACE }]
        );
    }

    #[test]
    fn asked_twice_nothing_is_waited_for() {
        let zero = [Action::Stop { id: id(), grace: Duration::ZERO }];
        assert_eq!(stopping(true).plan(&world(Phase::Ready, Process::Running), Timestamp(2)).actions, zero);
        assert_eq!(
            stopping(true).plan(&world(Phase::Stopping, Process::Running), Timestamp(2)).actions,
            zero
        );
    }

    #[test]
    fn one_that_was_told_is_not_told_again_and_one_that_has_ended_is_forgotten() {
        assert_eq!(stopping(false).plan(&world(Phase::Stopping, Process::Running), Timestamp(2)).actions, []);
        let ended = Process::Exited { at: Timestamp(2), code: Some(0), signal: None };
        assert_eq!(
            stopping(false).plan(&world(Phase::Stopping, ended), Timestamp(2)).actions,
            [Action::Forget(id())]
        );
    }
}
