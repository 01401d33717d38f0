//! Path templates that need all paths to be found: a name with many values, as in `/users/kim`, is one that stands where very many
//! others stand and leads to the same. `shape` has left out what a path alone tells.

use std::collections::BTreeMap;

use super::leaves::{Leaves, NAME, ending};
use super::shape::Kind;
use super::tally::Stat;

/// So many names in one folder are values, not parts of the program.
const MANY: usize = 24;
/// The same for documents, which a program has few of by name.
const MANY_DOCUMENTS: usize = 12;
/// At the top a name is more likely to be a function.
const MANY_AT_TOP: usize = 100;
/// Of a folder's requests: a name with this share is a part of its own for all that.
const OWN_SHARE: f64 = 0.05;
const OWN_SHARE_OF_ACTIONS: f64 = 0.005;
/// Folders lead to the same when each name in them is in so many of them.
const ALIKE: f64 = 3.0;
/// Paths that are nearly never there are nobody's: scanners ask for them.
const MISSING_SHARE: f64 = 0.8;

/// Endings of programs: what stands before them is an action, not a document.
const ACTIONS: &[&[u8]] = &[
    b".do", b".action", b".jsp", b".jspx", b".jsf", b".php", b".asp", b".aspx", b".ashx", b".asmx", b".svc",
    b".cgi", b".pl", b".cfm", b".nhn", b".json", b".ajax", b".fcgi", b".xhtml", b".wsdl",
];

/// A path with places for what varies, and the leaves that it stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) parts: Vec<String>,
    pub(super) leaves: Vec<u32>,
    pub(super) requests: u64,
    pub(super) is_asset: bool,
    /// Nearly always answered 404.
    pub(super) is_missing: bool,
}

impl Template {
    pub(super) fn path(&self) -> String {
        format!("/{}", self.parts.join("/"))
    }
}

/// Whether a name's ending is a program's.
pub(super) fn is_action(part: &[u8]) -> bool {
    ACTIONS.contains(&ending(part))
}

/// A folder or a file, with what is in it.
#[derive(Debug, Default)]
struct Node {
    leaves: Vec<u32>,
    /// Of itself.
    own: u64,
    /// Of all below it too.
    requests: u64,
    children: BTreeMap<Vec<u8>, Node>,
}

/// All templates, the most asked first.
pub(super) fn templates(leaves: &Leaves, stats: &[Stat]) -> Vec<Template> {
    let requests = |leaf: u32| stats.get(leaf as usize).map_or(0, |stat| stat.requests);
    let mut templates = Vec::new();
    let mut root = Node::default();
    let mut missing = Template { parts: vec!["**".to_owned()], is_missing: true, ..Template::default() };
    for (id, leaf) in (0_u32..).zip(&leaves.list) {
        let count = requests(id);
        if count == 0 {
            continue;
        }
        let parts = parts(leaves, id);
        let is_missing = stats[id as usize].missing as f64 >= count as f64 * MISSING_SHARE;
        if is_missing && leaf.kind == Kind::Page {
            missing.leaves.push(id);
            missing.requests += count;
        } else if leaf.kind == Kind::Page {
            root.plant(&parts, id, count);
        } else {
            let parts = parts.iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect();
            templates.push(Template {
                parts,
                leaves: vec![id],
                requests: count,
                is_asset: true,
                is_missing: false,
            });
        }
    }
    root.gather(true);
    root.list(&mut Vec::new(), &mut templates);
    templates.extend((missing.requests > 0).then_some(missing));
    templates.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.parts.cmp(&b.parts)));
    templates
}

fn parts(leaves: &Leaves, leaf: u32) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    let mut at = leaf;
    while at != 0 {
        let leaf = &leaves.list[at as usize];
        parts.push(leaf.part.to_vec());
        at = leaf.parent;
    }
    parts.reverse();
    parts
}

impl Node {
    fn plant(&mut self, parts: &[Vec<u8>], leaf: u32, requests: u64) {
        self.requests += requests;
        match parts.split_first() {
            Some((first, rest)) => {
                self.children.entry(first.clone()).or_default().plant(rest, leaf, requests)
            }
            None => {
                self.leaves.push(leaf);
                self.own += requests;
            }
        }
    }

    fn merge(&mut self, other: Node) {
        self.leaves.extend(other.leaves);
        self.own += other.own;
        self.requests += other.requests;
        for (part, child) in other.children {
            self.children.entry(part).or_default().merge(child);
        }
    }

    /// Puts names together that are values, from the top down. As deep as shapes are.
    fn gather(&mut self, is_top: bool) {
        self.gather_files(is_top);
        self.gather_folders(is_top);
        for child in self.children.values_mut() {
            child.gather(false);
        }
    }

