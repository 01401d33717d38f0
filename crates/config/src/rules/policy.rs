//! The rules of what is done to requests and answers: parts that contradict each other, and names that lead nowhere.

use std::collections::BTreeMap;

use naru_model::units::Timestamp;

use super::reference::reference;
use super::{Place, convert, file};
use crate::build;
use crate::item::{Entry, Item, Section};
use crate::report::{Pos, Problems, Refusal};

/// The keys of a route of which at most one may stand there.
const PATTERNS: [&str; 3] = ["job", "await", "publish"];

/// Checks one route.
pub(super) fn check(root: Section<'_>, route: Section<'_>, place: &Place<'_>, problems: &mut Problems) {
    cors(route, problems);
    sunset(route, problems);
    validate(route, place, problems);
    changes(route, problems);
    path(route, problems);
    convert::check(root, route, place, problems);
    pattern(root, route, problems);
    cache(route, problems);
    fallback(route, problems);
}

fn cors(route: Section<'_>, problems: &mut Problems) {
    let at = route.section("cors");
    let origins = at.section("origins").items();
    let any = origins.iter().find(|item| item.text() == Some("*"));
    if let Some(item) = any.filter(|_| origins.len() > 1) {
        let what = "* is any origin, and there are others beside it";
        problems.add(item.at, &item.path, Refusal::new(what, "keep * alone, or the others"));
    }
    if let (Some(_), Some(true), Some(item)) = (any, at.get::<bool>("credentials"), at.item("credentials")) {
        let what = "with credentials and *, any page could act in its visitor's name";
        problems.add(item.at, &item.path, Refusal::new(what, "name the origins, or leave credentials out"));
    }
    let matches = build::matches(route.section("match"));
    for item in at.section("methods").items() {
        let Some(method) = item.text().filter(|_| !matches.methods.is_empty()) else { continue };
        if !matches.methods.iter().any(|own| own == method) {
            let what = format!("the route takes no {method}");
            let help = format!("its methods are {}", matches.methods.join(", "));
            problems.add(item.at, &item.path, Refusal::new(what, help));
        }
    }
}

/// Source of the order: RFC 9745 §4.
fn sunset(route: Section<'_>, problems: &mut Problems) {
    let Some(item) = route.item("sunset") else { return };
    let at = item.section();
    let (deprecated, gone): (Option<Timestamp>, Option<Timestamp>) = (at.get("deprecated"), at.get("gone"));
    if let (Some(deprecated), Some(gone), Some(item)) = (deprecated, gone, at.item("gone"))
        && gone < deprecated
    {
        let what = "it would be gone before it is deprecated";
        problems.add(item.at, &item.path, Refusal::new(what, "write a time after deprecated"));
    }
    if at.entry("deprecated").is_none() && at.entry("gone").is_none() && !problems.has_below(&item.path) {
        let what = "nothing says when";
        problems.add(item.at, &item.path, Refusal::new(what, "give deprecated, gone, or both"));
    }
}

fn validate(route: Section<'_>, place: &Place<'_>, problems: &mut Problems) {
    let Some(item) = route.item("validate") else { return };
    let noun = "an OpenAPI document";
    if item.text().is_some() {
        return file(route, "validate", noun, place, problems);
    }
    let at = item.section();
    file(at, "openapi", noun, place, problems);
    if at.get("requests") == Some(false) && at.get("responses") != Some(true) {
        let what = "neither requests nor responses would be checked";
        problems.add(item.at, &item.path, Refusal::new(what, "check one of them, or leave validate out"));
    }
}

/// Checks what a route or link changes in header fields and queries.
pub(super) fn changes(at: Section<'_>, problems: &mut Problems) {
    let (request, response) = (at.section("request"), at.section("response"));
    for (change, capitals) in [(request, false), (response, false), (request.section("query"), true)] {
        let mut seen: BTreeMap<String, Pos> = BTreeMap::new();
        let set = change.section("set").entries().iter();
        let rename = change.section("rename").entries().iter();
        let named = set.chain(rename).map(|entry: &Entry| (entry.name.as_str(), entry.at, &entry.path));
        let items = change.section("remove").items().iter();
        let removed = items.filter_map(|item: &Item| Some((item.text()?, item.at, &item.path)));
        for (name, at, path) in named.chain(removed) {
            let key = if capitals { name.to_owned() } else { name.to_ascii_lowercase() };
            if let Some(before) = seen.insert(key, at) {
                let what = format!("{name} is changed twice, first in line {}", before.line);
                problems.add(at, path, Refusal::new(what, "keep one of the changes"));
            }
        }
    }
}

