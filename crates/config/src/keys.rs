//! Every key of naru.yaml, once: what it takes, what holds without it, what it means, what a change of it causes.
//!
//! Reading, suggestions, the JSON Schema, the reference and the difference of two platforms all come from this table.
//! Defaults are taken from `model`, where they stand beside their fields.

mod access;
mod alert;
mod auth;
mod convert;
mod gateway;
mod limit;
mod link;
mod notice;
mod pattern;
mod policy;
mod report;
mod route;
mod scale;
mod service;
mod telemetry;

use std::time::Duration;

use naru_model::platform::Traffic;
use naru_model::units::{Bytes, Percent};
use serde_json::json;

use crate::format;
use crate::shape::{Default, Effect, Key, Kind, Text};

/// Returns the keys of the whole file.
pub(crate) fn all() -> Vec<Key> {
    let [brokers, consumers] = pattern::at_top();
    vec![
        Key::new("platform", Kind::Text(format::PLATFORM), "the folder's name", "What the platform is called, in status, events and metrics.")
            .causes(Effect::Nothing),
        Key::new("pool", Kind::Keys(pool()), "the machine", "What all instances together may reserve.").causes(Effect::Nothing),
        Key::new("gateway", Kind::Keys(gateway::keys()), "as its keys say", "Where the gateway listens, and what it takes from strangers.")
            .causes(Effect::Routing),
        Key::new(
            "services",
            Kind::Names { name: format::SERVICE, least: 1, of: Box::new(Kind::Keys(service::keys())) },
            Default::Required,
            "The programs that naru runs, each under its name. One without a route gets no requests from outside.",
        ),
        Key::new("routes", Kind::List { least: 0, of: Box::new(Kind::Keys(route::keys())) }, "none", "Which requests go where. The most specific route wins, wherever it stands in the list; two that could claim the same request equally are refused.")
            .causes(Effect::Routing),
        Key::new(
            "functions",
            Kind::Names { name: format::FUNCTION, least: 0, of: Box::new(Kind::Keys(route::function())) },
            "none",
            "Business functions (업무): what routes are for, as their owners and users call it.",
        )
        .causes(Effect::Routing),
        Key::new("access", Kind::Keys(access::access()), "as its keys say", "What proves who calls, and what holds for routes that do not say.")
            .causes(Effect::Routing),
        Key::new(
            "clients",
            Kind::Names { name: format::CLIENT, least: 0, of: Box::new(Kind::Keys(access::client())) },
            "none",
            "The programs that call, each under its name. More can be registered in the console and by the API.",
        )
        .causes(Effect::Routing),
        Key::new(
            "links",
            Kind::Names { name: format::LINK, least: 0, of: Box::new(Kind::Keys(link::keys())) },
            "none",
            "Outside systems that services reach through naru, as `http://NAME.link.naru/` by `HTTP_PROXY`, or by a port of this machine.",
        )
        .causes(Effect::Routing),
        brokers,
        consumers,
        Key::new("telemetry", Kind::Keys(telemetry::keys()), "as its keys say", "Where OpenTelemetry is taken in, and how long what was seen is kept, in the state folder.")
            .causes(Effect::Nothing),
        Key::new("alerts", Kind::Keys(alert::keys()), "as its keys say", "What is watched besides what naru watches anyway.")
            .causes(Effect::Nothing),
        Key::new("notices", Kind::Keys(notice::keys()), "nobody is told", "Whom naru tells of alerts, and how.")
            .causes(Effect::Nothing),
        Key::new("reports", Kind::Keys(report::keys()), "as its keys say", "What was promised, and who gets the reports of each day, week and month that say what became of it.")
            .causes(Effect::Nothing),
    ]
}

fn pool() -> Vec<Key> {
    vec![
        Key::new("cpu", Kind::Cpu, "the machine's cores", "Processor that instances together may reserve."),
        Key::new(
            "memory",
            Kind::Bytes { least: Bytes(1 << 20) },
            "the machine's memory",
            "Memory that instances together may reserve.",
        ),
    ]
}

/// How requests to a service and to a link are repeated.
fn retries(d: &Traffic) -> [Key; 2] {
    [
        Key::new(
            "attempts",
            Kind::Whole { least: 1, most: 100 },
            json!(d.attempts),
            "How often a request is sent at most. Again only when nothing was sent or the method is idempotent.",
        ),
        Key::new(
            "retry_budget",
            Kind::Percent { least: Percent::default() },
            d.retry_budget,
            "Retries as a share of the requests of the last ten seconds; ten are always allowed.",
        ),
    ]
}

fn text(text: Text) -> Kind {
    Kind::Text(text)
}

fn list(least: usize, of: Kind) -> Kind {
    Kind::List { least, of: Box::new(of) }
}

/// One or a list, not an empty one.
fn one_or_more(of: Kind) -> Kind {
    Kind::OneOrMore { least: 1, of: Box::new(of) }
}

fn names(name: Text, of: Kind) -> Kind {
    Kind::Names { name, least: 1, of: Box::new(of) }
}

fn count(least: i64) -> Kind {
    Kind::Whole { least, most: i64::from(u32::MAX) }
}

/// A duration that may not be zero.
fn some_time() -> Kind {
    Kind::Duration { least: Duration::from_millis(1) }
}

/// A duration that may be `0s`.
fn any_time() -> Kind {
    Kind::Duration { least: Duration::ZERO }
}
