//! The life of registered clients: made, changed, blocked, given keys, removed; and merged with those of naru.yaml.
//!
//! Both kinds are alike to the gateway and the token endpoint. What the file says of a name wins over what was registered
//! under it, which stays kept and holds again once the file says nothing: [`Directory::hidden`] tells of it.

mod change;
mod directory;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use naru_model::client::{Client, Secret};
use naru_model::name::ClientName;
use naru_model::oauth::Registered;
use naru_model::snapshot::CallerId;
use naru_model::units::Timestamp;
use tokio::sync::{Mutex, watch};

pub use self::directory::{Directory, Listed, Origin};
use crate::jwk::JwkError;
use crate::secret::{self, Kind, NoRandom};
use crate::store::{Store, StoreError};

/// Clients that can be registered, besides those of the file: all of them are sent to the gateway at each change.
const MAX_CLIENTS: usize = 5_000;

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no client {0} is registered")]
    NotFound(ClientName),
    #[error("there is a client {0} already")]
    Exists(ClientName),
    #[error("the client {0} is in naru.yaml, which wins over what is registered; change it there")]
    OfFile(ClientName),
    #[error("{0}")]
    Invalid(String),
    #[error("jwks: {0}")]
    Jwks(#[from] JwkError),
    #[error("no {what} of {client} has a SHA-256 that begins with {sha256:?}, or several have", what = .kind.as_str())]
    NoProof { client: ClientName, kind: Kind, sha256: String },
    #[error("{MAX_CLIENTS} clients are registered; remove one that is not used any more")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
}

/// A key or secret that was just made. The text is here and nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Made {
    pub text: String,
    /// What is kept of it.
    pub kept: Secret,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("kept", &self.kept).finish_non_exhaustive()
    }
}

/// All clients there are. Changes are made one after another, each kept before it is told of.
pub struct Clients {
    store: Arc<dyn Store>,
    held: Mutex<Held>,
    published: watch::Sender<Arc<Directory>>,
}

#[derive(Default)]
struct Held {
    file: BTreeMap<ClientName, Client>,
    registered: BTreeMap<ClientName, Registered>,
    numbers: BTreeMap<ClientName, CallerId>,
}

impl Clients {
    /// Reads what is registered, and takes naru.yaml's clients.
    ///
    /// # Errors
    /// [`ClientError::Store`].
    pub async fn open(
        store: Arc<dyn Store>,
        file: BTreeMap<ClientName, Client>,
    ) -> Result<Clients, ClientError> {
        let registered = store.registered().await?.into_iter().map(|one| (one.name.clone(), one)).collect();
        let held = Mutex::new(Held { registered, ..Held::default() });
        let clients = Clients { store, held, published: watch::Sender::new(Arc::default()) };
        clients.set_file(file).await?;
        Ok(clients)
    }

