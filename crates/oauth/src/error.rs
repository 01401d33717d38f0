//! Why a client does not get what it asks for, as the protocol says it.

use std::time::Duration;

use crate::secret::NoRandom;
use crate::signer::BadKey;
use crate::store::StoreError;

/// A refusal or a failure. Source of the kinds: RFC 6749 §5.2, RFC 7009 §2.2.1.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    InvalidRequest(String),
    /// Who asks is not known, or did not prove to be who it says.
    #[error("{0}")]
    InvalidClient(String),
    #[error("{0}")]
    InvalidGrant(String),
    #[error("{0}")]
    UnauthorizedClient(String),
    #[error("{0}")]
    UnsupportedGrantType(String),
    #[error("{0}")]
    InvalidScope(String),
    #[error("{why}; try again in {} seconds", .after.as_secs())]
    TooMany { why: String, after: Duration },
    #[error("{0}")]
    TooLarge(String),
    #[error(
        "the issuer {0:?} is no URL of ours; write http:// or https://, a host and at most a path of plain characters, \
         without a slash at its end"
    )]
    BadIssuer(String),
    #[error("a request was not carried out to its end: {0}")]
    Stopped(#[source] tokio::task::JoinError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    #[error(transparent)]
    BadKey(#[from] BadKey),
}

impl Error {
    /// The protocol's word for it.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Error::InvalidRequest(_) | Error::TooLarge(_) => "invalid_request",
            Error::InvalidClient(_) => "invalid_client",
            Error::InvalidGrant(_) => "invalid_grant",
            Error::UnauthorizedClient(_) => "unauthorized_client",
            Error::UnsupportedGrantType(_) => "unsupported_grant_type",
            Error::InvalidScope(_) => "invalid_scope",
            // The words of the authorization endpoint (RFC 6749 §4.1.2.1): the token endpoint has none for these.
            Error::TooMany { .. } => "temporarily_unavailable",
            Error::BadIssuer(_)
            | Error::Stopped(_)
            | Error::Store(_)
            | Error::NoRandom(_)
            | Error::BadKey(_) => "server_error",
        }
    }

    pub(crate) fn status(&self) -> http::StatusCode {
        match self {
            Error::InvalidClient(_) => http::StatusCode::UNAUTHORIZED,
            Error::TooMany { .. } => http::StatusCode::TOO_MANY_REQUESTS,
            Error::TooLarge(_) => http::StatusCode::PAYLOAD_TOO_LARGE,
            _ if self.is_inside() => http::StatusCode::INTERNAL_SERVER_ERROR,
            _ => http::StatusCode::BAD_REQUEST,
        }
    }

    /// Whether it is a failure of ours.
    pub(crate) fn is_inside(&self) -> bool {
        self.code() == "server_error"
    }

    /// What the client is told beside the code; a failure of ours is the operator's business. Only characters that
    /// `error_description` may have (RFC 6749 §5.2).
    pub(crate) fn description(&self) -> String {
        let text = if self.is_inside() {
            "the server failed; it has been logged".to_owned()
        } else {
            self.to_string()
        };
        let fits = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        text.chars().map(|c| if fits(c) { c } else { '?' }).take(300).collect()
    }
}
