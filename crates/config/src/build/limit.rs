//! How much, and who goes first: `limits` and `priority`, wherever they stand.

use naru_model::policy::{Limit, Per, Priority, Quantity};
use naru_model::units::Rate;

use crate::item::{Item, Section, Value};

/// Each quantity of an item becomes a limit of its own.
pub(super) fn limits(at: Section<'_>) -> Vec<Limit> {
    at.section("limits").items().iter().flat_map(limit).collect()
}

fn limit(item: &Item) -> Vec<Limit> {
    let at = item.section();
    let mut per: Vec<Per> =
        at.section("per").items().iter().filter_map(|item| self::per(item.text()?)).collect();
    per.sort();
    per.dedup();
    let calls = at.get("rate").map(|rate: Rate| {
        let burst = at.get("burst").unwrap_or_else(|| a_seconds_worth(rate));
        Quantity::Calls { rate, burst }
    });
    let quota = match at.item("quota").map(|item| &item.value) {
        Some(Value::Quota(calls, period)) => Some(Quantity::Quota { calls: *calls, period: *period }),
        _ => None,
    };
    let bytes = match at.item("bytes").map(|item| &item.value) {
        Some(Value::Volume(bytes, period)) => Some(Quantity::Bytes { bytes: *bytes, period: *period }),
        _ => None,
    };
    let bandwidth = at.get("bandwidth").map(|per_second| Quantity::Bandwidth { per_second });
    let concurrency = at.get("concurrency").map(|calls| Quantity::Concurrency { calls });
    let quantities = [calls, quota, bytes, bandwidth, concurrency].into_iter().flatten();
    quantities.map(|of| Limit { of, per: per.clone() }).collect()
}

/// The burst that a rate has by itself: what comes in a second, and at least one call.
pub(crate) fn a_seconds_worth(rate: Rate) -> u32 {
    u32::try_from(rate.per_1000_seconds.div_ceil(1000)).unwrap_or(u32::MAX).max(1)
}

fn per(word: &str) -> Option<Per> {
    match word {
        "client" => Some(Per::Client),
        "address" => Some(Per::Address),
        "route" => Some(Per::Route),
        "service" => Some(Per::Service),
        _ => None,
    }
}

pub(super) fn priority(at: Section<'_>) -> Option<Priority> {
    match at.get::<String>("priority")?.as_str() {
        "critical" => Some(Priority::Critical),
        "high" => Some(Priority::High),
        "normal" => Some(Priority::Normal),
        "low" => Some(Priority::Low),
        _ => None,
    }
}
