//! AMQP 0-9-1, as RabbitMQ speaks it: a message is published when the broker has confirmed it and some queue has it.
//!
//! Source: <https://www.rabbitmq.com/docs/confirms>.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use naru_model::policy::{Consumer, Publish};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::backoff;
use crate::broker::nats::{Delivered, Settled};
use crate::broker::{Message, PublishError, Receipt, passes};
use crate::random;

/// Until a connection stands, or a confirmation is given up.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Delivery mode 2: on the disk of durable queues.
const PERSISTENT: u8 = 2;
/// RabbitMQ's count of earlier deliveries, on quorum queues.
const DELIVERY_COUNT: &str = "x-delivery-count";

/// A connection that is made anew when it has broken, when it is needed again.
#[derive(Debug, Clone)]
pub(crate) struct Amqp {
    url: String,
    publisher: Arc<Mutex<Publisher>>,
}

#[derive(Default)]
struct Publisher {
    channel: Option<(Connection, Channel)>,
    /// Connections in a row that failed, and when the next one may be tried: a broker that is away must not hold up
    /// each caller for a timeout.
    failures: u32,
    not_before: Option<Instant>,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("failures", &self.failures).finish_non_exhaustive()
    }
}

impl Amqp {
    pub(crate) fn new(url: &str) -> Amqp {
        Amqp { url: url.to_owned(), publisher: Arc::default() }
    }

    async fn connect(&self) -> Result<(Connection, Channel), String> {
        let connected = async {
            let properties = ConnectionProperties::default().with_connection_name("naru".into());
            let connection = Connection::connect(&self.url, properties).await?;
            let channel = connection.create_channel().await?;
            Ok::<_, lapin::Error>((connection, channel))
        };
        match tokio::time::timeout(TIMEOUT, connected).await {
            Ok(connected) => connected.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no connection within {}s", TIMEOUT.as_secs())),
        }
    }

    /// The channel for publishing, made if there is none.
    async fn channel(&self) -> Result<Channel, String> {
        let mut publisher = self.publisher.lock().await;
        if let Some((_, channel)) =
            publisher.channel.as_ref().filter(|(_, channel)| channel.status().connected())
        {
            return Ok(channel.clone());
        }
        if publisher.not_before.is_some_and(|at| Instant::now() < at) {
            return Err("it can't be reached".to_owned());
        }
        publisher.channel = None;
        let made = async {
            let (connection, channel) = self.connect().await?;
            let confirm = channel.confirm_select(ConfirmSelectOptions::default()).await;
            confirm.map_err(|error| error.to_string())?;
            Ok::<_, String>((connection, channel))
        };
        match made.await {
            Ok((connection, channel)) => {
                *publisher =
                    Publisher { channel: Some((connection, channel.clone())), ..Publisher::default() };
                Ok(channel)
            }
            Err(error) => {
                publisher.failures = publisher.failures.saturating_add(1);
                let wait = backoff::CONNECT.after(publisher.failures, random::unit());
                publisher.not_before = Some(Instant::now() + wait);
                Err(error)
            }
        }
    }

    pub(crate) async fn publish(&self, to: &Publish, message: Message) -> Result<Receipt, PublishError> {
        let too_long = |what: &str| PublishError::Config(format!("{what} is longer than AMQP's 255 bytes"));
        let exchange = short(&to.exchange).ok_or_else(|| too_long("the exchange"))?;
        let key = short(&to.subject).ok_or_else(|| too_long("the routing key"))?;
        let channel = self.channel().await.map_err(PublishError::Away)?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let confirmed = async {
            let sent = channel.basic_publish(exchange, key, options, &message.body, properties(&message));
            sent.await?.await
        };
        match tokio::time::timeout(TIMEOUT, confirmed).await {
            Err(_) => Err(PublishError::Away(format!("no confirmation within {}s", TIMEOUT.as_secs()))),
            Ok(Err(error)) => Err(PublishError::Away(error.to_string())),
            Ok(Ok(Confirmation::Ack(None))) => Ok(Receipt::default()),
            Ok(Ok(Confirmation::Ack(Some(returned)))) => {
                let what = format!("{} for the routing key {}", returned.reply_text, to.subject);
                Err(PublishError::NoPlace(what))
            }
            Ok(Ok(_)) => Err(PublishError::Away("it refused the message".to_owned())),
        }
    }