    /// The clients, merged, now and at each change.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Directory>> {
        self.published.subscribe()
    }

    /// Takes naru.yaml's clients in place of those before.
    ///
    /// # Errors
    /// [`ClientError::Store`]; the clients are as before.
    pub async fn set_file(&self, file: BTreeMap<ClientName, Client>) -> Result<(), ClientError> {
        let mut held = self.held.lock().await;
        let names: Vec<ClientName> = file.keys().chain(held.registered.keys()).cloned().collect();
        for name in names {
            self.number(&mut held, &name).await?;
        }
        held.file = file;
        self.publish(&held);
        Ok(())
    }

    /// All clients, by name; a registered one that the file hides comes too.
    pub async fn list(&self) -> Vec<Listed> {
        let held = self.held.lock().await;
        directory::list(&held.file, &held.registered, &held.numbers)
    }

    /// Registers a client.
    ///
    /// # Errors
    /// [`ClientError::Exists`], [`ClientError::OfFile`], [`ClientError::Invalid`], [`ClientError::TooMany`].
    pub async fn register(
        &self,
        name: ClientName,
        client: Client,
        actor: &str,
        now: Timestamp,
    ) -> Result<Registered, ClientError> {
        let mut held = self.held.lock().await;
        if held.file.contains_key(&name) {
            return Err(ClientError::OfFile(name));
        }
        if held.registered.contains_key(&name) {
            return Err(ClientError::Exists(name));
        }
        if held.registered.len() >= MAX_CLIENTS {
            return Err(ClientError::TooMany);
        }
        let made = change::register(name, client, actor, now)?;
        self.keep(&mut held, made).await
    }

    /// Changes what a client is. Its keys, its secrets and whether it is blocked stay: they have ways of their own.
    ///
    /// # Errors
    /// [`ClientError::NotFound`], [`ClientError::OfFile`], [`ClientError::Invalid`].
    pub async fn change(
        &self,
        name: &ClientName,
        client: Client,
        actor: &str,
        now: Timestamp,
    ) -> Result<Registered, ClientError> {
        let mut held = self.held.lock().await;
        let changed = change::change(registered(&held, name)?, client, actor, now)?;
        self.keep(&mut held, changed).await
    }

    /// Shuts a client out everywhere at once, or lets it in again.
    ///
    /// # Errors
    /// As [`Clients::change`].
    pub async fn block(
        &self,
        name: &ClientName,
        blocked: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<Registered, ClientError> {
        let mut held = self.held.lock().await;
        let changed = change::block(registered(&held, name)?, blocked, actor, now);
        self.keep(&mut held, changed).await
    }

    /// Makes one more key or secret, good until `until`. Those there are stay as they are.
    ///
    /// # Errors
    /// As [`Clients::change`]; [`ClientError::Invalid`] when it has too many.
    pub async fn add(
        &self,
        name: &ClientName,
        kind: Kind,
        until: Option<Timestamp>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Made, ClientError> {
        let mut held = self.held.lock().await;
        let made = make(name, kind, until, now)?;
        let changed = change::add(registered(&held, name)?, kind, made.kept.clone(), actor, now)?;
        self.keep(&mut held, changed).await?;
        Ok(made)
    }

    /// Makes a new key or secret, and lets those there are end after `overlap`: time for the client to change over.
    ///
    /// # Errors
    /// As [`Clients::add`].
    pub async fn rotate(
        &self,
        name: &ClientName,
        kind: Kind,
        overlap: Duration,
        actor: &str,
        now: Timestamp,
    ) -> Result<Made, ClientError> {
        let mut held = self.held.lock().await;
        let made = make(name, kind, None, now)?;
        let old = registered(&held, name)?;
        let changed = change::rotate(old, kind, made.kept.clone(), overlap, actor, now)?;
        self.keep(&mut held, changed).await?;
        Ok(made)
    }

    /// Ends one key or secret at once: the one whose SHA-256 begins with `sha256` (8 digits at least).
    ///
    /// # Errors
    /// As [`Clients::change`]; [`ClientError::NoProof`].
    pub async fn end(
        &self,
        name: &ClientName,
        kind: Kind,
        sha256: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<Registered, ClientError> {
        let mut held = self.held.lock().await;
        let changed = change::end(registered(&held, name)?, kind, sha256, actor, now)?;
        self.keep(&mut held, changed).await
    }

    /// Removes a registered client and all it may renew; also one that the file hides.
    ///
    /// # Errors
    /// [`ClientError::NotFound`], [`ClientError::OfFile`] when only the file has it.
    pub async fn remove(&self, name: &ClientName) -> Result<(), ClientError> {
        let mut held = self.held.lock().await;
        if !held.registered.contains_key(name) {
            return Err(missing(&held, name));
        }
        self.store.remove_registered(name.clone()).await?;
        held.registered.remove(name);
        self.publish(&held);
        Ok(())
    }

    async fn keep(&self, held: &mut Held, registered: Registered) -> Result<Registered, ClientError> {
        self.number(held, &registered.name).await?;
        self.store.put_registered(registered.clone()).await?;
        held.registered.insert(registered.name.clone(), registered.clone());
        self.publish(held);
        Ok(registered)
    }

    async fn number(&self, held: &mut Held, name: &ClientName) -> Result<(), ClientError> {
        if !held.numbers.contains_key(name) {
            let number = self.store.number_of(name.clone()).await?;
            held.numbers.insert(name.clone(), CallerId(number));
        }
        Ok(())
    }

    fn publish(&self, held: &Held) {
        let merged = directory::merge(&held.file, &held.registered, &held.numbers);
        self.published.send_if_modified(|published| {
            let is_news = **published != merged;
            if is_news {
                *published = Arc::new(merged);
            }
            is_news
        });
    }
}

/// The registered client of that name, if the file does not win over it.
fn registered<'h>(held: &'h Held, name: &ClientName) -> Result<&'h Registered, ClientError> {
    match held.registered.get(name) {
        Some(registered) if !held.file.contains_key(name) => Ok(registered),
        _ => Err(missing(held, name)),
    }
}

fn missing(held: &Held, name: &ClientName) -> ClientError {
    if held.file.contains_key(name) {
        ClientError::OfFile(name.clone())
    } else {
        ClientError::NotFound(name.clone())
    }
}

fn make(name: &ClientName, kind: Kind, until: Option<Timestamp>, now: Timestamp) -> Result<Made, NoRandom> {
    let text = secret::of_client(kind, name)?;
    let sha256 = secret::hex(&secret::hash(&text));
    Ok(Made { text, kept: Secret { sha256, from: Some(now), until } })
}
