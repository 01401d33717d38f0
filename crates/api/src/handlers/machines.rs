//! What programs ask: load balancers, Prometheus, makers of clients.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::Server;
use crate::error::Error;
use crate::message::Health;

/// This document
#[utoipa::path(
    get, path = "/v1/openapi.json", tag = "machines", security(("token" = ["viewer"])),
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value))
)]
pub(crate) async fn openapi(State(api): Server) -> Response {
    ([(CONTENT_TYPE, "application/json")], api.document.clone()).into_response()
}

/// Everything measured, for Prometheus
///
/// In its text format 0.0.4.
#[utoipa::path(
    get, path = "/metrics", tag = "machines", security(("token" = ["viewer"])),
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain; version=0.0.4"))
)]
pub(crate) async fn metrics(State(api): Server) -> Result<Response, Error> {
    let text = api.control.metrics().await?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// Whether every service has its minimum ready
///
/// Open without a token: it tells a load balancer yes or no.
#[utoipa::path(
    get, path = "/healthz", tag = "machines", security(()),
    responses(
        (status = 200, description = "Ready", body = Health),
        (status = 503, description = "Not ready", body = Health),
    )
)]
pub(crate) async fn healthz(State(api): Server) -> Result<Response, Error> {
    let health = api.control.health().await?;
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(health)).into_response())
}
