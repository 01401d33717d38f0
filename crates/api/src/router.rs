//! Which path is answered by which handler, and what holds for all of them: authentication, time, version, complaints.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::HeaderValue;

use crate::VERSION_HEADER;
use crate::auth::Token;
use crate::control::Control;
use crate::error::Error;
use crate::handlers;
use crate::listen::Log;
use crate::problem::InsideCause;

/// How long a handler may take until its response begins: a deployment copies an artifact.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(60);

/// Who asks; one per connection.
#[derive(Debug, Clone)]
pub(crate) struct Actor(pub(crate) String);

/// What holds for every request of one listener.
#[derive(Clone)]
struct Gate {
    /// `None`: whoever could connect may do all.
    token: Option<Token>,
    log: Log,
}

/// Makes the router of one listener.
pub(crate) fn router(control: Arc<dyn Control>, token: Option<Token>, log: Log) -> Router {
    Router::new()
        .route("/v1/status", get(handlers::status))
        .route("/v1/services/{service}", get(handlers::service))
        .route("/v1/services/{service}/deploy", post(handlers::deploy))
        .route("/v1/services/{service}/rollback", post(handlers::rollback))
        .route("/v1/services/{service}/scale", post(handlers::scale))
        .route("/v1/services/{service}/revisions", get(handlers::revisions))
        .route("/v1/services/{service}/logs", get(handlers::logs))
        .route("/v1/events", get(handlers::events))
        .route("/v1/check", post(handlers::check))
        .route("/v1/stop", post(handlers::stop))
        .route("/v1/upgrade", post(handlers::upgrade))
        .route("/metrics", get(handlers::metrics))
        .route("/healthz", get(handlers::healthz))
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(control)
        .layer(middleware::from_fn_with_state(Gate { token, log }, gate))
}

/// Gives a connection's requests the name of who makes them.
pub(crate) fn for_actor(router: &Router, actor: String) -> Router {
    router.clone().layer(Extension(Actor(actor)))
}

async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let mut response = match gate.refuse(&request) {
        Some(error) => error.into_response(),
        None => match tokio::time::timeout(HANDLER_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => took_too_long().into_response(),
        },
    };
    if let Some(InsideCause(cause)) = response.extensions_mut().remove() {
        (gate.log)(&format!("api: {asked}: {cause}"));
    }
    response.headers_mut().insert(VERSION_HEADER, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    response
}

impl Gate {
    /// `/healthz` is open: it tells a load balancer yes or no.
    fn refuse(&self, request: &Request) -> Option<Error> {
        let token = self.token.as_ref()?;
        if request.uri().path() == "/healthz" || token.admits(request.headers()) {
            return None;
        }
        let message =
            "show the server's token: Authorization: Bearer TOKEN (the one that naru up was started with)";
        Some(Error::Unauthorized(message.to_owned()))
    }
}

fn took_too_long() -> Error {
    Error::TimedOut(format!(
        "the server took longer than {} seconds; see naru status",
        HANDLER_TIMEOUT.as_secs()
    ))
}

async fn no_such_path(request: Request) -> Error {
    Error::NotFound(format!(
        "there is nothing at {}; docs/guides/api.md lists every path",
        request.uri().path()
    ))
}

async fn wrong_method(request: Request) -> Error {
    Error::MethodNotAllowed(format!("{} does not take {}", request.uri().path(), request.method()))
}
