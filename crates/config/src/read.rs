//! Nodes into typed items, as the shape of the file says: unknown and doubled keys, missing ones and values of the
//! wrong kind are found here.

use std::collections::BTreeMap;

use crate::item::{Entry, Item, Value};
use crate::keys;
use crate::report::{Pos, Problems, Refusal, below, shown};
use crate::scalar;
use crate::shape::{Key, Kind, Text};
use crate::suggest::nearest;
use crate::tree::{Data, Node, Pair};

/// Reads a whole file. `None` when it is no group of keys at all.
pub(crate) fn document(node: &Node, problems: &mut Problems) -> Option<Item> {
    let owner = Owner { path: String::new(), at: node.at };
    read(node, &Kind::Keys(keys::all()), owner, problems)
}

/// To whom a value belongs: the key it is for.
struct Owner {
    path: String,
    at: Pos,
}

fn read(node: &Node, kind: &Kind, owner: Owner, problems: &mut Problems) -> Option<Item> {
    if node.is_null() && !matches!(kind, Kind::Text(_)) {
        let help = format!("write {}, or leave the key out", kind.words());
        problems.add(owner.at, &owner.path, Refusal::new("nothing is written here", help));
        return None;
    }
    match (kind, &node.data) {
        (Kind::Either(one, _), Data::Scalar { text, .. }) if matches!(**one, Kind::Choice(words) if !words.contains(&text.as_str())) =>
        {
            let what = format!("{} is not known here", shown(text));
            problems.add(node.at, &owner.path, Refusal::new(what, format!("write {}", kind.words())));
            None
        }
        (Kind::Either(one, _), Data::Scalar { .. }) => read(node, one, owner, problems),
        (Kind::Either(_, other), _) => read(node, other, owner, problems),
        (Kind::OneOrMore { least, of }, Data::List(nodes)) => list(node, nodes, of, *least, owner, problems),
        (Kind::OneOrMore { of, .. }, _) => {
            let Owner { path, at } = owner;
            let item = read(node, of, Owner { path: path.clone(), at }, problems)?;
            Some(Item { at: node.at, path, value: Value::List(vec![item]) })
        }
        (Kind::Keys(keys), Data::Map(pairs)) => Some(group(node, pairs, keys, owner, problems)),
        (Kind::Names { name, least, of }, Data::Map(pairs)) => {
            names(node, pairs, Names { name, least: *least, of }, owner, problems)
        }
        (Kind::List { least, of }, Data::List(nodes)) => list(node, nodes, of, *least, owner, problems),
        (kind, Data::Scalar { text, plain }) if !is_collection(kind) => {
            one(node, kind, (text, *plain), owner, problems)
        }
        (kind, _) => {
            problems.add(node.at, &owner.path, wrong_kind(node, kind));
            None
        }
    }
}

fn is_collection(kind: &Kind) -> bool {
    matches!(kind, Kind::Keys(_) | Kind::Names { .. } | Kind::List { .. })
}

fn one(
    node: &Node,
    kind: &Kind,
    (text, plain): (&str, bool),
    owner: Owner,
    problems: &mut Problems,
) -> Option<Item> {
    if node.is_null() {
        let help = "write a text, \"\" for an empty one, or leave the key out";
        problems.add(owner.at, &owner.path, Refusal::new("nothing is written here", help));
        return None;
    }
    match scalar::read(kind, text, plain) {
        Ok(value) => Some(Item { at: node.at, path: owner.path, value }),
        Err(refusal) => {
            problems.add(node.at, &owner.path, refusal);
            None
        }
    }
}

/// Says what stands there and what should.
fn wrong_kind(node: &Node, kind: &Kind) -> Refusal {
    let what = match &node.data {
        Data::Scalar { text, .. } => shown(text),
        Data::List(_) => "a list".to_owned(),
        Data::Map(_) => "a group of keys".to_owned(),
    };
    let what = format!("{what} stands where {} should be", article_only(kind));
    match (kind, &node.data) {
        (Kind::List { of, .. }, Data::Scalar { text, .. })
            if matches!(**of, Kind::Text(_)) && text.len() < 60 =>
        {
            let words: Vec<String> = text.split_whitespace().map(|word| format!("{word:?}")).collect();
            Refusal::new(what, format!("write [{}]", words.join(", ")))
        }
        (Kind::List { .. }, _) => Refusal::new(what, "start each item on a line of its own, with '- '"),
        (Kind::Keys(keys), _) => Refusal::new(what, format!("its keys are {}", key_names(keys))),
        _ => Refusal::new(what, format!("write {}", kind.words())),
    }
}

fn article_only(kind: &Kind) -> String {
    match kind {
        Kind::List { .. } => "a list".to_owned(),
        Kind::Names { .. } => "a group of names".to_owned(),
        Kind::Text(text) => text.noun.to_owned(),
        Kind::Duration { .. } => "a duration".to_owned(),
        Kind::Cpu | Kind::Bytes { .. } => "an amount".to_owned(),
        Kind::Percent { .. } => "a percentage".to_owned(),
        Kind::Rate { .. } => "a rate".to_owned(),
        Kind::Time => "a date or a time".to_owned(),
        kind => kind.words(),
    }
}

