//! Where jobs are kept: `jobs.sqlite` in the state folder, and larger bodies as files in `jobs/` beside it.
//!
//! Nothing is acknowledged that is not here. Write-ahead logging with `synchronous = FULL`: a commit is on the disk before
//! it returns, and many writers share one (`writer`), so that their number and not the disk's latency decides how many
//! jobs a second there may be. One process at a time: the state folder's lock is the server's.

pub(crate) mod body;
mod read;
pub(crate) mod rows;
mod schema;
mod statements;
pub(crate) mod writer;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use naru_model::units::Bytes;
use sqlx::SqlitePool;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};

use crate::error::{Error, of_database};
use body::Bodies;
use writer::Writer;

const PAGE: u64 = 4096;
const BUSY: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) path: Arc<Path>,
    pub(crate) reader: SqlitePool,
    pub(crate) writer: Writer,
    pub(crate) bodies: Bodies,
}

impl Store {
    /// Opens the store in `folder`, makes it when it is not there, and lets what ran at the last end be queued again.
    ///
    /// # Errors
    /// [`Error::Folder`], [`Error::Damaged`], [`Error::Newer`], [`Error::Full`].
    pub(crate) async fn open(folder: &Path, largest: Bytes) -> Result<Store, Error> {
        let bodies = folder.join("jobs");
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&bodies);
        made.map_err(|source| Error::Folder { path: bodies.clone(), source: Arc::new(source) })?;
        let path: PathBuf = folder.join("jobs.sqlite");
        let failed = |error| of_database(&path, error);

        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .page_size(PAGE as u32)
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("max_page_count", (largest.0 / PAGE).clamp(64, u64::from(u32::MAX) - 1).to_string())
            .busy_timeout(BUSY);
        // A connection to a file stays good. Were one to be closed for its age, sqlx 0.8's task for that could spin for ever, see
        // https://github.com/launchbadge/sqlx/issues/3645.
        let kept = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
        let pool = |connections| kept.clone().max_connections(connections);
        let writer = pool(1).connect_with(options).await.map_err(failed)?;
        let mut connection = writer.acquire().await.map_err(failed)?;
        schema::migrate(&mut connection, &path).await?;
        sqlx::query("UPDATE jobs SET state = 'queued' WHERE state = 'running'")
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
        drop(connection);
        let options = SqliteConnectOptions::new().filename(&path).read_only(true).busy_timeout(BUSY);
        let reader = pool(4).connect_lazy_with(options);

        let path: Arc<Path> = path.into();
        let store =
            Store { writer: Writer::start(writer, path.clone()), bodies: Bodies::new(bodies), reader, path };
        store.sweep().await?;
        Ok(store)
    }

    /// Removes files that no job knows of: their writer died between the file and the commit.
    async fn sweep(&self) -> Result<(), Error> {
        for (id, name) in self.bodies.list()? {
            if !self.knows_file(&id, &name).await? {
                self.bodies.remove(&name);
            }
        }
        Ok(())
    }

    /// Ends when all that was handed in is written; what was written is in the one file afterwards.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests;
