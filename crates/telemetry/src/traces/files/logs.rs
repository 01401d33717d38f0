//! A file of log lines, by time.

use std::path::Path;

use naru_model::span::LogRecord;
use naru_model::trace::LogLine;
use naru_model::units::Timestamp;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{FixedLenByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnPath;

use super::spans::{ids, numbers, words};
use super::{File, Kind, Opened, PAGE_ROWS, WRONG, both, text};
use crate::archive::error::Error;
use crate::archive::layout::{self, Field, Packing, Shape, put};
use crate::archive::rows::hexadecimal;
use crate::traces::held::Held;
use crate::traces::lines::Wanted;
use crate::traces::shown::{self, instance};

/// Lines of a row group.
const GROUP_ROWS: usize = 128 << 10;
const LEVEL: i32 = 6;

/// In the order of the file, as far as they are read by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    At,
    Severity,
    Service,
    Revision,
    Ordinal,
    Trace,
    Span,
    Scope,
    Body,
    Attributes,
}

pub(super) const FIELDS: [Field; 11] = {
    use Packing::{Delta, Dictionary, Plain};
    use Shape::{MaybeIdentifier, Text, Time, Unsigned};
    [
        Field::new("at", Time, Delta).with_pages(),
        Field::new("severity", Unsigned(8), Dictionary),
        Field::new("service", Text, Dictionary),
        Field::new("revision", Unsigned(32), Dictionary),
        Field::new("ordinal", Unsigned(32), Dictionary),
        Field::new("trace_id", MaybeIdentifier(16), Dictionary),
        Field::new("span_id", MaybeIdentifier(8), Plain),
        Field::new("scope", Text, Dictionary),
        Field::new("body", Text, Dictionary),
        Field::new("attributes", Text, Dictionary),
        Field::new("resource", Text, Dictionary),
    ]
};

/// Writes all lines that are held; `None`: there are none.
pub(in crate::traces) fn write(folder: &Path, number: u64, held: &Held) -> Result<Option<File>, Error> {
    let mut lines: Vec<LogRecord<'_>> = held.lines().collect();
    lines.sort_by_key(|line| line.at);
    let (Some(first), Some(last)) = (lines.first().map(|line| line.at.0), lines.last().map(|line| line.at.0))
    else {
        return Ok(None);
    };
    let level = ZstdLevel::try_new(LEVEL).map_err(Error::parquet("write", folder))?;
    let traces = ColumnPath::from(FIELDS[Column::Trace as usize].name);
    let properties = layout::properties(&FIELDS, PAGE_ROWS)
        .set_compression(Compression::ZSTD(level))
        .set_bloom_filter_for_dictionary_encoded_chunks(true)
        .set_column_bloom_filter_enabled(traces.clone(), true)
        .set_column_bloom_filter_max_ndv(traces.clone(), GROUP_ROWS as u64)
        .set_column_bloom_filter_fpp(traces, WRONG)
        .build();
    File::create(folder, Kind::Logs, number, (first, last), properties, |file| {
        for rows in lines.chunks(GROUP_ROWS) {
            let mut group = file.next_row_group()?;
            let out = &mut group;
            let at = |line: &LogRecord<'_>| i64::try_from(line.at.0).unwrap_or(i64::MAX);
            put::<Int64Type, _>(out, &rows.iter().map(at).collect::<Vec<_>>(), None)?;
            numbers(out, rows, |line| line.severity.into())?;
            words(out, rows, |line| line.source.service)?;
            numbers(out, rows, |line| line.source.revision)?;
            numbers(out, rows, |line| line.source.ordinal)?;
            some_ids(out, rows, |line| line.trace_id.as_slice())?;
            some_ids(out, rows, |line| line.span_id.as_slice())?;
            words(out, rows, |line| line.scope)?;
            words(out, rows, |line| line.body)?;
            words(out, rows, |line| line.attributes)?;
            words(out, rows, |line| line.source.resource)?;
            group.close()?;
        }
        Ok(())
    })
    .map(Some)
}

/// Zeros are none.
fn some_ids<'r, 'b, W: std::io::Write + Send>(
    group: &mut parquet::file::writer::SerializedRowGroupWriter<'_, W>,
    rows: &'r [LogRecord<'b>],
    id: impl Fn(&'r LogRecord<'b>) -> &'r [u8],
) -> Result<(), ParquetError> {
    let is_some = |row: &&'r LogRecord<'b>| id(row).iter().any(|byte| *byte != 0);
    let present: Vec<i16> = rows.iter().map(|row| i16::from(is_some(&row))).collect();
    ids(group, rows.iter().filter(is_some).map(&id), Some(&present))
}

