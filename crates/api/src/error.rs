//! Why a request to the API was not done: what the caller is told, apart from what only the server's log may hold.

use std::time::Duration;

use http::StatusCode;

/// What has gone wrong, by what the caller can do about it. The text is for the caller: what happened and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 404: no such service, revision, instance or path.
    #[error("{0}")]
    NotFound(String),
    /// 400: it can't be read.
    #[error("{0}")]
    Malformed(String),
    /// 422: it can be read and makes no sense here.
    #[error("{0}")]
    Invalid(String),
    /// 409: not now; it collides with what is under way.
    #[error("{0}")]
    Conflict(String),
    /// 503: the server starts, stops, or lacks what it needs.
    #[error("{0}")]
    Unavailable(String),
    /// 401
    #[error("{0}")]
    Unauthorized(String),
    /// 403: known, and not allowed to.
    #[error("{0}")]
    Forbidden(String),
    /// 429: too many failures to authenticate from one address.
    #[error("{detail}")]
    TooMany { detail: String, retry_after: Duration },
    /// 406
    #[error("{0}")]
    NotAcceptable(String),
    /// 405
    #[error("{0}")]
    MethodNotAllowed(String),
    /// 413
    #[error("{0}")]
    TooLarge(String),
    /// 415
    #[error("{0}")]
    MediaType(String),
    /// 504: the server took too long.
    #[error("{0}")]
    TimedOut(String),
    /// 500: `doing` is told ("could not read the revisions of booking"), the cause is for the server's log alone.
    #[error("{doing}")]
    Internal {
        doing: String,
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Wraps a cause that callers must not see.
    pub fn internal(
        doing: impl Into<String>,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Error {
        Error::Internal { doing: doing.into(), cause: cause.into() }
    }

    pub fn status(&self) -> StatusCode {
        self.kind().1
    }

    /// The word that ends the problem's type, and the status it travels with.
    pub(crate) fn kind(&self) -> (&'static str, StatusCode) {
        match self {
            Error::NotFound(_) => ("not-found", StatusCode::NOT_FOUND),
            Error::Malformed(_) => ("malformed", StatusCode::BAD_REQUEST),
            Error::Invalid(_) => ("invalid", StatusCode::UNPROCESSABLE_ENTITY),
            Error::Conflict(_) => ("conflict", StatusCode::CONFLICT),
            Error::Unavailable(_) => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Error::Unauthorized(_) => ("unauthorized", StatusCode::UNAUTHORIZED),
            Error::Forbidden(_) => ("forbidden", StatusCode::FORBIDDEN),
            Error::TooMany { .. } => ("too-many", StatusCode::TOO_MANY_REQUESTS),
            Error::NotAcceptable(_) => ("not-acceptable", StatusCode::NOT_ACCEPTABLE),
            Error::MethodNotAllowed(_) => ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED),
            Error::TooLarge(_) => ("too-large", StatusCode::PAYLOAD_TOO_LARGE),
            Error::MediaType(_) => ("media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Error::TimedOut(_) => ("timed-out", StatusCode::GATEWAY_TIMEOUT),
            Error::Internal { .. } => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}