/// What the wildcards of one path match goes to those of the other, in order.
fn path(route: Section<'_>, problems: &mut Problems) {
    let matches = build::matches(route.section("match"));
    let (Some(item), Some(change)) = (route.item("path"), build::path(route, &matches)) else { return };
    let item = item.section().item("to").unwrap_or(item);
    let count = |path: &str, wildcard: &str| path.split('/').filter(|segment| *segment == wildcard).count();
    // What was refused is empty here, and has been said.
    if change.to.is_empty() || problems.has(&item.path) {
        return;
    }
    for wildcard in ["*", "**"] {
        let (has, wants) = (count(&change.from, wildcard), count(&change.to, wildcard));
        if wants > has {
            let what = format!("{} has {wants} of {wildcard}, and {} has {has}", change.to, change.from);
            let help = "what it stands for in from goes there; give each one in from, in the same order";
            problems.add(item.at, &item.path, Refusal::new(what, help));
        }
    }
}

fn pattern(root: Section<'_>, route: Section<'_>, problems: &mut Problems) {
    let there: Vec<&Entry> = PATTERNS.iter().filter_map(|name| route.entry(name)).collect();
    if let [first, second, ..] = there[..] {
        let what =
            format!("calls are answered in one way, and {} in line {} is another", first.name, first.at.line);
        let help = format!("keep {} or {}", first.name, second.name);
        problems.add(second.at, &second.path, Refusal::new(what, help));
    }
    let publish = route.section("publish");
    if let Some(broker) = publish.item("broker") {
        reference(root, "brokers", broker, problems);
    }
    if let Some(item) = publish.item("subject").filter(|item| item.text().is_some_and(is_filter)) {
        let what = "a message has one subject, without * and >";
        problems.add(item.at, &item.path, Refusal::new(what, "write it out: orders.new"));
    }
    if let Some(item) = publish.item("exchange")
        && super::link::scheme(root, publish) == Some("nats")
    {
        let what = "exchanges are AMQP's, and the broker speaks NATS";
        problems.add(item.at, &item.path, Refusal::new(what, "leave it out"));
    }
    let job = route.section("job");
    if let Some(item) =
        job.item("callback_secret").filter(|_| job.section("callback_hosts").items().is_empty())
    {
        let what = "callbacks are refused, so that there is none to sign";
        problems.add(item.at, &item.path, Refusal::new(what, "give callback_hosts, or leave it out"));
    }
}

/// Whether a subject has wildcards of NATS in it.
fn is_filter(subject: &str) -> bool {
    subject.split('.').any(|token| token == "*" || token == ">")
}

fn cache(route: Section<'_>, problems: &mut Problems) {
    let Some(entry) = route.entry("cache") else { return };
    let matches = build::matches(route.section("match"));
    let kept = |method: &String| method == "GET" || method == "HEAD";
    let refusal = if route.entry("job").is_some() || route.entry("publish").is_some() {
        Refusal::new("what answers each call anew can't be kept", "leave cache out, or job or publish")
    } else if !matches.methods.is_empty() && !matches.methods.iter().any(kept) {
        Refusal::new("only answers to GET and HEAD are kept, and the route takes neither", "leave cache out")
    } else {
        return sizes(entry, problems);
    };
    problems.add(entry.at, &entry.path, refusal);
}

/// Checks that all of a cache has room for its largest answer.
pub(super) fn sizes(entry: &Entry, problems: &mut Problems) {
    let Some(cache) = build::cache(entry) else { return };
    let at = Section(entry.item.as_ref());
    if let Some(item) = at.item("most").or(at.item("largest")).filter(|_| cache.most < cache.largest) {
        let what = format!("an answer of {} has no room in {}", cache.largest, cache.most);
        problems.add(item.at, &item.path, Refusal::new(what, "raise most, or lower largest"));
    }
}

/// Checks the answer that a route or link has when nobody else does.
pub(super) fn fallback(at: Section<'_>, problems: &mut Problems) {
    let (Some(fallback), Some(item)) = (build::fallback(at), at.section("fallback").item("body")) else {
        return;
    };
    let is_json = fallback.content_type.split(';').next().is_some_and(|kind| {
        let kind = kind.trim().to_ascii_lowercase();
        kind == "application/json" || kind.ends_with("+json")
    });
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&fallback.body)
        && is_json
    {
        let what = format!("the body is no JSON: {error}");
        let help = "correct it, or say what it is with content_type: text/plain";
        problems.add(item.at, &item.path, Refusal::new(what, help));
    }
}
