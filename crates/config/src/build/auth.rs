//! Who may: what stands below `auth` of a route.

use std::collections::BTreeMap;
use std::time::Duration;

use naru_model::policy::{Auth, Deny, Proof};
use naru_model::scaling::Schedule;

use super::networks;
use crate::item::{Entry, Item, Section, Take};

/// The terms of a route. `anyone` is none at all, which is not the same as no `auth`: that is as `access.default` says.
pub(super) fn auth(route: Section<'_>) -> Option<Auth> {
    let item = route.item("auth")?;
    let at = item.section();
    let own = |entry: &Entry| (entry.name.clone(), terms(Section(entry.item.as_ref())));
    Some(Auth { methods: at.section("methods").entries().iter().map(own).collect(), ..terms(at) })
}

fn terms(at: Section<'_>) -> Auth {
    let deny = at.section("deny");
    Auth {
        any_of: at.section("any_of").items().iter().filter_map(proof).collect(),
        scopes: at.texts("scopes"),
        clients: at.parsed_list("clients"),
        groups: at.texts("groups"),
        claims: claims(at),
        networks: networks(at, "networks"),
        times: at.section("times").items().iter().filter_map(time).collect(),
        methods: BTreeMap::new(),
        deny: Deny {
            clients: deny.parsed_list("clients"),
            groups: deny.texts("groups"),
            networks: networks(deny, "networks"),
        },
    }
}

fn proof(item: &Item) -> Option<Proof> {
    match item.text()? {
        "api_key" => Some(Proof::ApiKey),
        "jwt" => Some(Proof::Jwt),
        "mtls" => Some(Proof::Mtls),
        _ => None,
    }
}

fn claims(at: Section<'_>) -> BTreeMap<String, Vec<String>> {
    let values = |entry: &Entry| {
        let items = Section(entry.item.as_ref()).items().iter();
        items.filter_map(|item| String::take(&item.value)).collect()
    };
    at.section("claims").entries().iter().map(|entry| (entry.name.clone(), values(entry))).collect()
}

/// A schedule that adds nothing: it only says when.
fn time(item: &Item) -> Option<Schedule> {
    let at = item.section();
    let fields: String = at.get("at")?;
    Some(Schedule {
        at: fields.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
        zone: at.get("zone"),
        lasts: at.get::<Duration>("for")?,
        add: 0,
    })
}
