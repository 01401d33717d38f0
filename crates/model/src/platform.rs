//! What naru.yaml says, after defaults and checks: the platform as its owner wants it.
//!
//! `config` makes it, `controller` and `gateway` follow it. Durations are [`Duration`]; every default stands beside its
//! field and nowhere else.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access_log::LogFormat;
use crate::client::Access;
use crate::name::{FunctionName, LinkName, ServiceName};
use crate::policy::{Broker, Consumer, Limit, Policy};
use crate::scaling::{Level, Rule, Schedule};
use crate::units::{Bytes, Cpu, Percent};

/// All of one naru.yaml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Platform {
    pub name: String,
    pub pool: Pool,
    pub gateway: Gateway,
    pub services: BTreeMap<ServiceName, Service>,
    /// In the order of the file. The most specific route wins, never the first one.
    pub routes: Vec<Route>,
    pub functions: BTreeMap<FunctionName, Function>,
    #[serde(default)]
    pub telemetry: Telemetry,
    #[serde(default)]
    pub access: Access,
    #[serde(default)]
    pub links: BTreeMap<LinkName, Link>,
    #[serde(default)]
    pub brokers: BTreeMap<String, Broker>,
    #[serde(default)]
    pub consumers: Vec<Consumer>,
}

/// An outside system that services reach through naru: `http://NAME.link.naru/` by `HTTP_PROXY`, or a local port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// `http` or `https`, host, port, and the path that all requests begin with.
    pub url: String,
    /// A port of 127.0.0.1 that leads here. Default none: by name alone.
    pub port: Option<u16>,
    /// From a request's first byte to the response's last. Default 30s.
    pub timeout: Duration,
    /// Concurrency, attempts and their budget, timeouts, and when it is taken for dead: `eject_after`, `eject_for`. All
    /// defaults as for services, but `concurrency` 128, `queue` 128, `queue_timeout` 1s.
    pub traffic: Traffic,
    /// Limits, cache and fallback.
    pub policy: Policy,
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

/// How long what was seen is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telemetry {
    /// Every transaction, in `STATE/telemetry`. Default 7d.
    pub transactions: Duration,
    /// The most of the disk, free or not, that transactions may take; the oldest go first. Default 10%.
    pub disk: Percent,
    /// Figures at falling resolution. Default 31d.
    pub figures: Duration,
}

/// What all instances together may reserve. Default: what the machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    pub cpu: Cpu,
    pub memory: Bytes,
}

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

/// One program and how it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The command and its arguments.
    pub exec: Vec<String>,
    /// A file or folder that a revision keeps its own copy of. Absolute. Default none.
    pub artifact: Option<PathBuf>,
    pub env: BTreeMap<String, String>,
    /// The port it listens on. Default: naru picks one per instance and passes it as `PORT`.
    pub port: Option<u16>,
    /// How the gateway speaks to it. Default HTTP/1.1.
    pub protocol: Protocol,
    pub instance: InstanceSize,
    pub health: Health,
    /// How long requests in flight may take to end once an instance is told to go. Default 30s.
    pub drain: Duration,
    pub scale: Scale,
    pub rollout: Rollout,
    pub traffic: Traffic,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    #[default]
    Http1,
    /// HTTP/2 without TLS, by prior knowledge (RFC 9113 §3.3). What gRPC servers speak.
    H2c,
}

/// What one instance reserves of the pool. Processor is a guaranteed share, not a ceiling; memory is a ceiling.
/// Default: nothing reserved and no ceiling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstanceSize {
    pub cpu: Option<Cpu>,
    pub memory: Option<Bytes>,
}

