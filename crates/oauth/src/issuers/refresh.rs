//! Asks one issuer for its keys: where they are, and what they are.
//!
//! Source: OpenID Connect Discovery 1.0 §4, RFC 8414 §3.

use naru_model::client::Issuer;
use serde_json::Value;

use super::fetch::{self, FetchError, Fetched};
use super::kept::Kept;
use crate::jwk::{JwkError, KeySet};
use crate::metadata::origin;

#[derive(Debug, thiserror::Error)]
pub(super) enum RefreshError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("{url} is no metadata: {source}")]
    NoMetadata {
        url: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("{url} says that it is of the issuer {said:?}; write that in naru.yaml if it is right")]
    OtherIssuer { url: String, said: String },
    #[error("{url} says nothing of where the keys are (jwks_uri); give jwks in naru.yaml")]
    NoUri { url: String },
    #[error("{url} leads from https to {uri}, which anybody on the way could change")]
    Downgrade { url: String, uri: String },
    #[error("{url}: {source}")]
    Keys {
        url: String,
        #[source]
        source: JwkError,
    },
}

/// Fetches an issuer's keys; what is kept is given back when nothing has changed.
pub(super) async fn refresh(issuer: &Issuer, kept: Kept) -> Result<Kept, RefreshError> {
    let uri = match &issuer.jwks {
        Some(uri) => uri.clone(),
        None => discover(&issuer.issuer).await?,
    };
    let known = Some(&kept).filter(|kept| kept.uri == uri && !kept.jwks.is_empty());
    let fetched = fetch::get(&uri, known.and_then(|kept| kept.etag.as_deref())).await?;
    let Fetched::Body { body, etag } = fetched else { return Ok(kept) };
    let keys = KeySet::read(&String::from_utf8_lossy(&body));
    let keys = keys.map_err(|source| RefreshError::Keys { url: uri.clone(), source })?;
    Ok(Kept::of(issuer, uri, etag, keys.to_json()))
}

/// Finds where an issuer's keys are: by OpenID Connect, and by RFC 8414 where that is not found.
async fn discover(issuer: &str) -> Result<String, RefreshError> {
    let issuer_path = issuer.trim_end_matches('/');
    let openid = format!("{issuer_path}/.well-known/openid-configuration");
    let (url, body) = match fetch::get(&openid, None).await {
        Ok(Fetched::Body { body, .. }) => (openid, body),
        Err(FetchError::Status { status, .. }) if status.is_client_error() => {
            let origin = origin(issuer_path);
            let path = &issuer_path[origin.len()..];
            let url = format!("{origin}/.well-known/oauth-authorization-server{path}");
            match fetch::get(&url, None).await? {
                Fetched::Body { body, .. } => (url, body),
                Fetched::NotModified => return Err(RefreshError::NoUri { url }),
            }
        }
        Ok(Fetched::NotModified) => return Err(RefreshError::NoUri { url: openid }),
        Err(error) => return Err(error.into()),
    };
    let document: Value = match serde_json::from_slice(&body) {
        Ok(document) => document,
        Err(source) => return Err(RefreshError::NoMetadata { url, source }),
    };
    let text = |member: &str| document.get(member).and_then(Value::as_str);
    // The mix-up of issuers that both specifications warn of.
    let said = text("issuer").unwrap_or_default();
    if said != issuer {
        return Err(RefreshError::OtherIssuer { url, said: said.chars().take(200).collect() });
    }
    match text("jwks_uri") {
        None => Err(RefreshError::NoUri { url }),
        Some(uri) if url.starts_with("https:") && !uri.starts_with("https:") => {
            Err(RefreshError::Downgrade { url, uri: uri.chars().take(200).collect() })
        }
        Some(uri) => Ok(uri.to_owned()),
    }
}
