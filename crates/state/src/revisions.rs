//! The numbered revisions of each service: added to, never changed.

use naru_model::name::ServiceName;
use naru_model::revision::{Revision, RevisionSpec};
use naru_model::units::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::Error;
use crate::store::{State, from_json, to_json};

impl State {
    /// Keeps `spec` as the service's next revision: its numbers go from 1 without gaps, over all of its lives.
    pub async fn make_revision(
        &self,
        service: &ServiceName,
        spec: RevisionSpec,
        now: Timestamp,
        by: &str,
        reason: &str,
    ) -> Result<Revision, Error> {
        // One statement, so that no two callers ever get the same number.
        let row = sqlx::query(
            "INSERT INTO revision (service, number, spec, made_at, made_by, reason) \
             SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM revision WHERE service = ?1 \
             RETURNING number",
        )
        .bind(service.as_str())
        .bind(to_json("a revision", &spec)?)
        .bind(now.0 as i64)
        .bind(by)
        .bind(reason)
        .fetch_one(&self.writer)
        .await
        .map_err(|error| self.failed(error))?;
        let number = row.try_get(0).map_err(|error| self.failed(error))?;
        let (service, made_by, reason) = (service.clone(), by.to_owned(), reason.to_owned());
        Ok(Revision { service, number, spec, made_at: now, made_by, reason })
    }

    pub async fn revision(&self, service: &ServiceName, number: u32) -> Result<Option<Revision>, Error> {
        let row = sqlx::query("SELECT * FROM revision WHERE service = ? AND number = ?")
            .bind(service.as_str())
            .bind(number)
            .fetch_optional(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        row.map(|row| self.read_revision(service, &row)).transpose()
    }

    /// All of a service's revisions, oldest first; its last is the one a changed file is compared with.
    pub async fn revisions(&self, service: &ServiceName) -> Result<Vec<Revision>, Error> {
        let rows = sqlx::query("SELECT * FROM revision WHERE service = ? ORDER BY number")
            .bind(service.as_str())
            .fetch_all(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        rows.iter().map(|row| self.read_revision(service, row)).collect()
    }

    fn read_revision(&self, service: &ServiceName, row: &SqliteRow) -> Result<Revision, Error> {
        let get = |error| self.failed(error);
        let spec: String = row.try_get("spec").map_err(get)?;
        let made_at: i64 = row.try_get("made_at").map_err(get)?;
        Ok(Revision {
            service: service.clone(),
            number: row.try_get("number").map_err(get)?,
            spec: from_json("a revision", &spec)?,
            made_at: Timestamp(made_at as u64),
            made_by: row.try_get("made_by").map_err(get)?,
            reason: row.try_get("reason").map_err(get)?,
        })
    }
}
