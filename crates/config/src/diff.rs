//! What is different between two platforms, key by key, and what each difference brings about.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use naru_model::platform::Platform;
use serde::Serialize;
use serde_json::{Value, json};

use crate::keys;
use crate::report::below;
use crate::shape::{Effect, Key, Kind};
use crate::write;

/// One key that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Dotted; a route is named by what it matches: `routes[www.example.go.kr/booking/**].timeout`.
    pub key: String,
    /// As the file would say it; `None` when it was not there. Secrets such as values of `env` are never shown.
    pub old: Option<String>,
    pub new: Option<String>,
    pub effect: Effect,
}

/// Stands for a value that is not shown.
const HIDDEN: &str = "(not shown)";

/// Returns what changes when `new` takes the place of `old`, in the order of the keys in the reference. Empty when
/// nothing does.
pub fn diff(old: &Platform, new: &Platform) -> Vec<Change> {
    let (before, after) = (write::platform(old), write::platform(new));
    let mut changes = Vec::new();
    for key in keys::all() {
        let (before, after) = (&before[key.name], &after[key.name]);
        match key.name {
            "services" => names(&key, before, after, (Effect::Starts, Effect::Stops), &mut changes),
            "functions" | "clients" | "links" => {
                names(&key, before, after, (Effect::Routing, Effect::Routing), &mut changes)
            }
            "brokers" => names(&key, before, after, (Effect::Nothing, Effect::Nothing), &mut changes),
            "routes" => routes(old, new, &key, &mut changes),
            _ => values(&key, key.name, Effect::Nothing, (before, after), &mut changes),
        }
    }
    changes
}

/// Compares groups of names: one that is there on one side only is a change as a whole.
fn names(
    key: &Key,
    before: &Value,
    after: &Value,
    (added, gone): (Effect, Effect),
    changes: &mut Vec<Change>,
) {
    let Kind::Names { of, .. } = &key.kind else { return };
    let keys_of = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<BTreeSet<_>>());
    let all: BTreeSet<String> = [before, after].into_iter().filter_map(keys_of).flatten().collect();
    for name in all {
        let path = below(key.name, &name);
        match (before.get(&name), after.get(&name)) {
            (None, Some(value)) => {
                changes.push(Change { key: path, old: None, new: Some(summary(of, value)), effect: added })
            }
            (Some(value), None) => {
                changes.push(Change { key: path, old: Some(summary(of, value)), new: None, effect: gone })
            }
            (Some(before), Some(after)) => {
                for inner in of.keys() {
                    let pair = (&before[inner.name], &after[inner.name]);
                    values(
                        inner,
                        &below(&path, inner.name),
                        key.effect.unwrap_or(Effect::Nothing),
                        pair,
                        changes,
                    );
                }
            }
            (None, None) => {}
        }
    }
}

/// Routes are the same when they match the same, wherever they stand in the list.
fn routes(old: &Platform, new: &Platform, key: &Key, changes: &mut Vec<Change>) {
    let by_name = |platform: &Platform| -> BTreeMap<String, Value> {
        platform.routes.iter().map(|route| (route.name.clone(), write::route(route))).collect()
    };
    let (before, after) = (by_name(old), by_name(new));
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in all {
        let path = format!("{}[{name}]", key.name);
        match (before.get(name), after.get(name)) {
            (Some(before), Some(after)) => {
                for inner in key.kind.keys().iter().filter(|inner| inner.name != "match") {
                    let pair = (&before[inner.name], &after[inner.name]);
                    values(inner, &below_route(&path, inner.name), Effect::Routing, pair, changes);
                }
            }
            (old, new) => {
                let to = |route: &Value| format!("to {}", shown(&route["to"]));
                changes.push(Change {
                    key: path,
                    old: old.map(to),
                    new: new.map(to),
                    effect: Effect::Routing,
                });
            }
        }
    }
}

fn below_route(path: &str, name: &str) -> String {
    format!("{path}.{name}")
}

