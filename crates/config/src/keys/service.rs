//! The keys below `services.<name>`.

use std::time::Duration;

use naru_model::platform::{Health, Metrics, Rollout, Service, Traffic};
use naru_model::units::{Bytes, Percent};
use serde_json::json;

use super::scale::{self, MAX_INSTANCES};
use super::{any_time, count, limit, list, retries, some_time, text};
use crate::format;
use crate::shape::{Default, Effect, Key, Kind};

pub(super) fn keys() -> Vec<Key> {
    vec![
        Key::new("exec", list(1, text(format::ARGUMENT)), Default::Required, "The command and its arguments. No shell reads it; for one, write `[\"sh\", \"-c\", \"...\"]`.")
            .causes(Effect::NewRevision),
        Key::new("artifact", text(format::FILE), "none", "A file or folder that each revision keeps its own copy of, so that going back really goes back. From the folder of naru.yaml; instances find it under its own name where they start.")
            .causes(Effect::NewRevision),
        Key::new(
            "env",
            Kind::Names { name: format::VARIABLE, least: 0, of: Box::new(text(format::VALUE)) },
            "none",
            "Environment variables, besides `PORT`, `HOST` and `NARU_*`, which naru sets.",
        )
        .secret()
        .causes(Effect::NewRevision),
        Key::new("port", Kind::Whole { least: 1, most: 65_535 }, "naru picks one for each instance and passes it as `PORT`", "The port it listens on. A fixed one allows one instance only.")
            .causes(Effect::NewRevision),
        Key::new("protocol", Kind::Choice(&["http1", "h2c"]), json!("http1"), "How the gateway speaks to it: HTTP/1.1, or HTTP/2 without TLS, which gRPC servers speak.")
            .causes(Effect::NewRevision),
        Key::new("instance", Kind::Keys(instance()), "as its keys say", "What one instance reserves of the pool.").causes(Effect::NewRevision),
        Key::new("health", Kind::Keys(health()), "as its keys say", "How the gateway finds out whether an instance can serve.").causes(Effect::Routing),
        Key::new("drain", any_time(), Service::DRAIN, "How long requests in flight may take to end once an instance is told to go.").causes(Effect::Nothing),
        Key::new("scale", Kind::Keys(scale::keys()), "as its keys say", "How many instances there are.").causes(Effect::Scaling),
        Key::new("rollout", Kind::Keys(rollout()), "as its keys say", "How a new revision takes the place of the old one.").causes(Effect::Nothing),
        Key::new("traffic", Kind::Keys(traffic()), "as its keys say", "How requests to it are spread, held, repeated and given up. Each bound is the service's own, so that a slow one can't take what another needs.")
            .causes(Effect::Routing),
        Key::new("telemetry", Kind::Choice(&["on", "off"]), json!(if Service::TELEMETRY { "on" } else { "off" }), "Whether its instances are given, in their environment, what an OpenTelemetry SDK needs to send here, and the Java agent where there is one. What `env` says wins. It holds for instances that are started from then on.")
            .causes(Effect::Nothing),
        Key::new("metrics", Kind::Keys(metrics()), "none", "Metrics that its instances show to Prometheus, in its text format or OpenMetrics. Each instance is asked by itself. `metrics: {}` asks for `/metrics`.")
            .causes(Effect::Nothing),
    ]
}

fn metrics() -> Vec<Key> {
    let d = Metrics::default();
    vec![
        Key::new("path", text(format::TARGET), json!(d.path), "Asked with GET, over HTTP/1.1."),
        Key::new(
            "port",
            Kind::Whole { least: 1, most: 65_535 },
            "the instance's own",
            "A port of its own for metrics. It allows one instance only.",
        ),
        Key::new(
            "every",
            Kind::Duration { least: Duration::from_secs(1) },
            d.every,
            "Time between two questions. Series have a value for each ten seconds.",
        ),
    ]
}

