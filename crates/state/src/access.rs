//! Who may ask: tokens and the sessions of browsers that showed one. Only hashes are kept.

use std::time::Duration;

use naru_model::access::{Hash, NewToken, Session, Token};
use naru_model::units::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::Error;
use crate::store::{State, from_word, word};

/// A token's last use is written down at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// Sessions kept at once; those that end first go.
const MAX_SESSIONS: u32 = 1_000;

impl State {
    /// All tokens that are not revoked, expired ones too, oldest first.
    pub async fn tokens(&self) -> Result<Vec<Token>, Error> {
        let rows = sqlx::query("SELECT * FROM token ORDER BY id").fetch_all(&self.reader).await;
        rows.map_err(|error| self.failed(error))?.iter().map(|row| self.read_token(row)).collect()
    }

    /// Keeps a token, on the disk before this returns.
    pub async fn put_token(&self, new: NewToken) -> Result<Token, Error> {
        let sql =
            "INSERT INTO token (name, role, hash, made_at, made_by, expires_at) VALUES (?, ?, ?, ?, ?, ?)";
        let put = sqlx::query(sql)
            .bind(&new.name)
            .bind(word(&new.role))
            .bind(new.hash.to_vec())
            .bind(new.made_at.0 as i64)
            .bind(&new.made_by)
            .bind(new.expires_at.map(|at| at.0 as i64));
        let id = self.durably(put).await?.last_insert_rowid() as u64;
        let NewToken { name, role, made_at, made_by, expires_at, .. } = new;
        Ok(Token { id, name, role, made_at, made_by, expires_at, last_used_at: None })
    }

    /// Forgets a token and every session it began. Returns whether there was one.
    pub async fn remove_token(&self, id: u64) -> Result<bool, Error> {
        let sessions = sqlx::query("DELETE FROM session WHERE token = (SELECT hash FROM token WHERE id = ?)");
        self.durably(sessions.bind(id as i64)).await?;
        let removed = self.durably(sqlx::query("DELETE FROM token WHERE id = ?").bind(id as i64)).await?;
        Ok(removed.rows_affected() > 0)
    }

    /// The token with this hash, unless it is revoked or has expired by `now`. Its use is noted.
    pub async fn token_by_hash(&self, hash: &Hash, now: Timestamp) -> Result<Option<Token>, Error> {
        let found =
            sqlx::query("SELECT * FROM token WHERE hash = ?1 AND (expires_at IS NULL OR expires_at > ?2)")
                .bind(hash.to_vec())
                .bind(now.0 as i64)
                .fetch_optional(&self.reader)
                .await
                .map_err(|error| self.failed(error))?;
        let Some(row) = found else { return Ok(None) };
        let token = self.read_token(&row)?;
        if token.last_used_at.is_none_or(|last| now.since(last) >= TOUCH_EVERY) {
            self.touch_token(token.id, now).await?;
        }
        Ok(Some(token))
    }

    async fn touch_token(&self, id: u64, now: Timestamp) -> Result<(), Error> {
        sqlx::query("UPDATE token SET last_used_at = ? WHERE id = ?")
            .bind(now.0 as i64)
            .bind(id as i64)
            .execute(&self.writer)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Keeps a session. Those that have ended by `now`, and those beyond a thousand, are let go.
    pub async fn put_session(&self, session: Session, now: Timestamp) -> Result<(), Error> {
        let failed = |error| self.failed(error);
        let mut tx = self.writer.begin().await.map_err(failed)?;
        sqlx::query("INSERT OR REPLACE INTO session VALUES (?, ?, ?)")
            .bind(session.hash.to_vec())
            .bind(session.token.to_vec())
            .bind(session.expires_at.0 as i64)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        sqlx::query(
            "DELETE FROM session WHERE expires_at <= ?1 OR hash IN \
             (SELECT hash FROM session ORDER BY expires_at DESC LIMIT -1 OFFSET ?2)",
        )
        .bind(now.0 as i64)
        .bind(MAX_SESSIONS)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    /// The hash of the token that this session began with, unless it has ended by `now`.
    pub async fn session(&self, hash: &Hash, now: Timestamp) -> Result<Option<Hash>, Error> {
        let found = sqlx::query("SELECT token FROM session WHERE hash = ? AND expires_at > ?")
            .bind(hash.to_vec())
            .bind(now.0 as i64)
            .fetch_optional(&self.reader)
            .await
            .and_then(|row| row.map(|row| row.try_get::<Vec<u8>, _>(0)).transpose())
            .map_err(|error| self.failed(error))?;
        Ok(found.and_then(|token| Hash::try_from(token).ok()))
    }

    pub async fn remove_session(&self, hash: &Hash) -> Result<(), Error> {
        self.durably(sqlx::query("DELETE FROM session WHERE hash = ?").bind(hash.to_vec())).await?;
        Ok(())
    }

    fn read_token(&self, row: &SqliteRow) -> Result<Token, Error> {
        let get = |error| self.failed(error);
        let time = |column| row.try_get::<Option<i64>, _>(column).map_err(get);
        let time = |column| Ok::<_, Error>(time(column)?.map(|at| Timestamp(at as u64)));
        let role: String = row.try_get("role").map_err(get)?;
        Ok(Token {
            id: row.try_get::<i64, _>("id").map_err(get)? as u64,
            name: row.try_get("name").map_err(get)?,
            role: from_word("a token's role", role)?,
            made_at: time("made_at")?.unwrap_or_default(),
            made_by: row.try_get("made_by").map_err(get)?,
            expires_at: time("expires_at")?,
            last_used_at: time("last_used_at")?,
        })
    }
}
