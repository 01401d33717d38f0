//! The rules of limits: each says how much, and is counted by something that is known.

use crate::item::{Item, Section};
use crate::report::{Problems, Refusal};

const QUANTITIES: [&str; 5] = ["rate", "quota", "bytes", "bandwidth", "concurrency"];

/// Checks the limits of one route, client, service or link.
pub(super) fn check(root: Section<'_>, at: Section<'_>, problems: &mut Problems) {
    for limit in at.section("limits").items() {
        quantities(limit, problems);
        counted_by(root, limit, problems);
    }
}

fn quantities(limit: &Item, problems: &mut Problems) {
    let at = limit.section();
    if !QUANTITIES.iter().any(|name| at.entry(name).is_some()) && !problems.has_below(&limit.path) {
        let help = format!("give it one of {}", QUANTITIES.join(", "));
        problems.add(limit.at, &limit.path, Refusal::new("the limit limits nothing", help));
    }
    if let Some(burst) = at.entry("burst").filter(|_| at.entry("rate").is_none()) {
        let what = "a burst is nothing without a rate";
        problems.add(burst.at, &burst.path, Refusal::new(what, "give rate beside it, or leave it out"));
    }
}

fn counted_by(root: Section<'_>, limit: &Item, problems: &mut Problems) {
    let mut seen = Vec::new();
    for item in limit.section().section("per").items() {
        let Some(word) = item.text() else { continue };
        if seen.contains(&word) {
            let what = format!("{word} is in this list twice");
            problems.add(item.at, &item.path, Refusal::new(what, "keep one"));
        } else if word == "client" && !anybody_is_known(root) {
            let what = "no client can be told from another: there are neither clients nor access";
            let help = "write address, or give clients below clients";
            problems.add(item.at, &item.path, Refusal::new(what, help));
        }
        seen.push(word);
    }
}

/// Whether there can be callers with a name: of the file, of the console, or of an issuer.
pub(super) fn anybody_is_known(root: Section<'_>) -> bool {
    root.entry("clients").is_some() || root.entry("access").is_some()
}
