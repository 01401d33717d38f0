//! Services and endpoints for tests, with a clock that stands still until told.

use std::sync::Arc;
use std::time::Duration;

use naru_model::platform::{Health, Match, Protocol, Traffic};
use naru_model::snapshot::{self, FunctionId, RouteId, Routing, ServiceId};

use crate::clock::Clock;
use crate::endpoint::Endpoint;
use crate::service::{Service, State};

pub(crate) fn service_snapshot(id: u32, traffic: Traffic) -> snapshot::Service {
    let name = format!("service-{id}").parse().unwrap();
    snapshot::Service { id: ServiceId(id), name, health: Health::default(), traffic, warm_up: Duration::ZERO }
}

pub(crate) fn endpoint_snapshot(service: u32, ordinal: u32, routed: bool) -> snapshot::Endpoint {
    snapshot::Endpoint {
        instance: format!("service-{service}-1-{ordinal}").parse().unwrap(),
        address: format!("127.0.0.1:{}", 40_000 + ordinal).parse().unwrap(),
        protocol: Protocol::Http1,
        routed,
        tls: None,
    }
}

pub(crate) fn endpoints_snapshot(
    service: u32,
    ordinals: impl IntoIterator<Item = u32>,
) -> snapshot::Endpoints {
    let endpoints = ordinals.into_iter().map(|ordinal| endpoint_snapshot(service, ordinal, true)).collect();
    snapshot::Endpoints { service: ServiceId(service), endpoints }
}

/// Any path of `service-N.example` goes to service N.
pub(crate) fn routing(services: impl IntoIterator<Item = snapshot::Service>) -> Routing {
    let services: Vec<_> = services.into_iter().collect();
    let route = |service: &snapshot::Service| snapshot::Route {
        id: RouteId(service.id.0),
        matches: Match { host: Some(format!("{}.example", service.name)), ..Match::default() },
        to: vec![(service.id, 1)],
        function: FunctionId(0),
        ..snapshot::Route::default()
    };
    Routing { routes: services.iter().map(route).collect(), services, ..Routing::default() }
}

/// Routed and warm.
pub(crate) fn endpoint(ordinal: u32, clock: &Clock) -> Arc<Endpoint> {
    let endpoint =
        Arc::new(Endpoint::new(ServiceId(1), &endpoint_snapshot(1, ordinal, true), Arc::default()));
    endpoint.route(true, clock.now());
    endpoint
}

/// A service with endpoints 1 to `endpoints`, and they.
pub(crate) fn service(traffic: Traffic, endpoints: u32, clock: &Clock) -> (Arc<Service>, Vec<Arc<Endpoint>>) {
    let snapshot = service_snapshot(1, traffic);
    let state = Arc::new(State::new(&snapshot, clock.clone()));
    let service = Arc::new(Service::new(&snapshot, state));
    let endpoints: Vec<_> = (1..=endpoints).map(|ordinal| endpoint(ordinal, clock)).collect();
    service.state.set_routed(endpoints.clone(), &service.traffic);
    (service, endpoints)
}
