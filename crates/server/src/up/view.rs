//! The platform as `naru status`, `top`, the API and the console show it: one truth for all of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use naru_model::name::{FunctionName, ServiceName};
use naru_model::observed::{Health, Process};
use naru_model::plan::DesiredService;
use naru_model::platform::{self, Function};
use naru_model::record::Fault;
use naru_model::series::Subject;
use naru_model::snapshot::ServiceId;
use naru_model::status::{
    self, FunctionStatus, GatewayStatus, InstanceStatus, PoolStatus, ScalingStatus, ServerStatus,
    ServiceStatus, Status, Traffic,
};
use naru_telemetry::Seen;

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
        let services: Vec<ServiceStatus> =
            self.desired.services.iter().map(|(name, wanted)| self.view_service(name, wanted)).collect();
        let functions = &self.applied.platform.functions;
        Status {
            at: self.clock.now(),
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
                file: self.file.clone(),
            },
            confinement: self.runtime.confinement().to_owned(),
            host: self.host.clone(),
            pool: self.view_pool(),
            traffic: Traffic {
                in_flight: services.iter().map(|service| service.traffic.in_flight).sum(),
                waiting: services.iter().map(|service| service.traffic.waiting).sum(),
                ..self.traffic_of(&Subject::All)
            },
            functions: functions.iter().map(|(name, function)| self.view_function(name, function)).collect(),
            services,
            links: self.view_links(),
        }
    }

    pub(crate) fn traffic_of(&self, subject: &Subject) -> Traffic {
        self.telemetry.traffic(subject, TRAFFIC_OVER, self.clock.now())
    }

    /// Reserved is what every instance that was started and has not ended holds.
    fn view_pool(&self) -> PoolStatus {
        let pool = self.desired.pool;
        let running = self.world.instances.values().filter(|instance| instance.process == Process::Running);
        let sizes: Vec<_> = running
            .filter_map(|instance| self.revision(&instance.id))
            .map(|revision| revision.spec.instance)
            .collect();
        PoolStatus {
            cpu_cores: pool.cpu.cores(),
            cpu_cores_reserved: sizes.iter().filter_map(|size| size.cpu).map(|cpu| cpu.cores()).sum(),
            memory_bytes: pool.memory.0,
            memory_bytes_reserved: sizes.iter().filter_map(|size| size.memory).map(|memory| memory.0).sum(),
        }
    }

    fn view_function(&self, name: &FunctionName, function: &Function) -> FunctionStatus {
        let platform = &self.applied.platform;
        let routes = || platform.routes.iter().filter(|route| route.function.as_ref() == Some(name));
        let services: BTreeSet<ServiceName> =
            routes().flat_map(|route| &route.to).map(|target| target.service.clone()).collect();
        let loads = self.world.route_loads();
        let in_flight =
            routes().filter_map(|route| loads.get(self.ids.routes.get(&route.name)?)).copied().sum();
        FunctionStatus {
            name: name.clone(),
            title: function.name.clone(),
            owner: function.owner.clone(),
            apdex_t_seconds: function.apdex_t.as_secs_f64(),
            services: services.into_iter().collect(),
            traffic: Traffic { in_flight, ..self.traffic_of(&Subject::Function(name.clone())) },
        }
    }

    fn view_service(&self, name: &ServiceName, wanted: &DesiredService) -> ServiceStatus {
        let load = self.world.service_load(self.service_id(name));
        let traffic = self.traffic_of(&Subject::Service(name.clone()));
        let seen = self.telemetry.instances(name, TRAFFIC_OVER, self.clock.now());
        let seen_of =
            |instance: &Instance| seen.iter().find(|(id, _)| *id == instance.id).map(|(_, seen)| seen);
        let instances = self.world.of(name).map(|instance| self.view_instance(instance, seen_of(instance)));
        let ready = self.world.ready(name);
        let target = (name.clone(), wanted.progress.target);
        ServiceStatus {
            name: name.clone(),
            desired: naru_controller::asked(wanted),
            ready,
            revision: wanted.progress.target,
            stable: wanted.progress.stable,
            instances: instances.collect(),
            traffic: Traffic { in_flight: load.in_flight, waiting: load.waiting, ..traffic },
            places: places(&wanted.service.traffic, ready),
            restarts: self.world.restarts.get(&target).copied().unwrap_or(0),
            scaling: view_scaling(wanted),
        }
    }

    pub(crate) fn service_id(&self, name: &ServiceName) -> ServiceId {
        self.ids.services.get(name).copied().unwrap_or_default()
    }

    fn view_instance(&self, instance: &Instance, seen: Option<&Seen>) -> InstanceStatus {
        let used = self.used.get(&instance.id);
        let place = (instance.id.service.clone(), instance.id.revision);
        let size = self.revision(&instance.id).map(|revision| revision.spec.instance).unwrap_or_default();
        InstanceStatus {
            id: instance.id.clone(),
            pid: instance.pid,
            address: instance.address,
            revision: instance.id.revision,
            state: self.state_of(instance).to_owned(),
            cpu_cores: used.map_or(0.0, |used| used.cpu_cores),
            memory_bytes: used.map_or(0, |used| used.memory_bytes),
            disk_read_bytes: used.map_or(0.0, |used| used.disk_read_bytes),
            disk_written_bytes: used.map_or(0.0, |used| used.disk_written_bytes),
            cpu_cores_reserved: size.cpu.map(|cpu| cpu.cores()),
            memory_bytes_reserved: size.memory.map(|memory| memory.0),
            restarts: self.world.restarts.get(&place).copied().unwrap_or(0),
            in_flight: self.world.in_flight(&instance.id).unwrap_or(0),
            requests_per_second: seen.map_or(0.0, |seen| seen.requests() as f64 / f64::from(seen.seconds)),
            mean_seconds: seen.map_or(0.0, Seen::mean_seconds),
            error_ratio: seen
                .map_or(0.0, |seen| seen.faults(Fault::Service) as f64 / seen.requests().max(1) as f64),
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

/// Transactions that may be under way together.
fn places(traffic: &platform::Traffic, ready: u32) -> u64 {
    let of_instances = traffic.per_instance.map(|each| u64::from(each) * u64::from(ready));
    (traffic.concurrency as u64).min(of_instances.unwrap_or(u64::MAX))
}

fn view_scaling(wanted: &DesiredService) -> ScalingStatus {
    let (scale, scaling) = (&wanted.service.scale, &wanted.progress.scaling);
    ScalingStatus {
        min: scale.min,
        max: scale.max,
        priority: scale.priority,
        automatic: scale.is_automatic(),
        held: wanted.count,
        policies: naru_controller::policies(scale),
        decision: scaling.decision.clone(),
        capacity: scaling.capacity,
        no_room: wanted.progress.no_room,
    }
}
