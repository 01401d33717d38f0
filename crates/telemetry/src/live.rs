//! The last hour, shared by all who feed it and ask it, and the figures that go from it to the archive and come back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use naru_model::series::Subject;
use naru_model::units::Timestamp;

use crate::cell::Cell;
use crate::gauge::Reading;
use crate::keys::Key;
use crate::limits::OPEN_SECONDS;
use crate::names::Names;
use crate::store::Store;

/// A minute: what the archive keeps the youngest figures by.
pub(crate) const MINUTE: u32 = 60;

/// What was seen of one thing over a stretch of time.
///
/// Figures of neighbouring stretches are added up by [`Figures::absorb`]. Of distinct users, those of the last five minutes
/// are wanted: who makes stretches longer than that sets `cell.users` of the parts before to `None`.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    /// Since 1970, in seconds.
    pub(crate) start: u32,
    /// How long it is.
    pub(crate) seconds: u32,
    pub(crate) cell: Cell,
    pub(crate) gauges: Option<Reading>,
}

impl Figures {
    /// Adds the stretch that comes next.
    pub(crate) fn absorb(&mut self, next: &Figures) {
        self.cell.add(&next.cell);
        self.seconds = self.seconds.saturating_add(next.seconds);
        self.gauges = match (self.gauges, &next.gauges) {
            (Some(mut gauges), Some(later)) => {
                gauges.absorb(later);
                Some(gauges)
            }
            (gauges, later) => gauges.or(*later),
        };
    }

    /// Neither requests nor gauges.
    pub(crate) fn is_empty(&self) -> bool {
        self.cell.is_empty() && self.gauges.is_none()
    }
}

/// What the server and the archive's thread share.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) store: Arc<Mutex<Store>>,
    pub(crate) names: Arc<ArcSwap<Names>>,
}

impl Live {
    pub(crate) fn new(now: Timestamp) -> Live {
        Live {
            store: Arc::new(Mutex::new(Store::new(now))),
            names: Arc::new(ArcSwap::from_pointee(Names::default())),
        }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        // A panic in between leaves at worst one record half counted.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the newest whole minute begins to which nothing is added any more; it is still there for most of an hour.
    pub(crate) fn closed_minute(&self) -> u32 {
        let open = self.store().now().saturating_sub(OPEN_SECONDS);
        (open - open % MINUTE).saturating_sub(MINUTE)
    }

    /// What was seen in a minute, of everything of which anything was seen and that has a name. Nobody waits for it longer than
    /// one series takes.
    pub(crate) fn minute(&self, start: u32) -> Vec<(Subject, Figures)> {
        let names = self.names.load_full();
        let keys: Vec<Key> = self.store().keys().collect();
        let of = |key: Key| {
            let figures = self.store().figures(key, start, start + MINUTE);
            Some((key.subject(&names)?, figures)).filter(|(_, figures)| !figures.is_empty())
        };
        keys.into_iter().filter_map(of).collect()
    }
}

impl Store {
    /// What was seen of a key from `from` on and before `to`; where there are only cells of ten seconds, both aligned.
    pub(crate) fn figures(&self, key: Key, from: u32, to: u32) -> Figures {
        let gauges = self.series(key).and_then(|series| series.gauges.sum(from, to));
        Figures { start: from, seconds: to - from, cell: self.sum(key, from, to), gauges }
    }
}
