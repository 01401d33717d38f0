//! Numbers given once and never again: of names in records, and of versions of the gateway's table.

use std::collections::BTreeMap;

use sqlx::Row;

use crate::Error;
use crate::store::State;

/// What a number stands for. Each kind counts from 1 by itself; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Route,
    Service,
    Function,
    Client,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::Route => "route",
            Kind::Service => "service",
            Kind::Function => "function",
            Kind::Client => "client",
        }
    }
}

/// Versions reserved with one write. A restart skips what is left of them, and a `u64` has enough.
const BLOCK: i64 = 10_000;

/// The part of the reserved versions that is still free: `next..end`.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    next: u64,
    end: u64,
}

impl State {
    /// The number that stands for `name`, given now if it has none yet.
    pub async fn id_of(&self, kind: Kind, name: &str) -> Result<u32, Error> {
        let failed = |error| self.failed(error);
        let mut tx = self.writer.begin().await.map_err(failed)?;
        sqlx::query(
            "INSERT INTO name (kind, number, name) \
             SELECT ?1, coalesce(max(number), 0) + 1, ?2 FROM name WHERE kind = ?1 \
             ON CONFLICT (kind, name) DO NOTHING",
        )
        .bind(kind.as_str())
        .bind(name)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        let row = sqlx::query("SELECT number FROM name WHERE kind = ? AND name = ?")
            .bind(kind.as_str())
            .bind(name)
            .fetch_one(&mut *tx)
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        row.try_get(0).map_err(failed)
    }

    /// All numbers of a kind and what they stand for.
    pub async fn names(&self, kind: Kind) -> Result<BTreeMap<u32, String>, Error> {
        let rows = sqlx::query("SELECT number, name FROM name WHERE kind = ?")
            .bind(kind.as_str())
            .fetch_all(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<_, sqlx::Error>>()
            .map_err(|error| self.failed(error))
    }

    /// A table version above every one given before, by this server or an earlier one; from 1.
    pub async fn next_version(&self) -> Result<u64, Error> {
        let mut versions = self.versions.lock().await;
        if versions.next == versions.end {
            let row = sqlx::query("UPDATE table_version SET reserved = reserved + ? RETURNING reserved")
                .bind(BLOCK)
                .fetch_one(&self.writer)
                .await
                .map_err(|error| self.failed(error))?;
            let end: i64 = row.try_get(0).map_err(|error| self.failed(error))?;
            *versions = Versions { next: (end - BLOCK) as u64, end: end as u64 };
        }
        versions.next += 1;
        Ok(versions.next - 1)
    }
}
