//! What is wanted: the file last applied, and each service's count and progress.

use std::collections::BTreeMap;

use naru_model::access::Audit;
use naru_model::event::Event;
use naru_model::name::ServiceName;
use naru_model::plan::Progress;
use sqlx::{Connection, Row, SqliteConnection};

use crate::Error;
use crate::audit;
use crate::events;
use crate::store::{State, from_json, to_json};

/// What is kept of a service beside the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Service {
    /// Instances that somebody asked for; `None`: as the policies or the minimum have it.
    pub count: Option<u32>,
    /// Taken out of the file; it stays until its last instance has ended.
    pub removed: bool,
    pub progress: Progress,
}

/// What somebody asked for, made whole or not at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// The text of the file that is applied, when it is another one.
    pub platform: Option<String>,
    /// Those that change; others stay as they are.
    pub services: BTreeMap<ServiceName, Service>,
    pub events: Vec<Event>,
    /// What of it the audit keeps.
    pub audits: Vec<Audit>,
}

impl State {
    /// The text of the naru.yaml last applied; `None` on the first start.
    pub async fn platform(&self) -> Result<Option<String>, Error> {
        let row = sqlx::query("SELECT text FROM platform")
            .fetch_optional(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        row.map(|row| row.try_get(0)).transpose().map_err(|error| self.failed(error))
    }

    /// All services that have not ended.
    pub async fn services(&self) -> Result<BTreeMap<ServiceName, Service>, Error> {
        let rows = sqlx::query("SELECT name, count, removed, progress FROM service WHERE NOT ended")
            .fetch_all(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        let mut services = BTreeMap::new();
        for row in rows {
            let get = |error| self.failed(error);
            let name: String = row.try_get("name").map_err(get)?;
            let progress: String = row.try_get("progress").map_err(get)?;
            let service = Service {
                count: row.try_get("count").map_err(get)?,
                removed: row.try_get("removed").map_err(get)?,
                progress: from_json("a service's progress", &progress)?,
            };
            services.insert(name.parse().map_err(|_| Error::Name(name))?, service);
        }
        Ok(services)
    }

    /// Makes the changes, on the disk before this returns. Returns the events with their ids.
    ///
    /// A service that had ended and comes back keeps the numbers that its instances used up.
    pub async fn commit(&self, changes: Changes) -> Result<Vec<Event>, Error> {
        let failed = |error| self.failed(error);
        let mut connection = self.writer.acquire().await.map_err(failed)?;
        // A person was told that it is so: it must be so after a power cut as well.
        sqlx::raw_sql("PRAGMA synchronous = FULL").execute(&mut *connection).await.map_err(failed)?;
        let mut tx = connection.begin().await.map_err(failed)?;
        if let Some(text) = &changes.platform {
            sqlx::query("INSERT OR REPLACE INTO platform VALUES (1, ?)")
                .bind(text)
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
        }
        for (name, service) in &changes.services {
            self.put_service(&mut tx, name, service).await?;
        }
        let events = events::insert(&mut tx, changes.events).await.map_err(failed)?;
        audit::insert(&mut tx, &changes.audits).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        sqlx::raw_sql("PRAGMA synchronous = NORMAL").execute(&mut *connection).await.map_err(failed)?;
        Ok(events)
    }

    async fn put_service(
        &self,
        tx: &mut SqliteConnection,
        name: &ServiceName,
        service: &Service,
    ) -> Result<(), Error> {
        let failed = |error| self.failed(error);
        let mut progress = service.progress.clone();
        let ended = sqlx::query("SELECT progress FROM service WHERE name = ? AND ended")
            .bind(name.as_str())
            .fetch_optional(&mut *tx)
            .await
            .map_err(failed)?;
        if let Some(row) = ended {
            let before: String = row.try_get(0).map_err(failed)?;
            let before: Progress = from_json("a service's progress", &before)?;
            for (revision, used) in before.ordinals {
                let ordinal = progress.ordinals.entry(revision).or_default();
                *ordinal = used.max(*ordinal);
            }
        }
        sqlx::query(
            "INSERT OR REPLACE INTO service (name, count, removed, ended, progress) VALUES (?, ?, ?, 0, ?)",
        )
        .bind(name.as_str())
        .bind(service.count)
        .bind(service.removed)
        .bind(to_json("a service's progress", &progress)?)
        .execute(tx)
        .await
        .map_err(failed)?;
        Ok(())
    }
}
