//! How many instances a service is asked to have: by a person's word, or by what its policies make of its load.
//!
//! What is judged is the load of the whole service (what came, what is in flight and waits, what is used), never how many
//! instances answer: so an overloaded instance that stopped answering still counts, and one that is being replaced does not
//! look like load.

mod bounds;
mod capacity;
mod explain;
mod forecast;
mod measure;
mod rules;
mod targets;

use std::time::Duration;

use naru_model::event::{Kind, Severity};
use naru_model::instance::Phase;
use naru_model::observed::Signals;
use naru_model::plan::{DesiredService, Scaling};
use naru_model::scaling::{By, Capacity, Decision, Second, Wish};
use naru_model::units::Timestamp;

pub use explain::policies;

use crate::work::{Round, Work, rolling_out};
use measure::{Balance, Load};
use targets::Judge;

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
    /// Instances that start or are ready.
    there: usize,
    /// Instances that start or warm up, as of the newest second.
    coming: usize,
    rolling_out: bool,
    /// How long an instance takes to be ready, and in how long the next one will be.
    start_up: Duration,
    comes_in: Duration,
    /// When the last one became ready.
    last_ready: Timestamp,
}

/// A change shows in figures over ten seconds after so long.
const SHOWS_AFTER: Duration = Duration::from_secs(10);
/// How long an instance is taken to start while none has.
const START_UP: Duration = Duration::from_secs(5);

impl<'a> Case<'a> {
    /// Learns what one instance carries, and has all that wishes are made from.
    fn judge(&self, count: u32, memory: &mut Scaling) -> Judge<'a> {
        let service = &self.desired.service;
        let seconds = &self.signals.seconds[..];
        let calm =
            if self.rolling_out { before(seconds, self.desired.progress.rollout_since) } else { seconds };
        let ratios = capacity::ratios(calm, service);
        let judged = !service.scale.target.is_empty() && !self.rolling_out && self.coming == 0;
        if let Some(balance) = measure::balance(seconds).filter(|_| judged) {
            let revision = self.desired.progress.target;
            let known = memory.capacity;
            let learned = capacity::learn(known, seconds, service, &ratios, &balance, revision, self.now);
            memory.capacity = learned.or(known);
        }
        let carries = capacity::carries(service, &ratios, memory.capacity);
        let settled = self.coming == 0 && self.now >= self.last_ready.max(memory.grown_at) + SHOWS_AFTER;
        Judge { service, count, ratios, carries, rolling_out: self.rolling_out, settled }
    }

    /// What the targets want, in the order of the file, and what carries what comes.
    fn wishes(&self, judge: &Judge<'_>, learned: Option<Capacity>) -> Option<Vec<Wish>> {
        let seconds = &self.signals.seconds[..];
        let load = measure::load(seconds)?;
        let balance = measure::balance(seconds);
        let targets = &judge.service.scale.target;
        let mut wishes: Vec<Wish> =
            targets.iter().map(|target| judge.wish(*target, &load, balance.as_ref())).collect();
        if !targets.is_empty() {
            wishes.extend(self.ahead(judge, &load, seconds));
        }
        let rate = learned.map_or(0.0, |learned| learned.rate);
        let demands = |balance: &Balance| !targets.is_empty() || (load.ready == 0 && balance.waiting > 0.0);
        let piled_up = |balance: Balance| judge.piled_up(&load, &balance, self.comes_in, rate);
        wishes.extend(balance.filter(demands).and_then(piled_up));
        Some(wishes)
    }

    /// What comes by the time that an instance started now can serve, over what one carries.
    fn ahead(&self, judge: &Judge<'_>, load: &Load, seconds: &[Second]) -> Option<Wish> {
        let more = forecast::more(seconds, self.start_up + measure::LAG);
        judge.ahead(load, more, forecast::spread(seconds))
    }
}

/// The seconds that were over by then.
fn before(seconds: &[Second], then: Timestamp) -> &[Second] {
    let count = seconds.partition_point(|second| rules::end(second) <= then);
    &seconds[..count]
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
        if scaling.count == held && scaling.base == Some(held) {
            return;
        }
        let wishes = vec![Wish { by: By::Person, seen: None, level: None, wants: Some(held) }];
        let decision = Decision { from: scaling.count, to: held, wishes, bounds: Vec::new() };
        let scaling = &mut self.memory.edit().scaling;
        (scaling.count, scaling.base, scaling.shrunk_at) = (held, Some(held), now);
        scaling.decision = Some(decision);
    }

    fn follow_policies(&mut self, signals: &Signals, round: &mut Round<'_>) {
        let Some(desired) = self.desired else { return };
        let Some(newest) = signals.seconds.last().map(rules::end) else { return };
        let start_up = self.start_up();
        let case = Case {
            now: round.now,
            desired,
            signals,
            count: asked_of(desired, &self.memory.get().scaling),
            there: self.members.iter().filter(|member| member.phase <= Phase::Ready).count(),
            coming: self.count_coming(newest),
            rolling_out: self.rolling_out() || newest <= self.memory.get().scaling.calm_since,
            start_up,
            comes_in: self.next_in(start_up, round.now),
            last_ready: self.last_ready(),
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

    /// How long those that are ready took to be; the middle one, so that one slow start says little.
    fn start_up(&self) -> Duration {
        let ready = self.members.iter().filter(|member| member.phase == Phase::Ready);
        let mut took: Vec<_> = ready.map(|member| member.since.since(member.seen.started_at)).collect();
        // One that was there before naru took no time that anybody saw.
        took.retain(|took| !took.is_zero());
        took.sort();
        took.get(took.len() / 2).copied().unwrap_or(START_UP)
    }

    /// In how long another instance will be ready, if one is started now at the latest.
    fn next_in(&self, start_up: Duration, now: Timestamp) -> Duration {
        let starting = self.members.iter().filter(|member| member.phase == Phase::Starting);
        let left = starting.map(|member| start_up.saturating_sub(now.since(member.seen.started_at)));
        left.min().unwrap_or(start_up)
    }

    fn last_ready(&self) -> Timestamp {
        let ready = self.members.iter().filter(|member| member.phase == Phase::Ready);
        ready.map(|member| member.since).max().unwrap_or_default()
    }

    /// Those that were not warm yet when the newest second ended: what was decided since must not be judged by it.
    fn count_coming(&self, newest: Timestamp) -> usize {
        let warm_up = self.desired.map(|desired| desired.service.scale.warm_up).unwrap_or_default();
        let comes = |phase, since: Timestamp| match phase {
            Phase::Starting => true,
            Phase::Ready => newest < since + warm_up,
            Phase::Draining | Phase::Stopping => false,
        };
        self.members.iter().filter(|member| comes(member.phase, member.since)).count()
    }

    /// Notes the end of a rollout, so that its seconds are not judged.
    pub(crate) fn note_calm(&mut self, round: &Round<'_>) {
        let automatic = self.desired.is_some_and(|desired| desired.service.scale.is_automatic());
        let began_rolling = self.desired.is_some_and(|desired| rolling_out(&desired.progress));
        if automatic && began_rolling && !self.rolling_out() {
            self.memory.edit().scaling.calm_since = round.now;
        }
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
