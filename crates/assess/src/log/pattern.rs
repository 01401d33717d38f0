//! Patterns of log lines: Apache's and Tomcat's `%h %l %u %t "%r" %>s %b`, nginx' `$remote_addr - ...`, and the columns of
//! W3C logs, all turned into the same steps: a field, and the text that ends it.
//!
//! Sources: Apache mod_log_config, Tomcat AccessLogValve, nginx ngx_http_log_module, W3C Extended Log File Format.

mod combined;
mod names;

use super::findings::BrokenReason;
use super::line::{Line, Unit, bytes, micros};
use super::time::{Clock, Piece, TimeFormat, time_of_day};

/// Apache's names of its formats.
pub(super) const COMMON: &str = r#"%h %l %u %t "%r" %>s %b"#;
pub(super) const COMBINED: &str = r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(
        "{0:?} names no time, no status or no request; a pattern needs all three (%t, %>s, %r or $time_local, $status, $request)"
    )]
    Incomplete(String),
    #[error(
        "{0} is no field of a log pattern that naru knows; fields are written as in Apache's LogFormat (%h) or nginx' log_format ($remote_addr)"
    )]
    Unknown(String),
    #[error(
        "nothing stands between {0} and the field before it, so that nobody can tell where one ends; put a blank between them"
    )]
    Adjacent(String),
}

/// Of `17/May/2015:10:05:03 +0000`.
const CLF_LENGTH: usize = 26;

/// What a field of a pattern says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    Skip,
    Address,
    Forwarded,
    User,
    Time(TimeFormat),
    /// `2015-05-17`, with [`Field::TimeOfDay`] beside it.
    Date,
    TimeOfDay,
    Request,
    Method,
    Target,
    Status,
    Bytes,
    Agent,
    Duration(Unit),
}

/// A field and the text behind it; without one it goes to the end of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    field: Field,
    until: Vec<u8>,
}

/// How lines of a log are made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As it was given, to be shown.
    pub text: String,
    start: Vec<u8>,
    steps: Vec<Step>,
    /// More may follow behind the last field.
    open: bool,
    /// The steps are those of [`COMBINED`].
    combined: bool,
}

/// A part of a pattern that is being read.
enum Part {
    Literal(u8),
    Field(Field),
}

impl Pattern {
    /// Reads a pattern, or the name of one: `common`, `combined`.
    ///
    /// # Errors
    /// When a field is unknown, fields touch, or time, status or request is missing.
    pub fn new(text: &str) -> Result<Pattern, Error> {
        let written = match text {
            "common" => COMMON,
            "combined" => COMBINED,
            other => other,
        };
        let parts = if written.contains('%') { names::apache(written)? } else { names::nginx(written)? };
        let mut pattern = Pattern {
            text: text.to_owned(),
            start: Vec::new(),
            steps: Vec::new(),
            open: false,
            combined: written == COMBINED,
        };
        for (part, name) in parts {
            match (part, pattern.steps.last_mut()) {
                (Part::Literal(byte), Some(step)) => step.until.push(byte),
                (Part::Literal(byte), None) => pattern.start.push(byte),
                // Tomcat's and Apache's `%U%q`: a target in two halves.
                (Part::Field(Field::Skip), Some(step))
                    if step.until.is_empty() && step.field == Field::Target => {}
                (Part::Field(_), Some(step)) if step.until.is_empty() => return Err(Error::Adjacent(name)),
                (Part::Field(field), _) => pattern.steps.push(Step { field, until: Vec::new() }),
            }
        }
        pattern.complete()
    }

    /// The columns of a W3C log, as its `#Fields` line names them.
    ///
    /// # Errors
    /// When time, status or request is missing.
    pub(super) fn w3c(fields: &str) -> Result<Pattern, Error> {
        let columns: Vec<Field> = fields.split_ascii_whitespace().map(names::w3c).collect();
        let last = columns.len().saturating_sub(1);
        let until = |index| if index == last { Vec::new() } else { b" ".to_vec() };
        let steps = columns
            .into_iter()
            .enumerate()
            .map(|(index, field)| Step { field, until: until(index) })
            .collect();
        let text = format!("w3c: {fields}");
        Pattern { text, start: Vec::new(), steps, open: false, combined: false }.complete()
    }

    fn complete(self) -> Result<Pattern, Error> {
        let has = |wanted: &[Field]| self.steps.iter().any(|step| wanted.contains(&step.field));
        let time = self.steps.iter().any(|step| matches!(step.field, Field::Time(_)))
            || has(&[Field::Date]) && has(&[Field::TimeOfDay]);
        if time && has(&[Field::Status]) && has(&[Field::Request, Field::Target]) {
            Ok(self)
        } else {
            Err(Error::Incomplete(self.text))
        }
    }

    /// The same pattern with more behind it that is passed over.
    pub(super) fn open(mut self) -> Pattern {
        self.open = true;
        self
    }

    /// Whether lines tell how long a request took, and in which unit.
    pub(super) fn unit(&self) -> Option<Unit> {
        self.steps.iter().find_map(|step| match step.field {
            Field::Duration(unit) => Some(unit),
            _ => None,
        })
    }

