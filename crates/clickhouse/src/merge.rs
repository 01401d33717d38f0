//! One answer of two parts: what was found here, and what was found of what is kept here no longer. Each row is in one of them.

use std::collections::BTreeMap;

use naru_model::series::{Found, Transaction};
use naru_model::trace::{FoundLogs, FoundTraces, LogLine, Trace, TraceSummary};
use naru_model::units::Timestamp;

/// Of one trace.
pub(crate) const SPANS: usize = 10_000;
pub(crate) const LINES: usize = 1_000;

/// The latest of two parts.
pub fn transactions(here: Found, there: Found, most: usize) -> Found {
    let (rows, more) =
        latest((here.transactions, here.more), (there.transactions, there.more), |row| row.end);
    let mut found = page(rows, most);
    found.more |= more;
    found
}

/// The latest of two parts.
pub fn logs(here: FoundLogs, there: FoundLogs, most: usize) -> FoundLogs {
    let (rows, more) = latest((here.lines, here.more), (there.lines, there.more), |line| line.at);
    let mut found = lines(rows, most);
    found.more |= more;
    found
}

/// The latest of two parts. A trace of which some is in each is one.
pub fn traces(here: FoundTraces, there: FoundTraces, most: usize) -> FoundTraces {
    let mut known = BTreeMap::<String, TraceSummary>::new();
    let (here_more, there_more) = (here.more, there.more);
    let ends = [(&here.traces, here_more), (&there.traces, there_more)];
    let floor = ends.into_iter().filter_map(|(rows, more)| rows.last().filter(|_| more)).map(|row| row.start);
    let floor = floor.max().unwrap_or_default();
    for part in here.traces.into_iter().chain(there.traces) {
        match known.get_mut(&part.trace_id) {
            Some(whole) => join(whole, part),
            None => drop(known.insert(part.trace_id.clone(), part)),
        }
    }
    let mut rows: Vec<TraceSummary> = known.into_values().collect();
    rows.sort_by(|a, b| (b.start, &b.trace_id).cmp(&(a.start, &a.trace_id)));
    let kept = rows.partition_point(|row| row.start >= floor);
    let cut = kept < rows.len();
    rows.truncate(kept);
    let mut found = summaries(rows, most);
    found.more |= here_more || there_more || cut;
    found
}

fn join(whole: &mut TraceSummary, part: TraceSummary) {
    let end = |of: &TraceSummary| of.start.0 as f64 / 1e6 + of.seconds;
    let last = end(whole).max(end(&part));
    if part.start < whole.start {
        (whole.start, whole.service, whole.name) = (part.start, part.service, part.name);
    }
    whole.seconds = ((last - whole.start.0 as f64 / 1e6) * 1e6).round() / 1e6;
    whole.spans = whole.spans.saturating_add(part.spans);
    whole.errors = whole.errors.saturating_add(part.errors);
    whole.services.extend(part.services);
    whole.services.sort();
    whole.services.dedup();
}

/// All that there is of a trace; `None`: nothing.
pub fn trace(here: Option<Trace>, there: Trace) -> Option<Trace> {
    let mut whole = here.unwrap_or_else(|| Trace { trace_id: there.trace_id, ..Trace::default() });
    whole.transactions.extend(there.transactions);
    whole.spans.extend(there.spans);
    whole.logs.extend(there.logs);
    if whole.transactions.is_empty() && whole.spans.is_empty() && whole.logs.is_empty() {
        return None;
    }
    whole.transactions.sort_by_key(|transaction| transaction.end);
    whole.spans.sort_by(|a, b| (a.start, &a.span_id).cmp(&(b.start, &b.span_id)));
    whole.logs.sort_by_key(|line| line.at);
    whole.cut |= there.cut || whole.spans.len() > SPANS || whole.logs.len() > LINES;
    whole.spans.truncate(SPANS);
    whole.logs.truncate(LINES);
    Some(whole)
}

/// Both parts, the latest first, down to where one of them ends although there is more of it; and whether there is more.
fn latest<T>(here: (Vec<T>, bool), there: (Vec<T>, bool), at: impl Fn(&T) -> Timestamp) -> (Vec<T>, bool) {
    let end = |(rows, more): &(Vec<T>, bool)| rows.last().filter(|_| *more).map(&at);
    let floor = [end(&here), end(&there)].into_iter().flatten().max();
    let more = here.1 || there.1;
    let (mut rows, there) = (here.0, there.0);
    rows.extend(there);
    rows.sort_by_key(|row| std::cmp::Reverse(at(row)));
    let kept = floor.map_or(rows.len(), |floor| rows.partition_point(|row| at(row) >= floor));
    rows.truncate(kept);
    (rows, more)
}

/// So many of the latest, which come first. Those that ended in the same microsecond stay together, so that asking for what
/// ended before the last one leaves none out.
pub(crate) fn page(mut rows: Vec<Transaction>, most: usize) -> Found {
    if rows.len() <= most {
        return Found { transactions: rows, more: false, missing: None };
    }
    let beyond = rows[most].end;
    rows.truncate(most);
    let whole = rows.partition_point(|row| row.end > beyond);
    if whole > 0 {
        rows.truncate(whole);
    }
    Found { transactions: rows, more: true, missing: None }
}

pub(crate) fn lines(mut lines: Vec<LogLine>, most: usize) -> FoundLogs {
    let more = lines.len() > most;
    lines.truncate(most);
    FoundLogs { lines, more, missing: None }
}

pub(crate) fn summaries(mut traces: Vec<TraceSummary>, most: usize) -> FoundTraces {
    let more = traces.len() > most;
    traces.truncate(most);
    FoundTraces { traces, more, missing: None }
}

#[cfg(test)]
mod tests;
