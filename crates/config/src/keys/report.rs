//! The keys below `reports`, and goals: what was promised, and who is told what became of it.

use naru_model::service_level::Reports;
use serde_json::json;

use super::{one_or_more, some_time, text};
use crate::format;
use crate::shape::{Effect, Key, Kind};

pub(super) fn keys() -> Vec<Key> {
    let channels = |name, doc| Key::new(name, one_or_more(text(format::REPORT_CHANNEL)), "nobody", doc);
    vec![
        Key::new("language", Kind::Choice(&["ko", "en"]), "that of notices", "The language of reports."),
        Key::new(
            "at",
            text(format::TIME_OF_DAY),
            json!(Reports::AT.to_string()),
            "When reports are sent, on the day after their period.",
        ),
        Key::new("zone", text(format::ZONE), "the machine's", "Whose days, weeks and months they are."),
        channels(
            "daily",
            "Channels of notices, by e-mail or webhook, that get the report of each day; `owners`: each function's `owner` gets that of the function.",
        ),
        channels("weekly", "The same of each week, Monday to Sunday."),
        channels("monthly", "The same of each month."),
        Key::new(
            "goal",
            Kind::Keys(goal()),
            "none",
            "What was promised of the platform and of each function that does not say otherwise.",
        ),
        Key::new(
            "console",
            text(format::CONSOLE_URL),
            "none",
            "Where people open the console; messages with a report lead there.",
        ),
    ]
}

/// Of the platform and of a function.
pub(super) fn goal() -> Vec<Key> {
    vec![
        Key::new(
            "availability",
            text(format::AVAILABILITY),
            "none",
            "The share of requests that must not fail by our fault, at least.",
        )
        .causes(Effect::Nothing),
        Key::new("apdex", Kind::Apdex, "none", "The Apdex to reach, at least.").causes(Effect::Nothing),
        Key::new("p95", some_time(), "none", "The response time that 95 % of requests must not exceed.")
            .causes(Effect::Nothing),
    ]
}
