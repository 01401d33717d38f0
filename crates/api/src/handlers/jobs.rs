//! Jobs, and the dead letters among them.

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use naru_model::job::{Figures, OpenedLetter};

use super::{Answered, Server};
use crate::error::Error;
use crate::extract::{Asked, Id, Query};
use crate::message::{Letters, LettersQuery};
use crate::router::Api;

/// How the jobs of each route stand
///
/// Those that wait, run, are dead, and whose results are kept.
#[utoipa::path(
    get, path = "/v1/jobs", tag = "jobs", security(("token" = ["viewer"])),
    responses((status = 200, description = "By the route's name", body = Vec<Figures>))
)]
pub(crate) async fn jobs(State(api): Server) -> Answered<Vec<Figures>> {
    Ok(Json(api.control.jobs().await?))
}

/// Dead letters
///
/// Jobs and messages that were given up, the newest first.
#[utoipa::path(
    get, path = "/v1/dead-letters", tag = "jobs", params(LettersQuery), security(("token" = ["viewer"])),
    responses(
        (status = 200, description = "The letters", body = Letters),
        (status = 400, description = "the query can't be read"),
        (status = 422, description = "a number is out of its range"),
    )
)]
pub(crate) async fn dead_letters(State(api): Server, Query(query): Query<LettersQuery>) -> Answered<Letters> {
    let wanted = query.limit as usize;
    let mut letters = api.control.dead_letters(query.search()?).await?;
    let more = letters.len() > wanted;
    letters.truncate(wanted);
    Ok(Json(Letters { letters, more }))
}

/// One dead letter, opened
///
/// With its header fields and the first 64 KiB of its body, in which there may be personal data; who opens it is an operator.
#[utoipa::path(
    get, path = "/v1/dead-letters/{id}", tag = "jobs", security(("token" = ["operator"])),
    params(("id" = String, Path, description = "The letter's id")),
    responses(
        (status = 200, description = "The letter", body = OpenedLetter),
        (status = 404, description = "there is no such letter"),
    )
)]
pub(crate) async fn dead_letter(State(api): Server, Id(id): Id) -> Answered<OpenedLetter> {
    find(&api, &id).await.map(Json)
}

/// Replay a dead letter
///
/// It is a job again, with all its attempts and its whole time.
#[utoipa::path(
    post, path = "/v1/dead-letters/{id}/replay", tag = "jobs", security(("token" = ["operator"])),
    params(("id" = String, Path, description = "The letter's id")),
    responses(
        (status = 204, description = "It is a job again"),
        (status = 404, description = "there is no such letter"),
    )
)]
pub(crate) async fn replay(
    State(api): Server,
    Id(id): Id,
    Extension(asked): Extension<Asked>,
) -> Result<StatusCode, Error> {
    tell(&asked, &find(&api, &id).await?);
    if api.control.replay(id.clone()).await? { Ok(StatusCode::NO_CONTENT) } else { Err(missing(&id)) }
}

/// Discard a dead letter
///
/// It is gone for good.
#[utoipa::path(
    delete, path = "/v1/dead-letters/{id}", tag = "jobs", security(("token" = ["operator"])),
    params(("id" = String, Path, description = "The letter's id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "there is no such letter"),
    )
)]
pub(crate) async fn discard(
    State(api): Server,
    Id(id): Id,
    Extension(asked): Extension<Asked>,
) -> Result<StatusCode, Error> {
    tell(&asked, &find(&api, &id).await?);
    if api.control.discard(id.clone()).await? { Ok(StatusCode::NO_CONTENT) } else { Err(missing(&id)) }
}

/// What the letter was, without its query, in which there may be personal data.
fn tell(asked: &Asked, OpenedLetter { letter, .. }: &OpenedLetter) {
    let path = letter.path.split('?').next().unwrap_or_default();
    asked.tell(&format!("{} {}{path} of {}, dead: {}", letter.method, letter.host, letter.route, letter.why));
}

async fn find(api: &Api, id: &str) -> Result<OpenedLetter, Error> {
    api.control.dead_letter(id.to_owned()).await?.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> Error {
    let id: String = id.chars().take(64).collect();
    Error::NotFound(format!(
        "there is no dead letter {id:?}; GET /v1/dead-letters and `naru dead list` tell which there are"
    ))
}
