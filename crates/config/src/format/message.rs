//! What changes and conversions name in messages: header fields, fields of JSON bodies, elements, what is masked.

use regex::bytes::RegexBuilder;

use super::{Checked, http};
use crate::report::{Refusal, shown};
use crate::suggest::nearest;

/// Header fields that say how a message is framed, or belong to one hop; naru writes them itself.
/// Source: RFC 9110 §7.6.1, RFC 9112 §6.
const OWN_FIELDS: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// The longest regular expression to mask by, in bytes.
const MAX_PATTERN: usize = 1000;
/// How much memory it may take once it is compiled, in bytes; conversions compile it with the same bound.
const MAX_COMPILED: usize = 1 << 20;
/// Namespaces that XML itself has bound. Source: Namespaces in XML 1.0 §3.
const OWN_NAMESPACES: [&str; 2] = ["http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"];
/// What [`mask`] knows besides regular expressions.
const KNOWN_MASKS: [&str; 5] = ["resident_number", "card", "phone", "account", "email"];

/// A header field that may be set, removed, renamed or named to browsers.
pub(super) fn field(text: &str) -> Checked {
    let lower = text.to_ascii_lowercase();
    if OWN_FIELDS.contains(&lower.as_str()) || lower.starts_with("naru-") {
        let what = format!("{} is a header that naru writes itself", shown(text));
        return Err(Refusal::new(what, "leave it out"));
    }
    if http::is_token(text) {
        return Ok(());
    }
    let what = format!("{} is no header's name", shown(text));
    Err(Refusal::new(what, "write letters, digits and '-': X-Request-Source"))
}

/// A header field's value. Source: RFC 9110 §5.5; what is not ASCII is read differently by different programs.
pub(super) fn field_value(text: &str) -> Checked {
    let what = || format!("{} can't be a header's value", shown(text));
    if text.chars().any(char::is_control) {
        return Err(Refusal::new(what(), "write it in one line, without tabs"));
    }
    if !text.is_ascii() {
        return Err(Refusal::new(what(), "write it in ASCII, with %XX for other characters"));
    }
    if text.trim() != text {
        return Err(Refusal::new(what(), "leave out the spaces before and after it"));
    }
    Ok(())
}

/// Names with dots between: `customer.address.street`.
pub(super) fn field_path(text: &str) -> Checked {
    let what = || format!("{} is no path of a field", shown(text));
    if text.contains(['[', ']', '*']) {
        let help = "leave out [ ] and *: in a list all its items are meant (orders.items.price)";
        return Err(Refusal::new(what(), help));
    }
    if text.starts_with(['$', '/']) {
        return Err(Refusal::new(what(), "write names with dots between: customer.address.street"));
    }
    if text.split('.').any(|name| name.trim().is_empty()) {
        return Err(Refusal::new(what(), "write a name before and after each dot: customer.address.street"));
    }
    Ok(())
}

/// The new name of a field, which stays where it is.
pub(super) fn field_name(text: &str) -> Checked {
    let what = || format!("{} is no field's new name", shown(text));
    match text {
        "" => Err(Refusal::new(what(), "write a name, or remove the field below remove")),
        _ if text.contains('.') => {
            let last = text.rsplit('.').next().unwrap_or(text);
            Err(Refusal::new(what(), format!("write the name alone, for a field stays where it is: {last}")))
        }
        _ => Ok(()),
    }
}

pub(super) fn mask(text: &str) -> Checked {
    if KNOWN_MASKS.contains(&text) {
        return Ok(());
    }
    let Some(pattern) = text.strip_prefix('/') else {
        let what = format!("{} is nothing that is known how to mask", shown(text));
        return Err(match nearest(text, KNOWN_MASKS) {
            Some(near) => Refusal::new(what, format!("did you mean {near}")),
            None => Refusal::new(
                what,
                format!(
                    "write {}, or a regular expression between slashes: \"/P[0-9]{{8}}/\"",
                    KNOWN_MASKS.join(", ")
                ),
            ),
        });
    };
    let Some(pattern) = pattern.strip_suffix('/').filter(|pattern| !pattern.is_empty()) else {
        let what = format!("{} is no regular expression between slashes", shown(text));
        return Err(Refusal::new(what, "write one, and a slash after it: \"/P[0-9]{8}/\""));
    };
    if pattern.len() > MAX_PATTERN {
        let what = format!("the regular expression is longer than {MAX_PATTERN} bytes");
        return Err(Refusal::new(what, "write two of them"));
    }
    match RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build() {
        Ok(regex) if regex.is_match(b"") => {
            let what = format!("{} matches the empty text, which is everywhere", shown(text));
            Err(Refusal::new(what, "ask for at least one character: + in place of *"))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(Refusal::new(
            format!("{} is no regular expression: {}", shown(text), reason(&error)),
            "correct it; look-around and back references are not taken",
        )),
    }
}

/// The last line of a regular expression's error; those before show the expression with a caret.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or(&text);
    last.trim_start_matches("error: ").to_owned()
}

