//! The record of every change that somebody asked for: appended, numbered, never changed, and the oldest let go.

use naru_model::access::{Audit, AuditSearch};
use naru_model::units::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::Error;
use crate::store::{Query, State, from_word, word};

/// Entries kept; some 200 MiB.
pub(crate) const KEPT: i64 = 1_000_000;
/// The oldest are let go once in so many entries.
const CLEAN_EVERY: i64 = 1_000;

/// Keeps entries within what else is written down.
pub(crate) async fn insert(tx: &mut SqliteConnection, entries: &[Audit]) -> Result<(), sqlx::Error> {
    for entry in entries {
        put(entry).execute(&mut *tx).await?;
    }
    Ok(())
}

fn put(entry: &Audit) -> Query<'_> {
    sqlx::query(
        "INSERT INTO audit (at, actor, role, source, action, subject, outcome, detail) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(entry.at.0 as i64)
    .bind(&entry.actor)
    .bind(word(&entry.role))
    .bind(&entry.source)
    .bind(&entry.action)
    .bind(&entry.subject)
    .bind(entry.outcome)
    .bind(&entry.detail)
}

impl State {
    /// Keeps an entry, on the disk before this returns, and returns it with its id.
    pub async fn audit(&self, mut entry: Audit) -> Result<Audit, Error> {
        let id = self.durably(put(&entry)).await?.last_insert_rowid();
        if id % CLEAN_EVERY == 0 {
            let old = sqlx::query("DELETE FROM audit WHERE id <= ?").bind(id - KEPT);
            old.execute(&self.writer).await.map_err(|error| self.failed(error))?;
        }
        entry.id = id as u64;
        Ok(entry)
    }

    /// The entries that `wanted` asks for, in the order of their ids.
    pub async fn audits(&self, wanted: &AuditSearch) -> Result<Vec<Audit>, Error> {
        let sql = match wanted.after {
            Some(_) => "SELECT * FROM audit WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3",
            None => {
                "SELECT * FROM (SELECT * FROM audit WHERE id > ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3) \
                 ORDER BY id"
            }
        };
        let rows = sqlx::query(sql)
            .bind(wanted.after.unwrap_or(0) as i64)
            .bind(wanted.before.map_or(i64::MAX, |id| id as i64))
            .bind(wanted.limit)
            .fetch_all(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| self.read_audit(row)).collect()
    }

    fn read_audit(&self, row: &SqliteRow) -> Result<Audit, Error> {
        let get = |error| self.failed(error);
        let text = |column| row.try_get::<String, _>(column).map_err(get);
        Ok(Audit {
            id: row.try_get::<i64, _>("id").map_err(get)? as u64,
            at: Timestamp(row.try_get::<i64, _>("at").map_err(get)? as u64),
            actor: text("actor")?,
            role: from_word("an audit's role", text("role")?)?,
            source: text("source")?,
            action: text("action")?,
            subject: text("subject")?,
            outcome: row.try_get("outcome").map_err(get)?,
            detail: text("detail")?,
        })
    }
}
