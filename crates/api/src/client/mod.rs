//! The other end of the API, for the command line: finds the server, asks, and says plainly why it could not.

mod connect;
mod error;
mod stream;

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use naru_model::event::Event;
use naru_model::name::ServiceName;
use naru_model::revision::Revision;
use naru_model::status::{ServiceStatus, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use connect::Place;
pub use error::Error;
pub use stream::Follow;

use crate::VERSION_HEADER;
use crate::message::{
    Accepted, CheckReport, CheckRequest, DeployRequest, EventsQuery, Health, LogLine, LogsQuery,
    RollbackRequest, ScaleRequest, Scaled, Stopping, UpgradeRequest, Upgrading,
};
use crate::problem::Problem;

/// How long an answer may take to begin: longer than the server gives itself.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(70);
/// The longest answer that is read whole, in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// One server, and how it is spoken to. Each request opens its own connection.
#[derive(Debug, Clone)]
pub struct Client {
    place: Place,
    /// `Bearer TOKEN`
    authorization: Option<HeaderValue>,
}

impl Client {
    /// Speaks to the server whose state folder this is.
    pub fn local(state_dir: &Path) -> Client {
        Client { place: Place::socket_in(state_dir), authorization: None }
    }

    /// Speaks to the server at `http://HOST:PORT` or `https://HOST:PORT`.
    ///
    /// # Errors
    /// The URL is none, or the token can't stand in a header.
    pub fn remote(url: &str, token: Option<&str>) -> Result<Client, Error> {
        let place = Place::url(url)?;
        let header = |token| HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Error::BadToken);
        Ok(Client { place, authorization: token.map(header).transpose()? })
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    pub async fn status(&self) -> Result<Status, Error> {
        self.get_json("/v1/status").await
    }

    pub async fn service(&self, service: &ServiceName) -> Result<ServiceStatus, Error> {
        self.get_json(&format!("/v1/services/{service}")).await
    }

    pub async fn deploy(&self, service: &ServiceName, request: &DeployRequest) -> Result<Accepted, Error> {
        self.post_json(&format!("/v1/services/{service}/deploy"), request).await
    }

    pub async fn rollback(&self, service: &ServiceName, to: Option<u32>) -> Result<Accepted, Error> {
        self.post_json(&format!("/v1/services/{service}/rollback"), &RollbackRequest { to }).await
    }

    pub async fn scale(&self, service: &ServiceName, instances: u32) -> Result<Scaled, Error> {
        self.post_json(&format!("/v1/services/{service}/scale"), &ScaleRequest { instances }).await
    }

    pub async fn revisions(&self, service: &ServiceName) -> Result<Vec<Revision>, Error> {
        self.get_json(&format!("/v1/services/{service}/revisions")).await
    }

    pub async fn events(&self, query: &EventsQuery) -> Result<Vec<Event>, Error> {
        self.get_json(&events_path(&EventsQuery { follow: false, ..query.clone() })).await
    }

    /// The events that `query` asks for and each one to come.
    pub async fn follow_events(&self, query: &EventsQuery) -> Result<Follow<Event>, Error> {
        self.follow(&events_path(&EventsQuery { follow: true, ..query.clone() })).await
    }

    pub async fn logs(&self, service: &ServiceName, query: &LogsQuery) -> Result<Vec<LogLine>, Error> {
        self.get_json(&logs_path(service, &LogsQuery { follow: false, ..query.clone() })).await
    }

    /// The lines that `query` asks for and each one to come.
    pub async fn follow_logs(
        &self,
        service: &ServiceName,
        query: &LogsQuery,
    ) -> Result<Follow<LogLine>, Error> {
        self.follow(&logs_path(service, &LogsQuery { follow: true, ..query.clone() })).await
    }

    pub async fn check(&self, request: &CheckRequest) -> Result<CheckReport, Error> {
        self.post_json("/v1/check", request).await
    }

    pub async fn stop(&self) -> Result<Stopping, Error> {
        self.post_json("/v1/stop", &serde_json::Map::new()).await
    }

    pub async fn upgrade(&self, request: &UpgradeRequest) -> Result<Upgrading, Error> {
        self.post_json("/v1/upgrade", request).await
    }

    pub async fn metrics(&self) -> Result<String, Error> {
        let answer = self.ask(Method::GET, "/metrics", "text/plain", Bytes::new()).await?;
        let text = self.read(answer).await?;
        String::from_utf8(text.into()).map_err(|_| self.not_naru("metrics that are not UTF-8"))
    }

    /// Whether every service has its minimum ready. Not being ready is an answer, not an error.
    pub async fn health(&self) -> Result<Health, Error> {
        let answer = self.send(Method::GET, "/healthz", "application/json", Bytes::new()).await?;
        let version = version_of(&answer);
        let body = self.read(answer).await?;
        self.parse(&body, version)
    }

    /// Asks with GET and reads the JSON of the answer.
    pub async fn get_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let answer = self.ask(Method::GET, path, "application/json", Bytes::new()).await?;
        let version = version_of(&answer);
        let body = self.read(answer).await?;
        self.parse(&body, version)
    }

    /// Sends JSON with POST and reads the JSON of the answer.
    pub async fn post_json<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(Error::Unwritable)?;
        let answer = self.ask(Method::POST, path, "application/json", body.into()).await?;
        let version = version_of(&answer);
        let body = self.read(answer).await?;
        self.parse(&body, version)
    }

    async fn follow<T: DeserializeOwned>(&self, path: &str) -> Result<Follow<T>, Error> {
        let answer = self.ask(Method::GET, path, "text/event-stream", Bytes::new()).await?;
        Ok(Follow::new(answer.into_body(), self.place.clone()))
    }

    /// Sends, and turns every answer that is no success into an error.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        accept: &'static str,
        body: Bytes,
    ) -> Result<Response<Incoming>, Error> {
        let answer = self.send(method, path, accept, body).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (status, version) = (answer.status(), version_of(&answer));
        let body = self.read(answer).await?;
        let Ok(problem) = serde_json::from_slice::<Problem>(&body) else {
            return Err(self.not_naru(&format!("{status} without a problem document")));
        };
        Err(self.refused(problem, version))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        accept: &'static str,
        body: Bytes,
    ) -> Result<Response<Incoming>, Error> {
        let mut request = Request::builder()
            .method(&method)
            .uri(path)
            .header(HOST, self.place.authority())
            .header(ACCEPT, accept);
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(body)).map_err(|_| Error::BadPath(path.to_owned()))?;
        let mut sender = self.place.connect().await?;
        match tokio::time::timeout(ANSWER_TIMEOUT, sender.send_request(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(source)) => Err(Error::Broken { place: self.place.clone(), source: source.into() }),
            Err(_) => Err(Error::TimedOut { place: self.place.clone(), seconds: ANSWER_TIMEOUT.as_secs() }),
        }
    }

    async fn read(&self, answer: Response<Incoming>) -> Result<Bytes, Error> {
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect();
        match tokio::time::timeout(ANSWER_TIMEOUT, body).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(source)) => Err(Error::Broken { place: self.place.clone(), source }),
            Err(_) => Err(Error::TimedOut { place: self.place.clone(), seconds: ANSWER_TIMEOUT.as_secs() }),
        }
    }

    fn parse<T: DeserializeOwned>(&self, body: &[u8], version: Option<String>) -> Result<T, Error> {
        serde_json::from_slice(body).map_err(|why| {
            self.other_version(version).unwrap_or_else(|| self.not_naru(&format!("what does not fit: {why}")))
        })
    }

    fn refused(&self, problem: Problem, version: Option<String>) -> Error {
        match problem.status {
            401 => Error::Token { place: self.place.clone(), shown: self.authorization.is_some() },
            // A path that only one of the two knows.
            404 | 405 if problem.detail.starts_with("there is nothing at") => {
                self.other_version(version).unwrap_or(Error::Refused(problem))
            }
            _ => Error::Refused(problem),
        }
    }

    fn other_version(&self, server: Option<String>) -> Option<Error> {
        let ours = env!("CARGO_PKG_VERSION");
        let server = server.filter(|server| server != ours)?;
        Some(Error::OtherVersion { place: self.place.clone(), server, ours })
    }

    fn not_naru(&self, what: &str) -> Error {
        Error::NotNaru { place: self.place.clone(), what: what.to_owned() }
    }
}

fn version_of<B>(answer: &Response<B>) -> Option<String> {
    Some(answer.headers().get(VERSION_HEADER)?.to_str().ok()?.to_owned())
}

/// Every value is a number, a name or an id: nothing in it needs escaping.
fn events_path(query: &EventsQuery) -> String {
    let mut path = format!("/v1/events?limit={}&follow={}", query.limit, query.follow);
    if let Some(after) = query.after {
        path.push_str(&format!("&after={after}"));
    }
    if let Some(service) = &query.service {
        path.push_str(&format!("&service={service}"));
    }
    path
}

fn logs_path(service: &ServiceName, query: &LogsQuery) -> String {
    let mut path = format!("/v1/services/{service}/logs?lines={}&follow={}", query.lines, query.follow);
    if let Some(instance) = &query.instance {
        path.push_str(&format!("&instance={instance}"));
    }
    path
}
