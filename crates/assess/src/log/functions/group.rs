//! Which templates make one function: those whose paths have the same first part that means something.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::templates::{Template, is_action};

/// Functions that are told apart; the rest is `other`.
const MAX_FUNCTIONS: usize = 24;
/// Less than this share of what is no asset is `other`.
const LEAST_SHARE: f64 = 0.01;
/// A first part that so much of all goes through is the program's own name.
const BASE_SHARE: f64 = 0.85;
/// A function with so much is looked at for parts, each with at least so much.
const DIVIDED: f64 = 0.4;
const PART_SHARE: f64 = 0.1;

/// Parts that say nothing of what a path is for.
const EMPTY: &[&str] = &[
    "api",
    "rest",
    "web",
    "www",
    "app",
    "apps",
    "service",
    "services",
    "svc",
    "ajax",
    "servlet",
    "cgi-bin",
    "public",
    "front",
    "ko",
    "kr",
    "kor",
    "en",
    "eng",
    "ko-kr",
    "en-us",
    "jsp",
    "html",
    "view",
    "views",
    "index.php",
    "open",
    "openapi",
    "mobile",
    "m",
    "pc",
];
/// Words of an action's name that say what is done and not with what.
const VERBS: &[&str] = &[
    "get", "set", "select", "insert", "update", "delete", "remove", "add", "save", "edit", "modify",
    "create", "make", "write", "read", "list", "view", "detail", "form", "page", "main", "index", "popup",
    "pop", "proc", "process", "action", "ajax", "json", "regist", "register", "reg", "inqire", "inquire",
    "search", "find", "do", "go", "move", "show", "check", "chk", "info", "data", "excel", "download",
    "upload", "print", "egov", "cmm", "new", "retrieve", "load", "fetch", "submit", "is", "all", "by", "for",
    "to", "of", "ok", "result",
];
/// Names of the entrance.
const HOMES: &[&str] = &["index", "main", "home", "default", "welcome", "intro", "portal"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Role {
    Function,
    /// Assets.
    Static,
    /// What is too little, or not there.
    Other,
}

/// Templates that make one function, the most asked first.
#[derive(Debug, Clone)]
pub(in super::super) struct Group {
    pub(in super::super) name: String,
    pub(in super::super) role: Role,
    pub(in super::super) prefixes: Vec<String>,
    pub(in super::super) templates: Vec<Template>,
}

impl Group {
    pub(in super::super) fn leaves(&self) -> impl Iterator<Item = &u32> {
        self.templates.iter().flat_map(|template| &template.leaves)
    }

    fn requests(&self) -> u64 {
        self.templates.iter().map(|template| template.requests).sum()
    }
}

/// Each leaf's group, by its number.
pub(in super::super) fn owners(groups: &[Group]) -> HashMap<u32, usize> {
    groups
        .iter()
        .enumerate()
        .flat_map(|(index, group)| group.leaves().map(move |leaf| (*leaf, index)))
        .collect()
}

/// What a template is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    name: String,
    prefix: String,
}

/// Sorts all templates into functions, at most 26.
pub(in super::super) fn group(templates: &[Template]) -> Vec<Group> {
    let (assets, rest): (Vec<&Template>, Vec<&Template>) =
        templates.iter().partition(|template| template.is_asset);
    let (missing, pages): (Vec<&Template>, Vec<&Template>) =
        rest.into_iter().partition(|template| template.is_missing);
    let total: u64 = pages.iter().map(|template| template.requests).sum();
    let base = base(&pages);
    let mut sorted: BTreeMap<String, (BTreeSet<String>, Vec<Template>)> = BTreeMap::new();
    for template in &pages {
        let key = key(&template.parts, base, 0);
        let entry = sorted.entry(key.name).or_default();
        entry.0.insert(key.prefix);
        entry.1.push((*template).clone());
    }
    divide(&mut sorted, base, total);
    let mut groups: Vec<Group> = sorted
        .into_iter()
        .map(|(name, (prefixes, templates))| Group {
            name,
            role: Role::Function,
            prefixes: shortest(prefixes),
            templates,
        })
        .collect();
    groups.sort_by(|a, b| b.requests().cmp(&a.requests()).then_with(|| a.name.cmp(&b.name)));
    let mut other = Group {
        name: "other".to_owned(),
        role: Role::Other,
        prefixes: Vec::new(),
        templates: missing.into_iter().cloned().collect(),
    };
    let mut kept = 0;
    groups.retain(|group| {
        let large = group.requests() as f64 >= total as f64 * LEAST_SHARE && kept < MAX_FUNCTIONS;
        kept += usize::from(large);
        if !large {
            other.templates.extend(group.templates.iter().cloned());
        }
        large
    });
    let assets = Group {
        name: "static".to_owned(),
        role: Role::Static,
        prefixes: Vec::new(),
        templates: assets.into_iter().cloned().collect(),
    };
    other.templates.sort_by_key(|template| std::cmp::Reverse(template.requests));
    groups.extend([assets, other].into_iter().filter(|group| !group.templates.is_empty()));
    name(&mut groups);
    groups
}

