//! What is to be done: the controller's output, carried out by the server in this order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::instance::InstanceId;
use crate::name::ServiceName;
use crate::platform::{Pool, Service};
use crate::units::Timestamp;

/// What is wanted of all services. Kept in the state; changed by files, commands and the controller's own plans.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    pub pool: Pool,
    pub services: BTreeMap<ServiceName, DesiredService>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DesiredService {
    /// How it is kept, from the file. A service taken out of the file stays here with `removed` until it has ended.
    pub service: Service,
    pub removed: bool,
    /// Instances wanted, within the file's minimum and maximum.
    pub count: u32,
    pub progress: Progress,
}

/// What the controller remembers of a service between two decisions. It survives the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The revision that last proved itself; 0 before the first one has.
    pub stable: u32,
    /// The revision to be on. Different from `stable` while a rollout is under way.
    pub target: u32,
    /// When the rollout to `target` began.
    pub rollout_since: Timestamp,
    /// When the target's last wanted instance became ready; the hold counts from here.
    pub complete_since: Option<Timestamp>,
    /// The last number given to an instance, by revision.
    pub ordinals: BTreeMap<u32, u32>,
    /// Ends of instances that nobody asked for, newest last, at most 16: for backoff and the crash loop.
    pub crashes: Vec<Timestamp>,
    /// Whether the crash loop has been said; cleared when an instance proves itself again.
    pub crash_loop: bool,
    /// Whether the shortage of room has been said; cleared when there is room.
    pub no_room: bool,
}

/// One decision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub actions: Vec<Action>,
    /// What to remember, for each service whose memory changed. A service that has ended is in `ended`.
    pub progress: BTreeMap<ServiceName, Progress>,
    /// Services taken out of the file whose last instance has gone.
    pub ended: Vec<ServiceName>,
    pub events: Vec<Event>,
    /// When to decide again even if nothing is seen till then.
    pub wake_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start it; it is in [`Phase::Starting`](crate::instance::Phase) from now on.
    Start(InstanceId),
    /// Put it into the gateway's table: it is ready from now on.
    Route(InstanceId),
    /// Take it out of the table; it is draining from now on.
    Unroute(InstanceId),
    /// Ask it to end (SIGTERM), and end it after the grace (SIGKILL); it is stopping from now on.
    Stop { id: InstanceId, grace: std::time::Duration },
    /// It has ended and is of no further interest.
    Forget(InstanceId),
}
