//! How many instances a service is asked to have: by a person's word, or by what its policies make of its load.
//!
//! What is judged is the load of the whole service (what came, what is in flight and waits, what is used), never how many
//! instances answer: so an overloaded instance that stopped answering still counts, and one that is being replaced does not
//! look like load.

mod bounds;
mod explain;
mod measure;
mod rules;
mod targets;

use naru_model::event::{Kind, Severity};
use naru_model::instance::Phase;
use naru_model::observed::Signals;
use naru_model::plan::{DesiredService, Scaling};
use naru_model::scaling::{By, Decision, Wish};
use naru_model::units::Timestamp;

pub use explain::policies;

use crate::work::{Round, Work};

/// Returns how many instances a service is asked to have, within the file's bounds: a person's word, else what its policies
/// decided last, else the minimum.
pub fn asked(desired: &DesiredService) -> u32 {
    asked_of(desired, &desired.progress.scaling)
}

pub(crate) fn asked_of(desired: &DesiredService, scaling: &Scaling) -> u32 {
    let scale = &desired.service.scale;
    let count = match desired.count {
        Some(count) => count,
        None if scale.is_automatic() => scaling.count,
        None => scale.min,
    };
    count.max(scale.min).min(scale.max.max(scale.min))
}

/// What is judged: a service, its seconds and how its instances stand.
struct Case<'a> {
    now: Timestamp,
    desired: &'a DesiredService,
    signals: &'a Signals,
    /// As it is, within the file's bounds.
    count: u32,
    /// Instances that start or warm up.
    coming: usize,
    rolling_out: bool,
}

impl Work<'_> {
    /// Decides how many are asked for, once for each second that there is news of.
    pub(crate) fn scale(&mut self, round: &mut Round<'_>) {
        let Some(desired) = self.desired else { return };
        if desired.removed || !desired.service.scale.is_automatic() {
            return;
        }
        if let Some(held) = desired.count {
            self.follow(held, round.now);
        } else if let Ok(place) = round.signals.binary_search_by(|signals| signals.service.cmp(self.name)) {
            self.follow_policies(&round.signals[place], round);
        }
        self.asked = self.count_asked();
        self.wanted = self.asked;
    }

    /// Policies rest, and begin where the person leaves it.
    fn follow(&mut self, held: u32, now: Timestamp) {
        let scaling = &self.memory.get().scaling;
        if scaling.count == held && scaling.base == held {
            return;
        }
        let wishes = vec![Wish { by: By::Person, seen: None, level: None, wants: Some(held) }];
        let decision = Decision { from: scaling.count, to: held, wishes, bounds: Vec::new() };
        let scaling = &mut self.memory.edit().scaling;
        (scaling.count, scaling.base, scaling.shrunk_at) = (held, held, now);
        scaling.decision = Some(decision);
    }

    fn follow_policies(&mut self, signals: &Signals, round: &mut Round<'_>) {
        let Some(desired) = self.desired else { return };
        let case = Case {
            now: round.now,
            desired,
            signals,
            count: asked_of(desired, &self.memory.get().scaling),
            coming: self.count_coming(round.now),
            rolling_out: self.rolling_out(),
        };
        let Some(next) = bounds::decide(&case, &self.memory.get().scaling) else { return };
        let changed = next.count != case.count;
        if next != self.memory.get().scaling {
            self.memory.edit().scaling = next;
        }
        if let Some(decision) = self.memory.get().scaling.decision.clone().filter(|_| changed) {
            let message = explain::message(self.name, desired, &decision);
            round.say_scaled(self, message, decision);
        }
    }

    fn count_coming(&self, now: Timestamp) -> usize {
        let warm_up = self.desired.map(|desired| desired.service.scale.warm_up).unwrap_or_default();
        let comes = |phase, since: Timestamp| match phase {
            Phase::Starting => true,
            Phase::Ready => now < since + warm_up,
            Phase::Draining | Phase::Stopping => false,
        };
        self.members.iter().filter(|member| comes(member.phase, member.since)).count()
    }
}

impl Round<'_> {
    fn say_scaled(&mut self, work: &Work<'_>, message: String, decision: Decision) {
        self.say(work, Kind::Scaled, Severity::Info, None, message);
        if let Some(event) = self.plan.events.last_mut() {
            event.decision = Some(Box::new(decision));
        }
    }
}
