//! A platform back into the shape of naru.yaml, every key written out with its unit: what the difference of two
//! platforms is taken of.

mod access;
mod alert;
mod convert;
mod limit;
mod link;
mod policy;
mod report;

use std::net::SocketAddr;

use naru_model::access_log::LogFormat;
use naru_model::platform::{
    ClickHouse, Counters, Function, Gateway, Health, InstanceSize, Limits, Match, Metrics, Otlp, Platform,
    Protocol, Rollout, Route, Scale, Service, Telemetry, Traffic, UserKey, WhenGone,
};
use naru_model::scaling::{Condition, Level, Rule, Schedule};
use naru_model::units::format_duration;
use serde::Serialize;
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
        "access": access::access(&platform.access),
        "clients": access::clients(&platform.access),
        "links": link::links(platform),
        "brokers": link::brokers(platform),
        "consumers": some(&platform.consumers.iter().map(policy::consumer).collect::<Vec<_>>()),
        "telemetry": telemetry(&platform.telemetry, &platform.otlp, platform.clickhouse.as_ref()),
        "alerts": alert::alerts(&platform.alerts),
        "notices": alert::notices(&platform.notices),
        "reports": report::reports(&platform.reports),
    })
}

/// A list as it is; `null` when it is empty.
fn some<T: Serialize>(items: &[T]) -> Value {
    if items.is_empty() { Value::Null } else { json!(items) }
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
        "access_log": access_log(of),
        "user": user(&of.user),
        "limits": limits(&of.limits),
        "links": of.links,
        "counters": of.counters.as_ref().map(counters),
    })
}

fn access_log(of: &Gateway) -> Value {
    match of.access_log_format {
        LogFormat::Combined if of.access_log => json!({ "format": "combined" }),
        _ => json!(of.access_log),
    }
}

fn counters(of: &Counters) -> Value {
    let when_gone = match of.when_gone {
        WhenGone::Local => "local",
        WhenGone::Open => "open",
        WhenGone::Closed => "closed",
    };
    json!({ "redis": of.redis, "when_gone": when_gone })
}

fn user(of: &UserKey) -> String {
    match of {
        UserKey::Client => "client".to_owned(),
        UserKey::Cookie(name) => format!("cookie {name}"),
        UserKey::Header(name) => format!("header {name}"),
    }
}

fn telemetry(of: &Telemetry, otlp: &Otlp, clickhouse: Option<&ClickHouse>) -> Value {
    let door = |address: Option<SocketAddr>| address.map_or("off".to_owned(), |address| address.to_string());
    json!({
        "otlp": { "grpc": door(otlp.grpc), "http": door(otlp.http) },
        "java_agent": otlp.java_agent,
        "clickhouse": clickhouse.map(|of| json!({
            "url": of.url,
            "database": of.database,
            "user": of.user,
            "password_env": of.password_env,
            "every": format_duration(of.every),
        })),
        "transactions": format_duration(of.transactions),
        "disk": of.disk.to_string(),
        "figures": format_duration(of.figures),
        "traces": format_duration(of.traces),
        "traces_per_day": of.traces_per_day.to_string(),
        "logs_per_day": of.logs_per_day.to_string(),
        "metrics": format_duration(of.metrics),
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
        "metrics": of.metrics.as_ref().map(metrics),
        "telemetry": if of.telemetry { "on" } else { "off" },
    })
}

fn metrics(of: &Metrics) -> Value {
    json!({ "path": of.path, "port": of.port, "every": format_duration(of.every) })
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
    json!({
        "min": of.min,
        "max": of.max,
        "warm_up": format_duration(of.warm_up),
        "priority": of.priority,
        "target": target(&of.target),
        "rules": some(&of.rules.iter().map(rule).collect::<Vec<_>>()),
        "schedule": some(&of.schedule.iter().map(schedule).collect::<Vec<_>>()),
        "shrink_after": format_duration(of.shrink_after),
        "grow_by": of.grow_by.map(|share| share.to_string()),
        "shrink_by": of.shrink_by.to_string(),
    })
}

fn target(of: &[Level]) -> Value {
    let levels: Map<String, Value> = of.iter().map(|of| (of.name().to_owned(), level(*of))).collect();
    if levels.is_empty() { Value::Null } else { Value::Object(levels) }
}

fn level(of: Level) -> Value {
    match of {
        Level::Cpu(share) | Level::Errors(share) => json!(share.to_string()),
        Level::Concurrency(requests) | Level::Waiting(requests) => json!(requests),
        Level::Rate(rate) => json!(rate.to_string()),
        Level::P95(time) => json!(format_duration(time)),
        Level::Apdex(apdex) => json!(apdex.ratio()),
    }
}

fn rule(of: &Rule) -> Value {
    let Condition { level, above, lasts } = of.when;
    let name = level.name();
    // As the file has it: the figure, and then the value without its name.
    let value = level.to_string();
    let value = value.strip_prefix(name).unwrap_or(&value).trim_start();
    let when = format!("{name} {} {value} for {}", if above { '>' } else { '<' }, format_duration(lasts));
    let what = if of.add > 0 { "add" } else { "remove" };
    json!({ "when": when, what: of.add.unsigned_abs() })
}

fn schedule(of: &Schedule) -> Value {
    json!({ "at": of.at, "for": format_duration(of.lasts), "add": of.add, "zone": of.zone })
}

fn rollout(of: &Rollout) -> Value {
    json!({ "surge": of.surge, "hold": format_duration(of.hold), "max_errors": of.max_errors.to_string() })
}

fn traffic(of: &Traffic) -> Value {
    json!({
        "concurrency": of.concurrency,
        "per_instance": of.per_instance,
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
        "adaptive": of.adaptive,
        "limits": limit::limits(&of.limits),
    })
}

pub(crate) fn route(of: &Route) -> Value {
    let to: Vec<Value> = of.to.iter().map(|t| json!({ "service": t.service, "weight": t.weight })).collect();
    let mut route = json!({
        "match": matches(&of.matches),
        "to": to,
        "function": of.function,
        "timeout": of.timeout.map(format_duration),
    });
    if let (Value::Object(route), Value::Object(policy)) = (&mut route, policy::policy(&of.policy)) {
        route.extend(policy);
    }
    route
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
    let apdex_t = format_duration(of.apdex_t);
    json!({ "name": of.name, "owner": of.owner, "apdex_t": apdex_t, "goal": report::goal(of.goal) })
}
