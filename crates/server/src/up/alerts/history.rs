//! The past, for explanations: telemetry's points, series and statements, the readings of the last half hour, the state's events,
//! and what an owner is made of.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use naru_alert::explain::{History, Odd, Part, PartKind};
use naru_model::event::{self, Event, Kind};
use naru_model::metric::Owner;
use naru_model::name::ServiceName;
use naru_model::platform::Platform;
use naru_model::series::{Period, Point, Subject};
use naru_model::status::{ServiceStatus, Status};
use naru_model::trace::Statement;
use naru_model::units::Timestamp;
use naru_state::State;
use naru_telemetry::Telemetry;
use tokio::runtime::Handle;

use super::Inner;
use crate::up::readings::{kept_as, reserved};

/// Parts of one kind that are looked at, the busiest.
const MOST_PARTS: usize = 64;
/// What is known of longer, and by parts, from telemetry's points.
const SEEN_BY_CLIENTS: [&str; 7] = ["mean", "p95", "p99", "apdex", "error_ratio", "requests", "active_users"];
/// Events that are looked at.
const MOST_EVENTS: u32 = 200;

/// Asked on a thread that may wait, beside those that serve.
pub(super) struct Past {
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) state: Arc<State>,
    pub(super) inner: Arc<Mutex<Inner>>,
    pub(super) platform: Arc<Platform>,
    pub(super) status: Arc<Status>,
    pub(super) runtime: Handle,
    pub(super) now: Timestamp,
}

impl History for Past {
    fn points(&self, subject: &str, period: Period, points: u32) -> Vec<Point> {
        // To telemetry a link is a service like any other.
        let name = subject.strip_prefix("link:").map(|link| format!("service:{link}"));
        let Ok(subject) = name.as_deref().unwrap_or(subject).parse::<Subject>() else { return Vec::new() };
        self.telemetry.series(&subject, period, points as usize, self.now)
    }

    fn values(&self, owner: &Owner, figure: &str, period: Period, points: u32) -> Vec<(u32, f64)> {
        if SEEN_BY_CLIENTS.contains(&figure) {
            return Vec::new();
        }
        let recent = {
            let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.forecasts.recent(owner, figure, period)
        };
        // As far as they go back, what was read is at hand.
        if recent.first().is_some_and(|(at, _)| *at < period.from.saturating_add(60)) {
            return recent;
        }
        let kept = match (figure, owner) {
            ("cpu" | "memory", Owner::Service(_) | Owner::Instance(_)) => {
                self.of_reserved(owner, figure, period, points)
            }
            // Gauges of the gateway and of the loop, which points have.
            ("ready" | "in_flight" | "waiting", _) => Vec::new(),
            _ => self.telemetry.figure(owner, kept_as(figure).unwrap_or(figure), period, points),
        };
        if kept.len() > recent.len() { kept } else { recent }
    }

    fn statements(&self, owner: &Owner, period: Period) -> Vec<Statement> {
        self.telemetry.statements(&self.services_of(owner), period)
    }

    fn parts(&self, owner: &Owner) -> Vec<Part> {
        let services = self.services_of(owner);
        let mut parts = Vec::new();
        let mut add = |kind: PartKind, subjects: Vec<String>| {
            parts.extend(subjects.into_iter().take(MOST_PARTS).map(|subject| Part { kind, subject }));
        };
        match owner {
            Owner::Instance(_) | Owner::Outside(_) | Owner::Link(_) => return parts,
            Owner::Host => {
                add(PartKind::Service, services.iter().map(|name| format!("service:{name}")).collect());
                return parts;
            }
            Owner::Platform | Owner::Function(_) | Owner::Service(_) => {}
        }
        let of: Vec<&ServiceStatus> =
            self.status.services.iter().filter(|service| services.contains(&service.name)).collect();
        if !matches!(owner, Owner::Service(_)) {
            add(PartKind::Service, services.iter().map(|name| format!("service:{name}")).collect());
        }
        if !matches!(owner, Owner::Platform) {
            add(PartKind::Instance, busiest(&of));
            let revisions = of.iter().flat_map(|service| {
                let own: BTreeSet<u32> = service.instances.iter().map(|instance| instance.revision).collect();
                own.into_iter().map(|revision| format!("revision:{}/{revision}", service.name))
            });
            add(PartKind::Revision, revisions.collect());
        }
        add(PartKind::Route, self.routes_of(owner, &services));
        add(PartKind::Link, self.platform.links.keys().map(|link| format!("link:{link}")).collect());
        parts
    }

