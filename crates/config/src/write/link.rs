//! Outside systems and brokers, as the file says them.

use naru_model::platform::{Link, Platform};
use naru_model::units::format_duration;
use serde_json::{Map, Value, json};

use super::{limit, policy};

pub(super) fn links(platform: &Platform) -> Map<String, Value> {
    platform.links.iter().map(|(name, of)| (name.to_string(), link(of))).collect()
}

fn link(of: &Link) -> Value {
    let traffic = &of.traffic;
    json!({
        "url": of.url,
        "port": of.port,
        "timeout": format_duration(of.timeout),
        "concurrency": traffic.concurrency,
        "queue": traffic.queue,
        "queue_timeout": format_duration(traffic.queue_timeout),
        "connect_timeout": format_duration(traffic.connect_timeout),
        "first_byte_timeout": format_duration(traffic.first_byte_timeout),
        "idle_timeout": format_duration(traffic.idle_timeout),
        "attempts": traffic.attempts,
        "retry_budget": traffic.retry_budget.to_string(),
        "break_after": traffic.eject_after,
        "break_for": format_duration(traffic.eject_for),
        "limits": limit::limits(&of.policy.limits),
        "request": policy::change(&of.policy.request),
        "cache": of.policy.cache.as_ref().map(policy::cache),
        "response": policy::change(&of.policy.response),
        "fallback": of.policy.fallback.as_ref().map(policy::fallback),
    })
}

pub(super) fn brokers(platform: &Platform) -> Map<String, Value> {
    platform.brokers.iter().map(|(name, of)| (name.clone(), json!({ "url": of.url }))).collect()
}
