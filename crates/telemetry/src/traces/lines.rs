//! Lists log lines, the latest first.

use std::sync::{Mutex, PoisonError};

use naru_model::instance::InstanceId;
use naru_model::span::LogRecord;
use naru_model::trace::{FoundLogs, LogLine, LogSearch};

use super::files::Kind;
use super::shelf::Shelf;
use super::shown;
use crate::archive::parallel;
use crate::archive::texts::contains;

/// The most that one answer holds.
const LIMIT: usize = 1_000;

/// Which lines are wanted.
pub(super) struct Wanted<'s> {
    /// In microseconds since 1970.
    pub(super) from: u64,
    pub(super) to: u64,
    service: Option<&'s str>,
    pub(super) instance: Option<&'s InstanceId>,
    pub(super) trace_id: Option<[u8; 16]>,
    pub(super) severity: u8,
    /// In lower case.
    pub(super) text: Option<String>,
}

impl Wanted<'_> {
    pub(super) fn service(&self) -> Option<&str> {
        self.instance.map(|instance| instance.service.as_str()).or(self.service)
    }

    pub(super) fn has_text(&self, text: &str) -> bool {
        self.text.as_ref().is_none_or(|wanted| contains(text, wanted))
    }

    fn wants(&self, line: &LogRecord<'_>) -> bool {
        let source = &line.source;
        let of = |instance: &InstanceId| {
            (instance.revision, instance.ordinal) == (source.revision, source.ordinal)
        };
        (self.from..self.to).contains(&line.at.0)
            && self.service().is_none_or(|service| service == source.service)
            && self.service.is_none_or(|service| service == source.service)
            && self.instance.is_none_or(of)
            && self.trace_id.is_none_or(|trace_id| trace_id == line.trace_id)
            && line.severity >= self.severity
            && self.has_text(line.body)
    }
}

/// `None`: no line can be what is asked for.
pub(super) fn search(shelf: &Shelf, search: &LogSearch) -> Option<FoundLogs> {
    let instance: Option<InstanceId> = search.instance.as_ref().map(|id| id.parse()).transpose().ok()?;
    let trace_id = search.trace_id.as_ref().map(|id| super::trace_id(id).ok_or(())).transpose().ok()?;
    let wanted = Wanted {
        from: search.from.0,
        to: search.to.0,
        service: search.service.as_deref(),
        instance: instance.as_ref(),
        trace_id,
        severity: search.severity,
        text: search.text.as_ref().map(|text| text.to_lowercase()),
    };
    let most = (search.limit as usize).clamp(1, LIMIT);
    let mut lines = find(shelf, &wanted, most, true);
    let more = lines.len() > most;
    lines.truncate(most);
    Some(FoundLogs { lines, more, missing: None })
}

/// Lines of a trace that are kept, at most so many.
pub(super) fn of_trace(shelf: &Shelf, trace_id: &[u8; 16], most: usize) -> Vec<LogLine> {
    let wanted = Wanted {
        from: 0,
        to: u64::MAX,
        service: None,
        instance: None,
        trace_id: Some(*trace_id),
        severity: 0,
        text: None,
    };
    find(shelf, &wanted, most, false)
}

/// The latest first: at most so many, and one more if there is one. `waiting`: also those of traces that are not complete.
fn find(shelf: &Shelf, wanted: &Wanted<'_>, most: usize, waiting: bool) -> Vec<LogLine> {
    let latest = Mutex::new(Vec::<LogLine>::new());
    let add = |mut found: Vec<LogLine>| {
        let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.append(&mut found);
        if latest.len() > 2 * most {
            shorten(&mut latest, most);
        }
    };
    let collector = shelf.collector();
    // With the collector held, nothing moves from it to the view.
    let view = shelf.view();
    let give = |line: &LogRecord<'_>| {
        if wanted.wants(line) {
            add(vec![shown::line(line)]);
        }
    };
    if waiting {
        collector.waits().flat_map(|(_, lines)| lines.lines()).for_each(|line| give(&line));
    }
    collector.held.lines().for_each(|line| give(&line));
    drop(collector);
    view.full.iter().flat_map(|(_, held)| held.lines()).for_each(|line| give(&line));
    parallel::each(&view.files(Kind::Logs, wanted.from, wanted.to), |file| {
        let floor = {
            let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
            shorten(&mut latest, most);
            latest.get(most).map_or(0, |line| line.at.0)
        };
        if file.last < floor {
            return;
        }
        shelf.reading(file, |opened| {
            for group in (0..opened.groups()).rev() {
                add(opened.lines(group, wanted, most)?);
            }
            Ok(())
        });
    });
    let mut latest = latest.into_inner().unwrap_or_else(PoisonError::into_inner);
    shorten(&mut latest, most);
    latest
}

fn shorten(latest: &mut Vec<LogLine>, most: usize) {
    latest.sort_by_key(|line| std::cmp::Reverse(line.at));
    latest.truncate(most + 1);
}