fn instance() -> Vec<Key> {
    vec![
        Key::new(
            "cpu",
            Kind::Cpu,
            "nothing reserved",
            "Processor one instance is sure to get. It may use more while nobody else wants it.",
        ),
        Key::new(
            "memory",
            Kind::Bytes { least: Bytes(1 << 20) },
            "nothing reserved, no ceiling",
            "Memory one instance is sure to get. It can't use more.",
        ),
    ]
}

fn health() -> Vec<Key> {
    let d = Health::default();
    vec![
        Key::new(
            "path",
            text(format::TARGET),
            "a TCP connection that is accepted is healthy",
            "Asked with GET; 200 to 399 is healthy.",
        ),
        Key::new(
            "every",
            some_time(),
            d.every,
            "Time between two checks. While an instance starts, it is asked more often.",
        ),
        Key::new("timeout", some_time(), d.timeout, "A check that takes longer has failed."),
        Key::new(
            "ready_after",
            count(1),
            json!(d.ready_after),
            "Checks passed in a row before an instance gets requests.",
        ),
        Key::new(
            "dead_after",
            count(1),
            json!(d.dead_after),
            "Checks failed in a row before an instance is replaced.",
        ),
        Key::new(
            "start_timeout",
            some_time(),
            d.start_timeout,
            "How long an instance may take to become healthy before its start has failed.",
        ),
    ]
}

fn rollout() -> Vec<Key> {
    let d = Rollout::default();
    vec![
        Key::new(
            "surge",
            Kind::Whole { least: 1, most: MAX_INSTANCES },
            json!(d.surge),
            "New instances that may be added before old ones are removed.",
        ),
        Key::new(
            "hold",
            any_time(),
            d.hold,
            "How long the new revision is watched after its last instance is ready; within it naru goes back by itself.",
        ),
        Key::new(
            "max_errors",
            Kind::Percent { least: Percent::default() },
            d.max_errors,
            "How much larger than the old revision's its error rate may be.",
        ),
    ]
}

fn traffic() -> Vec<Key> {
    let d = Traffic::default();
    let mut keys = vec![
        Key::new(
            "concurrency",
            count(1),
            json!(d.concurrency),
            "Requests in flight to all instances together.",
        ),
        Key::new(
            "per_instance",
            count(1),
            "no bound",
            "Requests in flight to one instance; what is over it waits for a place or for another instance, so that a surge is not stuck with the first ones.",
        ),
        Key::new(
            "queue",
            count(0),
            json!(d.queue),
            "Requests that wait for a place, or for a first ready instance; more are answered 503.",
        ),
        Key::new(
            "queue_timeout",
            some_time(),
            d.queue_timeout,
            "How long one waits there; longer is answered 503.",
        ),
        Key::new(
            "connect_timeout",
            some_time(),
            d.connect_timeout,
            "How long connecting to an instance may take.",
        ),
        Key::new(
            "first_byte_timeout",
            some_time(),
            d.first_byte_timeout,
            "From the whole request sent to the head of the response; longer is answered 504.",
        ),
        Key::new(
            "idle_timeout",
            some_time(),
            d.idle_timeout,
            "How long nothing may move on a response or an upgraded connection.",
        ),
    ];
    keys.extend(retries(&d));
    keys.extend([
        Key::new(
            "eject_after",
            count(1),
            json!(d.eject_after),
            "Failures in a row before an instance gets no requests for a while.",
        ),
        Key::new(
            "eject_for",
            some_time(),
            d.eject_for,
            "The while; it doubles at each repetition, up to ten times as long.",
        ),
        Key::new(
            "eject_at_most",
            Kind::Percent { least: Percent::default() },
            d.eject_at_most,
            "How many of the instances may be ejected at once; the last one never is.",
        ),
        Key::new(
            "adaptive",
            Kind::Flag,
            json!(d.adaptive),
            "Whether what is let in follows from how long requests take; `concurrency` is then the most it may be.",
        ),
        Key::new("limits", limit::limits(), "none", "How much all calls to the service together may be."),
    ]);
    keys
}
