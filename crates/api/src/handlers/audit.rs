//! What people changed.

use axum::Json;
use axum::extract::State;
use naru_model::access::Audit;

use super::{Answered, Server};
use crate::extract::Query;
use crate::message::AuditQuery;

/// Every change that somebody asked for
///
/// Also those that were refused for want of a role, in the order of their ids: the newest, or the first ones after an id.
#[utoipa::path(
    get, path = "/v1/audit", tag = "audit", params(AuditQuery), security(("token" = ["admin"])),
    responses(
        (status = 200, description = "The entries", body = Vec<Audit>),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn audit(State(api): Server, Query(query): Query<AuditQuery>) -> Answered<Vec<Audit>> {
    Ok(Json(api.control.audits(query.search()?).await?))
}