/// How the gateway finds out whether an instance can serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Asked with GET; 200 to 399 is healthy. Default none: a TCP connection that is accepted is healthy.
    pub path: Option<String>,
    /// Default 2s. While an instance starts, it is asked more often.
    pub every: Duration,
    /// Default 1s.
    pub timeout: Duration,
    /// Answers in a row before it gets requests. Default 1.
    pub ready_after: u32,
    /// Failures in a row before it is replaced. Default 3.
    pub dead_after: u32,
    /// How long it may take to become healthy before the start counts as failed. Default 60s.
    pub start_timeout: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// Default 1.
    pub min: u32,
    /// Default: `min`.
    pub max: u32,
    /// How long a new instance gets a growing share of the requests, and its load is not judged. Default 0s.
    pub warm_up: Duration,
    /// Who keeps the pool when it runs short; higher first. Default 0.
    pub priority: i32,
    /// Figures to keep the service at; the one that needs most instances wins. Default none.
    #[serde(default)]
    pub target: Vec<Level>,
    #[serde(default)]
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub schedule: Vec<Schedule>,
    /// How long fewer instances must have been enough before one is taken away. Default 1m.
    #[serde(default = "shrink_after")]
    pub shrink_after: Duration,
    /// The most instances that may be added at once, as a share of those there are, and at least 4. Default: no bound.
    #[serde(default)]
    pub grow_by: Option<Percent>,
    /// The most that may be removed at once, as a share of those there are, and at least 1. Default 50%.
    #[serde(default = "shrink_by")]
    pub shrink_by: Percent,
}

fn shrink_after() -> Duration {
    Scale::default().shrink_after
}

fn shrink_by() -> Percent {
    Scale::default().shrink_by
}

impl Scale {
    /// Whether the number of instances follows from anything but a person's word.
    pub fn is_automatic(&self) -> bool {
        !self.target.is_empty() || !self.rules.is_empty() || !self.schedule.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// How many new instances may be added before old ones are removed. Default 1.
    pub surge: u32,
    /// How long the new revision is watched after its last instance is ready; within it naru goes back by itself.
    /// Default 10s.
    pub hold: Duration,
    /// How much larger than the old revision's its error rate may be. Default 5%.
    pub max_errors: Percent,
}

/// How requests to this service are spread, held, repeated and given up. Every bound is per service, so that a slow
/// one can't take what another needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Requests in flight to all instances together, over all gateway threads. Default 1,024.
    pub concurrency: usize,
    /// Requests in flight to one instance; what is over it waits for a place or another instance. Default none.
    #[serde(default)]
    pub per_instance: Option<u32>,
    /// Requests that wait for a place, or for a first ready instance. Default 4,096; over it 503.
    pub queue: usize,
    /// How long one waits there. Default 30s; over it 503.
    pub queue_timeout: Duration,
    /// Default 1s.
    pub connect_timeout: Duration,
    /// From the whole request sent to the head of the response. Default 60s; over it 504.
    pub first_byte_timeout: Duration,
    /// A response, or an upgraded connection, on which nothing moves. Default 5m.
    pub idle_timeout: Duration,
    /// How often a request is sent at most. Default 3. Again only when nothing was sent or the method is idempotent.
    pub attempts: u32,
    /// Retries as a share of requests over the last ten seconds; ten are always allowed. Default 20%.
    pub retry_budget: Percent,
    /// Failures in a row before an instance gets no requests for a while. Default 5.
    pub eject_after: u32,
    /// The while; it doubles at each repetition, up to ten times as long. Default 10s.
    pub eject_for: Duration,
    /// How many of the instances may be ejected at once; the last one never is. Default 50%.
    pub eject_at_most: Percent,
    /// Whether even the last instance is ejected: requests are then refused at once until it may be tried again. For links.
    /// Default false.
    #[serde(default)]
    pub breaks: bool,
    /// Whether `concurrency` is a ceiling, and what is let in below it follows from how long requests take. Default false.
    #[serde(default)]
    pub adaptive: bool,
    /// What all calls to the service together may be.
    #[serde(default)]
    pub limits: Vec<Limit>,
}

