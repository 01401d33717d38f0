//! How the platform is, and what happened.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use naru_model::event::Event;
use naru_model::status::Status;

use super::Server;
use crate::error::Error;
use crate::extract::Query;
use crate::follow;
use crate::message::{EventsQuery, StatusQuery};

/// The platform at this moment
///
/// Everything that `naru status` and the console show, at most a second old. With `follow=true` each second as a server-sent
/// event whose data is this object; a comment every 15 seconds keeps the stream alive.
#[utoipa::path(
    get, path = "/v1/status", tag = "status", params(StatusQuery), security(("token" = ["viewer"])),
    responses((status = 200, description = "The status", content((Status = "application/json"), (Status = "text/event-stream"))))
)]
pub(crate) async fn status(State(api): Server, Query(query): Query<StatusQuery>) -> Response {
    let live = api.control.follow_status();
    if query.follow {
        return follow::status(api.statuses.clone(), live);
    }
    let status = live.borrow().clone();
    ([(CONTENT_TYPE, "application/json")], api.statuses.json(&status).to_string()).into_response()
}

/// What happened
///
/// Events in the order of their ids: the newest, or the first ones after an id. With `follow=true` these and then every one to
/// come, as server-sent events whose `id` is the event's: a browser that comes again continues where it was.
#[utoipa::path(
    get, path = "/v1/events", tag = "status", params(EventsQuery), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The events", content((Vec<Event> = "application/json"), (Event = "text/event-stream"))),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn events(
    State(api): Server,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let mut search = query.search()?;
    if !query.follow {
        return Ok(Json(api.control.events(search).await?).into_response());
    }
    if let Some(seen) = last_event_id(&headers) {
        search.after = Some(seen);
    }
    follow::events(api.control.clone(), search).await
}

/// What a browser says when it connects again. Source: HTML, server-sent events, "Last-Event-ID".
fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}