    fn put_together(&mut self, names: Vec<Vec<u8>>, together: Vec<u8>) {
        let mut sum = self.children.remove(&together).unwrap_or_default();
        for name in names {
            if let Some(child) = self.children.remove(&name) {
                sum.merge(child);
            }
        }
        self.children.insert(together, sum);
    }

    /// Names that lead nowhere further, those of each ending by themselves.
    fn gather_files(&mut self, is_top: bool) {
        let mut by_ending: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
        for (name, child) in &self.children {
            if child.children.is_empty() && !name.starts_with(b"{") {
                by_ending.entry(ending(name).to_vec()).or_default().push(name.clone());
            }
        }
        for (ending, names) in by_ending {
            let together = [NAME, &ending[..]].concat();
            let overflowed = self.children.contains_key(&together);
            let (many, own_share) = match &ending[..] {
                [] => (if is_top { MANY_AT_TOP } else { MANY }, OWN_SHARE),
                known if ACTIONS.contains(&known) => (MANY, OWN_SHARE_OF_ACTIONS),
                _ => (MANY_DOCUMENTS, 1.1),
            };
            let least = self.requests as f64 * own_share;
            let light: Vec<Vec<u8>> =
                names.into_iter().filter(|name| (self.children[name].requests as f64) < least).collect();
            if light.len() > many || overflowed {
                self.put_together(light, together);
            }
        }
    }

    /// Names that lead to the same further parts.
    fn gather_folders(&mut self, is_top: bool) {
        let folders: Vec<Vec<u8>> = self
            .children
            .iter()
            .filter(|(name, child)| !child.children.is_empty() && !name.starts_with(b"{"))
            .map(|(name, _)| name.clone())
            .collect();
        let mut inside: BTreeMap<&[u8], usize> = BTreeMap::new();
        for name in &folders {
            self.children[name].children.keys().for_each(|below| *inside.entry(below).or_default() += 1);
        }
        let alike = inside.values().sum::<usize>() as f64 >= ALIKE * inside.len() as f64;
        let overflowed = self.children.get(NAME).is_some_and(|rest| !rest.children.is_empty());
        let many = if is_top { MANY_AT_TOP } else { MANY };
        if folders.len() > many && alike || overflowed {
            let least = self.requests as f64 * if is_top { OWN_SHARE_OF_ACTIONS } else { OWN_SHARE };
            let light =
                folders.into_iter().filter(|name| (self.children[name].requests as f64) < least).collect();
            self.put_together(light, NAME.to_vec());
        }
    }

    fn list(self, parts: &mut Vec<String>, templates: &mut Vec<Template>) {
        if self.own > 0 {
            templates.push(Template {
                parts: parts.clone(),
                leaves: self.leaves,
                requests: self.own,
                is_asset: false,
                is_missing: false,
            });
        }
        for (part, child) in self.children {
            parts.push(String::from_utf8_lossy(&part).into_owned());
            child.list(parts, templates);
            parts.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[(String, u64)]) -> Vec<String> {
        let mut leaves = Leaves::new();
        let mut stats = Vec::new();
        for (path, requests) in paths {
            let leaf = leaves.leaf(path.as_bytes(), Kind::Page).0 as usize;
            if stats.len() <= leaf {
                stats.resize_with(leaf + 1, Stat::default);
            }
            stats[leaf].requests += requests;
        }
        templates(&leaves, &stats).iter().map(Template::path).collect()
    }

    #[test]
    fn names_with_many_values_are_put_together_and_parts_of_the_program_are_not() {
        let mut paths: Vec<(String, u64)> = (0..500)
            .flat_map(|n| [(format!("/users/u{n}x/profile"), 1), (format!("/users/u{n}x/orders"), 2)])
            .collect();
        paths.extend((0..40).map(|n| (format!("/news/article-{n}x.html"), 3)));
        paths.extend(["list", "view", "write"].map(|action| (format!("/board/{action}.do"), 50)));
        let mut templates = found(&paths);
        templates.sort();
        assert_eq!(
            templates,
            [
                "/board/list.do",
                "/board/view.do",
                "/board/write.do",
                "/news/{name}.html",
                "/users/{name}/orders",
                "/users/{name}/profile"
            ]
        );
    }

    #[test]
    fn modules_that_lead_to_different_things_stay_apart() {
        let paths: Vec<(String, u64)> = (0..40).map(|n| (format!("/portal/m{n}x/page{n}y.do"), 10)).collect();
        assert_eq!(found(&paths).len(), 40);
    }
}
