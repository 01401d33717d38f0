//! One service in one decision: what is wanted of it, what is there, and what was decided so far.

use std::collections::BTreeMap;

use naru_model::event::{Event, Kind, Severity};
use naru_model::instance::{InstanceId, Phase};
use naru_model::name::ServiceName;
use naru_model::observed::{self, Gateway, Health, Observed, RevisionTraffic, Signals};
use naru_model::plan::{Action, Desired, DesiredService, Needs, Plan, Progress, Scaling};
use naru_model::units::Timestamp;

use crate::scale;

/// What all services share in one decision.
pub(crate) struct Round<'a> {
    pub(crate) now: Timestamp,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) traffic: &'a [RevisionTraffic],
    pub(crate) signals: &'a [Signals],
    pub(crate) plan: Plan,
}

/// A service and its instances that are still there after what was decided so far.
pub(crate) struct Work<'a> {
    pub(crate) name: &'a ServiceName,
    /// `None` for instances whose service nobody knows: they are sent away.
    pub(crate) desired: Option<&'a DesiredService>,
    pub(crate) memory: Memory<'a>,
    pub(crate) members: Vec<Member<'a>>,
    /// What is asked for, within the file's bounds.
    pub(crate) asked: usize,
    /// How many are to be ready: what is asked for, as far as the pool has room.
    pub(crate) wanted: usize,
    /// Why the rollout's revision is to be given up, if something seen in this round says so.
    pub(crate) blame: Option<String>,
}

/// An instance, in the phase that was decided for it so far.
pub(crate) struct Member<'a> {
    pub(crate) seen: &'a observed::Instance,
    pub(crate) phase: Phase,
    pub(crate) since: Timestamp,
}

/// A service's progress, copied when it is first changed.
pub(crate) struct Memory<'a> {
    before: &'a Progress,
    after: Option<Progress>,
}

/// What is known of an instance in the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Healthy,
    Unhealthy,
    Unknown,
}

impl Member<'_> {
    /// Whether every gateway thread has left it out of its table.
    pub(crate) fn is_left_out(&self, gateway: Gateway) -> bool {
        self.seen.unrouted_in.is_some_and(|version| gateway.acknowledged >= version)
    }
}

impl<'a> Memory<'a> {
    pub(crate) fn get(&self) -> &Progress {
        self.after.as_ref().unwrap_or(self.before)
    }

    pub(crate) fn edit(&mut self) -> &mut Progress {
        self.after.get_or_insert_with(|| self.before.clone())
    }

    pub(crate) fn changed(self) -> Option<Progress> {
        self.after.filter(|after| after != self.before)
    }
}

impl<'a> Round<'a> {
    pub(crate) fn new(now: Timestamp, observed: &'a Observed) -> Self {
        Round {
            now,
            gateway: observed.gateway,
            traffic: &observed.revisions,
            signals: &observed.signals,
            plan: Plan::default(),
        }
    }

    /// Asks to be called again at `at`, should nothing happen before.
    pub(crate) fn wake(&mut self, at: Timestamp) {
        self.plan.wake_at = Some(self.plan.wake_at.map_or(at, |earlier| earlier.min(at)));
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.plan.actions.push(action);
    }

    /// Undoes what this round decided of an instance that has become ready.
    pub(crate) fn take_back_route(&mut self, id: &InstanceId) {
        self.plan.actions.retain(|action| !matches!(action, Action::Route(routed) if routed == id));
        let ready = |event: &Event| event.kind == Kind::InstanceReady && event.instance.as_ref() == Some(id);
        self.plan.events.retain(|event| !ready(event));
    }

    pub(crate) fn say(
        &mut self,
        work: &Work<'_>,
        kind: Kind,
        severity: Severity,
        instance: Option<&InstanceId>,
        message: String,
    ) {
        let (service, instance) = (Some(work.name.clone()), instance.cloned());
        let actor = "naru".to_owned();
        self.plan.events.push(Event {
            id: 0,
            at: self.now,
            kind,
            severity,
            service,
            instance,
            message,
            actor,
            decision: None,
        });
    }

