//! Looks through a source tree for what the rules know, line by line.

use std::collections::HashMap;
use std::path::Path;

use regex::RegexSet;

use super::rules::{self, Kind, LINES, Line, PLACES};
use super::tree::{self, Error, Limits};
use super::{Factor, Factors, Found, judge};

/// A line is looked at so far; what follows is no source anybody wrote.
const LONGEST_LINE: usize = 2_000;
/// Findings of one rule that are kept; there may be millions.
const KEPT: usize = 1_000;

/// Checks the source tree of this folder.
///
/// # Errors
/// The folder can't be read.
pub fn check(root: &Path, limits: Limits) -> Result<Factors, Error> {
    let mut scan = Scan::new();
    let read = tree::walk(root, limits, |path, text| scan.file(path, text))?;
    scan.repository(root);
    scan.drop_what_is_remedied();
    Ok(judge(&root.display().to_string(), scan.found, &scan.uncounted, Some(read)))
}

struct Scan {
    /// The patterns of [`LINES`], all at once.
    lines: RegexSet,
    places: RegexSet,
    found: Vec<(Factor, Found)>,
    /// By rule, how often it was found.
    counts: HashMap<&'static str, usize>,
    /// By factor, findings over what is kept of one rule.
    uncounted: HashMap<Factor, usize>,
}

impl Scan {
    fn new() -> Scan {
        let set = |patterns: Vec<&str>| {
            // A pattern that is none is a mistake in this crate, which its tests find.
            RegexSet::new(patterns).unwrap_or_else(|_| RegexSet::empty())
        };
        Scan {
            lines: set(LINES.iter().map(|rule| rule.pattern).collect()),
            places: set(PLACES.iter().map(|rule| rule.pattern).collect()),
            found: Vec::new(),
            counts: HashMap::new(),
            uncounted: HashMap::new(),
        }
    }

    fn file(&mut self, path: &str, text: &str) {
        for i in self.places.matches(path) {
            let rule = &PLACES[i];
            self.add(rule.factor, rule.speaks_for, rule.what, path.to_owned());
        }
        let Some(kind) = Kind::of(path) else { return };
        let is_test = rules::is_test(path);
        for (i, line) in text.lines().enumerate() {
            let line = cut(line);
            if line.trim().is_empty() || kind.is_comment(line) {
                continue;
            }
            let matched: Vec<usize> = self.lines.matches(line).into_iter().collect();
            for rule in matched.into_iter().map(|i| &LINES[i]) {
                if rule.holds(kind, is_test, line) {
                    self.add(rule.factor, rule.speaks_for, rule.what, format!("{path}:{}", i + 1));
                }
            }
        }
    }

    fn add(&mut self, factor: Factor, speaks_for: bool, what: naru_model::language::Text, place: String) {
        let count = self.counts.entry(what.en).or_default();
        *count += 1;
        if *count > KEPT {
            *self.uncounted.entry(factor).or_default() += 1;
        } else {
            self.found.push((factor, Found { speaks_for, what, detail: String::new(), place }));
        }
    }

    /// Whether the tree, or one it lies in, is under version control. Only whether it is there is looked at.
    fn repository(&mut self, root: &Path) {
        let Ok(absolute) = std::path::absolute(root) else { return };
        let under = |name: &str| absolute.ancestors().find(|folder| folder.join(name).exists());
        for (name, what) in rules::REPOSITORIES {
            if let Some(folder) = under(name) {
                self.add(Factor::Codebase, true, what, folder.join(name).display().to_string());
                return;
            }
        }
    }

    /// What is wrong only as long as something else is missing is dropped where that was found.
    fn drop_what_is_remedied(&mut self) {
        for rule in LINES {
            let Some(remedy) = rule.unless else { continue };
            if self.counts.contains_key(remedy.en) {
                self.found.retain(|(_, found)| found.what.en != rule.what.en);
                let over = self.counts.get(rule.what.en).map_or(0, |count| count.saturating_sub(KEPT));
                if let Some(uncounted) = self.uncounted.get_mut(&rule.factor) {
                    *uncounted = uncounted.saturating_sub(over);
                }
            }
        }
    }
}

/// The beginning of a line, at a character's edge.
fn cut(line: &str) -> &str {
    let mut end = line.len().min(LONGEST_LINE);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}

impl Line {
    fn holds(&self, kind: Kind, is_test: bool, line: &str) -> bool {
        self.kinds.contains(&kind)
            && (self.speaks_for || !is_test)
            && self.but_not.is_none_or(|but| !line.contains(but))
    }
}
