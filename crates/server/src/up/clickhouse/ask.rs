//! Answers searches from both stores: what is kept here from here, what is older from ClickHouse. One that does not answer takes
//! nothing away from what is here; the answer says what is missing.

use std::sync::Arc;

use naru_api::error::Error;
use naru_clickhouse::{Client, Older, OlderParts, merge};
use naru_model::series::{Found, Search};
use naru_model::stored::{File, Kind};
use naru_model::trace::{FoundLogs, FoundTraces, LogSearch, Trace, TraceSearch};
use naru_model::units::Timestamp;
use naru_telemetry::Telemetry;

use super::Larger;

/// A list as it was found here.
struct Here {
    kind: Kind,
    /// From when on it was looked for.
    from: Timestamp,
    more: bool,
    /// When the last on the page was.
    last: Option<Timestamp>,
}

impl Larger {
    /// Lists transactions, the latest first.
    pub(crate) async fn transactions(&self, search: Search) -> Result<Found, Error> {
        let asked = search.clone();
        let (here, files) = self.seen(move |telemetry| telemetry.search(&asked)).await?;
        let last = here.transactions.last().map(|transaction| transaction.end);
        let of = Here { kind: Kind::Transactions, from: search.from, more: here.more, last };
        let Some((client, older)) = self.older(&files, &of) else { return Ok(here) };
        Ok(match client.transactions(&search, &older).await {
            Ok(there) => merge::transactions(here, there, most(search.limit)),
            Err(error) => Found { missing: missing(&older, &error), ..here },
        })
    }

    /// Lists traces, the latest first.
    pub(crate) async fn traces(&self, search: TraceSearch) -> Result<FoundTraces, Error> {
        let asked = search.clone();
        let (here, files) = self.seen(move |telemetry| telemetry.traces(&asked)).await?;
        let last = here.traces.last().map(|trace| trace.start);
        let of = Here { kind: Kind::Spans, from: search.from, more: here.more, last };
        let Some((client, older)) = self.older(&files, &of) else { return Ok(here) };
        Ok(match client.traces(&search, &older).await {
            Ok(there) => merge::traces(here, there, most(search.limit)),
            Err(error) => FoundTraces { missing: missing(&older, &error), ..here },
        })
    }

    /// Lists log lines, the latest first.
    pub(crate) async fn logs(&self, search: LogSearch) -> Result<FoundLogs, Error> {
        let asked = search.clone();
        let (here, files) = self.seen(move |telemetry| telemetry.logs(&asked)).await?;
        let last = here.lines.last().map(|line| line.at);
        let of = Here { kind: Kind::Logs, from: search.from, more: here.more, last };
        let Some((client, older)) = self.older(&files, &of) else { return Ok(here) };
        Ok(match client.logs(&search, &older).await {
            Ok(there) => merge::logs(here, there, most(search.limit)),
            Err(error) => FoundLogs { missing: missing(&older, &error), ..here },
        })
    }

    /// All of one trace; `None`: nothing of it is kept anywhere.
    pub(crate) async fn trace(&self, trace_id: [u8; 16]) -> Result<Option<Trace>, Error> {
        let (here, files) = self.seen(move |telemetry| telemetry.trace(trace_id)).await?;
        let Some(client) = self.client.load_full() else { return Ok(here) };
        let of = |kind| Older::than(kind, &files, &self.store, self.clock.now());
        let (transactions, spans, logs) = (of(Kind::Transactions), of(Kind::Spans), of(Kind::Logs));
        let began = here.iter().flat_map(|trace| trace.spans.iter().map(|span| span.start)).min();
        if began.is_some_and(|began| !spans.is_near(began)) {
            return Ok(here);
        }
        let older = OlderParts { transactions: &transactions, spans: &spans, logs: &logs };
        match (client.trace(&trace_id, older).await, here) {
            (Ok(there), here) => Ok(merge::trace(here, there)),
            (Err(error), Some(here)) => Ok(Some(Trace { missing: missing(&spans, &error), ..here })),
            (Err(error), None) => Err(Error::Unavailable(format!(
                "no trace of this id is kept here, and ClickHouse could not be asked for it: {}; try again",
                error.whole()
            ))),
        }
    }

    /// What is asked for beside the threads that serve, and the files that it was found in.
    async fn seen<T: Send + 'static>(
        &self,
        ask: impl Fn(&Telemetry) -> T + Send + 'static,
    ) -> Result<(T, Vec<File>), Error> {
        let (telemetry, listed) = (self.telemetry.clone(), self.client.load().is_some());
        let asked = tokio::task::spawn_blocking(move || {
            let files = || if listed { telemetry.finished() } else { Vec::new() };
            let before = files();
            let found = ask(&telemetry);
            let after = files();
            if before == after {
                return (found, after);
            }
            // A file that went in between would be in neither part, or in both; files go and come rarely.
            (ask(&telemetry), after)
        });
        asked.await.map_err(|error| Error::internal("could not read what was seen", error))
    }

    /// Whom to ask for what else; `None`: there is nothing else.
    fn older(&self, files: &[File], here: &Here) -> Option<(Arc<Client>, Older)> {
        let client = self.client.load_full()?;
        let older = Older::than(here.kind, files, &self.store, self.clock.now());
        older.is_asked(here.from, here.more, here.last).then_some((client, older))
    }

    /// How it stands with ClickHouse, for Prometheus; empty without one.
    pub(crate) fn page(&self) -> String {
        self.counts.page()
    }
}

fn most(limit: u32) -> usize {
    limit.clamp(1, 1000) as usize
}

fn missing(older: &Older, error: &naru_clickhouse::Error) -> Option<String> {
    let micros = i64::try_from(older.before.0).unwrap_or(i64::MAX);
    let before =
        jiff::Timestamp::from_microsecond(micros).map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let before = before.unwrap_or_else(|_| "now".to_owned());
    Some(format!(
        "what is from before {before} is in ClickHouse, which could not be asked: {}",
        error.whole()
    ))
}