    fn events(&self, owner: &Owner, from: Timestamp, to: Timestamp) -> Vec<Event> {
        let search =
            event::Search { from: Some(from), to: Some(to), limit: MOST_EVENTS, ..event::Search::default() };
        let services = self.services_of(owner);
        // The last of its kind say most; without events there still is the rest.
        let events = self.runtime.block_on(self.state.events(&search)).unwrap_or_default();
        let concerns = |event: &Event| {
            let alert = matches!(event.kind, Kind::AlertOpened | Kind::AlertResolved);
            !alert && event.service.as_ref().is_none_or(|service| services.contains(service))
        };
        events.into_iter().filter(concerns).collect()
    }

    fn odd(&self, period: Period) -> Vec<Odd> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).forecasts.odd(period)
    }
}

impl Past {
    /// What was used of what is reserved now: of a service, by as many instances as were ready then.
    fn of_reserved(&self, owner: &Owner, figure: &str, period: Period, points: u32) -> Vec<(u32, f64)> {
        let mut instances = self.status.services.iter().flat_map(|service| &service.instances);
        let instance = instances.find(|one| match owner {
            Owner::Instance(id) => one.id == *id,
            Owner::Service(name) => one.id.service == *name,
            _ => false,
        });
        let Some((cores, bytes)) = instance.map(|one| reserved(one, &self.status)) else { return Vec::new() };
        let share = |point: &Point| {
            let (used, of) = match figure {
                "cpu" => (point.cpu_cores?, cores),
                _ => (point.memory_bytes? as f64, bytes),
            };
            let instances = match owner {
                Owner::Service(_) => f64::from(point.instances.filter(|ready| *ready > 0)?),
                _ => 1.0,
            };
            (of > 0.0).then_some((point.at, used / (of * instances)))
        };
        self.points(&owner.to_string(), period, points).iter().filter_map(share).collect()
    }

    /// The services that an owner is, is made of or runs in.
    fn services_of(&self, owner: &Owner) -> BTreeSet<ServiceName> {
        match owner {
            Owner::Service(name) => BTreeSet::from([name.clone()]),
            Owner::Instance(id) => BTreeSet::from([id.service.clone()]),
            Owner::Function(name) => self
                .platform
                .routes
                .iter()
                .filter(|route| route.function.as_ref() == Some(name))
                .flat_map(|route| route.to.iter().map(|target| target.service.clone()))
                .collect(),
            Owner::Host | Owner::Platform => self.platform.services.keys().cloned().collect(),
            Owner::Link(_) | Owner::Outside(_) => BTreeSet::new(),
        }
    }

    fn routes_of(&self, owner: &Owner, services: &BTreeSet<ServiceName>) -> Vec<String> {
        let of_owner = |route: &&naru_model::platform::Route| match owner {
            Owner::Function(name) => route.function.as_ref() == Some(name),
            Owner::Service(_) => route.to.iter().any(|target| services.contains(&target.service)),
            _ => true,
        };
        self.platform.routes.iter().filter(of_owner).map(|route| format!("route:{}", route.name)).collect()
    }
}

