//! Figures over time, the T-Map, and the transactions in a rectangle of it.

use axum::Json;
use axum::extract::State;
use naru_model::series::{Found, Map, Point};

use super::{Answered, Server};
use crate::extract::Query;
use crate::message::{MapParams, SeriesParams, TransactionsParams};

/// Figures of a subject over time
///
/// Oldest first, at the finest resolution that fits into `points` and is still kept.
#[utoipa::path(
    get, path = "/v1/series", tag = "figures", params(SeriesParams), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The figures", body = Vec<Point>),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn series(State(api): Server, Query(params): Query<SeriesParams>) -> Answered<Vec<Point>> {
    Ok(Json(api.control.series(params.query(api.control.now())?).await?))
}

/// The T-Map: transactions by the time they ended and how long they took
///
/// As dots when there are at most `dots`, as counted cells when there are more.
#[utoipa::path(
    get, path = "/v1/map", tag = "figures", params(MapParams), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The map", body = Map),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn map(State(api): Server, Query(params): Query<MapParams>) -> Answered<Map> {
    Ok(Json(api.control.map(params.query(api.control.now())?).await?))
}

/// Single transactions
///
/// Those in a rectangle of the T-Map, or any other choice, the latest first. For the next page give the last one's `end` as
/// `to`.
#[utoipa::path(
    get, path = "/v1/transactions", tag = "figures", params(TransactionsParams), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The transactions", body = Found),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn transactions(
    State(api): Server,
    Query(params): Query<TransactionsParams>,
) -> Answered<Found> {
    Ok(Json(api.control.search(params.search(api.control.now())?).await?))
}
