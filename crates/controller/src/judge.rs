//! Whether a rollout goes on, is complete, or is taken back.

use naru_model::event::{Kind, Severity};
use naru_model::instance::Phase;
use naru_model::observed::{Health, RevisionTraffic};
use naru_model::units::{Percent, Timestamp};

use crate::keep::Census;
use crate::words;
use crate::work::{Condition, Member, Round, Work};

/// So many failed starts within a rollout end it.
pub(crate) const FAILED_STARTS: u32 = 3;
/// Fewer requests than this say nothing of a revision.
const ENOUGH_REQUESTS: u64 = 20;
/// One-sided 1 % of the normal distribution: by chance alone a rollout is taken back once in a hundred comparisons that
/// lie beyond `rollout.max_errors` as well.
const SIGNIFICANT_Z: f64 = 2.33;

impl Work<'_> {
    /// Goes back to the proven revision when the new one has failed.
    pub(crate) fn judge(&mut self, round: &mut Round<'_>) {
        if !self.rolling_out() {
            return;
        }
        let blame =
            self.blame.take().or_else(|| self.find_unhealthy(round)).or_else(|| self.find_errors(round));
        let Some(why) = blame else { return };
        let progress = self.memory.edit();
        let (failed, proven) = (progress.target, progress.stable);
        progress.target = proven;
        progress.rollout_since = round.now;
        progress.complete_since = None;
        progress.failed_starts = 0;
        let message = format!("{} goes back from revision {failed} to revision {proven}: {why}", self.name);
        round.say(self, Kind::RolledBack, Severity::Error, None, message);
    }

    /// A new instance that fails its checks while no old one does. When both do, what they depend on is the likely cause.
    fn find_unhealthy(&self, round: &Round<'_>) -> Option<String> {
        let target = self.memory.get().target;
        let unhealthy = |member: &&Member<'_>| round.condition(member) == Condition::Unhealthy;
        let on_trial = |member: &&Member<'_>| {
            member.seen.id.revision == target && member.phase == Phase::Ready && unhealthy(member)
        };
        let first = self.members.iter().find(on_trial)?;
        // Those on their way out count as well: they failed in the same hour.
        let old = |member: &Member<'_>| member.seen.id.revision != target && member.phase >= Phase::Ready;
        if self.members.iter().any(|member| old(member) && unhealthy(&member)) {
            return None;
        }
        let Health::Unhealthy { why, .. } = &first.seen.health else { return None };
        Some(format!("{} fails its health check ({why})", first.seen.id))
    }

    fn find_errors(&self, round: &Round<'_>) -> Option<String> {
        let progress = self.memory.get();
        let of = |revision| {
            round.traffic.iter().find(|traffic| traffic.service == *self.name && traffic.revision == revision)
        };
        let max = self.desired?.service.rollout.max_errors;
        errs(of(progress.target)?, of(progress.stable), max)
    }

    /// Ends the watch over a revision that has all its instances, once it has been watched for long enough.
    pub(crate) fn end_watch(&mut self, round: &mut Round<'_>) {
        let (Some(since), Some(desired)) = (self.memory.get().complete_since, self.desired) else { return };
        let hold = desired.service.rollout.hold;
        if round.now < since + hold {
            return round.wake(since + hold);
        }
        self.prove(&format!(", and did well for {}", words::span(hold)), since, round);
    }

    /// Notes that the target has all its instances and all requests. It is watched from now on, unless there is nothing to go
    /// back to.
    pub(crate) fn complete(&mut self, census: &Census, round: &mut Round<'_>) {
        let progress = self.memory.get();
        let (stable, target) = (progress.stable, progress.target);
        let old = census.old_in_table + census.old_routed + census.old_starting;
        let reached = census.settled >= self.wanted && old == 0;
        if !reached || target == stable || progress.complete_since.is_some() {
            return;
        }
        if stable == 0 {
            return self.prove("", round.now, round);
        }
        self.memory.edit().complete_since = Some(round.now);
        self.end_watch(round);
    }

    fn prove(&mut self, watched: &str, complete_since: Timestamp, round: &mut Round<'_>) {
        let progress = self.memory.edit();
        let (target, took) = (progress.target, words::span(complete_since.since(progress.rollout_since)));
        crate::rollout::prove(progress);
        (progress.complete_since, progress.failed_starts) = (None, 0);
        let message =
            format!("revision {target} of {} has all {} ready after {took}{watched}", self.name, self.wanted);
        round.say(self, Kind::RolloutFinished, Severity::Info, None, message);
    }
}

