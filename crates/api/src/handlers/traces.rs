//! Traces, log lines and the map of services.

use axum::Json;
use axum::extract::State;
use naru_model::trace::{FoundLogs, FoundTraces, ServiceMap, Trace};

use super::{Answered, Server};
use crate::error::Error;
use crate::extract::{Id, Query};
use crate::message::{LogLinesParams, ServiceMapParams, TracesParams, trace_id};

/// Traces that services sent, the latest first
///
/// Those with a span for which all that is given holds. For the next page give the last one's `start` as `to`.
#[utoipa::path(
    get, path = "/v1/traces", tag = "traces", params(TracesParams), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The traces", body = FoundTraces),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn traces(State(api): Server, Query(params): Query<TracesParams>) -> Answered<FoundTraces> {
    Ok(Json(api.control.traces(params.search(api.control.now())?).await?))
}

/// All of one trace: its spans, its log lines, and what the gateway saw of it
#[utoipa::path(
    get, path = "/v1/traces/{trace_id}", tag = "traces", security(("token" = ["viewer"])),
    params(("trace_id" = String, Path, description = "32 hexadecimal digits", pattern = "^[0-9a-fA-F]{32}$")),
    responses(
        (status = 200, description = "The trace", body = Trace),
        (status = 404, description = "nothing of it is kept"),
        (status = 422, description = "it is no trace id"),
    )
)]
pub(crate) async fn trace(State(api): Server, Id(id): Id) -> Answered<Trace> {
    let found = api.control.trace(trace_id(&id)?).await?;
    found.map(Json).ok_or_else(|| {
        Error::NotFound(format!(
            "nothing of trace {id} is kept; failed and slow traces are, and of the others a sample: raise telemetry.traces_per_day for more of them, and telemetry.traces to keep them longer"
        ))
    })
}

/// Log lines that services sent by OpenTelemetry, the latest first
///
/// What instances print is at `/v1/services/{service}/logs`. For the next page give the last one's `at` as `to`.
#[utoipa::path(
    get, path = "/v1/log-lines", tag = "traces", params(LogLinesParams), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The lines", body = FoundLogs),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn log_lines(
    State(api): Server,
    Query(params): Query<LogLinesParams>,
) -> Answered<FoundLogs> {
    Ok(Json(api.control.log_lines(params.search(api.control.now())?).await?))
}

/// Who called whom: services, databases, brokers, links and hosts, counted of every call
#[utoipa::path(
    get, path = "/v1/service-map", tag = "traces", params(ServiceMapParams), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The map", body = ServiceMap),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a time is out of its range"),
    )
)]
pub(crate) async fn service_map(
    State(api): Server,
    Query(params): Query<ServiceMapParams>,
) -> Answered<ServiceMap> {
    Ok(Json(api.control.service_map(params.period(api.control.now())?).await?))
}
