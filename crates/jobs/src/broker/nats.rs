//! NATS with JetStream: a message is published when the stream has acknowledged it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::header::HeaderMap;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::AckKind;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions};
use bytes::Bytes;
use futures_util::StreamExt;
use naru_model::policy::{Consumer, Publish};
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;

use crate::backoff;
use crate::broker::{Message, PublishError, Receipt, passes};
use crate::random;

/// Until a confirmation is given up. A write to a busy disk takes less.
const CONFIRM: Duration = Duration::from_secs(5);
/// How long a message waits for a connection that is being made: naru or the broker has just started. No longer: a broker that
/// is away must not hold up each caller for a confirmation's time.
const REACH: Duration = Duration::from_secs(2);
/// The header by which JetStream tells repetitions, within the stream's duplicate window.
/// Source: <https://docs.nats.io/using-nats/developer/develop_jetstream/model_deep_dive#message-deduplication>.
const MESSAGE_ID: &str = "Nats-Msg-Id";
/// A message that nobody speaks for any more is delivered again after this: as long as a server that was killed needs to be
/// back, and no longer. Whoever works on one says so three times within it.
const ACK_WAIT: Duration = Duration::from_secs(12);
/// Messages taken per place: those that wait for their next delivery must not hold up the others.
const PENDING_PER_PLACE: i64 = 4;

/// A connection that the client library mends by itself.
#[derive(Debug, Clone)]
pub(crate) struct Nats {
    url: String,
    client: Arc<OnceCell<Client>>,
}

/// A message that is being delivered.
#[derive(Debug)]
pub(crate) struct Delivered {
    pub(crate) message: Message,
    /// Names it for good: stream, number, and when it was published.
    pub(crate) origin: String,
    /// 1 for the first.
    pub(crate) number: u32,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    Done,
    Again(Duration),
}

impl Nats {
    pub(crate) fn new(url: &str) -> Nats {
        Nats { url: url.to_owned(), client: Arc::default() }
    }

    async fn context(&self) -> Result<(Client, Context), String> {
        let connect = || async {
            let options = ConnectOptions::new()
                .name("naru")
                .retry_on_initial_connect()
                .request_timeout(Some(CONFIRM))
                .reconnect_delay_callback(|tries| {
                    let tries = u32::try_from(tries).unwrap_or(u32::MAX);
                    if tries == 0 { Duration::ZERO } else { backoff::CONNECT.after(tries, random::unit()) }
                });
            options.connect(&self.url).await.map_err(|error| error.to_string())
        };
        let client = self.client.get_or_try_init(connect).await?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(CONFIRM);
        Ok((client.clone(), context))
    }

