//! The rules of conversions: each item is one, they fit together, and the service speaks what they make.

use super::reference::group;
use super::{Place, file};
use crate::item::{Item, Section};
use crate::report::{Problems, Refusal};

/// Checks the conversions of one route.
pub(super) fn check(root: Section<'_>, route: Section<'_>, place: &Place<'_>, problems: &mut Problems) {
    let items = route.section("convert").items();
    for item in items {
        one_of_its_kind(item, problems);
        files(item.section(), place, problems);
        fields(root, item.section().section("fields"), problems);
    }
    sides(items, problems);
    if let Some(item) = items.iter().find(|item| matches!(name(item), Some("grpc" | "grpc_web"))) {
        speaks_http2(root, route, item, problems);
    }
}

/// What the conversion of an item is called.
fn name(item: &Item) -> Option<&str> {
    item.text().or_else(|| item.section().entries().first().map(|entry| entry.name.as_str()))
}

fn one_of_its_kind(item: &Item, problems: &mut Problems) {
    if item.text().is_some() || problems.has_below(&item.path) {
        return;
    }
    match item.section().entries() {
        [_] => {}
        [] => {
            let help = "give one of fields, xml, soap, offer_soap, grpc, or grpc_web alone";
            problems.add(item.at, &item.path, Refusal::new("the item converts nothing", help));
        }
        [_, second, ..] => {
            let what = "an item is one conversion, and this is its second";
            let help = format!("start a new item: - {}:", second.name);
            problems.add(second.at, &second.path, Refusal::new(what, help));
        }
    }
}

fn files(item: Section<'_>, place: &Place<'_>, problems: &mut Problems) {
    file(item.section("soap"), "wsdl", "a WSDL", place, problems);
    file(item.section("offer_soap"), "openapi", "an OpenAPI document", place, problems);
    file(item.section("grpc"), "descriptors", "a FileDescriptorSet", place, problems);
}

fn fields(root: Section<'_>, at: Section<'_>, problems: &mut Problems) {
    for name in at.section("groups").items() {
        group(root, name, problems);
    }
    for change in ["request", "response"] {
        let change = at.section(change);
        let (select, remove) = (change.section("select").items(), change.section("remove").items());
        for item in remove {
            if let Some(both) = select.iter().find(|other| other.text() == item.text()) {
                let what = format!("the field is selected in line {} and removed here", both.at.line);
                problems.add(item.at, &item.path, Refusal::new(what, "keep one of them"));
            }
        }
    }
}

/// Which end of the route a conversion speaks another protocol than JSON at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Service,
    Both,
}

fn side(item: &Item) -> Option<Side> {
    match name(item)? {
        "xml" => match item.section().section("xml").get::<String>("spoken_by")?.as_str() {
            "client" => Some(Side::Client),
            _ => Some(Side::Service),
        },
        "offer_soap" => Some(Side::Client),
        "soap" | "grpc" => Some(Side::Service),
        "grpc_web" => Some(Side::Both),
        _ => None,
    }
}

/// Clients speak one protocol, the service speaks one, and what is between is JSON.
fn sides(items: &[Item], problems: &mut Problems) {
    let mut before: Vec<(&Item, Side)> = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let Some(side) = side(item) else { continue };
        let called = name(item).unwrap_or_default();
        let other =
            before.iter().find(|(_, other)| *other == side || *other == Side::Both || side == Side::Both);
        if let Some((other, _)) = other {
            let other_name = name(other).unwrap_or_default();
            let who = if side == Side::Client { "clients speak" } else { "the service speaks" };
            let what = format!("{who} one protocol, and {other_name} in line {} is another", other.at.line);
            problems.add(item.at, &item.path, Refusal::new(what, format!("keep {other_name} or {called}")));
        } else if side == Side::Client && i > 0 {
            let what = format!("{called} is what clients speak, so that it comes first");
            problems.add(item.at, &item.path, Refusal::new(what, "make it the first item"));
        } else if side == Side::Service && i + 1 < items.len() {
            let what = format!("{called} is what the service speaks, so that it comes last");
            problems.add(item.at, &item.path, Refusal::new(what, "make it the last item"));
        } else if side == Side::Both && items.len() > 1 {
            let what = "grpc_web leaves messages as they are, so that nothing else can be done to them";
            problems.add(item.at, &item.path, Refusal::new(what, "make it the only item"));
        }
        before.push((item, side));
    }
}

/// gRPC is spoken over HTTP/2 alone.
fn speaks_http2(root: Section<'_>, route: Section<'_>, item: &Item, problems: &mut Problems) {
    let alone = route.item("to").and_then(Item::text);
    let of_list = route.section("to").items().iter().filter_map(|to| to.section().item("service")?.text());
    for service in alone.into_iter().chain(of_list) {
        let Some(entry) = root.section("services").entry(service) else { continue };
        let protocol: Option<String> = Section(entry.item.as_ref()).get("protocol");
        if entry.item.is_some() && protocol.as_deref() != Some("h2c") {
            let what = format!("gRPC is spoken over HTTP/2, and {} is not", entry.path);
            let help = format!("give {}.protocol: h2c", entry.path);
            problems.add(item.at, &item.path, Refusal::new(what, help));
        }
    }
}
