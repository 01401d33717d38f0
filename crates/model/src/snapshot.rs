//! What the gateway is fed: the routing, and for each service its endpoints. Both always whole, never a difference.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::instance::InstanceId;
use crate::name::ServiceName;
use crate::platform::{Certificate, Health, Limits, Match, Protocol, Traffic, UserKey};

/// Numbers that stand for names in records. The server gives them once and never to another name; 0 is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RouteId(pub u32);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceId(pub u32);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FunctionId(pub u32);

/// How requests are told apart and treated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Routing {
    pub routes: Vec<Route>,
    pub services: Vec<Service>,
    pub limits: Limits,
    pub trusted_proxies: Vec<IpNet>,
    /// For the TLS listeners; empty when there are none.
    pub certificates: Vec<Certificate>,
    /// Whether no request is recorded, to measure what recording costs. Default false.
    #[serde(default)]
    pub silent: bool,
    #[serde(default)]
    pub user: UserKey,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    pub id: RouteId,
    pub matches: Match,
    /// Services and their weights; at least one.
    pub to: Vec<(ServiceId, u32)>,
    pub function: FunctionId,
    pub timeout: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    pub id: ServiceId,
    pub name: ServiceName,
    pub health: Health,
    pub traffic: Traffic,
    /// How long a new endpoint's share of the requests grows.
    pub warm_up: Duration,
}

/// All endpoints of one service: who is not in it any more has left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoints {
    pub service: ServiceId,
    pub endpoints: Vec<Endpoint>,
}

/// One address that a service's instance answers on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    pub instance: InstanceId,
    pub address: SocketAddr,
    pub protocol: Protocol,
    /// `false`: its health is checked but it gets no request, because it starts or drains.
    pub routed: bool,
}

impl Routing {
    /// Tells whether `peer` may say who its own client was.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&peer.to_canonical()))
    }
}
