//! Every key of naru.yaml as Markdown: the second half of docs/guides/naru-yaml.md.

use crate::keys;
use crate::shape::{Default, Effect, Key, Kind};

/// Returns a section for each group of keys, with a table of them.
pub fn reference() -> String {
    let mut text = String::new();
    group("", "The file", &keys::all(), None, &mut text);
    text
}

fn group(path: &str, title: &str, keys: &[Key], inherited: Option<Effect>, text: &mut String) {
    *text += &format!(
        "### {title}\n\n| key | takes | default | meaning | a change causes |\n| --- | --- | --- | --- | --- |\n"
    );
    for key in keys {
        *text += &row(key, key.effect.or(inherited));
    }
    *text += "\n";
    for key in keys.iter().filter(|key| !key.kind.keys().is_empty()) {
        let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        let path = match key.kind {
            Kind::Names { .. } => format!("{path}.<name>"),
            Kind::List { .. } | Kind::Either(_, _) if is_list(&key.kind) => format!("{path}[]"),
            _ => path,
        };
        group(&path, &format!("`{path}`"), key.kind.keys(), key.effect.or(inherited), text);
    }
}

fn is_list(kind: &Kind) -> bool {
    match kind {
        Kind::List { .. } => true,
        Kind::Either(_, other) => is_list(other),
        _ => false,
    }
}

fn row(key: &Key, effect: Option<Effect>) -> String {
    let default = match &key.default {
        Default::Required => "must be given".to_owned(),
        Default::Value(serde_json::Value::String(text)) => format!("`{text}`"),
        Default::Value(value) => format!("`{value}`"),
        Default::Words(words) => (*words).to_owned(),
    };
    let effect = match effect {
        Some(effect) if key.kind.keys().is_empty() || matches!(key.kind, Kind::Either(..)) => effect.words(),
        _ => "",
    };
    let cell = |text: &str| text.replace('|', "\\|");
    format!(
        "| `{}` | {} | {} | {} | {effect} |\n",
        key.name,
        cell(&key.kind.words()),
        cell(&default),
        cell(key.doc)
    )
}
