//! Reports and goals.

use naru_model::service_level::{Goal, Reports};

use crate::item::Section;

pub(super) fn reports(at: Section<'_>) -> Reports {
    Reports {
        language: at.parsed("language"),
        at: at.parsed("at").unwrap_or(Reports::AT),
        zone: at.get("zone"),
        daily: at.texts("daily"),
        weekly: at.texts("weekly"),
        monthly: at.texts("monthly"),
        goal: goal(at.section("goal")),
        console: at.get("console"),
    }
}

pub(super) fn goal(at: Section<'_>) -> Goal {
    Goal { availability: at.parsed("availability"), apdex: at.get("apdex"), p95: at.get("p95") }
}
