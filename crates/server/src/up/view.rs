//! The platform as `naru status`, `top` and the API show it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use naru_model::instance::InstanceId;
use naru_model::name::ServiceName;
use naru_model::observed::Health;
use naru_model::plan::DesiredService;
use naru_model::status::{self, GatewayStatus, InstanceStatus, ServerStatus, ServiceStatus, Status};
use naru_runtime::Stats;

use super::core::Core;
use super::world::Instance;

/// How far back the traffic in a status goes.
const TRAFFIC_OVER: Duration = Duration::from_secs(10);

impl Core {
    /// Publishes the status as it is now, and logs `ready` the first time that every service has its minimum.
    pub(crate) fn publish_status(&mut self) {
        let status = self.view();
        let minimum = |service: &ServiceStatus| {
            self.desired.services.get(&service.name).map_or(0, |wanted| wanted.service.scale.min)
        };
        let ready = self
            .world
            .newest_gateway()
            .is_some_and(|gateway| gateway.acknowledged >= self.tables.newest_version())
            && status.services.iter().all(|service| service.ready >= minimum(service));
        if ready && !self.was_ready {
            self.was_ready = true;
            let addresses: Vec<String> = status.gateway.listen.iter().map(ToString::to_string).collect();
            eprintln!("naru: ready on {}", addresses.join(", "));
        }
        self.status.send_replace(Arc::new(status));
    }

    fn view(&self) -> Status {
        let stats: BTreeMap<InstanceId, Stats> =
            self.runtime.stats().into_iter().map(|stats| (stats.id.clone(), stats)).collect();
        let services = &self.desired.services;
        Status {
            platform: self.applied.platform.name.clone(),
            gateway: GatewayStatus {
                pid: self.gateways.current,
                listen: self.gateways.addresses(),
                connections: self.world.gateways.values().map(|gateway| gateway.load.connections).sum(),
                version: self.world.acknowledged().unwrap_or(0),
            },
            server: ServerStatus {
                pid: std::process::id(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                since: self.since,
            },
            confinement: self.runtime.confinement().to_owned(),
            services: services.iter().map(|(name, wanted)| self.view_service(name, wanted, &stats)).collect(),
        }
    }

    fn view_service(
        &self,
        name: &ServiceName,
        wanted: &DesiredService,
        stats: &BTreeMap<InstanceId, Stats>,
    ) -> ServiceStatus {
        let id = self.ids.services.get(name).copied().unwrap_or_default();
        let load = self.world.service_load(id);
        let traffic = self.telemetry.traffic(name, TRAFFIC_OVER, self.clock.now());
        ServiceStatus {
            name: name.clone(),
            desired: if wanted.removed { 0 } else { wanted.count },
            ready: self.world.ready(name),
            revision: wanted.progress.target,
            stable: wanted.progress.stable,
            instances: self.world.of(name).map(|instance| self.view_instance(instance, stats)).collect(),
            traffic: status::Traffic { in_flight: load.in_flight, waiting: load.waiting, ..traffic },
        }
    }

    fn view_instance(&self, instance: &Instance, stats: &BTreeMap<InstanceId, Stats>) -> InstanceStatus {
        let used = stats.get(&instance.id);
        let place = (instance.id.service.clone(), instance.id.revision);
        InstanceStatus {
            id: instance.id.clone(),
            pid: instance.pid,
            address: instance.address,
            revision: instance.id.revision,
            state: self.state_of(instance).to_owned(),
            cpu_cores: used.map_or(0.0, |used| used.cpu_cores),
            memory_bytes: used.map_or(0, |used| used.memory_bytes),
            restarts: self.world.restarts.get(&place).copied().unwrap_or(0),
            in_flight: self.world.in_flight(&instance.id).unwrap_or(0),
            since: instance.started_at,
        }
    }

    fn state_of(&self, instance: &Instance) -> &'static str {
        use naru_model::instance::Phase;
        match instance.phase {
            Phase::Ready if matches!(instance.health, Health::Unhealthy { .. }) => "unhealthy",
            Phase::Ready if self.world.is_ejected(&instance.id) => "ejected",
            phase => status::phase_name(phase),
        }
    }
}
