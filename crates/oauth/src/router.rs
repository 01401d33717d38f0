//! The authorization server over HTTP. The gateway's built-in service; what it sends has its own word about the caller's
//! address in `X-Forwarded-For`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, StatusCode};
use ipnet::IpNet;
use serde_json::{Value, json};

use crate::authority::Authority;
use crate::error::Error;
use crate::form::{Asked, Form, MAX_BODY};
use crate::metadata::{self, Paths};
use crate::rotation;

type Server = State<Arc<Authority>>;

impl Authority {
    /// The paths of [`Paths::of`] the issuer, and nothing else.
    pub fn router(self: &Arc<Authority>) -> Router {
        let paths = Paths::of(&self.tokens.issuer);
        Router::new()
            .route(&paths.token, post(token))
            .route(&paths.revoke, post(revoke))
            .route(&paths.introspect, post(introspect))
            .route(&paths.jwks, get(jwks))
            .route(&paths.metadata, get(document))
            .route(&paths.discovery, get(discovery))
            .with_state(self.clone())
    }
}

async fn token(State(authority): Server, request: Request) -> Response {
    let work = authority.clone();
    let answer = to_its_end(async move { work.token(&asked(&work, request).await?, (work.clock)()).await });
    answer_with(&authority, answer.await)
}

async fn introspect(State(authority): Server, request: Request) -> Response {
    let answer =
        async { authority.introspect(&asked(&authority, request).await?, (authority.clock)()).await };
    answer_with(&authority, answer.await)
}

async fn revoke(State(authority): Server, request: Request) -> Response {
    let work = authority.clone();
    let answer = to_its_end(async move { work.revoke(&asked(&work, request).await?, (work.clock)()).await });
    match answer.await {
        Ok(()) => secret_response(StatusCode::OK, Body::empty()),
        Err(error) => refuse(&authority, &error),
    }
}

/// Does something whether or not the client waits for it: what is taken back in the store must be told to the gateway.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(work).await.unwrap_or_else(|stopped| Err(Error::Stopped(stopped)))
}

async fn document(State(authority): Server) -> Response {
    public_response(&authority, metadata::document(&authority.tokens).to_string(), "application/json")
}

async fn discovery(State(authority): Server) -> Response {
    public_response(&authority, metadata::discovery(&authority.tokens).to_string(), "application/json")
}

async fn jwks(State(authority): Server) -> Response {
    public_response(&authority, authority.ring().jwks.clone(), "application/jwk-set+json")
}

fn answer_with(authority: &Authority, answer: Result<Value, Error>) -> Response {
    match answer {
        Ok(answer) => {
            let mut response = secret_response(StatusCode::OK, Body::from(answer.to_string()));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(error) => refuse(authority, &error),
    }
}

/// The form of errors of RFC 6749 §5.2.
fn refuse(authority: &Authority, error: &Error) -> Response {
    if error.is_inside() {
        (authority.log)(&format!("oauth: {error}"));
    }
    let body = json!({ "error": error.code(), "error_description": error.description() });
    let mut response = secret_response(error.status(), Body::from(body.to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match error {
        Error::InvalidClient(_) => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"naru\""));
        }
        Error::TooMany { after, .. } => {
            headers.insert(RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        _ => {}
    }
    response
}

/// Nobody between us and the client may keep it (RFC 6749 §5.1).
fn secret_response(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Anybody may keep it, for less time than a new key is published before it signs.
fn public_response(authority: &Authority, body: String, media: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    let age = rotation::max_age(authority.tokens.rotate).as_secs();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    if let Ok(age) = HeaderValue::try_from(format!("public, max-age={age}")) {
        headers.insert(CACHE_CONTROL, age);
    }
    response
}

async fn asked(authority: &Authority, request: Request) -> Result<Asked, Error> {
    let (head, body) = request.into_parts();
    let media = head.headers.get(CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let what = "the body must be application/x-www-form-urlencoded, and its Content-Type say so";
        return Err(Error::InvalidRequest(what.to_owned()));
    }
    let mut credentials = head.headers.get_all(AUTHORIZATION).iter();
    let authorization =
        credentials.next().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    if credentials.next().is_some() {
        return Err(Error::InvalidRequest("more than one Authorization header came".to_owned()));
    }
    let body = axum::body::to_bytes(body, MAX_BODY).await;
    let body =
        body.map_err(|_| Error::TooLarge(format!("the body is cut short or longer than {MAX_BODY} bytes")))?;
    let address = address(&head.headers, &authority.trusted_proxies);
    Ok(Asked { authorization, form: Form::read(&body)?, address })
}

/// Who asks, as the gateway has it: the last address that is not a trusted proxy's.
fn address(headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let lines = headers.get_all("x-forwarded-for").iter().rev().filter_map(|line| line.to_str().ok());
    let mut last = None;
    for entry in lines.flat_map(|line| line.rsplit(',')) {
        let Ok(address) = entry.trim().parse::<IpAddr>() else { break };
        let address = address.to_canonical();
        last = Some(address);
        if !trusted.iter().any(|network| network.contains(&address)) {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_address_is_the_last_that_is_no_trusted_proxys() {
        let of = |lines: &[&'static str], trusted: &[&str]| {
            let lines = lines.iter().map(|line| HeaderValue::from_static(line));
            let headers: HeaderMap =
                lines.map(|line| (http::header::HeaderName::from_static("x-forwarded-for"), line)).collect();
            let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
            address(&headers, &trusted).map(|address| address.to_string())
        };
        assert_eq!(of(&["6.6.6.6, 192.0.2.7"], &[]).as_deref(), Some("192.0.2.7"));
        assert_eq!(of(&["6.6.6.6, 192.0.2.7", "10.0.0.1"], &["10.0.0.0/8"]).as_deref(), Some("192.0.2.7"));
        assert_eq!(of(&["10.0.0.2, 10.0.0.1"], &["10.0.0.0/8"]).as_deref(), Some("10.0.0.2"));
        assert_eq!(of(&["what, 10.0.0.1"], &["10.0.0.0/8"]).as_deref(), Some("10.0.0.1"));
        assert_eq!(of(&["::ffff:192.0.2.7"], &[]).as_deref(), Some("192.0.2.7"));
        assert_eq!(of(&[], &[]), None);
    }
}
