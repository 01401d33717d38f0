//! What the platform offers.

use axum::Json;
use axum::extract::State;

use super::{Answered, Server};
use crate::message::{Api, apis};

/// All APIs
///
/// One for each route and each link of naru.yaml: where it leads, who may call it, how much, in which shape.
#[utoipa::path(
    get, path = "/v1/apis", tag = "apis", security(("token" = ["viewer"])),
    responses((status = 200, description = "In the order of naru.yaml, links last", body = Vec<Api>))
)]
pub(crate) async fn all_apis(State(api): Server) -> Answered<Vec<Api>> {
    let platform = api.control.platform().await?;
    Ok(Json(platform.as_ref().map(apis).unwrap_or_default()))
}
