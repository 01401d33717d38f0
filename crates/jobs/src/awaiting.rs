//! Asynchronous to synchronous: the service answers 202, and its caller waits until naru has the result.
//!
//! naru asks the `Location` of the 202 again and again, or tells the service where to call back, or both, and takes what
//! comes first. Nothing is kept: when the caller goes, or the server ends, the wait ends with them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use naru_model::policy;
use tokio::sync::oneshot;

use crate::attempt::retry_after;
use crate::core::Core;
use crate::problem::Problem;
use crate::random;
use crate::router::{AWAIT, Asked};
use crate::table::{Route, Table};
use crate::through::Call;

/// How often a result is asked for at least, when the service's `Retry-After` is long.
const LONGEST_POLL: Duration = Duration::from_secs(30);
/// Failures in a row to ask for the result before the caller is told.
const MOST_FAILURES: u32 = 3;

/// Callers that wait for a service to call back.
#[derive(Debug, Default)]
pub(crate) struct Awaited {
    by_id: Mutex<HashMap<String, oneshot::Sender<Response>>>,
}

/// A place in [`Awaited`], given up when it is dropped.
struct Place<'a> {
    awaited: &'a Awaited,
    id: String,
    called: oneshot::Receiver<Response>,
}

impl Awaited {
    fn begin(&self, id: String) -> Place<'_> {
        let (sender, called) = oneshot::channel();
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), sender);
        Place { awaited: self, id, called }
    }

    fn take(&self, id: &str) -> Option<oneshot::Sender<Response>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.awaited.take(&self.id);
    }
}

/// Answers a request of a route with the pattern `await`.
///
/// # Errors
/// No result came, or the service can't be called.
pub(crate) async fn answer(
    core: &Arc<Core>,
    route: &Route,
    pattern: &policy::Await,
    asked: Asked,
) -> Result<Response, Problem> {
    let whole = exchange(core, route, pattern, asked);
    tokio::time::timeout(pattern.timeout, whole).await.unwrap_or_else(|_| {
        let what = format!("the service gave no result within {}s", pattern.timeout.as_secs_f64());
        Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, what))
    })
}

async fn exchange(
    core: &Arc<Core>,
    route: &Route,
    pattern: &policy::Await,
    asked: Asked,
) -> Result<Response, Problem> {
    let known = core.known.load_full();
    let id = random::id().map_err(|error| {
        core.log(&format!("jobs: no randomness for an id: {error}"));
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no address for the callback could be made")
    })?;
    let mut place = core.awaited.begin(id);
    let Asked { request, host, target, .. } = asked;
    let (mut head, body) = request.into_parts();
    if let Some(name) = &pattern.callback_header {
        let url = format!("{}{AWAIT}{}", known.table.callback_base, place.id);
        if let (Ok(name), Ok(url)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&url)) {
            head.headers.insert(name, url);
        }
    }
    let polling = polling_headers(&head.headers);
    let call =
        Call { method: head.method, host: host.clone(), target: target.clone(), headers: head.headers, body };
    let first =
        core.through.send(&known.table, call).await.map_err(|error| unreachable_service(core, &error))?;
    if first.status() != StatusCode::ACCEPTED {
        return Ok(first.into_response());
    }
    let location = location(&first, &target);
    match (pattern.poll, location) {
        (Some(every), Some(location)) => {
            let poller = Poller { core, table: &known.table, host, headers: polling, every };
            tokio::select! {
                polled = poller.poll(location, retry_after(first.headers())) => polled,
                called = &mut place.called => called.map_err(|_| no_way()),
            }
        }
        _ if pattern.callback_header.is_some() => (&mut place.called).await.map_err(|_| no_way()),
        _ => {
            let what = format!(
                "the service of {} answered 202 without a Location to ask for the result",
                route.name
            );
            Err(Problem::new(StatusCode::BAD_GATEWAY, what))
        }
    }
}

struct Poller<'p> {
    core: &'p Core,
    table: &'p Table,
    host: String,
    headers: HeaderMap,
    every: Duration,
}

impl Poller<'_> {
    /// Asks until the answer is another than 202; one that leads elsewhere (303) is followed.
    async fn poll(&self, mut at: String, mut asked: Option<Duration>) -> Result<Response, Problem> {
        let mut failures = 0;
        loop {
            tokio::time::sleep(self.every.max(asked.unwrap_or_default().min(LONGEST_POLL))).await;
            let call = Call {
                method: Method::GET,
                host: self.host.clone(),
                target: at.clone(),
                headers: self.headers.clone(),
                body: Body::empty(),
            };
            let answer = match self.core.through.send(self.table, call).await {
                Ok(answer) if !answer.status().is_server_error() => answer,
                Ok(answer) if failures + 1 >= MOST_FAILURES => return Ok(answer.into_response()),
                Err(error) if failures + 1 >= MOST_FAILURES => {
                    return Err(unreachable_service(self.core, &error));
                }
                _ => {
                    failures += 1;
                    continue;
                }
            };
            failures = 0;
            asked = retry_after(answer.headers());
            match (answer.status(), location(&answer, &at)) {
                (StatusCode::ACCEPTED, moved) => at = moved.unwrap_or(at),
                (StatusCode::SEE_OTHER, Some(result)) => (at, asked) = (result, None),
                _ => return Ok(answer.into_response()),
            }
        }
    }
}

