//! How much: calls, bytes, bandwidth and places, per client, address, route, service and any combination of them.
//!
//! Stands between authorization, which says who asks, and the reading of the body. All limits of a request are looked at
//! before any of them is taken from, so that a request that one limit refuses costs nothing of the others. What is taken is
//! a [`Taken`]: it holds the places until the answer has ended, slows the bodies, and knows what the answer says.
//!
//! ```text
//!  Limits::take ─┬─ client's rules   ┐          Rate     arrivals, one word        ─┐
//!                ├─ route's rules    ├─ Counter Quota    period and count, one word  ├─ server (totals over restarts)
//!                └─ service's rules  ┘          Places   one word                    ├─ shared counters (Redis)
//!  Flow::poll ─────────────────────────────────▶ Line    when it is free again      ─┘
//! ```

mod calendar;
mod client;
mod counter;
mod counters;
mod pace;
mod quota;
mod rate;
mod rule;
mod said;
mod shared;

pub(crate) use client::ClientLimits;
pub(crate) use counters::{Counters, Handles};
pub(crate) use pace::{Direction, Flow};
pub(crate) use shared::keep_shared;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use naru_model::platform::WhenGone;
use naru_model::policy::Priority;
use naru_model::snapshot::{self, CallerId, RouteId, ServiceId};
use naru_model::units::Timestamp;
use smallvec::SmallVec;

use crate::head::Lines;
use crate::policy::Refused;
use counter::{Count, Counter};
use counters::Standing;
use rate::{Left, Wait};
use rule::{Amount, Names, Owner, Rule};
use said::seconds;

/// How long to stay away when a place is what is lacking, or the shared counters are.
const SOON: Duration = Duration::from_secs(1);

/// All limits that may hold for a route's requests. Made once for each table; what is counted stays in [`Counters`].
#[derive(Debug)]
pub(crate) struct Limits {
    counters: Arc<Counters>,
    route_name: Arc<str>,
    priority: Option<Priority>,
    rules: Vec<Rule>,
    services: Vec<ServiceRules>,
}

#[derive(Debug)]
struct ServiceRules {
    id: ServiceId,
    name: Arc<str>,
    rules: Vec<Rule>,
}

/// By what a request may be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// 0: nobody who is registered; the address counts in its place.
    pub(crate) caller: CallerId,
    pub(crate) address: IpAddr,
    pub(crate) route: RouteId,
    pub(crate) service: ServiceId,
}

/// What a request has taken of its limits; places are free again when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Taken(Option<Box<Held>>);

#[derive(Debug)]
struct Held {
    counters: Arc<Counters>,
    places: SmallVec<[Arc<Counter>; 2]>,
    /// Each with its bytes a second.
    lines: SmallVec<[(Arc<Counter>, u64); 2]>,
    volumes: SmallVec<[Arc<Counter>; 2]>,
}

/// A limit has been reached, and nothing was taken of any.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Exceeded {
    /// 429; or 503, when it can't be known because the shared counters are gone.
    pub(crate) status: u16,
    /// When it may go better; whole seconds are told.
    pub(crate) retry_after: Duration,
    pub(crate) detail: String,
    /// Fields that tell of the limit.
    fields: Vec<(&'static str, String)>,
}

/// A rule with its counter for this request.
type Found<'r> = SmallVec<[(&'r Rule, Arc<Counter>); 6]>;

