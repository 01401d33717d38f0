//! Alerts: what was found, and what is watched.

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use naru_model::alert::{Alert, Explanation};
use naru_model::watch::{Forecast, ItemStatus, NewItem};

use super::{Answered, Server};
use crate::access::Caller;
use crate::error::Error;
use crate::extract::{Asked, Given, Id, Query};
use crate::message::{AlertsQuery, ExplanationQuery, ForecastsQuery};

/// Alerts
///
/// What was found by the items that are watched, the newest first, each from its beginning to its end and with why it is so.
#[utoipa::path(
    get, path = "/v1/alerts", tag = "alerts", params(AlertsQuery), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The alerts", body = Vec<Alert>),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn alerts(State(api): Server, Query(query): Query<AlertsQuery>) -> Answered<Vec<Alert>> {
    let AlertsQuery { open, owner, limit } = query.check()?;
    Ok(Json(api.control.alerts(open, owner, limit).await?))
}

/// One alert
#[utoipa::path(
    get, path = "/v1/alerts/{id}", tag = "alerts", security(("token" = ["viewer"])),
    params(("id" = u64, Path, description = "The alert's id")),
    responses(
        (status = 200, description = "The alert", body = Alert),
        (status = 404, description = "there is no such alert"),
    )
)]
pub(crate) async fn alert(State(api): Server, Id(id): Id) -> Answered<Alert> {
    let found = match number(&id) {
        Some(number) => api.control.alert(number).await?,
        None => None,
    };
    found.map(Json).ok_or_else(|| missing(&id))
}

/// Acknowledge an alert
///
/// Somebody sees to it: it is not escalated. Its end is told all the same.
#[utoipa::path(
    post, path = "/v1/alerts/{id}/acknowledge", tag = "alerts", security(("token" = ["operator"])),
    params(("id" = u64, Path, description = "The alert's id")),
    responses(
        (status = 200, description = "The alert as it is now", body = Alert),
        (status = 404, description = "there is no such alert"),
        (status = 409, description = "it is over"),
    )
)]
pub(crate) async fn acknowledge_alert(
    State(api): Server,
    Id(id): Id,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
) -> Answered<Alert> {
    let number = number(&id).ok_or_else(|| missing(&id))?;
    let alert = api.control.acknowledge(number, caller.name).await?;
    asked.tell(&format!("{} of {}", alert.item, alert.owner));
    Ok(Json(alert))
}

/// What is watched
///
/// naru's own items, those of naru.yaml and those that were registered; also those that are not watched, with why.
#[utoipa::path(
    get, path = "/v1/alert-items", tag = "alerts", security(("token" = ["viewer"])),
    responses((status = 200, description = "The items, by name", body = Vec<ItemStatus>))
)]
pub(crate) async fn alert_items(State(api): Server) -> Answered<Vec<ItemStatus>> {
    Ok(Json(api.control.alert_items().await?))
}

/// Register an item
///
/// It is watched at once. One with the name of a registered one takes its place.
#[utoipa::path(
    post, path = "/v1/alert-items", tag = "alerts", security(("token" = ["operator"])),
    request_body = NewItem,
    responses(
        (status = 201, description = "The item", body = ItemStatus),
        (status = 400, description = "the body can't be read"),
        (status = 409, description = "naru.yaml has an item of this name"),
        (status = 422, description = "something of it can't be"),
    )
)]
pub(crate) async fn make_alert_item(
    State(api): Server,
    Extension(caller): Extension<Caller>,
    Given(item): Given<NewItem>,
) -> Result<(StatusCode, Json<ItemStatus>), Error> {
    Ok((StatusCode::CREATED, Json(api.control.make_alert_item(item, caller.name).await?)))
}

/// Remove a registered item
///
/// What is open of it ends.
#[utoipa::path(
    delete, path = "/v1/alert-items/{name}", tag = "alerts", security(("token" = ["operator"])),
    params(("name" = String, Path, description = "The item's name")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "there is no such item"),
        (status = 409, description = "it is naru's own, or of naru.yaml"),
    )
)]
pub(crate) async fn remove_alert_item(State(api): Server, Id(name): Id) -> Result<StatusCode, Error> {
    api.control.remove_alert_item(name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why a figure is as it is
///
/// What it means, what it was, who moved first and what to do, made of the data at this moment.
#[utoipa::path(
    get, path = "/v1/explanation", tag = "alerts", params(ExplanationQuery), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The explanation", body = Explanation),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "the figure has no name"),
    )
)]
pub(crate) async fn explanation(
    State(api): Server,
    Query(query): Query<ExplanationQuery>,
) -> Answered<Explanation> {
    let ExplanationQuery { owner, figure } = query.check()?;
    Ok(Json(api.control.explanation(owner, figure).await?))
}

/// How watched figures go on
///
/// For each item that asks, when its threshold will be crossed if the course goes on; and how unusual each figure's last point
/// is.
#[utoipa::path(
    get, path = "/v1/forecasts", tag = "alerts", params(ForecastsQuery), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The forecasts", body = Vec<Forecast>),
        (status = 400, description = "the query can't be read"),
    )
)]
pub(crate) async fn forecasts(
    State(api): Server,
    Query(ForecastsQuery { owner }): Query<ForecastsQuery>,
) -> Answered<Vec<Forecast>> {
    Ok(Json(api.control.forecasts(owner).await?))
}

/// The number that a path names; ids are those of a signed number in the state.
pub(super) fn number(id: &str) -> Option<u64> {
    id.parse().ok().filter(|id| i64::try_from(*id).is_ok())
}

fn missing(id: &str) -> Error {
    let id: String = id.chars().take(64).collect();
    Error::NotFound(format!(
        "there is no alert {id:?}; GET /v1/alerts and `naru alerts` tell which there are"
    ))
}
