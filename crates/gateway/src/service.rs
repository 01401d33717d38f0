//! A service as requests meet it: a door, endpoints behind it, and a budget for trying again.
//!
//! [`Service`] is what a table says of it and lives as long as the table; its [`State`] is shared by all threads and
//! stays over table changes, as do the endpoints that stay.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use naru_model::name::ServiceName;
use naru_model::platform::{Health, Traffic};
use naru_model::policy::Priority;
use naru_model::snapshot::{self, ServiceId};
use naru_model::units::Timestamp;
use tokio::sync::Notify;

use crate::adaptive::Adaptive;
use crate::admission::{Call, Entry, Gate};
use crate::balance::{self, Conditions};
use crate::bounds::Bounds;
use crate::budget::Budget;
use crate::clock::Clock;
use crate::eject;
use crate::endpoint::{Endpoint, InstanceKey};
use crate::latency::Average;
use crate::lease::Lease;
use crate::random::Random;
use crate::window::Window;

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) id: ServiceId,
    pub(crate) name: ServiceName,
    pub(crate) traffic: Traffic,
    pub(crate) warm_up: Duration,
    pub(crate) state: Arc<State>,
}

/// What all threads know of a service.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    gate: Gate,
    /// Requests that came, also those refused.
    begun: AtomicU64,
    bounds: Bounds,
    adaptive: Adaptive,
    budget: Budget,
    /// Endpoints that get requests. Only ever replaced whole.
    routed: ArcSwap<Vec<Arc<Endpoint>>>,
    /// Held while endpoints are ejected or replaced, so that never too many are out.
    ejecting: Mutex<()>,
    /// Wakes requests inside that found no endpoint.
    changed: Notify,
    pub(crate) health: ArcSwap<Health>,
    pub(crate) average: Average,
    pub(crate) answers: Window,
    pub(crate) errors: Window,
}

/// Why a request was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("too many requests wait for this service already")]
    QueueFull,
    #[error("more important requests wait for this service already")]
    LessImportant,
    #[error("no place and no ready instance in time")]
    TimedOut,
    #[error("the linked system does not answer; it is tried again in a moment")]
    Broken,
}

/// A place inside the service, free again when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    service: Arc<Service>,
    waited: Duration,
}

impl Service {
    /// Makes the service a table speaks of, with what is known of it already.
    pub(crate) fn new(service: &snapshot::Service, state: Arc<State>) -> Self {
        Service {
            id: service.id,
            name: service.name.clone(),
            traffic: service.traffic.clone(),
            warm_up: service.warm_up,
            state,
        }
    }

    /// Waits for a place under `traffic.concurrency` and for an endpoint to be there: the more important first, and of
    /// those alike who came first.
    ///
    /// Cancel safe. Counts the request for the retry budget.
    ///
    /// # Errors
    /// [`Refusal::QueueFull`] at once when `traffic.queue` wait already; [`Refusal::LessImportant`] at once when the more
    /// important wait for long already, or when one of them comes and the queue is full; [`Refusal::TimedOut`] after
    /// `traffic.queue_timeout`.
    pub(crate) async fn admit(self: &Arc<Self>, priority: Priority) -> Result<Permit, Refusal> {
        let start = self.state.clock.now();
        self.state.budget.request(start);
        self.state.begun.fetch_add(1, Relaxed);
        if self.is_broken(start) {
            return Err(Refusal::Broken);
        }
        match self.state.gate.enter(self.traffic.queue, priority) {
            Entry::Inside => Ok(Permit { service: self.clone(), waited: Duration::ZERO }),
            Entry::QueueFull => Err(Refusal::QueueFull),
            Entry::LessImportant => Err(Refusal::LessImportant),
            Entry::Wait(mut waiter) => {
                let called = tokio::time::timeout(self.traffic.queue_timeout, waiter.called()).await;
                if called.map_err(|_| Refusal::TimedOut)? == Call::Away {
                    return Err(Refusal::LessImportant);
                }
                Ok(Permit { service: self.clone(), waited: self.state.clock.now().since(start) })
            }
        }
    }

    /// Chooses the endpoint for an attempt out of those routed at this moment, avoiding `not` while there are others.
    ///
    /// `None`: nobody would answer on any of them, or there is none; see [`Permit::pick`], which waits for one.
    pub(crate) fn pick(self: &Arc<Self>, not: &[InstanceKey]) -> Option<Lease> {
        let now = self.state.clock.now();
        let routed = self.state.routed.load();
        let by = self.conditions(not, now);
        // Another thread may fill the chosen one up meanwhile; then it is passed over by the next choice.
        loop {
            let endpoint = Random::with(|random| balance::choose(&routed, by, random))?;
            if let Some(lease) = Lease::take(self, endpoint, by.most, now) {
                return Some(lease);
            }
        }
    }

    /// Takes one retry out of the budget; `false`: the request is not to be sent again.
    pub(crate) fn may_retry(&self) -> bool {
        self.state.budget.take_retry(self.traffic.retry_budget, self.state.clock.now())
    }

