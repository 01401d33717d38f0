//! Files of spans and log lines as finished files, read piece by piece.

use std::collections::HashSet;

use naru_model::stored::{File, Kind, Piece, Rows, TracedSpan};
use naru_model::trace::Span;
use naru_model::units::Timestamp;
use parquet::errors::ParquetError;

use super::Traces;
use super::files::{self, Opened, Run};
use crate::finished::{name, written};

/// Rows of a piece, attributes and all; whole traces, so that a trace that is larger makes a larger piece.
const ROWS: usize = 8 << 10;

fn kind_of(kind: Kind) -> Option<files::Kind> {
    match kind {
        Kind::Transactions => None,
        Kind::Spans => Some(files::Kind::Spans),
        Kind::Logs => Some(files::Kind::Logs),
    }
}

impl Traces {
    pub(crate) fn finished(&self) -> Vec<File> {
        let view = self.shelf.view();
        let described = |file: &std::sync::Arc<files::File>| {
            let kind = Kind::ALL.into_iter().find(|kind| kind_of(*kind) == Some(file.kind))?;
            Some(File {
                kind,
                name: name(&file.path)?.to_owned(),
                first: Timestamp(file.first),
                last: Timestamp(file.last),
                rows: file.rows,
            })
        };
        view.all().iter().filter(|file| !file.is_broken()).filter_map(described).collect()
    }

    pub(crate) fn piece(&self, kind: Kind, file: &str, first: u32) -> Option<Piece> {
        let view = self.shelf.view();
        let file = view.all().iter().find(|found| name(&found.path) == Some(file))?;
        if kind_of(kind) != Some(file.kind) {
            return None;
        }
        let written = written(&file.path)?;
        let mut piece = None;
        self.shelf.reading(file, |opened| {
            if let Some((group, before)) = group_of(opened, first as usize) {
                let start = first as usize - before;
                let rows = match kind {
                    Kind::Spans => Rows::Spans(spans(opened, group, start)?),
                    _ => {
                        let end = opened.rows(group).min(start + ROWS);
                        Rows::Logs(opened.lines_of(group, start..end)?)
                    }
                };
                let more = (first as usize + rows.len()) < file.rows as usize;
                piece = Some(Piece { written, first, rows, more });
            }
            Ok(())
        });
        piece
    }
}

/// The row group that a row is in, and how many rows are before it.
fn group_of(opened: &Opened, row: usize) -> Option<(usize, usize)> {
    let mut before = 0;
    (0..opened.groups()).find_map(|group| {
        let rows = opened.rows(group);
        let found = row < before + rows;
        let place = (group, before);
        before += rows;
        found.then_some(place)
    })
}

/// Whole traces from the one on that begins in this row.
fn spans(opened: &Opened, group: usize, start: usize) -> Result<Vec<TracedSpan>, ParquetError> {
    let mut runs = opened.runs(group)?;
    runs.retain(|run| run.rows.start >= start);
    let fits = runs.iter().take_while(|run| run.rows.end <= start + ROWS).count().max(1);
    runs.truncate(fits);
    let Some((first, last)) = runs.first().zip(runs.last()) else { return Ok(Vec::new()) };
    let all = Run { trace_id: first.trace_id, rows: first.rows.start..last.rows.end };
    let mut spans = opened.spans(group, &all)?.into_iter();
    Ok(runs.iter().flat_map(|run| traced(run, &mut spans)).collect())
}

/// The next spans, which are those of a trace.
fn traced(run: &Run, spans: &mut impl Iterator<Item = Span>) -> Vec<TracedSpan> {
    let spans: Vec<Span> = spans.take(run.rows.len()).collect();
    let ids: HashSet<String> = spans.iter().map(|span| span.span_id.clone()).collect();
    let trace_id = run.trace_id;
    let traced = |span: Span| TracedSpan { trace_id, root: !ids.contains(&span.parent_id), span };
    spans.into_iter().map(traced).collect()
}
