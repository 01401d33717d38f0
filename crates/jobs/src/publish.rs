//! Through a broker: a request's body becomes a message, and is answered when the broker has it.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use naru_model::policy;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::broker::{Message, PublishError, published};
use crate::core::Core;
use crate::problem::Problem;
use crate::random;
use crate::router::Asked;
use crate::submit::idempotency_key;
use crate::table::{Route, Table};

/// What is told when the broker is away.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// What was confirmed.
#[derive(Serialize)]
struct Confirmed<'c> {
    broker: &'c str,
    subject: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// The broker had it before, by its Idempotency-Key.
    duplicate: bool,
}

/// Answers a request of a route with the pattern `publish`.
///
/// # Errors
/// The broker has not confirmed it.
pub(crate) async fn answer(
    core: &Arc<Core>,
    route: &Route,
    publish: &policy::Publish,
    asked: Asked,
) -> Result<Response, Problem> {
    let key = idempotency_key(asked.headers())?;
    let id = key.map(|key| message_id(&route.name, asked.caller.as_deref(), &key));
    let content_type = asked.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.map(str::to_owned);
    let headers = published(asked.headers()).into_iter().collect();
    let most = route.body.unwrap_or(Table::BODY).0;
    let body = Limited::new(asked.request.into_body(), usize::try_from(most).unwrap_or(usize::MAX));
    let body = body.collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {most} bytes"))
        } else {
            Problem::new(StatusCode::BAD_REQUEST, format!("the body ended early: {error}"))
        }
    })?;
    let message = Message { id, headers, content_type, body: body.to_bytes() };

    let connection = core.brokers.find(&publish.broker).ok_or_else(|| {
        Problem::new(StatusCode::BAD_GATEWAY, format!("naru.yaml has no broker {}", publish.broker))
    })?;
    let receipt =
        connection.publish(publish, message).await.map_err(|error| refuse(core, publish, &error))?;
    let confirmed = Confirmed {
        broker: &publish.broker,
        subject: &publish.subject,
        stream: receipt.stream,
        sequence: receipt.sequence,
        duplicate: receipt.duplicate,
    };
    Ok((StatusCode::ACCEPTED, axum::Json(confirmed)).into_response())
}

/// Keys are told apart by route and caller, as those of jobs are.
fn message_id(route: &str, caller: Option<&str>, key: &str) -> String {
    random::hex(&Sha256::digest(format!("{route}\n{}\n{key}", caller.unwrap_or_default())))
}

fn refuse(core: &Core, publish: &policy::Publish, error: &PublishError) -> Problem {
    core.log(&format!("jobs: publishing to {} of {}: {error}", publish.subject, publish.broker));
    match error {
        PublishError::Away(_) => Problem::later(
            RETRY_AFTER,
            "the broker has not confirmed the message; send it again with the same Idempotency-Key",
        ),
        PublishError::TooLarge(_) => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
        PublishError::NoPlace(_) | PublishError::Config(_) => {
            Problem::new(StatusCode::BAD_GATEWAY, error.to_string())
        }
    }
}