    pub(crate) fn condition(&self, member: &Member<'_>) -> Condition {
        match (&self.gateway, &member.seen.health) {
            (None, _) | (_, Health::Unknown) => Condition::Unknown,
            (_, Health::Healthy { .. }) => Condition::Healthy,
            (_, Health::Unhealthy { .. }) => Condition::Unhealthy,
        }
    }
}

impl Work<'_> {
    pub(crate) fn removed(&self) -> bool {
        self.desired.is_none_or(|desired| desired.removed)
    }

    /// Taken out of the file, and nothing of it is left.
    pub(crate) fn ended(&self) -> bool {
        self.desired.is_some_and(|desired| desired.removed) && self.members.is_empty()
    }

    pub(crate) fn needs(&self, revision: u32) -> Needs {
        let Some(desired) = self.desired else { return Needs::default() };
        let of_file = || Needs { size: desired.service.instance, port: desired.service.port };
        desired.needs.get(&revision).copied().unwrap_or_else(of_file)
    }

    /// As many as are asked for, from what is remembered; a fixed port is held by one instance only.
    pub(crate) fn count_asked(&self) -> usize {
        let Some(desired) = self.desired.filter(|desired| !desired.removed) else { return 0 };
        let count = scale::asked_of(desired, &self.memory.get().scaling) as usize;
        match self.needs(desired.progress.target).port {
            Some(_) => count.min(1),
            None => count,
        }
    }

    /// Whether another revision than the proven one is to be reached, and there is one to go back to.
    pub(crate) fn rolling_out(&self) -> bool {
        rolling_out(self.memory.get())
    }
}

pub(crate) fn rolling_out(progress: &Progress) -> bool {
    progress.stable != 0 && progress.stable != progress.target
}

/// Gives each service its instances. Both come in order, so that one pass does.
pub(crate) fn divide<'a>(desired: &'a Desired, observed: &'a Observed) -> Vec<Work<'a>> {
    debug_assert!(
        observed.instances.is_sorted_by(|a, b| a.id < b.id),
        "instances come in the order of their ids"
    );
    let mut works = Vec::with_capacity(desired.services.len());
    let mut rest = observed.instances.as_slice();
    for (name, service) in &desired.services {
        while let Some(stranger) = rest.first().filter(|instance| instance.id.service < *name) {
            works.push(take(&stranger.id.service, None, &mut rest));
        }
        works.push(take(name, Some(service), &mut rest));
    }
    while let Some(stranger) = rest.first() {
        works.push(take(&stranger.id.service, None, &mut rest));
    }
    works
}

fn take<'a>(
    name: &'a ServiceName,
    desired: Option<&'a DesiredService>,
    rest: &mut &'a [observed::Instance],
) -> Work<'a> {
    let count = rest.iter().take_while(|instance| instance.id.service == *name).count();
    let (own, others) = rest.split_at(count);
    *rest = others;
    let members = own.iter().map(|seen| Member { seen, phase: seen.phase, since: seen.since }).collect();
    let before = desired.map_or(&NOTHING, |desired| &desired.progress);
    let memory = Memory { before, after: None };
    let mut work = Work { name, desired, memory, members, asked: 0, wanted: 0, blame: None };
    work.asked = work.count_asked();
    work.wanted = work.asked;
    work
}

/// What is remembered of a service that nobody knows.
static NOTHING: Progress = Progress {
    stable: 0,
    target: 0,
    proved: Vec::new(),
    rollout_since: Timestamp(0),
    complete_since: None,
    ordinals: BTreeMap::new(),
    crashes: Vec::new(),
    failed_starts: 0,
    crash_loop: None,
    no_room: false,
    scaling: Scaling::NONE,
};
