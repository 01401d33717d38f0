//! What a scenario measured, each figure beside what was wanted of it.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::load::Outcome;

/// The outcome of one scenario.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub name: &'static str,
    /// Whether every figure is as wanted.
    pub passed: bool,
    pub figures: Vec<Figure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Table>,
    /// What else is worth knowing: the first failures, word for word.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub key: Cow<'static, str>,
    pub value: f64,
    /// Empty for a count.
    pub unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
}

/// Figures of several loads beside each other.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    pub title: String,
    /// With their units.
    pub columns: Vec<&'static str>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub name: String,
    /// One for each column.
    pub values: Vec<f64>,
}

/// What is wanted of a figure, in the figure's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    Exactly(f64),
    AtLeast(f64),
    AtMost(f64),
    Below(f64),
}

impl Wanted {
    pub fn holds(self, value: f64) -> bool {
        match self {
            Wanted::Exactly(wanted) => value == wanted,
            Wanted::AtLeast(least) => value >= least,
            Wanted::AtMost(most) => value <= most,
            Wanted::Below(bound) => value < bound,
        }
    }
}

impl Report {
    pub(crate) fn new(name: &'static str) -> Report {
        Report { name, passed: true, figures: Vec::new(), tables: Vec::new(), notes: Vec::new() }
    }

    /// Adds a figure that is told and not judged.
    pub(crate) fn tell(&mut self, key: impl Into<Cow<'static, str>>, value: f64, unit: &'static str) {
        self.figures.push(Figure { key: key.into(), value, unit, wanted: None });
    }

    pub(crate) fn judge(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: f64,
        unit: &'static str,
        wanted: Wanted,
    ) {
        self.passed &= wanted.holds(value);
        self.figures.push(Figure { key: key.into(), value, unit, wanted: Some(wanted) });
    }

    /// Adds what clients saw: requests, p50 and p99, and what failed in words.
    pub(crate) fn tell_load(&mut self, outcome: &Outcome) {
        self.tell("requests", outcome.due as f64, "");
        self.tell("p50", outcome.quantile(0.5).as_secs_f64() * 1000.0, "ms");
        self.tell("p99", outcome.quantile(0.99).as_secs_f64() * 1000.0, "ms");
        self.tell("longest time without an answer", outcome.longest_silence.as_secs_f64() * 1000.0, "ms");
        for (failure, count) in &outcome.failures {
            self.notes.push(format!("{count} requests failed: {failure:?}"));
        }
        self.notes.extend(outcome.examples.iter().cloned());
    }

    /// Judges what was found after the platform was stopped in order.
    pub(crate) fn judge_leftovers(&mut self, left: Vec<String>) {
        self.judge("processes left behind", left.len() as f64, "", Wanted::Exactly(0.0));
        self.notes.extend(left.into_iter().map(|process| format!("left behind: {process}")));
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Exactly(wanted) => write!(f, "wanted {}", Number(*wanted)),
            Wanted::AtLeast(least) => write!(f, "wanted at least {}", Number(*least)),
            Wanted::AtMost(most) => write!(f, "wanted at most {}", Number(*most)),
            Wanted::Below(bound) => write!(f, "wanted below {}", Number(*bound)),
        }
    }
}

/// A whole number as such, any other with as many places as say something.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = if self.0.fract() == 0.0 { 0 } else { 3 };
        f.pad(&format!("{:.places$}", self.0))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, if self.passed { "passed" } else { "NOT PASSED" })?;
        for figure in &self.figures {
            let verdict = figure.wanted.map(|wanted| {
                let mark = if wanted.holds(figure.value) { "ok" } else { "!!" };
                format!("{mark}  {wanted}")
            });
            let line = format!(
                "  {:<42} {:>12} {:<4} {}",
                figure.key,
                Number(figure.value),
                figure.unit,
                verdict.unwrap_or_default()
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        self.tables.iter().try_for_each(|table| write!(f, "{table}"))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.rows.iter().map(|row| row.name.chars().count());
        let first = names.max().unwrap_or(0);
        let width = |column: &&str| column.chars().count().max(9);
        write!(f, "\n  {}\n  {:first$}", self.title, "")?;
        for column in &self.columns {
            write!(f, "  {column:>width$}", width = width(column))?;
        }
        writeln!(f)?;
        for row in &self.rows {
            write!(f, "  {:first$}", row.name)?;
            for (column, value) in self.columns.iter().zip(&row.values) {
                // Ratios and seconds want places; thousands do not.
                let places = if value.fract() == 0.0 || *value >= 1000.0 { 0 } else { 2 };
                write!(f, "  {value:>width$.places$}", width = width(column))?;
            }
            writeln!(f)?;
        }
        writeln!(f)
    }
}

/// The middle one, or the mean of both in the middle; 0 of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_figure_that_is_not_as_wanted_fails_the_report() {
        let mut report = Report::new("x");
        report.tell("told", 5.0, "");
        report.judge("good", 1.1, "", Wanted::AtMost(1.1));
        assert!(report.passed);
        report.judge("bad", 1000.0, "ms", Wanted::Below(1000.0));
        report.judge("good again", 0.0, "", Wanted::Exactly(0.0));
        assert!(!report.passed);
        let printed = report.to_string();
        assert!(printed.starts_with("x: NOT PASSED\n"), "{printed}");
        assert!(printed.contains("1000 ms   !!  wanted below 1000"), "{printed}");
    }

    #[test]
    fn a_table_has_its_columns_under_each_other() {
        let row = |name: &str, values: [f64; 2]| Row { name: name.to_owned(), values: values.to_vec() };
        let rows = vec![row("fixed", [2640.0, 87.961]), row("scaling", [5100.0, 170.2])];
        let table = Table { title: "two loads".to_owned(), columns: vec!["requests", "requests/s"], rows };
        let expected = "
  two loads
            requests  requests/s
  fixed         2640       87.96
  scaling       5100      170.20

";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn the_median_does_not_mind_an_outlier() {
        assert_eq!(median(&[3.0, 1.0, 900.0]), 3.0);
        assert_eq!(median(&[1.0, 2.0, 4.0, 900.0]), 3.0);
        assert_eq!(median(&[]), 0.0);
    }
}
