//! Alerts, what was registered to be watched, and of what nobody is told.

use naru_model::alert::{Alert, Item, Silence};
use naru_model::metric::Owner;
use naru_model::units::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::Error;
use crate::store::{State, from_json, to_json};

/// Alerts kept; some 300 MiB at most.
const KEPT: i64 = 100_000;

impl State {
    /// Keeps alerts as they are now, all or none.
    pub async fn put_alerts(&self, alerts: &[Alert]) -> Result<(), Error> {
        let failed = |error| self.failed(error);
        let mut tx = self.writer.begin().await.map_err(failed)?;
        for alert in alerts {
            sqlx::query("INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?)")
                .bind(alert.id as i64)
                .bind(alert.owner.to_string())
                .bind(alert.resolved.map(|at| at.0 as i64))
                .bind(to_json("an alert", alert)?)
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
        }
        let last = alerts.iter().map(|alert| alert.id as i64).max().unwrap_or(0);
        let old = sqlx::query("DELETE FROM alert WHERE id <= ? AND resolved IS NOT NULL").bind(last - KEPT);
        old.execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    /// The newest alerts, those that are open or over, of one owner or all.
    pub async fn alerts(
        &self,
        open: Option<bool>,
        owner: Option<&Owner>,
        limit: u32,
    ) -> Result<Vec<Alert>, Error> {
        let which = match open {
            Some(true) => "resolved IS NULL",
            Some(false) => "resolved IS NOT NULL",
            None => "1",
        };
        let sql = format!(
            "SELECT content FROM alert WHERE {which} AND (?1 IS NULL OR owner = ?1) ORDER BY id DESC LIMIT ?2"
        );
        let rows = sqlx::query(&sql).bind(owner.map(ToString::to_string)).bind(limit);
        let rows = rows.fetch_all(&self.reader).await.map_err(|error| self.failed(error))?;
        rows.iter().map(|row| self.content(row, "an alert")).collect()
    }

    /// Alerts that lasted at some time from `from` on and before `to`, the oldest first.
    pub async fn alerts_within(
        &self,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<Alert>, Error> {
        let rows = sqlx::query(
            "SELECT content FROM alert WHERE (resolved IS NULL OR resolved >= ?1) \
             AND json_extract(content, '$.since') < ?2 ORDER BY id LIMIT ?3",
        );
        let time = |at: Timestamp| i64::try_from(at.0).unwrap_or(i64::MAX);
        let rows = rows.bind(time(from)).bind(time(to)).bind(limit).fetch_all(&self.reader).await;
        let rows = rows.map_err(|error| self.failed(error))?;
        rows.iter().map(|row| self.content(row, "an alert")).collect()
    }

    pub async fn alert(&self, id: u64) -> Result<Option<Alert>, Error> {
        let row = sqlx::query("SELECT content FROM alert WHERE id = ?").bind(id as i64);
        let row = row.fetch_optional(&self.reader).await.map_err(|error| self.failed(error))?;
        row.map(|row| self.content(&row, "an alert")).transpose()
    }

    /// The greatest id of an alert; 0 before the first.
    pub async fn last_alert(&self) -> Result<u64, Error> {
        let row = sqlx::query("SELECT coalesce(max(id), 0) FROM alert").fetch_one(&self.reader).await;
        let id: Result<i64, _> = row.and_then(|row| row.try_get(0));
        Ok(id.map_err(|error| self.failed(error))? as u64)
    }

    /// All registered items, by name.
    pub async fn items(&self) -> Result<Vec<Item>, Error> {
        let rows = sqlx::query("SELECT content FROM alert_item ORDER BY name").fetch_all(&self.reader).await;
        let rows = rows.map_err(|error| self.failed(error))?;
        rows.iter().map(|row| self.content(row, "an alert item")).collect()
    }

    /// Keeps an item, in place of what was kept under its name; on the disk before this returns.
    pub async fn put_item(&self, item: &Item, by: &str, at: Timestamp) -> Result<(), Error> {
        let put = sqlx::query("INSERT OR REPLACE INTO alert_item VALUES (?, ?, ?, ?)")
            .bind(&item.name)
            .bind(to_json("an alert item", item)?)
            .bind(at.0 as i64)
            .bind(by);
        self.durably(put).await?;
        Ok(())
    }

    /// Whether there was such an item.
    pub async fn remove_item(&self, name: &str) -> Result<bool, Error> {
        let gone = self.durably(sqlx::query("DELETE FROM alert_item WHERE name = ?").bind(name)).await?;
        Ok(gone.rows_affected() > 0)
    }

    /// Keeps a silence, on the disk before this returns, and returns it with its id. Those that were over before it began go.
    pub async fn add_silence(&self, mut silence: Silence) -> Result<Silence, Error> {
        let over = sqlx::query("DELETE FROM silence WHERE until <= ?").bind(silence.from.0 as i64);
        over.execute(&self.writer).await.map_err(|error| self.failed(error))?;
        let put = sqlx::query("INSERT INTO silence (until, content) VALUES (?, ?)")
            .bind(silence.until.0 as i64)
            .bind(to_json("a silence", &silence)?);
        silence.id = self.durably(put).await?.last_insert_rowid() as u64;
        Ok(silence)
    }

    /// The silences that are not over at `now`, oldest first.
    pub async fn silences(&self, now: Timestamp) -> Result<Vec<Silence>, Error> {
        let rows = sqlx::query("SELECT id, content FROM silence WHERE until > ? ORDER BY id");
        let rows = rows.bind(now.0 as i64).fetch_all(&self.reader).await;
        let read = |row: &SqliteRow| {
            let silence: Silence = self.content(row, "a silence")?;
            let id: i64 = row.try_get("id").map_err(|error| self.failed(error))?;
            Ok(Silence { id: id as u64, ..silence })
        };
        rows.map_err(|error| self.failed(error))?.iter().map(read).collect()
    }

    /// Whether there was such a silence.
    pub async fn remove_silence(&self, id: u64) -> Result<bool, Error> {
        let gone = self.durably(sqlx::query("DELETE FROM silence WHERE id = ?").bind(id as i64)).await?;
        Ok(gone.rows_affected() > 0)
    }

    /// Reads the JSON of a row.
    pub(crate) fn content<T: serde::de::DeserializeOwned>(
        &self,
        row: &SqliteRow,
        what: &'static str,
    ) -> Result<T, Error> {
        let text: String = row.try_get("content").map_err(|error| self.failed(error))?;
        from_json(what, &text)
    }
}
