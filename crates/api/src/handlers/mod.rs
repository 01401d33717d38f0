//! One handler per operation: read the request, ask [`Control`](crate::control::Control), write the answer.
//!
//! What stands above a handler is its entry in the OpenAPI document: its words are for whoever calls it, and `security` is the
//! role that it needs. Problems that any operation may have are added in [`crate::openapi`].

pub(crate) mod access;
pub(crate) mod alerts;
pub(crate) mod apis;
pub(crate) mod assessments;
pub(crate) mod audit;
pub(crate) mod clients;
pub(crate) mod figures;
pub(crate) mod jobs;
pub(crate) mod machines;
pub(crate) mod metrics;
pub(crate) mod notices;
pub(crate) mod platform;
pub(crate) mod reports;
pub(crate) mod services;
pub(crate) mod status;
pub(crate) mod traces;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::error::Error;
use crate::router::Api;

type Server = State<Arc<Api>>;
type Answered<T> = Result<Json<T>, Error>;
/// An answer to something that has only begun.
type Begun<T> = Result<(StatusCode, Json<T>), Error>;

fn begun<T>(answer: T) -> Begun<T> {
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
