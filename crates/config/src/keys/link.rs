//! The keys of a link below `links`: an outside system, and how far its troubles may reach.

use naru_model::platform::Link;
use serde_json::json;

use super::{count, limit, policy, retries, some_time, text};
use crate::format;
use crate::shape::{Default, Effect, Key, Kind};

pub(super) fn keys() -> Vec<Key> {
    let mut keys = vec![
        Key::new(
            "url",
            text(format::LINK_URL),
            Default::Required,
            "Where it is; a path in it stands before that of each request.",
        ),
        Key::new(
            "port",
            Kind::Whole { least: 1, most: 65_535 },
            "by name alone",
            "A port of 127.0.0.1 that leads there, for programs that can't be told to use a proxy.",
        )
        .causes(Effect::Listeners),
        Key::new(
            "timeout",
            some_time(),
            Link::TIMEOUT,
            "From a request's first byte to its response's last; longer is answered 504, or cut.",
        ),
    ];
    keys.extend(traffic());
    keys.extend([
        Key::new("limits", limit::of_link(), "none", "How much may be asked of it by all services together."),
        policy::request(),
        policy::cache(),
        policy::response(),
        policy::fallback(),
    ]);
    keys
}

fn traffic() -> Vec<Key> {
    let d = Link::default_traffic();
    let mut keys = vec![
        Key::new("concurrency", count(1), json!(d.concurrency), "Requests in flight to it."),
        Key::new("queue", count(0), json!(d.queue), "Requests that wait for a place; more are answered 503."),
        Key::new(
            "queue_timeout",
            some_time(),
            d.queue_timeout,
            "How long one waits there; longer is answered 503.",
        ),
        Key::new("connect_timeout", some_time(), d.connect_timeout, "How long connecting to it may take."),
        Key::new(
            "first_byte_timeout",
            some_time(),
            d.first_byte_timeout,
            "From the whole request sent to the head of its response; longer is answered 504.",
        ),
        Key::new("idle_timeout", some_time(), d.idle_timeout, "How long nothing may move on a response."),
    ];
    keys.extend(retries(&d));
    keys.extend([
        Key::new(
            "break_after",
            count(1),
            json!(d.eject_after),
            "Failures in a row before requests are refused at once for a while.",
        ),
        Key::new(
            "break_for",
            some_time(),
            d.eject_for,
            "The while; it doubles at each repetition, up to ten times as long.",
        ),
    ]);
    keys
}
