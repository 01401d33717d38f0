//! The statements behind each change, within the transaction of whoever calls.

use naru_model::units::Timestamp;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Row, Sqlite, SqliteConnection};

use crate::fields;
use crate::store::body::Kept;
use crate::store::rows::New;
use crate::store::writer::{Change, Written};

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments<'q>>;

const AGAIN: &str = "UPDATE jobs SET state = 'queued', attempts = ?, due = ?, why = ? \
    WHERE seq = ? AND state IN ('queued', 'running')";
const FINISH: &str = "UPDATE jobs SET state = ?1, ended = ?2, keep_until = ?3, why = NULL, \
    callback_state = CASE WHEN callback IS NULL THEN NULL ELSE 'waiting' END, callback_due = ?2 \
    WHERE seq = ?4 AND state IN ('queued', 'running')";
const DIE: &str = "UPDATE jobs SET state = 'dead', ended = ?1, why = ?2, \
    callback_state = CASE WHEN callback IS NULL THEN NULL ELSE 'waiting' END, callback_due = ?1 \
    WHERE seq = ?3 AND state IN ('queued', 'running')";
const CANCEL: &str = "UPDATE jobs SET state = 'cancelled', ended = ?, keep_until = ? \
    WHERE seq = ? AND state IN ('queued', 'running')";
const REPLAY: &str = "UPDATE jobs SET state = 'queued', attempts = 0, ended = NULL, keep_until = NULL, \
    due = ?, deadline = ?, callback_state = NULL, callback_tries = 0 WHERE seq = ? AND state = 'dead'";
const FORGET: &str =
    "DELETE FROM jobs WHERE seq = ? AND state NOT IN ('queued', 'running') AND (state = 'dead') = ?";
const CLEAN: &str = "DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE keep_until <= ? \
    AND callback_state IS NOT 'waiting' LIMIT ?) RETURNING id";

/// Makes one change.
///
/// # Errors
/// SQLite's; the transaction is of no use then.
pub(super) async fn make(tx: &mut SqliteConnection, change: &Change) -> Result<Written, sqlx::Error> {
    let query = match change {
        Change::Insert(new) => return insert(tx, new).await,
        Change::Start { seq, attempt } => {
            sqlx::query("UPDATE jobs SET state = 'running', attempts = ? WHERE seq = ? AND state = 'queued'")
                .bind(attempt)
                .bind(seq)
        }
        Change::Again { seq, attempts, due, why } => {
            sqlx::query(AGAIN).bind(attempts).bind(time(*due)).bind(why).bind(seq)
        }
        Change::Finish { seq, outcome, failed, now, keep_until } => {
            let state = if *failed { "failed" } else { "done" };
            let query = sqlx::query(FINISH).bind(state).bind(time(*now)).bind(time(*keep_until)).bind(seq);
            if !changed(query.execute(&mut *tx).await?) {
                return Ok(Written::Changed(false));
            }
            sqlx::query("DELETE FROM requests WHERE seq = ?").bind(seq).execute(&mut *tx).await?;
            let (size, inline) = body(&outcome.body);
            sqlx::query("INSERT INTO results VALUES (?, ?, ?, ?, ?)")
                .bind(seq)
                .bind(outcome.status.as_u16())
                .bind(fields::write(&outcome.headers))
                .bind(size)
                .bind(inline)
        }
        Change::Die { seq, why, now } => sqlx::query(DIE).bind(time(*now)).bind(why).bind(seq),
        Change::Cancel { seq, now, keep_until } => {
            let query = sqlx::query(CANCEL).bind(time(*now)).bind(time(*keep_until)).bind(seq);
            if !changed(query.execute(&mut *tx).await?) {
                return Ok(Written::Changed(false));
            }
            sqlx::query("DELETE FROM requests WHERE seq = ?").bind(seq)
        }
        Change::Forget { seq, dead } => sqlx::query(FORGET).bind(seq).bind(dead),
        Change::Replay { seq, now, deadline } => {
            sqlx::query(REPLAY).bind(time(*now)).bind(time(*deadline)).bind(seq)
        }
        Change::CallbackAgain { .. } | Change::CallbackEnd { .. } => callback(change),
        Change::Clean { now, most } => return clean(tx, *now, *most).await,
    };
    Ok(Written::Changed(changed(query.execute(tx).await?)))
}

