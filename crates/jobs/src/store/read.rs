//! Reading what is kept. Readers see what is committed and disturb no writer.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::StatusCode;
use naru_model::job::{DeadLetter, DeadSearch};
use naru_model::units::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::error::{Error, of_database};
use crate::fields;
use crate::schedule::Seq;
use crate::store::Store;
use crate::store::body::Kept;
use crate::store::rows::{Callback, Outcome, Request, Standing, State, ToDo};
use crate::store::statements::KNOWS_FILE;

const STANDING: &str = "SELECT seq, id, route, caller, state, attempts, submitted, deadline, due, ended, why, \
    callback, callback_state, callback_tries, callback_why FROM jobs";
const LETTER: &str = "SELECT id, route, caller, origin, method, host, target, submitted, ended, attempts, why, size \
    FROM jobs JOIN requests USING (seq)";

impl Store {
    /// # Errors
    /// As all of these: [`Error::Database`].
    pub(crate) async fn standing(&self, id: &str) -> Result<Option<Standing>, Error> {
        let query = format!("{STANDING} WHERE id = ?");
        let row = sqlx::query(&query).bind(id).fetch_optional(&self.reader).await;
        row.and_then(|row| row.as_ref().map(standing).transpose()).map_err(|error| self.failed(error))
    }

    pub(crate) async fn standing_of(&self, seq: Seq) -> Result<Option<Standing>, Error> {
        let query = format!("{STANDING} WHERE seq = ?");
        let row = sqlx::query(&query).bind(seq).fetch_optional(&self.reader).await;
        row.and_then(|row| row.as_ref().map(standing).transpose()).map_err(|error| self.failed(error))
    }

    pub(crate) async fn request(&self, seq: Seq) -> Result<Option<Request>, Error> {
        let query = "SELECT method, host, target, headers, size, body FROM requests WHERE seq = ?";
        let row = sqlx::query(query).bind(seq).fetch_optional(&self.reader).await;
        let read = |row: &SqliteRow| {
            Ok(Request {
                method: row.try_get(0)?,
                host: row.try_get(1)?,
                target: row.try_get(2)?,
                headers: fields::read(row.try_get(3)?),
                body: kept(row, 4, 5)?,
            })
        };
        row.and_then(|row| row.as_ref().map(read).transpose()).map_err(|error| self.failed(error))
    }

    pub(crate) async fn outcome(&self, seq: Seq) -> Result<Option<Outcome>, Error> {
        let query = "SELECT status, headers, size, body FROM results WHERE seq = ?";
        let row = sqlx::query(query).bind(seq).fetch_optional(&self.reader).await;
        let read = |row: &SqliteRow| {
            Ok(Outcome {
                status: StatusCode::from_u16(row.try_get(0)?).unwrap_or(StatusCode::BAD_GATEWAY),
                headers: fields::read(row.try_get(1)?),
                body: kept(row, 2, 3)?,
            })
        };
        row.and_then(|row| row.as_ref().map(read).transpose()).map_err(|error| self.failed(error))
    }

