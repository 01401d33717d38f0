//! The keys below `alerts`: what is watched, and when nobody is told.

use naru_model::alert::Alerts;
use serde_json::json;

use super::{list, names, one_or_more, scale, text};
use crate::format;
use crate::shape::{Default, Key, Kind};

/// Of alerts, from the least.
pub(super) const SEVERITIES: &[&str] = &["warning", "critical"];

pub(super) fn keys() -> Vec<Key> {
    vec![
        Key::new(
            "defaults",
            Kind::Flag,
            json!(Alerts::default().defaults),
            "Whether the items that naru comes with are watched; `naru alerts items` lists them.",
        ),
        Key::new(
            "items",
            names(format::ALERT_ITEM, Kind::Keys(item())),
            "none",
            "What is watched, each under its name. One named as an item of naru's takes its place. More can be registered in the console and by the API.",
        ),
        Key::new(
            "maintenance",
            list(0, Kind::Keys(maintenance())),
            "none",
            "Times in which nobody is told; alerts are kept all the same.",
        ),
    ]
}

fn item() -> Vec<Key> {
    vec![
        Key::new(
            "of",
            text(format::WATCHED),
            Default::Required,
            "`host`, `platform`, or one of `service:NAME`, `function:NAME`, `instance:ID`, `link:NAME`, `outside:NAME`; with `*` for its name: each one by itself.",
        ),
        Key::new(
            "when",
            text(format::ALERT_CONDITION),
            Default::Required,
            "`FIGURE > VALUE for TIME` (or `<`; `10s` to `1d`), `FIGURE will reach VALUE within TIME` (or `will fall to`; `5m` to `4h`), `FIGURE anomalous`. A figure is one of docs/guides/alerts.md, or the name of a metric.",
        ),
        severity("How bad it is; what is critical is escalated."),
        Key::new(
            "notify",
            one_or_more(text(format::CHANNEL_REFERENCE)),
            "all channels",
            "Channels of `notices` that are told.",
        ),
    ]
}

pub(super) fn severity(doc: &'static str) -> Key {
    Key::new("severity", Kind::Choice(SEVERITIES), json!("warning"), doc)
}

fn maintenance() -> Vec<Key> {
    let [at, lasts, _] = scale::when();
    let of =
        Key::new("of", text(format::COVERED), "everything", "What it covers; a service with its instances.");
    vec![at, lasts, of]
}