impl Limits {
    pub(crate) fn new<'s>(
        route: &snapshot::Route,
        services: impl IntoIterator<Item = &'s snapshot::Service>,
        counters: &Arc<Counters>,
    ) -> Self {
        let route_name: Arc<str> = route.name.as_str().into();
        let to = |id| route.to.iter().any(|(service, _)| *service == id);
        let services = services.into_iter().filter(|service| to(service.id)).map(|service| {
            let name: Arc<str> = service.name.as_str().into();
            let rules = Rule::compile(&service.traffic.limits, Owner::Service(service.id), &name);
            ServiceRules { id: service.id, name, rules }
        });
        Limits {
            counters: counters.clone(),
            rules: Rule::compile(&route.policy.limits, Owner::Route(route.id), &route_name),
            services: services.collect(),
            priority: route.policy.priority,
            route_name,
        }
    }

    /// Whether nothing is limited here, but for what a caller's own limits are.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.services.iter().all(|service| service.rules.is_empty())
    }

    /// How important the caller's requests are here: as the client is, else as the route is.
    pub(crate) fn priority(&self, client: Option<&ClientLimits>) -> Priority {
        client.and_then(|client| client.priority).or(self.priority).unwrap_or_default()
    }

    /// Takes what one request of `client` needs of every limit that holds for it, and adds to `lines` what the answer says of
    /// that: `RateLimit-Policy` and `RateLimit`. `handles` are those of its connection.
    ///
    /// # Errors
    /// One of them gives nothing more; all others are as they were.
    pub(crate) fn take(
        &self,
        who: &Counted,
        client: Option<&ClientLimits>,
        handles: &Handles,
        lines: &mut Lines,
        now: Timestamp,
    ) -> Result<Taken, Exceeded> {
        let own = client.map_or(&[][..], |client| &client.rules);
        if own.is_empty() && self.is_empty() {
            return Ok(Taken::default());
        }
        let found = self.find(who, client, handles, now)?;
        if let [_, _, ..] = found[..] {
            for (rule, counter) in &found {
                look(&self.counters, rule, counter, now).map_err(|wait| exceeded(rule, wait))?;
            }
        }
        let mut left = SmallVec::<[Left; 6]>::new();
        for (rule, counter) in &found {
            match take(&self.counters, rule, counter, now) {
                Ok(of_this) => left.push(of_this),
                Err(wait) => {
                    let back = found[..left.len()].iter();
                    back.for_each(|(rule, counter)| give_back(&self.counters, rule, counter, now));
                    return Err(exceeded(rule, wait));
                }
            }
        }
        said::say(found.iter().map(|(rule, _)| *rule).zip(left.iter().copied()), lines);
        Ok(self.hold(found))
    }

    fn find<'r>(
        &'r self,
        who: &Counted,
        client: Option<&'r ClientLimits>,
        handles: &Handles,
        now: Timestamp,
    ) -> Result<Found<'r>, Exceeded> {
        let service = self.services.iter().find(|service| service.id == who.service);
        let names = Names {
            client: client.map_or("", |client| &client.name),
            route: &self.route_name,
            service: service.map_or("", |service| &service.name),
        };
        let rules = client.map_or(&[][..], |client| &client.rules).iter();
        let rules = rules.chain(&self.rules).chain(service.map_or(&[][..], |service| &service.rules));
        let standing = self.counters.standing();
        let mut found = Found::new();
        for rule in rules {
            match standing {
                Standing::Gone(WhenGone::Open) if rule.is_shared() => continue,
                Standing::Gone(WhenGone::Closed) if rule.is_shared() => return Err(gone()),
                _ => {}
            }
            let key = rule.key(who);
            let make = || self.counters.find(&key, now, || rule.name(&key, names));
            found.push((rule, handles.find(&key, now, make)));
        }
        Ok(found)
    }

    /// Most limits are of calls, and nothing is held of those.
    fn hold(&self, found: Found<'_>) -> Taken {
        let lasts = |(rule, _): &(&Rule, Arc<Counter>)| {
            !matches!(rule.amount, Amount::Calls(_) | Amount::Quota { .. })
        };
        if !found.iter().any(lasts) {
            return Taken::default();
        }
        let mut held = Held {
            counters: self.counters.clone(),
            places: SmallVec::new(),
            lines: SmallVec::new(),
            volumes: SmallVec::new(),
        };
        for (rule, counter) in found {
            match rule.amount {
                Amount::Calls(_) | Amount::Quota { .. } => {}
                Amount::Bytes { .. } => held.volumes.push(counter),
                Amount::Bandwidth { per_second } => held.lines.push((counter, per_second)),
                Amount::Concurrency { .. } => held.places.push(counter),
            }
        }
        Taken(Some(Box::new(held)))
    }
}

impl Taken {
    /// What a body asks on its way; `None`: nothing holds it up and nobody counts it.
    pub(crate) fn flow(&self, direction: Direction) -> Option<Box<Flow>> {
        let held = self.0.as_ref().filter(|held| !held.lines.is_empty() || !held.volumes.is_empty())?;
        let (lines, volumes) = (held.lines.clone(), held.volumes.clone());
        Some(Box::new(Flow::new(held.counters.clone(), lines, volumes, direction)))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for place in &self.places {
            if let Count::Places(taken) = &place.count {
                taken.fetch_sub(1, Relaxed);
            }
        }
    }
}