    /// Takes response times for those of another unit.
    pub(super) fn set_unit(&mut self, unit: Unit) {
        for step in &mut self.steps {
            if let Field::Duration(old) = &mut step.field {
                *old = unit;
            }
        }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Why it is none of this pattern.
    pub fn read<'a>(&self, line: &'a [u8], clock: &mut Clock) -> Result<Line<'a>, BrokenReason> {
        self.read_part(line, clock).and_then(|(read, rest)| {
            if rest.is_empty() || self.open { Ok(read) } else { Err(BrokenReason::Format) }
        })
    }

    /// Reads a line, and returns what is behind the pattern's last field.
    pub(super) fn read_part<'a>(
        &self,
        line: &'a [u8],
        clock: &mut Clock,
    ) -> Result<(Line<'a>, &'a [u8]), BrokenReason> {
        if self.combined
            && let Some(read) = combined::read(line, clock)
        {
            return Ok(read);
        }
        self.steps(line, clock)
    }

    fn steps<'a>(&self, line: &'a [u8], clock: &mut Clock) -> Result<(Line<'a>, &'a [u8]), BrokenReason> {
        let mut rest = if begins(line, &self.start) {
            &line[self.start.len()..]
        } else {
            return Err(BrokenReason::Format);
        };
        let mut read = Line::default();
        let (mut date, mut seconds, mut listed) = (None, None, false);
        for step in &self.steps {
            let (value, behind) = match step.field {
                // A number at the end of a pattern ends with it: what a blank parts from it is more than the pattern has.
                Field::Bytes | Field::Status if step.until.is_empty() => {
                    rest.split_at(memchr::memchr(b' ', rest).unwrap_or(rest.len()))
                }
                // Its length is known: nothing need be looked for.
                Field::Time(TimeFormat::Clf)
                    if rest.get(CLF_LENGTH..).is_some_and(|behind| begins(behind, &step.until))
                        && !step.until.is_empty() =>
                {
                    (&rest[..CLF_LENGTH], &rest[CLF_LENGTH + step.until.len()..])
                }
                _ => split(rest, &step.until).ok_or(BrokenReason::Truncated)?,
            };
            rest = behind;
            match &step.field {
                Field::Skip => {}
                Field::Address => {
                    // `a, b, c` of X-Forwarded-For where others have one address: the first, and no user of the others' names.
                    listed = value.ends_with(b",");
                    read.address = value.strip_suffix(b",").unwrap_or(value);
                }
                Field::Forwarded => read.forwarded(value),
                Field::User if listed => {
                    read.user(value.rsplit(|b| *b == b' ').next().unwrap_or_default());
                }
                Field::User => read.user(value),
                Field::Time(format) => read.at = clock.read(value, format).ok_or(BrokenReason::Time)?,
                Field::Date => date = clock.date(value),
                Field::TimeOfDay => seconds = time_of_day(value),
                Field::Request => read.request(value)?,
                Field::Method => read.method(value)?,
                Field::Target if value.is_empty() => return Err(BrokenReason::Request),
                Field::Target => read.target = value,
                Field::Status => read.status(value)?,
                Field::Bytes => read.bytes = bytes(value),
                Field::Agent => read.agent = value,
                Field::Duration(unit) => read.micros = read.micros.or_else(|| micros(value, *unit)),
            }
        }
        if let (Some(date), Some(seconds)) = (date, seconds) {
            read.at = clock.day(date + seconds).ok_or(BrokenReason::Time)?;
        } else if read.at == 0 {
            return Err(BrokenReason::Time);
        }
        Ok((read, rest))
    }
}

/// The text before `until`, and that behind it. A quote that the log has escaped ends nothing.
#[inline]
fn split<'a>(text: &'a [u8], until: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let Some((&first, more)) = until.split_first() else { return Some((text, &[])) };
    let quoted = first == b'"';
    let mut from = 0;
    loop {
        // What is quoted is long; most other fields are shorter than it takes to get ready to look fast.
        let found = if quoted { memchr::memchr(first, &text[from..]) } else { near(first, &text[from..]) };
        let at = from + found?;
        let escaped = quoted && at > 0 && text[at - 1] == b'\\' && is_escaped(&text[..at]);
        if !escaped && begins(&text[at + 1..], more) {
            return Some((&text[..at], &text[at + until.len()..]));
        }
        from = at + 1;
    }
}

/// Where a byte is first that is likely among the next few: eight at a time, and after 32 as memchr does it. Source: the exact
/// variant of "Determine if a word has a byte equal to n", S. E. Anderson, Bit Twiddling Hacks; the lowest mark is right though
/// higher ones may be wrong.
#[inline]
pub(super) fn near(byte: u8, text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    let wanted = u64::from(byte) * ONES;
    let mut from = 0;
    while let Some(eight) = text.get(from..).and_then(<[u8]>::first_chunk::<8>) {
        let other = u64::from_le_bytes(*eight) ^ wanted;
        let marks = other.wrapping_sub(ONES) & !other & (ONES << 7);
        if marks != 0 {
            return Some(from + marks.trailing_zeros() as usize / 8);
        }
        from += 8;
        if from == 32 {
            break;
        }
    }
    memchr::memchr(byte, &text[from..]).map(|at| from + at)
}

/// Whether a text begins with a short one: without a call for those that patterns have.
#[inline]
fn begins(text: &[u8], with: &[u8]) -> bool {
    match *with {
        [] => true,
        [one] => text.first() == Some(&one),
        [one, two] => matches!(text, [a, b, ..] if *a == one && *b == two),
        _ => text.starts_with(with),
    }
}

/// Whether an odd number of backslashes ends it.
fn is_escaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests;
