//! Masks personal data in text, in the strings of JSON and in the text of XML; logs use [`Masks::text`].
//!
//! Digits become `*` and what stands between them stays, so that a reader still sees what it was:
//! `900101-1******`, `4111-11**-****-1111`, `010-****-5678`, `110-***-****89`, `h***@example.com`; a match of a pattern becomes `***`.
//! Numbers are found by their form alone: a number that happens to look like one of them is masked too.

mod digits;
mod format;
mod shape;
mod target;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use naru_model::policy::Mask;
use regex::bytes::{Captures, Regex};

use crate::Error;
pub(crate) use shape::MaskShape;

/// Ready to use, in the order of the policy.
#[derive(Debug, Clone)]
pub struct Masks(Vec<Finder>);

#[derive(Debug, Clone)]
enum Finder {
    Resident,
    Card,
    Phone(Regex),
    Account,
    Email(Regex),
    Pattern(Regex),
}

/// Seoul, areas, mobile, internet and freephone, with or without the country's code; the middle is what is masked.
/// Source: the Korean telephone numbering plan (전기통신번호관리세칙).
const PHONE: &str = r"(?-u)(\+82[-. ]?(?:\(0\))?0?|\(?0)(2|1[016789]|[3-6][1-5]|70|80|50[0-9]?)(\)?[-. ]?)([0-9]{3,4})([-. ]?[0-9]{4})";
/// What mail systems deliver, without quoted names. Source: RFC 5321, 4.1.2, of which this is a part.
const EMAIL: &str = r"(?-u)([A-Za-z0-9])[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}(@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){1,8})";

impl Masks {
    /// # Errors
    /// A pattern is no regular expression.
    pub fn new(masks: &[Mask]) -> Result<Masks, Error> {
        let compiled = |pattern: &str| {
            // As large as a pattern of a policy needs; what it takes in memory is bounded by this.
            let regex = regex::bytes::RegexBuilder::new(pattern).size_limit(1 << 20).build();
            regex.map_err(|source| Error::Pattern { pattern: pattern.to_owned(), source })
        };
        let finders = masks.iter().map(|mask| {
            Ok(match mask {
                Mask::ResidentNumber => Finder::Resident,
                Mask::Card => Finder::Card,
                Mask::Phone => Finder::Phone(compiled(PHONE)?),
                Mask::Account => Finder::Account,
                Mask::Email => Finder::Email(compiled(EMAIL)?),
                Mask::Pattern(pattern) => Finder::Pattern(compiled(pattern)?),
            })
        });
        Ok(Masks(finders.collect::<Result<_, Error>>()?))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text with everything masked; borrowed when there was nothing to mask.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(masked) => Cow::Owned(into_text(masked)),
        }
    }

    /// As [`Masks::text`], of text in any encoding that has ASCII in it, such as EUC-KR.
    pub fn bytes<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let mut masked = Cow::Borrowed(text);
        for finder in &self.0 {
            if let Cow::Owned(changed) = finder.mask(&masked) {
                masked = Cow::Owned(changed);
            }
        }
        masked
    }
}

/// A pattern can ask for bytes and cut a character in two.
fn into_text(masked: Vec<u8>) -> String {
    String::from_utf8(masked).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

impl Finder {
    fn mask<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        match self {
            Finder::Resident => digits::mask(text, format::resident),
            Finder::Card => digits::mask(text, format::card),
            Finder::Account => digits::mask(text, format::account),
            Finder::Phone(regex) => replaced(regex, text, |found, out| {
                let part = |group| found.get(group).map_or(&b""[..], |part| part.as_bytes());
                out.extend_from_slice(part(1));
                out.extend_from_slice(part(2));
                out.extend_from_slice(part(3));
                out.extend(part(4).iter().map(|_| b'*'));
                out.extend_from_slice(part(5));
            }),
            Finder::Email(regex) => replaced(regex, text, |found, out| {
                let part = |group| found.get(group).map_or(&b""[..], |part| part.as_bytes());
                out.extend_from_slice(part(1));
                out.extend_from_slice(b"***");
                out.extend_from_slice(part(2));
            }),
            Finder::Pattern(regex) => regex.replace_all(text, &b"***"[..]),
        }
    }
}

/// Replaces what is found and stands alone: no letter or digit goes on before it, and no digit behind it.
fn replaced<'t>(
    regex: &Regex,
    text: &'t [u8],
    replace: impl Fn(&Captures<'_>, &mut Vec<u8>),
) -> Cow<'t, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let (mut copied, mut from) = (0, 0);
    while let Some(found) = regex.captures_at(text, from) {
        let Some(whole) = found.get(0) else { break };
        let alone = (whole.start() == 0 || !text[whole.start() - 1].is_ascii_alphanumeric())
            && !text.get(whole.end()).is_some_and(u8::is_ascii_digit);
        if !alone {
            // What begins within it is looked for too; a match is of bounded length, so that this stays linear.
            from = whole.start() + 1;
            continue;
        }
        let out = out.get_or_insert_with(|| Vec::with_capacity(text.len()));
        out.extend_from_slice(&text[copied..whole.start()]);
        replace(&found, out);
        (copied, from) = (whole.end(), whole.end());
    }
    match out {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.extend_from_slice(&text[copied..]);
            Cow::Owned(out)
        }
    }
}
