//! The figures that alerts and predictions live on: what telemetry saw, and what only the server knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use naru_model::metric::{MetricPoint, MetricValue, Owner, Reading, SeriesKey};
use naru_model::name::ServiceName;
use naru_model::status::{InstanceStatus, LinkState, LinkStatus, ServiceStatus, Status};
use naru_model::units::Timestamp;
use naru_telemetry::Telemetry;
use tokio::sync::watch;

use crate::clock::Clock;

/// How often there are new ones.
pub(crate) const EVERY: Duration = Duration::from_secs(10);

/// Under which names the figures are kept that only the server knows, to be told of later.
const KEPT: [(&str, &str); 2] = [("workers", "naru.workers"), ("down", "naru.down")];

/// The metric that a figure is kept as; `None`: telemetry has it by itself.
pub(crate) fn kept_as(figure: &str) -> Option<&'static str> {
    KEPT.into_iter().find(|(known, _)| *known == figure).map(|(_, name)| name)
}

/// Tells telemetry each ten seconds what it can't see by itself, until the status has no sender any more.
pub(crate) fn start(telemetry: Arc<Telemetry>, status: watch::Receiver<Arc<Status>>, clock: Clock) {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while status.has_changed().is_ok() {
            ticks.tick().await;
            let status = status.borrow().clone();
            for service in &status.services {
                telemetry.tell_restarts(&service.name, service.restarts, clock.now());
            }
            telemetry.offer_metrics(points(&status, clock.now()));
        }
    });
}

fn points(status: &Status, now: Timestamp) -> Vec<MetricPoint> {
    let mut readings = Vec::new();
    status.services.iter().for_each(|service| of_service(service, status, &mut readings));
    status.links.iter().for_each(|link| of_link(link, &mut readings));
    let point = |Reading { owner, figure, value }: Reading| {
        let key = SeriesKey { owner, name: kept_as(&figure)?.to_owned(), labels: BTreeMap::new() };
        Some(MetricPoint { key, unit: "1".to_owned(), at: now, value: MetricValue::Gauge(value) })
    };
    readings.into_iter().filter_map(point).collect()
}

/// Every figure of [`naru_model::alert::FIGURES`] that is known, of everything there is. It takes some milliseconds.
pub(crate) fn readings(status: &Status, telemetry: &Telemetry, now: Timestamp) -> Vec<Reading> {
    let services: BTreeSet<&ServiceName> = status.services.iter().map(|service| &service.name).collect();
    let links: BTreeMap<&str, &LinkStatus> =
        status.links.iter().map(|link| (link.name.as_str(), link)).collect();
    let mut readings: Vec<Reading> = telemetry.readings(now);
    readings.retain_mut(|reading| match &reading.owner {
        // To telemetry links, and naru's own, are services like any other.
        Owner::Service(name) if !services.contains(name) => match links.get(name.as_str()) {
            Some(link) => {
                reading.owner = Owner::Link(link.name.clone());
                is_of_links(&reading.figure)
            }
            None => false,
        },
        _ => true,
    });
    status.services.iter().for_each(|service| of_service(service, status, &mut readings));
    status.links.iter().for_each(|link| of_link(link, &mut readings));
    readings
}

fn is_of_links(figure: &str) -> bool {
    let of = naru_model::alert::FIGURES.iter().find(|(name, _)| *name == figure);
    of.is_some_and(|(_, of)| of.contains(&naru_model::alert::OwnerKind::Link))
}

fn of_service(service: &ServiceStatus, status: &Status, readings: &mut Vec<Reading>) {
    let of = |owner: Owner| {
        move |figure: &str, value: f64| Reading { owner: owner.clone(), figure: figure.to_owned(), value }
    };
    let whole = of(Owner::Service(service.name.clone()));
    readings.push(whole("ready", service.ready.into()));
    if service.places > 0 {
        readings.push(whole("workers", f64::from(service.traffic.in_flight) / service.places as f64));
    }
    let mut together = None;
    for instance in &service.instances {
        let Some(shares) = shares(instance, status) else { continue };
        let own = of(Owner::Instance(instance.id.clone()));
        readings.push(own("cpu", shares.cpu.ratio()));
        readings.push(own("memory", shares.memory.ratio()));
        together = Some(together.map_or(shares, |together: Shares| together.add(shares)));
    }
    if let Some(all) = together {
        readings.push(whole("cpu", all.cpu.ratio()));
        readings.push(whole("memory", all.memory.ratio()));
    }
}

fn of_link(link: &LinkStatus, readings: &mut Vec<Reading>) {
    let mut say = |figure: &str, value: f64| {
        readings.push(Reading { owner: Owner::Link(link.name.clone()), figure: figure.to_owned(), value });
    };
    say("down", f64::from(u8::from(link.state != LinkState::Up)));
    say("in_flight", link.traffic.in_flight.into());
    say("waiting", link.traffic.waiting.into());
}

/// What is used, and of how much.
#[derive(Debug, Clone, Copy)]
struct Part {
    used: f64,
    of: f64,
}

impl Part {
    fn ratio(self) -> f64 {
        self.used / self.of
    }
}

#[derive(Debug, Clone, Copy)]
struct Shares {
    cpu: Part,
    memory: Part,
}

impl Shares {
    /// Of instances together: what they use of what they reserved.
    fn add(self, other: Shares) -> Shares {
        let add = |a: Part, b: Part| Part { used: a.used + b.used, of: a.of + b.of };
        Shares { cpu: add(self.cpu, other.cpu), memory: add(self.memory, other.memory) }
    }
}

/// Cores and bytes that an instance reserved; the machine's where it reserved nothing.
pub(crate) fn reserved(instance: &InstanceStatus, status: &Status) -> (f64, f64) {
    let host = &status.host;
    let cores = instance.cpu_cores_reserved.filter(|cores| *cores > 0.0).unwrap_or(host.cores.into());
    let bytes = instance.memory_bytes_reserved.filter(|bytes| *bytes > 0).unwrap_or(host.memory_bytes);
    (cores, bytes as f64)
}

/// [`None`]: it has no process, or the machine was not measured.
fn shares(instance: &InstanceStatus, status: &Status) -> Option<Shares> {
    let (cores, bytes) = reserved(instance, status);
    let cpu = Part { used: instance.cpu_cores, of: cores };
    let memory = Part { used: instance.memory_bytes as f64, of: bytes };
    (instance.pid > 0 && cpu.of > 0.0 && memory.of > 0.0).then_some(Shares { cpu, memory })
}
