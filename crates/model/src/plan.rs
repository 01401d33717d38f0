//! What is to be done: the controller's output, carried out by the server in this order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::instance::InstanceId;
use crate::name::ServiceName;
use crate::platform::{InstanceSize, Pool, Service};
use crate::scaling::{Capacity, Decision};
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
    /// Instances that somebody asked for, within the file's minimum and maximum. `None`: as the service's policies decide;
    /// without any, the minimum.
    pub count: Option<u32>,
    pub progress: Progress,
    /// By revision, for those that have instances or may get some; the file's own for one that is missing here.
    pub needs: BTreeMap<u32, Needs>,
}

/// What an instance of one revision takes from the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    pub size: InstanceSize,
    /// The port it can't share: its service has one instance at a time.
    pub port: Option<u16>,
}

/// What the controller remembers of a service between two decisions. It survives the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The revision that last proved itself; 0 before the first one has.
    pub stable: u32,
    /// The revision to be on. Different from `stable` while a rollout is under way.
    pub target: u32,
    /// The revisions that proved themselves, oldest first and `stable` last, at most 16: where a rollback may go.
    #[serde(default)]
    pub proved: Vec<u32>,
    /// When the rollout to `target` began.
    pub rollout_since: Timestamp,
    /// When the target's last wanted instance became ready; the hold counts from here.
    pub complete_since: Option<Timestamp>,
    /// The last number given to an instance, by revision; under 0 the highest of the revisions let go from this map.
    pub ordinals: BTreeMap<u32, u32>,
    /// Ends that nobody asked for of instances that had not proved themselves, and failed starts; newest last, at
    /// most 16: for backoff and the crash loop.
    pub crashes: Vec<Crash>,
    /// How often the target has failed to start since its rollout began.
    pub failed_starts: u32,
    /// The revision whose crash loop has been said; cleared when one of its instances proves itself again.
    pub crash_loop: Option<u32>,
    /// Whether the shortage of room has been said; cleared when there is room.
    pub no_room: bool,
    #[serde(default)]
    pub scaling: Scaling,
}

/// What scaling remembers. It changes when something is decided or learned, not with every figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// Instances that the policies want; 0 before they first decided.
    pub count: u32,
    /// The same without what schedules add on top; `None` before they first decided.
    #[serde(default)]
    pub base: Option<u32>,
    /// When it last changed, up and down.
    pub grown_at: Timestamp,
    pub shrunk_at: Timestamp,
    /// When the last rollout ended, well or not: seconds before that are not judged as if there were none.
    #[serde(default)]
    pub calm_since: Timestamp,
    pub capacity: Option<Capacity>,
    /// When each rule of the file last fired, by its place there.
    pub fired: BTreeMap<usize, Timestamp>,
    /// How `count` came about, as last said in an event.
    pub decision: Option<Decision>,
}

impl Scaling {
    /// Before anything was decided or learned.
    pub const NONE: Scaling = Scaling {
        count: 0,
        base: None,
        grown_at: Timestamp(0),
        shrunk_at: Timestamp(0),
        calm_since: Timestamp(0),
        capacity: None,
        fired: BTreeMap::new(),
        decision: None,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    pub revision: u32,
    pub at: Timestamp,
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
    /// Ask it to end (SIGTERM), and end it after the grace (SIGKILL); it is stopping from now on, also when it was
    /// stopping before.
    Stop { id: InstanceId, grace: std::time::Duration },
    /// It has ended and is of no further interest.
    Forget(InstanceId),
}
