//! Calls to services, through the gateway: it knows who is ready, balances, repeats and records as for anybody.

use axum::body::Body;
use http::header::{HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::fields;
use crate::table::Table;

/// Shown to us by the gateway, and by us to the gateway.
pub(crate) const OWN: HeaderName = HeaderName::from_static("naru-own");

/// A request to a service as its client would send it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) host: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("{0:?} is no target of a request")]
    Target(String),
    /// Nothing was sent.
    #[error("the gateway at {0} can't be reached: {1}")]
    Away(std::net::SocketAddr, String),
    #[error("the gateway at {0} did not answer: {1}")]
    NoAnswer(std::net::SocketAddr, String),
}

/// Connections to the gateway, kept open between calls.
#[derive(Debug, Clone)]
pub(crate) struct Through {
    client: Client<HttpConnector, Body>,
}

impl Through {
    pub(crate) fn new() -> Through {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Through { client: Client::builder(TokioExecutor::new()).build(connector) }
    }

    /// Sends a call and waits for the head of its answer, which is without fields of one hop.
    ///
    /// # Errors
    /// [`CallError`].
    pub(crate) async fn send(&self, table: &Table, call: Call) -> Result<http::Response<Body>, CallError> {
        let uri: Uri = format!("http://{}{}", table.gateway, call.target)
            .parse()
            .map_err(|_| CallError::Target(call.target.clone()))?;
        let mut request = http::Request::new(call.body);
        *request.method_mut() = call.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = call.headers;
        fields::strip(request.headers_mut());
        let value = |text: &str| HeaderValue::from_str(text);
        if let (Ok(host), Ok(mut own)) = (value(&call.host), value(&table.secret)) {
            own.set_sensitive(true);
            request.headers_mut().insert(HOST, host);
            request.headers_mut().insert(OWN, own);
        }
        let answer = self.client.request(request).await;
        let failed = |error: hyper_util::client::legacy::Error| {
            let why = root_of(&error);
            match error.is_connect() {
                true => CallError::Away(table.gateway, why),
                false => CallError::NoAnswer(table.gateway, why),
            }
        };
        let mut answer = answer.map_err(failed)?.map(Body::new);
        fields::strip(answer.headers_mut());
        Ok(answer)
    }
}

/// What an error began with: hyper's own words are "client error (Connect)".
pub(crate) fn root_of(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
