//! What handlers take out of a request, and how it is refused when it can't be read.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use futures_util::TryStreamExt;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use naru_model::name::{ClientName, ServiceName};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::control::Feed;
use crate::error::Error;
use crate::message::{MAX_LOG, Told};
use crate::shape::Shape;

/// The largest whole number up to which a double has them all: 2^53.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// What a request asked for, as the audit will have it: filled in when its body has been read, and by handlers who know
/// more.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Words>>);

/// What the audit says of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// What it is about, where the path does not say so.
    pub(crate) subject: Option<String>,
    pub(crate) detail: String,
}

/// Characters of the audit's detail: a body is up to 1 MiB.
const MAX_DETAIL: usize = 2_000;

impl Asked {
    /// Adds to the detail.
    pub(crate) fn tell(&self, more: &str) {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !words.detail.is_empty() && !more.is_empty() {
            words.detail.push_str("; ");
        }
        let room = MAX_DETAIL.saturating_sub(words.detail.chars().count());
        words.detail.extend(more.chars().take(room));
    }

    pub(crate) fn words(&self) -> Words {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn read(&self, given: &impl Told) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).subject = given.subject();
        self.tell(&given.told());
    }
}

/// The service that the path names.
pub(crate) struct Service(pub(crate) ServiceName);

impl<S: Send + Sync> FromRequestParts<S> for Service {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Id(name) = Id::from_request_parts(parts, state).await?;
        let parsed =
            name.parse().map_err(|why| Error::NotFound(format!("there is no service {name:?}: {why}")));
        parsed.map(Service)
    }
}

/// The client that the path names.
pub(crate) struct Client(pub(crate) ClientName);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Id(name) = Id::from_request_parts(parts, state).await?;
        client_name(&name).map(Client)
    }
}

/// What the path names, as it stands there.
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(id)| Id(id)).map_err(|why| Error::Malformed(why.body_text()))
    }
}

/// The client that the path names, and the digits of one of its keys.
pub(crate) struct Key {
    pub(crate) client: ClientName,
    pub(crate) sha256: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path = axum::extract::Path::<(String, String)>::from_request_parts(parts, state).await;
        let axum::extract::Path((name, sha256)) = path.map_err(|why| Error::Malformed(why.body_text()))?;
        Ok(Key { client: client_name(&name)?, sha256 })
    }
}

fn client_name(name: &str) -> Result<ClientName, Error> {
    name.parse().map_err(|why| Error::NotFound(format!("there is no client {name:?}: {why}")))
}

/// The query, whole: an unknown parameter is refused.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let query = axum::extract::Query::try_from_uri(&parts.uri);
        query
            .map(|axum::extract::Query(query)| Query(query))
            .map_err(|why| Error::Malformed(format!("the query can't be read: {}", why.body_text())))
    }
}

/// The JSON body. None at all is `{}`.
pub(crate) struct Given<T>(pub(crate) T);

impl<T: DeserializeOwned + Told, S: Send + Sync> FromRequest<S> for Given<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let bytes = read(body, T::MOST).await?;
        if bytes.is_empty() {
            return parse(b"{}", &parts);
        }
        let media_type =
            parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Error::MediaType(
                "send JSON: Content-Type: application/json (curl --json)".to_owned(),
            ));
        }
        parse(&bytes, &parts)
    }
}

fn parse<T: DeserializeOwned + Told>(bytes: &[u8], parts: &Parts) -> Result<Given<T>, Error> {
    let unreadable = |why: &dyn std::fmt::Display| Error::Malformed(format!("the body can't be read: {why}"));
    let given: T = match serde_json::from_slice(bytes) {
        Ok(given) => given,
        // The first attempt's words know the place.
        Err(why) => with_whole_numbers(bytes).ok_or_else(|| unreadable(&why))?,
    };
    if let Some(shape) = parts.extensions.get::<Shape>() {
        let body: Value = serde_json::from_slice(bytes).map_err(|why| unreadable(&why))?;
        shape.check(&body).map_err(|why| unreadable(&why))?;
    }
    if let Some(asked) = parts.extensions.get::<Asked>() {
        asked.read(&given);
    }
    Ok(Given(given))
}

/// To JSON 4.0 is a whole number like 4, and to JSON Schema an integer (2020-12, Core, 4.2.3); serde takes 4 alone.
fn with_whole_numbers<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    make_whole(&mut value);
    serde_json::from_value(value).ok()
}

/// No deeper than serde_json reads: 128 levels.
fn make_whole(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() <= MAX_WHOLE);
            if let Some(whole) = whole {
                *value = if whole < 0.0 { (whole as i64).into() } else { (whole as u64).into() };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Object(fields) => fields.values_mut().for_each(make_whole),
        _ => {}
    }
}

async fn read(body: Body, most: usize) -> Result<bytes::Bytes, Error> {
    // Refused before it is sent, if the client waits for that (100-continue).
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(most));
    }
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(why) => Err(unread(&*why, most)),
    }
}

fn too_large(most: usize) -> Error {
    Error::TooLarge(format!("the body is over {most} bytes"))
}

fn unread(why: &(dyn std::error::Error + Send + Sync + 'static), most: usize) -> Error {
    if why.is::<LengthLimitError>() {
        return too_large(most);
    }
    Error::Malformed(format!("the body broke off: {why}"))
}

/// An access log as it comes, within its bound.
pub(crate) struct Upload(pub(crate) Feed<Result<bytes::Bytes, Error>>);

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let media_type =
            parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media_type.trim().eq_ignore_ascii_case("application/octet-stream") {
            return Err(Error::MediaType("send the log as application/octet-stream".to_owned()));
        }
        if body.size_hint().lower() > MAX_LOG as u64 {
            return Err(too_large(MAX_LOG));
        }
        let pieces = Body::new(Limited::new(body, MAX_LOG)).into_data_stream();
        let pieces = TryStreamExt::map_err(pieces, |why| unread(&*why.into_inner(), MAX_LOG));
        Ok(Upload(Box::pin(pieces)))
    }
}
