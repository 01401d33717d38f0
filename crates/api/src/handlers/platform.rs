//! naru itself.

use axum::extract::State;
use axum::{Extension, Json};

use super::{Answered, Begun, Server, begun};
use crate::access::Caller;
use crate::extract::Given;
use crate::message::{CheckReport, CheckRequest, Stopping, UpgradeRequest, Upgrading};

/// Check a naru.yaml
///
/// Tells what is wrong with it, or what applying it would change. It changes nothing.
#[utoipa::path(
    post, path = "/v1/check", tag = "platform", security(("token" = ["operator"])),
    request_body = CheckRequest,
    responses(
        (status = 200, description = "Its faults, or what it would change", body = CheckReport),
        (status = 400, description = "the body can't be read"),
        (status = 413, description = "the body is over 1 MiB"),
    )
)]
pub(crate) async fn check(State(api): Server, Given(request): Given<CheckRequest>) -> Answered<CheckReport> {
    Ok(Json(api.control.check(request).await?))
}

/// Stop naru and every instance
///
/// Requests in flight are answered first.
#[utoipa::path(
    post, path = "/v1/stop", tag = "platform", security(("token" = ["admin"])),
    responses((status = 202, description = "It begins", body = Stopping), (status = 503, description = "it stops already"))
)]
pub(crate) async fn stop(State(api): Server, Extension(caller): Extension<Caller>) -> Begun<Stopping> {
    begun(api.control.stop(caller.name).await?)
}

/// Replace naru by another version
///
/// Without a refused connection and without restarting an instance.
#[utoipa::path(
    post, path = "/v1/upgrade", tag = "platform", security(("token" = ["admin"])),
    request_body = UpgradeRequest,
    responses(
        (status = 202, description = "It begins", body = Upgrading),
        (status = 400, description = "the body can't be read"),
        (status = 409, description = "not now"),
        (status = 422, description = "the file is no naru"),
    )
)]
pub(crate) async fn upgrade(
    State(api): Server,
    Extension(caller): Extension<Caller>,
    Given(request): Given<UpgradeRequest>,
) -> Begun<Upgrading> {
    begun(api.control.upgrade(request, caller.name).await?)
}
