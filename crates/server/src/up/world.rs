//! What is known of the running platform: every instance and every connected gateway.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use naru_model::instance::{InstanceId, Phase};
use naru_model::link::{EndpointLoad, Load, ServiceLoad, ToGateway};
use naru_model::name::ServiceName;
use naru_model::observed::{self, Health, Process};
use naru_model::platform::Protocol;
use naru_model::snapshot::{Endpoint, RouteId, ServiceId};
use naru_model::units::Timestamp;
use tokio::sync::mpsc;

use super::link::ConnectionId;

/// One instance, from the decision to start it until it is forgotten.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: InstanceId,
    pub(crate) phase: Phase,
    pub(crate) since: Timestamp,
    pub(crate) started_at: Timestamp,
    /// `None` until the runtime has started it.
    pub(crate) address: Option<SocketAddr>,
    pub(crate) protocol: Protocol,
    pub(crate) pid: u32,
    pub(crate) process: Process,
    pub(crate) health: Health,
    /// The table version that first left it out after it had been in.
    pub(crate) unrouted_in: Option<u64>,
}

/// For how long a gateway's load counts; it is told every 250 ms.
const LOAD_HOLDS: Duration = Duration::from_secs(1);

/// One connected gateway. There are two while one takes over from the other.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) pid: u32,
    pub(crate) since: Timestamp,
    pub(crate) acknowledged: u64,
    pub(crate) load: Load,
    /// When it last told of its load.
    pub(crate) load_at: Timestamp,
    pub(crate) control: mpsc::Sender<ToGateway>,
}

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) instances: BTreeMap<InstanceId, Instance>,
    /// By connection; the last one is the newest.
    pub(crate) gateways: BTreeMap<ConnectionId, Gateway>,
    /// Ends that nobody asked for, by service and revision.
    pub(crate) restarts: BTreeMap<(ServiceName, u32), u32>,
}

impl World {
    /// What the controller is told of instances and gateways.
    pub(crate) fn observe(&self) -> (Vec<observed::Instance>, Option<observed::Gateway>) {
        let instances = self.instances.values().map(|instance| self.observe_instance(instance)).collect();
        let gateway = self.newest_gateway().zip(self.acknowledged());
        let gateway =
            gateway.map(|(newest, acknowledged)| observed::Gateway { since: newest.since, acknowledged });
        (instances, gateway)
    }

    fn observe_instance(&self, instance: &Instance) -> observed::Instance {
        observed::Instance {
            id: instance.id.clone(),
            phase: instance.phase,
            since: instance.since,
            started_at: instance.started_at,
            process: instance.process,
            health: instance.health.clone(),
            unrouted_in: instance.unrouted_in,
            in_flight: self.in_flight(&instance.id),
        }
    }

    /// The version that all threads of all gateways route by; `None` while none is connected.
    pub(crate) fn acknowledged(&self) -> Option<u64> {
        self.gateways.values().map(|gateway| gateway.acknowledged).min()
    }

    pub(crate) fn newest_gateway(&self) -> Option<&Gateway> {
        self.gateways.values().next_back()
    }

    /// Requests in flight to an instance over all gateways; `None` when none of them has told of it.
    pub(crate) fn in_flight(&self, id: &InstanceId) -> Option<u32> {
        self.endpoint_loads(id).map(|load| load.in_flight).reduce(|a, b| a + b)
    }

    pub(crate) fn is_ejected(&self, id: &InstanceId) -> bool {
        self.endpoint_loads(id).any(|load| load.ejected)
    }

    fn endpoint_loads<'w>(&'w self, id: &'w InstanceId) -> impl Iterator<Item = &'w EndpointLoad> {
        self.gateways
            .values()
            .flat_map(|gateway| &gateway.load.endpoints)
            .filter(move |endpoint| endpoint.instance == *id)
    }

    /// What is in flight and waiting for one service, over all gateways.
    pub(crate) fn service_load(&self, service: ServiceId) -> ServiceLoad {
        let mut sum = ServiceLoad { service, in_flight: 0, waiting: 0, begun: 0 };
        for load in self.gateways.values().flat_map(|gateway| &gateway.load.services) {
            if load.service == service {
                sum.in_flight += load.in_flight;
                sum.waiting += load.waiting;
                sum.begun += load.begun;
            }
        }
        sum
    }

    /// Whether every gateway has told of its load within the last second: what is older tells of another time.
    pub(crate) fn gateways_speak(&self, now: Timestamp) -> bool {
        let speaks = |gateway: &Gateway| now.since(gateway.load_at) <= LOAD_HOLDS;
        !self.gateways.is_empty() && self.gateways.values().all(speaks)
    }

    /// Requests under way on each route, over all gateways.
    pub(crate) fn route_loads(&self) -> BTreeMap<RouteId, u32> {
        let mut sums = BTreeMap::new();
        for load in self.gateways.values().flat_map(|gateway| &gateway.load.routes) {
            *sums.entry(load.route).or_default() += load.in_flight;
        }
        sums
    }

    /// The endpoints of a service as the gateway is to know them. An instance that was told to end has none.
    pub(crate) fn endpoints(&self, service: &ServiceName) -> Vec<Endpoint> {
        self.of(service)
            .filter(|instance| instance.phase < Phase::Stopping && instance.process == Process::Running)
            .filter_map(|instance| {
                Some(Endpoint {
                    instance: instance.id.clone(),
                    address: instance.address?,
                    protocol: instance.protocol,
                    routed: instance.phase == Phase::Ready,
                    tls: None,
                })
            })
            .collect()
    }

    pub(crate) fn of<'w>(&'w self, service: &'w ServiceName) -> impl Iterator<Item = &'w Instance> {
        self.instances.values().filter(move |instance| instance.id.service == *service)
    }

    pub(crate) fn ready(&self, service: &ServiceName) -> u32 {
        self.of(service)
            .filter(|instance| instance.phase == Phase::Ready && instance.process == Process::Running)
            .filter(|instance| !matches!(instance.health, Health::Unhealthy { .. }))
            .count() as u32
    }

    /// Notes an end that the runtime told of.
    pub(crate) fn note_end(&mut self, id: &InstanceId, process: Process) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        instance.process = process;
        if instance.phase < Phase::Stopping {
            *self.restarts.entry((id.service.clone(), id.revision)).or_default() += 1;
        }
    }
}
