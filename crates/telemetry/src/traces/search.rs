//! Lists traces, the latest first, and shows one whole.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use naru_model::span::{SpanRecord, Work};
use naru_model::trace::{FoundTraces, LogLine, Span, Trace, TraceSearch, TraceSummary};
use naru_model::units::Timestamp;
use serde_json::Value;

use super::files::Kind;
use super::shelf::Shelf;
use super::{lines, shown};
use crate::archive::parallel;
use crate::archive::rows::hexadecimal;
use crate::archive::texts::contains;

type Id = [u8; 16];

/// The most that one answer holds.
const LIMIT: usize = 1_000;
/// Of one trace.
const MOST_SPANS: usize = 10_000;
const MOST_LINES: usize = 1_000;
/// Parts of a trace may lie in files so much earlier and later than what was found of it, in microseconds.
const APART: u64 = 3_600_000_000;

/// Which spans are wanted.
pub(super) struct Wanted<'s> {
    /// When they began, from and before, in microseconds since 1970.
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) service: Option<&'s str>,
    /// In lower case.
    pub(super) text: Option<String>,
    pub(super) attribute: Option<(&'s str, &'s str)>,
    pub(super) work: Option<Work>,
    pub(super) errors: bool,
}

impl<'s> Wanted<'s> {
    fn of(search: &'s TraceSearch) -> Wanted<'s> {
        Wanted {
            from: search.from.0,
            to: search.to.0,
            service: search.service.as_deref(),
            text: search.text.as_ref().map(|text| text.to_lowercase()),
            attribute: search.attribute.as_ref().map(|(key, value)| (key.as_str(), value.as_str())),
            work: search.work,
            errors: search.errors,
        }
    }

    pub(super) fn has_text(&self, text: &str) -> bool {
        self.text.as_ref().is_none_or(|wanted| contains(text, wanted))
    }

    /// Whether the text of a JSON object has what is wanted.
    pub(super) fn has_attribute(&self, json: &str) -> bool {
        let Some((key, value)) = self.attribute else { return true };
        if !json.contains(key) {
            return false;
        }
        match serde_json::from_str::<Value>(json) {
            Ok(Value::Object(fields)) => fields.get(key).is_some_and(|found| match found {
                Value::String(text) => text == value,
                other => serde_json::to_string(other).is_ok_and(|text| text == value),
            }),
            _ => false,
        }
    }

    fn wants(&self, span: &SpanRecord<'_>) -> bool {
        (self.from..self.to).contains(&span.start.0)
            && self.service.is_none_or(|service| service == span.source.service)
            && self.work.is_none_or(|work| work == span.work)
            && (!self.errors || span.error)
            && (self.has_text(span.name) || self.has_text(span.detail))
            && (self.has_attribute(span.attributes) || self.has_attribute(span.source.resource))
    }
}

/// What a list says of a trace, or of a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Brief {
    trace_id: Id,
    start: u64,
    end: u64,
    /// Of the span that began it: whether it has none above it, when it began, its service and name.
    first: Option<(bool, u64, String, String)>,
    spans: u32,
    errors: u32,
    services: BTreeSet<String>,
}

impl Brief {
    pub(super) fn of(trace_id: Id) -> Brief {
        let services = BTreeSet::new();
        Brief { trace_id, start: u64::MAX, end: 0, first: None, spans: 0, errors: 0, services }
    }

    /// Adds a span. `root`: no span of the trace is known to stand above it.
    pub(super) fn add(
        &mut self,
        start: u64,
        duration_us: u64,
        service: &str,
        name: &str,
        error: bool,
        root: bool,
    ) {
        self.start = self.start.min(start);
        self.end = self.end.max(start.saturating_add(duration_us));
        self.spans += 1;
        self.errors += u32::from(error);
        if !self.services.contains(service) {
            self.services.insert(service.to_owned());
        }
        let before =
            self.first.as_ref().is_none_or(|(is_root, first, ..)| (!root, start) < (!is_root, *first));
        if before {
            self.first = Some((root, start, service.to_owned(), name.to_owned()));
        }
    }

