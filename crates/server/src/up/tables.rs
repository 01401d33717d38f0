//! Makes what gateways are fed: names turned into numbers, and every change given a version.

use std::collections::BTreeMap;
use std::sync::Arc;

use naru_model::access_log::LogFormat;
use naru_model::name::{FunctionName, ServiceName};
use naru_model::plan::DesiredService;
use naru_model::platform::{self, Platform};
use naru_model::policy::Policy;
use naru_model::snapshot::{self, Callers, Endpoint, Endpoints, FunctionId, RouteId, Routing, ServiceId};
use tokio::sync::watch;

use super::link::Published;
use super::links;

/// The numbers of all names that a platform uses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    pub(crate) services: BTreeMap<ServiceName, ServiceId>,
    pub(crate) functions: BTreeMap<FunctionName, FunctionId>,
    /// By the route's name.
    pub(crate) routes: BTreeMap<String, RouteId>,
}

/// The published tables.
pub(crate) struct Tables {
    published: watch::Sender<Arc<Published>>,
}

impl Tables {
    pub(crate) fn new() -> Tables {
        Tables { published: watch::Sender::new(Arc::new(Published::default())) }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Published>> {
        self.published.subscribe()
    }

    /// Tells whether this is another routing than the published one.
    pub(crate) fn is_new_routing(&self, routing: &Routing) -> bool {
        !matches!(&self.published.borrow().routing, Some((_, old)) if **old == *routing)
    }

    /// Tells whether these are other endpoints than the service's published ones.
    pub(crate) fn is_new(&self, service: ServiceId, endpoints: &[Endpoint]) -> bool {
        let published = self.published.borrow();
        published.endpoints.get(&service).is_none_or(|(_, old)| old.endpoints != endpoints)
    }

    /// The version that a gateway with everything published so far routes by.
    pub(crate) fn newest_version(&self) -> u64 {
        let published = self.published.borrow();
        let endpoints = published.endpoints.values().map(|(version, _)| *version);
        let routing = published.routing.iter().map(|(version, _)| *version);
        let callers = published.callers.iter().map(|(version, _)| *version);
        endpoints.chain(routing).chain(callers).max().unwrap_or(0)
    }

    pub(crate) fn publish_routing(&self, version: u64, routing: Routing) {
        self.published.send_modify(|published| {
            let published = Arc::make_mut(published);
            published.endpoints.retain(|id, _| routing.services.iter().any(|service| service.id == *id));
            published.routing = Some((version, Arc::new(routing)));
        });
    }

    /// Tells whether these are other callers than the published ones.
    pub(crate) fn are_new_callers(&self, callers: &Callers) -> bool {
        !matches!(&self.published.borrow().callers, Some((_, old)) if **old == *callers)
    }

    pub(crate) fn publish_callers(&self, version: u64, callers: Callers) {
        self.published.send_modify(|published| {
            Arc::make_mut(published).callers = Some((version, Arc::new(callers)));
        });
    }

    pub(crate) fn publish_endpoints(&self, version: u64, service: ServiceId, endpoints: Vec<Endpoint>) {
        let endpoints = Arc::new(Endpoints { service, endpoints });
        self.published.send_modify(|published| {
            Arc::make_mut(published).endpoints.insert(service, (version, endpoints));
        });
    }
}

/// Makes the routing of a platform. Services without a route are in it too: their health is checked all the same, and
/// those that were taken out of the file end what they have.
pub(crate) fn routing(
    platform: &Platform,
    services: &BTreeMap<ServiceName, DesiredService>,
    ids: &Ids,
    silent: bool,
) -> Routing {
    let mut routing = Routing {
        routes: platform.routes.iter().map(|route| one_route(route, ids)).collect(),
        services: services.iter().map(|(name, wanted)| one_service(name, &wanted.service, ids)).collect(),
        limits: platform.gateway.limits.clone(),
        trusted_proxies: platform.gateway.trusted_proxies.clone(),
        certificates: platform.gateway.tls.as_ref().map_or(Vec::new(), |tls| tls.certificates.clone()),
        silent,
        user: platform.gateway.user.clone(),
        agents: platform.gateway.access_log && platform.gateway.access_log_format == LogFormat::Combined,
        counters: platform.gateway.counters.clone(),
        ..Routing::default()
    };
    links::add_to(&mut routing, platform, ids);
    routing
}

fn one_route(route: &platform::Route, ids: &Ids) -> snapshot::Route {
    snapshot::Route {
        id: ids.routes.get(&route.name).copied().unwrap_or_default(),
        matches: route.matches.clone(),
        to: route
            .to
            .iter()
            .filter_map(|target| Some((*ids.services.get(&target.service)?, target.weight)))
            .collect(),
        function: route
            .function
            .as_ref()
            .and_then(|name| ids.functions.get(name))
            .copied()
            .unwrap_or_default(),
        timeout: route.timeout,
        name: route.name.clone(),
        // What is logged is not the gateway's business: a route with nothing else goes the short way.
        policy: Policy { log: None, ..route.policy.clone() },
        link: None,
    }
}

fn one_service(name: &ServiceName, service: &platform::Service, ids: &Ids) -> snapshot::Service {
    snapshot::Service {
        id: ids.services.get(name).copied().unwrap_or_default(),
        name: name.clone(),
        health: service.health.clone(),
        traffic: service.traffic.clone(),
        warm_up: service.scale.warm_up,
    }
}
