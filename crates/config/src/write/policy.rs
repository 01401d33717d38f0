//! What is done to a route's requests and answers, as the file says it.

use naru_model::policy::{
    Await, Cache, Change, Consumer, Cors, Fallback, Job, Mask, Pattern, Policy, Publish, Sunset, Validate,
};
use naru_model::units::format_duration;
use serde_json::{Map, Value, json};

use super::{convert, limit, some};
use crate::scalar;

/// Returns the keys that a route has besides where it leads.
pub(super) fn policy(of: &Policy) -> Value {
    let body = of.body.map(|body| body.to_string());
    let pattern =
        |name: &str| of.pattern.as_ref().map(pattern).filter(|(of, _)| *of == name).map(|(_, of)| of);
    json!({
        "auth": of.auth.as_ref().map(limit::auth),
        "limits": limit::limits(&of.limits),
        "priority": of.priority.map(limit::priority),
        "cors": of.cors.as_ref().map(cors),
        "body": body,
        "sunset": of.sunset.as_ref().map(sunset),
        "validate": of.validate.as_ref().map(validate),
        "request": change(&of.request),
        "path": of.path.as_ref().map(|path| json!({ "from": path.from, "to": path.to })),
        "convert": some(&of.convert.iter().map(convert::conversion).collect::<Vec<_>>()),
        "cache": of.cache.as_ref().map(cache),
        "job": pattern("job"),
        "await": pattern("await"),
        "publish": pattern("publish"),
        "response": change(&of.response),
        "compress": of.compress,
        "mask": some(&of.mask.iter().map(mask).collect::<Vec<_>>()),
        "log": of.log.map(|log| json!({ "one_in": log.one_in })),
        "fallback": of.fallback.as_ref().map(fallback),
        "problems": of.problems,
    })
}

fn cors(of: &Cors) -> Value {
    json!({
        "origins": of.origins,
        "methods": some(&of.methods),
        "headers": some(&of.headers),
        "expose": some(&of.expose),
        "credentials": of.credentials,
        "max_age": format_duration(of.max_age),
    })
}

fn sunset(of: &Sunset) -> Value {
    let time = |time| scalar::format_time(time);
    json!({ "deprecated": of.deprecated.map(time), "gone": of.gone.map(time), "link": of.link })
}

fn validate(of: &Validate) -> Value {
    json!({ "openapi": of.openapi, "requests": of.requests, "responses": of.responses })
}

pub(super) fn change(of: &Change) -> Value {
    let query = group(&of.set_query, &of.remove_query, &of.rename_query);
    let mut value = group(&of.set, &of.remove, &of.rename);
    if !query.is_null() {
        if value.is_null() {
            value = json!({});
        }
        value["query"] = query;
    }
    value
}

fn group(set: &[(String, String)], remove: &[String], rename: &[(String, String)]) -> Value {
    if set.is_empty() && remove.is_empty() && rename.is_empty() {
        return Value::Null;
    }
    json!({ "set": pairs(set), "remove": some(remove), "rename": pairs(rename) })
}

/// A group of names and what each stands for; `null` when it is empty.
pub(super) fn pairs(of: &[(String, String)]) -> Value {
    let map: Map<String, Value> = of.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    if map.is_empty() { Value::Null } else { Value::Object(map) }
}

pub(super) fn cache(of: &Cache) -> Value {
    json!({
        "ttl": format_duration(of.ttl),
        "stale_if_error": format_duration(of.stale_if_error),
        "largest": of.largest.to_string(),
        "most": of.most.to_string(),
    })
}

fn pattern(of: &Pattern) -> (&'static str, Value) {
    match of {
        Pattern::Job(of) => ("job", job(of)),
        Pattern::Await(of) => ("await", wait(of)),
        Pattern::Publish(of) => ("publish", publish(of)),
    }
}

fn job(of: &Job) -> Value {
    json!({
        "on_request": of.on_request,
        "time_limit": format_duration(of.time_limit),
        "attempts": of.attempts,
        "keep": format_duration(of.keep),
        "callback_secret": of.callback_secret,
        "callback_hosts": some(&of.callback_hosts),
        "concurrency": of.concurrency,
    })
}

fn wait(of: &Await) -> Value {
    json!({
        "poll": of.poll.map(format_duration),
        "callback_header": of.callback_header,
        "timeout": format_duration(of.timeout),
    })
}

fn publish(of: &Publish) -> Value {
    json!({
        "broker": of.broker,
        "subject": of.subject,
        "exchange": if of.exchange.is_empty() { None } else { Some(&of.exchange) },
    })
}

pub(super) fn consumer(of: &Consumer) -> Value {
    json!({
        "broker": of.broker,
        "queue": of.queue,
        "subject": of.subject,
        "to": format!("{} {}", of.method, of.path),
        "attempts": of.attempts,
        "concurrency": of.concurrency,
    })
}

fn mask(of: &Mask) -> String {
    match of {
        Mask::ResidentNumber => "resident_number".to_owned(),
        Mask::Card => "card".to_owned(),
        Mask::Phone => "phone".to_owned(),
        Mask::Account => "account".to_owned(),
        Mask::Email => "email".to_owned(),
        Mask::Pattern(pattern) => format!("/{pattern}/"),
    }
}

pub(super) fn fallback(of: &Fallback) -> Value {
    json!({ "status": of.status, "content_type": of.content_type, "body": of.body })
}