    /// Takes messages until something fails, each handed to `deliver` in a task of its own. A message that is to be
    /// delivered again waits here, unacknowledged: AMQP knows no delay.
    ///
    /// # Errors
    /// Why it ended; what was not acknowledged comes again.
    pub(crate) async fn consume<F, D>(&self, consumer: &Consumer, deliver: D) -> Result<(), String>
    where
        D: Fn(Delivered) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Settled> + Send + 'static,
    {
        let failed = |error: lapin::Error| format!("the queue {}: {error}", consumer.queue);
        let queue = short(&consumer.queue).ok_or("the queue's name is longer than AMQP's 255 bytes")?;
        let (_connection, channel) = self.connect().await?;
        let places = u16::try_from(consumer.concurrency.max(1)).unwrap_or(u16::MAX);
        channel.basic_qos(places, BasicQosOptions::default()).await.map_err(failed)?;
        let consuming = channel.basic_consume(
            queue,
            ShortString::default(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let mut deliveries = consuming.await.map_err(failed)?;

        // Dropped with this: what was taken over a broken connection is delivered anew, and must not run twice at once.
        let mut tasks = JoinSet::new();
        while let Some(delivery) = deliveries.next().await {
            let delivery = delivery.map_err(failed)?;
            tasks.spawn(one(delivery, consumer.queue.clone(), deliver.clone()));
            while tasks.try_join_next().is_some() {}
        }
        Err(format!("the queue {}: the broker ended the subscription", consumer.queue))
    }
}

async fn one<F, D>(delivery: Delivery, queue: String, deliver: D)
where
    D: Fn(Delivered) -> F,
    F: Future<Output = Settled>,
{
    let (message, earlier) = message(&delivery);
    let tag = delivery.delivery_tag;
    let origin = match &message.id {
        Some(id) => format!("{queue} {id}"),
        None => format!("{queue} delivery {tag}"),
    };
    for number in earlier.saturating_add(1).. {
        let delivered = Delivered { message: message.clone(), origin: origin.clone(), number };
        match deliver(delivered).await {
            Settled::Done => break,
            Settled::Again(after) => tokio::time::sleep(after).await,
        }
    }
    // Lost with its connection: the message comes once more, which it may.
    let _ = delivery.acker.ack(BasicAckOptions::default()).await;
}

/// What was delivered, and how often before.
fn message(delivery: &Delivery) -> (Message, u32) {
    let properties = &delivery.properties;
    let text = |text: &Option<ShortString>| text.as_ref().map(|text| text.as_str().to_owned());
    let mut message = Message {
        id: text(properties.message_id()),
        content_type: text(properties.content_type()),
        headers: Vec::new(),
        body: delivery.data.clone().into(),
    };
    let mut earlier = 0;
    for (name, value) in properties.headers().iter().flat_map(|table| table.inner()) {
        let name = name.as_str().to_ascii_lowercase();
        match value {
            AMQPValue::LongLongInt(count) if name == DELIVERY_COUNT => {
                earlier = u32::try_from(*count).unwrap_or_default();
            }
            AMQPValue::LongString(value) if passes(&name) => message.headers.push((name, value.to_string())),
            AMQPValue::ShortString(value) if passes(&name) => message.headers.push((name, value.to_string())),
            _ => {}
        }
    }
    if let Some(encoding) = text(properties.content_encoding()) {
        message.headers.push(("content-encoding".to_owned(), encoding));
    }
    (message, earlier)
}

fn properties(message: &Message) -> BasicProperties {
    let mut properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let mut table = FieldTable::default();
    for (name, value) in &message.headers {
        match (name.as_str(), short(name), short(value)) {
            ("content-encoding", _, Some(value)) => properties = properties.with_content_encoding(value),
            (_, Some(name), _) => {
                table.insert(name, AMQPValue::LongString(LongString::from(value.as_bytes())));
            }
            _ => {}
        }
    }
    if let Some(content_type) = message.content_type.as_deref().and_then(short) {
        properties = properties.with_content_type(content_type);
    }
    if let Some(id) = message.id.as_deref().and_then(short) {
        properties = properties.with_message_id(id);
    }
    properties.with_headers(table)
}

/// A short string holds 255 bytes.
fn short(text: &str) -> Option<ShortString> {
    ShortString::try_new(text).ok()
}
