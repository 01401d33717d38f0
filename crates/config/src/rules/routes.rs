//! The rules of routes: they lead to services and functions that exist, and for each request at most one of them is the
//! most specific.
//!
//! # Which of two routes wins, in the gateway
//! 1. The host: an exact one before `*.example.kr`, a longer `*.` before a shorter, any `*.` before none.
//! 2. The path: one without `**` before one with it; of two with it the one with more segments; else the one that has a
//!    literal segment where the other has `*`, at the first that differs from the left. No path is `/**`.
//! 3. The number of conditions: methods count as one, each header and each parameter as one.
//!
//! Two routes that stand equal in all three and that one request could match are refused: the first step leaves only
//! equal hosts, the second only equal paths, so that just these are compared.

use std::collections::{BTreeMap, BTreeSet};

use naru_model::platform::Match;

use super::reference::reference;
use super::{Place, auth, limit, policy};
use crate::build;
use crate::item::{Entry, Item, Section};
use crate::report::{Pos, Problems, Refusal, shown};

pub(super) fn check(root: Section<'_>, place: &Place<'_>, problems: &mut Problems) {
    let routes = root.section("routes").items();
    for route in routes {
        conditions(route.section().section("match"), problems);
        targets(root, route, problems);
        if let Some(function) = route.section().item("function") {
            reference(root, "functions", function, problems);
        }
        auth::check(root, route.section(), problems);
        limit::check(root, route.section(), problems);
        policy::check(root, route.section(), place, problems);
    }
    overlaps(routes, problems);
}

fn conditions(at: Section<'_>, problems: &mut Problems) {
    if let (Some(_), Some(both)) = (at.entry("method"), at.entry("methods")) {
        let what = "method and methods are both given";
        problems.add(both.at, &both.path, Refusal::new(what, "keep methods alone"));
    }
    let mut seen: BTreeMap<String, Pos> = BTreeMap::new();
    for entry in at.section("headers").entries() {
        if let Some(before) = seen.insert(entry.name.to_ascii_lowercase(), entry.at) {
            let what = format!(
                "the header is given twice, first in line {}; capitals make no difference",
                before.line
            );
            problems.add(entry.at, &entry.path, Refusal::new(what, "keep one of them"));
        }
    }
}

fn targets(root: Section<'_>, route: &Item, problems: &mut Problems) {
    let Some(to) = route.section().item("to") else { return };
    if to.text().is_some() {
        return reference(root, "services", to, problems);
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut sum = 0_u64;
    for target in to.section().items() {
        // Without a weight it is the default, which is not 0; a refused one has been said.
        sum += u64::from(target.section().get::<u32>("weight").unwrap_or(1));
        let Some(service) = target.section().item("service") else { continue };
        reference(root, "services", service, problems);
        if let Some(name) = service.text().filter(|name| !seen.insert(name)) {
            let what = format!("{} is in this list twice", shown(name));
            problems.add(service.at, &service.path, Refusal::new(what, "keep one, with both weights added"));
        }
    }
    if sum == 0 && !to.section().items().is_empty() {
        let what = "all weights are 0, so that no request would go anywhere";
        problems.add(to.at, &to.path, Refusal::new(what, "give at least one service a weight above 0"));
    }
}

fn overlaps(routes: &[Item], problems: &mut Problems) {
    // By host and path; only routes that have both in common can stand equal.
    let mut by_place: BTreeMap<_, Vec<(&Item, Match)>> = BTreeMap::new();
    for route in routes {
        if has_refused(route.section().entry("match")) {
            continue;
        }
        let matches = build::matches(route.section().section("match"));
        let path = matches.path.clone().unwrap_or_else(|| "/**".to_owned());
        by_place.entry((matches.host.clone(), path)).or_default().push((route, matches));
    }
    for same in by_place.values() {
        for (i, (route, matches)) in same.iter().enumerate() {
            if let Some((earlier, other)) = same[..i].iter().find(|(_, other)| overlap(other, matches)) {
                problems.add(route.at, &route.path, overlapping(earlier, other, matches));
            }
        }
    }
}

fn overlapping(earlier: &Item, other: &Match, matches: &Match) -> Refusal {
    let place = format!("{} in line {}", earlier.path, earlier.at.line);
    if other.methods == matches.methods && other.headers == matches.headers && other.query == matches.query {
        let what = format!("the route matches the very requests that {place} matches");
        return Refusal::new(what, "remove one, or add what tells them apart");
    }
    let what = format!("some requests match this route and {place}, and neither is more specific");
    Refusal::new(what, "add a condition to one of them, or values that exclude each other")
}

/// A match with something in it that was refused would seem to match more than it is meant to.
fn has_refused(entry: Option<&Entry>) -> bool {
    let refused = |entry: &Entry| match &entry.item {
        None => true,
        Some(item) => item.section().entries().iter().any(|inner| inner.item.is_none()),
    };
    entry.is_some_and(|entry| refused(entry) || Section(entry.item.as_ref()).entries().iter().any(refused))
}

/// Tells whether one request can match both, given equal hosts and paths, and neither has more conditions.
fn overlap(one: &Match, other: &Match) -> bool {
    let count = |m: &Match| usize::from(!m.methods.is_empty()) + m.headers.len() + m.query.len();
    let methods = one.methods.is_empty()
        || other.methods.is_empty()
        || one.methods.iter().any(|method| other.methods.contains(method));
    count(one) == count(other)
        && methods
        && !exclude(&one.headers, &other.headers)
        && !exclude(&one.query, &other.query)
}

/// Tells whether the same name must have different values.
fn exclude(one: &[(String, Option<String>)], other: &[(String, Option<String>)]) -> bool {
    let differs = |(name, value): &(String, Option<String>)| {
        let same = other.iter().find(|(theirs, _)| theirs == name).and_then(|(_, theirs)| theirs.as_ref());
        matches!((value, same), (Some(mine), Some(theirs)) if mine != theirs)
    };
    one.iter().any(differs)
}