/// How many first parts nearly all paths share: the name under which the program was deployed.
fn base(pages: &[&Template]) -> usize {
    let mut within: Vec<&&Template> = pages.iter().collect();
    for depth in 0..3 {
        let mut by_part: BTreeMap<&str, (u64, BTreeSet<Option<&String>>)> = BTreeMap::new();
        let mut total = 0;
        for template in &within {
            total += template.requests;
            // A file at this depth is nothing that is gone into.
            if let Some(part) = template.parts.get(depth).filter(|_| template.parts.len() > depth + 1) {
                let entry = by_part.entry(part).or_default();
                entry.0 += template.requests;
                entry.1.insert(template.parts.get(depth + 1));
            }
        }
        let most = by_part
            .iter()
            .max_by_key(|(_, (requests, _))| *requests)
            .map(|(part, (requests, below))| ((*part).to_owned(), *requests, below.len()));
        match most {
            Some((part, requests, below))
                if requests as f64 >= total as f64 * BASE_SHARE && below >= 3 && !part.starts_with('{') =>
            {
                within.retain(|template| template.parts.get(depth) == Some(&part));
            }
            _ => return depth,
        }
    }
    3
}

fn is_empty(part: &str) -> bool {
    let version = part
        .strip_prefix('v')
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    EMPTY.contains(&part.to_ascii_lowercase().as_str()) || version
}

/// What a template is sorted by, with so many more parts that mean something.
fn key(parts: &[String], base: usize, more: usize) -> Key {
    let prefix = |count: usize| format!("/{}", parts[..count].join("/"));
    let mut at = base.min(parts.len());
    while at + 1 < parts.len() && is_empty(&parts[at]) {
        at += 1;
    }
    let Some(part) = parts.get(at) else { return Key { name: "home".to_owned(), prefix: prefix(at) } };
    if part.starts_with('{') || is_empty(part) {
        return Key {
            name: if at == 0 { "home".to_owned() } else { parts[at - 1].clone() },
            prefix: prefix(at),
        };
    }
    if at + 1 == parts.len() && part.contains('.') {
        return file(part, prefix(parts.len()));
    }
    let further: Vec<&String> = parts[at + 1..]
        .iter()
        .take(more)
        .take_while(|part| !part.starts_with('{') && !part.contains('.'))
        .collect();
    let name = further.iter().fold(part.clone(), |name, part| format!("{name}-{part}"));
    Key { name, prefix: prefix(at + 1 + further.len()) }
}

/// A file beside the functions' folders: an action is sorted by what it is done with, a document belongs to the entrance.
fn file(name: &str, prefix: String) -> Key {
    let stem = name.split('.').next().unwrap_or(name);
    let words = words(stem);
    let is_home = words.len() == 1 && HOMES.contains(&words[0].as_str());
    if is_home || !is_action(name.as_bytes()) || words.is_empty() {
        return Key { name: "home".to_owned(), prefix };
    }
    let noun = words.iter().find(|word| !VERBS.contains(&word.as_str())).unwrap_or(&words[0]);
    Key { name: noun.clone(), prefix }
}

/// The words of a name: `selectBoardList` is select, board, list.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last_is_lower = false;
    for c in name.chars() {
        if !c.is_alphabetic() {
            last_is_lower = false;
            words.push(String::new());
            continue;
        }
        if words.is_empty() || c.is_uppercase() && last_is_lower {
            words.push(String::new());
        }
        last_is_lower = c.is_lowercase();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| word.len() > 1);
    words
}

/// Takes the large parts out of a function that is most of all.
fn divide(sorted: &mut BTreeMap<String, (BTreeSet<String>, Vec<Template>)>, base: usize, total: u64) {
    let requests =
        |templates: &[Template]| templates.iter().map(|template| template.requests).sum::<u64>() as f64;
    let large: Vec<String> = sorted
        .iter()
        .filter(|(_, (_, templates))| requests(templates) >= total as f64 * DIVIDED)
        .map(|(name, _)| name.clone())
        .collect();
    for name in large {
        let Some((_, templates)) = sorted.get(&name) else { continue };
        let mut parts: BTreeMap<Key, Vec<Template>> = BTreeMap::new();
        templates.iter().for_each(|template| {
            parts.entry(key(&template.parts, base, 1)).or_default().push(template.clone())
        });
        let big = |part: &(&Key, &Vec<Template>)| {
            part.0.name != name && requests(part.1) >= total as f64 * PART_SHARE
        };
        if parts.iter().filter(big).count() < 2 {
            continue;
        }
        let (own, rest): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|(key, templates)| big(&(key, templates)));
        sorted.remove(&name);
        for (key, templates) in own {
            let entry = sorted.entry(key.name).or_default();
            entry.0.insert(key.prefix);
            entry.1.extend(templates);
        }
        for (key, templates) in rest {
            let entry = sorted.entry(name.clone()).or_default();
            entry.0.insert(key.prefix);
            entry.1.extend(templates);
        }
    }
}

/// Prefixes that are within no other one, at most 20.
fn shortest(prefixes: BTreeSet<String>) -> Vec<String> {
    let within = |prefix: &String, other: &String| {
        prefix != other
            && (other == "/" || prefix.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/')))
    };
    // The entrance is the path / itself and not all that is below it.
    let is_within = |prefix: &String| prefixes.iter().any(|other| other != "/" && within(prefix, other));
    prefixes.iter().filter(|prefix| !is_within(prefix)).take(20).cloned().collect()
}

/// Gives names that can be a function's: lower-case letters, digits and hyphens, begun by a letter, no two alike.
fn name(groups: &mut [Group]) {
    let mut given = BTreeSet::new();
    for group in groups {
        let plain: String = group
            .name
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let mut plain: String = plain.trim_matches('-').chars().take(40).collect();
        while plain.contains("--") {
            plain = plain.replace("--", "-");
        }
        if !plain.starts_with(|c: char| c.is_ascii_lowercase()) {
            plain = format!("f-{plain}").trim_end_matches('-').to_owned();
        }
        let mut name = plain.clone();
        let mut number = 2;
        while !given.insert(name.clone()) {
            name = format!("{plain}-{number}");
            number += 1;
        }
        group.name = name;
    }
}

#[cfg(test)]
mod tests;
