//! What clients were given: grants that may be renewed, access tokens taken back, assertions used.
//!
//! Each table is bounded: what has ended goes, and a client has only so much of each.

use naru_model::access::Hash;
use naru_model::name::ClientName;
use naru_model::oauth::{Grant, Revoked};
use naru_model::units::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::Error;
use crate::store::{State, from_json, to_json};

/// Grants a client may have at once; those that end first go.
const GRANTS: i64 = 1_000;
/// Access tokens of one client that can be taken back at once.
const REVOKED: i64 = 5_000;
/// Access tokens of all clients that can be: the gateway is told of all of them.
const REVOKED_OF_ALL: i64 = 50_000;
/// Assertions of one client that are remembered at once.
const ASSERTIONS: i64 = 50_000;

impl State {
    /// The grant of a family, unless it has ended by `now`.
    pub async fn grant(&self, family: &str, now: Timestamp) -> Result<Option<Grant>, Error> {
        let row = sqlx::query("SELECT * FROM oauth_grant WHERE family = ? AND ends_at > ?")
            .bind(family)
            .bind(now.0 as i64)
            .fetch_optional(&self.writer)
            .await
            .map_err(|error| self.failed(error))?;
        row.map(|row| self.read_grant(&row)).transpose()
    }

    /// Keeps a new grant. Those of its client beyond a thousand, and those that have ended by `now`, are let go.
    pub async fn put_grant(&self, grant: &Grant, now: Timestamp) -> Result<(), Error> {
        let put = sqlx::query("INSERT INTO oauth_grant VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(&grant.family)
            .bind(grant.client.as_str())
            .bind(to_json("a grant's scopes", &grant.scopes)?)
            .bind(grant.current.to_vec())
            .bind(grant.made_at.0 as i64)
            .bind(grant.ends_at.0 as i64)
            .bind(to_json("a grant's tokens", &grant.access)?);
        let failed = |error| self.failed(error);
        let mut tx = self.writer.begin().await.map_err(failed)?;
        put.execute(&mut *tx).await.map_err(failed)?;
        sqlx::query(
            "DELETE FROM oauth_grant WHERE client = ?2 AND (ends_at <= ?1 OR family IN \
             (SELECT family FROM oauth_grant WHERE client = ?2 ORDER BY ends_at DESC LIMIT -1 OFFSET ?3))",
        )
        .bind(now.0 as i64)
        .bind(grant.client.as_str())
        .bind(GRANTS)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    /// Puts a grant's next refresh token in the place of `used`. Returns whether `used` was still the good one: of two
    /// who show the same one at once, one is told no.
    pub async fn renew_grant(&self, used: &Hash, grant: &Grant) -> Result<bool, Error> {
        let sql =
            "UPDATE oauth_grant SET current = ?, ends_at = ?, access = ? WHERE family = ? AND current = ?";
        let renewed = sqlx::query(sql)
            .bind(grant.current.to_vec())
            .bind(grant.ends_at.0 as i64)
            .bind(to_json("a grant's tokens", &grant.access)?)
            .bind(&grant.family)
            .bind(used.to_vec())
            .execute(&self.writer)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(renewed.rows_affected() > 0)
    }

    /// Ends a grant, and takes back the access tokens given by it that have not ended by `now`; on the disk before this
    /// returns. A grant that is not there is no error.
    pub async fn end_grant(&self, family: &str, now: Timestamp) -> Result<(), Error> {
        let Some(grant) = self.grant(family, now).await? else { return Ok(()) };
        for (jti, ends_at) in grant.access {
            let revoked = Revoked { jti, client: grant.client.clone(), ends_at };
            // A grant has few; the bound of a client is not for them.
            self.insert_revoked(&revoked, i64::MAX, now).await?;
        }
        self.durably(sqlx::query("DELETE FROM oauth_grant WHERE family = ?").bind(family)).await?;
        Ok(())
    }

    /// Takes an access token back, on the disk before this returns. Returns whether there was room: a client can have
    /// 5,000 taken back at once, and all clients together 50,000.
    pub async fn revoke(&self, revoked: &Revoked, now: Timestamp) -> Result<bool, Error> {
        self.insert_revoked(revoked, REVOKED, now).await
    }

    async fn insert_revoked(&self, revoked: &Revoked, room: i64, now: Timestamp) -> Result<bool, Error> {
        if revoked.ends_at <= now {
            return Ok(true);
        }
        self.durably(sqlx::query("DELETE FROM revoked_token WHERE ends_at <= ?").bind(now.0 as i64)).await?;
        let insert = sqlx::query(
            "INSERT INTO revoked_token SELECT ?1, ?2, ?3 WHERE \
             (SELECT count(*) FROM revoked_token WHERE client = ?2) < ?4 AND \
             (SELECT count(*) FROM revoked_token) < ?5 ON CONFLICT (jti) DO UPDATE SET ends_at = excluded.ends_at",
        )
        .bind(&revoked.jti)
        .bind(revoked.client.as_str())
        .bind(revoked.ends_at.0 as i64)
        .bind(room)
        .bind(REVOKED_OF_ALL);
        Ok(self.durably(insert).await?.rows_affected() > 0)
    }

    /// The access tokens taken back that would not have ended by `now`.
    pub async fn revoked(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>, Error> {
        let rows = sqlx::query("SELECT jti, ends_at FROM revoked_token WHERE ends_at > ? ORDER BY jti")
            .bind(now.0 as i64)
            .fetch_all(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        let one = |row: &SqliteRow| Ok((row.try_get(0)?, Timestamp(row.try_get::<i64, _>(1)? as u64)));
        rows.iter().map(one).collect::<Result<_, sqlx::Error>>().map_err(|error| self.failed(error))
    }

    /// Remembers an assertion until it ends. Returns `false` when it was used before, or the client has used more than can
    /// be remembered (50,000).
    pub async fn use_assertion(
        &self,
        client: &ClientName,
        hash: &Hash,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let used = sqlx::query(
            "INSERT INTO used_assertion SELECT ?1, ?2, ?3 WHERE \
             (SELECT count(*) FROM used_assertion WHERE client = ?2) < ?4 \
             ON CONFLICT (hash) DO UPDATE SET ends_at = excluded.ends_at WHERE used_assertion.ends_at <= ?5",
        )
        .bind(hash.to_vec())
        .bind(client.as_str())
        .bind(ends_at.0 as i64)
        .bind(ASSERTIONS)
        .bind(now.0 as i64)
        .execute(&self.writer)
        .await
        .map_err(|error| self.failed(error))?;
        Ok(used.rows_affected() > 0)
    }

    /// Lets go of all that has ended by `now`. Call it every minute: what clients have used counts until then.
    pub async fn drop_ended(&self, now: Timestamp) -> Result<(), Error> {
        let failed = |error| self.failed(error);
        let mut tx = self.writer.begin().await.map_err(failed)?;
        for sql in [
            "DELETE FROM oauth_grant WHERE ends_at <= ?",
            "DELETE FROM revoked_token WHERE ends_at <= ?",
            "DELETE FROM used_assertion WHERE ends_at <= ?",
        ] {
            sqlx::query(sql).bind(now.0 as i64).execute(&mut *tx).await.map_err(failed)?;
        }
        tx.commit().await.map_err(failed)
    }

    fn read_grant(&self, row: &SqliteRow) -> Result<Grant, Error> {
        let get = |error| self.failed(error);
        let text = |column| row.try_get::<String, _>(column).map_err(get);
        let time = |column| row.try_get::<i64, _>(column).map(|at| Timestamp(at as u64)).map_err(get);
        let client = text("client")?;
        let current: Vec<u8> = row.try_get("current").map_err(get)?;
        Ok(Grant {
            family: text("family")?,
            client: client.clone().try_into().map_err(|_| Error::Client(client))?,
            scopes: from_json("a grant's scopes", &text("scopes")?)?,
            // A hash of another length is no token's.
            current: Hash::try_from(current).unwrap_or_default(),
            made_at: time("made_at")?,
            ends_at: time("ends_at")?,
            access: from_json("a grant's tokens", &text("access")?)?,
        })
    }
}
