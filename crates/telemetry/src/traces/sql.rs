//! Statements without their values: what is the same statement is told apart from what it was asked with, and nobody's data stands
//! in a message about it.
//!
//! Source: OpenTelemetry, "Semantic conventions for database client calls", "Sanitization of db.query.text": literals become
//! `?`, and lists of them one. <https://opentelemetry.io/docs/specs/semconv/database/database-spans/>

/// Longer ones are cut here, in bytes.
const MOST: usize = 240;
/// What a statement begins with; anything else is not SQL, or a procedure's name.
const VERBS: [&str; 15] = [
    "select", "insert", "update", "delete", "merge", "with", "call", "exec", "execute", "begin", "commit",
    "rollback", "replace", "upsert", "values",
];

/// Whether a text looks like SQL. What other databases are asked has its values all over.
pub(super) fn is_sql(text: &str) -> bool {
    let first = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == '{');
    let first = first.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(first))
}

/// The statement with `?` for each string and number, without comments, in one line. `double`: text in double quotes is a string
/// too, as MySQL has it, not a name.
pub(super) fn shape(statement: &str, double: bool) -> String {
    let mut shaped = String::with_capacity(statement.len().min(MOST));
    let mut rest = statement.trim();
    while let Some(next) = rest.chars().next() {
        if shaped.len() > MOST {
            shaped.truncate(shaped.floor_char_boundary(MOST));
            shaped.push('…');
            break;
        }
        let named = shaped.chars().next_back().is_some_and(|c| c.is_alphanumeric() || "_$\"".contains(c));
        let taken = match next {
            '\'' => string(&mut shaped, rest, '\''),
            '"' if double => string(&mut shaped, rest, '"'),
            '$' | '0'..='9' if !named => number(&mut shaped, rest),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            c if c.is_whitespace() => {
                if !shaped.ends_with([' ', '(']) {
                    shaped.push(' ');
                }
                c.len_utf8()
            }
            '?' => {
                value(&mut shaped);
                1
            }
            c => {
                if matches!(c, ',' | ')') {
                    let kept = shaped.trim_end().len();
                    shaped.truncate(kept);
                }
                shaped.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    let kept = shaped.trim_end().len();
    shaped.truncate(kept);
    shaped
}

/// Takes a string in quotes, in which two of them stand for one.
fn string(shaped: &mut String, text: &str, quote: char) -> usize {
    value(shaped);
    let mut inside = text[1..].char_indices().peekable();
    while let Some((at, c)) = inside.next() {
        match c {
            '\\' => drop(inside.next()),
            c if c == quote && inside.next_if(|(_, next)| *next == quote).is_none() => return at + 2,
            _ => {}
        }
    }
    text.len()
}

/// Takes a number, or the number of a parameter: `1.5e-3`, `0xFF`, `$1`.
fn number(shaped: &mut String, text: &str) -> usize {
    value(shaped);
    let body = &text[1..];
    let mut exponent = false;
    let end = body.find(|c: char| {
        let signed = exponent && "+-".contains(c);
        exponent = c.eq_ignore_ascii_case(&'e');
        !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || signed)
    });
    1 + end.unwrap_or(body.len())
}

/// One more value; of a list the first stands for all.
fn value(shaped: &mut String) {
    let before = shaped.trim_end().len();
    if shaped[..before].ends_with("?,") {
        shaped.truncate(before - 1);
    } else {
        shaped.push('?');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_left_out_and_lists_of_them_are_one() {
        for (statement, shaped) in [
            ("select * from orders where id = 17", "select * from orders where id = ?"),
            ("SELECT  a\n\tFROM t1 WHERE b='it''s' AND c = 1.5e-3", "SELECT a FROM t1 WHERE b=? AND c = ?"),
            ("select 1 where id in (1, 2,3 , 'x')", "select ? where id in (?)"),
            ("select 1 where id in ( ?, ? )", "select ? where id in (?)"),
            ("insert into t values ($1, $2), ($3, $4)", "insert into t values (?), (?)"),
            ("select \"Column1\" from t -- who = 'kim'\nwhere x", "select \"Column1\" from t where x"),
            ("select /* traceparent='00-ab' */ 0xFF from utf8mb4_t", "select ? from utf8mb4_t"),
            ("select 'never closed", "select ?"),
            ("select '이름''과\\' 값', \"열\" from 표2", "select ?, \"열\" from 표2"),
            ("", ""),
        ] {
            assert_eq!(shape(statement, false), shaped, "{statement}");
        }
        assert_eq!(shape("select a from t where b = \"kim\"", true), "select a from t where b = ?");
    }

    #[test]
    fn a_long_statement_is_cut_at_a_character() {
        let shaped = shape(&format!("select {}", "칼럼,".repeat(1000)), false);
        assert!(shaped.len() <= MOST + 3 && shaped.ends_with('…'), "{shaped}");
    }

    #[test]
    fn what_is_no_sql_is_known() {
        for sql in ["SELECT 1", " (select 1)", "{call f(?)}", "with a as (select 1) select * from a"] {
            assert!(is_sql(sql), "{sql}");
        }
        for other in ["GET user:1", "{\"find\": \"orders\"}", "", "selection"] {
            assert!(!is_sql(other), "{other}");
        }
    }
}
