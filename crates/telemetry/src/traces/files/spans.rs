//! A file of spans. Traces are in the order of time, and the spans of one together, by their start.
//!
//! What tells a span from others is noise that nothing packs: eight bytes of its own id. Its trace's id is written once for
//! all of the trace, and its parent as how many rows above it stands.

use std::collections::HashMap;
use std::path::Path;

use naru_model::span::SpanRecord;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::ColumnPath;

use super::{File, Kind, PAGE_ROWS, WRONG};
use crate::archive::error::Error;
use crate::archive::layout::{self, Field, Packing, Shape, put};
use crate::traces::held::Held;

/// Spans of a row group; a trace is whole in one unless it is larger.
const GROUP_ROWS: usize = 128 << 10;
/// Attributes are most of a file, and each of them is written once.
const LEVEL: i32 = 6;

/// In the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Trace,
    Id,
    Parent,
    ParentId,
    Start,
    Duration,
    Service,
    Revision,
    Ordinal,
    Name,
    Kind,
    Work,
    Status,
    Error,
    Scope,
    System,
    Peer,
    Detail,
    Message,
    Attributes,
    Events,
    Resource,
}

pub(super) const FIELDS: [Field; 22] = {
    use Packing::{Delta, Dictionary, Plain, Split};
    use Shape::{Identifier, MaybeIdentifier, Signed, Text, Time, Truth, Unsigned};
    [
        Field::new("trace_id", Identifier(16), Dictionary),
        Field::new("span_id", Identifier(8), Plain),
        Field::new("parent", Signed, Dictionary),
        Field::new("parent_id", MaybeIdentifier(8), Plain),
        Field::new("start", Time, Delta).with_pages(),
        Field::new("duration_us", Signed, Split),
        Field::new("service", Text, Dictionary),
        Field::new("revision", Unsigned(32), Dictionary),
        Field::new("ordinal", Unsigned(32), Dictionary),
        Field::new("name", Text, Dictionary),
        Field::new("kind", Text, Dictionary),
        Field::new("work", Text, Dictionary),
        Field::new("status", Unsigned(16), Dictionary),
        Field::new("error", Truth, Plain),
        Field::new("scope", Text, Dictionary),
        Field::new("system", Text, Dictionary),
        Field::new("peer", Text, Dictionary),
        Field::new("detail", Text, Dictionary),
        Field::new("message", Text, Dictionary),
        Field::new("attributes", Text, Dictionary),
        Field::new("events", Text, Dictionary),
        Field::new("resource", Text, Dictionary),
    ]
};

fn properties() -> Result<WriterProperties, ParquetError> {
    let traces = ColumnPath::from(FIELDS[Column::Trace as usize].name);
    let level = Compression::ZSTD(ZstdLevel::try_new(LEVEL)?);
    Ok(layout::properties(&FIELDS, PAGE_ROWS)
        .set_compression(level)
        .set_bloom_filter_for_dictionary_encoded_chunks(true)
        .set_column_bloom_filter_enabled(traces.clone(), true)
        .set_column_bloom_filter_max_ndv(traces.clone(), GROUP_ROWS as u64)
        .set_column_bloom_filter_fpp(traces, WRONG)
        .build())
}

/// Writes all traces that are held; `None`: there are none.
pub(in crate::traces) fn write(folder: &Path, number: u64, held: &Held) -> Result<Option<File>, Error> {
    let starts = held.traces.iter().filter_map(|(id, spans)| {
        let starts = || spans.spans().map(|span| span.start.0);
        Some((starts().min()?, starts().max()?, id))
    });
    let mut traces: Vec<(u64, u64, &[u8; 16])> = starts.collect();
    traces.sort_unstable();
    let (Some(first), Some(last)) = (traces.first().map(|t| t.0), traces.iter().map(|t| t.1).max()) else {
        return Ok(None);
    };
    let properties = properties().map_err(Error::parquet("write", folder))?;
    File::create(folder, Kind::Spans, number, (first, last), properties, |file| {
        let mut traces = traces.iter().map(|(.., id)| *id).peekable();
        while traces.peek().is_some() {
            let mut rows = Vec::new();
            while rows.len() < GROUP_ROWS
                && let Some(id) = traces.next()
            {
                let mut spans: Vec<SpanRecord<'_>> = held.trace(id).collect();
                spans.sort_by_key(|span| span.start);
                rows.append(&mut spans);
            }
            write_group(file, &rows)?;
        }
        Ok(())
    })
    .map(Some)
}

