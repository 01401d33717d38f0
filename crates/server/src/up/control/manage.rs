//! Clients, jobs and APIs for the API: asked of those who hold them, beside the loop.

use std::time::Duration;

use naru_api::control::{Answer, Control};
use naru_api::error::Error;
use naru_api::manage::Manage;
use naru_api::message::{KeyKind, ListedClient, MadeKey, MakeKey, Origin};
use naru_jobs::Jobs;
use naru_model::client::Client;
use naru_model::job::{DeadLetter, DeadSearch, Figures, OpenedLetter};
use naru_model::name::ClientName;
use naru_model::platform::Platform;
use naru_oauth::{ClientError, Kind, Listed};

use super::Door;

impl Manage for Door {
    fn clients(&self) -> Answer<'_, Vec<ListedClient>> {
        Box::pin(async move { Ok(self.clients.list().await.into_iter().map(listed).collect()) })
    }

    fn register_client(&self, name: ClientName, client: Client, actor: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.clients.register(name, client, &actor, self.now()).await.map(drop).map_err(refused)
        })
    }

    fn change_client(&self, name: ClientName, client: Client, actor: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.clients.change(&name, client, &actor, self.now()).await.map(drop).map_err(refused)
        })
    }

    fn block_client(&self, name: ClientName, blocked: bool, actor: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.clients.block(&name, blocked, &actor, self.now()).await.map(drop).map_err(refused)
        })
    }

    fn remove_client(&self, name: ClientName) -> Answer<'_, ()> {
        Box::pin(async move { self.clients.remove(&name).await.map_err(refused) })
    }

    fn make_key(&self, name: ClientName, request: MakeKey, actor: String) -> Answer<'_, MadeKey> {
        Box::pin(async move {
            let (kind, now) = (kind(request.kind), self.now());
            let made = match request.overlap {
                Some(seconds) => {
                    let overlap = Duration::from_secs(seconds.into());
                    self.clients.rotate(&name, kind, overlap, &actor, now).await
                }
                None => self.clients.add(&name, kind, request.until, &actor, now).await,
            };
            let made = made.map_err(refused)?;
            Ok(MadeKey { text: made.text, sha256: made.kept.sha256, until: made.kept.until })
        })
    }

    fn end_key(&self, name: ClientName, of: KeyKind, sha256: String, actor: String) -> Answer<'_, ()> {
        Box::pin(async move {
            let ended = self.clients.end(&name, kind(of), &sha256, &actor, self.now()).await;
            ended.map(drop).map_err(refused)
        })
    }

    fn jobs(&self) -> Answer<'_, Vec<Figures>> {
        Box::pin(async move {
            let Some(jobs) = self.kept_jobs() else { return Ok(Vec::new()) };
            jobs.figures().await.map_err(|error| of_jobs("could not read the jobs", error))
        })
    }

    fn dead_letters(&self, search: DeadSearch) -> Answer<'_, Vec<DeadLetter>> {
        Box::pin(async move {
            let Some(jobs) = self.kept_jobs() else { return Ok(Vec::new()) };
            jobs.dead(&search).await.map_err(|error| of_jobs("could not read the dead letters", error))
        })
    }

    fn dead_letter(&self, id: String) -> Answer<'_, Option<OpenedLetter>> {
        Box::pin(async move {
            let Some(jobs) = self.kept_jobs() else { return Ok(None) };
            jobs.open_dead(&id).await.map_err(|error| of_jobs("could not open the dead letter", error))
        })
    }

    fn replay(&self, id: String) -> Answer<'_, bool> {
        Box::pin(async move {
            let Some(jobs) = self.kept_jobs() else { return Ok(false) };
            jobs.replay(&id).await.map_err(|error| of_jobs("could not replay the dead letter", error))
        })
    }

    fn discard(&self, id: String) -> Answer<'_, bool> {
        Box::pin(async move {
            let Some(jobs) = self.kept_jobs() else { return Ok(false) };
            jobs.discard(&id).await.map_err(|error| of_jobs("could not discard the dead letter", error))
        })
    }

    fn platform(&self) -> Answer<'_, Option<Platform>> {
        Box::pin(self.applied())
    }
}

impl Door {
    /// `None`: nothing was ever answered later here.
    fn kept_jobs(&self) -> Option<&Jobs> {
        self.jobs.get()
    }
}

fn kind(kind: KeyKind) -> Kind {
    match kind {
        KeyKind::Key => Kind::ApiKey,
        KeyKind::Secret => Kind::Secret,
    }
}

fn listed(of: Listed) -> ListedClient {
    let Listed { name, client, origin, .. } = of;
    let (hidden, made, changed) = match origin {
        naru_oauth::Origin::File => (false, None, None),
        naru_oauth::Origin::Registered { made_at, made_by, changed_at, changed_by, hidden } => {
            (hidden, Some((made_at, made_by)), Some((changed_at, changed_by)))
        }
    };
    let origin = if made.is_some() { Origin::Registered } else { Origin::File };
    let ((made_at, made_by), (changed_at, changed_by)) = (made.unzip(), changed.unzip());
    ListedClient { name, origin, hidden, client, made_at, made_by, changed_at, changed_by }
}

fn refused(error: ClientError) -> Error {
    let text = error.to_string();
    match error {
        ClientError::NotFound(_) => {
            Error::NotFound(format!("{text}; `naru client list` tells which there are"))
        }
        ClientError::NoProof { .. } => {
            Error::NotFound(format!("{text}; `naru client show` lists them, give more digits"))
        }
        ClientError::Exists(_) | ClientError::OfFile(_) | ClientError::TooMany => Error::Conflict(text),
        ClientError::Invalid(_) | ClientError::Jwks(_) => Error::Invalid(text),
        ClientError::Store(_) | ClientError::NoRandom(_) => {
            Error::internal("could not keep the client; it is as it was", error)
        }
    }
}

fn of_jobs(doing: &str, error: naru_jobs::Error) -> Error {
    match error {
        naru_jobs::Error::Full { .. } | naru_jobs::Error::Closed => Error::Unavailable(error.to_string()),
        error => Error::internal(doing, error),
    }
}