    fn of_spans<'a>(trace_id: Id, spans: impl Iterator<Item = SpanRecord<'a>> + Clone) -> Brief {
        let ids: BTreeSet<[u8; 8]> = spans.clone().map(|span| span.span_id).collect();
        let mut brief = Brief::of(trace_id);
        for span in spans {
            let root = !ids.contains(&span.parent_id);
            brief.add(span.start.0, span.duration_us, span.source.service, span.name, span.error, root);
        }
        brief
    }

    fn join(&mut self, other: Brief) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
        self.spans += other.spans;
        self.errors += other.errors;
        self.services.extend(other.services);
        let key = |first: &Option<(bool, u64, String, String)>| {
            first.as_ref().map(|(root, start, ..)| (!root, *start))
        };
        if key(&other.first) < key(&self.first) && other.first.is_some() || self.first.is_none() {
            self.first = other.first;
        }
    }

    fn duration_us(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    fn summary(self) -> TraceSummary {
        let (service, name) = self.first.map(|(_, _, service, name)| (service, name)).unwrap_or_default();
        TraceSummary {
            trace_id: hexadecimal(&self.trace_id),
            start: Timestamp(self.start),
            seconds: self.end.saturating_sub(self.start) as f64 / 1e6,
            service,
            name,
            spans: self.spans,
            errors: self.errors,
            services: self.services.into_iter().collect(),
        }
    }
}

/// The latest found: one more than wanted, to know whether there are more. By their start, which a later part of a trace may
/// move.
struct Latest {
    wanted: usize,
    starts: BTreeMap<(u64, Id), Brief>,
}

impl Latest {
    fn add(&mut self, brief: Brief) {
        self.starts.insert((brief.start, brief.trace_id), brief);
        while self.starts.len() > self.wanted + 1 {
            self.starts.pop_first();
        }
    }

    /// What began before this can't be among the latest.
    fn floor(&self) -> u64 {
        let full = self.starts.len() > self.wanted;
        self.starts.first_key_value().filter(|_| full).map_or(0, |((start, _), _)| *start)
    }
}

pub(super) fn search(shelf: &Shelf, search: &TraceSearch) -> FoundTraces {
    let wanted = Wanted::of(search);
    let most = (search.limit as usize).clamp(1, LIMIT);
    let latest = Mutex::new(Latest { wanted: most, starts: BTreeMap::new() });
    let add = |brief: Brief| {
        if brief.duration_us() >= search.at_least_us {
            latest.lock().unwrap_or_else(PoisonError::into_inner).add(brief);
        }
    };
    let floor = || latest.lock().unwrap_or_else(PoisonError::into_inner).floor();
    let view = in_memory(shelf, |id, spans| {
        if spans.iter().any(|span| wanted.wants(span)) {
            add(Brief::of_spans(*id, spans.iter().copied()));
        }
    });
    let files = view.files(Kind::Spans, wanted.from, wanted.to);
    parallel::each(&files, |file| {
        if file.last < floor() {
            return;
        }
        shelf.reading(file, |opened| {
            for group in (0..opened.groups()).rev() {
                if opened.ends(group).is_some_and(|(_, last)| last < floor()) {
                    continue;
                }
                let runs = opened.find(group, &wanted)?;
                opened.briefs(group, &runs)?.into_iter().for_each(add);
            }
            Ok(())
        });
    });
    let latest = latest.into_inner().unwrap_or_else(PoisonError::into_inner);
    let earliest = latest.starts.first_key_value().map_or(wanted.from, |((start, _), _)| *start);
    let ids: Vec<Id> = latest.starts.into_keys().rev().map(|(_, id)| id).collect();
    let mut whole = briefs(shelf, &ids, earliest, wanted.to);
    // Two parts of one trace may both have been found.
    let mut found: Vec<Brief> = ids.iter().filter_map(|id| whole.remove(id)).collect();
    found.sort_by_key(|brief| std::cmp::Reverse((brief.start, brief.trace_id)));
    let more = found.len() > most;
    found.truncate(most);
    FoundTraces { traces: found.into_iter().map(Brief::summary).collect(), more, missing: None }
}

