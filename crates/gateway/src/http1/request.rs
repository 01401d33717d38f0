//! Reads a request's head.
//!
//! httparse takes it apart; what follows refuses everything that two programs could read in two ways (RFC 9112 §11.2),
//! also where the RFC would let a recipient repair it.

use std::mem::MaybeUninit;

use naru_model::record::Method;

use super::scan::{Bounds, Malformed};
use crate::head::{Body, Known, RequestHead, Span};

/// Fields that are told apart without allocating. More is allowed when the limits say so.
pub(super) const USUAL_FIELDS: usize = 100;

/// Reads a whole head, as long as [`super::scan::Scan`] said it is, into `head`.
///
/// # Errors
/// Anything that is not one well-formed head. What `head` then holds means nothing.
pub fn parse(input: &[u8], bounds: &Bounds, head: &mut RequestHead) -> Result<(), Malformed> {
    head.clear();
    if bounds.count <= USUAL_FIELDS {
        let mut slots = [const { MaybeUninit::uninit() }; USUAL_FIELDS];
        let mut request = httparse::Request::new(&mut []);
        let status = request.parse_with_uninit_headers(input, &mut slots);
        take(input, status, &request, head)?;
    } else {
        let mut slots = vec![httparse::EMPTY_HEADER; bounds.count];
        let mut request = httparse::Request::new(&mut slots);
        let status = request.parse(input);
        take(input, status, &request, head)?;
    }
    check(head)
}

fn take(
    input: &[u8],
    status: httparse::Result<usize>,
    request: &httparse::Request<'_, '_>,
    head: &mut RequestHead,
) -> Result<(), Malformed> {
    match status {
        Ok(httparse::Status::Complete(length)) if length == input.len() => {}
        Ok(_) => return Err(Malformed::Syntax("the head ends where it should not")),
        Err(error) => return Err(explain(error)),
    }
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(Malformed::Syntax("the request line is incomplete"));
    };
    head.fields.start_with(input);
    add_fields(input, request.headers, &mut head.fields);
    head.method = Method::from_name(method.as_bytes());
    head.method_name = Span::of(method.as_bytes(), input);
    head.protocol = 10 + version;
    head.keep_alive = version == 1;
    read_target(input, target, head)
}

/// Notes where the fields stand that httparse found in `input`.
pub(super) fn add_fields(input: &[u8], found: &[httparse::Header<'_>], fields: &mut crate::head::Fields) {
    for (i, field) in found.iter().enumerate() {
        let name = Span::of(field.name.as_bytes(), input);
        // A line ends where the next one begins; the last one before the empty line.
        let end = match found.get(i + 1) {
            Some(next) => Span::of(next.name.as_bytes(), input).start,
            None => input.len() as u32 - 2,
        };
        fields.add_line(name.start, end, name, Span::of(field.value, input));
    }
}

pub(super) fn explain(error: httparse::Error) -> Malformed {
    match error {
        httparse::Error::HeaderName => Malformed::Syntax("a header field's name is not well-formed"),
        httparse::Error::HeaderValue => Malformed::Syntax("a header field's value is not well-formed"),
        httparse::Error::NewLine => Malformed::Syntax("a line does not end as it should"),
        httparse::Error::Status => Malformed::Syntax("the status is not well-formed"),
        httparse::Error::Token => Malformed::Syntax("the first line is not well-formed"),
        httparse::Error::TooManyHeaders => Malformed::TooManyFields,
        httparse::Error::Version => Malformed::Version,
    }
}

/// Takes the target apart. Source: RFC 9112 §3.2; the authority form is for CONNECT, which is not carried.
fn read_target(input: &[u8], target: &str, head: &mut RequestHead) -> Result<(), Malformed> {
    if head.method == Method::Connect {
        return Err(Malformed::Method);
    }
    let mut rest = target;
    if let Some(authority_on) = strip_scheme(target) {
        let end = authority_on.find(['/', '?']).unwrap_or(authority_on.len());
        let (authority, path) = authority_on.split_at(end);
        if authority.is_empty() {
            return Err(Malformed::Syntax("the target names no host"));
        }
        head.authority = Span::of(authority.as_bytes(), input);
        rest = path;
    }
    if rest.contains('#') {
        return Err(Malformed::Syntax("the target has a fragment"));
    }
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let asterisk = rest == "*" && head.method == Method::Options;
    if path.is_empty() && !head.authority.is_empty() {
        // `http://host?query` means the root.
        let whole = head.fields.keep(format!("/{rest}").as_bytes());
        head.path = Span { start: whole.start, end: whole.start + 1 };
        head.query = query.map(|_| Span { start: whole.start + 2, end: whole.end });
        return Ok(());
    }
    if !path.starts_with('/') && !asterisk {
        return Err(Malformed::Syntax("the target does not begin with a slash"));
    }
    head.path = Span::of(path.as_bytes(), input);
    head.query = query.map(|query| match Span::of(query.as_bytes(), input) {
        span if span.is_empty() => Span { start: head.path.end + 1, end: head.path.end + 1 },
        span => span,
    });
    Ok(())
}

fn strip_scheme(target: &str) -> Option<&str> {
    ["http://", "https://"].iter().find_map(|scheme| {
        let start = target.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| &target[scheme.len()..])
    })
}

/// What the fields say of the connection and the body.
#[derive(Default)]
struct Seen {
    host: Option<Span>,
    length: Option<u64>,
    chunked: bool,
    connection_upgrade: bool,
    upgrade: bool,
}

