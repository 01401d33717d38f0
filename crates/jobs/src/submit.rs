//! Synchronous to asynchronous: a request becomes a job, and is answered 202 when the job is on the disk.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName};
use naru_model::policy;
use sha2::{Digest, Sha256};

use crate::callback::target;
use crate::core::Core;
use crate::dispatch::MOST_JOBS;
use crate::error::Error;
use crate::lookup;
use crate::prefer::{PREFER, Prefer};
use crate::problem::Problem;
use crate::random;
use crate::router::Asked;
use crate::store::body::{Of, SpoolError};
use crate::store::rows::{New, Request, ToDo};
use crate::store::writer::{Change, Written};
use crate::table::Route;
use crate::through::Call;

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Of an idempotency key, in bytes.
const MOST_KEY: usize = 255;
/// A client that waits longer is answered 202 all the same.
const MOST_WAIT: Duration = Duration::from_secs(60);

/// Answers a request of a route with the pattern `job`.
///
/// # Errors
/// The request is refused, and nothing was accepted.
pub(crate) async fn answer(
    core: &Arc<Core>,
    route: &Route,
    job: &policy::Job,
    asked: Asked,
) -> Result<Response, Problem> {
    let prefer = Prefer::of(asked.headers());
    if job.on_request && !prefer.respond_async {
        return pass_on(core, asked).await;
    }
    if core.dispatch.jobs() >= MOST_JOBS {
        let what = format!("{MOST_JOBS} jobs wait already; try again later");
        return Err(Problem::later(Duration::from_secs(30), what));
    }
    if let Some(url) = &prefer.callback {
        target::check(url, &job.callback_hosts).map_err(|why| {
            Problem::new(StatusCode::BAD_REQUEST, format!("the result can't be sent to {url:?}: {why}"))
        })?;
    }
    let caller = asked.caller.clone();
    let new = take_in(core, route, job, asked, &prefer).await?;
    let id = accept(core, new).await?;
    let wait = prefer.wait.unwrap_or_default().min(MOST_WAIT);
    let ended = lookup::wait(core, &id, caller.as_deref(), wait).await?;
    lookup::of_submission(core, &ended, &prefer).await
}

/// Reads a request to its end, so that all of it can be kept.
async fn take_in(
    core: &Core,
    route: &Route,
    job: &policy::Job,
    asked: Asked,
    prefer: &Prefer,
) -> Result<New, Problem> {
    let key = idempotency_key(asked.headers())?;
    let id = random::id().map_err(|error| {
        core.log(&format!("jobs: no randomness for an id: {error}"));
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no id could be made for the job")
    })?;
    let Asked { request, caller, host, target } = asked;
    let (mut head, body) = request.into_parts();
    let most = route.body.unwrap_or(crate::table::Table::BODY).0;
    let body = core.store.bodies.spool(&id, Of::Request, body, most).await;
    let body = body.map_err(|error| refuse_body(core, error))?;
    let idempotency = match key {
        None => None,
        Some(key) => {
            let digest = core.store.bodies.digest(&id, Of::Request, &body).await;
            let digest = digest.map_err(|error| refuse(core, error))?;
            let credentials = caller.is_none().then_some(&head.headers);
            let print =
                fingerprint(head.method.as_str(), &host, &target, &head.headers, credentials, &digest);
            Some((key, print))
        }
    };
    // What was asked of naru is not asked of the service again.
    head.headers.remove(PREFER);
    let submitted = core.now();
    Ok(New {
        id,
        route: route.name.clone(),
        caller,
        idempotency,
        origin: None,
        request: Request {
            method: head.method.as_str().to_owned(),
            host,
            target,
            headers: head.headers,
            body,
        },
        submitted,
        deadline: submitted + job.time_limit,
        callback: prefer.callback.clone(),
        given_up: None,
    })
}

/// Brings a job to the disk and into the schedule, whether or not its client still waits; its id, or that of the one
/// that was there before.
async fn accept(core: &Arc<Core>, new: New) -> Result<String, Problem> {
    let task = tokio::spawn(keep(core.clone(), new));
    let kept = task.await.unwrap_or(Err(Error::Closed)).map_err(|error| refuse(core, error))?;
    kept.ok_or_else(|| {
        let what =
            "another request was sent with this Idempotency-Key before; take a new key for a new request";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, what)
    })
}

async fn keep(core: Arc<Core>, new: New) -> Result<Option<String>, Error> {
    let id = new.id.clone();
    let (route, submitted) = (new.route.clone(), new.submitted);
    let written = core.store.writer.write(Change::Insert(Box::new(new))).await;
    if let Ok(Written::Inserted(seq)) = written {
        core.dispatch.queue(&ToDo { seq, route, submitted, due: submitted });
        return Ok(Some(id));
    }
    core.store.bodies.forget(&id);
    match written? {
        Written::Same(earlier) => Ok(Some(earlier)),
        _ => Ok(None),
    }
}

/// Calls the service while the client waits, as if there were no pattern.
async fn pass_on(core: &Core, asked: Asked) -> Result<Response, Problem> {
    let Asked { request, host, target, .. } = asked;
    let (head, body) = request.into_parts();
    let call = Call { method: head.method, host, target, headers: head.headers, body };
    let answer = core.through.send(&core.known.load_full().table, call).await;
    answer.map(|answer| answer.map(Body::new).into_response()).map_err(|error| {
        core.log(&format!("jobs: {error}"));
        Problem::new(StatusCode::BAD_GATEWAY, "the service could not be called; try again")
    })
}

/// The key as it stands, with or without the quotes of a structured field's string.
/// Source: draft-ietf-httpapi-idempotency-key-header-07 §2.1.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim().trim_matches('"');
    if key.is_empty() || key.len() > MOST_KEY {
        let what = format!("an Idempotency-Key has 1 to {MOST_KEY} visible ASCII characters");
        return Err(Problem::new(StatusCode::BAD_REQUEST, what));
    }
    Ok(Some(key.to_owned()))
}

/// What a repetition must agree in. Who was not recognised is told apart by what they show: keys of strangers meet.
fn fingerprint(
    method: &str,
    host: &str,
    target: &str,
    headers: &HeaderMap,
    credentials: Option<&HeaderMap>,
    body: &[u8; 32],
) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(method.as_bytes());
    part(host.as_bytes());
    part(target.as_bytes());
    part(headers.get(CONTENT_TYPE).map_or(b"", |value| value.as_bytes()));
    for name in [AUTHORIZATION, COOKIE] {
        part(credentials.and_then(|headers| headers.get(name)).map_or(b"", |value| value.as_bytes()));
    }
    part(body);
    hash.finalize().into()
}

fn refuse_body(core: &Core, error: SpoolError) -> Problem {
    match error {
        SpoolError::TooLarge(_) => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
        SpoolError::Cut(_) => Problem::new(StatusCode::BAD_REQUEST, error.to_string()),
        SpoolError::Store(error) => refuse(core, error),
    }
}

/// What could not be kept was not accepted. 507 is RFC 4918 §11.5.
pub(crate) fn refuse(core: &Core, error: Error) -> Problem {
    core.log(&format!("jobs: {error}"));
    let after = Duration::from_secs(10);
    match error {
        Error::Full { .. } => {
            let what = "there is no room left to keep this; nothing was accepted, try again later";
            Problem {
                status: StatusCode::INSUFFICIENT_STORAGE,
                detail: what.to_owned(),
                retry_after: Some(after),
            }
        }
        Error::Closed => Problem::later(after, "naru's server ends; nothing was accepted, try again"),
        _ => Problem::later(after, "this could not be kept; nothing was accepted, try again later"),
    }
}
