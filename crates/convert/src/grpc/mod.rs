//! A gRPC service offered as REST with JSON ([`as_rest`]), and to browsers as gRPC-Web ([`web`]).
//!
//! Messages are read and written by `prost-reflect`, from the descriptors alone; ours is the transcoding: which call a method and
//! path mean, which part of a request is which field, and what a status is in HTTP.
//!
//! Sources: the gRPC protocol over HTTP/2 (`PROTOCOL-HTTP2.md`) and gRPC-Web (`PROTOCOL-WEB.md`) of github.com/grpc/grpc;
//! `google/api/http.proto`; the JSON mapping of proto3.

mod answer;
mod bind;
mod descriptors;
mod document;
mod field;
mod frame;
mod metadata;
mod rest;
mod rule;
mod status;
mod stream;
mod table;
mod template;
mod web;

use std::sync::Arc;

use naru_model::message::{Converted, Headers, Request, Shape, header, set_header};
use naru_model::policy::Grpc;

use crate::body::Untouched;
use crate::error::Error;

/// What speaks JSON to clients and gRPC to the service.
///
/// # Errors
/// The descriptor set can't be read, has no such service, or says of two methods that they are the same request.
pub(crate) fn as_rest(policy: &Grpc) -> Result<Arc<dyn Shape>, Error> {
    Ok(Arc::new(rest::RestFace::read(policy)?))
}

/// What speaks gRPC-Web to clients and gRPC to the service.
pub(crate) fn web() -> Arc<dyn Shape> {
    Arc::new(web::WebFace)
}

/// Tells whether a message is in gRPC itself: `application/grpc`, whatever its messages are coded in.
pub(crate) fn is_native(media: &str) -> bool {
    media.strip_prefix("application/grpc").is_some_and(|rest| rest.is_empty() || rest.starts_with('+'))
}

/// Lets a call in gRPC itself go as it came.
fn as_it_came(mut request: Request) -> Converted {
    wants_trailers(&mut request.headers);
    Converted::Send(request, Box::new(Untouched))
}

/// Source: PROTOCOL-HTTP2.md: without it, a proxy on the way is taken for one that loses trailers.
fn wants_trailers(headers: &mut Headers) {
    set_header(headers, "te", "trailers");
}

/// Tells whether an `Accept` field names a media type and does not rate it 0. Source: RFC 9110, 12.5.1.
fn accepts(headers: &Headers, wanted: &str) -> bool {
    let ranges = header(headers, "accept").unwrap_or_default().split(',');
    ranges.into_iter().any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|media| media.eq_ignore_ascii_case(wanted));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        named && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}
