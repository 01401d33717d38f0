//! Reports and goals, as the file says them.

use naru_model::service_level::{Goal, Reports};
use naru_model::units::format_duration;
use serde_json::{Value, json};

use super::some;

pub(super) fn reports(of: &Reports) -> Value {
    json!({
        "language": of.language.map(|language| language.to_string()),
        "at": of.at.to_string(),
        "zone": of.zone,
        "daily": some(&of.daily),
        "weekly": some(&of.weekly),
        "monthly": some(&of.monthly),
        "goal": goal(of.goal),
        "console": of.console,
    })
}

pub(super) fn goal(of: Goal) -> Value {
    if of.is_none() {
        return Value::Null;
    }
    json!({
        "availability": of.availability.map(|share| share.to_string()),
        "apdex": of.apdex.map(|apdex| apdex.ratio()),
        "p95": of.p95.map(format_duration),
    })
}
