//! The rules of scaling: it has room to scale in, and each rule does one thing.

use crate::build;
use crate::item::{Item, Section};
use crate::report::{Problems, Refusal};

/// What makes the number of instances follow from anything but a person's word.
const POLICIES: [&str; 3] = ["target", "rules", "schedule"];

/// Checks one service; `at` is its `scale`.
pub(super) fn check(at: Section<'_>, problems: &mut Problems) {
    // What was misspelled is not among the entries, and has been said.
    if let Some(target) = at.item("target")
        && target.section().entries().is_empty()
        && !problems.has_below(&target.path)
    {
        let help = "give at least one of cpu, concurrency, rate, p95, apdex, or leave the key out";
        problems.add(target.at, &target.path, Refusal::new("the group is empty", help));
    }
    for rule in at.section("rules").items() {
        one_of_add_and_remove(rule, problems);
    }
    room(at, problems);
}

fn one_of_add_and_remove(rule: &Item, problems: &mut Problems) {
    let at = rule.section();
    let refusal = match (at.entry("add"), at.entry("remove")) {
        (None, None) => {
            Refusal::new("the rule does nothing", "give it add or remove, and how many instances")
        }
        (Some(_), Some(_)) => {
            Refusal::new("the rule both adds and removes", "keep one, and make the other a rule of its own")
        }
        _ => return,
    };
    problems.add(rule.at, &rule.path, refusal);
}

/// Between equal bounds no policy can do anything.
fn room(at: Section<'_>, problems: &mut Problems) {
    let refused = |name: &str| at.entry(name).is_some_and(|entry| entry.item.is_none());
    let scale = build::scale(at);
    // A maximum below the minimum has been said.
    if scale.max != scale.min || refused("min") || refused("max") {
        return;
    }
    let policy = POLICIES.iter().filter_map(|name| at.entry(name)).find(|entry| {
        entry.item.as_ref().is_none_or(|item| match entry.name.as_str() {
            "target" => true,
            _ => !item.section().items().is_empty(),
        })
    });
    if let Some(policy) = policy {
        let what = format!("nothing can scale: min and max are both {}", scale.max);
        problems.add(policy.at, &policy.path, Refusal::new(what, "raise scale.max above scale.min"));
    }
}
