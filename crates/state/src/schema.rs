//! The tables, and how an older file gets the newer ones.

use std::path::Path;

use sqlx::{Connection, Row, SqliteConnection};

use crate::error::{Error, of_database};

/// Applied in order, each once and each in a transaction of its own. Never changed once released: add another.
const MIGRATIONS: [&str; 5] = [
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_access.sql"),
    include_str!("../migrations/0003_clients.sql"),
    include_str!("../migrations/0004_alerts.sql"),
    include_str!("../migrations/0005_reports.sql"),
];

/// Brings the file to this naru's schema.
///
/// # Errors
/// [`Error::Newer`] when it is ahead of us.
pub(crate) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), Error> {
    let failed = |error| of_database(path, error);
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY) STRICT")
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
    let found: i64 = sqlx::query("SELECT coalesce(max(version), 0) FROM schema_version")
        .fetch_one(&mut *connection)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(failed)?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(Error::Newer { path: path.to_owned(), found, known });
    }
    for (version, sql) in (1..).zip(MIGRATIONS).skip(found as usize) {
        let mut tx = connection.begin().await.map_err(failed)?;
        sqlx::raw_sql(sql).execute(&mut *tx).await.map_err(failed)?;
        sqlx::query("INSERT INTO schema_version VALUES (?)")
            .bind(version)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
    }
    Ok(())
}
