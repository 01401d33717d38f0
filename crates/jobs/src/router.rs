//! Where the gateway's requests come in: who sends them, for which route, and what its pattern is.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{HOST, HeaderMap, HeaderName};
use http::{Method, StatusCode};
use naru_model::policy::Pattern;
use sha2::{Digest, Sha256};

use crate::core::Core;
use crate::problem::Problem;
use crate::through::OWN;
use crate::{awaiting, fields, lookup, publish, submit};

const ROUTE: HeaderName = HeaderName::from_static("naru-route");
const CALLER: HeaderName = HeaderName::from_static("naru-caller");
/// Below it are the jobs, on every host.
pub const JOBS: &str = "/.naru/jobs/";
/// Below it services call back, on every host.
pub const AWAIT: &str = "/.naru/await/";

/// A request as it came from the gateway, with what the gateway said of it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) request: Request,
    /// The client that was recognised.
    pub(crate) caller: Option<String>,
    pub(crate) host: String,
    /// Path and query.
    pub(crate) target: String,
}

pub(crate) fn router(core: Arc<Core>) -> Router {
    Router::new().fallback(answer).with_state(core)
}

async fn answer(State(core): State<Arc<Core>>, request: Request) -> Response {
    let table = core.known.load_full();
    if !is_gateway(request.headers(), &table.table.secret) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (route, asked) = Asked::of(request);
    let answered = pass(&core, route, asked).await;
    answered.unwrap_or_else(Problem::into_response)
}

async fn pass(core: &Arc<Core>, route: Option<String>, asked: Asked) -> Result<Response, Problem> {
    let path = asked.request.uri().path();
    if let Some(rest) = path.strip_prefix(JOBS) {
        let rest = rest.to_owned();
        return lookup::answer(core, &rest, asked).await;
    }
    if let Some(id) = path.strip_prefix(AWAIT) {
        let id = id.to_owned();
        return awaiting::called_back(core, &id, asked).await;
    }
    let known = core.known.load_full();
    let route = route.as_deref().and_then(|name| known.route(name));
    let Some(route) = route else {
        let what = "naru's server does not know this route yet; try again";
        return Err(Problem::later(std::time::Duration::from_secs(1), what));
    };
    match &route.pattern {
        Pattern::Job(job) => submit::answer(core, route, job, asked).await,
        Pattern::Await(await_) => awaiting::answer(core, route, await_, asked).await,
        Pattern::Publish(publish) => publish::answer(core, route, publish, asked).await,
    }
}

/// Whether the gateway sent this. Digests are compared, in a time that does not depend on where they differ.
fn is_gateway(headers: &HeaderMap, secret: &str) -> bool {
    let Some(shown) = headers.get(OWN) else { return false };
    let (shown, own) = (Sha256::digest(shown.as_bytes()), Sha256::digest(secret.as_bytes()));
    let differ = shown.iter().zip(own).fold(0, |differ, (a, b)| std::hint::black_box(differ | (a ^ b)));
    differ == 0 && !secret.is_empty()
}

impl Asked {
    /// Takes what the gateway said out of a request; the rest is the client's.
    fn of(mut request: Request) -> (Option<String>, Asked) {
        let text = |name| {
            let value = request.headers().get(name).and_then(|value| value.to_str().ok());
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let (route, caller, host) = (text(ROUTE), text(CALLER), text(HOST).unwrap_or_default());
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        fields::strip(request.headers_mut());
        request.headers_mut().remove(HOST);
        (route, Asked { request, caller, host, target })
    }

    pub(crate) fn method(&self) -> &Method {
        self.request.method()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_gateway_is_let_in() {
        let shows =
            |value: &'static str| HeaderMap::from_iter([(OWN, http::HeaderValue::from_static(value))]);
        assert!(is_gateway(&shows("s3cret"), "s3cret"));
        assert!(!is_gateway(&shows("s3cres"), "s3cret"));
        assert!(!is_gateway(&shows(""), "s3cret") && !is_gateway(&HeaderMap::new(), "s3cret"));
        assert!(!is_gateway(&shows(""), ""), "without a secret nobody is let in");
    }
}
