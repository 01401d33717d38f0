//! The form in which every error leaves the API: a problem document. Source: RFC 9457.

use std::error::Error as _;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;

/// The media type of problem documents.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// What each problem's type begins with; the kind follows (`urn:naru:problem:not-found`).
const TYPE_PREFIX: &str = "urn:naru:problem:";

/// What went wrong. Source: RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:naru:problem:` and the kind: `not-found`, `malformed`, `invalid`, `conflict`, `unavailable`,
    /// `unauthorized`, `forbidden`, `too-many`, `not-acceptable`, `method-not-allowed`, `too-large`, `media-type`, `timed-out`, `internal`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every problem of its type.
    pub title: String,
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
}

/// Rides on the response as far as the router, which writes it to the server's log and to nowhere else.
#[derive(Debug, Clone)]
pub(crate) struct InsideCause(pub(crate) String);

impl Error {
    /// What the caller is told: never the cause of an internal error.
    pub fn problem(&self) -> Problem {
        let (kind, status) = self.kind();
        let detail = match self {
            Error::Internal { doing, .. } => format!("{doing}; the server's log says why"),
            _ => self.to_string(),
        };
        Problem {
            kind: format!("{TYPE_PREFIX}{kind}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail,
        }
    }

    fn inside_cause(&self) -> Option<InsideCause> {
        let mut cause = self.source()?;
        let mut text = cause.to_string();
        while let Some(deeper) = cause.source() {
            text.push_str(&format!(": {deeper}"));
            cause = deeper;
        }
        Some(InsideCause(format!("{self}: {text}")))
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = (self.status(), axum::Json(self.problem())).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if matches!(self, Error::Unauthorized(_)) {
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"naru\""));
        }
        if let Error::TooMany { retry_after, .. } = &self {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
        }
        if let Some(cause) = self.inside_cause() {
            response.extensions_mut().insert(cause);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_cause_is_for_the_log_alone() {
        let cause = std::io::Error::other("disk sda1 is on fire");
        let error = Error::internal("could not read the revisions of booking", cause);
        let problem = error.problem();
        assert_eq!(problem.detail, "could not read the revisions of booking; the server's log says why");
        assert_eq!((problem.status, problem.kind.as_str()), (500, "urn:naru:problem:internal"));
        let inside = error.inside_cause().map(|cause| cause.0);
        assert_eq!(inside.as_deref(), Some("could not read the revisions of booking: disk sda1 is on fire"));
    }

    #[test]
    fn what_the_caller_can_mend_is_told_as_it_is() {
        let error = Error::Conflict("booking is being rolled out; wait, or roll back".to_owned());
        assert_eq!(error.problem().detail, "booking is being rolled out; wait, or roll back");
        assert!(error.inside_cause().is_none());
    }
}
