//! What stands around the crate in its tests: a gateway in small, the service behind it, and a client before it.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::HeaderValue;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

pub(crate) const SECRET: &str = "s3cret";

pub(crate) type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;
/// What a service does with a request, which it gets whole.
pub(crate) type Service = Arc<dyn Fn(Got) -> Answer + Send + Sync>;

/// A request with all of its body, or an answer.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) method: Method,
    pub(crate) status: StatusCode,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Passes on requests as the real gateway does: the crate's own ones to the service, all others to the crate, by a route
/// with the name of the path's first segment and the caller that `x-client` names.
#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    jobs: Arc<Mutex<Option<SocketAddr>>>,
    service: Service,
    client: Client<HttpConnector, Body>,
}

impl Gateway {
    pub(crate) async fn start(service: Service) -> Gateway {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Gateway {
            address: listener.local_addr().unwrap(),
            jobs: Arc::default(),
            service,
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
        };
        let router = Router::new().fallback(pass).with_state(gateway.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        gateway
    }

    /// Where the crate answers from now on.
    pub(crate) fn jobs_at(&self, address: Option<SocketAddr>) {
        *self.jobs.lock().unwrap() = address;
    }

    /// Asks as a client would.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<Got, String> {
        let mut request =
            http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = self.client.request(request).await.map_err(|error| format!("{error:?}"))?;
        got(answer.map(Body::new)).await
    }
}

async fn got(answer: http::Response<Body>) -> Result<Got, String> {
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    Ok(Got {
        method: Method::GET,
        status: head.status,
        path: String::new(),
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

async fn serve(State(gateway): State<Gateway>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return StatusCode::BAD_REQUEST.into_response() };
    let got = Got {
        method: head.method,
        status: StatusCode::OK,
        path: head.uri.path_and_query().unwrap().to_string(),
        headers: head.headers,
        body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
    };
    (gateway.service)(got).await
}

async fn pass(State(gateway): State<Gateway>, request: Request) -> Response {
    if request.headers().get("naru-own").is_some_and(|shown| shown == SECRET) {
        return serve(State(gateway), request).await;
    }
    let Some(jobs) = *gateway.jobs.lock().unwrap() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let mut request = request;
    let target = request.uri().path_and_query().unwrap().to_string();
    let route = target.split(['/', '?']).nth(1).unwrap_or_default().to_owned();
    let headers = request.headers_mut();
    let client = headers.remove("x-client");
    headers.insert("naru-own", HeaderValue::from_static(SECRET));
    headers.insert("naru-route", HeaderValue::from_str(&route).unwrap());
    if let Some(client) = client {
        headers.insert("naru-caller", client);
    }
    *request.uri_mut() = format!("http://{jobs}{target}").parse().unwrap();
    match gateway.client.request(request).await {
        Ok(answer) => answer.map(Body::new),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Asks past the gateway.
pub(crate) async fn direct(address: SocketAddr, path: &str) -> Got {
    let client: Client<HttpConnector, Body> =
        Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let answer = client.get(format!("http://{address}{path}").parse().unwrap()).await.unwrap();
    got(answer.map(Body::new)).await.unwrap()
}

/// An address at which a gateway's service answers whoever asks.
pub(crate) async fn open_door(gateway: Gateway) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(serve).with_state(gateway);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}
