//! What services, their JVMs and the machine measure of themselves.

use axum::Json;
use axum::extract::State;
use naru_model::metric::{MetricName, MetricSeries};

use super::{Answered, Server};
use crate::extract::Query;
use crate::message::{MetricNamesParams, MetricSeriesParams};

/// What is measured
///
/// Every metric of which something came in the last hour, by owner and name.
#[utoipa::path(
    get, path = "/v1/metric-names", tag = "metrics", params(MetricNamesParams), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The names", body = Vec<MetricName>),
        (status = 400, description = "the query can't be read"),
    )
)]
pub(crate) async fn metric_names(
    State(api): Server,
    Query(params): Query<MetricNamesParams>,
) -> Answered<Vec<MetricName>> {
    Ok(Json(api.control.metric_names(params.owner, params.name).await?))
}

/// Series of metrics over time
///
/// At the finest resolution that fits into `points` and is still kept: ten seconds for an hour, then minutes. At most 500
/// series.
#[utoipa::path(
    get, path = "/v1/metrics/series", tag = "metrics", params(MetricSeriesParams),
    security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The series", body = Vec<MetricSeries>),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn metric_series(
    State(api): Server,
    Query(params): Query<MetricSeriesParams>,
) -> Answered<Vec<MetricSeries>> {
    Ok(Json(api.control.metric_series(params.query(api.control.now())?).await?))
}
