//! A Parquet file of figures: readable columns for any tool, and the packed figures that they were drawn from for naru.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use naru_model::series::{Period, Point};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMask, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::Length;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::entry::{Entry, kind};
use crate::archive::cursor::Cursor;
use crate::archive::error::Error;
use crate::archive::files;
use crate::archive::source::Source;
use crate::points::point;

/// Rows of a page: an hour of minutes of some things.
const PAGE_ROWS: usize = 1024;

/// What naru itself reads, in the order of the file; the columns behind them are for others.
const OWN: [(&str, Physical); 6] = [
    ("kind", Physical::BYTE_ARRAY),
    ("name", Physical::BYTE_ARRAY),
    ("start", Physical::INT64),
    ("seconds", Physical::INT32),
    ("cell", Physical::BYTE_ARRAY),
    ("gauges", Physical::BYTE_ARRAY),
];
const KIND: usize = 0;
const NAME: usize = 1;
const START: usize = 2;
const SECONDS: usize = 3;
const CELL: usize = 4;
const GAUGES: usize = 5;

/// A readable column: its name, and its value in a point.
type Count = (&'static str, fn(&Point) -> i64);
type Measure = (&'static str, fn(&Point) -> Option<f64>);

const COUNTS: [Count; 7] = [
    ("requests", |p| p.requests as i64),
    ("client_errors", |p| p.client_errors as i64),
    ("service_errors", |p| p.service_errors as i64),
    ("platform_errors", |p| p.platform_errors as i64),
    ("satisfied", |p| p.apdex.satisfied as i64),
    ("tolerating", |p| p.apdex.tolerating as i64),
    ("frustrated", |p| p.apdex.frustrated as i64),
];
const MEASURES: [Measure; 14] = [
    ("mean_seconds", |p| (p.requests > 0).then_some(p.mean_seconds)),
    ("p50_seconds", |p| (p.requests > 0).then_some(p.p50_seconds)),
    ("p95_seconds", |p| (p.requests > 0).then_some(p.p95_seconds)),
    ("p99_seconds", |p| (p.requests > 0).then_some(p.p99_seconds)),
    ("active_users", |p| p.active_users.map(|users| users as f64)),
    ("in_flight", |p| p.in_flight),
    ("waiting", |p| p.waiting),
    ("instances", |p| p.instances.map(f64::from)),
    ("cpu_cores", |p| p.cpu_cores),
    ("memory_bytes", |p| p.memory_bytes.map(|bytes| bytes as f64)),
    ("received_bytes", |p| Some(p.received_bytes)),
    ("sent_bytes", |p| Some(p.sent_bytes)),
    ("disk_read_bytes", |p| p.disk_read_bytes),
    ("disk_written_bytes", |p| p.disk_written_bytes),
];

/// What is known of a file without reading it again.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// The length of its stretches, in seconds.
    pub(super) width: u32,
    pub(super) number: u64,
    /// When its first stretch begins and its last one does, in seconds since 1970.
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) bytes: u64,
}

impl File {
    pub(super) fn overlaps(&self, period: Period) -> bool {
        self.first < period.to && self.last.saturating_add(self.width) > period.from
    }

    /// Writes entries, of which there must be at least one, as a file of their own.
    pub(super) fn write(
        folder: &Path,
        width: u32,
        number: u64,
        mut entries: Vec<Entry>,
    ) -> Result<File, Error> {
        entries.sort_by(|a, b| (&a.kind, &a.name, a.start).cmp(&(&b.kind, &b.name, b.start)));
        let starts = || entries.iter().map(|entry| entry.start);
        let (first, last) = (starts().min().unwrap_or(0), starts().max().unwrap_or(0));
        let path = files::figures(folder, width, at(first), number);
        let bytes =
            files::create(&path, |file| write(file, &entries).map_err(Error::parquet("write", &path)))?;
        Ok(File { path, width, number, first, last, bytes })
    }

    /// Reads what a file's footer tells of it.
    pub(super) fn find(path: &Path, width: u32, number: u64) -> Result<File, Error> {
        let opened = Opened::open(path)?;
        let ends = match opened.metadata.row_group(0).column(START).statistics() {
            Some(Statistics::Int64(ends)) => ends.min_opt().copied().zip(ends.max_opt().copied()),
            _ => None,
        };
        let (first, last) = ends.ok_or_else(|| foreign(path, "it does not say when it begins; remove it"))?;
        let bytes = opened.source.len();
        Ok(File { path: path.to_owned(), width, number, first: second(first), last: second(last), bytes })
    }

