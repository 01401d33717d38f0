//! What a thread routes by: immutable, one per routing. Endpoints change behind it, in the services' shared state.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use naru_model::name::ClientName;
use naru_model::platform::{Certificate, Limits, UserKey};
use naru_model::record::Method;
use naru_model::snapshot::{CallerId, Door, RouteId, Routing, ServiceId};

use crate::flight::Flight;
use crate::head::RequestHead;
use crate::policy::access::Directory;
use crate::policy::limit::{self, Counters};
use crate::policy::{Policies, Preflight};
use crate::route::{RequestView, Route, Router};
use crate::service::Service;

#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub(crate) limits: Limits,
    /// For the TLS listeners; empty when there are none.
    pub(crate) certificates: Vec<Certificate>,
    /// Whether no request is recorded.
    pub(crate) silent: bool,
    /// Whether records carry what the client says of itself.
    pub(crate) agents: bool,
    /// What tells users apart.
    pub(crate) user: UserKey,
    /// Answers for naru itself.
    pub(crate) own: Option<Arc<Service>>,
    /// What the server's own calls prove themselves by; empty: there are none.
    pub(crate) own_secret: String,
    pub(crate) callers: Arc<Directory>,
    /// The policies of routes without any, when the platform is closed by default.
    pub(crate) unwritten: Option<Arc<Policies>>,
    /// The policies of routes without any for the requests of clients that have limits of their own; `None`: no client has.
    pub(crate) bare: Option<Arc<Policies>>,
    trusted_proxies: Vec<IpNet>,
    router: Arc<Router<Arc<Route>>>,
    /// Routes of links: nobody gets there but by a door.
    links: Arc<Router<Arc<Route>>>,
    /// Addresses that lead to links alone; each to one, or to the one that is named.
    doors: Vec<(SocketAddr, Option<Arc<Route>>)>,
}

impl Table {
    /// Makes a table of a snapshot. A route to services that the snapshot lacks, or that all weigh nothing, is left out:
    /// who validated the file has refused it.
    pub(crate) fn new(
        routing: &Routing,
        services: &HashMap<ServiceId, Arc<Service>>,
        flights: &HashMap<RouteId, Arc<Flight>>,
        policies: &HashMap<RouteId, Arc<Policies>>,
        callers: Arc<Directory>,
        counters: &Arc<Counters>,
    ) -> Self {
        let made = routing.routes.iter().filter_map(|route| {
            let to = route.to.iter().filter_map(|(id, weight)| Some((services.get(id)?.clone(), *weight)));
            let flight = flights.get(&route.id)?.clone();
            let mut made = Route::new(route.id, route.function, route.timeout, flight, to)?;
            made.policies = policies.get(&route.id).cloned();
            let limits = limit::Limits::new(route, &routing.services, counters);
            if made.policies.is_none() && !limits.is_empty() {
                made.policies = Some(Arc::new(Policies::unwritten()));
            }
            made.limits = Some(Arc::new(limits));
            Some((route.link.is_some(), (route.matches.clone(), route.id, Arc::new(made))))
        });
        let (links, routes): (Vec<_>, Vec<_>) = made.partition(|(link, _)| *link);
        let to =
            |id| links.iter().find(|(_, (_, link, _))| *link == id).map(|(_, (_, _, route))| route.clone());
        let door = |door: &Door| match door.to {
            Some(id) => Some((door.address, Some(to(id)?))),
            None => Some((door.address, None)),
        };
        let doors = routing.links.iter().filter_map(door).collect();
        let table = Table {
            limits: routing.limits.clone(),
            certificates: routing.certificates.clone(),
            silent: routing.silent,
            agents: routing.agents,
            user: routing.user.clone(),
            trusted_proxies: routing.trusted_proxies.clone(),
            own: routing.own.and_then(|id| services.get(&id).cloned()),
            own_secret: routing.own_secret.clone(),
            router: Arc::new(Router::new(routes.into_iter().map(|(_, route)| route))),
            links: Arc::new(Router::new(links.into_iter().map(|(_, route)| route))),
            doors,
            ..Table::default()
        };
        table.with_callers(callers)
    }

    /// What a registered client is called.
    pub(crate) fn name_of(&self, caller: CallerId) -> Option<&ClientName> {
        self.callers.name_of(caller)
    }

    /// The same table for other callers.
    pub(crate) fn with_callers(&self, callers: Arc<Directory>) -> Self {
        let none = || Arc::new(Policies::unwritten());
        let unwritten = callers.default_deny.then(none);
        let bare = callers.any_is_limited().then(none);
        Table { callers, unwritten, bare, ..self.clone() }
    }

    /// The route of a request that came to this address.
    pub(crate) fn route_from(&self, local: SocketAddr, request: &RequestHead) -> Option<&Arc<Route>> {
        match self.doors.iter().find(|(address, _)| *address == local) {
            Some((_, Some(only))) => Some(only),
            Some((_, None)) => self.links.find(request),
            None if request.method == Method::Options => {
                self.preflight(request).or_else(|| self.route(request))
            }
            None => self.route(request),
        }
    }

    pub(crate) fn route(&self, request: &impl RequestView) -> Option<&Arc<Route>> {
        self.router.find(request)
    }

    /// Finds the route of a browser's question by what it asks about, if that route answers such questions.
    fn preflight(&self, request: &RequestHead) -> Option<&Arc<Route>> {
        let route = self.route(&Preflight::of(request)?)?;
        route.policies.as_ref().is_some_and(|policies| policies.cors.is_some()).then_some(route)
    }

    /// Tells whether `peer` may say who its own client was.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&peer.to_canonical()))
    }
}
