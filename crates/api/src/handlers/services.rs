//! Single services: what they are, and what people want of them.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use naru_model::access::Role;
use naru_model::event::{Kind, Search};
use naru_model::name::ServiceName;
use naru_model::revision::Revision;
use naru_model::status::ServiceStatus;
use naru_model::units::Timestamp;

use super::{Answered, Begun, Server, begun};
use crate::access::Caller;
use crate::error::Error;
use crate::extract::{Given, Query, Service};
use crate::follow;
use crate::message::{
    Accepted, DeployRequest, LogLine, LogsQuery, MAX_EVENTS, MAX_LINES, RollbackRequest, ScaleRequest,
    Scaled, Scaling,
};
use crate::router::Api;

/// How far back decisions of scaling are told.
const EXPLAINED: Duration = Duration::from_secs(3600);
/// Stands for a variable's value where a viewer looks.
const HIDDEN: &str = "(hidden)";

/// One service
#[utoipa::path(
    get, path = "/v1/services/{service}", tag = "services", security(("token" = ["viewer"])),
    params(("service" = String, Path, description = "The service's name", example = "booking")),
    responses(
        (status = 200, description = "Its status", body = ServiceStatus),
        (status = 404, description = "there is no such service"),
    )
)]
pub(crate) async fn service(State(api): Server, Service(name): Service) -> Answered<ServiceStatus> {
    Ok(Json(find(&api, &name)?))
}

/// Why a service has as many instances as it has
///
/// Its policies, the last decision, what one instance carries, and the events of the last hour that changed the number.
#[utoipa::path(
    get, path = "/v1/services/{service}/scaling", tag = "services", security(("token" = ["viewer"])),
    params(("service" = String, Path, description = "The service's name", example = "booking")),
    responses(
        (status = 200, description = "Its scaling", body = Scaling),
        (status = 404, description = "there is no such service"),
    )
)]
pub(crate) async fn scaling(State(api): Server, Service(service): Service) -> Answered<Scaling> {
    let ServiceStatus { desired, ready, scaling, .. } = find(&api, &service)?;
    let since = api.control.now().0.saturating_sub(EXPLAINED.as_micros() as u64);
    let search = Search {
        service: Some(service.clone()),
        kinds: vec![Kind::Scaled],
        from: Some(Timestamp(since)),
        limit: MAX_EVENTS,
        ..Search::default()
    };
    let events = api.control.events(search).await?;
    Ok(Json(Scaling { service, desired, ready, scaling, events }))
}

/// Change the number of instances
///
/// A number holds until another is given; policies rest meanwhile. `null` gives the service back to its policies, or to its
/// minimum when it has none.
#[utoipa::path(
    post, path = "/v1/services/{service}/scale", tag = "services", security(("token" = ["operator"])),
    params(("service" = String, Path, description = "The service's name", example = "booking")),
    request_body = ScaleRequest,
    responses(
        (status = 202, description = "It begins", body = Scaled),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "there is no such service"),
        (status = 409, description = "not now"),
        (status = 422, description = "the number is outside the file's minimum and maximum"),
    )
)]
pub(crate) async fn scale(
    State(api): Server,
    Service(service): Service,
    Extension(caller): Extension<Caller>,
    Given(request): Given<ScaleRequest>,
) -> Begun<Scaled> {
    begun(api.control.scale(service, request.instances, caller.name).await?)
}

/// Deploy a new revision
///
/// Made from the file as it stands, and rolled out instance by instance. The same again is a rolling restart.
#[utoipa::path(
    post, path = "/v1/services/{service}/deploy", tag = "services", security(("token" = ["operator"])),
    params(("service" = String, Path, description = "The service's name", example = "booking")),
    request_body = DeployRequest,
    responses(
        (status = 202, description = "The rollout has begun", body = Accepted),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "there is no such service"),
        (status = 409, description = "not now"),
        (status = 422, description = "what no process can be given as its environment"),
    )
)]
pub(crate) async fn deploy(
    State(api): Server,
    Service(service): Service,
    Extension(caller): Extension<Caller>,
    Given(request): Given<DeployRequest>,
) -> Begun<Accepted> {
    request.check()?;
    begun(api.control.deploy(service, request, caller.name).await?)
}

/// Go back to an earlier revision
#[utoipa::path(
    post, path = "/v1/services/{service}/rollback", tag = "services", security(("token" = ["operator"])),
    params(("service" = String, Path, description = "The service's name", example = "booking")),
    request_body = RollbackRequest,
    responses(
        (status = 202, description = "The rollout has begun", body = Accepted),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "there is no such service or revision"),
        (status = 409, description = "there is nothing to go back to, or not now"),
    )
)]
pub(crate) async fn rollback(
    State(api): Server,
    Service(service): Service,
    Extension(caller): Extension<Caller>,
    Given(request): Given<RollbackRequest>,
) -> Begun<Accepted> {
    begun(api.control.rollback(service, request.to, caller.name).await?)
}

/// A service's revisions
///
/// Oldest first. Viewers see the names of environment variables and `(hidden)` for their values.
#[utoipa::path(
    get, path = "/v1/services/{service}/revisions", tag = "services", security(("token" = ["viewer"])),
    params(("service" = String, Path, description = "The service's name", example = "booking")),
    responses(
        (status = 200, description = "The revisions", body = Vec<Revision>),
        (status = 404, description = "there is no such service"),
    )
)]
pub(crate) async fn revisions(
    State(api): Server,
    Service(service): Service,
    Extension(caller): Extension<Caller>,
) -> Answered<Vec<Revision>> {
    let mut revisions = api.control.revisions(service).await?;
    if caller.role == Role::Viewer {
        for value in revisions.iter_mut().flat_map(|revision| revision.spec.env.values_mut()) {
            HIDDEN.clone_into(value);
        }
    }
    Ok(Json(revisions))
}

/// What a service's instances wrote
///
/// The last lines, oldest first. With `follow=true` these and then every one to come, as server-sent events.
#[utoipa::path(
    get, path = "/v1/services/{service}/logs", tag = "services", security(("token" = ["viewer"])),
    params(("service" = String, Path, description = "The service's name", example = "booking"), LogsQuery),
    responses(
        (status = 200, description = "The lines", content((Vec<LogLine> = "application/json"), (LogLine = "text/event-stream"))),
        (status = 400, description = "the query can't be read"),
        (status = 404, description = "there is no such service"),
        (status = 422, description = "too many lines, or an instance of another service"),
    )
)]
pub(crate) async fn logs(
    State(api): Server,
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
        let lines = api.control.follow_logs(service, query.instance, query.lines).await?;
        return Ok(follow::logs(lines));
    }
    Ok(Json(api.control.logs(service, query.instance, query.lines).await?).into_response())
}

fn find(api: &Api, name: &ServiceName) -> Result<ServiceStatus, Error> {
    let status = api.control.follow_status().borrow().clone();
    let found = status.services.iter().find(|service| service.name == *name);
    found.cloned().ok_or_else(|| {
        let known: Vec<&str> = status.services.iter().map(|service| service.name.as_str()).collect();
        Error::NotFound(format!("there is no service {name}; there are: {}", known.join(", ")))
    })
}