/// Instances by how much of their time goes into requests, the busiest first.
fn busiest(services: &[&ServiceStatus]) -> Vec<String> {
    let mut instances: Vec<_> = services.iter().flat_map(|service| &service.instances).collect();
    let busy = |one: &naru_model::status::InstanceStatus| one.requests_per_second * (one.mean_seconds + 1e-3);
    instances.sort_by(|one, other| busy(other).total_cmp(&busy(one)));
    instances.into_iter().map(|instance| format!("instance:{}", instance.id)).collect()
}

#[cfg(test)]
mod tests {
    use naru_model::metric::{MetricPoint, MetricValue, SeriesKey};

    use super::*;
    use crate::up::alerts::forecasts::Forecasts;

    const NOW: u32 = 1_789_999_500;

    fn at(second: u32) -> Timestamp {
        Timestamp(u64::from(second) * 1_000_000)
    }

    fn point(owner: &str, name: &str, second: u32, value: f64) -> MetricPoint {
        let key = SeriesKey { owner: owner.parse().unwrap(), name: name.to_owned(), labels: [].into() };
        MetricPoint { key, unit: "1".to_owned(), at: at(second), value: MetricValue::Gauge(value) }
    }

    fn past(folder: &std::path::Path, runtime: &tokio::runtime::Runtime) -> Past {
        let log = Arc::new(|_: &str| {});
        let yaml = "services: { portal: { exec: [portal] } }";
        let machine = naru_config::Machine::detect();
        let platform = Arc::new(naru_config::parse("naru.yaml", yaml, folder, machine).unwrap());
        let telemetry = Telemetry::open(folder, platform.telemetry, at(NOW), log).unwrap();
        let inner = Inner {
            watcher: naru_alert::Watcher::default(),
            forecasts: Forecasts::default(),
            platform: platform.clone(),
            known: Vec::new(),
            registered: Vec::new(),
            silences: Vec::new(),
            maintenance: Vec::new(),
            written: None,
        };
        Past {
            telemetry: Arc::new(telemetry),
            state: Arc::new(runtime.block_on(State::open(folder)).unwrap()),
            inner: Arc::new(Mutex::new(inner)),
            platform,
            status: Arc::default(),
            runtime: runtime.handle().clone(),
            now: at(NOW),
        }
    }

    #[test]
    fn p12_what_a_figure_was_is_asked_of_telemetry_where_readings_do_not_go_back() {
        let folder = std::env::temp_dir().join(format!("naru-past-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let past = past(&folder, &runtime);
        for second in (NOW - 400..NOW - 200).step_by(10) {
            past.telemetry.offer_metrics(vec![
                point("host", "host.memory.total", second, 200.0),
                point("host", "host.memory.used", second, 50.0),
                point("service:portal", kept_as("workers").unwrap(), second, 0.75),
                point("link:registry", kept_as("down").unwrap(), second, 1.0),
                point("instance:portal-1-1", "hikaricp_connections_pending", second, 3.0),
            ]);
        }
        let period = Period { from: NOW - 400, to: NOW - 200 };
        let was = |owner: &str, figure: &str| {
            let values = past.values(&owner.parse().unwrap(), figure, period, 1);
            values.first().map(|(_, value)| *value)
        };
        for (owner, figure, value) in [
            ("host", "memory", Some(0.25)),
            ("service:portal", "workers", Some(0.75)),
            ("link:registry", "down", Some(1.0)),
            ("instance:portal-1-1", "hikaricp_connections_pending", Some(3.0)),
            ("service:portal", "heap", None),
            // Points tell of it.
            ("service:portal", "p95", None),
        ] {
            assert_eq!(was(owner, figure), value, "{figure} of {owner}");
        }
        // What was read each ten seconds is at hand, as far as it goes back.
        let reading =
            naru_model::metric::Reading { owner: Owner::Host, figure: "memory".to_owned(), value: 0.5 };
        past.inner.lock().unwrap().forecasts.feed(&[reading], &[], at(NOW - 390));
        assert_eq!(was("host", "memory"), Some(0.5));
        drop(past);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
