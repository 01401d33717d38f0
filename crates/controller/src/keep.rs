//! Keeps a service at its wanted number of ready instances of the right revision: what goes, and what is asked for.
//!
//! Replacing adds before it removes: up to `rollout.surge` more than wanted, and one old instance goes for each new one
//! that is ready and warm. What crashed during a rollout is replaced by the proven revision until an instance of the new
//! one has become ready. *In place* (a fixed port, `surge: 0`, or no room for one more) one goes before one comes.

use naru_model::event::{Kind, Severity};
use naru_model::instance::Phase;
use naru_model::observed::Health;

use crate::crash;
use crate::notice::{SHORT_GRACE, stop};
use crate::room::{Class, Request, Totals};
use crate::work::{Condition, Member, Round, Work};

/// A service's instances, counted. *New* is of the revision to be on, *old* of any other.
#[derive(Debug, Default)]
pub(crate) struct Census {
    pub(crate) new_starting: usize,
    pub(crate) old_starting: usize,
    /// In the table, and not known to be unhealthy.
    pub(crate) new: usize,
    pub(crate) old: usize,
    /// In the table, unhealthy or not.
    pub(crate) old_in_table: usize,
    /// Out of the table, and some gateway thread may still route to it.
    pub(crate) old_routed: usize,
    /// New ones that are healthy and warm.
    pub(crate) settled: usize,
    pub(crate) healthy: usize,
    pub(crate) unhealthy: usize,
    /// In the table, and the gateway has not said how they are.
    pub(crate) unknown: usize,
    /// Draining or stopping.
    pub(crate) leaving: usize,
}

impl Census {
    fn starting(&self) -> usize {
        self.new_starting + self.old_starting
    }

    fn in_table(&self) -> usize {
        self.healthy + self.unhealthy + self.unknown
    }

    /// Those that requests can rely on, once nothing is unknown.
    fn serving(&self) -> usize {
        self.old + self.settled
    }
}

