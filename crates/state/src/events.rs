//! What happened, in order: appended, numbered, and the oldest let go.

use naru_model::event::Event;
use naru_model::name::ServiceName;
use naru_model::units::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::Error;
use crate::store::{State, from_word, word};

/// Events kept; some 30 MiB.
const KEPT: i64 = 100_000;
/// The oldest are let go once in so many events: a deletion for each insertion would double the writing.
const CLEAN_EVERY: i64 = 1_000;

impl State {
    /// Keeps the events and returns them with their ids.
    pub async fn append(&self, events: Vec<Event>) -> Result<Vec<Event>, Error> {
        let failed = |error| self.failed(error);
        let mut tx = self.writer.begin().await.map_err(failed)?;
        let events = insert(&mut tx, events).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(events)
    }

    /// At most `limit` events of a service, or of all, oldest first: the first ones with an id above `after`, or the
    /// newest ones when it is `None`.
    pub async fn events(
        &self,
        service: Option<&ServiceName>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>, Error> {
        let sql = match after {
            Some(_) => {
                "SELECT * FROM event WHERE (?1 IS NULL OR service = ?1) AND id > ?2 ORDER BY id LIMIT ?3"
            }
            None => {
                "SELECT * FROM (SELECT * FROM event WHERE (?1 IS NULL OR service = ?1) AND id > ?2 \
                 ORDER BY id DESC LIMIT ?3) ORDER BY id"
            }
        };
        let rows = sqlx::query(sql)
            .bind(service.map(ServiceName::as_str))
            .bind(after.unwrap_or(0) as i64)
            .bind(limit)
            .fetch_all(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| self.read_event(row)).collect()
    }

    fn read_event(&self, row: &SqliteRow) -> Result<Event, Error> {
        let get = |error| self.failed(error);
        let text = |column| row.try_get::<String, _>(column).map_err(get);
        let name = |column| row.try_get::<Option<String>, _>(column).map_err(get);
        let parse = |name: Option<String>| name.map(|name| from_word("an event's service", name)).transpose();
        let instance = name("instance")?.map(|id| from_word("an event's instance", id)).transpose()?;
        Ok(Event {
            id: row.try_get::<i64, _>("id").map_err(get)? as u64,
            at: Timestamp(row.try_get::<i64, _>("at").map_err(get)? as u64),
            kind: from_word("an event's kind", text("kind")?)?,
            severity: from_word("an event's severity", text("severity")?)?,
            service: parse(name("service")?)?,
            instance,
            message: text("message")?,
            actor: text("actor")?,
        })
    }
}

/// Appends the events and gives each its id.
pub(crate) async fn insert(
    tx: &mut SqliteConnection,
    mut events: Vec<Event>,
) -> Result<Vec<Event>, sqlx::Error> {
    for event in &mut events {
        let done = sqlx::query(
            "INSERT INTO event (at, kind, severity, service, instance, message, actor) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(event.at.0 as i64)
        .bind(word(&event.kind))
        .bind(word(&event.severity))
        .bind(event.service.as_ref().map(|name| name.as_str()))
        .bind(event.instance.as_ref().map(|id| id.to_string()))
        .bind(&event.message)
        .bind(&event.actor)
        .execute(&mut *tx)
        .await?;
        let id = done.last_insert_rowid();
        event.id = id as u64;
        if id % CLEAN_EVERY == 0 {
            sqlx::query("DELETE FROM event WHERE id <= ?").bind(id - KEPT).execute(&mut *tx).await?;
        }
    }
    Ok(events)
}
