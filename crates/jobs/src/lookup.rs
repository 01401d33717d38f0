//! What the caller of a job may ask of it: how it stands, its result, and its end.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderValue, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use serde::Serialize;

use crate::core::Core;
use crate::error::Error;
use crate::prefer::{PREFERENCE_APPLIED, Prefer};
use crate::problem::Problem;
use crate::random;
use crate::router::{Asked, JOBS};
use crate::store::body::Of;
use crate::store::rows::{Standing, State};
use crate::store::writer::{Change, Written};
use crate::submit::refuse;
use crate::table::job_of_attempts;

/// What a client that asks again and again is told to leave between.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("1");
/// The longest wait for a result that one may ask for.
const MOST_WAIT: Duration = Duration::from_secs(60);

/// What the status address answers. Times are microseconds since 1970.
#[derive(Serialize)]
struct Status<'s> {
    id: &'s str,
    /// queued, running, done, failed, dead or cancelled.
    state: &'static str,
    attempts: u32,
    submitted: u64,
    /// When it is given up.
    time_limit: u64,
    /// When it is attempted again.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<u64>,
    /// Why it is to be attempted again, or dead.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'s str>,
    /// When there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<CallbackStatus<'s>>,
}

#[derive(Serialize)]
struct CallbackStatus<'s> {
    /// waiting (for the result, or for the next try), delivered or failed.
    state: &'s str,
    tries: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'s str>,
}

/// Answers a request below [`JOBS`].
///
/// # Errors
/// The problem to answer with.
pub(crate) async fn answer(core: &Arc<Core>, rest: &str, asked: Asked) -> Result<Response, Problem> {
    let (id, what) = rest.split_once('/').unwrap_or((rest, ""));
    if !random::is_id(id) || !matches!(what, "" | "result") {
        return Err(Problem::no_job());
    }
    let caller = asked.caller.as_deref();
    match (asked.method(), what) {
        (&Method::GET | &Method::HEAD, _) => {
            let prefer = Prefer::of(asked.headers());
            let most = prefer.wait.unwrap_or_default().min(MOST_WAIT);
            let standing = wait(core, id, caller, most).await?;
            let answer = if what == "result" {
                result(core, &standing).await?
            } else {
                status(&standing, StatusCode::OK)
            };
            Ok(with_applied(answer, prefer.applied(true, false)))
        }
        (&Method::DELETE, "") => cancel(core, id, caller).await,
        (method, _) => {
            let what = format!("a job takes GET and DELETE, and its result GET, but not {method}");
            Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, what))
        }
    }
}

/// Finds a job of this caller's, waiting for its end at most so long.
pub(crate) async fn wait(
    core: &Core,
    id: &str,
    caller: Option<&str>,
    most: Duration,
) -> Result<Standing, Problem> {
    let ended = (most > Duration::ZERO).then(|| core.waiting.begin(id));
    let standing = find(core, id, caller).await?;
    match ended {
        Some(ended) if !standing.state.is_final() => {
            ended.within(most).await;
            find(core, id, caller).await
        }
        _ => Ok(standing),
    }
}

async fn find(core: &Core, id: &str, caller: Option<&str>) -> Result<Standing, Problem> {
    let standing = core.store.standing(id).await.map_err(|error| refuse(core, error))?;
    standing.filter(|standing| standing.caller.as_deref() == caller).ok_or_else(Problem::no_job)
}

/// The answer to whoever submitted it: the result when it has come in time, else 202.
///
/// # Errors
/// The problem to answer with.
pub(crate) async fn of_submission(
    core: &Core,
    standing: &Standing,
    prefer: &Prefer,
) -> Result<Response, Problem> {
    let waited = prefer.wait.is_some_and(|wait| wait > Duration::ZERO);
    if waited && matches!(standing.state, State::Done | State::Failed) {
        let mut answer = result(core, standing).await?;
        if let Ok(location) = HeaderValue::from_str(&format!("{JOBS}{}", standing.id)) {
            answer.headers_mut().entry("content-location").or_insert(location);
        }
        return Ok(with_applied(answer, prefer.applied(true, false)));
    }
    let mut answer = status(standing, StatusCode::ACCEPTED);
    if let Ok(location) = HeaderValue::from_str(&format!("{JOBS}{}", standing.id)) {
        answer.headers_mut().insert(LOCATION, location);
    }
    Ok(with_applied(answer, prefer.applied(waited, true)))
}