impl Work<'_> {
    /// Judges, takes out and asks for.
    pub(crate) fn keep(
        &mut self,
        index: usize,
        totals: &Totals,
        requests: &mut Vec<Request>,
        round: &mut Round<'_>,
    ) {
        self.judge(round);
        self.route(round);
        let in_place = self.in_place(totals);
        let mut census = self.count(round);
        if round.gateway.is_some() && census.unknown == 0 {
            self.end_watch(round);
            census = self.count(round);
            if self.has_surplus(&census) {
                self.stop_surplus_starts(census, round);
                census = self.count(round);
            }
            if census.unhealthy > 0 {
                self.take_out_unhealthy(&census, in_place, round);
                census = self.count(round);
            }
            if self.has_surplus(&census) {
                self.take_out_surplus(&census, round);
                census = self.count(round);
            }
            if in_place && self.make_place(&census, round) {
                census = self.count(round);
            }
            self.complete(&census, round);
        }
        self.request(index, in_place, &census, requests, round);
    }

    fn in_place(&self, totals: &Totals) -> bool {
        let needs = self.needs(self.memory.get().target);
        let surge = self.desired.map_or(0, |desired| desired.service.rollout.surge);
        surge == 0 || needs.port.is_some() || !totals.fit_one_more(needs.size)
    }

    fn count(&self, round: &mut Round<'_>) -> Census {
        let mut census = Census::default();
        let target = self.memory.get().target;
        let warm_up = self.desired.map(|desired| desired.service.scale.warm_up).unwrap_or_default();
        for member in &self.members {
            let new = member.seen.id.revision == target;
            match member.phase {
                Phase::Starting if new => census.new_starting += 1,
                Phase::Starting => census.old_starting += 1,
                Phase::Draining
                    if !new && !round.gateway.is_some_and(|gateway| member.is_left_out(gateway)) =>
                {
                    census.leaving += 1;
                    census.old_routed += 1;
                }
                Phase::Draining | Phase::Stopping => census.leaving += 1,
                Phase::Ready => {
                    let condition = round.condition(member);
                    census.old_in_table += usize::from(!new);
                    match condition {
                        Condition::Healthy => census.healthy += 1,
                        Condition::Unhealthy => census.unhealthy += 1,
                        Condition::Unknown => census.unknown += 1,
                    }
                    if condition != Condition::Unhealthy {
                        census.new += usize::from(new);
                        census.old += usize::from(!new);
                    }
                    if new && condition == Condition::Healthy {
                        let warm = member.since + warm_up;
                        if round.now >= warm {
                            census.settled += 1;
                        } else {
                            round.wake(warm);
                        }
                    }
                }
            }
        }
        census
    }

    /// Takes the unhealthy out at once while at least half of what is wanted is healthy. While less is, the cause is likely
    /// beyond them, and replacing all would only add to it: one at a time, and the last ones only when there is another.
    fn take_out_unhealthy(&mut self, census: &Census, in_place: bool, round: &mut Round<'_>) {
        let Census { healthy, unhealthy, .. } = *census;
        let surplus = (healthy + unhealthy).saturating_sub(self.wanted);
        let none_on_its_way = census.starting() == 0 && census.in_table() >= self.wanted;
        let count = if healthy > 0 && healthy * 2 >= self.wanted {
            unhealthy
        } else if healthy > 0 {
            surplus + usize::from(none_on_its_way)
        } else {
            surplus + usize::from(in_place && none_on_its_way && census.leaving == 0)
        };
        let mut chosen: Vec<_> = (0..self.members.len())
            .filter_map(|index| match (self.members[index].phase, &self.members[index].seen.health) {
                (Phase::Ready, Health::Unhealthy { since, why }) => Some((*since, index, why)),
                _ => None,
            })
            .collect();
        chosen.sort_by_key(|(since, index, _)| (*since, *index));
        for (_, index, why) in chosen.into_iter().take(count) {
            let why = format!("its health check fails ({why}); {healthy} others are healthy");
            self.unroute(index, Kind::InstanceUnhealthy, Severity::Warning, &why, round);
        }
    }

    /// Whether anything may be superfluous: spares the steady state the closer look.
    fn has_surplus(&self, census: &Census) -> bool {
        census.old_in_table + census.old_starting > 0 || census.starting() + census.in_table() > self.wanted
    }

    /// Stops those that start and are not needed any more: they serve nobody, so there is nothing to drain.
    fn stop_surplus_starts(&mut self, mut census: Census, round: &mut Round<'_>) {
        let progress = self.memory.get();
        let (stable, target) = (progress.stable, progress.target);
        // The youngest first: the others are nearer to being ready.
        for member in self.members.iter_mut().rev().filter(|member| member.phase == Phase::Starting) {
            let revision = member.seen.id.revision;
            let superfluous = if revision == target {
                census.new_starting + census.new > self.wanted
            } else {
                let given_up = stable != 0 && revision != stable;
                given_up || census.new + census.old + census.old_starting > self.wanted
            };
            if superfluous {
                let left =
                    if revision == target { &mut census.new_starting } else { &mut census.old_starting };
                *left -= 1;
                stop(member, SHORT_GRACE, round);
            }
        }
    }

    /// Takes out one old for each new that serves, and then what is over the wanted number.
    fn take_out_surplus(&mut self, census: &Census, round: &mut Round<'_>) {
        let mut spare = census.serving().saturating_sub(self.wanted);
        let (target, stable) = (self.memory.get().target, self.memory.get().stable);
        let why = format!("{} of revision {target} are ready in its place", census.settled);
        // What was never proved goes first, then the oldest.
        let mut old = self.ready_by(round, |member| member.seen.id.revision != target);
        old.sort_by_key(|&index| {
            let seen = self.members[index].seen;
            (seen.id.revision == stable, seen.started_at, index)
        });
        for index in old.into_iter().take(spare) {
            self.unroute(index, Kind::InstanceRemoved, Severity::Info, &why, round);
            spare -= 1;
        }
        let why = format!("{} are wanted", self.wanted);
        let warm_up = self.desired.map(|desired| desired.service.scale.warm_up).unwrap_or_default();
        let mut surplus = census.new.saturating_sub(self.wanted);
        let mut new = self.ready_by(round, |member| member.seen.id.revision == target);
        new.sort_by_key(|&index| std::cmp::Reverse((self.members[index].since, index)));
        for index in new {
            let warm = round.now >= self.members[index].since + warm_up;
            if surplus == 0 || (warm && spare == 0) {
                break;
            }
            self.unroute(index, Kind::InstanceRemoved, Severity::Info, &why, round);
            surplus -= 1;
            spare -= usize::from(warm);
        }
    }

    /// The places of the healthy ones in the table that `which` holds for.
    fn ready_by(&self, round: &Round<'_>, which: impl Fn(&Member<'_>) -> bool) -> Vec<usize> {
        let fits = |member: &Member<'_>| {
            member.phase == Phase::Ready && round.condition(member) == Condition::Healthy && which(member)
        };
        (0..self.members.len()).filter(|&index| fits(&self.members[index])).collect()
    }

    /// Takes out one old instance so that a new one can have its place. Tells whether it did.
    fn make_place(&mut self, census: &Census, round: &mut Round<'_>) -> bool {
        let target = self.memory.get().target;
        let enough = census.new_starting + census.new >= self.wanted;
        if enough || census.starting() + census.leaving > 0 || census.serving() < self.wanted {
            return false;
        }
        let next = crash::next_start(self.memory.get(), target, self.asked);
        if let Some(at) = next.filter(|at| round.now < *at) {
            round.wake(at);
            return false;
        }
        let old = self.ready_by(round, |member| member.seen.id.revision != target);
        let Some(index) = old.into_iter().min_by_key(|&index| self.members[index].seen.started_at) else {
            return false;
        };
        let why = format!("revision {target} takes its place, and both at once don't fit");
        self.unroute(index, Kind::InstanceRemoved, Severity::Info, &why, round);
        true
    }

    /// Asks for what is missing, for what the rollout may add, and for a first replacement when all are unhealthy.
    fn request(
        &mut self,
        index: usize,
        in_place: bool,
        census: &Census,
        requests: &mut Vec<Request>,
        round: &mut Round<'_>,
    ) {
        let Some(desired) = self.desired else { return };
        let progress = self.memory.get();
        let target = progress.target;
        let there = census.starting() + census.in_table();
        let trusted = census.new > 0 || progress.complete_since.is_some();
        let fill = if !self.rolling_out() || in_place || trusted { target } else { progress.stable };
        // While no new one has become ready, those that start fill no place: they may never be.
        let relied_on = if fill == target { there } else { there - census.new_starting };
        let missing = self.wanted.saturating_sub(relied_on);

        let coming = if fill == target { missing } else { 0 };
        let new_there = census.new_starting + census.in_table() - census.old_in_table;
        let to_replace = self.wanted.saturating_sub(new_there + coming);
        let most = self.wanted + desired.service.rollout.surge as usize;
        let known = round.gateway.is_some() && census.unknown == 0;
        let added = if known && !in_place { to_replace.min(most.saturating_sub(there + missing)) } else { 0 };
        let none_serves = known && census.healthy == 0 && census.unhealthy > 0;
        let none_comes = census.starting() + missing + added == 0;
        let first_aid = usize::from(none_serves && none_comes && !in_place && self.wanted > 0);

        let priority = desired.service.scale.priority;
        let minimum = desired.service.scale.min as usize;
        for (count, revision, classes) in [
            (missing, fill, [Class::Minimum, Class::Wanted]),
            (added, target, [Class::Added; 2]),
            (first_aid, fill, [Class::Added; 2]),
        ] {
            let next = crash::next_start(self.memory.get(), revision, self.asked);
            if let Some(at) = next.filter(|&at| count > 0 && round.now < at) {
                round.wake(at);
                continue;
            }
            for place in there..there + count {
                let class = if place < minimum { classes[0] } else { classes[1] };
                requests.push(Request { work: index, revision, class, priority, place });
            }
        }
    }
}
