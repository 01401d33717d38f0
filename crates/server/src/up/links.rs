//! Linked outside systems: where they are, and how the gateway gets there.
//!
//! To the gateway a link is a service like any other, whose endpoints are what its name stands for. Names are looked up again
//! and again; while that fails, what was found last stays.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use http::Uri;
use naru_model::instance::InstanceId;
use naru_model::name::{LinkName, ServiceName};
use naru_model::observed::Health;
use naru_model::platform::{self, Link, Match, Platform, Protocol, Traffic as Bounds};
use naru_model::policy::{PathChange, Policy};
use naru_model::series::Subject;
use naru_model::snapshot::{self, Door, Endpoint, FunctionId};
use naru_model::status::{LinkState, LinkStatus, Traffic};
use tokio::net::lookup_host;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::core::Core;
use super::inbox::Input;
use super::tables::Ids;

/// How often names are looked up again, and how soon after that has failed.
const LOOK_UP_EVERY: Duration = Duration::from_secs(30);
const LOOK_UP_AGAIN: Duration = Duration::from_secs(2);
/// Whether one accepts connections.
const HEALTH: platform::Health = platform::Health {
    path: None,
    every: Duration::from_secs(5),
    timeout: Duration::from_secs(2),
    ready_after: 1,
    dead_after: 2,
    start_timeout: Duration::from_secs(60),
};

/// What is known of one link.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// In the order they were first found: an address keeps its number as long as it is there.
    addresses: Vec<Option<SocketAddr>>,
    health: BTreeMap<InstanceId, Health>,
    /// Why the last look-up failed.
    reason: Option<String>,
    lookup: Option<(String, Lookup)>,
}

/// Ends with its link.
#[derive(Debug)]
struct Lookup(JoinHandle<()>);

impl Drop for Lookup {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What an address of the file is made of; `None` for one that the file's checks let nobody write.
struct Parts {
    host: String,
    port: u16,
    tls: bool,
    /// As requests have it in `Host`.
    authority: String,
    /// What all paths begin with; empty or beginning with a slash, without one at its end.
    base: String,
}

fn parts(url: &str) -> Option<Parts> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let tls = uri.scheme_str() == Some("https");
    Some(Parts {
        host: authority.host().trim_matches(['[', ']']).to_owned(),
        port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
        tls,
        authority: authority.as_str().to_owned(),
        base: uri.path().trim_end_matches('/').to_owned(),
    })
}

/// The name a link goes by among services.
pub(crate) fn service_name(link: &LinkName) -> Option<ServiceName> {
    link.as_str().parse().ok()
}

/// The name of a link's route, and the host that leads to it.
pub(crate) fn host(link: &LinkName) -> String {
    format!("{link}.link.naru")
}

