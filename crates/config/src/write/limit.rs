//! Who may and how much, as the file says it.

use naru_model::policy::{Auth, Deny, Limit, Per, Priority, Proof, Quantity};
use naru_model::scaling::Schedule;
use naru_model::units::format_duration;
use serde_json::{Map, Value, json};

use super::some;
use crate::scalar::word;

pub(super) fn limits(of: &[Limit]) -> Value {
    some(&of.iter().map(limit).collect::<Vec<_>>())
}

fn limit(of: &Limit) -> Value {
    let mut value = match &of.of {
        Quantity::Calls { rate, burst } => json!({ "rate": rate.to_string(), "burst": burst }),
        Quantity::Quota { calls, period } => json!({ "quota": format!("{calls}/{}", word(*period)) }),
        Quantity::Bytes { bytes, period } => json!({ "bytes": format!("{bytes}/{}", word(*period)) }),
        Quantity::Bandwidth { per_second } => json!({ "bandwidth": format!("{per_second}/s") }),
        Quantity::Concurrency { calls } => json!({ "concurrency": calls }),
    };
    let per: Vec<&str> = of.per.iter().map(|per| self::per(*per)).collect();
    value["per"] = some(&per);
    value
}

fn per(of: Per) -> &'static str {
    match of {
        Per::Client => "client",
        Per::Address => "address",
        Per::Route => "route",
        Per::Service => "service",
    }
}

pub(super) fn priority(of: Priority) -> &'static str {
    match of {
        Priority::Critical => "critical",
        Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}

pub(super) fn auth(of: &Auth) -> Value {
    if *of == Auth::default() {
        return json!("anyone");
    }
    let mut value = terms(of);
    let methods: Map<String, Value> = of.methods.iter().map(|(name, of)| (name.clone(), auth(of))).collect();
    value["methods"] = if methods.is_empty() { Value::Null } else { Value::Object(methods) };
    value
}

fn terms(of: &Auth) -> Value {
    let proofs: Vec<&str> = of.any_of.iter().map(|proof| self::proof(*proof)).collect();
    json!({
        "any_of": some(&proofs),
        "scopes": some(&of.scopes),
        "clients": some(&of.clients),
        "groups": some(&of.groups),
        "claims": if of.claims.is_empty() { Value::Null } else { json!(of.claims) },
        "networks": some(&of.networks),
        "times": some(&of.times.iter().map(time).collect::<Vec<_>>()),
        "deny": if of.deny == Deny::default() { Value::Null } else { deny(&of.deny) },
    })
}

fn proof(of: Proof) -> &'static str {
    match of {
        Proof::ApiKey => "api_key",
        Proof::Jwt => "jwt",
        Proof::Mtls => "mtls",
    }
}

fn time(of: &Schedule) -> Value {
    json!({ "at": of.at, "for": format_duration(of.lasts), "zone": of.zone })
}

fn deny(of: &Deny) -> Value {
    json!({ "clients": some(&of.clients), "groups": some(&of.groups), "networks": some(&of.networks) })
}
