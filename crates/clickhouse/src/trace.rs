//! All of one trace that is kept here no longer: its spans, its log lines, and what the gateway saw of it.

use std::time::Duration;

use naru_model::series::{Filter, Found, Search, Subject};
use naru_model::trace::Trace;
use naru_model::units::Timestamp;

use crate::client::Client;
use crate::error::Error;
use crate::older::Older;
use crate::row_binary::Reader;
use crate::rows::digits;
use crate::sql::{Where, bytes};
use crate::{logs, merge, spans};

/// Transactions and log lines of a trace lie so near to its spans, clocks being what they are.
const NEAR: Duration = Duration::from_secs(3600);
/// Transactions of one trace.
const MOST: u32 = 1_000;

/// What is older than what is kept here, of each kind.
#[derive(Debug, Clone, Copy)]
pub struct OlderParts<'o> {
    pub transactions: &'o Older,
    pub spans: &'o Older,
    pub logs: &'o Older,
}

impl Client {
    /// What there is of a trace; with nothing in it when there is nothing.
    ///
    /// # Errors
    /// ClickHouse can't be reached, refuses, or does not answer in time.
    pub async fn trace(&self, trace_id: &[u8; 16], older: OlderParts<'_>) -> Result<Trace, Error> {
        let spans = self.part_of(trace_id, "spans", spans::COLUMNS, older.spans, None, merge::SPANS);
        let spans = Reader::of(&spans.await?).rows(spans::span)?;
        let starts = || spans.iter().map(|span| span.start);
        let near = starts().min().zip(starts().max()).map(|(first, last)| {
            let longest = spans.iter().map(|span| span.seconds.clamp(0.0, 86_400.0)).fold(0.0, f64::max);
            let from = Timestamp(first.0.saturating_sub(NEAR.as_micros() as u64));
            (from, last + Duration::from_secs_f64(longest) + NEAR)
        });
        let lines = self.part_of(trace_id, "logs", logs::COLUMNS, older.logs, near, merge::LINES);
        let logs = Reader::of(&lines.await?).rows(logs::line)?;
        let (from, to) = near.unwrap_or((Timestamp(0), Timestamp(i64::MAX as u64)));
        let search = Search {
            subject: Subject::All,
            from,
            to,
            at_least: Duration::ZERO,
            at_most: None,
            errors: false,
            filter: Filter { trace: Some(*trace_id), ..Filter::default() },
            limit: MOST,
        };
        let Found { transactions, .. } = self.transactions(&search, older.transactions).await?;
        Ok(Trace { trace_id: digits(trace_id), transactions, spans, logs, ..Trace::default() })
    }

    /// Rows of one trace, one more than are shown of it at most.
    async fn part_of(
        &self,
        trace_id: &[u8; 16],
        table: &str,
        columns: &str,
        older: &Older,
        near: Option<(Timestamp, Timestamp)>,
        most: usize,
    ) -> Result<bytes::Bytes, Error> {
        let mut wanted = Where::platform(&self.settings.platform);
        wanted.and(format_args!("trace_id = {}", bytes(trace_id)));
        older.apply(&mut wanted);
        let time = if table == "spans" { "start_us" } else { "at_us" };
        wanted.and(format_args!("{time} < {}", older.before.0));
        if let Some((from, to)) = near {
            wanted.within(time, (from.0, to.0));
        }
        let limit = most + 1;
        let sql = format!(
            "SELECT {columns} FROM {table} WHERE {wanted} ORDER BY {time} LIMIT {limit} FORMAT RowBinary"
        );
        self.ask(sql).await
    }
}
