//! Messages on their way out, and what became of those before.

use naru_model::alert::{Notice, NoticeState};
use naru_model::watch::Outgoing;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::Error;
use crate::store::{State, to_json, word};

/// Messages kept; some 200 MiB at most.
const KEPT: i64 = 50_000;
/// The oldest are let go once in so many.
const CLEAN_EVERY: i64 = 100;

impl State {
    /// Keeps a message as it is now and returns it with its id; one whose id is 0 is new. On the disk before this returns:
    /// what somebody is to be told is told after a power cut as well.
    pub async fn put_notice(&self, mut outgoing: Outgoing) -> Result<Outgoing, Error> {
        // What it told of in detail is kept with the alerts.
        if outgoing.notice.state != NoticeState::Waiting {
            outgoing.worst.clear();
        }
        let id = (outgoing.notice.id > 0).then_some(outgoing.notice.id as i64);
        let put = sqlx::query("INSERT OR REPLACE INTO notice (id, state, content) VALUES (?, ?, ?)")
            .bind(id)
            .bind(word(&outgoing.notice.state))
            .bind(to_json("a notice", &outgoing)?);
        let id = self.durably(put).await?.last_insert_rowid();
        if id % CLEAN_EVERY == 0 {
            let old = sqlx::query("DELETE FROM notice WHERE id <= ?").bind(id - KEPT);
            old.execute(&self.writer).await.map_err(|error| self.failed(error))?;
        }
        outgoing.notice.id = id as u64;
        Ok(outgoing)
    }

    /// Messages that are to be sent, oldest first.
    pub async fn waiting_notices(&self) -> Result<Vec<Outgoing>, Error> {
        let rows = sqlx::query("SELECT id, content FROM notice WHERE state = 'waiting' ORDER BY id");
        let rows = rows.fetch_all(&self.reader).await.map_err(|error| self.failed(error))?;
        rows.iter().map(|row| self.read_outgoing(row)).collect()
    }

    /// The newest messages, with what became of them.
    pub async fn notices(&self, limit: u32) -> Result<Vec<Notice>, Error> {
        let rows = sqlx::query("SELECT id, content FROM notice ORDER BY id DESC LIMIT ?").bind(limit);
        let rows = rows.fetch_all(&self.reader).await.map_err(|error| self.failed(error))?;
        rows.iter().map(|row| Ok(self.read_outgoing(row)?.notice)).collect()
    }

    /// The newest messages that bring a report, whatever became of them: of a period that begins on this day, or all.
    pub async fn report_notices(&self, date: Option<&str>, limit: u32) -> Result<Vec<Notice>, Error> {
        let rows = sqlx::query(
            "SELECT id, content FROM notice WHERE json_extract(content, '$.notice.report.date') IS NOT NULL \
             AND (?1 IS NULL OR json_extract(content, '$.notice.report.date') = ?1) ORDER BY id DESC LIMIT ?2",
        );
        let rows = rows.bind(date).bind(limit).fetch_all(&self.reader).await;
        let rows = rows.map_err(|error| self.failed(error))?;
        rows.iter().map(|row| Ok(self.read_outgoing(row)?.notice)).collect()
    }

    fn read_outgoing(&self, row: &SqliteRow) -> Result<Outgoing, Error> {
        let mut outgoing: Outgoing = self.content(row, "a notice")?;
        let id: i64 = row.try_get("id").map_err(|error| self.failed(error))?;
        outgoing.notice.id = id as u64;
        Ok(outgoing)
    }
}
