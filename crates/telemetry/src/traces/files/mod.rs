//! The Parquet files of the store: what each kind of them is called, and what naru needs to find its way in one.

pub(super) mod edges;
pub(super) mod logs;
pub(super) mod spans;
mod spans_read;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use naru_model::units::Timestamp;
use parquet::bloom_filter::Sbbf;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMask, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::Length;
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedFileWriter;

use crate::archive::cursor::Cursor;
use crate::archive::error::Error;
use crate::archive::layout::{self, Field};
use crate::archive::source::Source;
use crate::archive::{files, texts};
pub(super) use spans_read::Run;

/// Rows of a page: what is read at once to show one trace.
const PAGE_ROWS: usize = 8192;
/// Of the filter that tells which trace ids a row group has: how often it may be wrong.
const WRONG: f64 = 0.01;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Spans,
    Logs,
    Edges,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Spans => "spans",
            Kind::Logs => "logs",
            Kind::Edges => "edges",
        }
    }

    fn fields(self) -> &'static [Field] {
        match self {
            Kind::Spans => &spans::FIELDS,
            Kind::Logs => &logs::FIELDS,
            Kind::Edges => &edges::FIELDS,
        }
    }

    /// The column of times by which files are told apart.
    fn time(self) -> usize {
        match self {
            Kind::Spans => spans::Column::Start as usize,
            Kind::Logs => logs::Column::At as usize,
            Kind::Edges => edges::Column::Minute as usize,
        }
    }
}

/// What is known of a file without reading it again.
#[derive(Debug)]
pub(super) struct File {
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
    /// Of the journal it was made of.
    pub(super) number: u64,
    /// The first and the last time in it, in microseconds since 1970.
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) bytes: u64,
    pub(super) rows: u64,
    /// It could not be read; said once, and left alone.
    broken: AtomicBool,
}

impl File {
    /// Writes a file of rows that lie between these times.
    fn create(
        folder: &Path,
        kind: Kind,
        number: u64,
        (first, last): (u64, u64),
        properties: parquet::file::properties::WriterProperties,
        write: impl FnOnce(
            &mut SerializedFileWriter<&mut std::io::BufWriter<std::fs::File>>,
        ) -> Result<(), ParquetError>,
    ) -> Result<File, Error> {
        let path = files::kept(folder, kind.name(), Timestamp(first), number);
        let mut rows = 0;
        let bytes = files::create(&path, |file| {
            let written = (|| {
                let schema = layout::schema(kind.name(), kind.fields())?;
                let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
                write(&mut writer)?;
                rows = rows_of(&writer.finish()?);
                Ok(())
            })();
            written.map_err(Error::parquet("write", &path))
        })?;
        Ok(File { kind, path, number, first, last, bytes, rows, broken: AtomicBool::new(false) })
    }

    /// Reads what a file's footer tells of it.
    ///
    /// # Errors
    /// The file is cut short, or none of naru's.
    pub(super) fn find(kind: Kind, path: &Path, number: u64) -> Result<File, Error> {
        let opened = Opened::open(kind, path)?;
        let ends = (0..opened.groups()).filter_map(|group| opened.ends(group));
        let ends = ends.reduce(|(first, last), (f, l)| (first.min(f), last.max(l)));
        let (first, last) = ends.ok_or_else(|| Error::Foreign {
            path: path.to_owned(),
            reason: "it does not say of when it is; remove it".to_owned(),
        })?;
        let bytes = opened.source.len();
        let (path, rows) = (path.to_owned(), rows_of(&opened.metadata));
        Ok(File { kind, path, number, first, last, bytes, rows, broken: AtomicBool::new(false) })
    }

    pub(super) fn overlaps(&self, from: u64, to: u64) -> bool {
        self.first < to && self.last >= from
    }

    /// Marks it broken. `true`: it was not before.
    pub(super) fn break_off(&self) -> bool {
        !self.broken.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }
}

