//! Outside systems: what stands below `links`.

use std::collections::BTreeMap;

use naru_model::name::LinkName;
use naru_model::platform::{Link, Traffic};
use naru_model::policy::Policy;

use super::{bounds, limit, named, policy};
use crate::item::{Entry, Section};

pub(super) fn links(root: Section<'_>) -> BTreeMap<LinkName, Link> {
    named(root.section("links"), link)
}

fn link(entry: &Entry) -> Link {
    let at = Section(entry.item.as_ref());
    Link {
        url: at.get("url").unwrap_or_default(),
        port: at.get("port"),
        timeout: at.get("timeout").unwrap_or(Link::TIMEOUT),
        traffic: traffic(at),
        policy: Policy {
            limits: limit::limits(at),
            request: policy::change(at.section("request")),
            cache: at.entry("cache").and_then(policy::cache),
            response: policy::change(at.section("response")),
            fallback: policy::fallback(at),
            ..Policy::default()
        },
    }
}

fn traffic(at: Section<'_>) -> Traffic {
    let d = bounds(at, Link::default_traffic());
    Traffic {
        eject_after: at.get("break_after").unwrap_or(d.eject_after),
        eject_for: at.get("break_for").unwrap_or(d.eject_for),
        ..d
    }
}
