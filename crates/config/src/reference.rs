//! Every key of naru.yaml as Markdown: the second half of docs/guides/naru-yaml.md.

use crate::keys;
use crate::shape::{Default, Effect, Key, Kind};

/// Returns a section for each group of keys, with a table of them.
pub fn reference() -> String {
    let keys = keys::all();
    let mut written = Written { text: String::new(), groups: Vec::new() };
    group("", "The file", &keys, None, &mut written);
    written.text
}

struct Written<'k> {
    text: String,
    /// Titles and keys of the groups so far: some stand in several places and are described once.
    groups: Vec<(String, &'k [Key])>,
}

/// Returns the group that describes all of these keys already, and what it has besides.
fn described<'w>(keys: &[Key], written: &'w Written<'_>) -> Option<(&'w str, Vec<&'static str>)> {
    let same = |one: &Key, other: &Key| one.name == other.name && one.doc == other.doc;
    let (title, of) = written
        .groups
        .iter()
        .find(|(_, of)| keys.len() > 1 && keys.iter().all(|key| of.iter().any(|other| same(key, other))))?;
    let more = of.iter().filter(|other| !keys.iter().any(|key| same(key, other)));
    Some((title, more.map(|key| key.name).collect()))
}

fn group<'k>(path: &str, title: &str, keys: &'k [Key], inherited: Option<Effect>, written: &mut Written<'k>) {
    written.text += &format!("### {title}\n\n");
    if let Some((other, more)) = described(keys, written) {
        let without = match more[..] {
            [] => String::new(),
            _ => format!(
                ", without {}",
                more.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        let text = format!("The keys of {other}{without}.\n\n");
        written.text += &text;
        return;
    }
    written.groups.push((title.to_owned(), keys));
    written.text +=
        "| key | takes | default | meaning | a change causes |\n| --- | --- | --- | --- | --- |\n";
    for key in keys {
        written.text += &row(key, key.effect.or(inherited));
    }
    written.text += "\n";
    for key in keys.iter().filter(|key| !key.kind.keys().is_empty()) {
        let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        let path = match key.kind {
            Kind::Names { .. } => format!("{path}.<name>"),
            Kind::List { .. } | Kind::Either(_, _) if is_list(&key.kind) => format!("{path}[]"),
            _ => path,
        };
        group(&path, &format!("`{path}`"), key.kind.keys(), key.effect.or(inherited), written);
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
