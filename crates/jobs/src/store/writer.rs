//! The one writer: whatever has come in while the disk was busy goes into the next transaction together.
//!
//! Whoever handed something in is told when that transaction is on the disk, or why it is not. So 10,000 jobs cost some
//! hundreds of waits for the disk, and a single one costs one.

use std::path::Path;
use std::sync::Arc;

use naru_model::units::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Sqlite, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use crate::error::{Error, of_database};
use crate::schedule::Seq;
use crate::store::rows::{New, Outcome};
use crate::store::statements;

/// What may wait for the disk before those who hand in wait themselves.
const QUEUE: usize = 4096;
/// The most that goes into one transaction: a full disk fails them all.
const BATCH: usize = 512;

/// One change. Those of a job that is not in the state they expect change nothing.
#[derive(Debug)]
pub(crate) enum Change {
    Insert(Box<New>),
    /// An attempt begins.
    Start {
        seq: Seq,
        attempt: u32,
    },
    /// It failed; there will be another.
    Again {
        seq: Seq,
        attempts: u32,
        due: Timestamp,
        why: String,
    },
    Finish {
        seq: Seq,
        outcome: Box<Outcome>,
        failed: bool,
        now: Timestamp,
        keep_until: Timestamp,
    },
    Die {
        seq: Seq,
        why: String,
        now: Timestamp,
    },
    Cancel {
        seq: Seq,
        now: Timestamp,
        keep_until: Timestamp,
    },
    /// An ended job is removed: a dead letter, or any other.
    Forget {
        seq: Seq,
        dead: bool,
    },
    /// A dead letter gets its attempts anew.
    Replay {
        seq: Seq,
        now: Timestamp,
        deadline: Timestamp,
    },
    CallbackAgain {
        seq: Seq,
        tries: u32,
        due: Timestamp,
        why: String,
    },
    CallbackEnd {
        seq: Seq,
        tries: u32,
        state: &'static str,
        why: Option<String>,
    },
    /// Removes what is kept no longer, at most so many.
    Clean {
        now: Timestamp,
        most: u32,
    },
}

/// What a change did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Written {
    Inserted(Seq),
    /// The same request with the same key was accepted before: its id.
    Same(String),
    /// Another request was accepted before with this key.
    Other,
    Changed(bool),
    /// Ids of the jobs that are gone.
    Cleaned(Vec<String>),
}

struct Entry {
    change: Arc<Change>,
    done: oneshot::Sender<Result<Written, Error>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Writer {
    entries: mpsc::Sender<Entry>,
    pool: SqlitePool,
}

impl Writer {
    pub(crate) fn start(pool: SqlitePool, path: Arc<Path>) -> Writer {
        let (entries, received) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(pool.clone(), path, received));
        Writer { entries, pool }
    }

    /// Hands a change in and waits until it is on the disk.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Database`]: it was not made; [`Error::Closed`].
    pub(crate) async fn write(&self, change: impl Into<Arc<Change>>) -> Result<Written, Error> {
        self.hand_in(change).await?.await.map_err(|_| Error::Closed)?
    }

    /// Hands a change in. Changes are made in the order in which they were handed in.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub(crate) async fn hand_in(
        &self,
        change: impl Into<Arc<Change>>,
    ) -> Result<oneshot::Receiver<Result<Written, Error>>, Error> {
        let (done, written) = oneshot::channel();
        self.entries.send(Entry { change: change.into(), done }).await.map_err(|_| Error::Closed)?;
        Ok(written)
    }

    /// Ends after what is being written.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

async fn write_all(pool: SqlitePool, path: Arc<Path>, mut received: mpsc::Receiver<Entry>) {
    let mut batch = Vec::with_capacity(BATCH);
    while received.recv_many(&mut batch, BATCH).await > 0 {
        let Ok(mut connection) = pool.acquire().await else {
            batch.drain(..).for_each(|entry| answer(entry, Err(Error::Closed)));
            return;
        };
        if let Err(error) = write_batch(&mut connection, &path, &mut batch).await {
            // A transaction is all or nothing: one change that can't be made must not fail its neighbours as well.
            let alone = batch.len() > 1 && !matches!(error, Error::Full { .. });
            for entry in batch.drain(..) {
                let mut one = vec![entry];
                let failed = if alone {
                    write_batch(&mut connection, &path, &mut one).await
                } else {
                    Err(error.clone())
                };
                if let Err(error) = failed {
                    one.drain(..).for_each(|entry| answer(entry, Err(error.clone())));
                }
            }
        }
    }
}

/// Writes all of a batch and tells everybody, or leaves it as it is.
async fn write_batch(
    connection: &mut PoolConnection<Sqlite>,
    path: &Path,
    batch: &mut Vec<Entry>,
) -> Result<(), Error> {
    let failed = |error| of_database(path, error);
    let mut tx = connection.begin().await.map_err(failed)?;
    let mut written = Vec::with_capacity(batch.len());
    for entry in batch.iter() {
        written.push(statements::make(&mut tx, &entry.change).await.map_err(failed)?);
    }
    tx.commit().await.map_err(failed)?;
    for (entry, written) in batch.drain(..).zip(written) {
        answer(entry, Ok(written));
    }
    Ok(())
}

/// Who no longer listens was not interested, or has gone; the change stands all the same.
fn answer(entry: Entry, written: Result<Written, Error>) {
    let _ = entry.done.send(written);
}