fn write_group<W: std::io::Write + Send>(
    file: &mut SerializedFileWriter<W>,
    rows: &[SpanRecord<'_>],
) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    let out = &mut group;
    ids(out, rows.iter().map(|span| span.trace_id.as_slice()), None)?;
    ids(out, rows.iter().map(|span| span.span_id.as_slice()), None)?;
    let parents = parents(rows);
    put::<Int64Type, _>(out, &parents, None)?;
    let elsewhere = |(span, above): (&SpanRecord<'_>, &i64)| *above == 0 && span.parent_id != [0; 8];
    let missing: Vec<i16> = rows.iter().zip(&parents).map(|row| i16::from(elsewhere(row))).collect();
    let missed = rows.iter().zip(&missing).filter(|(_, missing)| **missing > 0);
    ids(out, missed.map(|(span, _)| span.parent_id.as_slice()), Some(&missing))?;
    let large = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    put::<Int64Type, _>(out, &rows.iter().map(|span| large(span.start.0)).collect::<Vec<_>>(), None)?;
    put::<Int64Type, _>(out, &rows.iter().map(|span| large(span.duration_us)).collect::<Vec<_>>(), None)?;
    words(out, rows, |span| span.source.service)?;
    numbers(out, rows, |span| span.source.revision)?;
    numbers(out, rows, |span| span.source.ordinal)?;
    words(out, rows, |span| span.name)?;
    words(out, rows, |span| span.kind.as_str())?;
    words(out, rows, |span| span.work.as_str())?;
    numbers(out, rows, |span| span.status.into())?;
    put::<BoolType, _>(out, &rows.iter().map(|span| span.error).collect::<Vec<_>>(), None)?;
    words(out, rows, |span| span.scope)?;
    words(out, rows, |span| span.system)?;
    words(out, rows, |span| span.peer)?;
    words(out, rows, |span| span.detail)?;
    words(out, rows, |span| span.message)?;
    words(out, rows, |span| span.attributes)?;
    words(out, rows, |span| span.events)?;
    words(out, rows, |span| span.source.resource)?;
    group.close().map(drop)
}

/// How many rows above each span its parent stands; negative below, which a clock that is off may make; 0: not here.
fn parents(rows: &[SpanRecord<'_>]) -> Vec<i64> {
    let places: HashMap<(&[u8; 16], &[u8; 8]), usize> =
        rows.iter().enumerate().map(|(at, span)| ((&span.trace_id, &span.span_id), at)).collect();
    let above = |(at, span): (usize, &SpanRecord<'_>)| {
        places.get(&(&span.trace_id, &span.parent_id)).map_or(0, |parent| at as i64 - *parent as i64)
    };
    rows.iter().enumerate().map(above).collect()
}

type Group<'f, W> = SerializedRowGroupWriter<'f, W>;

pub(super) fn ids<'i, W: std::io::Write + Send>(
    group: &mut Group<'_, W>,
    ids: impl Iterator<Item = &'i [u8]>,
    present: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let values: Vec<FixedLenByteArray> = ids.map(|id| id.to_vec().into()).collect();
    put::<FixedLenByteArrayType, _>(group, &values, present)
}

pub(super) fn words<'r, R, W: std::io::Write + Send>(
    group: &mut Group<'_, W>,
    rows: &'r [R],
    text: impl Fn(&'r R) -> &'r str,
) -> Result<(), ParquetError> {
    // What repeats is made once: of a column of few texts nothing is copied.
    let mut known: HashMap<&str, ByteArray> = HashMap::new();
    let values: Vec<ByteArray> = rows
        .iter()
        .map(|row| {
            let text = text(row);
            if known.len() >= 1024 {
                return ByteArray::from(text);
            }
            known.entry(text).or_insert_with(|| ByteArray::from(text)).clone()
        })
        .collect();
    put::<ByteArrayType, _>(group, &values, None)
}

pub(super) fn numbers<R, W: std::io::Write + Send>(
    group: &mut Group<'_, W>,
    rows: &[R],
    number: impl Fn(&R) -> u32,
) -> Result<(), ParquetError> {
    let values: Vec<i32> = rows.iter().map(|row| number(row) as i32).collect();
    put::<Int32Type, _>(group, &values, None)
}
