//! Clients that were registered by API or console, and the keys that sign what they are given.

use naru_model::name::ClientName;
use naru_model::oauth::{Registered, SigningKey};
use naru_model::units::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::Error;
use crate::store::{State, from_json, to_json};

impl State {
    /// All registered clients, by name.
    pub async fn registered(&self) -> Result<Vec<Registered>, Error> {
        let rows = sqlx::query("SELECT * FROM client ORDER BY name").fetch_all(&self.reader).await;
        rows.map_err(|error| self.failed(error))?.iter().map(|row| self.read_registered(row)).collect()
    }

    /// Keeps a client, in place of what was kept under its name; on the disk before this returns.
    pub async fn put_registered(&self, registered: &Registered) -> Result<(), Error> {
        let put = sqlx::query("INSERT OR REPLACE INTO client VALUES (?, ?, ?, ?, ?, ?)")
            .bind(registered.name.as_str())
            .bind(to_json("a client", &registered.client)?)
            .bind(registered.made_at.0 as i64)
            .bind(&registered.made_by)
            .bind(registered.changed_at.0 as i64)
            .bind(&registered.changed_by);
        self.durably(put).await?;
        Ok(())
    }

    /// Forgets a client and every grant it has. Returns whether there was such a client.
    pub async fn remove_registered(&self, name: &ClientName) -> Result<bool, Error> {
        self.durably(sqlx::query("DELETE FROM oauth_grant WHERE client = ?").bind(name.as_str())).await?;
        let removed =
            self.durably(sqlx::query("DELETE FROM client WHERE name = ?").bind(name.as_str())).await?;
        Ok(removed.rows_affected() > 0)
    }

    /// All keys that sign or may have signed, in the order in which they do.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, Error> {
        let rows = sqlx::query("SELECT * FROM signing_key ORDER BY from_at, kid")
            .fetch_all(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        let key = |row: &SqliteRow| {
            Ok(SigningKey {
                kid: row.try_get("kid")?,
                pkcs8: row.try_get("pkcs8")?,
                from: Timestamp(row.try_get::<i64, _>("from_at")? as u64),
                longest: row.try_get::<i64, _>("longest")? as u64,
            })
        };
        rows.iter().map(key).collect::<Result<_, sqlx::Error>>().map_err(|error| self.failed(error))
    }

    /// Keeps a key, on the disk before this returns: what it signs must still be verified after a power cut.
    pub async fn put_signing_key(&self, key: &SigningKey) -> Result<(), Error> {
        let put = sqlx::query("INSERT OR REPLACE INTO signing_key VALUES (?, ?, ?, ?)")
            .bind(&key.kid)
            .bind(&key.pkcs8)
            .bind(key.from.0 as i64)
            .bind(key.longest as i64);
        self.durably(put).await?;
        Ok(())
    }

    pub async fn remove_signing_key(&self, kid: &str) -> Result<(), Error> {
        self.durably(sqlx::query("DELETE FROM signing_key WHERE kid = ?").bind(kid)).await?;
        Ok(())
    }

    fn read_registered(&self, row: &SqliteRow) -> Result<Registered, Error> {
        let get = |error| self.failed(error);
        let time = |column| row.try_get::<i64, _>(column).map(|at| Timestamp(at as u64)).map_err(get);
        let name: String = row.try_get("name").map_err(get)?;
        let client: String = row.try_get("client").map_err(get)?;
        Ok(Registered {
            name: name.clone().try_into().map_err(|_| Error::Client(name))?,
            client: from_json("a client", &client)?,
            made_at: time("made_at")?,
            made_by: row.try_get("made_by").map_err(get)?,
            changed_at: time("changed_at")?,
            changed_by: row.try_get("changed_by").map_err(get)?,
        })
    }
}