async fn insert(tx: &mut SqliteConnection, new: &New) -> Result<Written, sqlx::Error> {
    let caller = new.caller.as_deref().unwrap_or_default();
    if let Some((key, fingerprint)) = &new.idempotency {
        let query = sqlx::query(
            "SELECT id, fingerprint FROM jobs WHERE route = ? AND caller = ? AND idempotency = ?",
        )
        .bind(&new.route)
        .bind(caller)
        .bind(key);
        if let Some(row) = query.fetch_optional(&mut *tx).await? {
            let same = row.try_get::<&[u8], _>(1)? == fingerprint.as_slice();
            return Ok(if same { Written::Same(row.try_get(0)?) } else { Written::Other });
        }
    }
    let (state, attempts, why) = match &new.given_up {
        None => ("queued", 0, None),
        Some((deliveries, why)) => ("dead", *deliveries, Some(why.as_str())),
    };
    let query = sqlx::query(
        "INSERT INTO jobs (id, route, caller, idempotency, fingerprint, origin, state, attempts, submitted, \
         deadline, due, ended, why, callback) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&new.id)
    .bind(&new.route)
    .bind(caller)
    .bind(new.idempotency.as_ref().map(|(key, _)| key))
    .bind(new.idempotency.as_ref().map(|(_, fingerprint)| fingerprint.as_slice()))
    .bind(&new.origin)
    .bind(state)
    .bind(attempts)
    .bind(time(new.submitted))
    .bind(time(new.deadline))
    .bind(time(new.submitted))
    .bind(new.given_up.as_ref().map(|_| time(new.submitted)))
    .bind(why)
    .bind(&new.callback);
    let seq = query.execute(&mut *tx).await?.last_insert_rowid();
    let request = &new.request;
    let (size, inline) = body(&request.body);
    sqlx::query("INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(seq)
        .bind(&request.method)
        .bind(&request.host)
        .bind(&request.target)
        .bind(fields::write(&request.headers))
        .bind(size)
        .bind(inline)
        .execute(tx)
        .await?;
    Ok(Written::Inserted(seq))
}

fn callback(change: &Change) -> Query<'_> {
    let (seq, tries, state, due, why) = match change {
        Change::CallbackAgain { seq, tries, due, why } => {
            (seq, tries, "waiting", Some(time(*due)), Some(why))
        }
        Change::CallbackEnd { seq, tries, state, why } => (seq, tries, *state, None, why.as_ref()),
        other => unreachable!("{other:?} is no change of a callback"),
    };
    sqlx::query(
        "UPDATE jobs SET callback_state = ?, callback_tries = ?, callback_due = ?, callback_why = ? \
         WHERE seq = ? AND callback_state = 'waiting'",
    )
    .bind(state)
    .bind(tries)
    .bind(due)
    .bind(why)
    .bind(seq)
}

async fn clean(tx: &mut SqliteConnection, now: Timestamp, most: u32) -> Result<Written, sqlx::Error> {
    let rows = sqlx::query(CLEAN).bind(time(now)).bind(most).fetch_all(&mut *tx).await?;
    // What was freed goes back to the disk a little at a time.
    sqlx::query("PRAGMA incremental_vacuum(1000)").execute(tx).await?;
    Ok(Written::Cleaned(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?))
}

fn body(kept: &Kept) -> (i64, Option<&[u8]>) {
    let inline = match kept {
        Kept::Inline(bytes) => Some(bytes.as_ref()),
        Kept::File(_) => None,
    };
    (kept.len() as i64, inline)
}

fn changed(done: sqlx::sqlite::SqliteQueryResult) -> bool {
    done.rows_affected() > 0
}

/// SQLite's integers are signed; the sign is needed in 290,000 years.
pub(super) fn time(at: Timestamp) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

/// Which jobs a file of this id may still belong to is asked by this.
pub(super) const KNOWS_FILE: &str = "SELECT \
    EXISTS (SELECT 1 FROM jobs JOIN requests USING (seq) WHERE id = ?1 AND body IS NULL AND ?2 = 'request') OR \
    EXISTS (SELECT 1 FROM jobs JOIN results USING (seq) WHERE id = ?1 AND body IS NULL AND ?2 = 'result')";
