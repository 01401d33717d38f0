//! How many instances: what stands below `services.<name>.scale`.

use std::time::Duration;

use naru_model::platform::Scale;
use naru_model::scaling::{Level, Rule, Schedule};

use crate::condition;
use crate::item::{Item, Section};

pub(crate) fn scale(at: Section<'_>) -> Scale {
    let d = Scale::default();
    let min = at.get("min").unwrap_or(d.min);
    Scale {
        min,
        max: at.get("max").unwrap_or(min.max(1)),
        warm_up: at.get("warm_up").unwrap_or(d.warm_up),
        priority: at.get("priority").unwrap_or(d.priority),
        target: target(at.section("target")),
        rules: at.section("rules").items().iter().filter_map(rule).collect(),
        schedule: at.section("schedule").items().iter().filter_map(schedule).collect(),
        shrink_after: at.get("shrink_after").unwrap_or(d.shrink_after),
        grow_by: at.get("grow_by").or(d.grow_by),
        shrink_by: at.get("shrink_by").unwrap_or(d.shrink_by),
    }
}

/// In the order of the reference, so that files that differ in the order of lines are equal.
fn target(at: Section<'_>) -> Vec<Level> {
    let levels = [
        at.get("cpu").map(Level::Cpu),
        at.get("concurrency").map(Level::Concurrency),
        at.get("rate").map(Level::Rate),
        at.get("p95").map(Level::P95),
        at.get("apdex").map(Level::Apdex),
    ];
    levels.into_iter().flatten().collect()
}

fn rule(item: &Item) -> Option<Rule> {
    let at = item.section();
    let when = condition::parse(at.item("when")?.text()?).ok()?;
    let add: Option<i32> = at.get("add");
    let remove: Option<i32> = at.get("remove");
    Some(Rule { when, add: add.or(remove.map(|n| -n))? })
}

fn schedule(item: &Item) -> Option<Schedule> {
    let at = item.section();
    let fields: String = at.get("at")?;
    Some(Schedule {
        at: fields.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
        zone: at.get("zone"),
        lasts: at.get::<Duration>("for")?,
        add: at.get("add")?,
    })
}