/// Compares one key's values; a group of known keys key by key.
fn values(key: &Key, path: &str, inherited: Effect, (old, new): (&Value, &Value), changes: &mut Vec<Change>) {
    if old == new {
        return;
    }
    let effect = key.effect.unwrap_or(inherited);
    let groups = old.is_object() && new.is_object();
    match &key.kind {
        Kind::Keys(keys) if groups => inner(keys, path, effect, (old, new), changes),
        Kind::Either(_, of) if groups && !of.keys().is_empty() => {
            inner(of.keys(), path, effect, (old, new), changes)
        }
        Kind::Names { of, .. } => {
            let names = [old, new].into_iter().filter_map(Value::as_object).flat_map(|map| map.keys());
            for name in names.collect::<BTreeSet<_>>() {
                let (old, new) = (&old[name], &new[name]);
                if old == new {
                    continue;
                }
                let path = below(path, name);
                if old.is_object() && new.is_object() && !of.keys().is_empty() {
                    inner(of.keys(), &path, effect, (old, new), changes);
                } else {
                    let said = |value: &Value| said(key.secret, of, value);
                    changes.push(Change { key: path, old: said(old), new: said(new), effect });
                }
            }
        }
        kind => {
            // A whole group that comes or goes brings the strongest of what its keys bring: new listeners, say.
            let strongest = kind.keys().iter().filter_map(|key| key.effect).find(|e| *e == Effect::Listeners);
            let said = |value: &Value| said(key.secret, kind, value);
            let effect = strongest.unwrap_or(effect);
            changes.push(Change { key: path.to_owned(), old: said(old), new: said(new), effect });
        }
    }
}

fn inner(keys: &[Key], path: &str, effect: Effect, (old, new): (&Value, &Value), changes: &mut Vec<Change>) {
    for key in keys {
        values(key, &below_route(path, key.name), effect, (&old[key.name], &new[key.name]), changes);
    }
}

/// Returns what a value is, in the words of the file; `None` when it is not there.
fn said(secret: bool, kind: &Kind, value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    Some(if secret { HIDDEN.to_owned() } else { shown(&without_secrets(kind, value)) })
}

/// Returns a value with its secrets hidden, and without keys that are not there.
fn without_secrets(kind: &Kind, value: &Value) -> Value {
    match (kind, value) {
        (Kind::List { of, .. } | Kind::OneOrMore { of, .. }, Value::Array(items)) => {
            items.iter().map(|item| without_secrets(of, item)).collect()
        }
        (Kind::Names { of, .. }, Value::Object(map)) => {
            map.iter().map(|(name, value)| (name.clone(), without_secrets(of, value))).collect()
        }
        (Kind::Either(_, of), Value::Array(_) | Value::Object(_)) => without_secrets(of, value),
        (Kind::Keys(keys), Value::Object(_)) => {
            let there = keys.iter().filter(|key| !value[key.name].is_null());
            let shown = |key: &Key| match key.secret {
                true => json!(HIDDEN),
                false => without_secrets(&key.kind, &value[key.name]),
            };
            Value::Object(there.map(|key| (key.name.to_owned(), shown(key))).collect())
        }
        _ => value.clone(),
    }
}

/// What a whole service, function or client is in a few words.
fn summary(kind: &Kind, value: &Value) -> String {
    match (value.get("exec"), value.get("name")) {
        (Some(exec), _) => shown(exec),
        (_, Some(name)) => shown(name),
        _ => shown(&without_secrets(kind, value)),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| item.get("service").is_some()) && items.len() == 1 => {
            shown(&items[0]["service"])
        }
        Value::Array(items) => {
            let target = |item: &Value| match (item.get("service"), item.get("weight")) {
                (Some(service), Some(weight)) => format!("{} ({weight})", shown(service)),
                _ => item.to_string(),
            };
            format!("[{}]", items.iter().map(target).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = self.effect.words();
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "{}: {old} → {new} ({effect})", self.key),
            (None, Some(new)) => write!(f, "{}: added, {new} ({effect})", self.key),
            (Some(old), None) => write!(f, "{}: removed, was {old} ({effect})", self.key),
            (None, None) => write!(f, "{} ({effect})", self.key),
        }
    }
}
