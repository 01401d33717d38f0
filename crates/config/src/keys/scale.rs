//! The keys below `services.<name>.scale`.

use std::time::Duration;

use naru_model::platform::Scale;
use naru_model::units::{Percent, Rate};
use serde_json::json;

use super::{any_time, count, list, some_time, text};
use crate::format;
use crate::shape::{Default, Effect, Key, Kind};

/// The most instances of a service. Each has a port of its own, and there are 28,000 for all.
pub(super) const MAX_INSTANCES: i64 = 10_000;

pub(super) fn keys() -> Vec<Key> {
    let d = Scale::default();
    let no_change = Effect::Nothing;
    vec![
        Key::new(
            "min",
            Kind::Whole { least: 0, most: MAX_INSTANCES },
            json!(d.min),
            "Instances there are at least.",
        ),
        Key::new(
            "max",
            Kind::Whole { least: 1, most: MAX_INSTANCES },
            "`min`, or 1 when `min` is 0",
            "Instances there are at most.",
        ),
        Key::new(
            "warm_up",
            any_time(),
            d.warm_up,
            "How long a new instance gets a growing share of the requests, and its load is not judged.",
        )
        .causes(Effect::Routing),
        Key::new(
            "priority",
            Kind::Whole { least: -1_000_000, most: 1_000_000 },
            json!(d.priority),
            "Who keeps the pool when it runs short: higher first.",
        )
        .causes(no_change),
        Key::new(
            "target",
            Kind::Keys(target()),
            "no target",
            "Figures to keep the service at; the one that needs most instances wins.",
        ),
        Key::new(
            "rules",
            list(0, Kind::Keys(rule())),
            "none",
            "Steps to take when a figure has been above or below a value for a while.",
        ),
        Key::new("schedule", list(0, Kind::Keys(schedule())), "none", "More instances at certain times."),
        Key::new(
            "shrink_after",
            any_time(),
            d.shrink_after,
            "How long fewer instances must have been enough before one is taken away.",
        )
        .causes(no_change),
        Key::new(
            "grow_by",
            Kind::Percent { least: Percent::default() },
            "no bound",
            "The most instances added at once, as a share of those there are, and at least 4.",
        )
        .causes(no_change),
        Key::new(
            "shrink_by",
            Kind::Percent { least: Percent::default() },
            d.shrink_by,
            "The most instances removed at once, as a share of those there are, and at least 1.",
        )
        .causes(no_change),
    ]
}

fn target() -> Vec<Key> {
    vec![
        Key::new(
            "cpu",
            Kind::Percent { least: Percent { thousandths: 10 } },
            "no target",
            "Processor used, of what instances reserve; of one core each when they reserve nothing.",
        ),
        Key::new(
            "concurrency",
            count(1),
            "no target",
            "Requests in flight per instance, those included that wait for one.",
        ),
        Key::new(
            "rate",
            Kind::Rate { least: Rate { per_1000_seconds: 1 } },
            "no target",
            "Requests per instance.",
        ),
        Key::new(
            "p95",
            some_time(),
            "no target",
            "The response time that 95 % of the requests do not exceed.",
        ),
        Key::new(
            "apdex",
            Kind::Apdex,
            "no target",
            "How satisfied users are, from 0 to 1, by the `apdex_t` of each function.",
        ),
    ]
}

fn rule() -> Vec<Key> {
    let instances = || Kind::Whole { least: 1, most: MAX_INSTANCES };
    vec![
        Key::new(
            "when",
            text(format::CONDITION),
            Default::Required,
            "A figure, `>` or `<`, a value, and for how long without a break, `1s` to `10m`. Figures: `cpu`, `concurrency`, `rate`, `p95`, `apdex`, and besides those of `target`, `errors` (a share of the requests) and `waiting` (requests).",
        ),
        Key::new("add", instances(), "nothing added", "Instances to add each time it has held so long."),
        Key::new("remove", instances(), "nothing removed", "Instances to remove, in place of `add`."),
    ]
}

fn schedule() -> Vec<Key> {
    let [at, lasts, zone] = when();
    let add = Key::new(
        "add",
        Kind::Whole { least: 1, most: MAX_INSTANCES },
        Default::Required,
        "Instances on top of what there would be otherwise, up to `max`.",
    );
    vec![at, lasts, add, zone]
}

/// When something comes, how long it lasts, and where its clock stands.
pub(super) fn when() -> [Key; 3] {
    [
        Key::new(
            "at",
            text(format::TIMES),
            Default::Required,
            "Minute, hour, day of the month, month and day of the week, as in crontab(5).",
        ),
        Key::new(
            "for",
            Kind::Duration { least: Duration::from_secs(60) },
            Default::Required,
            "How long each time.",
        ),
        Key::new(
            "zone",
            text(format::ZONE),
            "the machine's own",
            "The time zone that `at` is in, by its IANA name.",
        ),
    ]
}
