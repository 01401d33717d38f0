//! The one truth about the platform at this moment: what `naru status`, `top`, the API and the console show. The shape of the
//! JSON is a promise to scripts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::apdex::Apdex;
use crate::instance::{InstanceId, Phase};
use crate::name::{FunctionName, LinkName, ServiceName};
use crate::scaling::{Capacity, Decision};
use crate::units::Timestamp;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// When this was so, in microseconds since 1970.
    pub at: Timestamp,
    pub platform: String,
    pub gateway: GatewayStatus,
    pub server: ServerStatus,
    /// How instances are confined: `cgroup-v2`, `cgroup-v1` or `rlimits`.
    pub confinement: String,
    pub host: HostStatus,
    pub pool: PoolStatus,
    /// What clients saw of everything together, over the last ten seconds.
    pub traffic: Traffic,
    pub services: Vec<ServiceStatus>,
    pub functions: Vec<FunctionStatus>,
    #[serde(default)]
    pub links: Vec<LinkStatus>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GatewayStatus {
    /// 0 while no gateway is connected.
    pub pid: u32,
    #[schema(value_type = Vec<String>)]
    pub listen: Vec<SocketAddr>,
    pub connections: u64,
    /// The last table version that all gateway threads route by.
    pub version: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServerStatus {
    pub pid: u32,
    pub version: String,
    pub since: Timestamp,
    /// The naru.yaml that it follows, on its own machine.
    #[serde(default)]
    #[schema(value_type = String)]
    pub file: PathBuf,
}

/// The machine. Rates are over the last second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HostStatus {
    pub cores: u32,
    pub cpu_cores: f64,
    pub memory_bytes: u64,
    /// Not available to new programs without swapping.
    pub memory_used_bytes: u64,
    /// Bytes per second over all network interfaces but the loopback.
    pub received_bytes: f64,
    pub sent_bytes: f64,
    /// Bytes per second over all disks.
    pub disk_read_bytes: f64,
    pub disk_written_bytes: f64,
    /// Of the file system that the state is on.
    pub disk_bytes: u64,
    pub disk_free_bytes: u64,
    /// Of the root file system; as above when the state is on it.
    #[serde(default)]
    pub root_disk_bytes: u64,
    #[serde(default)]
    pub root_disk_free_bytes: u64,
    /// 0: there is none.
    #[serde(default)]
    pub swap_bytes: u64,
    #[serde(default)]
    pub swap_used_bytes: u64,
    #[serde(default)]
    pub cpu: CpuTimes,
    /// How many ran or waited to, or waited for a disk: on average over one, five and fifteen minutes.
    #[serde(default)]
    pub load: [f64; 3],
    /// Open files of the whole machine.
    #[serde(default)]
    pub open_files: u64,
    /// But the loopback.
    #[serde(default)]
    pub interfaces: Vec<InterfaceStatus>,
}

/// What the machine's processors did, in cores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CpuTimes {
    /// For programs, those with lowered priority among them.
    pub user: f64,
    /// For the kernel, interrupts among it.
    pub system: f64,
    /// Idle, while something waited for a disk.
    pub iowait: f64,
    /// Taken by other machines on the same hardware.
    pub steal: f64,
}

/// A network interface: what went wrong with it, per second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InterfaceStatus {
    pub name: String,
    pub received_errors: f64,
    pub received_drops: f64,
    pub sent_errors: f64,
    pub sent_drops: f64,
}

