//! What is watched, and who is told.

use std::time::Duration;

use naru_model::alert::{Alerts, Channel, Item, Maintenance, Notices, Severity, Shape, Smtp, SmtpTls, Way};

use crate::item::{self, Entry, Section};
use crate::watched;

pub(super) fn alerts(at: Section<'_>) -> Alerts {
    Alerts {
        defaults: at.get("defaults").unwrap_or(Alerts::default().defaults),
        items: at.section("items").entries().iter().filter_map(item).collect(),
        maintenance: at.section("maintenance").items().iter().filter_map(maintenance).collect(),
    }
}

fn item(entry: &Entry) -> Option<Item> {
    let at = Section(entry.item.as_ref());
    Some(Item {
        name: entry.name.clone(),
        of: at.parsed("of")?,
        when: watched::parse(at.item("when")?.text()?).ok()?,
        severity: severity(at),
        notify: at.texts("notify"),
    })
}

fn severity(at: Section<'_>) -> Severity {
    match at.get::<String>("severity").as_deref() {
        Some("critical") => Severity::Critical,
        _ => Severity::Warning,
    }
}

fn maintenance(item: &item::Item) -> Option<Maintenance> {
    let at = item.section();
    let fields: String = at.get("at")?;
    Some(Maintenance {
        at: fields.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
        lasts: at.get::<Duration>("for")?,
        of: at.parsed("of"),
    })
}

pub(super) fn notices(at: Section<'_>) -> Notices {
    let d = Notices::default();
    Notices {
        channels: at.section("channels").entries().iter().filter_map(channel).collect(),
        smtp: at.item("smtp").and_then(|item| smtp(item.section())),
        gather: at.get("gather").unwrap_or(d.gather),
        escalate_after: match at.get::<Duration>("escalate_after") {
            Some(Duration::ZERO) => None,
            given => given.or(d.escalate_after),
        },
        escalate_warnings_after: at
            .get("escalate_warnings_after")
            .filter(|after| *after != Duration::ZERO)
            .or(d.escalate_warnings_after),
        language: at.get("language").unwrap_or(d.language),
    }
}

fn channel(entry: &Entry) -> Option<Channel> {
    let at = Section(entry.item.as_ref());
    let way = match (at.item("email"), at.get("webhook"), at.item("sms")) {
        (Some(_), ..) => Way::Email { to: at.texts("email") },
        (_, Some(url), _) => Way::Webhook { url, shape: shape(at) },
        (.., Some(item)) => sms(item.section()),
        _ => return None,
    };
    Some(Channel { name: entry.name.clone(), way, severity: severity(at) })
}

fn shape(at: Section<'_>) -> Shape {
    match at.get::<String>("shape").as_deref() {
        Some("slack") => Shape::Slack,
        Some("teams") => Shape::Teams,
        Some("mattermost") => Shape::Mattermost,
        _ => Shape::Json,
    }
}

fn sms(at: Section<'_>) -> Way {
    Way::Sms {
        url: at.get("url").unwrap_or_default(),
        method: at.get("method").unwrap_or_else(|| "POST".to_owned()),
        headers: at.pairs("headers"),
        body: at.get("body").unwrap_or_default(),
        to: at.texts("to"),
    }
}

fn smtp(at: Section<'_>) -> Option<Smtp> {
    let tls = match at.get::<String>("tls").as_deref() {
        Some("required") => SmtpTls::Required,
        Some("always") => SmtpTls::Always,
        Some("never") => SmtpTls::Never,
        _ => SmtpTls::Offered,
    };
    let usual = if tls == SmtpTls::Always { 465 } else { 25 };
    Some(Smtp {
        host: at.get("host")?,
        port: at.get("port").unwrap_or(usual),
        from: at.get("from")?,
        tls,
        user: at.get("user"),
        password_env: at.get("password_env"),
    })
}
