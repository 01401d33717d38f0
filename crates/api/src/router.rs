//! Which path is answered by which handler.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router, middleware};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Access, Peer};
use crate::auth::Token;
use crate::console::{self, ConsoleFile};
use crate::control::Control;
use crate::error::Error;
use crate::follow::Statuses;
use crate::gate::{Gate, gate};
use crate::handlers::{
    access, alerts, apis, assessments, audit, clients, figures, jobs, machines, metrics, notices, platform,
    reports, services, status, traces,
};
use crate::listen::Log;
use crate::openapi::{Rules, document_of};

/// What handlers of one listener reach for.
pub(crate) struct Api {
    pub(crate) control: Arc<dyn Control>,
    pub(crate) access: Access,
    pub(crate) statuses: Arc<Statuses>,
    /// The OpenAPI document, written once.
    pub(crate) document: bytes::Bytes,
    pub(crate) console: Arc<[ConsoleFile]>,
    /// Over TLS: cookies are for TLS alone then.
    pub(crate) tls: bool,
}

/// What tells one listener from another.
pub(crate) struct Listener {
    /// `None` on the Unix socket: whoever could connect is admin.
    pub(crate) token: Option<Token>,
    pub(crate) console: Arc<[ConsoleFile]>,
    pub(crate) tls: bool,
}

/// Every operation there is.
pub(crate) fn operations() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(status::status))
        .routes(routes!(status::events))
        .routes(routes!(services::service))
        .routes(routes!(services::scaling))
        .routes(routes!(services::scale))
        .routes(routes!(services::deploy))
        .routes(routes!(services::rollback))
        .routes(routes!(services::revisions))
        .routes(routes!(services::logs))
        .routes(routes!(figures::series))
        .routes(routes!(figures::map))
        .routes(routes!(figures::transactions))
        .routes(routes!(figures::tally))
        .routes(routes!(figures::calls))
        .routes(routes!(metrics::metric_names))
        .routes(routes!(metrics::metric_series))
        .routes(routes!(traces::traces))
        .routes(routes!(traces::trace))
        .routes(routes!(traces::log_lines))
        .routes(routes!(traces::service_map))
        .routes(routes!(platform::check))
        .routes(routes!(platform::stop))
        .routes(routes!(platform::upgrade))
        .routes(routes!(access::tokens, access::make_token))
        .routes(routes!(access::revoke_token))
        .routes(routes!(access::session, access::begin_session, access::end_session))
        .routes(routes!(audit::audit))
        .routes(routes!(clients::clients, clients::register_client))
        .routes(routes!(clients::client, clients::change_client, clients::remove_client))
        .routes(routes!(clients::block_client))
        .routes(routes!(clients::make_key))
        .routes(routes!(clients::end_key))
        .routes(routes!(apis::all_apis))
        .routes(routes!(jobs::jobs))
        .routes(routes!(jobs::dead_letters))
        .routes(routes!(jobs::dead_letter, jobs::discard))
        .routes(routes!(jobs::replay))
        .routes(routes!(alerts::alerts))
        .routes(routes!(alerts::alert))
        .routes(routes!(alerts::acknowledge_alert))
        .routes(routes!(alerts::alert_items, alerts::make_alert_item))
        .routes(routes!(alerts::remove_alert_item))
        .routes(routes!(alerts::explanation))
        .routes(routes!(alerts::forecasts))
        .routes(routes!(notices::silences, notices::make_silence))
        .routes(routes!(notices::end_silence))
        .routes(routes!(notices::notices))
        .routes(routes!(notices::channels))
        .routes(routes!(notices::try_channel))
        .routes(routes!(reports::reports))
        .routes(routes!(reports::report))
        .routes(routes!(reports::send_report))
        .routes(routes!(assessments::questions))
        .routes(routes!(assessments::assess))
        .routes(routes!(assessments::assessment_report))
        .routes(routes!(assessments::portfolio))
        .routes(routes!(assessments::analyse_log))
        .routes(routes!(machines::openapi))
        .routes(routes!(machines::metrics))
        .routes(routes!(machines::healthz))
}

/// Makes the router of one listener.
pub(crate) fn router(control: Arc<dyn Control>, listener: Listener, log: Log) -> Router {
    let (routes, made) = operations().split_for_parts();
    let document = document_of(made);
    let rules = Rules::of(&document);
    let api = Arc::new(Api {
        access: Access::new(control.clone(), listener.token),
        control,
        statuses: Arc::default(),
        document: document.to_string().into(),
        console: listener.console,
        tls: listener.tls,
    });
    let gate_state = Arc::new(Gate { api: api.clone(), rules, log });
    routes
        .fallback(elsewhere)
        .method_not_allowed_fallback(wrong_method)
        .with_state(api)
        .layer(middleware::from_fn_with_state(gate_state, gate))
}

/// Tells a connection's requests who is at its other end.
pub(crate) fn for_peer(router: &Router, peer: Peer) -> Router {
    router.clone().layer(Extension(peer))
}

/// The console's files, and nothing else.
async fn elsewhere(State(api): State<Arc<Api>>, request: Request) -> Response {
    match console::find(&api.console, &request) {
        Some(file) => file.answer(request.headers()),
        None => Error::NotFound(format!(
            "there is nothing at {}; /v1/openapi.json and docs/guides/api.md list every path",
            request.uri().path()
        ))
        .into_response(),
    }
}

async fn wrong_method(request: Request) -> Error {
    Error::MethodNotAllowed(format!("{} does not take {}", request.uri().path(), request.method()))
}