    /// All that is still to be run, the oldest first.
    pub(crate) async fn to_do(&self) -> Result<Vec<ToDo>, Error> {
        let query =
            "SELECT seq, route, submitted, due FROM jobs WHERE state IN ('queued', 'running') ORDER BY seq";
        let rows = sqlx::query(query).fetch_all(&self.reader).await.map_err(|error| self.failed(error))?;
        let read = |row: &SqliteRow| {
            Ok(ToDo {
                seq: row.try_get(0)?,
                route: row.try_get(1)?,
                submitted: at(row, 2)?,
                due: at(row, 3)?,
            })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(|error| self.failed(error))
    }

    /// All callbacks that are owed, and when.
    pub(crate) async fn callbacks(&self) -> Result<Vec<(Seq, Timestamp)>, Error> {
        let query = "SELECT seq, callback_due FROM jobs WHERE callback_state = 'waiting'";
        let rows = sqlx::query(query).fetch_all(&self.reader).await.map_err(|error| self.failed(error))?;
        let read = |row: &SqliteRow| Ok((row.try_get(0)?, at(row, 1)?));
        rows.iter().map(read).collect::<Result<_, _>>().map_err(|error| self.failed(error))
    }

    /// How many ended how, by route and state.
    pub(crate) async fn ended(&self) -> Result<BTreeMap<(String, String), u64>, Error> {
        let rows =
            sqlx::query("SELECT route, state, jobs FROM ended WHERE jobs > 0").fetch_all(&self.reader).await;
        let read = |row: &SqliteRow| {
            let jobs: i64 = row.try_get(2)?;
            Ok(((row.try_get(0)?, row.try_get(1)?), u64::try_from(jobs).unwrap_or_default()))
        };
        rows.and_then(|rows| rows.iter().map(read).collect()).map_err(|error| self.failed(error))
    }

    pub(crate) async fn dead(&self, search: &DeadSearch) -> Result<Vec<DeadLetter>, Error> {
        let query = format!(
            "{LETTER} WHERE state = 'dead' AND (?1 IS NULL OR route = ?1) \
             AND (?2 IS NULL OR seq < (SELECT seq FROM jobs WHERE id = ?2)) ORDER BY seq DESC LIMIT ?3"
        );
        let limit = search.limit.unwrap_or(DeadSearch::LIMIT).min(DeadSearch::LIMIT);
        let query = sqlx::query(&query).bind(&search.route).bind(&search.after).bind(limit);
        let rows = query.fetch_all(&self.reader).await;
        rows.and_then(|rows| rows.iter().map(letter).collect()).map_err(|error| self.failed(error))
    }

    pub(crate) async fn dead_letter(&self, id: &str) -> Result<Option<DeadLetter>, Error> {
        let query = format!("{LETTER} WHERE state = 'dead' AND id = ?");
        let row = sqlx::query(&query).bind(id).fetch_optional(&self.reader).await;
        row.and_then(|row| row.as_ref().map(letter).transpose()).map_err(|error| self.failed(error))
    }

    /// Whether the file of this name belongs to the job of this id.
    pub(super) async fn knows_file(&self, id: &str, name: &str) -> Result<bool, Error> {
        let kind = name.rsplit('.').next().unwrap_or_default();
        let row = sqlx::query(KNOWS_FILE).bind(id).bind(kind).fetch_one(&self.reader).await;
        row.and_then(|row| row.try_get(0)).map_err(|error| self.failed(error))
    }

    pub(crate) fn failed(&self, error: sqlx::Error) -> Error {
        of_database(&self.path, error)
    }
}

fn standing(row: &SqliteRow) -> Result<Standing, sqlx::Error> {
    let callback = match row.try_get::<Option<String>, _>(11)? {
        None => None,
        Some(url) => {
            Some(Callback { url, state: row.try_get(12)?, tries: row.try_get(13)?, why: row.try_get(14)? })
        }
    };
    Ok(Standing {
        seq: row.try_get(0)?,
        id: row.try_get(1)?,
        route: row.try_get(2)?,
        caller: caller(row, 3)?,
        state: State::of(row.try_get(4)?),
        attempts: row.try_get(5)?,
        submitted: at(row, 6)?,
        deadline: at(row, 7)?,
        due: at(row, 8)?,
        ended: row.try_get::<Option<i64>, _>(9)?.map(stamp),
        why: row.try_get(10)?,
        callback,
    })
}

fn letter(row: &SqliteRow) -> Result<DeadLetter, sqlx::Error> {
    Ok(DeadLetter {
        id: row.try_get(0)?,
        route: row.try_get(1)?,
        caller: caller(row, 2)?,
        origin: row.try_get(3)?,
        method: row.try_get(4)?,
        host: row.try_get(5)?,
        path: row.try_get(6)?,
        submitted: at(row, 7)?,
        died: row.try_get::<Option<i64>, _>(8)?.map(stamp).unwrap_or_default(),
        attempts: row.try_get(9)?,
        why: row.try_get::<Option<String>, _>(10)?.unwrap_or_default(),
        size: u64::try_from(row.try_get::<i64, _>(11)?).unwrap_or_default(),
    })
}

fn caller(row: &SqliteRow, column: usize) -> Result<Option<String>, sqlx::Error> {
    Ok(Some(row.try_get::<String, _>(column)?).filter(|caller| !caller.is_empty()))
}

fn kept(row: &SqliteRow, size: usize, body: usize) -> Result<Kept, sqlx::Error> {
    let size = u64::try_from(row.try_get::<i64, _>(size)?).unwrap_or_default();
    let body = row.try_get::<Option<&[u8]>, _>(body)?;
    Ok(body.map_or(Kept::File(size), |body| Kept::Inline(Bytes::copy_from_slice(body))))
}

fn at(row: &SqliteRow, column: usize) -> Result<Timestamp, sqlx::Error> {
    Ok(stamp(row.try_get::<Option<i64>, _>(column)?.unwrap_or_default()))
}

fn stamp(micros: i64) -> Timestamp {
    Timestamp(u64::try_from(micros).unwrap_or_default())
}
