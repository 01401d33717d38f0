//! Where each instance stands, and how a plan is kept before it is carried out.

use naru_model::event::Event;
use naru_model::instance::{InstanceId, Phase};
use naru_model::plan::{Action, Plan};
use naru_model::units::Timestamp;
use sqlx::{Row, SqliteConnection};

use crate::Error;
use crate::events;
use crate::store::{Query, State, from_word, to_json, word};

/// What is kept of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub id: InstanceId,
    pub phase: Phase,
    /// When it was put into that phase.
    pub since: Timestamp,
    pub started_at: Timestamp,
}

impl State {
    /// All instances that were started and are not forgotten yet, in the order of their ids.
    pub async fn instances(&self) -> Result<Vec<Instance>, Error> {
        let rows = sqlx::query("SELECT * FROM instance ORDER BY service, revision, ordinal")
            .fetch_all(&self.reader)
            .await
            .map_err(|error| self.failed(error))?;
        let mut instances = Vec::with_capacity(rows.len());
        for row in rows {
            let get = |error| self.failed(error);
            let service: String = row.try_get("service").map_err(get)?;
            let phase: String = row.try_get("phase").map_err(get)?;
            let time = |column| row.try_get::<i64, _>(column).map(|at| Timestamp(at as u64)).map_err(get);
            instances.push(Instance {
                id: InstanceId {
                    service: service.parse().map_err(|_| Error::Name(service))?,
                    revision: row.try_get("revision").map_err(get)?,
                    ordinal: row.try_get("ordinal").map_err(get)?,
                },
                phase: from_word("an instance's phase", phase)?,
                since: time("since")?,
                started_at: time("started_at")?,
            });
        }
        Ok(instances)
    }

    /// Keeps all of a plan in one transaction; call it before carrying the plan out. Returns its events with their ids.
    ///
    /// `now` is the time the plan was made for: the phases begin at it.
    pub async fn apply(&self, plan: &Plan, now: Timestamp) -> Result<Vec<Event>, Error> {
        if plan.actions.is_empty()
            && plan.progress.is_empty()
            && plan.ended.is_empty()
            && plan.events.is_empty()
        {
            return Ok(Vec::new());
        }
        let failed = |error| self.failed(error);
        let mut tx = self.writer.begin().await.map_err(failed)?;
        for action in &plan.actions {
            act(&mut tx, action, now).await.map_err(failed)?;
        }
        for (name, progress) in &plan.progress {
            sqlx::query("UPDATE service SET progress = ? WHERE name = ?")
                .bind(to_json("a service's progress", progress)?)
                .bind(name.as_str())
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
        }
        for name in &plan.ended {
            sqlx::query("UPDATE service SET ended = 1 WHERE name = ?")
                .bind(name.as_str())
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
        }
        let events = events::insert(&mut tx, plan.events.clone()).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(events)
    }
}

async fn act(tx: &mut SqliteConnection, action: &Action, now: Timestamp) -> Result<(), sqlx::Error> {
    let (id, phase) = match action {
        Action::Start(id) => {
            let sql = "INSERT INTO instance (phase, since, started_at, service, revision, ordinal) \
                       VALUES (?1, ?2, ?2, ?3, ?4, ?5)";
            (id, sqlx::query(sql).bind(word(&Phase::Starting)).bind(now.0 as i64))
        }
        Action::Route(id) => (id, to_phase(Phase::Ready, now)),
        Action::Unroute(id) => (id, to_phase(Phase::Draining, now)),
        Action::Stop { id, .. } => (id, to_phase(Phase::Stopping, now)),
        Action::Forget(id) => {
            (id, sqlx::query("DELETE FROM instance WHERE service = ? AND revision = ? AND ordinal = ?"))
        }
    };
    phase.bind(id.service.as_str()).bind(id.revision).bind(id.ordinal).execute(tx).await?;
    Ok(())
}

fn to_phase<'q>(phase: Phase, now: Timestamp) -> Query<'q> {
    sqlx::query("UPDATE instance SET phase = ?, since = ? WHERE service = ? AND revision = ? AND ordinal = ?")
        .bind(word(&phase))
        .bind(now.0 as i64)
}
