//! Patterns of XML Schema, as far as the regular expressions of `regex` say the same.

use regex::RegexBuilder;

/// The whole text must match. One that can't be told in our regular expressions matches everything: the service will say
/// itself what it does not take.
#[derive(Debug, Clone)]
pub(in crate::soap) struct Pattern {
    source: String,
    compiled: Option<regex::Regex>,
}

/// Bytes of memory that one compiled pattern may take.
const LARGEST: usize = 1 << 20;

impl Pattern {
    /// Several patterns of one restriction are alternatives.
    pub(in crate::soap) fn any_of(sources: &[String]) -> Pattern {
        let source = sources.join("|");
        let translated: Vec<String> = sources.iter().map(|s| format!("(?:{})", translated(s))).collect();
        let compiled =
            RegexBuilder::new(&format!("^(?:{})$", translated.join("|"))).size_limit(LARGEST).build().ok();
        Pattern { source, compiled }
    }

    pub(in crate::soap) fn source(&self) -> &str {
        &self.source
    }

    pub(in crate::soap) fn matches(&self, text: &str) -> bool {
        self.compiled.as_ref().is_none_or(|compiled| compiled.is_match(text))
    }
}

/// Into the dialect of `regex`: `^` and `$` are ordinary there, `\i` and `\c` are the characters of names, and a class is
/// taken from another by `-[`. Source: XML Schema Part 2, appendix F.
fn translated(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 16);
    let mut chars = source.chars().peekable();
    let mut in_class = 0usize;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('i') => out.push_str(if in_class > 0 { r"\p{L}_:" } else { r"[\p{L}_:]" }),
                Some('c') => {
                    out.push_str(if in_class > 0 { r"\p{L}\p{N}._:\-" } else { r"[\p{L}\p{N}._:\-]" })
                }
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '-' if in_class > 0 && chars.peek() == Some(&'[') => out.push_str("--"),
            '[' => {
                in_class += 1;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    out.push('^');
                }
            }
            ']' => {
                in_class = in_class.saturating_sub(1);
                out.push(']');
            }
            '^' | '$' if in_class == 0 => out.extend(['\\', c]),
            '&' | '~' if in_class > 0 => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_must_match_one_of_the_patterns() {
        for (pattern, good, bad) in [
            (r"[0-9]{5}", "04524", "x04524"),
            (r"\d{3}-\d{4}", "010-1234", "010-12345"),
            (r"\i\c*", "a-b.c", "1a"),
            (r"[\i-[:]][\c-[:]]*", "a-b", "a:b"),
            (r"[a-z-[aeiou]]+", "xyz", "xaz"),
            (r"a^b$", "a^b$", "ab"),
            (r"[^a]+", "bcd", "bad"),
            (r"a|b", "b", "ab"),
        ] {
            let pattern = Pattern::any_of(&[pattern.to_owned()]);
            assert!(pattern.matches(good) && !pattern.matches(bad), "{pattern:?}");
        }
        let either = Pattern::any_of(&["a".to_owned(), "b+".to_owned()]);
        assert!(either.matches("a") && either.matches("bb") && !either.matches("ab"));
        // What we can't tell is left to the service.
        assert!(Pattern::any_of(&[r"\p{IsHangul}+(".to_owned()]).matches("anything"));
    }
}