/// A file whose footer was read.
pub(super) struct Opened {
    kind: Kind,
    source: Arc<Source>,
    metadata: ParquetMetaData,
}

impl Opened {
    pub(super) fn open(kind: Kind, path: &Path) -> Result<Opened, Error> {
        let source = Arc::new(Source::open(path)?);
        let metadata = ParquetMetaDataReader::new()
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_column_index_mask(ColumnChunkMask::columns([kind.time()]))
            .parse_and_finish(&*source)
            .map_err(Error::parquet("read", path))?;
        let wanted = layout::schema(kind.name(), kind.fields()).map_err(Error::parquet("read", path))?;
        if !layout::is_of(&metadata, wanted.get_fields()) {
            let reason = "it has other columns; move it out of the folder".to_owned();
            return Err(Error::Foreign { path: path.to_owned(), reason });
        }
        Ok(Opened { kind, source, metadata })
    }

    pub(super) fn groups(&self) -> usize {
        self.metadata.num_row_groups()
    }

    pub(super) fn rows(&self, group: usize) -> usize {
        usize::try_from(self.metadata.row_group(group).num_rows()).unwrap_or(0)
    }

    /// The first and the last time of a row group.
    pub(super) fn ends(&self, group: usize) -> Option<(u64, u64)> {
        match self.metadata.row_group(group).column(self.kind.time()).statistics() {
            Some(Statistics::Int64(ends)) => {
                ends.min_opt().zip(ends.max_opt()).map(|(first, last)| (*first as u64, *last as u64))
            }
            _ => None,
        }
    }

    /// Whether a row group may have this id in a column with a filter.
    fn may_have(&self, group: usize, column: usize, id: &[u8]) -> Result<bool, ParquetError> {
        let chunk = self.metadata.row_group(group).column(column);
        let filter = Sbbf::read_from_column_chunk(chunk, &*self.source)?;
        Ok(filter.is_none_or(|filter| filter.check(id)))
    }

    fn cursor<T: DataType>(&self, group: usize, column: usize) -> Result<Cursor<T>, ParquetError> {
        Cursor::new(&self.source, &self.metadata, group, column)
    }

    /// For each row of a group whether its text is wanted.
    fn matching(
        &self,
        group: usize,
        column: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<bool>, ParquetError> {
        let wanted = |text: &[u8]| std::str::from_utf8(text).is_ok_and(&wanted);
        texts::matching(&self.source, &self.metadata, group, column, wanted)
    }

    fn times(&self, group: usize, column: usize, rows: Range<usize>) -> Result<Vec<u64>, ParquetError> {
        let mut values = Vec::new();
        self.cursor::<Int64Type>(group, column)?.read(rows, &mut values)?;
        Ok(values.into_iter().map(|value| value as u64).collect())
    }

    fn numbers(&self, group: usize, column: usize, rows: Range<usize>) -> Result<Vec<u32>, ParquetError> {
        let mut values = Vec::new();
        self.cursor::<Int32Type>(group, column)?.read(rows, &mut values)?;
        Ok(values.into_iter().map(|value| value as u32).collect())
    }

    fn truths(&self, group: usize, column: usize, rows: Range<usize>) -> Result<Vec<bool>, ParquetError> {
        let mut values = Vec::new();
        self.cursor::<BoolType>(group, column)?.read(rows, &mut values)?;
        Ok(values)
    }

    fn texts(&self, group: usize, column: usize, rows: Range<usize>) -> Result<Vec<ByteArray>, ParquetError> {
        let mut values = Vec::new();
        self.cursor::<ByteArrayType>(group, column)?.read(rows, &mut values)?;
        Ok(values)
    }
}

fn rows_of(metadata: &ParquetMetaData) -> u64 {
    u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0)
}

fn text(value: &ByteArray) -> &str {
    value.as_utf8().unwrap_or_default()
}

/// Leaves wanted what is wanted in both.
fn both(wanted: &mut [bool], also: &[bool]) {
    wanted.iter_mut().zip(also).for_each(|(wanted, also)| *wanted &= also);
}
