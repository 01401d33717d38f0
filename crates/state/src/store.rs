//! Opening the state, and what every part of it is reached through.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteQueryResult, SqliteSynchronous,
};
use sqlx::{Row, SqlitePool};
use tokio::sync::Mutex;

use crate::error::{Error, damaged, of_database};
use crate::lock::{self, Lock};
use crate::names::Versions;
use crate::schema;

pub(crate) type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments<'q>>;

/// The state of one platform. Dropping it gives the folder to the next server.
#[derive(Debug)]
pub struct State {
    pub(crate) folder: PathBuf,
    pub(crate) path: PathBuf,
    /// One connection: writers take turns.
    pub(crate) writer: SqlitePool,
    pub(crate) reader: SqlitePool,
    pub(crate) versions: Mutex<Versions>,
    _lock: Lock,
}

impl State {
    /// Opens the state in `folder`, and makes both when they are not there.
    ///
    /// # Errors
    /// [`Error::InUse`] while another server has it; [`Error::Damaged`] with the way back; [`Error::Newer`].
    pub async fn open(folder: &Path) -> Result<State, Error> {
        // It holds what services are given in their environment: for its owner alone.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| Error::Folder { path: folder.to_owned(), source })?;
        let lock = lock::take(folder)?;
        let path = folder.join("naru.db");
        let failed = |error| of_database(&path, error);

        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        // A connection to a file stays good. Were one to be closed for its age, sqlx 0.8's task for that could spin for ever, see
        // https://github.com/launchbadge/sqlx/issues/3645.
        let kept = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
        let pool = |connections| kept.clone().max_connections(connections);
        let writer = pool(1).connect_with(options.clone()).await.map_err(failed)?;
        check(&writer, &path).await?;
        let mut connection = writer.acquire().await.map_err(failed)?;
        schema::migrate(&mut connection, &path).await?;
        drop(connection);
        let reader = pool(2).connect_lazy_with(options.create_if_missing(false));

        let versions = Mutex::new(Versions::default());
        Ok(State { folder: folder.to_owned(), path, writer, reader, versions, _lock: lock })
    }

    /// Ends all connections; what was written is in the one file afterwards.
    pub async fn close(self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Runs one statement, its effect on the disk before this returns: a person was told that it is so, and it must be so
    /// after a power cut as well.
    pub(crate) async fn durably(&self, query: Query<'_>) -> Result<SqliteQueryResult, Error> {
        let failed = |error| self.failed(error);
        let mut connection = self.writer.acquire().await.map_err(failed)?;
        sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await.map_err(failed)?;
        let done = query.execute(&mut *connection).await;
        sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut *connection).await.map_err(failed)?;
        done.map_err(failed)
    }

    pub(crate) fn failed(&self, error: sqlx::Error) -> Error {
        of_database(&self.path, error)
    }
}

/// Reads through the whole file once: damage is better found before instances depend on it.
async fn check(writer: &SqlitePool, path: &Path) -> Result<(), Error> {
    let failed = |error| of_database(path, error);
    let row = sqlx::query("PRAGMA quick_check(1)").fetch_one(writer).await.map_err(failed)?;
    let said: String = row.try_get(0).map_err(failed)?;
    if said == "ok" { Ok(()) } else { Err(damaged(path.to_owned(), &said)) }
}

/// The one word that an enum without content is written as.
pub(crate) fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("{other:?} is not one word"),
    }
}

/// Reads back what [`word`] wrote.
pub(crate) fn from_word<T: serde::de::DeserializeOwned>(
    what: &'static str,
    word: String,
) -> Result<T, Error> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|source| Error::Content { what, source })
}

/// Reads a JSON column.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(what: &'static str, json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|source| Error::Content { what, source })
}

/// Writes a JSON column.
pub(crate) fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|source| Error::Content { what, source })
}