fn with_applied(mut answer: Response, applied: Option<String>) -> Response {
    if let Some(applied) = applied.and_then(|applied| HeaderValue::try_from(applied).ok()) {
        answer.headers_mut().insert(PREFERENCE_APPLIED, applied);
    }
    answer
}

fn status(standing: &Standing, code: StatusCode) -> Response {
    let has_result = matches!(standing.state, State::Done | State::Failed);
    let callback = standing.callback.as_ref().map(|callback| CallbackStatus {
        state: callback.state.as_deref().unwrap_or("waiting"),
        tries: callback.tries,
        why: callback.why.as_deref(),
    });
    let body = Status {
        id: &standing.id,
        state: standing.state.word(),
        attempts: standing.attempts,
        submitted: standing.submitted.0,
        time_limit: standing.deadline.0,
        next_attempt: (standing.state == State::Queued && standing.attempts > 0).then_some(standing.due.0),
        ended: standing.ended.map(|ended| ended.0),
        why: standing.why.as_deref(),
        result: has_result.then(|| format!("{JOBS}{}/result", standing.id)),
        callback,
    };
    let mut answer = (code, axum::Json(body)).into_response();
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !standing.state.is_final() {
        answer.headers_mut().insert(RETRY_AFTER, ASK_AGAIN);
    }
    answer
}

/// The service's own answer, or why there is none.
async fn result(core: &Core, standing: &Standing) -> Result<Response, Problem> {
    match standing.state {
        State::Done | State::Failed => {}
        State::Queued | State::Running => {
            let what = format!("the job is {}; there is no result yet", standing.state.word());
            let after = Some(Duration::from_secs(1));
            return Err(Problem { status: StatusCode::CONFLICT, detail: what, retry_after: after });
        }
        State::Dead => {
            let why = standing.why.as_deref().unwrap_or("the service did not answer");
            return Err(Problem::new(StatusCode::BAD_GATEWAY, format!("the job was given up: {why}")));
        }
        State::Cancelled => return Err(Problem::new(StatusCode::GONE, "the job was cancelled")),
    }
    let outcome = core.store.outcome(standing.seq).await.map_err(|error| refuse(core, error))?;
    let outcome = outcome.ok_or_else(Problem::no_job)?;
    let body = core.store.bodies.body(&standing.id, Of::Result, &outcome.body).await;
    let body = body.map_err(|error| refuse(core, error))?;
    let mut answer = Response::new(body);
    *answer.status_mut() = outcome.status;
    let mut headers: HeaderMap = outcome.headers;
    headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(outcome.body.len()));
    *answer.headers_mut() = headers;
    Ok(answer)
}

/// Ends a job that has not ended, and forgets one that has.
async fn cancel(core: &Arc<Core>, id: &str, caller: Option<&str>) -> Result<Response, Problem> {
    let standing = find(core, id, caller).await?;
    let task = tokio::spawn(cancel_one(core.clone(), standing));
    let done = task.await.unwrap_or(Err(Error::Closed));
    done.map_err(|error| refuse(core, error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn cancel_one(core: Arc<Core>, standing: Standing) -> Result<(), Error> {
    let (seq, now) = (standing.seq, core.now());
    let known = core.known.load_full();
    let keep = known.lane(&standing.route).map_or(job_of_attempts(1).keep, |job| job.keep);
    let cancel = Change::Cancel { seq, now, keep_until: now + keep };
    let gone = if core.store.writer.write(cancel).await? == Written::Changed(true) {
        core.dispatch.cancel(seq);
        core.waiting.tell(&standing.id);
        true
    } else {
        // A dead letter is the operators': its caller may not make it unseen.
        core.store.writer.write(Change::Forget { seq, dead: false }).await? == Written::Changed(true)
    };
    if gone {
        core.store.bodies.forget(&standing.id);
    }
    Ok(())
}
