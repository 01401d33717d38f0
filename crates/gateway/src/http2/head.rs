//! Heads of HTTP/2 to ours and back. h2 has checked their form; what HTTP/1 on the other side would read differently is
//! refused here.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Request, Response, StatusCode, Uri, Version, request, response};
use naru_model::record;

use crate::body::Error;
use crate::head::{Body, Fields, Known, Lines, RequestHead, ResponseHead, Span};
use crate::http1::request::{content_length, set_host};
use crate::http1::scan::Malformed;

/// Reads a request's head. `ended`: no body follows.
///
/// # Errors
/// It could not be passed on as the same request.
pub(super) fn read_request(
    parts: &request::Parts,
    ended: bool,
    header_count: usize,
    head: &mut RequestHead,
) -> Result<(), Malformed> {
    head.clear();
    head.protocol = 20;
    head.keep_alive = true;
    head.method = record::Method::from_name(parts.method.as_str().as_bytes());
    if parts.method == Method::CONNECT {
        return Err(Malformed::Method);
    }
    if parts.headers.len() > header_count {
        return Err(Malformed::TooManyFields);
    }
    head.method_name = head.fields.keep(parts.method.as_str().as_bytes());
    let path = parts.uri.path();
    head.path = head.fields.keep(path.as_bytes());
    let asterisk = path == "*" && parts.method == Method::OPTIONS;
    if !path.starts_with('/') && !asterisk {
        return Err(Malformed::Syntax("the path does not begin with a slash"));
    }
    if let Some(query) = parts.uri.query() {
        head.fields.keep(b"?");
        head.query = Some(head.fields.keep(query.as_bytes()));
    }
    read_authority(parts, head)?;
    let length = read_fields(parts, head)?;
    head.body = match length {
        _ if ended => Body::Empty,
        Some(0) => Body::Empty,
        Some(length) => Body::Sized(length),
        None => Body::Streamed,
    };
    if head.body == Body::Empty {
        head.expects_continue = false;
    }
    Ok(())
}

/// `:authority` and `host` are one thing, and must agree (RFC 9113 §8.3.1).
fn read_authority(parts: &request::Parts, head: &mut RequestHead) -> Result<(), Malformed> {
    let mut hosts = parts.headers.get_all(http::header::HOST).iter();
    let field = hosts.next().map(HeaderValue::as_bytes);
    if hosts.next().is_some() {
        return Err(Malformed::Syntax("host is given twice"));
    }
    let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
    let host = match (authority, field) {
        (Some(authority), Some(field)) if !authority.eq_ignore_ascii_case(field) => {
            return Err(Malformed::Syntax("authority and host differ"));
        }
        (Some(host), _) | (None, Some(host)) => host,
        (None, None) => return Err(Malformed::Syntax("authority is missing")),
    };
    let at = head.fields.bytes().len() as u32 + "host: ".len() as u32;
    head.fields.push(b"host", host);
    head.authority = Span { start: at, end: at + host.len() as u32 };
    set_host(head)
}

fn read_fields(parts: &request::Parts, head: &mut RequestHead) -> Result<Option<u64>, Malformed> {
    let mut length = None;
    let mut cookies: Vec<u8> = Vec::new();
    for (name, value) in &parts.headers {
        let (name, value) = (name.as_str().as_bytes(), value.as_bytes());
        match Known::of(name) {
            Known::Host => continue,
            Known::Cookie => {
                // Cut up to be compressed better; HTTP/1 wants it whole (RFC 9113 §8.2.3).
                if !cookies.is_empty() {
                    cookies.extend_from_slice(b"; ");
                }
                cookies.extend_from_slice(value);
                continue;
            }
            Known::ContentLength if length.is_some() => {
                return Err(Malformed::Syntax("content-length is given twice"));
            }
            Known::ContentLength => length = Some(content_length(value)?),
            Known::Connection | Known::KeepAlive | Known::TransferEncoding | Known::Upgrade => {
                return Err(Malformed::Syntax("a field of HTTP/1 connections"));
            }
            Known::Te if !value.eq_ignore_ascii_case(b"trailers") => {
                return Err(Malformed::Syntax("te is none but trailers"));
            }
            Known::Te => head.takes_trailers = true,
            Known::Expect if !value.eq_ignore_ascii_case(b"100-continue") => {
                return Err(Malformed::Expectation);
            }
            Known::Expect => head.expects_continue = true,
            _ => {}
        }
        head.fields.push(name, value);
    }
    if !cookies.is_empty() {
        head.fields.push(b"cookie", &cookies);
    }
    Ok(length)
}

