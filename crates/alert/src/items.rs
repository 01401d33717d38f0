//! The items that every platform has on its first day. Each threshold has its reason beside it; all are listed for operators in
//! docs/guides/alerts.md, and one of naru.yaml with the same name takes an item's place.

use std::time::Duration;

use naru_model::alert::OwnerKind::{self, Function, Host, Instance, Link, Platform, Service};
use naru_model::alert::Severity::{self, Critical, Warning};
use naru_model::alert::Side::{Above, Below};
use naru_model::alert::{Condition, Item, Side, Test, Watched};
use naru_model::metric::Owner;

/// Of every item that naru comes with.
pub const PREFIX: &str = "naru-";

const fn level(side: Side, threshold: f64, seconds: u64) -> Test {
    Test::Level { side, threshold, lasts: Duration::from_secs(seconds) }
}

const fn ahead(threshold: f64, seconds: u64) -> Test {
    Test::Ahead { side: Above, threshold, within: Duration::from_secs(seconds) }
}

const MINUTE: u64 = 60;

type Line = (&'static str, OwnerKind, &'static str, Test, Severity);

#[rustfmt::skip]
const ITEMS: &[Line] = &[
    // Apdex rates below 0.70 as poor and below 0.50 as unacceptable (Apdex Technical Specification 1.1, §5).
    ("apdex", Function, "apdex", level(Below, 0.7, 5 * MINUTE), Warning),
    ("service-apdex", Service, "apdex", level(Below, 0.5, 5 * MINUTE), Critical),
    // One request in twenty is noticed by every user; below that, a single broken page would wake people.
    ("errors", Service, "error_ratio", level(Above, 0.05, 2 * MINUTE), Critical),
    ("function-errors", Function, "error_ratio", level(Above, 0.05, 2 * MINUTE), Warning),
    // Outside systems fail more often than one's own, and naru's breaker takes the worst away.
    ("link-errors", Link, "error_ratio", level(Above, 0.2, 2 * MINUTE), Warning),
    ("link-down", Link, "down", level(Above, 0.0, MINUTE), Critical),
    // Nobody is served at all. Longer than a start takes.
    ("ready", Service, "ready", level(Below, 1.0, 30), Critical),
    // Of the last ten minutes: it does not come up by itself any more.
    ("restarts", Service, "restarts", level(Above, 3.0, 10), Warning),
    // A queue that a minute does not empty grows: instances are missing or stuck.
    ("pending", Service, "waiting", level(Above, 10.0, MINUTE), Warning),
    // The last tenth of the places goes within seconds at a surge.
    ("workers", Service, "workers", level(Above, 0.9, 2 * MINUTE), Warning),
    // There is no right amount of traffic, only the usual one.
    ("web-traffic", Platform, "requests", Test::Anomalous, Warning),
    ("network-traffic", Host, "traffic", Test::Anomalous, Warning),
    // After a collection 90 % are taken by what is in use: the next ones come closer and closer.
    ("heap", Instance, "heap", level(Above, 0.9, 5 * MINUTE), Warning),
    ("heap-ahead", Instance, "heap", ahead(0.95, 60 * MINUTE), Critical),
    // It is never given back, and its end is an OutOfMemoryError.
    ("metaspace", Instance, "metaspace", level(Above, 0.9, 5 * MINUTE), Warning),
    // A tenth of the time in collections is a tenth of the machine, and felt as pauses.
    ("gc", Instance, "gc", level(Above, 0.1, 5 * MINUTE), Warning),
    // A statement that takes a second on average lacks an index or waits for a lock.
    ("db-time", Service, "db_time", level(Above, 1.0, 5 * MINUTE), Warning),
    // From the last connection on every request waits.
    ("db-pool", Instance, "db_pool", level(Above, 0.9, 2 * MINUTE), Warning),
    // What is not available for programs any more; the kernel begins to evict what it will need again.
    ("memory", Host, "memory", level(Above, 0.9, 5 * MINUTE), Warning),
    ("memory-ahead", Host, "memory", ahead(0.95, 30 * MINUTE), Critical),
    // Of what an instance reserved: at 100 % the kernel ends it.
    ("instance-memory", Instance, "memory", level(Above, 0.9, 5 * MINUTE), Warning),
    ("instance-memory-ahead", Instance, "memory", ahead(0.95, 30 * MINUTE), Warning),
    // Some swap is in use everywhere; half of it says that the memory is too small.
    ("swap", Host, "swap", level(Above, 0.5, 10 * MINUTE), Warning),
    // Root keeps 5 % of most file systems to itself: at 95 % services can't write.
    ("disk", Host, "disk", level(Above, 0.85, 5 * MINUTE), Warning),
    ("disk-full", Host, "disk", level(Above, 0.95, MINUTE), Critical),
    ("disk-ahead", Host, "disk", ahead(0.95, 4 * 60 * MINUTE), Critical),
    // Short peaks are what processors are for.
    ("cpu", Host, "cpu", level(Above, 0.9, 10 * MINUTE), Warning),
    // A good network has none for days.
    ("network-errors", Host, "network_errors", level(Above, 1.0, 5 * MINUTE), Warning),
];

/// The items, in the order in which they are listed.
pub fn defaults() -> Vec<Item> {
    let item = |(name, kind, figure, test, severity): &Line| Item {
        name: format!("{PREFIX}{name}"),
        of: match kind {
            Host => Watched::One(Owner::Host),
            Platform => Watched::One(Owner::Platform),
            kind => Watched::Each(*kind),
        },
        when: Condition { figure: (*figure).to_owned(), test: *test },
        severity: *severity,
        notify: Vec::new(),
    };
    ITEMS.iter().map(item).collect()
}
