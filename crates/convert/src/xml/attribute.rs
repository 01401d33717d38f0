//! What stands in a start tag after the name: strictly as XML has it, which `quick-xml` does not insist on.

use std::borrow::Cow;

use super::Fault;
use super::character::{is_char, is_space};

/// One attribute as written: its name with prefix, and its value with references resolved and white space made blanks
/// (XML 1.0, 3.3.3).
pub(super) struct Raw<'x> {
    pub(super) name: &'x str,
    pub(super) value: Cow<'x, str>,
}

/// At most `most` of them.
pub(super) fn attributes(mut rest: &str, most: usize) -> Result<Vec<Raw<'_>>, Fault> {
    let mut found = Vec::new();
    loop {
        let trimmed = rest.trim_start_matches(is_space);
        if trimmed.is_empty() {
            return Ok(found);
        }
        if trimmed.len() == rest.len() {
            return Err(Fault::Malformed("white space is missing before an attribute".to_owned()));
        }
        if found.len() == most {
            return Err(Fault::TooManyAttributes(most));
        }
        let end = trimmed.find(|c| is_space(c) || c == '=').unwrap_or(trimmed.len());
        let (name, after) = trimmed.split_at(end);
        let after = after.trim_start_matches(is_space);
        let Some(after) = after.strip_prefix('=') else {
            return Err(Fault::Malformed(format!("attribute `{}` has no value", shortened(name))));
        };
        let after = after.trim_start_matches(is_space);
        let quoted = after.strip_prefix('"').map(|value| (value, '"'));
        let quoted = quoted.or_else(|| after.strip_prefix('\'').map(|value| (value, '\'')));
        let Some((value, after)) = quoted.and_then(|(value, quote)| value.split_once(quote)) else {
            let what = format!("the value of attribute `{}` is not in quotes", shortened(name));
            return Err(Fault::Malformed(what));
        };
        found.push(Raw { name, value: resolved(value)? });
        rest = after;
    }
}

fn resolved(value: &str) -> Result<Cow<'_, str>, Fault> {
    if !value.contains(|c: char| matches!(c, '&' | '<' | '\t' | '\n' | '\r') || !is_char(c)) {
        return Ok(Cow::Borrowed(value));
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        match c {
            '&' => {
                let Some((name, after)) = rest[1..].split_once(';') else {
                    return Err(Fault::Malformed("`&` begins no reference; write &amp;".to_owned()));
                };
                out.push(reference(name)?);
                rest = after;
                continue;
            }
            '<' => return Err(Fault::Malformed("`<` in an attribute; write &lt;".to_owned())),
            // A line end of two characters is one (XML 1.0, 2.11).
            '\r' if rest[1..].starts_with('\n') => {}
            '\t' | '\n' | '\r' => out.push(' '),
            c if is_char(c) => out.push(c),
            c => return Err(Fault::Character(u32::from(c))),
        }
        rest = &rest[c.len_utf8()..];
    }
    Ok(Cow::Owned(out))
}

/// What stands between `&` and `;`.
pub(super) fn reference(name: &str) -> Result<char, Fault> {
    let number = match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => name.strip_prefix('#').ok_or_else(|| Fault::Entity(shortened(name)))?,
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    // from_str_radix would take a sign.
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    let code = plain.then(|| u32::from_str_radix(digits, radix).ok()).flatten();
    let code = code.ok_or_else(|| Fault::Entity(shortened(name)))?;
    char::from_u32(code).filter(|&c| is_char(c)).ok_or(Fault::Character(code))
}

/// Enough of a name to find it by: what is shown must not grow with what was sent.
pub(super) fn shortened(name: &str) -> String {
    const SHOWN: usize = 64;
    match name.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}...", &name[..at]),
        None => name.to_owned(),
    }
}