/// HTTP/1 allows characters in hosts and targets that HTTP/2 does not.
const NOT_FOR_HTTP2: Error =
    Error::Malformed(Malformed::Syntax("the endpoint speaks HTTP/2, which can't carry it"));

/// Makes a request to an endpoint.
///
/// # Errors
/// [`Error::Malformed`]: it can't be said in HTTP/2, which is the client's doing.
pub(super) fn write_request(head: &RequestHead, added: &Lines) -> Result<Request<()>, Error> {
    let broken = |_| NOT_FOR_HTTP2;
    let mut request = Request::new(());
    *request.version_mut() = Version::HTTP_2;
    *request.method_mut() = Method::from_bytes(head.method_bytes()).map_err(|_| NOT_FOR_HTTP2)?;
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(Scheme::HTTP);
    let authority = if head.authority().is_empty() { "localhost" } else { head.authority() };
    uri.authority = Some(Authority::try_from(authority).map_err(broken)?);
    uri.path_and_query = Some(PathAndQuery::try_from(head.target()).map_err(broken)?);
    *request.uri_mut() = Uri::from_parts(uri).map_err(|_| NOT_FOR_HTTP2)?;
    let fields = head.fields.iter().filter(|(known, _, _)| *known != Known::Host);
    write_fields(fields.map(|(_, name, value)| (name, value)).chain(added.iter()), request.headers_mut());
    if head.takes_trailers {
        request.headers_mut().insert(http::header::TE, HeaderValue::from_static("trailers"));
    }
    Ok(request)
}

/// Reads an answer's head. `ended`: no body follows.
pub(super) fn read_response(
    parts: &response::Parts,
    method: record::Method,
    ended: bool,
    head: &mut ResponseHead,
) -> Result<(), Malformed> {
    head.clear();
    head.status = parts.status.as_u16();
    let reason = parts.status.canonical_reason().unwrap_or_default();
    head.reason = head.fields.keep(reason.as_bytes());
    for (name, value) in &parts.headers {
        let (name, value) = (name.as_str().as_bytes(), value.as_bytes());
        match Known::of(name) {
            Known::ContentLength if head.content_length.is_some() => {
                return Err(Malformed::Syntax("content-length is given twice"));
            }
            Known::ContentLength => {
                head.content_length = Some(content_length(value)?);
            }
            known if known.is_for_this_hop() => continue,
            _ => {}
        }
        head.fields.push(name, value);
    }
    let bodiless = method == record::Method::Head || matches!(head.status, 100..=199 | 204 | 304);
    head.body = match head.content_length {
        _ if bodiless || ended => Body::Empty,
        Some(length) if length > 0 => Body::Sized(length),
        _ => {
            // No data, but maybe trailers: HTTP/1 has them only where no length is given.
            head.fields.drop_where(|known, _| known == Known::ContentLength);
            head.content_length = None;
            Body::Streamed
        }
    };
    if ended && !bodiless && head.content_length.is_some_and(|length| length > 0) {
        return Err(Malformed::Syntax("a body shorter than its head says"));
    }
    Ok(())
}

/// Makes an answer to a client.
pub(super) fn write_response(head: &ResponseHead) -> Result<Response<()>, Error> {
    let mut response = Response::new(());
    *response.version_mut() = Version::HTTP_2;
    *response.status_mut() = StatusCode::from_u16(head.status).map_err(|_| Error::WrongLength)?;
    write_fields(head.fields.iter().map(|(_, name, value)| (name, value)), response.headers_mut());
    Ok(response)
}

pub(super) fn write_fields<'f>(fields: impl Iterator<Item = (&'f [u8], &'f [u8])>, map: &mut HeaderMap) {
    for (name, value) in fields {
        // Both were valid when they were read; what HTTP/2 can't carry of HTTP/1 is nothing.
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
}

/// Reads trailers, without the fields that have no business there.
pub(super) fn read_trailers(map: &HeaderMap, fields: &mut Fields) {
    fields.clear();
    for (name, value) in map {
        fields.push(name.as_str().as_bytes(), value.as_bytes());
    }
    fields.drop_where(|known, _| crate::http1::chunked::forbidden_trailer(known));
}
