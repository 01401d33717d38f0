//! Whom an alert concerns: the event that tells of it, the causes of notices, and who owns the functions.

use std::collections::BTreeSet;

use naru_alert::{Change, Kind};
use naru_model::alert::{Alert, Ending, Item, Reason, Severity};
use naru_model::event::{self, Event};
use naru_model::figure::unit;
use naru_model::metric::Owner;
use naru_model::name::{FunctionName, LinkName};
use naru_model::platform::{Platform, Route, Service};
use naru_model::trace::MapEdge;
use naru_model::units::Timestamp;
use naru_notify::Cause;

/// Events of one look; of more the number is said.
const MOST_EVENTS: usize = 50;

/// What is to be told of changes: not of what is silenced, and of nothing else twice. `calls`: who called whom lately.
pub(super) fn causes(
    changes: &[Change],
    items: &[Item],
    platform: &Platform,
    calls: &[MapEdge],
) -> Vec<Cause> {
    let cause = |change: &Change| {
        let reason = match change.kind {
            Kind::Opened | Kind::Unsilenced => Reason::First,
            Kind::Worse => Reason::Worse,
            Kind::Resolved => Reason::Resolved,
            Kind::Escalated => Reason::Escalated,
        };
        let item = items.iter().find(|item| item.name == change.alert.item);
        let owners = match change.alert.escalated {
            Some(_) => owners(&change.alert.owner, platform, calls),
            None => Vec::new(),
        };
        Cause {
            reason,
            alert: change.alert.clone(),
            channels: item.map(|item| item.notify.clone()).unwrap_or_default(),
            owners,
        }
    };
    changes.iter().filter(|change| !change.alert.silenced).map(cause).collect()
}

/// The e-mail addresses of those who own the functions that an alert is about: those whose routes lead to the service, or to
/// one that calls it. The machine carries all functions; so may a link of which nobody can tell who uses it.
fn owners(owner: &Owner, platform: &Platform, calls: &[MapEdge]) -> Vec<String> {
    let all = || platform.functions.keys().collect::<BTreeSet<&FunctionName>>();
    let functions = match owner {
        Owner::Function(name) => BTreeSet::from([name]),
        Owner::Host | Owner::Platform => all(),
        Owner::Outside(_) => BTreeSet::new(),
        Owner::Service(name) => functions_of(callers(BTreeSet::from([name.as_str()]), calls), platform),
        Owner::Instance(id) => functions_of(callers(BTreeSet::from([id.service.as_str()]), calls), platform),
        Owner::Link(name) => match functions_of(callers(users(name, platform, calls), calls), platform) {
            none if none.is_empty() => all(),
            known => known,
        },
    };
    let owners = functions.into_iter().filter_map(|name| platform.functions.get(name)?.owner.clone());
    let addresses: BTreeSet<String> = owners.filter(|owner| owner.contains('@')).collect();
    addresses.into_iter().collect()
}

fn functions_of<'p>(services: BTreeSet<&str>, platform: &'p Platform) -> BTreeSet<&'p FunctionName> {
    let leads = |route: &&'p Route| route.to.iter().any(|target| services.contains(target.service.as_str()));
    platform.routes.iter().filter(leads).filter_map(|route| route.function.as_ref()).collect()
}

/// The services that use a link: those that were told its address, and those whose spans call it.
fn users<'p>(link: &LinkName, platform: &'p Platform, calls: &'p [MapEdge]) -> BTreeSet<&'p str> {
    let mut addresses = vec![format!("{link}.link.naru")];
    let port = platform.links.get(link).and_then(|link| link.port);
    addresses
        .extend(port.into_iter().flat_map(|port| [format!("127.0.0.1:{port}"), format!("localhost:{port}")]));
    let is_told = |service: &Service| {
        let told = |text: &String| addresses.iter().any(|address| text.contains(address));
        service.exec.iter().any(told) || service.env.values().any(told)
    };
    let told =
        platform.services.iter().filter(|(_, service)| is_told(service)).map(|(name, _)| name.as_str());
    let node = format!("link:{link}");
    let calling =
        calls.iter().filter(|call| call.to == node).filter_map(|call| call.from.strip_prefix("service:"));
    told.chain(calling).collect()
}

/// Services, and those that call them, directly or not.
fn callers<'s>(mut services: BTreeSet<&'s str>, calls: &'s [MapEdge]) -> BTreeSet<&'s str> {
    loop {
        let calls_one =
            |call: &&MapEdge| call.to.strip_prefix("service:").is_some_and(|to| services.contains(to));
        let from = calls.iter().filter(calls_one).filter_map(|call| call.from.strip_prefix("service:"));
        let more: Vec<&str> = from.filter(|from| !services.contains(from)).collect();
        if more.is_empty() {
            return services;
        }
        services.extend(more);
    }
}

