//! What all of a running crate share, and the border to the clock and the log.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use naru_model::units::Timestamp;

use crate::awaiting::Awaited;
use crate::broker::Brokers;
use crate::callback::Courier;
use crate::dispatch::Dispatch;
use crate::store::Store;
use crate::table::Known;
use crate::through::Through;
use crate::waiting::Waiting;

/// Tells the time; see [`Timestamp`].
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Takes a line for the server's log.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

pub(crate) struct Core {
    pub(crate) store: Store,
    pub(crate) known: ArcSwap<Known>,
    pub(crate) through: Through,
    pub(crate) waiting: Waiting,
    pub(crate) awaited: Awaited,
    pub(crate) dispatch: Dispatch,
    pub(crate) courier: Courier,
    pub(crate) brokers: Brokers,
    pub(crate) clock: Clock,
    pub(crate) log: Log,
}

impl Core {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn log(&self, line: &str) {
        (self.log)(line);
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("store", &self.store).finish_non_exhaustive()
    }
}