    /// All of its entries.
    pub(super) fn read(&self) -> Result<Vec<Entry>, Error> {
        let opened = Opened::open(&self.path)?;
        opened.entries(None).map_err(Error::parquet("read", &self.path))
    }

    /// Those of one thing.
    pub(super) fn read_of(&self, kind: &str, name: &str) -> Result<Vec<Entry>, Error> {
        let opened = Opened::open(&self.path)?;
        opened.entries(Some((kind, name))).map_err(Error::parquet("read", &self.path))
    }
}

struct Opened {
    source: Arc<Source>,
    metadata: ParquetMetaData,
}

impl Opened {
    fn open(path: &Path) -> Result<Opened, Error> {
        let source = Arc::new(Source::open(path)?);
        let metadata = ParquetMetaDataReader::new()
            .with_page_index_policy(PageIndexPolicy::Required)
            .with_column_index_mask(ColumnChunkMask::columns([NAME]))
            .parse_and_finish(&*source)
            .map_err(Error::parquet("read", path))?;
        let columns = metadata.file_metadata().schema_descr().columns().iter();
        let own = columns.take(OWN.len()).map(|column| (column.name(), column.physical_type()));
        if !own.eq(OWN) || metadata.num_row_groups() != 1 {
            return Err(foreign(path, "it has other columns; move it out of the folder"));
        }
        Ok(Opened { source, metadata })
    }

    fn cursor<T: DataType>(&self, column: usize) -> Result<Cursor<T>, ParquetError> {
        Cursor::new(&self.source, &self.metadata, 0, column)
    }

    /// Those of one thing, or all.
    fn entries(&self, of: Option<(&str, &str)>) -> Result<Vec<Entry>, ParquetError> {
        let (mut kinds, mut names) =
            (self.cursor::<ByteArrayType>(KIND)?, self.cursor::<ByteArrayType>(NAME)?);
        let (mut kind, mut name) = (Vec::new(), Vec::new());
        let mut found = Vec::<(u32, String, String)>::new();
        for page in self.pages(of.map(|(_, name)| name)) {
            kinds.read(page.clone(), &mut kind)?;
            names.read(page.clone(), &mut name)?;
            for (row, (kind, name)) in page.zip(kind.iter().zip(&name)) {
                let (kind, name) = (text(kind), text(name));
                if of.is_none_or(|of| of == (kind, name)) {
                    found.push((row as u32, kind.to_owned(), name.to_owned()));
                }
            }
        }
        let rows = || found.iter().map(|(row, ..)| *row);
        let (mut starts, mut seconds, mut cells, mut gauges) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        self.cursor::<Int64Type>(START)?.gather(rows(), &mut starts)?;
        self.cursor::<Int32Type>(SECONDS)?.gather(rows(), &mut seconds)?;
        self.cursor::<ByteArrayType>(CELL)?.gather(rows(), &mut cells)?;
        self.cursor::<ByteArrayType>(GAUGES)?.gather(rows(), &mut gauges)?;
        let entries = found.into_iter().enumerate().map(|(at, (_, kind, name))| Entry {
            kind,
            name,
            start: second(starts[at]),
            seconds: seconds[at] as u32,
            cell: cells[at].data().to_vec(),
            gauges: gauges[at].data().to_vec(),
        });
        Ok(entries.collect())
    }

    /// The rows of the pages in which a name may be.
    fn pages(&self, name: Option<&str>) -> Vec<std::ops::Range<usize>> {
        let rows = usize::try_from(self.metadata.row_group(0).num_rows()).unwrap_or(0);
        let index = self.metadata.page_index_for_row_group(0);
        let (Some(name), Some(pages), Some(ColumnIndexMetaData::BYTE_ARRAY(names))) =
            (name, index.page_locations(NAME), index.column_index(NAME))
        else {
            return std::iter::once(0..rows).collect();
        };
        let starts = pages.iter().map(|page| usize::try_from(page.first_row_index).unwrap_or(0));
        let stops = starts.clone().skip(1).chain([rows]);
        let may_hold = |at: usize| {
            // The most may be cut short: then it is a beginning that was counted up, and still no less.
            names.min_value(at).is_none_or(|least| least <= name.as_bytes())
                && names.max_value(at).is_none_or(|most| most >= name.as_bytes())
        };
        let pages = starts.zip(stops).enumerate().filter(|(at, _)| may_hold(*at));
        pages.map(|(_, (start, stop))| start..stop).collect()
    }
}

