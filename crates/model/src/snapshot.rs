//! What the gateway is fed: the routing, and for each service its endpoints. Both always whole, never a difference.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::client::{Client, Issuer};
use crate::instance::InstanceId;
use crate::name::{ClientName, ServiceName};
use crate::platform::{Certificate, Counters, Health, Limits, Match, Protocol, Traffic, UserKey};
use crate::policy::Policy;
use crate::units::Timestamp;

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

/// A client that was recognised; 0: none was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallerId(pub u32);

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
    /// Whether records carry `Referer` and `User-Agent`, for an access log that has them. Default false.
    #[serde(default)]
    pub agents: bool,
    /// Answers for naru itself: tokens, jobs, what waits and what is published. Its endpoints are the server's.
    #[serde(default)]
    pub own: Option<ServiceId>,
    /// What the server's own calls through the gateway prove themselves by (`naru-own`); nobody else's are passed on.
    #[serde(default)]
    pub own_secret: String,
    #[serde(default)]
    pub counters: Option<Counters>,
    #[serde(default)]
    pub links: Vec<Door>,
}

/// A listening address that leads to links and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    pub address: SocketAddr,
    /// The one link it leads to; `None`: the one that the request's host names.
    pub to: Option<RouteId>,
}

/// Who may call, as far as the gateway decides it. Sent whole, apart from the routing, because tokens are revoked often.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Callers {
    pub default_deny: bool,
    /// By name.
    pub clients: Vec<Caller>,
    pub issuers: Vec<TrustedIssuer>,
    /// Of naru's own tokens that were taken back before their end: `jti`, and when it would have ended.
    pub revoked: Vec<(String, Timestamp)>,
    pub client_ca: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    pub id: CallerId,
    pub name: ClientName,
    pub client: Client,
}

/// An issuer with its keys as the server last got them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrustedIssuer {
    pub issuer: Issuer,
    /// A JWK Set as JSON text; empty while none could be had.
    pub jwks: String,
    /// naru itself: its tokens are access tokens of RFC 9068 and can be revoked.
    pub own: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Route {
    pub id: RouteId,
    pub matches: Match,
    /// Services and their weights; at least one.
    pub to: Vec<(ServiceId, u32)>,
    pub function: FunctionId,
    pub timeout: Option<Duration>,
    /// As written; names it where numbers say nothing.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub policy: Policy,
    /// Of a link: the host, with its port, that requests are sent on with. Only services of this machine get there, by the
    /// links' own doors.
    #[serde(default)]
    pub link: Option<String>,
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
    /// The name that its certificate must have; `None`: no TLS.
    #[serde(default)]
    pub tls: Option<String>,
}

impl Routing {
    /// Tells whether `peer` may say who its own client was.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&peer.to_canonical()))
    }
}
