//! Asks every endpoint, routed or not, whether it can serve, from one thread of its own.
//!
//! One small task per endpoint waits for its time, asks through [`probe`], and hands the outcome to a [`Verdict`], which
//! decides; transitions go into [`News`] for the link to tell the server. What the endpoint's requests may expect of it
//! is set at once: down when nobody answers there, unhealthy when the verdict says so.

mod probe;
mod verdict;

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use naru_model::observed;
use naru_model::platform::Health;
use tokio::sync::{Notify, Semaphore, mpsc};

use crate::clock::Clock;
use crate::endpoint::Endpoint;
use crate::random::Random;
use crate::registry::Watched;
use crate::service::State;

pub(crate) use probe::Failure;
use verdict::Verdict;

/// Checks under way at once. With all of them hanging for a timeout of 1 s, 2,000 endpoints still get their turn in 8 s.
const AT_ONCE: usize = 256;
/// The first pause while an instance starts; it doubles up to `health.every`.
const FIRST_PAUSE: Duration = Duration::from_millis(25);

/// Endpoints whose health has changed, each at most once, in the order of the change.
#[derive(Debug, Default)]
pub(crate) struct News {
    changed: Mutex<Vec<Arc<Endpoint>>>,
    pub(crate) arrived: Notify,
}

/// The health that was found, and whether it waits in [`News`].
#[derive(Debug, Default)]
pub(crate) struct Findings {
    health: Mutex<observed::Health>,
    is_news: AtomicBool,
}

impl Findings {
    pub(crate) fn health(&self) -> observed::Health {
        self.health.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }
}

impl News {
    fn publish(&self, endpoint: &Arc<Endpoint>, health: observed::Health) {
        *endpoint.findings.health.lock().unwrap_or_else(|e| e.into_inner()) = health;
        if !endpoint.findings.is_news.swap(true, SeqCst) {
            self.changed.lock().unwrap_or_else(|e| e.into_inner()).push(endpoint.clone());
        }
        self.arrived.notify_one();
    }

    /// Returns those that have changed since the last call, and what they have become.
    pub(crate) fn take(&self) -> Vec<(Arc<Endpoint>, observed::Health)> {
        let changed = std::mem::take(&mut *self.changed.lock().unwrap_or_else(|e| e.into_inner()));
        let read = |endpoint: Arc<Endpoint>| {
            // Before reading: a change after this is news again.
            endpoint.findings.is_news.store(false, SeqCst);
            let health = endpoint.findings.health();
            (endpoint, health)
        };
        changed.into_iter().map(read).collect()
    }
}

/// Checks the endpoints that come in until no more can come.
pub(crate) async fn run(mut watched: mpsc::UnboundedReceiver<Watched>, news: Arc<News>, clock: Clock) {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let tasks = tokio::task::LocalSet::new();
    let receive = async {
        while let Some(Watched { endpoint, service }) = watched.recv().await {
            let check =
                Check { endpoint, service, news: news.clone(), clock: clock.clone(), turns: turns.clone() };
            tokio::task::spawn_local(check.run());
        }
    };
    tasks.run_until(receive).await;
}

/// The checks of one endpoint.
struct Check {
    endpoint: Arc<Endpoint>,
    service: Arc<State>,
    news: Arc<News>,
    clock: Clock,
    turns: Arc<Semaphore>,
}

impl Check {
    async fn run(self) {
        let mut verdict = Verdict::default();
        let mut pause = FIRST_PAUSE;
        while !self.endpoint.is_retired() {
            let rules = self.service.health.load_full();
            let outcome = {
                let Ok(_turn) = self.turns.acquire().await else { return };
                probe::ask(self.endpoint.address(), self.endpoint.protocol(), &rules).await
            };
            if self.endpoint.is_retired() {
                return;
            }
            self.take(&outcome, &rules, &mut verdict);
            let fast = self.is_starting(&verdict) || (outcome.is_err() && self.endpoint.is_down());
            let wait = if fast {
                pause.min(rules.every)
            } else {
                rules.every.mul_f32(0.9 + 0.2 * Random::with(Random::share))
            };
            pause = if fast { (pause * 2).min(rules.every) } else { FIRST_PAUSE };
            if tokio::time::timeout(wait, self.endpoint.check_now.notified()).await.is_ok() {
                pause = FIRST_PAUSE;
            }
        }
    }

    /// Not routed yet and never healthy: somebody waits for it. One that is routed has served before.
    fn is_starting(&self, verdict: &Verdict) -> bool {
        !verdict.has_passed() && !self.endpoint.is_routed()
    }

    fn take(&self, outcome: &Result<(), Failure>, rules: &Health, verdict: &mut Verdict) {
        let now = self.clock.now();
        let starting = self.is_starting(verdict);
        if let Some(health) = verdict.take(outcome, rules, starting, now) {
            self.endpoint.set_unhealthy(matches!(health, observed::Health::Unhealthy { .. }));
            self.news.publish(&self.endpoint, health);
        }
        let down = match outcome {
            Ok(()) => false,
            Err(Failure::Refused) => true,
            // Hung, unless requests still get answers from it: then it is merely busy.
            Err(Failure::Silent { .. }) if self.endpoint.is_unhealthy() => {
                now.since(self.endpoint.answered_at()) > rules.every + rules.timeout
            }
            Err(_) => self.endpoint.is_down(),
        };
        if self.endpoint.set_down(down) {
            self.service.refresh();
        }
    }
}

#[cfg(test)]
mod tests;
