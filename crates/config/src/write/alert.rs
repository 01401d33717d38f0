//! What is watched and who is told, as the file says it.

use std::time::Duration;

use naru_model::alert::{Alerts, Channel, Item, Maintenance, Notices, Severity, Shape, Smtp, SmtpTls, Way};
use naru_model::units::format_duration;
use serde_json::{Map, Value, json};

use super::some;

pub(super) fn alerts(of: &Alerts) -> Value {
    let items: Map<String, Value> = of.items.iter().map(|of| (of.name.clone(), item(of))).collect();
    json!({
        "defaults": of.defaults,
        "items": group(items),
        "maintenance": some(&of.maintenance.iter().map(maintenance).collect::<Vec<_>>()),
    })
}

/// A group as it is; `null` when it is empty.
fn group(of: Map<String, Value>) -> Value {
    if of.is_empty() { Value::Null } else { Value::Object(of) }
}

fn item(of: &Item) -> Value {
    json!({
        "of": of.of.to_string(),
        "when": of.when.to_string(),
        "severity": severity(of.severity),
        "notify": some(&of.notify),
    })
}

fn severity(of: Severity) -> &'static str {
    match of {
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

fn maintenance(of: &Maintenance) -> Value {
    json!({ "at": of.at, "for": format_duration(of.lasts), "of": of.of.as_ref().map(ToString::to_string) })
}

pub(super) fn notices(of: &Notices) -> Value {
    let channels: Map<String, Value> = of.channels.iter().map(|of| (of.name.clone(), channel(of))).collect();
    json!({
        "channels": group(channels),
        "smtp": of.smtp.as_ref().map(smtp),
        "gather": format_duration(of.gather),
        "escalate_after": format_duration(of.escalate_after.unwrap_or(Duration::ZERO)),
        "escalate_warnings_after": format_duration(of.escalate_warnings_after.unwrap_or(Duration::ZERO)),
        "language": of.language,
    })
}

fn channel(of: &Channel) -> Value {
    let severity = severity(of.severity);
    match &of.way {
        Way::Email { to } => json!({ "email": to, "severity": severity }),
        Way::Webhook { url, shape: of } => {
            json!({ "webhook": url, "shape": shape(*of), "severity": severity })
        }
        Way::Sms { url, method, headers, body, to } => {
            let headers: Map<String, Value> =
                headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            let sms =
                json!({ "url": url, "method": method, "headers": group(headers), "body": body, "to": to });
            json!({ "sms": sms, "severity": severity })
        }
    }
}

fn shape(of: Shape) -> &'static str {
    match of {
        Shape::Json => "json",
        Shape::Slack => "slack",
        Shape::Teams => "teams",
        Shape::Mattermost => "mattermost",
    }
}

fn smtp(of: &Smtp) -> Value {
    let tls = match of.tls {
        SmtpTls::Offered => "offered",
        SmtpTls::Required => "required",
        SmtpTls::Always => "always",
        SmtpTls::Never => "never",
    };
    json!({
        "host": of.host,
        "port": of.port,
        "from": of.from,
        "tls": tls,
        "user": of.user,
        "password_env": of.password_env,
    })
}
