//! Consumers: each message becomes a request to its route, acknowledged when the service has answered 2xx, or when the
//! message is among the dead letters.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use naru_model::policy::Consumer;

use crate::attempt::persist;
use crate::backoff;
use crate::broker::Connection;
use crate::broker::nats::{Delivered, Settled};
use crate::core::Core;
use crate::random;
use crate::store::body::Of;
use crate::store::rows::{New, Request};
use crate::store::writer::Change;
use crate::table::consumer_lane;
use crate::through::{Call, CallError};

/// Of one delivery. The gateway has its own, shorter ones; this is for when even those fail.
const TIMEOUT: Duration = Duration::from_secs(600);
/// The host of requests whose path names none.
const HOST: &str = "localhost";

/// Runs as long as the table has the consumer: takes messages, and connects again when that ends.
pub(crate) async fn run(core: Arc<Core>, consumer: Consumer, connection: Connection) {
    let mut failures = 0u32;
    loop {
        let began = core.now();
        let (of, shared) = (Arc::new(consumer.clone()), core.clone());
        let deliver = move |delivered| deliver(shared.clone(), of.clone(), delivered);
        let ended = match &connection {
            Connection::Nats(nats) => nats.consume(&consumer, deliver).await,
            Connection::Amqp(amqp) => amqp.consume(&consumer, deliver).await,
            Connection::Unknown(why) => Err(why.clone()),
        };
        // What went well for a while failed anew, not again.
        failures =
            if core.now().since(began) > backoff::CONNECT.most { 1 } else { failures.saturating_add(1) };
        let wait = backoff::CONNECT.after(failures, random::unit());
        if let (Err(why), true) = (ended, failures == 1 || failures.is_multiple_of(100)) {
            core.log(&format!("jobs: {} is interrupted and tried again: {why}", consumer_lane(&consumer)));
        }
        tokio::time::sleep(wait).await;
    }
}

/// One delivery; what the broker is to be told of it.
async fn deliver(core: Arc<Core>, consumer: Arc<Consumer>, delivered: Delivered) -> Settled {
    let again = Settled::Again(backoff::CALL.after(delivered.number, random::unit()));
    let why = match tokio::time::timeout(TIMEOUT, call(&core, &consumer, &delivered)).await {
        Ok(Ok(status)) if status.is_success() => return Settled::Done,
        Ok(Ok(status)) => format!("the service answered {status}"),
        // The service was not asked at all, which is not the message's fault.
        Ok(Err(CallError::Away(..))) => return again,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {}s", TIMEOUT.as_secs()),
    };
    if delivered.number < consumer.attempts {
        return again;
    }
    match give_up(&core, &consumer, delivered, why).await {
        Ok(()) => Settled::Done,
        Err(error) => {
            core.log(&format!("jobs: {} keeps a message with the broker: {error}", consumer_lane(&consumer)));
            again
        }
    }
}

async fn call(core: &Core, consumer: &Consumer, delivered: &Delivered) -> Result<StatusCode, CallError> {
    let Request { method, host, target, headers, .. } = request(consumer, delivered);
    // The file was checked; what is no method is none that a route takes.
    let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST);
    let body = Body::from(delivered.message.body.clone());
    let call = Call { method, host, target, headers, body };
    let table = core.known.load_full();
    Ok(core.through.send(&table.table, call).await?.status())
}

/// What a message asks of its route. `//www.example.go.kr/orders` names the host as well (RFC 3986 §4.2).
fn request(consumer: &Consumer, delivered: &Delivered) -> Request {
    let (host, target) = match consumer.path.strip_prefix("//") {
        Some(rest) => rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash)),
        None => (HOST, consumer.path.as_str()),
    };
    let message = &delivered.message;
    let mut headers = HeaderMap::new();
    let mut put = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    };
    message.headers.iter().for_each(|(name, value)| put(name, value));
    // So that a service can tell a message that comes twice.
    put("idempotency-key", message.id.as_deref().unwrap_or(&delivered.origin));
    let content_type = message.content_type.as_deref().and_then(|value| HeaderValue::from_str(value).ok());
    headers
        .insert(CONTENT_TYPE, content_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.remove(http::header::HOST);
    crate::fields::strip(&mut headers);
    Request {
        method: consumer.method.to_ascii_uppercase(),
        host: host.to_owned(),
        target: target.to_owned(),
        headers,
        body: crate::store::body::Kept::Inline(message.body.clone()),
    }
}

/// Puts a message among the dead letters; only then may the broker forget it.
async fn give_up(
    core: &Arc<Core>,
    consumer: &Consumer,
    delivered: Delivered,
    why: String,
) -> Result<(), crate::error::Error> {
    let id =
        random::id().map_err(|error| crate::error::of_file(std::path::Path::new("/dev/urandom"), error))?;
    let body = core.store.bodies.keep(&id, Of::Request, delivered.message.body.clone()).await?;
    let now = core.now();
    let origin = format!("{}/{}", consumer.broker, delivered.origin);
    let letter = New {
        id: id.clone(),
        route: consumer_lane(consumer),
        caller: None,
        // A message that died, and was delivered once more because its acknowledgement was lost, is one letter.
        idempotency: Some((origin.clone(), [0; 32])),
        request: Request { body, ..request(consumer, &delivered) },
        origin: Some(origin),
        submitted: now,
        deadline: now,
        callback: None,
        given_up: Some((
            delivered.number,
            format!("{why}; it was the last of {} deliveries", delivered.number),
        )),
    };
    if !matches!(
        persist(core, Change::Insert(Box::new(letter))).await?,
        crate::store::writer::Written::Inserted(_)
    ) {
        core.store.bodies.forget(&id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::Message;

    #[test]
    fn a_message_becomes_a_request() {
        let consumer = |path: &str| Consumer {
            broker: "nats".to_owned(),
            queue: "ORDERS".to_owned(),
            subject: None,
            method: "post".to_owned(),
            path: path.to_owned(),
            attempts: 5,
            concurrency: 16,
        };
        let headers = vec![("connection".to_owned(), "close".to_owned()), ("x-a".to_owned(), "1".to_owned())];
        let message = Message { headers, ..Message::default() };
        let delivered = Delivered { message, origin: "ORDERS 7 1".to_owned(), number: 1 };
        let asked = request(&consumer("/orders?x=1"), &delivered);
        assert_eq!(
            (asked.method.as_str(), asked.host.as_str(), asked.target.as_str()),
            ("POST", "localhost", "/orders?x=1")
        );
        assert_eq!(asked.headers["idempotency-key"], "ORDERS 7 1");
        assert!(asked.headers.contains_key("x-a") && !asked.headers.contains_key("connection"));
        let asked = request(&consumer("//www.example.go.kr/orders"), &delivered);
        assert_eq!((asked.host.as_str(), asked.target.as_str()), ("www.example.go.kr", "/orders"));
    }
}