/// Who asks is the same; what was asked has a body, and this has none.
fn polling_headers(headers: &HeaderMap) -> HeaderMap {
    let of_body = |name: &HeaderName| name.as_str().starts_with("content-") || name == "idempotency-key";
    headers
        .iter()
        .filter(|(name, _)| !of_body(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Path and query of an answer's `Location`. Its host is left out: what a service calls itself is not what the gateway
/// knows it by, and it must not send us to a third.
fn location(answer: &http::Response<Body>, base: &str) -> Option<String> {
    let location = answer.headers().get(LOCATION)?.to_str().ok()?;
    if location.starts_with('/') && !location.starts_with("//") {
        return Some(location.to_owned());
    }
    if let Ok(uri) = location
        .strip_prefix("//")
        .map_or(location.to_owned(), |rest| format!("http://{rest}"))
        .parse::<Uri>()
        && uri.scheme().is_some()
    {
        return Some(uri.path_and_query().map_or("/", |target| target.as_str()).to_owned());
    }
    // Relative to the folder of what was asked. Source: RFC 3986 §5.2.3 and §5.2.4.
    let path = base.split('?').next().unwrap_or("/");
    let folder = &path[..=path.rfind('/')?];
    let (relative, query) = location.find('?').map_or((location, ""), |query| location.split_at(query));
    let mut segments: Vec<&str> = folder.trim_end_matches('/').split('/').collect();
    for segment in relative.split('/') {
        match segment {
            "." => {}
            // The first one is what stands before the root's slash.
            ".." if segments.len() > 1 => drop(segments.pop()),
            ".." => {}
            segment => segments.push(segment),
        }
    }
    Some(format!("{}{query}", segments.join("/")))
}

/// Takes what a service calls back with, and gives it to whoever waits.
///
/// # Errors
/// Nobody waits for it (any more), or it can't be taken.
pub(crate) async fn called_back(core: &Arc<Core>, id: &str, asked: Asked) -> Result<Response, Problem> {
    if !matches!(asked.method(), &Method::POST | &Method::PUT) {
        let what = "a result is handed in with POST or PUT".to_owned();
        return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, what));
    }
    let gone = || Problem::new(StatusCode::NOT_FOUND, "nobody waits for this result (any more)");
    let waits = core.awaited.by_id.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id);
    if !waits {
        return Err(gone());
    }
    let (head, body) = asked.request.into_parts();
    let body = Limited::new(body, Table::BODY.0 as usize).collect().await;
    let body: Bytes = body
        .map_err(|error| {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the result can't be taken: {error}"))
        })?
        .to_bytes();
    let mut answer = Response::new(Body::from(body));
    if let Some(content_type) = head.headers.get(CONTENT_TYPE) {
        answer.headers_mut().insert(CONTENT_TYPE, content_type.clone());
    }
    let waiting = core.awaited.take(id).ok_or_else(gone)?;
    waiting.send(answer).map_err(|_| gone())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn unreachable_service(core: &Core, error: &crate::through::CallError) -> Problem {
    core.log(&format!("jobs: {error}"));
    Problem::new(StatusCode::BAD_GATEWAY, "the service could not be called; try again")
}

/// The place is taken out only by whoever sends through it.
fn no_way() -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "the result of the service was lost; try again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_leads_to_a_path_of_the_same_host_and_nowhere_else() {
        let at = |value: &'static str| {
            let answer = http::Response::builder().header(LOCATION, value).body(Body::empty()).unwrap();
            location(&answer, "/orders/new?x=1")
        };
        assert_eq!(at("/status/1?a=b").as_deref(), Some("/status/1?a=b"));
        assert_eq!(at("http://127.0.0.1:9000/status/1").as_deref(), Some("/status/1"));
        assert_eq!(at("//evil.kr/status").as_deref(), Some("/status"));
        assert_eq!(at("status/1").as_deref(), Some("/orders/status/1"));
        assert_eq!(at("../status/./1?a").as_deref(), Some("/status/1?a"));
        assert_eq!(at("../../../x").as_deref(), Some("/x"));
    }
}
