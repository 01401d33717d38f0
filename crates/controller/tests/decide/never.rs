//! What must never be decided, looked at before a plan is carried out.

use std::collections::BTreeSet;

use naru_model::event::Kind;
use naru_model::instance::{InstanceId, Phase};
use naru_model::observed::{Health, Process};
use naru_model::plan::{Action, DesiredService, Plan};

use crate::world::{One, World, id_of, wanted_of};

impl World {
    /// What must never be decided.
    pub(crate) fn check(&self, plan: &Plan) {
        let mut unrouted = BTreeSet::new();
        for action in &plan.actions {
            let Some(one) = self.one_of(action) else { continue };
            let removed =
                self.desired.services.get(&id_of(action).service).is_none_or(|service| service.removed);
            let running = one.process == Process::Running;
            let fine = match action {
                Action::Start(_) => false,
                Action::Route(_) => one.phase == Phase::Starting && self.answers(one),
                Action::Unroute(id) => {
                    unrouted.insert(id.clone());
                    one.phase == Phase::Ready && (!running || removed || self.gateway.is_some())
                }
                Action::Stop { .. } => match one.phase {
                    Phase::Starting => removed || self.gateway.is_some(),
                    Phase::Ready => false,
                    Phase::Draining => {
                        self.gateway.is_some() && one.unrouted_in.is_some_and(|v| v <= self.acknowledged())
                    }
                    Phase::Stopping => true,
                },
                Action::Forget(_) => !running,
            };
            assert!(fine, "{action:?} of {:?} {:?}\n{}", one.phase, one.process, self.story());
        }
        self.check_capacity(plan, &unrouted);
        self.check_finished(plan);
    }

    /// Nobody who answers is taken out when too few are left.
    fn check_capacity(&self, plan: &Plan, unrouted: &BTreeSet<InstanceId>) {
        let routed: BTreeSet<_> = plan
            .actions
            .iter()
            .filter_map(|a| if let Action::Route(id) = a { Some(id) } else { None })
            .collect();
        for (of, service) in self.desired.services.iter().filter(|(_, service)| !service.removed) {
            let healthy = self.healthy(of.as_str());
            let given_up = healthy.iter().filter(|id| unrouted.contains(*id)).count();
            let joined = routed.iter().filter(|id| id.service == *of).count();
            let left = healthy.len() - given_up + joined;
            let progress = plan.progress.get(of).unwrap_or(&service.progress).clone();
            let enough =
                wanted_of(&DesiredService { progress, ..service.clone() }).saturating_sub(self.slack);
            assert!(
                given_up == 0 || left >= enough,
                "{of} {:?} is left with {left} of {enough}\n{plan:?}\n{}",
                service.progress,
                self.story()
            );
        }
    }

    fn answers(&self, one: &One) -> bool {
        one.process == Process::Running && matches!(self.health(one), Health::Healthy { .. })
    }

    fn one_of(&self, action: &Action) -> Option<&One> {
        let one = self.ones.get(id_of(action));
        assert!(
            one.is_some() != matches!(action, Action::Start(_)),
            "{action:?} of what is there or is not there\n{}",
            self.story()
        );
        one
    }

    /// Nothing routes to what runs of another revision when one is told to be done.
    fn check_finished(&self, plan: &Plan) {
        for event in plan.events.iter().filter(|event| event.kind == Kind::RolloutFinished) {
            let of = event.service.as_ref().unwrap();
            let target = plan.progress[of].target;
            let routed = |(id, one): &(&InstanceId, &One)| {
                id.service == *of
                    && id.revision != target
                    && one.process == Process::Running
                    && matches!(one.phase, Phase::Ready | Phase::Draining)
                    && one.unrouted_in.is_none_or(|version| version > self.acknowledged())
            };
            let found = self.ones.iter().find(routed).map(|(id, _)| id);
            assert_eq!(found, None, "still routed to when {}\n{}", event.message, self.story());
        }
    }
}
