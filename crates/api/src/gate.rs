//! What holds for every request: who asks, whether their role is enough, how long it may take, and what is kept of it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, HeaderValue, ORIGIN, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method};
use naru_model::access::{Audit, Role};

use crate::access::{Caller, Credential, Peer};
use crate::console;
use crate::error::Error;
use crate::extract::{Asked, Words};
use crate::listen::Log;
use crate::openapi::{Rule, Rules};
use crate::problem::InsideCause;
use crate::router::Api;
use crate::{CONSOLE_HEADER, VERSION_HEADER};

/// How long a handler may take until its response begins: a deployment copies an artifact.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(60);
/// How often it is looked at whether who reads a stream still may.
const RECHECK: Duration = Duration::from_secs(5);

/// What holds for every request of one listener.
pub(crate) struct Gate {
    pub(crate) api: Arc<Api>,
    pub(crate) rules: Rules,
    pub(crate) log: Log,
}

pub(crate) async fn gate(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let mut response = gate.pass(request, next).await.unwrap_or_else(Error::into_response);
    if let Some(InsideCause(cause)) = response.extensions_mut().remove() {
        (gate.log)(&format!("api: {asked}: {cause}"));
    }
    let headers = response.headers_mut();
    headers.insert(VERSION_HEADER, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

impl Gate {
    async fn pass(self: &Arc<Gate>, mut request: Request, next: Next) -> Result<Response, Error> {
        let matched = request.extensions().get::<MatchedPath>();
        let rule = matched.and_then(|path| self.rules.find(request.method(), path.as_str())).cloned();
        let open = match &rule {
            Some(rule) => rule.role.is_none(),
            None => matched.is_none() && console::find(&self.api.console, &request).is_some(),
        };
        if let Some(body) = rule.as_ref().and_then(|rule| rule.body.clone()) {
            request.extensions_mut().insert(body);
        }
        if open {
            return within_time(next.run(request)).await;
        }
        let peer = request.extensions().get::<Peer>().cloned().ok_or_else(no_peer)?;
        let caller = self.api.access.caller(&peer, request.headers()).await?;
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let refused = rule.as_ref().and_then(|rule| refuse(rule, &caller)).or_else(|| {
            let by_itself = changes && matches!(caller.credential, Credential::Session(_));
            by_itself.then(|| self.refuse_forged(request.headers())).flatten()
        });
        match rule {
            Some(rule) if changes && !rule.keeps_nothing => {
                let entry = self.entry(&rule, &caller, &peer, request.uri().path());
                self.carry_out(request, next, caller, entry, refused).await
            }
            _ => {
                if let Some(refused) = refused {
                    return Err(refused);
                }
                request.extensions_mut().insert(caller.clone());
                let response = within_time(next.run(request)).await?;
                Ok(self.watch(response, caller, peer))
            }
        }
    }

    /// Carries out what changes something, to its end whether or not the client waits for it, and keeps what became of it.
    async fn carry_out(
        self: &Arc<Gate>,
        mut request: Request,
        next: Next,
        caller: Caller,
        mut entry: Audit,
        refused: Option<Error>,
    ) -> Result<Response, Error> {
        let asked = Asked::default();
        request.extensions_mut().insert(asked.clone());
        request.extensions_mut().insert(caller);
        let gate = self.clone();
        let task = tokio::spawn(async move {
            let response = match refused {
                Some(refused) => refused.into_response(),
                None => within_time(next.run(request)).await.unwrap_or_else(Error::into_response),
            };
            entry.outcome = response.status().as_u16();
            let Words { subject, detail } = asked.words();
            entry.detail = detail;
            if let Some(subject) = subject {
                entry.subject = subject;
            }
            let line = format!("{} {} {} by {}", entry.outcome, entry.action, entry.subject, entry.actor);
            if let Err(error) = gate.api.control.audit(entry).await {
                (gate.log)(&format!("api: could not keep an entry of the audit ({line}): {error}"));
            }
            response
        });
        task.await.map_err(|error| Error::internal("could not carry this out", error))
    }

    fn entry(&self, rule: &Rule, caller: &Caller, peer: &Peer, path: &str) -> Audit {
        // `/v1/services/booking/scale`, `/v1/tokens/3`: what comes after the kind of thing.
        let subject = path.split('/').nth(3).unwrap_or_default();
        Audit {
            id: 0,
            at: self.api.control.now(),
            actor: caller.name.clone(),
            role: caller.role,
            source: source(peer),
            action: rule.action.clone(),
            subject: subject.chars().take(100).collect(),
            outcome: 0,
            detail: String::new(),
        }
    }

    /// A cookie is sent whichever page makes a browser ask. Only a page of ours can send the header or have our origin.
    ///
    /// Source: OWASP, Cross-Site Request Forgery Prevention Cheat Sheet, "custom request headers" and "verifying origin".
    fn refuse_forged(&self, headers: &HeaderMap) -> Option<Error> {
        let ours = || {
            let scheme = if self.api.tls { "https" } else { "http" };
            let origin = headers.get(ORIGIN)?.to_str().ok()?;
            let host = headers.get(HOST)?.to_str().ok()?;
            (origin.strip_prefix(scheme)?.strip_prefix("://")? == host).then_some(())
        };
        if headers.contains_key(CONSOLE_HEADER) || ours().is_some() {
            return None;
        }
        let what = "a request with a cookie that changes something needs the header X-Naru-Console: 1 or this server's Origin";
        Some(Error::Forbidden(what.to_owned()))
    }

    /// Ends a stream when who reads it may no longer: a token that is revoked is refused at once.
    fn watch(self: &Arc<Gate>, response: Response, caller: Caller, peer: Peer) -> Response {
        let stream = response.headers().get(CONTENT_TYPE).is_some_and(|media| media == "text/event-stream");
        let Peer::Remote(address) = peer else { return response };
        if !stream {
            return response;
        }
        let gate = self.clone();
        let revoked = async move {
            while gate.api.access.still_holds(&caller, address).await {
                tokio::time::sleep(RECHECK).await;
            }
        };
        response.map(|body| {
            let frames: BodyDataStream = body.into_data_stream();
            Body::from_stream(frames.take_until(Box::pin(revoked)))
        })
    }
}

/// As the audit names where a request came from.
pub(crate) fn source(peer: &Peer) -> String {
    match peer {
        Peer::Local(_) => "socket".to_owned(),
        Peer::Remote(address) => address.to_canonical().to_string(),
    }
}

fn refuse(rule: &Rule, caller: &Caller) -> Option<Error> {
    let needed = rule.role.filter(|needed| caller.role < *needed)?;
    let (name, has) = (&caller.name, caller.role);
    let article = if needed == Role::Viewer { "a" } else { "an" };
    Some(Error::Forbidden(format!(
        "this needs {article} {needed}'s token, and that of {name} is {has}'s; ask an admin"
    )))
}

async fn within_time(answer: impl Future<Output = Response>) -> Result<Response, Error> {
    tokio::time::timeout(HANDLER_TIMEOUT, answer).await.map_err(|_| {
        Error::TimedOut(format!(
            "the server took longer than {} seconds; see naru status",
            HANDLER_TIMEOUT.as_secs()
        ))
    })
}

fn no_peer() -> Error {
    Error::internal("could not tell who asks", "a connection without a peer")
}

/// Headers of the console's pages that browsers obey. Source: OWASP, HTTP Security Response Headers Cheat Sheet.
pub(crate) const PAGE_HEADERS: [(HeaderName, &str); 4] = [
    (
        http::header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (http::header::X_FRAME_OPTIONS, "DENY"),
    (http::header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];
