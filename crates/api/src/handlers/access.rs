//! Tokens of operators, and the sessions of browsers that showed one.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use http::{StatusCode, header};
use naru_model::access::{Audit, NewToken, Operator, Session, Token};

use super::{Answered, Server};
use crate::access::{Caller, Credential, Peer};
use crate::auth::{self, COOKIE_NAME, random_token};
use crate::error::Error;
use crate::extract::{Given, Id};
use crate::gate::source;
use crate::message::{MadeToken, MakeToken, SignIn};
use crate::router::Api;

/// How long a browser stays signed in.
const SESSION_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// All tokens
///
/// Who has one, and when it was last used. The tokens themselves are kept nowhere.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "access", security(("token" = ["admin"])),
    responses((status = 200, description = "The tokens, oldest first", body = Vec<Token>))
)]
pub(crate) async fn tokens(State(api): Server) -> Answered<Vec<Token>> {
    Ok(Json(api.control.tokens().await?))
}

/// Make a token
///
/// The secret is in the answer, and nobody can get it again.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "access", security(("token" = ["admin"])),
    request_body = MakeToken,
    responses(
        (status = 201, description = "The token", body = MadeToken),
        (status = 400, description = "the body can't be read"),
        (status = 409, description = "another token has this name"),
        (status = 422, description = "a name or a time that can't be"),
    )
)]
pub(crate) async fn make_token(
    State(api): Server,
    Extension(caller): Extension<Caller>,
    Given(request): Given<MakeToken>,
) -> Result<(StatusCode, Json<MadeToken>), Error> {
    request.check()?;
    let MakeToken { name, role, expires_in_seconds } = request;
    if let Some(other) = api.control.tokens().await?.iter().find(|token| token.name == name) {
        let detail =
            format!("token {} has the name {name:?} already; choose another, or revoke it", other.id);
        return Err(Error::Conflict(detail));
    }
    let secret = make_secret()?;
    let made_at = api.control.now();
    let new = NewToken {
        name,
        role,
        hash: auth::hash_of(secret.as_bytes()),
        made_at,
        made_by: caller.name,
        expires_at: expires_in_seconds.map(|seconds| made_at + Duration::from_secs(seconds)),
    };
    let token = api.control.make_token(new).await?;
    Ok((StatusCode::CREATED, Json(MadeToken { secret, token })))
}

/// Revoke a token
///
/// It is refused from now on, and every session that began with it ends.
#[utoipa::path(
    delete, path = "/v1/tokens/{id}", tag = "access", security(("token" = ["admin"])),
    params(("id" = u64, Path, description = "The token's id", minimum = 1)),
    responses(
        (status = 204, description = "It is revoked"),
        (status = 404, description = "there is no such token"),
    )
)]
pub(crate) async fn revoke_token(State(api): Server, Id(id): Id) -> Result<StatusCode, Error> {
    let missing = || Error::NotFound(format!("there is no token {id}; GET /v1/tokens lists them"));
    let number = id.parse().ok().filter(|id| i64::try_from(*id).is_ok()).ok_or_else(missing)?;
    if api.control.revoke_token(number).await? { Ok(StatusCode::NO_CONTENT) } else { Err(missing()) }
}

/// Who asks
#[utoipa::path(
    get, path = "/v1/session", tag = "access", security(("token" = ["viewer"])),
    responses((status = 200, description = "The name and the role", body = Operator))
)]
pub(crate) async fn session(Extension(Caller { name, role, .. }): Extension<Caller>) -> Json<Operator> {
    Json(Operator { name, role })
}

/// Sign a browser in
///
/// Shows a token once and gets a cookie that scripts can't read, good for a week and no longer than the token.
#[utoipa::path(
    post, path = "/v1/session", tag = "access", security(()),
    request_body = SignIn,
    responses(
        (status = 200, description = "Signed in", body = Operator, headers(("set-cookie" = String, description = "The session's cookie"))),
        (status = 400, description = "the body can't be read"),
        (status = 401, description = "the token is unknown, revoked or expired"),
        (status = 429, description = "too many wrong tokens came from this address; wait for Retry-After seconds"),
    )
)]
pub(crate) async fn begin_session(
    State(api): Server,
    Extension(peer): Extension<Peer>,
    Given(SignIn { token }): Given<SignIn>,
) -> Result<Response, Error> {
    let Peer::Remote(address) = &peer else {
        return Err(Error::Invalid("sessions are for browsers; the Unix socket needs none".to_owned()));
    };
    let caller = api.access.sign_in(*address, token.as_bytes()).await?;
    let cookie = make_secret()?;
    let session = Session {
        hash: auth::hash_of(cookie.as_bytes()),
        token: auth::hash_of(token.as_bytes()),
        expires_at: api.control.now() + SESSION_LIFE,
    };
    api.control.begin_session(session).await?;
    api.control.audit(signed_in(&api, &caller, &peer)).await?;
    let cookie = cookie_header(&api, &cookie, SESSION_LIFE)?;
    let Caller { name, role, .. } = caller;
    Ok(([(SET_COOKIE, cookie)], Json(Operator { name, role })).into_response())
}

/// Sign a browser out
#[utoipa::path(
    delete, path = "/v1/session", tag = "access", security(("token" = ["viewer"])),
    responses((status = 204, description = "Signed out"))
)]
pub(crate) async fn end_session(
    State(api): Server,
    Extension(caller): Extension<Caller>,
) -> Result<(StatusCode, HeaderMap), Error> {
    if let Credential::Session(hash) = caller.credential {
        api.control.end_session(hash).await?;
    }
    let gone = cookie_header(&api, "", Duration::ZERO)?;
    Ok((StatusCode::NO_CONTENT, HeaderMap::from_iter([(header::SET_COOKIE, gone)])))
}

/// The gate has no caller yet when it lets somebody sign in.
fn signed_in(api: &Api, caller: &Caller, peer: &Peer) -> Audit {
    Audit {
        id: 0,
        at: api.control.now(),
        actor: caller.name.clone(),
        role: caller.role,
        source: source(peer),
        action: "begin_session".to_owned(),
        subject: String::new(),
        outcome: StatusCode::OK.as_u16(),
        detail: String::new(),
    }
}

/// Source: RFC 6265 §4.1, and draft-ietf-httpbis-rfc6265bis for `SameSite`.
fn cookie_header(api: &Api, value: &str, life: Duration) -> Result<HeaderValue, Error> {
    let secure = if api.tls { "; Secure" } else { "" };
    let age = life.as_secs();
    let cookie = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(cookie).map_err(|error| Error::internal("could not write the cookie", error))
}

fn make_secret() -> Result<String, Error> {
    random_token().map_err(|error| Error::internal("the kernel gives no random bytes", error))
}
