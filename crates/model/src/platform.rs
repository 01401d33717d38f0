//! What naru.yaml says, after defaults and checks: the platform as its owner wants it.
//!
//! `config` makes it, `controller` and `gateway` follow it. Durations are [`Duration`]; every default stands beside its
//! field and nowhere else.

mod clickhouse;
mod gateway;
mod otlp;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use clickhouse::ClickHouse;
pub use gateway::{Certificate, Counters, Gateway, Limits, Tls, UserKey, WhenGone};
pub use otlp::Otlp;

use crate::alert::{Alerts, Notices};
use crate::client::Access;
use crate::name::{FunctionName, LinkName, ServiceName};
use crate::policy::{Broker, Consumer, Limit, Policy};
use crate::scaling::{Level, Rule, Schedule};
use crate::service_level::{Goal, Reports};
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
    pub otlp: Otlp,
    #[serde(default)]
    pub clickhouse: Option<ClickHouse>,
    #[serde(default)]
    pub access: Access,
    #[serde(default)]
    pub links: BTreeMap<LinkName, Link>,
    #[serde(default)]
    pub brokers: BTreeMap<String, Broker>,
    #[serde(default)]
    pub consumers: Vec<Consumer>,
    #[serde(default)]
    pub alerts: Alerts,
    #[serde(default)]
    pub notices: Notices,
    #[serde(default)]
    pub reports: Reports,
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

/// How long what was seen is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telemetry {
    /// Every transaction, in `STATE/telemetry`. Default 7d.
    pub transactions: Duration,
    /// The most of the disk, free or not, that transactions, traces and log lines may take; the oldest go first. Default 10%.
    pub disk: Percent,
    /// Figures at falling resolution. Default 31d.
    pub figures: Duration,
    /// Traces and log lines that services send. Default 7d.
    #[serde(default = "Telemetry::week")]
    pub traces: Duration,
    /// What a day's traces may take on the disk. Failed and slow ones are kept whatever this says and count first; what is
    /// left, a tenth at least, is for a fair sample of the others. Default 1Gi.
    #[serde(default = "Telemetry::per_day")]
    pub traces_per_day: Bytes,
    /// What a day's log lines may take. Those that warn and those of kept traces are kept whatever this says. Default 1Gi.
    #[serde(default = "Telemetry::per_day")]
    pub logs_per_day: Bytes,
    /// Minutes of the series that services, their JVMs and the machine measure of themselves. Default 7d.
    #[serde(default = "Telemetry::week")]
    pub metrics: Duration,
}

impl Telemetry {
    fn week() -> Duration {
        Duration::from_secs(7 * 86_400)
    }

    fn per_day() -> Bytes {
        Bytes(1 << 30)
    }
}

/// What all instances together may reserve. Default: what the machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    pub cpu: Cpu,
    pub memory: Bytes,
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
    /// Where its instances show metrics to Prometheus; default none.
    #[serde(default)]
    pub metrics: Option<Metrics>,
    /// Whether its instances are given what it takes to send OpenTelemetry here. Default true.
    #[serde(default = "telemetry")]
    pub telemetry: bool,
}

fn telemetry() -> bool {
    Service::TELEMETRY
}

/// Metrics that instances show, each by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics {
    /// Asked with GET, over HTTP/1.1. Default `/metrics`.
    pub path: String,
    /// Default: the instance's own.
    pub port: Option<u16>,
    /// Default 10s; at least 1s.
    pub every: Duration,
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
    /// What was promised; what it leaves open is as [`Reports::goal`] says.
    #[serde(default)]
    pub goal: Goal,
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

impl Service {
    /// How long requests in flight may take to end when the file does not say.
    pub const DRAIN: Duration = Duration::from_secs(30);
    /// Whether its instances are given what it takes to send OpenTelemetry when the file does not say.
    pub const TELEMETRY: bool = true;
}

impl Target {
    /// The weight of a target that is given none.
    pub const WEIGHT: u32 = 1;
}

impl Function {
    /// The response time that still satisfies when the file does not say.
    pub const APDEX_T: Duration = Duration::from_millis(500);
}

impl Default for Telemetry {
    fn default() -> Self {
        let day = Duration::from_secs(86_400);
        Telemetry {
            transactions: 7 * day,
            disk: Percent { thousandths: 100 },
            figures: 31 * day,
            traces: Telemetry::week(),
            traces_per_day: Telemetry::per_day(),
            logs_per_day: Telemetry::per_day(),
            metrics: Telemetry::week(),
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics { path: "/metrics".to_owned(), port: None, every: Duration::from_secs(10) }
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
