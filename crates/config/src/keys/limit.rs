//! The keys of a limit: of a route, a client, a service or a link.

use naru_model::units::Rate;

use super::{count, one_or_more};
use crate::shape::{Key, Kind};

/// Who goes first when not all can, in this order.
pub(super) const PRIORITIES: [&str; 4] = ["critical", "high", "normal", "low"];

/// One limit or several.
pub(super) fn limits() -> Kind {
    let mut keys = quantities();
    keys.push(Key::new(
        "per",
        one_or_more(Kind::Choice(&["client", "address", "route", "service"])),
        "all calls together",
        "What is counted by itself; several: each combination. Who shows nothing that tells the client is counted by address.",
    ));
    one_or_more(Kind::Keys(keys))
}

/// Of links: who calls them is this machine alone.
pub(super) fn of_link() -> Kind {
    one_or_more(Kind::Keys(quantities()))
}

fn quantities() -> Vec<Key> {
    vec![
        Key::new(
            "rate",
            Kind::Rate { least: Rate { per_1000_seconds: 1 } },
            "no limit",
            "Calls, evenly; more are answered 429.",
        ),
        Key::new("burst", count(1), "a second's worth, at least 1", "Calls at once, beside `rate`."),
        Key::new(
            "quota",
            Kind::Quota,
            "no limit",
            "Calls in a day or month of the machine's time zone, kept over restarts.",
        ),
        Key::new(
            "bytes",
            Kind::Volume,
            "no limit",
            "Bytes of requests and responses together in a day or month.",
        ),
        Key::new(
            "bandwidth",
            Kind::Bandwidth,
            "no limit",
            "Bytes a second in each direction; what is more is slowed down, not refused.",
        ),
        Key::new("concurrency", count(1), "no limit", "Calls at once; what is more is refused."),
    ]
}
