//! Notices: who is told, and who is not for a while.

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use naru_model::alert::{Notice, Silence};
use naru_model::watch::{ChannelStatus, NewSilence};

use super::alerts::number;
use super::{Answered, Server};
use crate::access::Caller;
use crate::error::Error;
use crate::extract::{Asked, Given, Id, Query};
use crate::message::{NoticesQuery, check_silence};

/// Silences
///
/// Those that are not over, the oldest first.
#[utoipa::path(
    get, path = "/v1/silences", tag = "alerts", security(("token" = ["viewer"])),
    responses((status = 200, description = "The silences", body = Vec<Silence>))
)]
pub(crate) async fn silences(State(api): Server) -> Answered<Vec<Silence>> {
    Ok(Json(api.control.silences().await?))
}

/// Tell nobody for a while
///
/// Of one owner (a service with its instances), of one item, of both together, or of everything. Alerts are kept all the same.
#[utoipa::path(
    post, path = "/v1/silences", tag = "alerts", security(("token" = ["operator"])),
    request_body = NewSilence,
    responses(
        (status = 201, description = "The silence", body = Silence),
        (status = 400, description = "the body can't be read"),
        (status = 422, description = "something of it can't be"),
    )
)]
pub(crate) async fn make_silence(
    State(api): Server,
    Extension(caller): Extension<Caller>,
    Given(silence): Given<NewSilence>,
) -> Result<(StatusCode, Json<Silence>), Error> {
    check_silence(&silence)?;
    Ok((StatusCode::CREATED, Json(api.control.make_silence(silence, caller.name).await?)))
}

/// End a silence
#[utoipa::path(
    delete, path = "/v1/silences/{id}", tag = "alerts", security(("token" = ["operator"])),
    params(("id" = u64, Path, description = "The silence's id")),
    responses(
        (status = 204, description = "It is over"),
        (status = 404, description = "there is no such silence"),
    )
)]
pub(crate) async fn end_silence(State(api): Server, Id(id): Id) -> Result<StatusCode, Error> {
    let known = number(&id).ok_or_else(|| {
        let id: String = id.chars().take(64).collect();
        Error::NotFound(format!("there is no silence {id:?}; GET /v1/silences tells which there are"))
    })?;
    api.control.end_silence(known).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Messages
///
/// The newest first, each with what became of it.
#[utoipa::path(
    get, path = "/v1/notices", tag = "alerts", params(NoticesQuery), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The messages", body = Vec<Notice>),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn notices(State(api): Server, Query(query): Query<NoticesQuery>) -> Answered<Vec<Notice>> {
    Ok(Json(api.control.notices(query.check()?.limit).await?))
}

/// Where messages go
///
/// Without what is secret: of a URL there is the host alone.
#[utoipa::path(
    get, path = "/v1/channels", tag = "alerts", security(("token" = ["viewer"])),
    responses((status = 200, description = "The channels of naru.yaml", body = Vec<ChannelStatus>))
)]
pub(crate) async fn channels(State(api): Server) -> Answered<Vec<ChannelStatus>> {
    Ok(Json(api.control.channels().await?))
}

/// Try a channel out
///
/// Sends one message at once, and answers with what became of it.
#[utoipa::path(
    post, path = "/v1/channels/{name}/trial", tag = "alerts", security(("token" = ["operator"])),
    params(("name" = String, Path, description = "The channel's name")),
    responses(
        (status = 200, description = "The message, `sent` or `failed`", body = Notice),
        (status = 404, description = "there is no such channel"),
    )
)]
pub(crate) async fn try_channel(
    State(api): Server,
    Id(name): Id,
    Extension(asked): Extension<Asked>,
) -> Answered<Notice> {
    let notice = api.control.try_channel(name).await?;
    asked.tell(notice.error.as_deref().unwrap_or("sent"));
    Ok(Json(notice))
}