/// The events of one look.
pub(super) fn events(changes: &[Change], now: Timestamp) -> Vec<Event> {
    let told = changes.iter().filter(|change| matches!(change.kind, Kind::Opened | Kind::Resolved));
    let all: Vec<Event> = told.map(|change| event(change, now)).collect();
    let more = all.len().saturating_sub(MOST_EVENTS);
    let mut events = all;
    events.truncate(MOST_EVENTS);
    if more > 0 {
        let message = format!("and {more} more alerts at the same time; `naru alerts` lists them");
        events.push(Event {
            id: 0,
            at: now,
            kind: event::Kind::AlertOpened,
            severity: event::Severity::Warning,
            service: None,
            instance: None,
            message,
            actor: "naru".to_owned(),
            decision: None,
        });
    }
    events
}

fn event(Change { kind, alert }: &Change, now: Timestamp) -> Event {
    let (service, instance) = match &alert.owner {
        Owner::Service(name) => (Some(name.clone()), None),
        Owner::Instance(id) => (Some(id.service.clone()), Some(id.clone())),
        _ => (None, None),
    };
    let over = *kind == Kind::Resolved;
    let severity = match alert.severity {
        _ if over => event::Severity::Info,
        Severity::Critical => event::Severity::Error,
        Severity::Warning => event::Severity::Warning,
    };
    Event {
        id: 0,
        at: now,
        kind: if over { event::Kind::AlertResolved } else { event::Kind::AlertOpened },
        severity,
        service,
        instance,
        message: message(alert),
        actor: "naru".to_owned(),
        decision: None,
    }
}

fn message(alert: &Alert) -> String {
    let value = unit(&alert.figure).shown(alert.value);
    let of = format!("{} {} {value} ({})", alert.owner, alert.figure, alert.when);
    match alert.ending {
        None => format!("alert {}: {of}", alert.id),
        Some(Ending::Back) => format!("alert {} is over: {of}", alert.id),
        Some(Ending::Gone) => format!("alert {} is over, {} is gone: {}", alert.id, alert.owner, alert.when),
        Some(Ending::Unmeasured) => format!("alert {} is over, nobody measures it any more: {of}", alert.id),
        Some(Ending::Unwatched) => format!("alert {} is over, the item is no longer watched: {of}", alert.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = r#"
services:
  portal: { exec: [portal], env: { REGISTRY: "http://registry.link.naru/v1" } }
  stock: { exec: [stock, "--tax", "127.0.0.1:7070"] }
  mail: { exec: [mail] }
routes:
  - { match: { path: /a/** }, to: portal, function: approval }
  - { match: { path: /s/** }, to: stock, function: storage }
  - { match: { path: /m/** }, to: mail }
functions:
  approval: { name: 승인, owner: approval@example.go.kr }
  storage: { name: 재고, owner: storage@example.go.kr }
  unowned: { name: 기타, owner: 총무과 }
links:
  registry: { url: "http://127.0.0.1:9" }
  tax: { url: "http://127.0.0.1:9", port: 7070 }
  bank: { url: "http://127.0.0.1:9" }
"#;

    fn told(owner: &str, calls: &[(&str, &str)]) -> Vec<String> {
        let (folder, machine) = (std::path::Path::new("/"), naru_config::Machine::detect());
        let platform = naru_config::parse("naru.yaml", YAML, folder, machine).expect("a platform");
        let edge = |(from, to): &(&str, &str)| MapEdge {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            ..MapEdge::default()
        };
        let calls: Vec<MapEdge> = calls.iter().map(edge).collect();
        let owners = owners(&owner.parse().expect("an owner"), &platform, &calls);
        owners.iter().map(|owner| owner.trim_end_matches("@example.go.kr").to_owned()).collect()
    }

    #[test]
    fn the_owner_of_the_function_is_told_whose_services_are_concerned() {
        assert_eq!(told("function:approval", &[]), ["approval"]);
        assert_eq!(told("service:stock", &[]), ["storage"]);
        assert_eq!(told("instance:portal-1-1", &[]), ["approval"]);
        // Who calls it is concerned too, over any number of calls, in circles too.
        let calls = [
            ("service:mail", "service:stock"),
            ("service:portal", "service:mail"),
            ("service:stock", "service:mail"),
        ];
        assert_eq!(told("service:stock", &calls), ["approval", "storage"]);
        assert_eq!(told("service:mail", &[]), Vec::<String>::new(), "it belongs to no function");
    }

    #[test]
    fn a_link_is_told_to_the_owners_of_who_uses_it_and_to_all_when_nobody_knows() {
        assert_eq!(told("link:registry", &[]), ["approval"]);
        assert_eq!(told("link:tax", &[]), ["storage"]);
        assert_eq!(told("link:bank", &[("service:stock", "link:bank")]), ["storage"]);
        assert_eq!(told("link:bank", &[]), ["approval", "storage"]);
        assert_eq!(told("host", &[]), ["approval", "storage"]);
    }
}
