//! What naru.yaml says of the gateway itself: where it listens, and what it takes from strangers.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::access_log::LogFormat;
use crate::units::Bytes;

/// Where the gateway listens and what it takes from strangers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gateway {
    /// Plain HTTP. Default 0.0.0.0:8080.
    pub listen: Vec<SocketAddr>,
    /// HTTPS; none by default.
    pub tls: Option<Tls>,
    /// Data plane threads. Default: one per core.
    pub threads: usize,
    /// Whose `Forwarded` and `X-Forwarded-*` headers are believed. Default: nobody's.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether each request is written to the access log in the state folder. Default true.
    pub access_log: bool,
    /// How its lines are written. Default JSON.
    #[serde(default)]
    pub access_log_format: LogFormat,
    /// What tells one user from another, for counting active users. Default: the client's address.
    #[serde(default)]
    pub user: UserKey,
    pub limits: Limits,
    /// Where services reach links by name, if there are any; an address of this machine alone. Default 127.0.0.1:8081.
    #[serde(default = "links")]
    pub links: SocketAddr,
    /// Default none: a gateway counts for itself.
    #[serde(default)]
    pub counters: Option<Counters>,
}

fn links() -> SocketAddr {
    Gateway::LINKS
}

/// Only a hash of it leaves the gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserKey {
    #[default]
    Client,
    /// This cookie's value; the client's address without it.
    Cookie(String),
    /// This header's value, its name in lower case; the client's address without it.
    Header(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    pub listen: Vec<SocketAddr>,
    /// The certificate is chosen by the name the client asks for (SNI); the first serves who asks for none.
    pub certificates: Vec<Certificate>,
}

/// PEM files. They are read again when they change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// What a client may ask of the gateway before it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Open client connections; more wait in the kernel's queue. Default 20,000.
    pub connections: usize,
    /// The request line, or `:path` with `:authority`. Default 8Ki; over it 414.
    pub target: Bytes,
    /// All header fields of a request together. Default 32Ki; over it 431.
    pub headers: Bytes,
    /// Number of header fields. Default 100; over it 431.
    pub header_count: usize,
    /// A request's body. Default none; over it 413.
    pub body: Option<Bytes>,
    /// From a connection's first byte of a request to the end of its head. Default 10s; over it 408.
    pub head_timeout: Duration,
    /// A body that stands still, either way. Default 30s.
    pub body_idle: Duration,
    /// A connection without a request. Default 75s.
    pub keep_alive: Duration,
    /// Streams open at once on one HTTP/2 connection. Default 128.
    pub streams: u32,
    /// Streams a client may reset before the gateway has answered them, per connection and ten seconds, before the
    /// connection is closed (rapid reset, CVE-2023-44487). Default 200.
    pub resets: u32,
}

/// Counters that several gateways share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// `redis://host:6379/0`.
    pub redis: String,
    pub when_gone: WhenGone,
}

/// What limits do while the shared counters can't be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenGone {
    /// Each gateway counts for itself.
    #[default]
    Local,
    /// Nothing is limited.
    Open,
    /// Nothing is let through, 503.
    Closed,
}

impl Gateway {
    /// Where it listens when the file does not say: port 8080 of every IPv4 address.
    pub const LISTEN: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 8080));
    /// Where links are reached by name when the file does not say.
    pub const LINKS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8081));
    /// Whether it writes the access log when the file does not say.
    pub const ACCESS_LOG: bool = true;
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 20_000,
            target: Bytes(8 << 10),
            headers: Bytes(32 << 10),
            header_count: 100,
            body: None,
            head_timeout: Duration::from_secs(10),
            body_idle: Duration::from_secs(30),
            keep_alive: Duration::from_secs(75),
            streams: 128,
            resets: 200,
        }
    }
}