/// Where the gateway is to listen for links, over what the file says for clients.
pub(crate) fn doors(platform: &Platform) -> Vec<SocketAddr> {
    let own = platform.links.values().filter_map(|link| link.port).map(local);
    let by_name = (!platform.links.is_empty()).then_some(platform.gateway.links);
    by_name.into_iter().chain(own).collect()
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// Adds the links to what the gateway routes by.
pub(crate) fn add_to(routing: &mut snapshot::Routing, platform: &Platform, ids: &Ids) {
    if platform.links.is_empty() {
        return;
    }
    routing.links.push(Door { address: platform.gateway.links, to: None });
    for (name, link) in &platform.links {
        let (Some(parts), Some(service)) = (parts(&link.url), service_name(name)) else { continue };
        let host = host(name);
        let route = ids.routes.get(&host).copied().unwrap_or_default();
        let id = ids.services.get(&service).copied().unwrap_or_default();
        routing.links.extend(link.port.map(|port| Door { address: local(port), to: Some(route) }));
        routing.services.push(snapshot::Service {
            id,
            name: service,
            health: HEALTH,
            traffic: traffic(link),
            warm_up: Duration::ZERO,
        });
        routing.routes.push(snapshot::Route {
            id: route,
            matches: Match { host: Some(host.clone()), ..Match::default() },
            to: vec![(id, 1)],
            function: FunctionId::default(),
            timeout: Some(link.timeout),
            name: host,
            policy: policy(link, &parts),
            link: Some(parts.authority),
        });
    }
}

/// A system that says nothing is given up a little before the request is, so that it is known whose fault that was.
fn traffic(link: &Link) -> Bounds {
    let first_byte_timeout = link.traffic.first_byte_timeout.min(link.timeout.mul_f64(0.9));
    Bounds { first_byte_timeout, ..link.traffic.clone() }
}

fn policy(link: &Link, parts: &Parts) -> Policy {
    let below = PathChange { from: "/**".to_owned(), to: format!("{}/**", parts.base) };
    Policy { path: (!parts.base.is_empty()).then_some(below), ..link.policy.clone() }
}

impl Known {
    /// Takes in what a name stands for; who is not among it any more loses its number to the next new one.
    fn resolved(&mut self, found: Result<Vec<SocketAddr>, String>) {
        let found: BTreeSet<SocketAddr> = match found {
            Ok(found) if !found.is_empty() => found.into_iter().collect(),
            Ok(_) => return self.reason = Some("its name stands for no address".to_owned()),
            Err(reason) => return self.reason = Some(reason),
        };
        self.reason = None;
        for place in &mut self.addresses {
            *place = place.filter(|address| found.contains(address));
        }
        for address in found {
            if !self.addresses.contains(&Some(address)) {
                match self.addresses.iter_mut().find(|place| place.is_none()) {
                    Some(place) => *place = Some(address),
                    None => self.addresses.push(Some(address)),
                }
            }
        }
    }

    fn instances(&self, service: &ServiceName) -> impl Iterator<Item = (InstanceId, SocketAddr)> {
        let numbered = self.addresses.iter().zip(1..);
        numbered.filter_map(move |(address, ordinal)| {
            Some((InstanceId { service: service.clone(), revision: 1, ordinal }, (*address)?))
        })
    }
}

impl Core {
    /// Looks up the names of the file's links from now on, and of no others.
    pub(crate) fn follow_links(&mut self) {
        let links = &self.applied.platform.links;
        self.links.retain(|name, _| links.contains_key(name));
        for (name, link) in links {
            let known = self.links.entry(name.clone()).or_default();
            if known.lookup.as_ref().is_some_and(|(url, _)| *url == link.url) {
                continue;
            }
            let Some(parts) = parts(&link.url) else { continue };
            known.addresses.clear();
            let looking = look_up(name.clone(), parts, self.inbox.clone());
            known.lookup = Some((link.url.clone(), Lookup(tokio::spawn(looking))));
        }
    }

    pub(crate) fn resolved(&mut self, name: &LinkName, found: Result<Vec<SocketAddr>, String>) {
        if let Some(known) = self.links.get_mut(name) {
            known.resolved(found);
        }
    }

    /// Takes in what the gateway found of an endpoint, if it is a link's.
    pub(crate) fn note_link_health(&mut self, instance: &InstanceId, health: &Health) {
        let mut links = self.links.iter_mut();
        if let Some((_, known)) = links.find(|(name, _)| name.as_str() == instance.service.as_str()) {
            known.health.insert(instance.clone(), health.clone());
        }
    }

    /// Each link's endpoints as the gateway is to know them.
    pub(crate) fn link_endpoints(&self) -> Vec<(ServiceName, Vec<Endpoint>)> {
        let endpoints = |(name, known): (&LinkName, &Known)| {
            let link = self.applied.platform.links.get(name)?;
            let (parts, service) = (parts(&link.url)?, service_name(name)?);
            let endpoint = |(instance, address)| Endpoint {
                instance,
                address,
                protocol: Protocol::Http1,
                routed: true,
                tls: parts.tls.then(|| parts.host.clone()),
            };
            let endpoints = known.instances(&service).map(endpoint).collect();
            Some((service, endpoints))
        };
        self.links.iter().filter_map(endpoints).collect()
    }

    pub(crate) fn view_links(&self) -> Vec<LinkStatus> {
        let view = |(name, link): (&LinkName, &Link)| {
            let (service, known) = (service_name(name)?, self.links.get(name)?);
            let load = self.world.service_load(self.service_id(&service));
            let traffic = self.traffic_of(&Subject::Service(service.clone()));
            let (state, reason) = self.state_of_link(known, &service);
            Some(LinkStatus {
                name: name.clone(),
                url: link.url.clone(),
                state,
                reason,
                addresses: known.addresses.iter().copied().flatten().collect(),
                traffic: Traffic { in_flight: load.in_flight, waiting: load.waiting, ..traffic },
            })
        };
        self.applied.platform.links.iter().filter_map(view).collect()
    }

    fn state_of_link(&self, known: &Known, service: &ServiceName) -> (LinkState, Option<String>) {
        let instances: Vec<InstanceId> = known.instances(service).map(|(id, _)| id).collect();
        if instances.is_empty() {
            return (LinkState::Unresolved, known.reason.clone());
        }
        let ill = |id: &InstanceId| match known.health.get(id) {
            Some(Health::Unhealthy { why, .. }) => Some(why.clone()),
            _ => None,
        };
        if let Some(reasons) = instances.iter().map(ill).collect::<Option<Vec<_>>>() {
            return (LinkState::Down, reasons.into_iter().next());
        }
        if instances.iter().all(|id| self.world.is_ejected(id)) {
            let reason = "it failed again and again; one request at a time finds out whether it is well";
            return (LinkState::Broken, Some(reason.to_owned()));
        }
        (LinkState::Up, known.reason.clone())
    }
}

/// Looks a name up again and again until the loop has ended.
async fn look_up(name: LinkName, parts: Parts, inbox: mpsc::Sender<Input>) {
    let mut last = None;
    loop {
        let looked = lookup_host((parts.host.as_str(), parts.port)).await;
        let found = looked.map(Iterator::collect::<Vec<_>>);
        let found = found.map_err(|error| format!("{} can't be looked up: {error}", parts.host));
        let pause = if found.is_ok() { LOOK_UP_EVERY } else { LOOK_UP_AGAIN };
        if last.as_ref() != Some(&found) {
            let input = Input::Resolved { link: name.clone(), found: found.clone() };
            if inbox.send(input).await.is_err() {
                return;
            }
            last = Some(found);
        }
        tokio::time::sleep(pause).await;
    }
}
