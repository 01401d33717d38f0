//! What a thread routes by: immutable, one per routing. Endpoints change behind it, in the services' shared state.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use naru_model::platform::{Certificate, Limits, UserKey};
use naru_model::snapshot::{RouteId, Routing, ServiceId};

use crate::flight::Flight;
use crate::route::{RequestView, Route, Router};
use crate::service::Service;

#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) limits: Limits,
    /// For the TLS listeners; empty when there are none.
    pub(crate) certificates: Vec<Certificate>,
    /// Whether no request is recorded.
    pub(crate) silent: bool,
    /// What tells users apart.
    pub(crate) user: UserKey,
    trusted_proxies: Vec<IpNet>,
    router: Router<Arc<Route>>,
}

impl Table {
    /// Makes a table of a snapshot. A route to services that the snapshot lacks, or that all weigh nothing, is left out:
    /// who validated the file has refused it.
    pub(crate) fn new(
        routing: &Routing,
        services: &HashMap<ServiceId, Arc<Service>>,
        flights: &HashMap<RouteId, Arc<Flight>>,
    ) -> Self {
        let routes = routing.routes.iter().filter_map(|route| {
            let to = route.to.iter().filter_map(|(id, weight)| Some((services.get(id)?.clone(), *weight)));
            let flight = flights.get(&route.id)?.clone();
            let made = Route::new(route.id, route.function, route.timeout, flight, to)?;
            Some((route.matches.clone(), route.id, Arc::new(made)))
        });
        Table {
            limits: routing.limits.clone(),
            certificates: routing.certificates.clone(),
            silent: routing.silent,
            user: routing.user.clone(),
            trusted_proxies: routing.trusted_proxies.clone(),
            router: Router::new(routes),
        }
    }

    pub(crate) fn route(&self, request: &impl RequestView) -> Option<&Arc<Route>> {
        self.router.find(request)
    }

    /// Tells whether `peer` may say who its own client was.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&peer.to_canonical()))
    }
}
