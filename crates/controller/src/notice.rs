//! What happened to each instance, and the next step of those that start or leave. No choice is made here: each step
//! follows from what is seen of the one instance.

use std::time::Duration;

use naru_model::event::{Kind, Severity};
use naru_model::instance::{InstanceId, Phase};
use naru_model::observed::{Health, Process};
use naru_model::plan::{Action, Crash};
use naru_model::units::Timestamp;

use crate::crash;
use crate::words;
use crate::work::{Condition, Member, Round, Work};

/// From being asked to end to being killed.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
/// The same, and the drain time, of an instance that does not answer anyway.
pub(crate) const SHORT_GRACE: Duration = Duration::from_secs(1);
/// Asked to end and killed, it must be gone by so long after the grace, or the asking was lost with a server.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// How long a gateway that has just connected may take to say how an instance is.
const FIRST_WORD: Duration = Duration::from_secs(5);
/// For instances whose service is not known any more.
const UNKNOWN_DRAIN: Duration = Duration::from_secs(30);

impl Work<'_> {
    /// Notices ends and readiness, and lets who leaves take the next step.
    pub(crate) fn notice(&mut self, round: &mut Round<'_>) {
        let mut members = std::mem::take(&mut self.members);
        members.retain_mut(|member| match member.seen.process {
            Process::Exited { at, code, signal } => {
                self.notice_end(member, at.min(round.now), code, signal, round);
                false
            }
            Process::Running => {
                match member.phase {
                    Phase::Starting if !self.removed() => self.notice_failed_start(member, round),
                    Phase::Draining => self.drain(member, round),
                    Phase::Stopping => ask_again(member, round),
                    Phase::Starting | Phase::Ready => {}
                }
                true
            }
        });
        self.members = members;
        if !self.memory.get().crashes.is_empty() {
            self.notice_proof(round);
        }
    }

    fn notice_end(
        &mut self,
        member: &Member<'_>,
        at: Timestamp,
        code: Option<i32>,
        signal: Option<i32>,
        round: &mut Round<'_>,
    ) {
        let id = &member.seen.id;
        if member.phase == Phase::Ready {
            round.act(Action::Unroute(id.clone()));
        }
        round.act(Action::Forget(id.clone()));
        let end = words::end(code, signal);
        let lived = words::span(at.since(member.seen.started_at));
        if self.removed() || matches!(member.phase, Phase::Draining | Phase::Stopping) {
            let message = format!("{id} {end} as it was to, after {lived}");
            return round.say(self, Kind::InstanceRemoved, Severity::Info, Some(id), message);
        }
        let proved = member.phase == Phase::Ready && at.since(member.since) >= crash::PROOF;
        let next = if proved { "replacing it now".to_owned() } else { self.record_crash(id, at) };
        let message = format!("{id} {end} after {lived}; {next}");
        round.say(self, Kind::InstanceExited, Severity::Warning, Some(id), message);
        if self.is_on_trial(id) {
            // A ready one that nobody saw end went down with the machine: that says nothing of the revision.
            let seen = code.is_some() || signal.is_some();
            match member.phase {
                Phase::Ready if seen => self.blame = Some(format!("{id} {end} after {lived}")),
                Phase::Ready => {}
                _ => self.count_failed_start(format!("{id} {end} after {lived}")),
            }
        }
        self.notice_loop(id, &end, round);
    }

    /// Gives up on one that takes too long.
    fn notice_failed_start(&mut self, member: &mut Member<'_>, round: &mut Round<'_>) {
        let (Some(gateway), Some(desired)) = (round.gateway, self.desired) else { return };
        let id = &member.seen.id;
        let limit = desired.service.health.start_timeout;
        let (deadline, why) = match &member.seen.health {
            Health::Healthy { .. } => return,
            Health::Unhealthy { why, .. } => (member.since + limit, why.as_str()),
            Health::Unknown => {
                ((member.since + limit).max(gateway.since + FIRST_WORD), "its health check got no answer")
            }
        };
        if round.now < deadline {
            return round.wake(deadline);
        }
        stop(member, SHORT_GRACE, round);
        let next = self.record_crash(id, round.now);
        let failure = format!("{id} was not healthy within {} ({why})", words::span(limit));
        round.say(self, Kind::InstanceUnhealthy, Severity::Warning, Some(id), format!("{failure}; {next}"));
        if self.is_on_trial(id) {
            self.count_failed_start(failure);
        }
        self.notice_loop(id, "did not become healthy", round);
    }

    /// Puts those that have become healthy into the table.
    pub(crate) fn route(&mut self, round: &mut Round<'_>) {
        for index in 0..self.members.len() {
            let member = &mut self.members[index];
            if member.phase != Phase::Starting || round.condition(member) != Condition::Healthy {
                continue;
            }
            let (id, waited) = (&member.seen.id, round.now.since(member.since));
            (member.phase, member.since) = (Phase::Ready, round.now);
            round.act(Action::Route(id.clone()));
            let message = format!("{id} is ready after {}: it gets requests now", words::span(waited));
            round.say(self, Kind::InstanceReady, Severity::Info, Some(id), message);
        }
    }

    /// Stops who has left the table, once its requests have ended or their time is over.
    fn drain(&mut self, member: &mut Member<'_>, round: &mut Round<'_>) {
        let Some(gateway) = round.gateway else { return };
        let hung = round.condition(member) == Condition::Unhealthy;
        let limit = self.desired.map_or(UNKNOWN_DRAIN, |desired| desired.service.drain);
        let limit = if hung { limit.min(SHORT_GRACE) } else { limit };
        let deadline = member.since + limit;
        let in_flight = member.seen.in_flight;
        // Until every thread has left it out a new request may still reach it, however long that takes.
        let left_out = member.is_left_out(gateway);
        if round.now < deadline && !(left_out && in_flight == Some(0)) {
            return round.wake(deadline);
        }
        if !left_out {
            return;
        }
        if let Some(left @ 1..) = in_flight {
            let id = &member.seen.id;
            let message =
                format!("{id} still has {left} requests in flight after {}; ending it", words::span(limit));
            round.say(self, Kind::InstanceRemoved, Severity::Warning, Some(id), message);
        }
        stop(member, if hung { SHORT_GRACE } else { GRACE }, round);
    }

    /// Whether a failure of this instance speaks against the rollout.
    fn is_on_trial(&self, id: &InstanceId) -> bool {
        self.rolling_out() && id.revision == self.memory.get().target
    }

    fn count_failed_start(&mut self, failure: String) {
        let progress = self.memory.edit();
        progress.failed_starts += 1;
        if progress.failed_starts >= crate::judge::FAILED_STARTS {
            self.blame =
                Some(format!("{failure}, the {} failed start", words::nth(progress.failed_starts as usize)));
        }
    }

    /// Remembers a crash, and says what follows from it.
    fn record_crash(&mut self, id: &InstanceId, at: Timestamp) -> String {
        let wanted = self.asked;
        let progress = self.memory.edit();
        crash::record(progress, Crash { revision: id.revision, at });
        let (count, _) = crash::recent(progress, id.revision);
        let delay = crash::delay(progress, id.revision, wanted);
        let when = if delay.is_zero() { "now".to_owned() } else { format!("in {}", words::span(delay)) };
        let repeated =
            if count > 1 { format!(" ({} crash in a minute)", words::nth(count)) } else { String::new() };
        format!("starting another {when}{repeated}")
    }

    fn notice_loop(&mut self, id: &InstanceId, end: &str, round: &mut Round<'_>) {
        let progress = self.memory.get();
        let revision = id.revision;
        if progress.crash_loop == Some(revision) || !crash::is_loop(progress, revision, self.asked) {
            return;
        }
        let (count, _) = crash::recent(progress, revision);
        self.memory.edit().crash_loop = Some(revision);
        let delay = words::span(crash::delay(self.memory.get(), revision, self.asked));
        let message = format!(
            "revision {revision} of {} keeps crashing: {count} times within a minute, the last one {end}; it is tried \
             again every {delay}, see `naru logs {}`",
            self.name, self.name
        );
        round.say(self, Kind::CrashLoop, Severity::Error, Some(id), message);
    }

    /// Forgets the crashes of a revision of which an instance has proved itself since.
    fn notice_proof(&mut self, round: &mut Round<'_>) {
        if round.gateway.is_none() {
            return;
        }
        for index in 0..self.members.len() {
            let member = &self.members[index];
            let revision = member.seen.id.revision;
            let Some(last) = crash::recent(self.memory.get(), revision).1 else { continue };
            let healthy = round.condition(member) == Condition::Healthy;
            if member.phase != Phase::Ready || !healthy || member.seen.started_at < last {
                continue;
            }
            let proof = member.since + crash::PROOF;
            if round.now >= proof {
                crash::forget(self.memory.edit(), revision);
            } else {
                round.wake(proof);
            }
        }
    }

    /// Lets all instances go, in the safe order.
    pub(crate) fn leave(&mut self, round: &mut Round<'_>) {
        for index in 0..self.members.len() {
            match self.members[index].phase {
                Phase::Starting => stop(&mut self.members[index], SHORT_GRACE, round),
                Phase::Ready => self.unroute(
                    index,
                    Kind::InstanceRemoved,
                    Severity::Info,
                    "its service was removed",
                    round,
                ),
                Phase::Draining | Phase::Stopping => {}
            }
        }
    }

    /// Takes one out of the table. One that was only put into it in this round is stopped instead.
    pub(crate) fn unroute(
        &mut self,
        index: usize,
        kind: Kind,
        severity: Severity,
        why: &str,
        round: &mut Round<'_>,
    ) {
        let member = &mut self.members[index];
        let id = &member.seen.id;
        if member.seen.phase == Phase::Starting {
            round.take_back_route(id);
            return stop(member, SHORT_GRACE, round);
        }
        (member.phase, member.since) = (Phase::Draining, round.now);
        round.act(Action::Unroute(id.clone()));
        let message = format!("taking {id} out: {why}");
        round.say(self, kind, severity, Some(id), message);
    }
}

/// Asks one to end that is in no table.
pub(crate) fn stop(member: &mut Member<'_>, grace: Duration, round: &mut Round<'_>) {
    (member.phase, member.since) = (Phase::Stopping, round.now);
    round.act(Action::Stop { id: member.seen.id.clone(), grace });
}

/// Asks one to end again that should have ended long ago.
fn ask_again(member: &mut Member<'_>, round: &mut Round<'_>) {
    let deadline = member.since + GRACE + ASK_AGAIN;
    if round.now < deadline {
        round.wake(deadline);
    } else {
        stop(member, Duration::ZERO, round);
    }
}
