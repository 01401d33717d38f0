//! What quotas have used, so that a month's count outlives restarts of all.

use std::time::Duration;

use naru_model::link::Used;
use naru_model::units::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::Error;
use crate::backup::date;
use crate::store::State;

const DAY: Duration = Duration::from_secs(86_400);
/// Rows kept; those of the oldest periods go first.
const ROWS: i64 = 200_000;

impl State {
    /// Adds to what was counted. It survives the death of any process; a power cut may cost the last seconds.
    pub async fn add_used(&self, used: &[Used]) -> Result<(), Error> {
        let failed = |error| self.failed(error);
        let mut tx = self.writer.begin().await.map_err(failed)?;
        for Used { key, period, count } in used {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            sqlx::query(
                "INSERT INTO quota VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO UPDATE SET count = min(count, ?4 - ?3) + ?3",
            )
            .bind(key)
            .bind(period)
            .bind(count)
            .bind(i64::MAX)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)
    }

    /// What was counted of the periods that may still go on somewhere on earth: the days from yesterday on and their months.
    pub async fn used(&self, now: Timestamp) -> Result<Vec<Used>, Error> {
        let yesterday = date(before(now, DAY));
        let rows = sqlx::query(
            "SELECT key, period, count FROM quota WHERE period >= iif(length(period) > 7, ?1, substr(?1, 1, 7)) \
             ORDER BY key, period",
        )
        .bind(yesterday)
        .fetch_all(&self.reader)
        .await
        .map_err(|error| self.failed(error))?;
        let one = |row: &SqliteRow| {
            let count = row.try_get::<i64, _>("count")? as u64;
            Ok(Used { key: row.try_get("key")?, period: row.try_get("period")?, count })
        };
        rows.iter().map(one).collect::<Result<_, sqlx::Error>>().map_err(|error| self.failed(error))
    }

    /// Lets go of periods that ended two months ago, and of the oldest beyond 200,000 rows. Call it every hour or so.
    pub async fn drop_used(&self, now: Timestamp) -> Result<(), Error> {
        let month = date(before(now, DAY * 62));
        let failed = |error| self.failed(error);
        let mut tx = self.writer.begin().await.map_err(failed)?;
        sqlx::query("DELETE FROM quota WHERE substr(period, 1, 7) < substr(?, 1, 7)")
            .bind(month)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        sqlx::query(
            "DELETE FROM quota WHERE (key, period) IN (SELECT key, period FROM quota \
             ORDER BY substr(period, 1, 7) DESC, length(period), period DESC, key LIMIT -1 OFFSET ?)",
        )
        .bind(ROWS)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        tx.commit().await.map_err(failed)
    }
}

fn before(now: Timestamp, span: Duration) -> Timestamp {
    Timestamp(now.0.saturating_sub(span.as_micros() as u64))
}