fn check(head: &mut RequestHead) -> Result<(), Malformed> {
    let mut seen = Seen::default();
    for i in 0..head.fields.len() {
        check_field(head, i, &mut seen)?;
    }
    settle_host(head, seen.host)?;
    head.body = match (seen.chunked, seen.length) {
        (true, Some(_)) => {
            return Err(Malformed::Syntax("both content-length and transfer-encoding are given"));
        }
        (true, None) if head.protocol == 10 => {
            return Err(Malformed::Syntax("transfer-encoding is given in HTTP/1.0"));
        }
        (true, None) => Body::Streamed,
        (false, None | Some(0)) => Body::Empty,
        (false, Some(length)) => Body::Sized(length),
    };
    head.upgrade = seen.upgrade && seen.connection_upgrade && head.protocol == 11;
    if head.protocol == 10 || head.body == Body::Empty {
        head.expects_continue = false;
    }
    Ok(())
}

fn check_field(head: &mut RequestHead, index: usize, seen: &mut Seen) -> Result<(), Malformed> {
    let Some((known, span)) = head.fields.at(index) else { return Ok(()) };
    let value = span.read(head.fields.bytes());
    match known {
        Known::Host if seen.host.is_some() => return Err(Malformed::Syntax("host is given twice")),
        Known::Host => seen.host = Some(span),
        Known::ContentLength if seen.length.is_some() => {
            return Err(Malformed::Syntax("content-length is given twice"));
        }
        Known::ContentLength => seen.length = Some(content_length(value)?),
        Known::TransferEncoding if seen.chunked => {
            return Err(Malformed::Syntax("transfer-encoding is given twice"));
        }
        Known::TransferEncoding if value.eq_ignore_ascii_case(b"chunked") => seen.chunked = true,
        Known::TransferEncoding => return Err(Malformed::Coding),
        Known::Connection => {
            for option in list(value) {
                if option.eq_ignore_ascii_case(b"close") {
                    head.keep_alive = false;
                } else if option.eq_ignore_ascii_case(b"keep-alive") && head.protocol == 10 {
                    head.keep_alive = true;
                } else if option.eq_ignore_ascii_case(b"upgrade") {
                    seen.connection_upgrade = true;
                }
            }
        }
        Known::Upgrade => seen.upgrade = true,
        Known::Te => head.takes_trailers |= list(value).any(|t| t.eq_ignore_ascii_case(b"trailers")),
        Known::Expect if value.eq_ignore_ascii_case(b"100-continue") => head.expects_continue = true,
        Known::Expect => return Err(Malformed::Expectation),
        _ => {}
    }
    Ok(())
}

/// Host must be there, once, and be a host; an absolute target must name the same one (RFC 9112 §3.2).
fn settle_host(head: &mut RequestHead, field: Option<Span>) -> Result<(), Malformed> {
    let target = head.authority;
    match field {
        None if head.protocol == 11 => return Err(Malformed::Syntax("host is missing")),
        None => {}
        Some(span) => {
            let bytes = head.fields.bytes();
            if !target.is_empty() && !target.read(bytes).eq_ignore_ascii_case(span.read(bytes)) {
                return Err(Malformed::Syntax("the target and host name different hosts"));
            }
            head.authority = span;
        }
    }
    set_host(head)
}

/// Makes [`RequestHead::host`] out of [`RequestHead::authority`]: lower case, without port and final dot.
pub(crate) fn set_host(head: &mut RequestHead) -> Result<(), Malformed> {
    let authority = head.authority.read(head.fields.bytes());
    let length =
        host_length(authority).ok_or(Malformed::Syntax("host is not a host name with an optional port"))?;
    let host = &authority[..length];
    let host = host.strip_suffix(b".").unwrap_or(host);
    if host.iter().any(u8::is_ascii_uppercase) {
        let lower = host.to_ascii_lowercase();
        head.host = head.fields.keep(&lower);
    } else {
        head.host = Span { start: head.authority.start, end: head.authority.start + host.len() as u32 };
    }
    Ok(())
}

/// What a host's name may have in it. Source: RFC 3986 §3.2.2, `reg-name`, without the comma, which makes a list.
const IN_HOST_NAME: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        allowed[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let marks = b"-._~%!$&'()*+;=";
    let mut mark = 0;
    while mark < marks.len() {
        allowed[marks[mark] as usize] = true;
        mark += 1;
    }
    allowed
};

/// The length of the host in `host[:port]`; `None` when it is neither. An empty host is one (RFC 9110 §7.2).
fn host_length(authority: &[u8]) -> Option<usize> {
    let in_name = |b: &u8| IN_HOST_NAME[usize::from(*b)];
    let in_address = |b: &u8| b.is_ascii_hexdigit() || *b == b':' || *b == b'.';
    let length = if authority.first() == Some(&b'[') {
        let end = authority.iter().position(|b| *b == b']')?;
        authority[1..end].iter().all(in_address).then_some(end + 1)?
    } else {
        authority.iter().position(|b| !in_name(b)).unwrap_or(authority.len())
    };
    let port = match &authority[length..] {
        [] => return Some(length),
        [b':', port @ ..] => port,
        _ => return None,
    };
    (port.len() <= 5 && port.iter().all(u8::is_ascii_digit)).then_some(length)
}

/// Reads a length: digits alone, no sign, no list, no overflow.
pub(crate) fn content_length(value: &[u8]) -> Result<u64, Malformed> {
    const BAD: Malformed = Malformed::Syntax("content-length is not a number");
    if value.is_empty() || value.len() > 19 || !value.iter().all(u8::is_ascii_digit) {
        return Err(BAD);
    }
    Ok(value.iter().fold(0, |n, digit| n * 10 + u64::from(digit - b'0')))
}

/// The elements of a comma-separated list.
pub(crate) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|b| *b == b',').map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