/// Which requests go where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Names it in records, logs and messages: what it matches, as written (`www.example.go.kr/booking/**`).
    pub name: String,
    pub matches: Match,
    /// At least one; shares are in proportion to the weights.
    pub to: Vec<Target>,
    pub function: Option<FunctionName>,
    /// From the request's first byte to the response's last. Default none, so that streams may last.
    pub timeout: Option<Duration>,
    #[serde(default)]
    pub policy: Policy,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub service: ServiceName,
    /// Default 1; 0 sends nothing.
    pub weight: u32,
}

/// All that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Match {
    /// Lower case, without port. `*.example.go.kr` is any name below it. None: any host.
    pub host: Option<String>,
    /// `/booking` itself, `/booking/**` it and all below, `/a/*/c` one segment. None: any path.
    pub path: Option<String>,
    /// Upper case. Empty: any.
    pub methods: Vec<String>,
    /// Name in lower case, and its exact value; `None`: present with any value.
    pub headers: Vec<(String, Option<String>)>,
    /// Likewise for the query's parameters.
    pub query: Vec<(String, Option<String>)>,
}

/// A business function (업무).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// By language tag, `ko` and `en`; the first key's value when one is missing.
    pub name: BTreeMap<String, String>,
    /// Whom to tell; free text, an e-mail address by habit.
    pub owner: Option<String>,
    /// The response time that still satisfies. Default 500ms.
    pub apdex_t: Duration,
}

impl Link {
    /// From a request's first byte to the response's last when the file does not say.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// How requests to an outside system are held and given up when the file does not say: as for services, but it breaks,
    /// and few wait for it, and not for long.
    pub fn default_traffic() -> Traffic {
        let wait = Duration::from_secs(1);
        Traffic { concurrency: 128, queue: 128, queue_timeout: wait, breaks: true, ..Traffic::default() }
    }
}

impl Gateway {
    /// Where it listens when the file does not say: port 8080 of every IPv4 address.
    pub const LISTEN: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 8080));
    /// Where links are reached by name when the file does not say.
    pub const LINKS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8081));
    /// Whether it writes the access log when the file does not say.
    pub const ACCESS_LOG: bool = true;
}

impl Service {
    /// How long requests in flight may take to end when the file does not say.
    pub const DRAIN: Duration = Duration::from_secs(30);
}

impl Target {
    /// The weight of a target that is given none.
    pub const WEIGHT: u32 = 1;
}

impl Function {
    /// The response time that still satisfies when the file does not say.
    pub const APDEX_T: Duration = Duration::from_millis(500);
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

impl Default for Telemetry {
    fn default() -> Self {
        let day = Duration::from_secs(86_400);
        Telemetry { transactions: 7 * day, disk: Percent { thousandths: 100 }, figures: 31 * day }
    }
}

impl Default for Health {
    fn default() -> Self {
        Health {
            path: None,
            every: Duration::from_secs(2),
            timeout: Duration::from_secs(1),
            ready_after: 1,
            dead_after: 3,
            start_timeout: Duration::from_secs(60),
        }
    }
}

impl Default for Scale {
    fn default() -> Self {
        Scale {
            min: 1,
            max: 1,
            warm_up: Duration::ZERO,
            priority: 0,
            target: Vec::new(),
            rules: Vec::new(),
            schedule: Vec::new(),
            shrink_after: Duration::from_secs(60),
            grow_by: None,
            shrink_by: Percent { thousandths: 500 },
        }
    }
}

impl Default for Rollout {
    fn default() -> Self {
        Rollout { surge: 1, hold: Duration::from_secs(10), max_errors: Percent { thousandths: 50 } }
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Traffic {
            concurrency: 1024,
            per_instance: None,
            queue: 4096,
            queue_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(1),
            first_byte_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(300),
            attempts: 3,
            retry_budget: Percent { thousandths: 200 },
            eject_after: 5,
            eject_for: Duration::from_secs(10),
            eject_at_most: Percent { thousandths: 500 },
            breaks: false,
            adaptive: false,
            limits: Vec::new(),
        }
    }
}
