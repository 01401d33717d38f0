//! What `naru status`, `top` and the API show. The shape of the JSON is a promise to scripts.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::instance::{InstanceId, Phase};
use crate::name::ServiceName;
use crate::units::Timestamp;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub platform: String,
    pub gateway: GatewayStatus,
    pub server: ServerStatus,
    /// How instances are confined: `cgroup-v2`, `cgroup-v1` or `rlimits`.
    pub confinement: String,
    pub services: Vec<ServiceStatus>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GatewayStatus {
    /// 0 while no gateway is connected.
    pub pid: u32,
    pub listen: Vec<SocketAddr>,
    pub connections: u64,
    /// The last table version that all gateway threads route by.
    pub version: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerStatus {
    pub pid: u32,
    pub version: String,
    pub since: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceStatus {
    pub name: ServiceName,
    pub desired: u32,
    pub ready: u32,
    /// The revision it is on, or going to.
    pub revision: u32,
    /// The revision it goes back to should this one fail; equal to `revision` when no rollout is under way.
    pub stable: u32,
    pub instances: Vec<InstanceStatus>,
    /// Over the last ten seconds.
    pub traffic: Traffic,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceStatus {
    pub id: InstanceId,
    /// Of the service's own process; 0 when it has none.
    pub pid: u32,
    /// `null` until its process runs.
    pub address: Option<SocketAddr>,
    pub revision: u32,
    /// `starting`, `ready`, `draining`, `stopping`; `unhealthy` or `ejected` when ready but failing.
    pub state: String,
    pub cpu_cores: f64,
    pub memory_bytes: u64,
    /// How often an instance in its place was started again since the revision began.
    pub restarts: u32,
    pub in_flight: u32,
    pub since: Timestamp,
}

/// What clients saw over a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    pub requests_per_second: f64,
    /// Requests that failed by the service's or the platform's fault, over all requests; 0 to 1.
    pub error_ratio: f64,
    pub p50_seconds: f64,
    pub p95_seconds: f64,
    pub p99_seconds: f64,
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
