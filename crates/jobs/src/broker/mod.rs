//! Brokers: connections that mend themselves, publishing that is confirmed, and consumers.
//!
//! Which broker speaks what follows from its URL: `nats://` is NATS with JetStream, `amqp://` is AMQP 0-9-1 (RabbitMQ).

pub(crate) mod amqp;
pub(crate) mod consume;
pub(crate) mod nats;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use naru_model::policy::{Broker, Consumer, Publish};
use tokio::task::AbortHandle;

use crate::core::Core;
use crate::table::Table;

/// What goes to a broker, or comes from one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Tells repetitions of the same message.
    pub(crate) id: Option<String>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
}

/// The broker's word that it has a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// NATS only: the stream, the number there, and whether it had it before.
    pub(crate) stream: Option<String>,
    pub(crate) sequence: Option<u64>,
    pub(crate) duplicate: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PublishError {
    /// It is away, or did not confirm; the message may be there all the same.
    #[error("the broker did not confirm: {0}")]
    Away(String),
    /// It has no place for such messages.
    #[error("the broker keeps no such messages: {0}")]
    NoPlace(String),
    #[error("the message is larger than the broker takes: {0}")]
    TooLarge(String),
    #[error("naru.yaml: {0}")]
    Config(String),
}

/// A connection to one broker.
#[derive(Debug, Clone)]
pub(crate) enum Connection {
    Nats(nats::Nats),
    Amqp(amqp::Amqp),
    /// Its URL is none that is known here.
    Unknown(String),
}

impl Connection {
    fn to(url: &str) -> Connection {
        match url.split_once("://").map(|(scheme, _)| scheme) {
            Some("nats" | "tls") => Connection::Nats(nats::Nats::new(url)),
            Some("amqp") => Connection::Amqp(amqp::Amqp::new(url)),
            _ => Connection::Unknown(format!("{url:?} begins with neither nats:// nor amqp://")),
        }
    }

    pub(crate) async fn publish(&self, to: &Publish, message: Message) -> Result<Receipt, PublishError> {
        match self {
            Connection::Nats(nats) => nats.publish(to, message).await,
            Connection::Amqp(amqp) => amqp.publish(to, message).await,
            Connection::Unknown(why) => Err(PublishError::Config(why.clone())),
        }
    }
}

/// All brokers and consumers of the table.
#[derive(Debug, Default)]
pub(crate) struct Brokers {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By name; each with the URL it was made for.
    connections: HashMap<String, (String, Connection)>,
    consumers: Vec<(Consumer, String, AbortHandle)>,
}

impl Brokers {
    pub(crate) fn find(&self, name: &str) -> Option<Connection> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.connections.get(name).map(|(_, connection)| connection.clone())
    }

    /// Ends what the table no longer has, keeps what it still has, and begins what is new.
    pub(crate) fn follow(&self, core: &Arc<Core>, table: &Table) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { connections, consumers } = &mut *state;
        connections.retain(|name, (url, _)| table.brokers.get(name).is_some_and(|broker| broker.url == *url));
        for (name, Broker { url }) in &table.brokers {
            if !connections.contains_key(name) {
                connections.insert(name.clone(), (url.clone(), Connection::to(url)));
            }
        }
        let url = |consumer: &Consumer| table.brokers.get(&consumer.broker).map(|broker| broker.url.clone());
        consumers.retain(|(consumer, of, task)| {
            let stays = table.consumers.contains(consumer) && url(consumer).as_ref() == Some(of);
            if !stays {
                task.abort();
            }
            stays
        });
        for consumer in &table.consumers {
            let runs = consumers.iter().any(|(running, ..)| running == consumer);
            if let (false, Some((of, connection))) = (runs, connections.get(&consumer.broker)) {
                let task = tokio::spawn(consume::run(core.clone(), consumer.clone(), connection.clone()));
                consumers.push((consumer.clone(), of.clone(), task.abort_handle()));
            }
        }
    }

    /// Ends all; what was not acknowledged comes again.
    pub(crate) fn stop(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.consumers.drain(..).for_each(|(_, _, task)| task.abort());
        state.connections.clear();
    }
}

/// Names of message headers that are passed on as HTTP fields, and the other way round.
pub(crate) fn passes(name: &str) -> bool {
    let of_a_broker =
        name.starts_with("nats-") || name.starts_with("x-death") || name.starts_with("x-first-death");
    !of_a_broker && !name.starts_with(crate::fields::OURS)
}

/// Those of a request that say something about the body, or belong to a trace.
const PUBLISHED: [&str; 4] = ["content-encoding", "content-language", "traceparent", "tracestate"];

/// The header fields of a request that go with its message.
pub(crate) fn published(headers: &http::HeaderMap) -> BTreeMap<String, String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    PUBLISHED.iter().filter_map(|name| Some(((*name).to_owned(), text(name)?))).collect()
}
