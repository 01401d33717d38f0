//! What is wrong with a file, printed the way compilers do: where, what, what to do, and the line itself.

use std::fmt;

use serde::Serialize;

/// More than anybody reads; a file that is something else altogether would have thousands.
const MAX_PROBLEMS: usize = 100;
/// Longer source lines are shown from around the problem, in characters.
const MAX_SOURCE: usize = 120;
/// Longer texts are cut in messages, in characters.
const MAX_SHOWN: usize = 60;

/// Everything wrong with one file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// As it was named to naru.
    pub file: String,
    /// At least one, at most 100.
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// From 1; 0 when it is the whole file.
    pub line: usize,
    /// From 1, in characters; 0 when it is the whole file.
    pub column: usize,
    /// Dotted (`services.booking.scale.max`, `routes[0].to`); empty when the text is no YAML.
    pub key: String,
    pub what: String,
    /// What would be right.
    pub help: Option<String>,
    /// The line, without its end; a long one from around the column.
    pub source: String,
    /// Where in `source` the caret goes: characters before it.
    #[serde(skip)]
    caret: usize,
}

/// A place in the text, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pos {
    pub(crate) line: usize,
    /// In characters.
    pub(crate) column: usize,
}

/// Why a value is refused, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) what: String,
    pub(crate) help: Option<String>,
}

impl Refusal {
    pub(crate) fn new(what: impl Into<String>, help: impl Into<String>) -> Refusal {
        Refusal { what: what.into(), help: Some(help.into()) }
    }

    pub(crate) fn bare(what: impl Into<String>) -> Refusal {
        Refusal { what: what.into(), help: None }
    }

    /// Takes the message of an error of `model` apart: it says what, `; ` and what to write.
    pub(crate) fn from_error(error: &impl fmt::Display) -> Refusal {
        let text = error.to_string();
        match text.rsplit_once("; ") {
            Some((what, help)) => Refusal::new(what, help),
            None => Refusal::bare(text),
        }
    }
}

/// Collects what is found on the way.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<(Pos, String, Refusal)>);

impl Problems {
    pub(crate) fn add(&mut self, at: Pos, key: &str, refusal: Refusal) {
        if self.0.len() < MAX_PROBLEMS {
            self.0.push((at, key.to_owned(), refusal));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether a key's value has been refused.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(_, other, _)| other == key)
    }

    /// Tells whether something below a key has been refused.
    pub(crate) fn has_below(&self, key: &str) -> bool {
        let below = |other: &str| other.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
        self.0.iter().any(|(_, other, _)| below(other))
    }

    pub(crate) fn into_report(mut self, file: &str, text: &str) -> Report {
        self.0.sort_by_key(|(at, ..)| *at);
        let lines: Vec<&str> = text.lines().collect();
        let problem = |(at, key, refusal): (Pos, String, Refusal)| {
            let source = lines.get(at.line - 1).copied().unwrap_or("");
            Problem::new(at, key, refusal, source)
        };
        Report { file: file.to_owned(), problems: self.0.into_iter().map(problem).collect() }
    }
}

impl Problem {
    fn new(at: Pos, key: String, refusal: Refusal, source: &str) -> Problem {
        let skipped = if source.chars().count() > MAX_SOURCE {
            (at.column - 1).saturating_sub(MAX_SOURCE / 2)
        } else {
            0
        };
        Problem {
            line: at.line,
            column: at.column,
            key,
            what: refusal.what,
            help: refusal.help,
            source: source.chars().skip(skipped).take(MAX_SOURCE).map(visible).collect(),
            caret: at.column - 1 - skipped,
        }
    }
}

impl Report {
    /// Returns a report of something that is wrong with the file as a whole.
    pub(crate) fn whole_file(file: &str, what: String, help: &str) -> Report {
        let problem = Problem {
            line: 0,
            column: 0,
            key: String::new(),
            what,
            help: Some(help.to_owned()),
            source: String::new(),
            caret: 0,
        };
        Report { file: file.to_owned(), problems: vec![problem] }
    }

    pub(crate) fn one(
        file: &str,
        line: usize,
        column: usize,
        source: &str,
        what: &str,
        help: &str,
    ) -> Report {
        let problem = Problem::new(Pos { line, column }, String::new(), Refusal::new(what, help), source);
        Report { file: file.to_owned(), problems: vec![problem] }
    }
}

impl std::error::Error for Report {}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{}:", self.file)?;
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{}:", self.line, self.column)?;
        }
        if !self.key.is_empty() {
            write!(f, " {}:", self.key)?;
        }
        write!(f, " {}", self.what)?;
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        if self.line == 0 {
            return Ok(());
        }
        let number = self.line.to_string();
        // A tab is as wide in the line below as in the line itself.
        let before: String = self
            .source
            .chars()
            .take(self.caret)
            .map(|c| if c == '\t' { "\t" } else { &"  "[..columns(c)] })
            .collect();
        write!(f, "\n  {number} | {}\n  {:width$} | {before}^", self.source, "", width = number.len())
    }
}

/// A control character would act on the terminal it is shown on.
fn visible(c: char) -> char {
    let hidden = (c.is_control() && c != '\t') || c == '\u{feff}';
    if hidden { char::REPLACEMENT_CHARACTER } else { c }
}

/// Returns how many columns of a terminal a character takes: two for Hangul, Han, kana and full-width forms.
/// Source: Unicode Standard Annex #11, the blocks that are wide throughout.
fn columns(c: char) -> usize {
    let wide = matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd);
    if wide { 2 } else { 1 }
}

/// Returns a text of the file as messages show it: quoted, control characters escaped, a long one cut.
pub(crate) fn shown(text: &str) -> String {
    if text.chars().count() <= MAX_SHOWN {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(MAX_SHOWN).collect();
    format!("{:?}", start + "…")
}

/// Returns the dotted path of a key below `path`.
pub(crate) fn below(path: &str, key: &str) -> String {
    let plain = !key.is_empty()
        && key.chars().count() <= MAX_SHOWN
        && key.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
    let key = if plain { key.to_owned() } else { shown(key) };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_below_the_column_even_after_korean_and_tabs() {
        let mut problems = Problems::default();
        problems.add(Pos { line: 2, column: 6 }, "k", Refusal::new("is wrong", "write it right"));
        let report = problems.into_report("f.yaml", "a: 1\n예약\t: x\n");
        assert_eq!(
            report.to_string(),
            "f.yaml:2:6: k: is wrong; write it right\n  2 | 예약\t: x\n    |     \t  ^"
        );
    }

    #[test]
    fn of_a_long_line_the_part_around_the_problem_is_shown() {
        let mut problems = Problems::default();
        let line = format!("{}here", "x".repeat(500));
        problems.add(Pos { line: 1, column: 501 }, "", Refusal::bare("is wrong"));
        let report = problems.into_report("f.yaml", &line);
        let problem = &report.problems[0];
        assert!(problem.source.chars().count() <= MAX_SOURCE);
        assert_eq!(problem.source.chars().nth(problem.caret), Some('h'));
    }

    #[test]
    fn problems_come_in_the_order_of_lines_and_not_without_end() {
        let mut problems = Problems::default();
        for line in (1..200).rev() {
            problems.add(Pos { line, column: 1 }, "", Refusal::bare("is wrong"));
        }
        let report = problems.into_report("f.yaml", "");
        assert_eq!(report.problems.len(), MAX_PROBLEMS);
        assert!(report.problems.is_sorted_by_key(|p| p.line));
    }
}
