//! Conditions in SQL. Whatever a value holds, it stays a value.

use std::fmt::{Display, Write};

/// A text as a literal. Source: ClickHouse, "Syntax: String": backslash escapes, of which a quote and a backslash need one.
pub(crate) fn text(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('\'');
    for c in value.chars() {
        match c {
            '\'' => literal.push_str("\\'"),
            '\\' => literal.push_str("\\\\"),
            '\0' => literal.push_str("\\0"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            c => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}

/// Bytes of a FixedString as an expression.
pub(crate) fn bytes(value: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * value.len());
    // Writing to a String can't fail.
    for byte in value {
        let _ = write!(digits, "{byte:02x}");
    }
    format!("unhex('{digits}')")
}

/// Conditions that all must hold.
#[derive(Debug, Clone)]
pub(crate) struct Where(String);

impl Where {
    pub(crate) fn platform(name: &str) -> Where {
        Where(format!("platform = {}", text(name)))
    }

    pub(crate) fn and(&mut self, condition: impl Display) {
        // Writing to a String can't fail.
        let _ = write!(self.0, " AND {condition}");
    }

    /// A column is this text.
    pub(crate) fn is(&mut self, column: &str, value: &str) {
        self.and(format_args!("{column} = {}", text(value)));
    }

    /// A column of numbers lies from `from` on and before `to`.
    pub(crate) fn within(&mut self, column: &str, (from, to): (u64, u64)) {
        self.and(format_args!("{column} >= {from} AND {column} < {to}"));
    }
}

impl Display for Where {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One of these columns contains a text, upper and lower case alike.
pub(crate) fn contains(columns: &[&str], value: &str) -> String {
    let value = text(value);
    let of = |column: &&str| format!("positionCaseInsensitiveUTF8({column}, {value}) != 0");
    format!("({})", columns.iter().map(of).collect::<Vec<_>>().join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a literal as ClickHouse does: what it stands for, and how much of the text it is.
    fn read(sql: &str) -> Option<(String, usize)> {
        let mut chars = sql.char_indices();
        let (_, '\'') = chars.next()? else { return None };
        let mut value = String::new();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' => return Some((value, at + 1)),
                '\\' => value.push(match chars.next()?.1 {
                    'n' => '\n',
                    'r' => '\r',
                    '0' => '\0',
                    other => other,
                }),
                other => value.push(other),
            }
        }
        None
    }

    proptest! {
        #[test]
        fn a_text_is_one_literal_and_stays_what_it_is(value in ".*") {
            let literal = text(&value);
            prop_assert_eq!(read(&literal), Some((value, literal.len())));
        }
    }

    #[test]
    fn hostile_texts_end_no_literal() {
        for value in ["' OR 1=1 --", "\\' OR 1=1 --", "\\", "'", "a\0b\n'; DROP TABLE spans", "신청'가"] {
            let literal = text(value);
            assert_eq!(read(&literal), Some((value.to_owned(), literal.len())), "{literal}");
        }
    }

    #[test]
    fn conditions_are_joined() {
        let mut conditions = Where::platform("o'hara");
        conditions.is("service", "a\\");
        conditions.within("end_us", (1, 5));
        conditions.and(contains(&["name", "detail"], "X"));
        assert_eq!(
            conditions.to_string(),
            "platform = 'o\\'hara' AND service = 'a\\\\' AND end_us >= 1 AND end_us < 5 AND \
             (positionCaseInsensitiveUTF8(name, 'X') != 0 OR positionCaseInsensitiveUTF8(detail, 'X') != 0)"
        );
        assert_eq!(bytes(&[0, 255]), "unhex('00ff')");
    }
}
