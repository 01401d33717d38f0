//! What is seen of the platform at one moment: the controller's second input.

use serde::{Deserialize, Serialize};

use std::sync::Arc;

use crate::instance::{InstanceId, Phase};
use crate::name::ServiceName;
use crate::scaling::{Second, Window};
use crate::units::Timestamp;

/// Everything seen, put together by the server from the runtime, the gateway and its own state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// Each instance that was started and is not forgotten yet, in the order of their ids.
    pub instances: Vec<Instance>,
    /// The gateway's word; `None` while no gateway is connected. Nothing is ever concluded from silence.
    pub gateway: Option<Gateway>,
    /// Answers by revision, over the time since that revision's rollout began. From telemetry.
    pub revisions: Vec<RevisionTraffic>,
    /// The load of services that scale by themselves, in the order of their names. From telemetry.
    pub signals: Vec<Signals>,
}

/// What was seen of one service lately.
#[derive(Debug, Clone, PartialEq)]
pub struct Signals {
    pub service: ServiceName,
    /// Whole seconds without a gap, the oldest first, the last one the newest there is: at most the last ten minutes, or as long
    /// as the longest of the service's rules looks back. A second that nobody knows of any more is left out at the front.
    pub seconds: Arc<[Second]>,
    /// Schedules whose time it is now, from the controller's calendar.
    pub windows: Vec<Window>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    pub id: InstanceId,
    /// Where the controller last put it.
    pub phase: Phase,
    /// When it was put there.
    pub since: Timestamp,
    pub started_at: Timestamp,
    pub process: Process,
    pub health: Health,
    /// The table version that first left this instance out; `None` while it is in the table or never was.
    pub unrouted_in: Option<u64>,
    /// Requests in flight to it, over all gateway threads; `None` when the gateway has not said.
    pub in_flight: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Process {
    Running,
    /// It ended. `code` when it exited, `signal` when it was killed; neither when nobody could see it.
    Exited {
        at: Timestamp,
        code: Option<i32>,
        signal: Option<i32>,
    },
}

/// What the gateway's health checks say of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    #[default]
    Unknown,
    /// Passing since.
    Healthy { since: Timestamp },
    /// Failing since, after having passed or not; `why` is one clause ("connection refused", "503 from /healthz").
    Unhealthy { since: Timestamp, why: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gateway {
    /// When it connected to this server. What it has not said by then may still come.
    pub since: Timestamp,
    /// All of its threads route by this table version or a newer one.
    pub acknowledged: u64,
}

/// What clients got from one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionTraffic {
    pub service: crate::name::ServiceName,
    pub revision: u32,
    pub requests: u64,
    /// Those that the service is to blame for: 5xx of its own, broken or missing answers.
    pub errors: u64,
}