impl Opened {
    /// Lines of a row group that are wanted: the latest first, at most so many and one more.
    pub(in crate::traces) fn lines(
        &self,
        group: usize,
        wanted: &Wanted<'_>,
        most: usize,
    ) -> Result<Vec<LogLine>, ParquetError> {
        let (from, to) = (wanted.from, wanted.to);
        if self.ends(group).is_some_and(|(first, last)| last < from || first >= to) {
            return Ok(Vec::new());
        }
        if let Some(trace_id) = &wanted.trace_id
            && !self.may_have(group, Column::Trace as usize, trace_id)?
        {
            return Ok(Vec::new());
        }
        let rows = 0..self.rows(group);
        let times = self.times(group, Column::At as usize, rows.clone())?;
        let mut found: Vec<bool> = times.iter().map(|at| (from..to).contains(at)).collect();
        if let Some(service) = wanted.service() {
            both(&mut found, &self.matching(group, Column::Service as usize, |text| text == service)?);
        }
        if let Some(instance) = wanted.instance {
            let revisions = self.numbers(group, Column::Revision as usize, rows.clone())?;
            let ordinals = self.numbers(group, Column::Ordinal as usize, rows.clone())?;
            let of = |(revision, ordinal): (u32, u32)| {
                revision == instance.revision && ordinal == instance.ordinal
            };
            both(&mut found, &revisions.into_iter().zip(ordinals).map(of).collect::<Vec<_>>());
        }
        if wanted.severity > 0 {
            let severities = self.numbers(group, Column::Severity as usize, rows.clone())?;
            let least = u32::from(wanted.severity);
            both(&mut found, &severities.into_iter().map(|severity| severity >= least).collect::<Vec<_>>());
        }
        if let Some(trace_id) = &wanted.trace_id {
            let ids = self.cursor::<FixedLenByteArrayType>(group, Column::Trace as usize)?.options(rows)?;
            let of = |id: Option<_>| {
                id.is_some_and(|id: parquet::data_type::FixedLenByteArray| id.data() == trace_id)
            };
            both(&mut found, &ids.into_iter().map(of).collect::<Vec<_>>());
        }
        if wanted.text.is_some() && found.contains(&true) {
            both(&mut found, &self.matching(group, Column::Body as usize, |body| wanted.has_text(body))?);
        }
        let latest = found.iter().enumerate().rev().filter(|(_, found)| **found).take(most + 1);
        let rows: Vec<usize> = latest.map(|(row, _)| row).collect();
        self.lines_at(group, &rows)
    }

    /// All of a range of rows, in the order of the file.
    pub(in crate::traces) fn lines_of(
        &self,
        group: usize,
        rows: std::ops::Range<usize>,
    ) -> Result<Vec<LogLine>, ParquetError> {
        let mut lines = self.lines_at(group, &rows.rev().collect::<Vec<_>>())?;
        lines.reverse();
        Ok(lines)
    }

    /// These rows, which come in descending order.
    fn lines_at(&self, group: usize, rows: &[usize]) -> Result<Vec<LogLine>, ParquetError> {
        let (Some(last), Some(first)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
        let range = *first..*last + 1;
        let texts = |column: Column| self.texts(group, column as usize, range.clone());
        let numbers = |column: Column| self.numbers(group, column as usize, range.clone());
        let times = self.times(group, Column::At as usize, range.clone())?;
        let (severities, revisions, ordinals) =
            (numbers(Column::Severity)?, numbers(Column::Revision)?, numbers(Column::Ordinal)?);
        let ids = |column: Column| {
            self.cursor::<FixedLenByteArrayType>(group, column as usize)?.options(range.clone())
        };
        let (traces, spans) = (ids(Column::Trace)?, ids(Column::Span)?);
        let (services, scopes, bodies, attributes) = (
            texts(Column::Service)?,
            texts(Column::Scope)?,
            texts(Column::Body)?,
            texts(Column::Attributes)?,
        );
        let line = |row: &usize| {
            let at = row - first;
            LogLine {
                at: Timestamp(times[at]),
                severity: severities[at] as u8,
                service: text(&services[at]).to_owned(),
                instance: instance(text(&services[at]), revisions[at], ordinals[at]),
                trace_id: traces[at].as_ref().map(|id| hexadecimal(id.data())).unwrap_or_default(),
                span_id: spans[at].as_ref().map(|id| hexadecimal(id.data())).unwrap_or_default(),
                scope: text(&scopes[at]).to_owned(),
                body: text(&bodies[at]).to_owned(),
                attributes: shown::json(text(&attributes[at])),
            }
        };
        Ok(rows.iter().map(line).collect())
    }
}
