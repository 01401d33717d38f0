//! The other end of the API, for the command line: finds the server, asks, and says plainly why it could not.

mod alerts;
mod connect;
mod error;
mod manage;
mod metrics;
mod operations;
mod query;
mod reports;
mod stream;
mod traces;

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use connect::Place;
pub use error::Error;
pub use stream::Follow;

use crate::VERSION_HEADER;
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

    /// Speaks to the server at `http://HOST:PORT` or `https://HOST:PORT`. `issuers` is a PEM file of the issuers of
    /// certificates that are trusted; without one the system's are.
    ///
    /// # Errors
    /// The URL is none, or the token can't stand in a header.
    pub fn remote(url: &str, token: Option<&str>, issuers: Option<&Path>) -> Result<Client, Error> {
        let place = Place::url(url, issuers)?;
        let header = |token| HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Error::BadToken);
        Ok(Client { place, authorization: token.map(header).transpose()? })
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Asks with DELETE, to which there is no answer but that it is done.
    async fn delete(&self, path: &str) -> Result<(), Error> {
        self.ask(Method::DELETE, path, "application/json", Bytes::new()).await.map(drop)
    }

    /// Asks with GET and reads the JSON of the answer.
    pub async fn get_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let answer = self.ask(Method::GET, path, "application/json", Bytes::new()).await?;
        let version = version_of(&answer);
        let body = self.read(answer).await?;
        self.parse(&body, version)
    }

    async fn get_text(&self, path: &str) -> Result<String, Error> {
        let answer = self.ask(Method::GET, path, "text/csv", Bytes::new()).await?;
        Ok(String::from_utf8_lossy(&self.read(answer).await?).into_owned())
    }

    /// Sends JSON with POST and reads the JSON of the answer.
    pub async fn post_json<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<T, Error> {
        self.send_json(Method::POST, path, body).await
    }

    /// Sends JSON with PUT and reads the JSON of the answer.
    async fn put_json<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Error> {
        self.send_json(Method::PUT, path, body).await
    }

    async fn send_json<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &B,
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(Error::Unwritable)?;
        let answer = self.ask(method, path, "application/json", body.into()).await?;
        let version = version_of(&answer);
        let body = self.read(answer).await?;
        self.parse(&body, version)
    }

    /// Asks with POST for what there is no answer to but that it is done.
    async fn post(&self, path: &str) -> Result<(), Error> {
        self.ask(Method::POST, path, "application/json", Bytes::new()).await.map(drop)
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
        if !body.is_empty() {
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
