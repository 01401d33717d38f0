//! Figures over time, the T-Map, and the transactions in a rectangle of it.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use naru_model::calls::Calls;
use naru_model::series::{Found, Map, Point, Tally};

use super::{Answered, Server};
use crate::error::Error;
use crate::extract::Query;
use crate::message::csv;
use crate::message::{CallsParams, Format, MapParams, SeriesParams, TallyParams, TransactionsParams};

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

/// Calls added up: who calls what, from where, when, how fast, with what result
///
/// By one to three of what calls have in common. As a table of comma-separated values with `format=csv`.
#[utoipa::path(
    get, path = "/v1/tally", tag = "figures", params(TallyParams), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The sums", content((Tally = "application/json"), (String = "text/csv"))),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn tally(State(api): Server, Query(params): Query<TallyParams>) -> Result<Response, Error> {
    let format = params.format;
    let query = params.query(api.control.now())?;
    let by = query.by.clone();
    let tally = api.control.tally(query).await?;
    Ok(match format {
        Format::Json => Json(tally).into_response(),
        Format::Csv => table(csv::tally(&by, &tally)),
    })
}

/// What stands out in the calls of a stretch: who calls more or less, who is new or unlike itself, what is unused, fails or is slow
///
/// As one table of comma-separated values with `format=csv`.
#[utoipa::path(
    get, path = "/v1/calls", tag = "figures", params(CallsParams), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The summary", content((Calls = "application/json"), (String = "text/csv"))),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn calls(State(api): Server, Query(params): Query<CallsParams>) -> Result<Response, Error> {
    let calls = api.control.calls(params.period(api.control.now())?).await?;
    Ok(match params.format {
        Format::Json => Json(calls).into_response(),
        Format::Csv => table(csv::calls(&calls)),
    })
}

fn table(text: String) -> Response {
    ([(CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response()
}
