//! Searches traces, as telemetry's own store does: those with a span for which all that is asked for holds.

use std::collections::BTreeMap;

use naru_model::span::{SpanKind, Work};
use naru_model::trace::{FoundTraces, Span, TraceSearch, TraceSummary};
use naru_model::units::Timestamp;

use crate::client::Client;
use crate::error::Error;
use crate::merge;
use crate::older::Older;
use crate::row_binary::Reader;
use crate::rows::{digits, hours, value};
use crate::sql::{Where, contains, text};
use crate::stretches::stretches;

pub(crate) const COLUMNS: &str = "span_id, parent_id, start_us, duration_us, service, instance, name, kind, work, status, \
                                  error, scope, system, peer, detail, message, attributes, resource, events";
/// Parts of a trace may have begun so much before and after what was found of it, in microseconds.
const APART_US: u64 = 3_600_000_000;
/// Added to the start of spans that have one above them: a trace is called after its first span without one, or its first.
const BELOW: u64 = 1 << 62;

impl Client {
    /// Lists traces that are older than what is kept here, the latest first.
    ///
    /// # Errors
    /// ClickHouse can't be reached, refuses, or does not answer in time.
    pub async fn traces(&self, search: &TraceSearch, older: &Older) -> Result<FoundTraces, Error> {
        let most = search.limit.clamp(1, 1000) as usize;
        let mut found = BTreeMap::<String, TraceSummary>::new();
        for stretch in stretches(search.from.0, search.to.min(older.before).0) {
            let answer = self.ask(self.list(search, older, stretch, most + 1)).await?;
            for summary in Reader::of(&answer).rows(summary)? {
                found.entry(summary.trace_id.clone()).or_insert(summary);
            }
            // What is found in earlier stretches began before this one.
            if found.values().filter(|summary| summary.start.0 >= stretch.0).count() > most {
                break;
            }
        }
        let mut traces: Vec<TraceSummary> = found.into_values().collect();
        traces.sort_by(|a, b| (b.start, &b.trace_id).cmp(&(a.start, &a.trace_id)));
        Ok(merge::summaries(traces, most))
    }

    fn list(&self, search: &TraceSearch, older: &Older, stretch: (u64, u64), most: usize) -> String {
        let mut wanted = self.part(older, stretch);
        wanted.within("start_us", stretch);
        if let Some(service) = &search.service {
            wanted.is("service", service);
        }
        if let Some(work) = search.work {
            wanted.is("work", work.as_str());
        }
        if search.errors {
            wanted.and("error = 1");
        }
        if let Some(part) = search.text.as_ref().filter(|part| !part.is_empty()) {
            wanted.and(contains(&["name", "detail"], part));
        }
        if let Some((key, value)) = &search.attribute {
            wanted.and(format_args!("has(pairs, {})", text(&format!("{key}={value}"))));
        }
        let near = (stretch.0.saturating_sub(APART_US), stretch.1.saturating_add(APART_US));
        let near = self.part(older, near);
        let order = format!("if(root = 1, start_us, start_us + {BELOW})");
        format!(
            "SELECT trace_id, min(start_us) AS first, max(start_us + duration_us) AS last, \
             argMin(service, {order}) AS service_of, argMin(name, {order}) AS name_of, \
             count() AS spans_of, toUInt64(sum(error)) AS errors_of, arraySort(groupUniqArray(service)) AS services_of \
             FROM spans WHERE {near} AND trace_id IN (SELECT trace_id FROM spans WHERE {wanted}) \
             GROUP BY trace_id HAVING last - first >= {} ORDER BY first DESC, trace_id DESC LIMIT {most} FORMAT RowBinary",
            search.at_least_us
        )
    }

    /// Spans in the hours of a stretch that are of files no longer here.
    fn part(&self, older: &Older, stretch: (u64, u64)) -> Where {
        let mut part = Where::platform(&self.settings.platform);
        part.within("hour", hours(stretch));
        older.apply(&mut part);
        part
    }
}

fn summary(row: &mut Reader<'_>) -> Result<TraceSummary, Error> {
    let (trace_id, first, last) = (digits(&row.array::<16>()?), row.u64()?, row.u64()?);
    let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(TraceSummary {
        trace_id,
        start: Timestamp(first),
        seconds: last.saturating_sub(first) as f64 / 1e6,
        service: row.text()?,
        name: row.text()?,
        spans: small(row.u64()?),
        errors: small(row.u64()?),
        services: row.texts()?,
    })
}

/// The columns in their order.
pub(crate) fn span(row: &mut Reader<'_>) -> Result<Span, Error> {
    Ok(Span {
        span_id: digits(&row.array::<8>()?),
        parent_id: digits(&row.array::<8>()?),
        start: Timestamp(row.u64()?),
        seconds: row.u64()? as f64 / 1e6,
        service: row.text()?,
        instance: row.text()?,
        name: row.text()?,
        kind: SpanKind::from_name(&row.text()?).unwrap_or_default(),
        work: Work::from_name(&row.text()?).unwrap_or_default(),
        status: row.u16()?,
        error: row.u8()? != 0,
        scope: row.text()?,
        system: row.text()?,
        peer: row.text()?,
        detail: row.text()?,
        message: row.text()?,
        attributes: value(row.text()?),
        resource: value(row.text()?),
        events: serde_json::from_str(&row.text()?).unwrap_or_default(),
    })
}