    /// Takes an endpoint out for a while, if enough others stay.
    pub(crate) fn eject(&self, endpoint: &Arc<Endpoint>, now: Timestamp) {
        let _turn = self.state.ejecting.lock().unwrap_or_else(|e| e.into_inner());
        eject::eject(endpoint, &self.state.routed.load(), &self.traffic, now);
    }
}

impl Permit {
    /// How long the request has waited for a place or an endpoint so far.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }

    /// As [`Service::pick`], but waits for an endpoint while there is none, within what is left of
    /// `traffic.queue_timeout`. Cancel safe.
    ///
    /// # Errors
    /// [`Refusal::TimedOut`].
    pub(crate) async fn pick(&mut self, not: &[InstanceKey]) -> Result<Lease, Refusal> {
        if let Some(lease) = self.service.pick(not) {
            return Ok(lease);
        }
        if self.service.is_broken(self.service.state.clock.now()) {
            return Err(Refusal::Broken);
        }
        let service = self.service.clone();
        let start = service.state.clock.now();
        let left = service.traffic.queue_timeout.saturating_sub(self.waited);
        let found = tokio::time::timeout(left, service.wait_for_endpoint(not)).await;
        self.waited += service.state.clock.now().since(start);
        found.map_err(|_| Refusal::TimedOut)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.service.state.gate.leave();
    }
}

impl Service {
    /// Whether it is a link and nobody is there to be asked.
    fn is_broken(&self, now: Timestamp) -> bool {
        let conditions = || self.conditions(&[], now);
        self.traffic.breaks && !balance::any_would_do(&self.state.routed.load(), conditions())
    }

    fn conditions<'n>(&self, not: &'n [InstanceKey], now: Timestamp) -> Conditions<'n> {
        Conditions {
            not,
            warm_up: self.warm_up,
            most: self.state.bounds.per_instance(),
            last_resort: !self.traffic.breaks,
            average: self.state.average.micros(now),
            now,
        }
    }

    async fn wait_for_endpoint(self: &Arc<Self>, not: &[InstanceKey]) -> Lease {
        loop {
            let mut changed = std::pin::pin!(self.state.changed.notified());
            // Before looking, so that a change between the look and the wait is not missed.
            changed.as_mut().enable();
            if let Some(lease) = self.pick(not) {
                return lease;
            }
            changed.await;
        }
    }
}

impl State {
    pub(crate) fn new(service: &snapshot::Service, clock: Clock) -> Self {
        State {
            gate: Gate::new(service.traffic.concurrency, clock.clone()),
            clock,
            adaptive: Adaptive::new(service.traffic.adaptive),
            begun: AtomicU64::new(0),
            bounds: Bounds::of(&service.traffic),
            budget: Budget::default(),
            routed: ArcSwap::default(),
            ejecting: Mutex::default(),
            changed: Notify::new(),
            health: ArcSwap::from_pointee(service.health.clone()),
            average: Average::default(),
            answers: Window::default(),
            errors: Window::default(),
        }
    }

    /// Follows a change of the service's settings.
    pub(crate) fn configure(&self, service: &snapshot::Service) {
        self.bounds.set(&service.traffic);
        self.adaptive.set(service.traffic.adaptive);
        self.fit_places();
        self.health.store(Arc::new(service.health.clone()));
    }

    /// Replaces the endpoints that get requests: from here on [`Service::pick`] knows no other.
    pub(crate) fn set_routed(&self, routed: Vec<Arc<Endpoint>>, traffic: &Traffic) {
        {
            let _turn = self.ejecting.lock().unwrap_or_else(|e| e.into_inner());
            eject::keep_within(&routed, traffic, self.clock.now());
            self.routed.store(Arc::new(routed));
        }
        self.refresh();
    }

    #[cfg(test)]
    pub(crate) fn routed(&self) -> Arc<Vec<Arc<Endpoint>>> {
        self.routed.load_full()
    }

    /// Opens or closes the door by whether any routed endpoint may answer. To be called after each change of that.
    pub(crate) fn refresh(&self) {
        self.fit_places();
        self.gate.set_open(|| self.routed.load().iter().any(|e| !e.is_down()));
        self.changed.notify_waiters();
    }

    /// As many places as the service as a whole may hold, and its endpoints together.
    fn fit_places(&self) {
        let live = self.live();
        self.gate.set_places(self.adaptive.places(self.bounds.places(live), live));
    }

    fn live(&self) -> usize {
        self.routed.load().iter().filter(|e| !e.is_down()).count()
    }

    /// An answer, or the lack of one, took so long: it may say that there are too many inside, or room for more.
    pub(crate) fn took(&self, time: Duration, now: Timestamp) {
        let bounds = || {
            let live = self.live();
            (live as u32, self.bounds.places(live) as u32, self.gate.inside())
        };
        if self.adaptive.answered(time, now, bounds) {
            self.fit_places();
        }
    }

    /// A request has left an endpoint that may have been full.
    pub(crate) fn left(&self) {
        if self.bounds.per_instance().is_some() {
            self.changed.notify_waiters();
        }
    }

    /// Requests that came since the gateway started.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Relaxed)
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.gate.inside()
    }

    pub(crate) fn waiting(&self) -> u32 {
        self.gate.waiting()
    }
}

#[cfg(test)]
mod tests;