/// Tells whether the new revision errs more than the old one by over `max`, and not by chance; says it in figures.
///
/// With enough requests on both, their error ratios are compared by the pooled two-proportion z-test; with too few on
/// the old one, the new one's ratio is tested against `max` itself.
///
/// # Caveats
/// It looks again and again while requests come in, so the chance of a false alarm over a whole rollout is above 1 %;
/// that the difference must exceed `max` too keeps it small.
///
/// Source: NIST/SEMATECH e-Handbook of Statistical Methods, §7.2.4 and §7.3.3,
/// <https://www.itl.nist.gov/div898/handbook/prc/section3/prc33.htm>.
fn errs(new: &RevisionTraffic, old: Option<&RevisionTraffic>, max: Percent) -> Option<String> {
    if new.requests < ENOUGH_REQUESTS {
        return None;
    }
    let (n_new, max) = (new.requests as f64, max.ratio());
    let p_new = new.errors as f64 / n_new;
    let figures = |traffic: &RevisionTraffic| {
        let share = words::percent(traffic.errors, traffic.requests);
        format!("{share} of {} requests to revision {} failed", traffic.requests, traffic.revision)
    };
    if let Some(old) = old.filter(|old| old.requests >= ENOUGH_REQUESTS) {
        let n_old = old.requests as f64;
        let p_old = old.errors as f64 / n_old;
        let pooled = (new.errors + old.errors) as f64 / (n_new + n_old);
        let deviation = (pooled * (1.0 - pooled) * (1.0 / n_new + 1.0 / n_old)).sqrt();
        let more = p_new - p_old;
        return (more > max && more > SIGNIFICANT_Z * deviation)
            .then(|| format!("{}, {}", figures(new), figures(old)));
    }
    let deviation = (max * (1.0 - max) / n_new).sqrt();
    (p_new - max > SIGNIFICANT_Z * deviation)
        .then(|| format!("{}, and {:.1}% may", figures(new), 100.0 * max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(revision: u32, requests: u64, errors: u64) -> RevisionTraffic {
        RevisionTraffic { service: "booking".parse().unwrap(), revision, requests, errors }
    }

    const FIVE_PERCENT: Percent = Percent { thousandths: 50 };

    #[test]
    fn more_errors_than_allowed_and_than_chance_are_said_in_figures() {
        let said = errs(&traffic(2, 100, 20), Some(&traffic(1, 1000, 10)), FIVE_PERCENT);
        let expected =
            "20.0% of 100 requests to revision 2 failed, 1.0% of 1000 requests to revision 1 failed";
        assert_eq!(said.as_deref(), Some(expected));
    }

    #[test]
    fn few_requests_chance_and_old_errors_are_forgiven() {
        let old = traffic(1, 1000, 10);
        assert_eq!(errs(&traffic(2, 19, 19), Some(&old), FIVE_PERCENT), None, "too few requests");
        assert_eq!(errs(&traffic(2, 1000, 55), Some(&old), FIVE_PERCENT), None, "within what is allowed");
        assert_eq!(
            errs(&traffic(2, 25, 3), Some(&traffic(1, 25, 0)), FIVE_PERCENT),
            None,
            "three may be chance"
        );
        assert_eq!(errs(&traffic(2, 100, 52), Some(&traffic(1, 1000, 500)), FIVE_PERCENT), None, "both err");
    }

    #[test]
    fn without_old_requests_the_limit_itself_is_the_measure() {
        assert!(errs(&traffic(2, 20, 10), None, FIVE_PERCENT).is_some());
        assert!(errs(&traffic(2, 20, 10), Some(&traffic(1, 3, 0)), FIVE_PERCENT).is_some());
        assert_eq!(errs(&traffic(2, 20, 1), None, FIVE_PERCENT), None);
    }
}