/// `type/subtype`, and parameters after it. Source: RFC 9110 §8.3.1.
pub(super) fn media_type(text: &str) -> Checked {
    let essence = text.split(';').next().unwrap_or(text).trim_end();
    let good = essence.split_once('/').is_some_and(|(kind, sub)| http::is_token(kind) && http::is_token(sub));
    if good && field_value(text).is_ok() {
        return Ok(());
    }
    Err(Refusal::new(format!("{} is no media type", shown(text)), "write one such as application/json"))
}

/// An XML name without a prefix. Source: Namespaces in XML 1.0 §3 (NCName), XML 1.0 §2.3 (NameStartChar, NameChar).
pub(super) fn element(text: &str) -> Checked {
    let start = |c: char| {
        c.is_ascii_alphabetic()
            || matches!(c, '_' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
                | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
                | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
                | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
    };
    let inside = |c: char| {
        start(c)
            || c.is_ascii_digit()
            || matches!(c, '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
    };
    if text.starts_with(start) && text.chars().all(inside) {
        return Ok(());
    }
    let what = format!("{} is no element's name", shown(text));
    Err(Refusal::new(what, "start it with a letter, and write letters, digits, '-', '_' and '.' alone"))
}

/// A prefix; empty for what has none.
pub(super) fn prefix(text: &str) -> Checked {
    if text.to_ascii_lowercase().starts_with("xml") {
        let what = format!("{} is reserved by XML", shown(text));
        return Err(Refusal::new(what, "choose another prefix"));
    }
    if text.is_empty() { Ok(()) } else { element(text) }
}

pub(super) fn namespace(text: &str) -> Checked {
    if OWN_NAMESPACES.contains(&text) {
        return Err(Refusal::new(format!("{text} is bound by XML itself"), "leave it out"));
    }
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"<>\"{}|^`\\".contains(c)) {
        return Ok(());
    }
    Err(Refusal::new(format!("{} is no namespace", shown(text)), "write its URI: urn:example:booking"))
}

/// `package.Service`. Source: the grammar of Protocol Buffers 3, `fullIdent`.
pub(super) fn grpc_service(text: &str) -> Checked {
    let ident = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if text.split('.').all(ident) {
        return Ok(());
    }
    let what = format!("{} is no full name of a gRPC service", shown(text));
    Err(Refusal::new(what, "write the package and the service, with dots: booking.v1.Booking"))
}

/// One word, as others have named something.
pub(super) fn word(text: &str) -> Checked {
    if !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Ok(());
    }
    let what = format!("{} is no name", shown(text));
    Err(Refusal::new(what, "write one word, as it is called there"))
}

/// A method and a path: `POST /orders`.
pub(super) fn call(text: &str) -> Checked {
    let Some((method, path)) = text.split_once(' ') else {
        let what = format!("{} is no method and path", shown(text));
        let help = if text.starts_with('/') {
            format!("write POST {text}")
        } else {
            "write POST /orders".to_owned()
        };
        return Err(Refusal::new(what, help));
    };
    http::method(method)?;
    http::target(path)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{all_bad, all_good};
    use super::*;

    #[test]
    fn fields_of_headers() {
        all_good(field, &["X-Source", "authorization", "x_y"]);
        all_bad(field, &["", "X Source", "Host", "content-length", "Naru-Own", "Transfer-Encoding", "예약"]);
        all_good(field_value, &["", "a b", "max-age=60"]);
        all_bad(field_value, &["a\nb", "a\tb", "예약", " a"]);
        all_good(media_type, &["application/json", "text/html; charset=utf-8", "application/problem+json"]);
        all_bad(media_type, &["", "json", "text/", "/html", "text/html\n"]);
    }

    #[test]
    fn fields_of_bodies() {
        all_good(field_path, &["a", "a.b.c", "고객.이름", "first name"]);
        all_bad(field_path, &["", ".a", "a.", "a..b", "$.a", "/a", "a[0]", "a.*"]);
        all_good(field_name, &["name", "이름"]);
        all_bad(field_name, &["", "a.b"]);
    }

    #[test]
    fn what_is_masked() {
        all_good(mask, &["resident_number", "email", "/P[0-9]{8}/", "/여권 [A-Z]/"]);
        let long = format!("/{}/", "a".repeat(1001));
        all_bad(
            mask,
            &["", "e-mail", "credit", "/", "//", "/a", "/(/", "/a*/", r"/(?=a)b/", r"/\w{1000}/", &long],
        );
    }

    #[test]
    fn names_of_others() {
        all_good(element, &["root", "Booking_1", "예약"]);
        all_bad(element, &["", "1a", "ª", "a b", "soap:Envelope", "<a>"]);
        all_good(prefix, &["", "b"]);
        all_bad(prefix, &["xml", "xmlns", "a:b"]);
        all_good(namespace, &["urn:example", "http://example.go.kr/booking#v1"]);
        all_bad(namespace, &["", "a b", "<a>", "http://www.w3.org/2000/xmlns/"]);
        all_good(grpc_service, &["Booking", "booking.v1.Booking"]);
        all_bad(grpc_service, &["", "booking.", "a-b", "1a", "/booking.Booking"]);
        all_good(word, &["BookingService", "예약"]);
        all_bad(word, &["", "a b"]);
        all_good(call, &["POST /orders", "PUT /a?b=1"]);
        all_bad(call, &["", "/orders", "POST", "POST orders", "post /orders", "POST /orders/*"]);
    }
}
