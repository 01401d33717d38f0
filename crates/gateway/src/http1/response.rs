//! Reads a response's head, as strictly as a request's: an endpoint that can be made to answer in two ways lets a client
//! plant answers for others.

use std::mem::MaybeUninit;

use naru_model::record::Method;

use super::request::{USUAL_FIELDS, add_fields, content_length, explain, list};
use super::scan::{Bounds, Malformed};
use crate::head::{Body, Known, ResponseHead, Span};

/// What a response may be large. An endpoint is trusted more than a client, and still not without end.
pub const BOUNDS: Bounds = Bounds { line: 8 << 10, fields: 64 << 10, count: 200 };

/// Reads a whole head, as long as [`super::scan::Scan`] said it is, into `head`. `method` is the request's: it decides
/// whether there is a body.
///
/// # Errors
/// Anything that is not one well-formed head. What `head` then holds means nothing.
pub fn parse(input: &[u8], method: Method, head: &mut ResponseHead) -> Result<(), Malformed> {
    head.clear();
    let mut slots = [const { MaybeUninit::uninit() }; USUAL_FIELDS];
    let mut response = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let status = config.parse_response_with_uninit_headers(&mut response, input, &mut slots);
    if status != Err(httparse::Error::TooManyHeaders) {
        take(input, status, &response, head)?;
    } else {
        let mut slots = vec![httparse::EMPTY_HEADER; BOUNDS.count];
        let mut response = httparse::Response::new(&mut slots);
        let status = response.parse(input);
        take(input, status, &response, head)?;
    }
    check(head, method)
}

fn take(
    input: &[u8],
    status: httparse::Result<usize>,
    response: &httparse::Response<'_, '_>,
    head: &mut ResponseHead,
) -> Result<(), Malformed> {
    match status {
        Ok(httparse::Status::Complete(length)) if length == input.len() => {}
        Ok(_) => return Err(Malformed::Syntax("the head ends where it should not")),
        Err(error) => return Err(explain(error)),
    }
    let (Some(code), Some(version)) = (response.code, response.version) else {
        return Err(Malformed::Syntax("the status line is incomplete"));
    };
    if !(100..=999).contains(&code) {
        return Err(Malformed::Syntax("the status is not well-formed"));
    }
    head.fields.start_with(input);
    add_fields(input, response.headers, &mut head.fields);
    head.status = code;
    head.reason = Span::of(response.reason.unwrap_or_default().as_bytes(), input);
    head.keep_alive = version == 1;
    head.body = if version == 1 { Body::Streamed } else { Body::UntilClose };
    Ok(())
}

/// How much body there is. Source: RFC 9112 §6.3.
fn check(head: &mut ResponseHead, method: Method) -> Result<(), Malformed> {
    let http_1_0 = head.body == Body::UntilClose;
    let mut chunked = false;
    let mut keep_alive = head.keep_alive;
    for i in 0..head.fields.len() {
        let Some((known, span)) = head.fields.at(i) else { continue };
        let value = span.read(head.fields.bytes());
        match known {
            Known::ContentLength if head.content_length.is_some() => {
                return Err(Malformed::Syntax("content-length is given twice"));
            }
            Known::ContentLength => head.content_length = Some(content_length(value)?),
            Known::TransferEncoding if chunked || http_1_0 => {
                return Err(Malformed::Syntax("transfer-encoding is given twice or in HTTP/1.0"));
            }
            Known::TransferEncoding if value.eq_ignore_ascii_case(b"chunked") => chunked = true,
            Known::TransferEncoding => return Err(Malformed::Coding),
            Known::Connection => {
                for option in list(value) {
                    keep_alive |= http_1_0 && option.eq_ignore_ascii_case(b"keep-alive");
                    keep_alive &= !option.eq_ignore_ascii_case(b"close");
                }
            }
            Known::KeepAlive => head.keep_alive_seconds = keep_alive_seconds(value),
            _ => {}
        }
    }
    if chunked && head.content_length.is_some() {
        return Err(Malformed::Syntax("both content-length and transfer-encoding are given"));
    }
    let bodiless = method == Method::Head || matches!(head.status, 100..=199 | 204 | 304);
    head.body = match head.content_length {
        _ if bodiless => Body::Empty,
        _ if chunked => Body::Streamed,
        Some(0) => Body::Empty,
        Some(length) => Body::Sized(length),
        None => Body::UntilClose,
    };
    head.keep_alive = keep_alive && head.body != Body::UntilClose;
    Ok(())
}

/// Reads `timeout=5` out of `Keep-Alive: timeout=5, max=100`.
fn keep_alive_seconds(value: &[u8]) -> Option<u64> {
    list(value).find_map(|parameter| {
        let seconds = parameter.strip_prefix(b"timeout=")?;
        std::str::from_utf8(seconds).ok()?.parse().ok()
    })
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