fn schema() -> Result<TypePtr, ParquetError> {
    let field = |name: &str, physical: Physical, repetition: Repetition, logical: Option<LogicalType>| {
        let field = Type::primitive_type_builder(name, physical);
        Ok(Arc::new(field.with_repetition(repetition).with_logical_type(logical).build()?))
    };
    let own = OWN.into_iter().map(|(name, physical)| {
        let logical = match name {
            "kind" | "name" => Some(LogicalType::String),
            "start" => Some(LogicalType::timestamp(true, TimeUnit::MICROS)),
            _ => None,
        };
        field(name, physical, Repetition::REQUIRED, logical)
    });
    let counts = COUNTS.iter().map(|(name, _)| field(name, Physical::INT64, Repetition::REQUIRED, None));
    let measures = MEASURES.iter().map(|(name, _)| field(name, Physical::DOUBLE, Repetition::OPTIONAL, None));
    let fields = own.chain(counts).chain(measures).collect::<Result<_, ParquetError>>()?;
    Ok(Arc::new(Type::group_type_builder("figures").with_fields(fields).build()?))
}

fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by(concat!("naru ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_write_batch_size(PAGE_ROWS)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_statistics_enabled(ColumnPath::from("name"), EnabledStatistics::Page);
    for packed in ["cell", "gauges"] {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(packed), false)
            .set_column_statistics_enabled(ColumnPath::from(packed), EnabledStatistics::None);
    }
    properties.build()
}

fn write(file: impl std::io::Write + Send, entries: &[Entry]) -> Result<(), ParquetError> {
    let mut writer = SerializedFileWriter::new(file, schema()?, Arc::new(properties()))?;
    let mut group = writer.next_row_group()?;
    let bytes = |value: &[u8]| ByteArray::from(value.to_vec());
    put::<ByteArrayType, _>(&mut group, entries.iter().map(|entry| bytes(entry.kind.as_bytes())))?;
    put::<ByteArrayType, _>(&mut group, entries.iter().map(|entry| bytes(entry.name.as_bytes())))?;
    put::<Int64Type, _>(&mut group, entries.iter().map(|entry| i64::from(entry.start) * 1_000_000))?;
    put::<Int32Type, _>(&mut group, entries.iter().map(|entry| entry.seconds as i32))?;
    put::<ByteArrayType, _>(&mut group, entries.iter().map(|entry| bytes(&entry.cell)))?;
    put::<ByteArrayType, _>(&mut group, entries.iter().map(|entry| bytes(&entry.gauges)))?;
    let points: Vec<Point> = entries.iter().map(readable).collect();
    for (_, count) in COUNTS {
        put::<Int64Type, _>(&mut group, points.iter().map(count))?;
    }
    for (_, measure) in MEASURES {
        let values = points.iter().map(measure);
        let present: Vec<i16> = values.clone().map(|value| i16::from(value.is_some())).collect();
        let values: Vec<f64> = values.flatten().collect();
        let mut column = group.next_column()?.ok_or_else(no_column)?;
        column.typed::<DoubleType>().write_batch(&values, Some(&present), None)?;
        column.close()?;
    }
    group.close()?;
    writer.finish()?;
    Ok(())
}

fn put<T: DataType, W: std::io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<T::T> = values.collect();
    let mut column = group.next_column()?.ok_or_else(no_column)?;
    column.typed::<T>().write_batch(&values, None, None)?;
    column.close()
}

/// What other tools see. Active users are those of the stretch itself.
fn readable(entry: &Entry) -> Point {
    let Ok(figures) = entry.unpack() else { return Point::default() };
    let users = figures.cell.users.as_ref().map(crate::users::Users::count);
    point(kind(&entry.kind), &figures, users)
}

fn at(second: u32) -> naru_model::units::Timestamp {
    naru_model::units::Timestamp(u64::from(second) * 1_000_000)
}

fn second(micros: i64) -> u32 {
    u32::try_from(micros / 1_000_000).unwrap_or(0)
}

fn text(value: &ByteArray) -> &str {
    value.as_utf8().unwrap_or_default()
}

fn foreign(path: &Path, reason: &str) -> Error {
    Error::Foreign { path: path.to_owned(), reason: reason.to_owned() }
}

fn no_column() -> ParquetError {
    ParquetError::General("the schema has fewer columns than are written".to_owned())
}