    pub(crate) async fn publish(&self, to: &Publish, message: Message) -> Result<Receipt, PublishError> {
        let (client, context) = self.context().await.map_err(PublishError::Config)?;
        if !reached(&client).await {
            return Err(PublishError::Away("it can't be reached".to_owned()));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &message.headers {
            put(&mut headers, name, value);
        }
        if let Some(content_type) = &message.content_type {
            put(&mut headers, "Content-Type", content_type);
        }
        if let Some(id) = &message.id {
            put(&mut headers, MESSAGE_ID, id);
        }
        let failed = |error: async_nats::jetstream::context::PublishError| match error.kind() {
            PublishErrorKind::StreamNotFound => {
                PublishError::NoPlace(format!("no stream has the subject {}", to.subject))
            }
            PublishErrorKind::MaxPayloadExceeded => PublishError::TooLarge(error.to_string()),
            _ => PublishError::Away(error.to_string()),
        };
        let sent = context.publish_with_headers(to.subject.clone(), headers, message.body).await;
        let ack = sent.map_err(failed)?.await.map_err(failed)?;
        Ok(Receipt { stream: Some(ack.stream), sequence: Some(ack.sequence), duplicate: ack.duplicate })
    }

    /// Takes messages until something fails, each handed to `deliver` in a task of its own.
    ///
    /// # Errors
    /// Why it ended; what was not acknowledged comes again.
    pub(crate) async fn consume<F, D>(&self, consumer: &Consumer, deliver: D) -> Result<(), String>
    where
        D: Fn(Delivered) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Settled> + Send + 'static,
    {
        let (_, context) = self.context().await?;
        let failed =
            |what: &str, error: &dyn std::fmt::Display| format!("{what} {}: {error}", consumer.queue);
        let stream = context.get_stream(&consumer.queue).await;
        let stream = stream.map_err(|error| failed("no stream", &error))?;
        let pulled = stream.create_consumer(config(consumer)).await;
        let pulled = pulled.map_err(|error| failed("no consumer of the stream", &error))?;
        let batch = consumer.concurrency.max(1) as usize;
        let messages = pulled.stream().max_messages_per_batch(batch).messages().await;
        let mut messages = messages.map_err(|error| failed("nothing comes from the stream", &error))?;

        let places = Arc::new(Semaphore::new(batch));
        let mut tasks = JoinSet::new();
        while let Some(message) = messages.next().await {
            let message = message.map_err(|error| failed("nothing more comes from the stream", &error))?;
            tasks.spawn(one(message, places.clone(), deliver.clone()));
            while tasks.try_join_next().is_some() {}
        }
        Err(failed("the broker ended", &"the subscription"))
    }
}

/// Whether there is a connection, within [`REACH`]. The library would hold a message until the broker is back, and the caller
/// would be told too late; a flush is held as well, and may be given up.
async fn reached(client: &Client) -> bool {
    client.connection_state() == State::Connected
        || matches!(tokio::time::timeout(REACH, client.flush()).await, Ok(Ok(())))
}

fn config(consumer: &Consumer) -> pull::Config {
    pull::Config {
        durable_name: Some(durable(consumer)),
        description: Some(format!("naru: to {} {}", consumer.method, consumer.path)),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        // naru counts: what is given up goes to its dead letters first.
        max_deliver: -1,
        max_ack_pending: i64::from(consumer.concurrency.max(1)) * PENDING_PER_PLACE,
        filter_subject: consumer.subject.clone().unwrap_or_default(),
        ..pull::Config::default()
    }
}

/// The broker remembers by it how far a consumer is: the same over restarts, another for another purpose.
fn durable(consumer: &Consumer) -> String {
    use sha2::{Digest, Sha256};
    let purpose = format!("{:?} {} {}", consumer.subject, consumer.method, consumer.path);
    format!("naru-{}", &random::hex(&Sha256::digest(purpose))[..16])
}

async fn one<F, D>(message: jetstream::Message, places: Arc<Semaphore>, deliver: D)
where
    D: Fn(Delivered) -> F,
    F: Future<Output = Settled>,
{
    let Some(delivered) = delivered(&message) else { return };
    let work = async {
        let _place = places.acquire().await;
        deliver(delivered).await
    };
    tokio::pin!(work);
    let settled = loop {
        tokio::select! {
            settled = &mut work => break settled,
            () = tokio::time::sleep(ACK_WAIT / 3) => {
                // Lost: the message comes once more, which it may.
                let _ = message.ack_with(AckKind::Progress).await;
            }
        }
    };
    let _ = match settled {
        Settled::Done => message.ack().await,
        Settled::Again(after) => message.ack_with(AckKind::Nak(Some(after))).await,
    };
}

fn delivered(message: &jetstream::Message) -> Option<Delivered> {
    let info = message.info().ok()?;
    let mut taken = Message { body: Bytes::clone(&message.payload), ..Message::default() };
    for (name, values) in message.headers.iter().flat_map(HeaderMap::iter) {
        let name = name.to_string().to_ascii_lowercase();
        for value in values {
            match name.as_str() {
                "content-type" => taken.content_type = Some(value.to_string()),
                "nats-msg-id" => taken.id = Some(value.to_string()),
                _ if passes(&name) => taken.headers.push((name.clone(), value.to_string())),
                _ => {}
            }
        }
    }
    let published = info.published.unix_timestamp_nanos() / 1000;
    let origin = format!("{} {} {published}", info.stream, info.stream_sequence);
    let number = u32::try_from(info.delivered).unwrap_or(u32::MAX).max(1);
    Some(Delivered { message: taken, origin, number })
}

/// What can't stand in a header of NATS is left out rather than refused: it says nothing about the message's content.
fn put(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = name.parse::<async_nats::header::HeaderName>();
    let value = value.parse::<async_nats::header::HeaderValue>();
    if let (Ok(name), Ok(value)) = (name, value) {
        headers.insert(name, value);
    }
}
