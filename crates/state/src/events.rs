//! What happened, in order: appended, numbered, and the oldest let go.

use naru_model::event::{Event, Search};
use naru_model::name::ServiceName;
use naru_model::units::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::Error;
use crate::store::{State, from_json, from_word, to_json, word};

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

    /// The events that `wanted` asks for, in the order of their ids.
    pub async fn events(&self, wanted: &Search) -> Result<Vec<Event>, Error> {
        let conditions = "(?1 IS NULL OR service = ?1) AND id > ?2 AND id < ?3 AND at >= ?4 AND at < ?5 \
                          AND (?6 = '[]' OR kind IN (SELECT value FROM json_each(?6)))";
        let sql = match wanted.after {
            Some(_) => format!("SELECT * FROM event WHERE {conditions} ORDER BY id LIMIT ?7"),
            None => format!(
                "SELECT * FROM (SELECT * FROM event WHERE {conditions} ORDER BY id DESC LIMIT ?7) ORDER BY id"
            ),
        };
        let time = |at: Timestamp| i64::try_from(at.0).unwrap_or(i64::MAX);
        let rows = sqlx::query(&sql)
            .bind(wanted.service.as_ref().map(ServiceName::as_str))
            .bind(wanted.after.map_or(0, |id| id as i64))
            .bind(wanted.before.map_or(i64::MAX, |id| id as i64))
            .bind(wanted.from.map_or(0, time))
            .bind(wanted.to.map_or(i64::MAX, time))
            .bind(to_json("kinds of events", &wanted.kinds)?)
            .bind(wanted.limit)
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
            decision: name("decision")?
                .map(|decision| from_json("an event's decision", &decision).map(Box::new))
                .transpose()?,
        })
    }
}

/// Appends the events and gives each its id.
pub(crate) async fn insert(
    tx: &mut SqliteConnection,
    mut events: Vec<Event>,
) -> Result<Vec<Event>, sqlx::Error> {
    for event in &mut events {
        // A decision is numbers and words without content: it can always be written.
        let decision = event.decision.as_ref().and_then(|decision| serde_json::to_string(decision).ok());
        let done = sqlx::query(
            "INSERT INTO event (at, kind, severity, service, instance, message, actor, decision) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(event.at.0 as i64)
        .bind(word(&event.kind))
        .bind(word(&event.severity))
        .bind(event.service.as_ref().map(|name| name.as_str()))
        .bind(event.instance.as_ref().map(|id| id.to_string()))
        .bind(&event.message)
        .bind(&event.actor)
        .bind(decision)
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
