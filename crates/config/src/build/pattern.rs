//! How calls and answers are paired, and the brokers that messages go through.

use std::collections::BTreeMap;

use naru_model::policy::{Await, Broker, Consumer, Job, Pattern, Publish};

use super::named;
use crate::item::{Item, Section};

pub(super) fn pattern(at: Section<'_>) -> Option<Pattern> {
    let job = at.item("job").map(|item| Pattern::Job(job(item.section())));
    let wait = || at.item("await").map(|item| Pattern::Await(wait(item.section())));
    let publish = || at.item("publish").map(|item| Pattern::Publish(publish(item.section())));
    job.or_else(wait).or_else(publish)
}

fn job(at: Section<'_>) -> Job {
    let d = Job::default();
    Job {
        on_request: at.get("on_request").unwrap_or(d.on_request),
        time_limit: at.get("time_limit").unwrap_or(d.time_limit),
        attempts: at.get("attempts").unwrap_or(d.attempts),
        keep: at.get("keep").unwrap_or(d.keep),
        callback_secret: at.get("callback_secret"),
        callback_hosts: at.texts("callback_hosts").iter().map(|host| host.to_ascii_lowercase()).collect(),
        concurrency: at.get("concurrency").unwrap_or(d.concurrency),
    }
}

/// Where the service is not told to call back, it is asked.
fn wait(at: Section<'_>) -> Await {
    let callback_header = at.get::<String>("callback_header").map(|name| name.to_ascii_lowercase());
    let poll = at.get("poll").or(callback_header.is_none().then_some(Await::POLL));
    Await { poll, callback_header, timeout: at.get("timeout").unwrap_or(Await::TIMEOUT) }
}

fn publish(at: Section<'_>) -> Publish {
    Publish {
        broker: at.get("broker").unwrap_or_default(),
        subject: at.get("subject").unwrap_or_default(),
        exchange: at.get("exchange").unwrap_or_default(),
    }
}

pub(super) fn brokers(root: Section<'_>) -> BTreeMap<String, Broker> {
    named(root.section("brokers"), |entry| {
        let at = Section(entry.item.as_ref());
        Broker { url: at.get("url").unwrap_or_default() }
    })
}

pub(super) fn consumers(root: Section<'_>) -> Vec<Consumer> {
    root.section("consumers").items().iter().map(consumer).collect()
}

fn consumer(item: &Item) -> Consumer {
    let at = item.section();
    let to: String = at.get("to").unwrap_or_default();
    let (method, path) = to.split_once(' ').unwrap_or(("POST", &to));
    Consumer {
        broker: at.get("broker").unwrap_or_default(),
        queue: at.get("queue").unwrap_or_default(),
        subject: at.get("subject"),
        method: method.to_owned(),
        path: path.to_owned(),
        attempts: at.get("attempts").unwrap_or(Consumer::ATTEMPTS),
        concurrency: at.get("concurrency").unwrap_or(Consumer::CONCURRENCY),
    }
}
