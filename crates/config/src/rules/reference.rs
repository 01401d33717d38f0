//! Names that are used must be given: services, functions, clients, groups of clients.

use std::collections::BTreeSet;

use crate::item::{Entry, Item, Section};
use crate::report::{Problems, Refusal, shown};
use crate::suggest::nearest;

/// A name that is used must be given; names whose own entry was refused count as given.
pub(super) fn reference(root: Section<'_>, group: &str, item: &Item, problems: &mut Problems) {
    if let Some(name) = item.text() {
        named(root, group, name, item, problems);
    }
}

/// The same of a name that is but a part of the text.
pub(super) fn named(root: Section<'_>, group: &str, name: &str, item: &Item, problems: &mut Problems) {
    // That there are no services at all has been said.
    let unreadable = root.entry(group).map_or(group == "services", |entry| entry.item.is_none());
    let known: &[Entry] = root.section(group).entries();
    if unreadable || known.iter().any(|entry| entry.name == name) {
        return;
    }
    let what = format!("there is no {} {}", group.trim_end_matches('s'), shown(name));
    let names: Vec<&str> = known.iter().map(|entry| entry.name.as_str()).collect();
    let help = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}"),
        None if names.is_empty() => format!("give it below {group}"),
        None if names.len() <= 10 => format!("the {group} are {}", names.join(", ")),
        None => format!("give it below {group}, or name one that is there"),
    };
    problems.add(item.at, &item.path, Refusal::new(what, help));
}

/// Every group that a client of the file is in, or that `access.groups` names.
pub(super) fn groups(root: Section<'_>) -> BTreeSet<&str> {
    let clients = root.section("clients").entries().iter().filter_map(|entry| entry.item.as_ref());
    let of_clients = clients.flat_map(|client| client.section().section("groups").items());
    let named = root.section("access").section("groups").items();
    of_clients.chain(named).filter_map(Item::text).collect()
}

/// A group that nobody is in would let nobody in, or shut nobody out.
pub(super) fn group(root: Section<'_>, item: &Item, problems: &mut Problems) {
    let known = groups(root);
    let Some(name) = item.text().filter(|name| !known.contains(name)) else { return };
    let what = format!("no client is in a group {}", shown(name));
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}"),
        None => "give it to a client below clients, or name it below access.groups".to_owned(),
    };
    problems.add(item.at, &item.path, Refusal::new(what, help));
}
