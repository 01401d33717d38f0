//! One handler per path: read the request, ask [`Control`], write the answer.

use std::sync::Arc;

use axum::Json;
use axum::body::HttpBody;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, body::Body};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use naru_model::name::ServiceName;
use naru_model::revision::Revision;
use naru_model::status::{ServiceStatus, Status};
use serde::de::DeserializeOwned;

use crate::control::Control;
use crate::error::Error;
use crate::follow;
use crate::message::{
    Accepted, CheckReport, CheckRequest, DeployRequest, EventsQuery, LogsQuery, MAX_EVENTS, MAX_LINES,
    RollbackRequest, ScaleRequest, Scaled, Stopping, UpgradeRequest, Upgrading,
};
use crate::router::Actor;

/// The longest request body, in bytes. The largest is a naru.yaml to check.
const MAX_BODY: usize = 1 << 20;

type Server = State<Arc<dyn Control>>;
/// An answer to something that has only begun.
type Begun<T> = Result<(StatusCode, Json<T>), Error>;

pub(crate) async fn status(State(control): Server) -> Result<Json<Status>, Error> {
    Ok(Json(control.status().await?))
}

pub(crate) async fn service(
    State(control): Server,
    Service(name): Service,
) -> Result<Json<ServiceStatus>, Error> {
    let status = control.status().await?;
    let known: Vec<&str> = status.services.iter().map(|service| service.name.as_str()).collect();
    let known = known.join(", ");
    let found = status.services.into_iter().find(|service| service.name == name);
    let missing = || Error::NotFound(format!("there is no service {name}; there are: {known}"));
    found.map(Json).ok_or_else(missing)
}

pub(crate) async fn deploy(
    State(control): Server,
    Service(service): Service,
    Extension(actor): Extension<Actor>,
    Given(request): Given<DeployRequest>,
) -> Begun<Accepted> {
    begun(control.deploy(service, request, actor.0).await?)
}

pub(crate) async fn rollback(
    State(control): Server,
    Service(service): Service,
    Extension(actor): Extension<Actor>,
    Given(request): Given<RollbackRequest>,
) -> Begun<Accepted> {
    begun(control.rollback(service, request.to, actor.0).await?)
}

pub(crate) async fn scale(
    State(control): Server,
    Service(service): Service,
    Extension(actor): Extension<Actor>,
    Given(request): Given<ScaleRequest>,
) -> Begun<Scaled> {
    begun(control.scale(service, request.instances, actor.0).await?)
}

pub(crate) async fn revisions(
    State(control): Server,
    Service(service): Service,
) -> Result<Json<Vec<Revision>>, Error> {
    Ok(Json(control.revisions(service).await?))
}

pub(crate) async fn logs(
    State(control): Server,
    Service(service): Service,
    Query(query): Query<LogsQuery>,
) -> Result<Response, Error> {
    if query.lines > MAX_LINES {
        return Err(Error::Invalid(format!("lines={} is over {MAX_LINES}", query.lines)));
    }
    if let Some(other) = query.instance.as_ref().filter(|instance| instance.service != service) {
        return Err(Error::Invalid(format!("{other} is no instance of {service}")));
    }
    if query.follow {
        let lines = control.follow_logs(service, query.instance, query.lines).await?;
        return Ok(follow::logs(lines));
    }
    Ok(Json(control.logs(service, query.instance, query.lines).await?).into_response())
}

pub(crate) async fn events(
    State(control): Server,
    Query(mut query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if query.limit == 0 || query.limit > MAX_EVENTS {
        return Err(Error::Invalid(format!("limit={} is not from 1 to {MAX_EVENTS}", query.limit)));
    }
    if !query.follow {
        return Ok(Json(control.events(query).await?).into_response());
    }
    if let Some(seen) = last_event_id(&headers) {
        query.after = Some(seen);
    }
    follow::events(control, query).await
}

/// What a browser says when it connects again. Source: HTML, server-sent events, "Last-Event-ID".
fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

pub(crate) async fn check(
    State(control): Server,
    Given(request): Given<CheckRequest>,
) -> Result<Json<CheckReport>, Error> {
    Ok(Json(control.check(request).await?))
}

pub(crate) async fn stop(State(control): Server, Extension(actor): Extension<Actor>) -> Begun<Stopping> {
    begun(control.stop(actor.0).await?)
}

pub(crate) async fn upgrade(
    State(control): Server,
    Extension(actor): Extension<Actor>,
    Given(request): Given<UpgradeRequest>,
) -> Begun<Upgrading> {
    begun(control.upgrade(request, actor.0).await?)
}

pub(crate) async fn metrics(State(control): Server) -> Result<Response, Error> {
    let text = control.metrics().await?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

pub(crate) async fn healthz(State(control): Server) -> Result<Response, Error> {
    let health = control.health().await?;
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(health)).into_response())
}

fn begun<T>(answer: T) -> Begun<T> {
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// The service that the path names.
pub(crate) struct Service(ServiceName);

impl<S: Send + Sync> FromRequestParts<S> for Service {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let axum::extract::Path(name) = path.map_err(|why| Error::Malformed(why.body_text()))?;
        let parsed =
            name.parse().map_err(|why| Error::NotFound(format!("there is no service {name:?}: {why}")));
        parsed.map(Service)
    }
}

/// The query, whole: an unknown parameter is refused.
pub(crate) struct Query<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let query = axum::extract::Query::try_from_uri(&parts.uri);
        query
            .map(|axum::extract::Query(query)| Query(query))
            .map_err(|why| Error::Malformed(format!("the query can't be read: {}", why.body_text())))
    }
}

/// The JSON body. None at all is `{}`.
pub(crate) struct Given<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Given<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let bytes = read(body).await?;
        if bytes.is_empty() {
            return parse(b"{}");
        }
        let media_type =
            parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Error::MediaType(
                "send JSON: Content-Type: application/json (curl --json)".to_owned(),
            ));
        }
        parse(&bytes)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<Given<T>, Error> {
    serde_json::from_slice(bytes)
        .map(Given)
        .map_err(|why| Error::Malformed(format!("the body can't be read: {why}")))
}

async fn read(body: Body) -> Result<bytes::Bytes, Error> {
    let too_large = || Error::TooLarge(format!("the body is over {MAX_BODY} bytes"));
    // Refused before it is sent, if the client waits for that (100-continue).
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large());
    }
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(why) if why.is::<LengthLimitError>() => Err(too_large()),
        Err(why) => Err(Error::Malformed(format!("the body broke off: {why}"))),
    }
}
