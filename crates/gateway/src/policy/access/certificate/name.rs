//! Distinguished names as one text each, so that a subject in a certificate and one in naru.yaml can be compared.
//!
//! The text is RFC 4514's: the last part first, short names for the types it lists and the usual few beside, dotted numbers
//! for the others. Spaces round separators, the case of types and the kind of escape are evened out; values are compared
//! as they are.

use super::der::{BMP_STRING, Der, Element, IA5_STRING, OID, PRINTABLE_STRING, SEQUENCE, SET, UTF8_STRING};

/// Types with a name. Source: RFC 4514 §3; RFC 4519 for `SN`, `serialNumber` and `title`; RFC 2985 for `emailAddress`.
const TYPES: [(&str, &str); 13] = [
    ("CN", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("serialNumber", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("title", "2.5.4.12"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
];

/// Reads the subject of a certificate: a row of sets of pairs. `None`: it is none.
pub(super) fn of_certificate(subject: Der<'_>) -> Option<String> {
    let mut parts = Vec::new();
    for set in subject {
        let mut pairs = Vec::new();
        for pair in (set.tag == SET).then_some(Der(set.content))? {
            let mut pair = (pair.tag == SEQUENCE).then_some(Der(pair.content))?;
            let kind = dotted(pair.one(OID)?.content)?;
            pairs.push(written(&kind, &value_text(pair.next()?)));
        }
        parts.push(joined(pairs));
    }
    parts.reverse();
    Some(parts.join(","))
}

/// Reads one as somebody wrote it, and writes it as [`of_certificate`] does. `None`: it is none.
pub(super) fn canonical(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in split(text, ',') {
        let mut pairs = Vec::new();
        for pair in split(part, '+') {
            let (kind, value) = pair.split_once('=')?;
            let kind = kind.trim();
            let known = TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind));
            let kind = known.map_or(kind, |(_, number)| number);
            let is_number = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            pairs.push(is_number.then(|| Some(written(kind, &unescaped(value)?)))??);
        }
        parts.push(joined(pairs));
    }
    Some(parts.join(","))
}

/// The pairs of one set have no order.
fn joined(mut pairs: Vec<String>) -> String {
    pairs.sort_unstable();
    pairs.join("+")
}

fn written(kind: &str, value: &str) -> String {
    let name = TYPES.iter().find(|(_, number)| *number == kind).map_or(kind, |(name, _)| name);
    let mut text = format!("{name}=");
    for letter in value.chars() {
        if matches!(letter, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' | '#' | ' ' | '\0') {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

/// Splits at what is not escaped.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    text.split(move |letter| {
        let here = !escaped && letter == separator;
        escaped = !escaped && letter == '\\';
        here
    })
}

/// Undoes `\,` and `\2C`, and drops spaces at the ends that are not escaped. Source: RFC 4514 §2.4 and §3.
fn unescaped(text: &str) -> Option<String> {
    // Of letters that look empty, RFC 4514 knows the plain space alone: others are of the value.
    let text = text.trim_start_matches(' ');
    let mut bytes = Vec::with_capacity(text.len());
    // How much of it has to stay even if it is spaces.
    let mut kept = 0;
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte != b'\\' {
            bytes.push(*byte);
            kept = if *byte == b' ' { kept } else { bytes.len() };
            continue;
        }
        let hex = |byte: u8| char::from(byte).to_digit(16);
        match rest {
            [high, low, tail @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push((hex(*high)? * 16 + hex(*low)?) as u8);
                rest = tail;
            }
            [letter, tail @ ..] => {
                bytes.push(*letter);
                rest = tail;
            }
            [] => return None,
        }
        kept = bytes.len();
    }
    bytes.truncate(kept);
    String::from_utf8(bytes).ok()
}

/// A value as text; of kinds that are no text, `#` and the DER in hexadecimal, as RFC 4514 §2.4 has it.
fn value_text(value: Element<'_>) -> String {
    let text = match value.tag {
        UTF8_STRING | PRINTABLE_STRING | IA5_STRING => {
            std::str::from_utf8(value.content).ok().map(str::to_owned)
        }
        BMP_STRING => {
            let units = value.content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        }
        _ => None,
    };
    text.unwrap_or_else(|| format!("#{}", value.whole.iter().map(|b| format!("{b:02x}")).collect::<String>()))
}

/// An object identifier as dotted numbers. Source: ITU-T X.690 §8.19.
fn dotted(oid: &[u8]) -> Option<String> {
    let mut numbers = Vec::new();
    let mut number = 0u64;
    for byte in oid {
        number = number.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            numbers.push(std::mem::take(&mut number));
        }
    }
    let first = *numbers.first()?;
    let (top, second) = if first < 80 { (first / 40, first % 40) } else { (2, first - 80) };
    let rest = numbers[1..].iter().map(|number| format!(".{number}"));
    Some(format!("{top}.{second}{}", rest.collect::<String>()))
}