/// What all instances together may reserve, and what those there are do reserve.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PoolStatus {
    pub cpu_cores: f64,
    pub cpu_cores_reserved: f64,
    pub memory_bytes: u64,
    pub memory_bytes_reserved: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceStatus {
    pub name: ServiceName,
    /// Instances wanted: a person's word, or what the policies decided.
    pub desired: u32,
    pub ready: u32,
    /// The revision it is on, or going to.
    pub revision: u32,
    /// The revision it goes back to should this one fail; equal to `revision` when no rollout is under way.
    pub stable: u32,
    pub instances: Vec<InstanceStatus>,
    /// Over the last ten seconds.
    pub traffic: Traffic,
    /// Transactions that its ready instances may have under way together.
    #[serde(default)]
    pub places: u64,
    /// Ends of its instances that nobody asked for, since its revision began.
    #[serde(default)]
    pub restarts: u32,
    pub scaling: ScalingStatus,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScalingStatus {
    pub min: u32,
    pub max: u32,
    pub priority: i32,
    /// Whether the file has policies. Without any, there are as many instances as somebody said.
    pub automatic: bool,
    /// Instances that somebody asked for; policies rest meanwhile.
    pub held: Option<u32>,
    /// The policies as the file has them: `cpu 60%`, `cpu > 50% for 5m: 2 more`, `0 20 * * * for 2h: 2 more`.
    pub policies: Vec<String>,
    /// How the number came about, as last decided.
    pub decision: Option<Decision>,
    pub capacity: Option<Capacity>,
    /// The pool has no room for as many as are wanted.
    pub no_room: bool,
}

/// A business function (업무) as its users feel it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunctionStatus {
    pub name: FunctionName,
    /// By language tag, `ko` and `en`.
    pub title: BTreeMap<String, String>,
    pub owner: Option<String>,
    /// The response time that still satisfies, in seconds.
    pub apdex_t_seconds: f64,
    /// The services behind its routes.
    pub services: Vec<ServiceName>,
    /// Over the last ten seconds.
    pub traffic: Traffic,
}

/// A linked outside system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkStatus {
    pub name: LinkName,
    pub url: String,
    pub state: LinkState,
    /// Why it is not up, as the last look had it.
    pub reason: Option<String>,
    /// What its name stands for.
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<SocketAddr>,
    /// Over the last ten seconds.
    pub traffic: Traffic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    Up,
    /// Its name stands for no address.
    Unresolved,
    /// No address accepts connections.
    Down,
    /// It failed so often that requests are refused at once, but for one now and then.
    Broken,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InstanceStatus {
    pub id: InstanceId,
    /// Of the service's own process; 0 when it has none.
    pub pid: u32,
    /// `null` until its process runs.
    #[schema(value_type = Option<String>)]
    pub address: Option<SocketAddr>,
    pub revision: u32,
    /// `starting`, `ready`, `draining`, `stopping`; `unhealthy` or `ejected` when ready but failing.
    pub state: String,
    pub cpu_cores: f64,
    pub memory_bytes: u64,
    /// Bytes per second.
    pub disk_read_bytes: f64,
    pub disk_written_bytes: f64,
    /// What it reserves of the pool; `null`: nothing.
    #[serde(default)]
    pub cpu_cores_reserved: Option<f64>,
    #[serde(default)]
    pub memory_bytes_reserved: Option<u64>,
    /// How often an instance in its place was started again since the revision began.
    pub restarts: u32,
    pub in_flight: u32,
    /// Requests answered per second, over the last ten seconds.
    pub requests_per_second: f64,
    /// Their response times' mean.
    pub mean_seconds: f64,
    /// Those that failed by its fault, of all; 0 to 1.
    pub error_ratio: f64,
    pub since: Timestamp,
}

/// What clients saw over a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Traffic {
    pub requests_per_second: f64,
    /// Requests that failed by the service's or the platform's fault, over all requests; 0 to 1.
    pub error_ratio: f64,
    /// By fault, per second.
    pub client_errors_per_second: f64,
    pub service_errors_per_second: f64,
    pub platform_errors_per_second: f64,
    pub mean_seconds: f64,
    pub p50_seconds: f64,
    pub p95_seconds: f64,
    pub p99_seconds: f64,
    pub apdex: Apdex,
    /// Distinct users over the last five minutes, within 5 %.
    pub active_users: u64,
    pub in_flight: u32,
    /// Requests that wait for a place or for a ready instance.
    pub waiting: u32,
}

/// The phase as `status` names it.
pub fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Starting => "starting",
        Phase::Ready => "ready",
        Phase::Draining => "draining",
        Phase::Stopping => "stopping",
    }
}