impl From<Exceeded> for Refused {
    fn from(exceeded: Exceeded) -> Self {
        let word = if exceeded.status == 429 { "limit-exceeded" } else { "limits-unknown" };
        let mut refused = Refused::new(exceeded.status, word, exceeded.detail)
            .with("retry-after", seconds(exceeded.retry_after).max(1).to_string());
        refused.fields.extend(exceeded.fields);
        refused
    }
}

fn exceeded(rule: &Rule, wait: Wait) -> Exceeded {
    let detail = format!("no more than {} may be made; try again in {} s", rule.says, seconds(wait.0).max(1));
    Exceeded { status: 429, retry_after: wait.0, detail, fields: said::refusal(rule, wait.0) }
}

fn gone() -> Exceeded {
    let detail = "what was used of the limits can't be known at the moment; try again later".to_owned();
    Exceeded { status: 503, retry_after: SOON, detail, fields: Vec::new() }
}

/// What a limit has left before anything is taken of it.
fn look(counters: &Counters, rule: &Rule, counter: &Counter, now: Timestamp) -> Result<(), Wait> {
    match (rule.amount, &counter.count) {
        (Amount::Calls(terms), Count::Calls(calls)) => calls.arrivals.look(terms, now).map(drop),
        (Amount::Quota { most, .. } | Amount::Bytes { most, .. }, Count::Quota(quota)) => {
            let running = counters.running(now);
            let span = running.span(quota.period);
            let free = quota.total.used(span.number) < most;
            if free { Ok(()) } else { Err(Wait(span.ends.since(now))) }
        }
        (Amount::Concurrency { most }, Count::Places(taken)) if taken.load(Relaxed) >= most => {
            Err(Wait(SOON))
        }
        _ => Ok(()),
    }
}

fn take(counters: &Counters, rule: &Rule, counter: &Arc<Counter>, now: Timestamp) -> Result<Left, Wait> {
    let none = Left { amount: 0, until_whole: Duration::ZERO };
    match (rule.amount, &counter.count) {
        (Amount::Calls(terms), Count::Calls(calls)) => {
            let left = calls.arrivals.take(terms, now)?;
            calls.made.fetch_add(1, Relaxed);
            let interval = terms.interval().unwrap_or(0);
            if calls.interval.load(Relaxed) != interval {
                calls.interval.store(interval, Relaxed);
            }
            counters.note(counter);
            Ok(left)
        }
        (Amount::Quota { most, .. }, Count::Quota(quota)) => {
            let running = counters.running(now);
            let span = running.span(quota.period);
            let until_whole = span.ends.since(now);
            let amount = quota.total.take(span.number, most).ok_or(Wait(until_whole))?;
            quota.own.add(span.number, 1);
            counters.note(counter);
            Ok(Left { amount, until_whole })
        }
        (Amount::Bytes { most, .. }, Count::Quota(quota)) => {
            let running = counters.running(now);
            let span = running.span(quota.period);
            let until_whole = span.ends.since(now);
            let amount = most.saturating_sub(quota.total.used(span.number));
            if amount > 0 { Ok(Left { amount, until_whole }) } else { Err(Wait(until_whole)) }
        }
        (Amount::Concurrency { most }, Count::Places(taken)) => {
            let free = |taken: u32| (taken < most).then_some(taken + 1);
            let before = taken.fetch_update(Relaxed, Relaxed, free).map_err(|_| Wait(SOON))?;
            Ok(Left { amount: u64::from(most - before - 1), ..none })
        }
        _ => Ok(none),
    }
}

/// Undoes [`take`].
fn give_back(counters: &Counters, rule: &Rule, counter: &Counter, now: Timestamp) {
    match (rule.amount, &counter.count) {
        (Amount::Calls(terms), Count::Calls(calls)) => {
            calls.arrivals.give_back(terms);
            calls.made.fetch_sub(1, Relaxed);
        }
        (Amount::Quota { .. }, Count::Quota(quota)) => {
            let period = counters.running(now).span(quota.period).number;
            quota.total.give_back(period);
            quota.own.give_back(period);
        }
        (Amount::Concurrency { .. }, Count::Places(taken)) => {
            taken.fetch_sub(1, Relaxed);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
