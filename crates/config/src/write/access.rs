//! Clients and what proves who they are, as the file says them.

use naru_model::client::{Access, Certificate, Client, Issuer, Secret, Tokens};
use naru_model::units::format_duration;
use serde_json::{Map, Value, json};

use super::limit::{limits, priority};
use super::some;
use crate::scalar;

pub(super) fn access(of: &Access) -> Value {
    json!({
        "default": if of.default_deny { "deny" } else { "allow" },
        "groups": some(&of.groups),
        "tokens": of.tokens.as_ref().map(tokens),
        "issuers": some(&of.issuers.iter().map(issuer).collect::<Vec<_>>()),
        "client_ca": of.client_ca,
    })
}

pub(super) fn clients(of: &Access) -> Map<String, Value> {
    of.clients.iter().map(|(name, of)| (name.to_string(), client(of))).collect()
}

fn tokens(of: &Tokens) -> Value {
    json!({
        "issuer": of.issuer,
        "audience": of.audience,
        "life": format_duration(of.life),
        "refresh_life": format_duration(of.refresh_life),
        "rotate": format_duration(of.rotate),
    })
}

fn issuer(of: &Issuer) -> Value {
    json!({
        "issuer": of.issuer,
        "jwks": of.jwks,
        "audience": of.audience,
        "client_claim": of.client_claim,
        "unknown_clients": of.unknown_clients,
        "leeway": format_duration(of.leeway),
    })
}

fn client(of: &Client) -> Value {
    let secrets = |secrets: &[Secret]| some(&secrets.iter().map(secret).collect::<Vec<_>>());
    json!({
        "title": of.title,
        "owner": of.owner,
        "groups": some(&of.groups),
        "scopes": some(&of.scopes),
        "keys": secrets(&of.keys),
        "secrets": secrets(&of.secrets),
        "jwks": of.jwks,
        "certificates": some(&of.certificates.iter().map(certificate).collect::<Vec<_>>()),
        "networks": some(&of.networks),
        "blocked": of.blocked,
        "priority": of.priority.map(priority),
        "limits": limits(&of.limits),
    })
}

fn secret(of: &Secret) -> Value {
    let time = |time| scalar::format_time(time);
    json!({ "sha256": of.sha256, "from": of.from.map(time), "until": of.until.map(time) })
}

fn certificate(of: &Certificate) -> Value {
    json!({ "subject": of.subject, "san": of.san, "fingerprint": of.fingerprint })
}
