//! Something that happened or was decided, in words a person understands.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::instance::InstanceId;
use crate::name::ServiceName;
use crate::scaling::Decision;
use crate::units::Timestamp;

/// One line of `naru events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Counts up from 1 over the platform's whole life; 0 until the state has given it one.
    #[serde(default)]
    pub id: u64,
    pub at: Timestamp,
    pub kind: Kind,
    pub severity: Severity,
    pub service: Option<ServiceName>,
    pub instance: Option<InstanceId>,
    /// What was seen, what was decided and why, in one sentence.
    pub message: String,
    /// Who asked; `naru` when nobody did.
    pub actor: String,
    /// Of [`Kind::Scaled`] by a policy: what was seen and wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Box<Decision>>,
}

/// Which events are wanted, all conditions together: the first ones after `after`, or the newest ones when it is `None`;
/// always in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    pub service: Option<ServiceName>,
    /// Empty: of all kinds.
    pub kinds: Vec<Kind>,
    /// Those with a greater id.
    pub after: Option<u64>,
    /// Those with a smaller id.
    pub before: Option<u64>,
    /// Those that happened from `from` on and before `to`.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub limit: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    PlatformStarted,
    PlatformStopped,
    PlatformRecovered,
    ConfigApplied,
    ConfigRefused,
    GatewayStarted,
    GatewayLost,
    InstanceStarted,
    InstanceReady,
    InstanceExited,
    InstanceUnhealthy,
    InstanceReplaced,
    InstanceRemoved,
    CrashLoop,
    /// A service taken out of the file, when its last instance has gone.
    ServiceEnded,
    NoRoom,
    Scaled,
    RolloutStarted,
    RolloutFinished,
    RolloutFailed,
    RolledBack,
    Upgraded,
    AlertOpened,
    AlertResolved,
    /// OpenTelemetry is not taken in at an address of the file.
    ReceiverClosed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Error,
}