/// Gives each trace in memory that is kept or will be, with all of its spans there. Returns what else there was to look into at
/// that moment.
pub(super) fn in_memory(shelf: &Shelf, mut each: impl FnMut(&Id, &[SpanRecord<'_>])) -> super::shelf::View {
    let collector = shelf.collector();
    // With the collector held, nothing moves from it to the view.
    let view = shelf.view();
    let mut give = |id: &Id, pile: &super::pile::Pile| {
        let spans: Vec<SpanRecord<'_>> = pile.spans().collect();
        each(id, &spans);
    };
    collector.sure().for_each(|(id, pile)| give(id, pile));
    collector.held.traces.iter().for_each(|(id, pile)| give(id, pile));
    drop(collector);
    for (_, held) in &view.full {
        held.traces.iter().for_each(|(id, pile)| give(id, pile));
    }
    view
}

/// What there is of these traces, all of their parts put together.
fn briefs(shelf: &Shelf, ids: &[Id], from: u64, to: u64) -> HashMap<Id, Brief> {
    let wanted: BTreeSet<Id> = ids.iter().copied().collect();
    let found = Mutex::new(HashMap::<Id, Brief>::new());
    let add = |brief: Brief| {
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        match found.get_mut(&brief.trace_id) {
            Some(known) => known.join(brief),
            None => drop(found.insert(brief.trace_id, brief)),
        }
    };
    let view = in_memory(shelf, |id, spans| {
        if wanted.contains(id) && !spans.is_empty() {
            add(Brief::of_spans(*id, spans.iter().copied()));
        }
    });
    let files = view.files(Kind::Spans, from.saturating_sub(APART), to.saturating_add(APART));
    parallel::each(&files, |file| {
        shelf.reading(file, |opened| {
            for group in 0..opened.groups() {
                let runs = opened.runs_of(group, |id| wanted.contains(id), ids)?;
                opened.briefs(group, &runs)?.into_iter().for_each(add);
            }
            Ok(())
        });
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// All that there is of a trace; `None`: nothing. Its transactions are the archive's to tell.
pub(super) fn trace(shelf: &Shelf, trace_id: &Id) -> Option<Trace> {
    let collector = shelf.collector();
    let view = shelf.view();
    let (mut spans, mut found_lines) = (Vec::<Span>::new(), Vec::<LogLine>::new());
    if let Some((waiting, waiting_lines)) = collector.incomplete(trace_id) {
        spans.extend(waiting.spans().map(|span| shown::span(&span)));
        found_lines.extend(waiting_lines.lines().map(|line| shown::line(&line)));
    }
    spans.extend(collector.held.trace(trace_id).map(|span| shown::span(&span)));
    drop(collector);
    for (_, held) in &view.full {
        spans.extend(held.trace(trace_id).map(|span| shown::span(&span)));
    }
    let stored = Mutex::new(Vec::new());
    parallel::each(&view.files(Kind::Spans, 0, u64::MAX), |file| {
        shelf.reading(file, |opened| {
            for group in 0..opened.groups() {
                for run in opened.runs_of(group, |id| id == trace_id, &[*trace_id])? {
                    let part = opened.spans(group, &run)?;
                    stored.lock().unwrap_or_else(PoisonError::into_inner).extend(part);
                }
            }
            Ok(())
        });
    });
    spans.extend(stored.into_inner().unwrap_or_else(PoisonError::into_inner));
    found_lines.extend(lines::of_trace(shelf, trace_id, MOST_LINES + 1));
    if spans.is_empty() && found_lines.is_empty() {
        return None;
    }
    spans.sort_by(|a, b| (a.start, &a.span_id).cmp(&(b.start, &b.span_id)));
    found_lines.sort_by_key(|line| line.at);
    let cut = spans.len() > MOST_SPANS || found_lines.len() > MOST_LINES;
    spans.truncate(MOST_SPANS);
    found_lines.truncate(MOST_LINES);
    let trace_id = hexadecimal(trace_id);
    Some(Trace { trace_id, spans, logs: found_lines, cut, ..Trace::default() })
}
