//! The keys that pair calls and answers in another way than one by one, and those of brokers.

use std::time::Duration;

use naru_model::policy::{Await, Consumer, Job};
use serde_json::json;

use super::{list, one_or_more, some_time, text};
use crate::format;
use crate::shape::{Default, Effect, Key, Kind};

/// At most one of them stands in a route.
pub(super) fn keys() -> Vec<Key> {
    vec![
        Key::new(
            "job",
            Kind::Keys(job()),
            "the caller waits",
            "Answers 202 with the address of a status at once; naru calls the service behind, and keeps what it answers. `{}`: with all defaults.",
        ),
        Key::new(
            "await",
            Kind::Keys(wait()),
            "a 202 goes to the caller",
            "When the service answers 202, naru waits for its result and answers with it.",
        ),
        Key::new(
            "publish",
            Kind::Keys(publish()),
            "the service is called",
            "Gives the body to a broker, and confirms when the broker has it. `to` names the service that it is meant for.",
        ),
    ]
}

fn job() -> Vec<Key> {
    let d = Job::default();
    vec![
        Key::new(
            "on_request",
            Kind::Flag,
            json!(d.on_request),
            "Whether only calls with `Prefer: respond-async` become jobs.",
        ),
        Key::new("time_limit", some_time(), d.time_limit, "Over all attempts; what takes longer has failed."),
        Key::new(
            "attempts",
            Kind::Whole { least: 1, most: 100 },
            json!(d.attempts),
            "How often the service is called at most; then it goes to the dead letters.",
        ),
        Key::new(
            "keep",
            Kind::Duration { least: Duration::from_secs(1) },
            d.keep,
            "How long its result is kept.",
        ),
        Key::new(
            "callback_secret",
            text(format::VARIABLE),
            "callbacks are not signed",
            "The environment variable of naru that holds the secret callbacks are signed with.",
        ),
        Key::new(
            "callback_hosts",
            one_or_more(text(format::CALLBACK_HOST)),
            "callbacks are refused",
            "Where callbacks may go: hosts, or `*.example.go.kr`.",
        ),
        Key::new(
            "concurrency",
            Kind::Whole { least: 1, most: 100_000 },
            json!(d.concurrency),
            "Calls under way at once.",
        ),
    ]
}

fn wait() -> Vec<Key> {
    vec![
        Key::new(
            "poll",
            Kind::Duration { least: Duration::from_millis(10) },
            "`1s`, or never with `callback_header`",
            "How often the `Location` of the 202 is asked for the result.",
        ),
        Key::new(
            "callback_header",
            text(format::FIELD),
            "the result is asked for",
            "The header field in which naru tells the service where to send the result.",
        ),
        Key::new(
            "timeout",
            some_time(),
            Await::TIMEOUT,
            "How long the caller waits; longer is answered 504.",
        ),
    ]
}

fn publish() -> Vec<Key> {
    vec![
        Key::new("broker", text(format::BROKER_REFERENCE), Default::Required, "A name below `brokers`."),
        Key::new(
            "subject",
            text(format::SUBJECT_NAME),
            Default::Required,
            "JetStream's subject, or AMQP's routing key.",
        ),
        Key::new("exchange", text(format::VALUE), "the default one", "AMQP's exchange."),
    ]
}

pub(super) fn broker() -> Vec<Key> {
    vec![
        Key::new(
            "url",
            text(format::BROKER_URL),
            Default::Required,
            "NATS with JetStream (`nats://`), or AMQP 0-9-1 (`amqp://`), which RabbitMQ speaks.",
        )
        .secret(),
    ]
}

pub(super) fn consumer() -> Vec<Key> {
    vec![
        Key::new("broker", text(format::BROKER_REFERENCE), Default::Required, "A name below `brokers`."),
        Key::new(
            "queue",
            text(format::SUBJECT_NAME),
            Default::Required,
            "JetStream's stream, or AMQP's queue.",
        ),
        Key::new(
            "subject",
            text(format::SUBJECT_NAME),
            "all of the stream",
            "JetStream's filter: `orders.*`, `orders.>`.",
        ),
        Key::new(
            "to",
            text(format::CALL),
            Default::Required,
            "The method and path that each message's body is sent with, by the routes.",
        ),
        Key::new(
            "attempts",
            Kind::Whole { least: 1, most: 1000 },
            json!(Consumer::ATTEMPTS),
            "How often a message is delivered at most; then it goes to the dead letters.",
        ),
        Key::new(
            "concurrency",
            Kind::Whole { least: 1, most: 100_000 },
            json!(Consumer::CONCURRENCY),
            "Messages under way at once.",
        ),
    ]
}

/// `brokers` and `consumers`, at the top of the file.
pub(super) fn at_top() -> [Key; 2] {
    [
        Key::new("brokers", Kind::Names { name: format::BROKER, least: 0, of: Box::new(Kind::Keys(broker())) }, "none", "Brokers that routes publish to and consumers take from, each under its name.")
            .causes(Effect::Nothing),
        Key::new("consumers", list(0, Kind::Keys(consumer())), "none", "Which messages of brokers are sent to which route; a message is acknowledged when the route has answered it well.")
            .causes(Effect::Nothing),
    ]
}
