//! The rules of outside systems, of brokers and of what is taken from them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::reference::reference;
use super::{claims, limit, policy};
use crate::build;
use crate::item::{Entry, Item, Section};
use crate::report::{Problems, Refusal};

pub(super) fn check(root: Section<'_>, problems: &mut Problems) {
    for entry in root.section("links").entries() {
        let at = Section(entry.item.as_ref());
        limit::check(root, at, problems);
        policy::changes(at, problems);
        policy::fallback(at, problems);
        if let Some(cache) = at.entry("cache") {
            policy::sizes(cache, problems);
        }
        name_taken(root, entry, problems);
    }
    door(root, problems);
    ports(root, problems);
    for consumer in root.section("consumers").items() {
        self::consumer(root, consumer, problems);
    }
}

/// Links and services are shown side by side, and figures know both by name.
fn name_taken(root: Section<'_>, link: &Entry, problems: &mut Problems) {
    let Some(service) = root.section("services").entry(&link.name) else { return };
    let what = format!("{} in line {} has this name", service.path, service.at.line);
    problems.add(link.at, &link.path, Refusal::new(what, "give the link another"));
}

/// Where links are reached by name: from this machine alone, and nobody else listens there.
fn door(root: Section<'_>, problems: &mut Problems) {
    let gateway = root.section("gateway");
    let address = build::links(gateway);
    let Some(links) = root.entry("links").filter(|_| !root.section("links").entries().is_empty()) else {
        return;
    };
    let (at, path) = gateway.item("links").map_or((links.at, &links.path), |item| (item.at, &item.path));
    let taken = listeners(gateway).into_iter().find(|other| claims(*other, address));
    if let Some(other) = taken {
        let what = format!("links would be reached at {address}, and the gateway listens on {other}");
        problems.add(at, path, Refusal::new(what, "give gateway.links another port of 127.0.0.1"));
    }
}

fn listeners(gateway: Section<'_>) -> Vec<SocketAddr> {
    build::listen(gateway).into_iter().chain(build::addresses(gateway.section("tls"))).collect()
}

/// A port leads to one link, and nobody else listens there.
fn ports(root: Section<'_>, problems: &mut Problems) {
    let gateway = root.section("gateway");
    let mut taken: BTreeMap<u16, String> =
        listeners(gateway).iter().map(|address| (address.port(), "the gateway".to_owned())).collect();
    taken.entry(build::links(gateway).port()).or_insert_with(|| "gateway.links".to_owned());
    for entry in root.section("services").entries() {
        if let Some(port) = Section(entry.item.as_ref()).get::<u16>("port") {
            taken.entry(port).or_insert_with(|| entry.path.clone());
        }
    }
    for entry in root.section("links").entries() {
        let at = Section(entry.item.as_ref());
        let (Some(item), Some(port)) = (at.item("port"), at.get::<u16>("port")) else { continue };
        match taken.get(&port) {
            Some(owner) => {
                let what = format!("{owner} has port {port} already");
                let help = "choose another, or leave port out and use HTTP_PROXY";
                problems.add(item.at, &item.path, Refusal::new(what, help));
            }
            None => drop(taken.insert(port, entry.path.clone())),
        }
    }
}

fn consumer(root: Section<'_>, consumer: &Item, problems: &mut Problems) {
    let at = consumer.section();
    if let Some(broker) = at.item("broker") {
        reference(root, "brokers", broker, problems);
    }
    leads_somewhere(root, at, problems);
    if let Some(item) = at.item("subject").filter(|_| scheme(root, at) == Some("amqp")) {
        let what = "filters are NATS', and the broker speaks AMQP";
        let help = "leave it out; which messages a queue gets is told to the broker";
        problems.add(item.at, &item.path, Refusal::new(what, help));
    }
}

/// A message that no route takes would end in the dead letters.
fn leads_somewhere(root: Section<'_>, at: Section<'_>, problems: &mut Problems) {
    let Some(item) = at.item("to") else { return };
    let Some((method, path)) = item.text().and_then(|text| text.split_once(' ')) else { return };
    let path = path.split('?').next().unwrap_or(path);
    let takes = |route: &Item| {
        let matches = build::matches(route.section().section("match"));
        let by_method = matches.methods.is_empty() || matches.methods.iter().any(|own| own == method);
        by_method && matches.path.is_none_or(|pattern| takes_path(&pattern, path))
    };
    if !root.section("routes").items().iter().any(takes) {
        let what = format!("no route takes {method} {path}");
        problems.add(item.at, &item.path, Refusal::new(what, "add one below routes, or correct the path"));
    }
}

/// Tells whether a path is one of those that a pattern of [`naru_model::platform::Match::path`] is for.
fn takes_path(pattern: &str, path: &str) -> bool {
    let mut path = path.split('/');
    for segment in pattern.split('/') {
        match (segment, path.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (literal, Some(own)) if literal == own => {}
            _ => return false,
        }
    }
    path.next().is_none()
}

/// The scheme of the broker that `at` names.
pub(super) fn scheme<'r>(root: Section<'r>, at: Section<'_>) -> Option<&'r str> {
    let name = at.item("broker")?.text()?;
    root.section("brokers").section(name).item("url")?.text()?.split("://").next()
}

#[cfg(test)]
mod tests {
    use super::takes_path;

    #[test]
    fn a_pattern_takes_itself_and_what_its_wildcards_stand_for() {
        for (pattern, path) in
            [("/a", "/a"), ("/a/*", "/a/b"), ("/a/**", "/a"), ("/a/**", "/a/b/c"), ("/**", "/")]
        {
            assert!(takes_path(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in
            [("/a", "/a/b"), ("/a/*", "/a"), ("/a/*", "/a/b/c"), ("/a/**", "/ab"), ("/a/b", "/a")]
        {
            assert!(!takes_path(pattern, path), "{pattern} {path}");
        }
    }
}
