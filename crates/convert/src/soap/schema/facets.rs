//! What a simple type asks of its text beside being of its kind.

use super::pattern::Pattern;

/// Of a restriction together with those of what it restricts. Ends of ranges are as written in the schema.
#[derive(Debug, Clone, Default)]
pub(in crate::soap) struct Facets {
    /// Empty: anything.
    pub(in crate::soap) enumeration: Vec<String>,
    /// All must match.
    pub(in crate::soap) patterns: Vec<Pattern>,
    /// Characters; bytes of binary types, items of lists.
    pub(in crate::soap) length: Option<usize>,
    pub(in crate::soap) min_length: Option<usize>,
    pub(in crate::soap) max_length: Option<usize>,
    pub(in crate::soap) min: Option<Edge>,
    pub(in crate::soap) max: Option<Edge>,
    pub(in crate::soap) total_digits: Option<usize>,
    pub(in crate::soap) fraction_digits: Option<usize>,
    /// `xs:whiteSpace` other than `preserve`.
    pub(in crate::soap) collapse: bool,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::soap) struct Edge {
    pub(in crate::soap) value: String,
    /// Whether the value itself is in it.
    pub(in crate::soap) inclusive: bool,
}

/// What is counted for `length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::soap) enum Counted {
    Characters(usize),
    Bytes(usize),
    Items(usize),
}

impl Counted {
    fn count(self) -> (usize, &'static str) {
        match self {
            Counted::Characters(count) => (count, "characters"),
            Counted::Bytes(count) => (count, "bytes"),
            Counted::Items(count) => (count, "items"),
        }
    }
}

impl Facets {
    /// What would be right, when `text` is not.
    ///
    /// # Errors
    /// What is expected, as messages say it.
    pub(in crate::soap) fn check(&self, text: &str, counted: Counted, is_number: bool) -> Result<(), String> {
        if !self.enumeration.is_empty() && !self.enumeration.iter().any(|value| same(value, text, is_number))
        {
            return Err(format!("one of {}", quoted(&self.enumeration)));
        }
        if let Some(pattern) = self.patterns.iter().find(|pattern| !pattern.matches(text)) {
            return Err(format!("text that matches the pattern {:?}", pattern.source()));
        }
        let (count, unit) = counted.count();
        if self.length.is_some_and(|length| count != length) {
            return Err(format!("exactly {} {unit}", self.length.unwrap_or_default()));
        }
        if let Some(min) = self.min_length.filter(|min| count < *min) {
            return Err(format!("at least {min} {unit}"));
        }
        if let Some(max) = self.max_length.filter(|max| count > *max) {
            return Err(format!("at most {max} {unit}"));
        }
        if is_number { self.check_number(text) } else { Ok(()) }
    }

    fn check_number(&self, text: &str) -> Result<(), String> {
        if let Some(edge) = self.min.as_ref().filter(|edge| !edge.is_below(text)) {
            return Err(format!("{} {}", if edge.inclusive { "at least" } else { "more than" }, edge.value));
        }
        if let Some(edge) = self.max.as_ref().filter(|edge| !edge.is_above(text)) {
            return Err(format!("{} {}", if edge.inclusive { "at most" } else { "less than" }, edge.value));
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole = whole.trim_start_matches(['+', '-']).trim_start_matches('0').len();
        let fraction = fraction.trim_end_matches('0').len();
        if let Some(most) = self.fraction_digits.filter(|most| fraction > *most) {
            return Err(format!("at most {most} digits after the point"));
        }
        if let Some(most) = self.total_digits.filter(|most| whole + fraction > *most) {
            return Err(format!("at most {most} digits"));
        }
        Ok(())
    }
}

impl Edge {
    fn is_below(&self, text: &str) -> bool {
        number(text)
            .zip(number(&self.value))
            .is_none_or(|(n, edge)| n > edge || (self.inclusive && n == edge))
    }

    fn is_above(&self, text: &str) -> bool {
        number(text)
            .zip(number(&self.value))
            .is_none_or(|(n, edge)| n < edge || (self.inclusive && n == edge))
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

fn same(a: &str, b: &str, is_number: bool) -> bool {
    a == b || (is_number && number(a).is_some_and(|a| number(b) == Some(a)))
}

/// `"a", "b" or "c"`; long lists are cut.
fn quoted(values: &[String]) -> String {
    const MOST: usize = 20;
    let mut all: Vec<String> = values.iter().take(MOST).map(|value| format!("{value:?}")).collect();
    if values.len() > MOST {
        all.push(format!("{} more", values.len() - MOST));
    }
    all.join(", ")
}
