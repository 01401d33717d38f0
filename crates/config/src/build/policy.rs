//! What is done to a route's requests and answers beside passing them on.

use std::path::Path;

use naru_model::access_log::Log;
use naru_model::platform::Match;
use naru_model::policy::{Cache, Change, Cors, Fallback, Mask, PathChange, Policy, Sunset, Validate};

use super::{absolute, auth, convert, limit, pattern};
use crate::item::{Entry, Item, Section};

pub(super) fn policy(at: Section<'_>, matches: &Match, folder: &Path) -> Policy {
    Policy {
        cors: at.item("cors").map(|item| cors(item.section())),
        auth: auth::auth(at),
        limits: limit::limits(at),
        priority: limit::priority(at),
        body: at.get("body"),
        sunset: at.item("sunset").map(|item| sunset(item.section())),
        validate: at.item("validate").map(|item| validate(item, folder)),
        request: change(at.section("request")),
        path: path(at, matches),
        convert: convert::conversions(at.section("convert"), folder),
        cache: at.entry("cache").and_then(cache),
        pattern: pattern::pattern(at),
        response: change(at.section("response")),
        compress: at.get("compress").unwrap_or(false),
        mask: at.section("mask").items().iter().filter_map(mask).collect(),
        log: at.section("log").get("one_in").map(|one_in| Log { one_in }),
        fallback: fallback(at),
        problems: at.get("problems").unwrap_or(false),
    }
}

fn cors(at: Section<'_>) -> Cors {
    let lower = |names: Vec<String>| names.into_iter().map(|name| name.to_ascii_lowercase()).collect();
    Cors {
        origins: at.texts("origins"),
        methods: at.texts("methods"),
        headers: lower(at.texts("headers")),
        expose: lower(at.texts("expose")),
        credentials: at.get("credentials").unwrap_or(false),
        max_age: at.get("max_age").unwrap_or(Cors::MAX_AGE),
    }
}

fn sunset(at: Section<'_>) -> Sunset {
    Sunset { deprecated: at.get("deprecated"), gone: at.get("gone"), link: at.get("link") }
}

/// The path of the document alone, or a group with it.
fn validate(item: &Item, folder: &Path) -> Validate {
    let at = item.section();
    let openapi = item.text().map(str::to_owned).or_else(|| at.get("openapi")).unwrap_or_default();
    Validate {
        openapi: absolute(folder, &openapi),
        requests: at.get("requests").unwrap_or(true),
        responses: at.get("responses").unwrap_or(false),
    }
}

pub(super) fn change(at: Section<'_>) -> Change {
    let lower = |name: String| name.to_ascii_lowercase();
    let query = at.section("query");
    Change {
        set: at.pairs("set").into_iter().map(|(name, value)| (lower(name), value)).collect(),
        remove: at.texts("remove").into_iter().map(lower).collect(),
        rename: at.pairs("rename").into_iter().map(|(from, to)| (lower(from), lower(to))).collect(),
        set_query: query.pairs("set"),
        remove_query: query.texts("remove"),
        rename_query: query.pairs("rename"),
    }
}

/// Where a path goes; it comes as the route matches it unless the file says otherwise.
pub(crate) fn path(at: Section<'_>, matches: &Match) -> Option<PathChange> {
    let item = at.item("path")?;
    let as_matched = || matches.path.clone().unwrap_or_else(|| "/**".to_owned());
    Some(match item.text() {
        Some(to) => PathChange { from: as_matched(), to: to.to_owned() },
        None => {
            let at = item.section();
            PathChange {
                from: at.get("from").unwrap_or_else(as_matched),
                to: at.get("to").unwrap_or_default(),
            }
        }
    })
}

pub(crate) fn cache(entry: &Entry) -> Option<Cache> {
    let at = entry.item.as_ref()?.section();
    let d = Cache::default();
    Some(Cache {
        ttl: at.get("ttl").unwrap_or(d.ttl),
        stale_if_error: at.get("stale_if_error").unwrap_or(d.stale_if_error),
        largest: at.get("largest").unwrap_or(d.largest),
        most: at.get("most").unwrap_or(d.most),
    })
}

fn mask(item: &Item) -> Option<Mask> {
    Some(match item.text()? {
        "resident_number" => Mask::ResidentNumber,
        "card" => Mask::Card,
        "phone" => Mask::Phone,
        "account" => Mask::Account,
        "email" => Mask::Email,
        pattern => Mask::Pattern(pattern.strip_prefix('/')?.strip_suffix('/')?.to_owned()),
    })
}

pub(crate) fn fallback(at: Section<'_>) -> Option<Fallback> {
    let at = at.item("fallback")?.section();
    Some(Fallback {
        status: at.get("status").unwrap_or(Fallback::STATUS),
        content_type: at.get("content_type").unwrap_or_else(|| Fallback::CONTENT_TYPE.to_owned()),
        body: at.get("body").unwrap_or_default(),
    })
}
