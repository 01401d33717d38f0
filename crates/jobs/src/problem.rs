//! How a request is refused: a problem document. Source: RFC 9457.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use serde::Serialize;

/// What a client is told: what happened and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) detail: String,
    pub(crate) retry_after: Option<Duration>,
}

#[derive(Serialize)]
struct Document<'p> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'p str,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into(), retry_after: None }
    }

    /// 503: not now; the same may do in a while.
    pub(crate) fn later(after: Duration, detail: impl Into<String>) -> Problem {
        Problem { status: StatusCode::SERVICE_UNAVAILABLE, detail: detail.into(), retry_after: Some(after) }
    }

    pub(crate) fn no_job() -> Problem {
        let detail = "there is no such job, or it is not yours, or its result is no longer kept";
        Problem::new(StatusCode::NOT_FOUND, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let document =
            Document { kind: "about:blank", title, status: self.status.as_u16(), detail: &self.detail };
        let mut response = (self.status, axum::Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(after) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        response
    }
}
