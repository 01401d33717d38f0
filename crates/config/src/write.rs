//! A platform back into the shape of naru.yaml, every key written out with its unit: what the difference of two
//! platforms is taken of.

use naru_model::platform::{
    Function, Gateway, Health, InstanceSize, Limits, Match, Platform, Protocol, Rollout, Route, Scale,
    Service, Traffic,
};
use naru_model::units::format_duration;
use serde_json::{Map, Value, json};

/// Returns the platform as a file would say it; what is not there is `null`.
pub(crate) fn platform(platform: &Platform) -> Value {
    let services: Map<String, Value> =
        platform.services.iter().map(|(name, of)| (name.to_string(), service(of))).collect();
    let functions: Map<String, Value> =
        platform.functions.iter().map(|(name, of)| (name.to_string(), function(of))).collect();
    json!({
        "platform": platform.name,
        "pool": { "cpu": platform.pool.cpu.to_string(), "memory": platform.pool.memory.to_string() },
        "gateway": gateway(&platform.gateway),
        "services": services,
        "routes": platform.routes.iter().map(route).collect::<Vec<_>>(),
        "functions": functions,
    })
}

fn gateway(of: &Gateway) -> Value {
    let tls = of.tls.as_ref().map(|tls| {
        let certificates = tls.certificates.iter();
        let certificates: Vec<Value> =
            certificates.map(|c| json!({ "cert": c.cert, "key": c.key })).collect();
        json!({ "listen": tls.listen, "certificates": certificates })
    });
    json!({
        "listen": of.listen,
        "tls": tls,
        "threads": of.threads,
        "trusted_proxies": of.trusted_proxies,
        "access_log": of.access_log,
        "limits": limits(&of.limits),
    })
}

fn limits(of: &Limits) -> Value {
    json!({
        "connections": of.connections,
        "target": of.target.to_string(),
        "headers": of.headers.to_string(),
        "header_count": of.header_count,
        "body": of.body.map(|body| body.to_string()),
        "head_timeout": format_duration(of.head_timeout),
        "body_idle": format_duration(of.body_idle),
        "keep_alive": format_duration(of.keep_alive),
        "streams": of.streams,
        "resets": of.resets,
    })
}

pub(crate) fn service(of: &Service) -> Value {
    json!({
        "exec": of.exec,
        "artifact": of.artifact,
        "env": of.env,
        "port": of.port,
        "protocol": match of.protocol { Protocol::Http1 => "http1", Protocol::H2c => "h2c" },
        "instance": instance(&of.instance),
        "health": health(&of.health),
        "drain": format_duration(of.drain),
        "scale": scale(&of.scale),
        "rollout": rollout(&of.rollout),
        "traffic": traffic(&of.traffic),
    })
}

fn instance(of: &InstanceSize) -> Value {
    json!({ "cpu": of.cpu.map(|cpu| cpu.to_string()), "memory": of.memory.map(|memory| memory.to_string()) })
}

fn health(of: &Health) -> Value {
    json!({
        "path": of.path,
        "every": format_duration(of.every),
        "timeout": format_duration(of.timeout),
        "ready_after": of.ready_after,
        "dead_after": of.dead_after,
        "start_timeout": format_duration(of.start_timeout),
    })
}

fn scale(of: &Scale) -> Value {
    json!({ "min": of.min, "max": of.max, "warm_up": format_duration(of.warm_up), "priority": of.priority })
}

fn rollout(of: &Rollout) -> Value {
    json!({ "surge": of.surge, "hold": format_duration(of.hold), "max_errors": of.max_errors.to_string() })
}

fn traffic(of: &Traffic) -> Value {
    json!({
        "concurrency": of.concurrency,
        "queue": of.queue,
        "queue_timeout": format_duration(of.queue_timeout),
        "connect_timeout": format_duration(of.connect_timeout),
        "first_byte_timeout": format_duration(of.first_byte_timeout),
        "idle_timeout": format_duration(of.idle_timeout),
        "attempts": of.attempts,
        "retry_budget": of.retry_budget.to_string(),
        "eject_after": of.eject_after,
        "eject_for": format_duration(of.eject_for),
        "eject_at_most": of.eject_at_most.to_string(),
    })
}

pub(crate) fn route(of: &Route) -> Value {
    let to: Vec<Value> = of.to.iter().map(|t| json!({ "service": t.service, "weight": t.weight })).collect();
    json!({
        "match": matches(&of.matches),
        "to": to,
        "function": of.function,
        "timeout": of.timeout.map(format_duration),
    })
}

fn matches(of: &Match) -> Value {
    let conditions = |conditions: &[(String, Option<String>)]| {
        let value = |value: &Option<String>| value.as_ref().map_or(Value::Bool(true), |text| json!(text));
        let map: Map<String, Value> = conditions.iter().map(|(name, v)| (name.clone(), value(v))).collect();
        if map.is_empty() { Value::Null } else { Value::Object(map) }
    };
    json!({
        "host": of.host,
        "path": of.path,
        "methods": if of.methods.is_empty() { Value::Null } else { json!(of.methods) },
        "headers": conditions(&of.headers),
        "query": conditions(&of.query),
    })
}

pub(crate) fn function(of: &Function) -> Value {
    json!({ "name": of.name, "owner": of.owner, "apdex_t": format_duration(of.apdex_t) })
}
