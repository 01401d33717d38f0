//! Which instances are asked for their metrics, and where what they say goes.

use std::net::SocketAddr;
use std::sync::Arc;

use naru_model::metric::MetricPoint;
use naru_model::observed::Process;
use naru_model::units::Timestamp;
use naru_scrape::scraper::{self, Sink, Target};
use naru_telemetry::Telemetry;
use tokio::sync::watch;

use super::core::Core;
use super::world::Instance;
use crate::clock::Clock;

/// What was read goes to telemetry, complaints to the log.
struct Taken {
    telemetry: Arc<Telemetry>,
    clock: Clock,
}

impl Sink for Taken {
    fn take(&self, points: Vec<MetricPoint>) {
        self.telemetry.offer_metrics(points);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn say(&self, line: &str) {
        eprintln!("naru: {line}");
    }
}

/// Begins to ask whom the list names, for as long as it has a sender.
pub(crate) fn start(telemetry: Arc<Telemetry>, clock: Clock) -> watch::Sender<Arc<[Target]>> {
    let (targets, of) = watch::channel(Arc::from([]));
    tokio::spawn(scraper::run(of, Arc::new(Taken { telemetry, clock })));
    targets
}

impl Core {
    /// Names the instances that run and show metrics.
    pub(crate) fn publish_targets(&self) {
        let running = self.world.instances.values().filter(|instance| instance.process == Process::Running);
        let targets: Arc<[Target]> = running.filter_map(|instance| self.target(instance)).collect();
        self.targets.send_if_modified(|known| {
            let changed = **known != *targets;
            if changed {
                *known = targets;
            }
            changed
        });
    }

    fn target(&self, instance: &Instance) -> Option<Target> {
        let service = &self.desired.services.get(&instance.id.service)?.service;
        let metrics = service.metrics.as_ref()?;
        let address = instance.address?;
        Some(Target {
            instance: instance.id.clone(),
            address: SocketAddr::new(address.ip(), metrics.port.unwrap_or(address.port())),
            path: metrics.path.clone(),
            every: metrics.every,
        })
    }
}