fn key_names(keys: &[Key]) -> String {
    keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
}

fn group(node: &Node, pairs: &[Pair], keys: &[Key], owner: Owner, problems: &mut Problems) -> Item {
    let mut entries = Vec::new();
    // What misspelled keys were most likely meant to be: that those are missing need not be said too.
    let mut meant = Vec::new();
    for pair in once(pairs, &owner.path, problems) {
        let path = below(&owner.path, &pair.key);
        let Some(key) = keys.iter().find(|key| key.name == pair.key) else {
            meant.extend(nearest(&pair.key, keys.iter().map(|key| key.name)));
            problems.add(pair.at, &path, unknown(&pair.key, keys));
            continue;
        };
        let owner = Owner { path: path.clone(), at: pair.at };
        let item = read(&pair.value, &key.kind, owner, problems);
        entries.push(Entry { name: pair.key.clone(), at: pair.at, path, item });
    }
    for key in keys.iter().filter(|key| key.is_required()) {
        if !meant.contains(&key.name) && !pairs.iter().any(|pair| pair.key == key.name) {
            let help = format!("write {}", key.kind.words());
            problems.add(owner.at, &below(&owner.path, key.name), Refusal::new("this key is missing", help));
        }
    }
    Item { at: node.at, path: owner.path, value: Value::Group(entries) }
}

struct Names<'a> {
    name: &'a Text,
    least: usize,
    of: &'a Kind,
}

fn names(
    node: &Node,
    pairs: &[Pair],
    shape: Names<'_>,
    owner: Owner,
    problems: &mut Problems,
) -> Option<Item> {
    if pairs.len() < shape.least {
        problems.add(
            node.at,
            &owner.path,
            Refusal::new(
                "the group is empty",
                format!("give it at least one, under {} (`{}`)", shape.name.noun, shape.name.example),
            ),
        );
        return None;
    }
    let mut entries = Vec::new();
    for pair in once(pairs, &owner.path, problems) {
        let path = below(&owner.path, &pair.key);
        let name = scalar::read(&Kind::Text(*shape.name), &pair.key, true);
        let good = name.map_err(|refusal| problems.add(pair.at, &path, refusal)).is_ok();
        let inner = Owner { path: path.clone(), at: pair.at };
        let item = read(&pair.value, shape.of, inner, problems).filter(|_| good);
        entries.push(Entry { name: pair.key.clone(), at: pair.at, path, item });
    }
    Some(Item { at: node.at, path: owner.path, value: Value::Group(entries) })
}

/// Returns each pair whose key has not come before, and complains of the others.
fn once<'a>(pairs: &'a [Pair], path: &str, problems: &mut Problems) -> Vec<&'a Pair> {
    let mut first: BTreeMap<&str, Pos> = BTreeMap::new();
    let mut kept = Vec::new();
    for pair in pairs {
        if let Some(before) = first.get(pair.key.as_str()) {
            let what = format!("the key is given twice, first in line {}", before.line);
            problems.add(pair.at, &below(path, &pair.key), Refusal::new(what, "keep one of them"));
        } else {
            first.insert(&pair.key, pair.at);
            kept.push(pair);
        }
    }
    kept
}

/// A key that is not known: misspelled, or at home one level further down.
fn unknown(name: &str, keys: &[Key]) -> Refusal {
    let what = "unknown key";
    if let Some(near) = nearest(name, keys.iter().map(|key| key.name)) {
        return Refusal::new(what, format!("did you mean {near}"));
    }
    let home = keys
        .iter()
        .find(|key| matches!(key.kind, Kind::Keys(_)) && key.kind.keys().iter().any(|k| k.name == name));
    match home {
        Some(home) => Refusal::new(what, format!("{name} belongs below {}", home.name)),
        None => Refusal::new(what, format!("the keys here are {}", key_names(keys))),
    }
}

fn list(
    node: &Node,
    nodes: &[Node],
    of: &Kind,
    least: usize,
    owner: Owner,
    problems: &mut Problems,
) -> Option<Item> {
    if nodes.len() < least {
        problems.add(
            node.at,
            &owner.path,
            Refusal::new("the list is empty", format!("give it at least one item, {}", of.words())),
        );
        return None;
    }
    let items = nodes.iter().enumerate().filter_map(|(i, node)| {
        let inner = Owner { path: format!("{}[{i}]", owner.path), at: node.at };
        read(node, of, inner, problems)
    });
    let items: Vec<Item> = items.collect();
    // An item of no items is a list that was written empty.
    if items.is_empty() && !nodes.is_empty() {
        return None;
    }
    Some(Item { at: node.at, path: owner.path, value: Value::List(items) })
}
