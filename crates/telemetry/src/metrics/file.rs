//! An hour of all series by minutes, as a Parquet file that any tool reads.
//!
//! Columns: `owner` (`host`, `instance:portal-3-1`), `name`, `labels` (a JSON object), `unit`, `rate` (whether values are
//! rates per second of a total), `start` (UTC), `mean`, `min`, `max`. Rows are by owner, name, labels and time, in groups of
//! whole series, so that one of many is found by what the footer says of each group.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naru_model::metric::{Owner, SeriesKey};
use naru_model::series::Period;
use naru_model::units::Timestamp;
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::Length;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::lane::Stretch;
use crate::archive::cursor::Cursor;
use crate::archive::error::Error;
use crate::archive::files;
use crate::archive::source::Source;
use crate::live::MINUTE;

/// Rows of a group, about: 270 series.
const GROUP_ROWS: usize = 16_384;

const COLUMNS: [(&str, Physical); 9] = [
    ("owner", Physical::BYTE_ARRAY),
    ("name", Physical::BYTE_ARRAY),
    ("labels", Physical::BYTE_ARRAY),
    ("unit", Physical::BYTE_ARRAY),
    ("rate", Physical::BOOLEAN),
    ("start", Physical::INT64),
    ("mean", Physical::FLOAT),
    ("min", Physical::FLOAT),
    ("max", Physical::FLOAT),
];
const OWNER: usize = 0;
const NAME: usize = 1;
const LABELS: usize = 2;
const UNIT: usize = 3;
const RATE: usize = 4;
const START: usize = 5;
const VALUES: [usize; 3] = [6, 7, 8];

/// One series' minutes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// With what is behind the name of a histogram's series.
    pub(super) key: SeriesKey,
    pub(super) unit: String,
    pub(super) rate: bool,
    /// Never empty, in the order of time.
    pub(super) minutes: Vec<Stretch>,
}

/// What is known of a file without reading it again.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) number: u64,
    /// When its first minute begins and its last one does, in seconds since 1970.
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) bytes: u64,
}

impl File {
    pub(super) fn overlaps(&self, period: Period) -> bool {
        self.first < period.to && self.last.saturating_add(MINUTE) > period.from
    }

    /// Writes series, of which there must be at least one, as a file of their own.
    pub(super) fn write(folder: &Path, number: u64, mut rows: Vec<Row>) -> Result<File, Error> {
        rows.sort_by_cached_key(|row| {
            (row.key.owner.to_string(), row.key.name.clone(), row.key.labels.clone())
        });
        let starts = || rows.iter().flat_map(|row| [row.minutes.first(), row.minutes.last()]).flatten();
        let first = starts().map(|minute| minute.start).min().unwrap_or(0);
        let last = starts().map(|minute| minute.start).max().unwrap_or(0);
        let path = files::metrics(folder, MINUTE, Timestamp(u64::from(first) * 1_000_000), number);
        let bytes = files::create(&path, |file| write(file, &rows).map_err(Error::parquet("write", &path)))?;
        Ok(File { path, number, first, last, bytes })
    }

    /// Reads what a file's footer tells of it.
    pub(super) fn find(path: &Path, number: u64) -> Result<File, Error> {
        let opened = Opened::open(path)?;
        let ends =
            opened.metadata.row_groups().iter().filter_map(|group| match group.column(START).statistics() {
                Some(Statistics::Int64(ends)) => ends.min_opt().copied().zip(ends.max_opt().copied()),
                _ => None,
            });
        let ends = ends.reduce(|(first, last), (start, end)| (first.min(start), last.max(end)));
        let (first, last) = ends.ok_or_else(|| foreign(path, "it does not say when it begins; remove it"))?;
        let bytes = opened.source.len();
        Ok(File { path: path.to_owned(), number, first: second(first), last: second(last), bytes })
    }

    /// The series that are wanted, by their owner (`None`: any) and name.
    pub(super) fn read(
        &self,
        owner: Option<&Owner>,
        name: &impl Fn(&str) -> bool,
    ) -> Result<Vec<Row>, Error> {
        let opened = Opened::open(&self.path)?;
        let owner = owner.map(ToString::to_string);
        let mut rows = Vec::new();
        for group in 0..opened.metadata.num_row_groups() {
            if owner.as_deref().is_none_or(|owner| opened.may_hold(group, owner)) {
                let read = opened.rows(group, owner.as_deref(), name, &mut rows);
                read.map_err(Error::parquet("read", &self.path))?;
            }
        }
        Ok(rows)
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
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Required)
            .parse_and_finish(&*source)
            .map_err(Error::parquet("read", path))?;
        let columns = metadata.file_metadata().schema_descr().columns().iter();
        if !columns.map(|column| (column.name(), column.physical_type())).eq(COLUMNS) {
            return Err(foreign(path, "it has other columns; move it out of the folder"));
        }
        Ok(Opened { source, metadata })
    }

    /// Whether an owner's series may be in a group.
    fn may_hold(&self, group: usize, owner: &str) -> bool {
        match self.metadata.row_group(group).column(OWNER).statistics() {
            Some(Statistics::ByteArray(ends)) => {
                // The most may be cut short: then it is a beginning that was counted up, and still no less.
                ends.min_opt().is_none_or(|least| least.data() <= owner.as_bytes())
                    && ends.max_opt().is_none_or(|most| most.data() >= owner.as_bytes())
            }
            _ => true,
        }
    }

    fn cursor<T: DataType>(&self, group: usize, column: usize) -> Result<Cursor<T>, ParquetError> {
        Cursor::new(&self.source, &self.metadata, group, column)
    }

    fn rows(
        &self,
        group: usize,
        owner: Option<&str>,
        name: &impl Fn(&str) -> bool,
        found: &mut Vec<Row>,
    ) -> Result<(), ParquetError> {
        let all = usize::try_from(self.metadata.row_group(group).num_rows()).unwrap_or(0);
        let (mut owners, mut names) = (Vec::new(), Vec::new());
        self.cursor::<ByteArrayType>(group, OWNER)?.read(0..all, &mut owners)?;
        self.cursor::<ByteArrayType>(group, NAME)?.read(0..all, &mut names)?;
        let wanted: Vec<u32> = (0u32..)
            .zip(owners.iter().zip(&names))
            .filter(|(_, (of, named))| owner.is_none_or(|owner| text(of) == owner) && name(text(named)))
            .map(|(row, _)| row)
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let rows = || wanted.iter().copied();
        let (mut labels, mut units, mut rates, mut starts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        self.cursor::<ByteArrayType>(group, LABELS)?.gather(rows(), &mut labels)?;
        self.cursor::<ByteArrayType>(group, UNIT)?.gather(rows(), &mut units)?;
        self.cursor::<BoolType>(group, RATE)?.gather(rows(), &mut rates)?;
        self.cursor::<Int64Type>(group, START)?.gather(rows(), &mut starts)?;
        let mut values = [Vec::new(), Vec::new(), Vec::new()];
        for (column, values) in VALUES.into_iter().zip(&mut values) {
            self.cursor::<FloatType>(group, column)?.gather(rows(), values)?;
        }
        let [means, mins, maxs] = &values;
        let mut last = None;
        for (at, row) in wanted.iter().map(|row| *row as usize).enumerate() {
            let minute = Stretch { start: second(starts[at]), mean: means[at], min: mins[at], max: maxs[at] };
            let same = Some((&owners[row], &names[row], &labels[at]));
            if last != same {
                last = same;
                let key = key(&owners[row], &names[row], &labels[at])?;
                let unit = text(&units[at]).to_owned();
                found.push(Row { key, unit, rate: rates[at], minutes: Vec::new() });
            }
            if let Some(row) = found.last_mut() {
                row.minutes.push(minute);
            }
        }
        Ok(())
    }
}

fn key(owner: &ByteArray, name: &ByteArray, labels: &ByteArray) -> Result<SeriesKey, ParquetError> {
    let broken = || ParquetError::General("a series has no readable owner or labels".to_owned());
    let labels: BTreeMap<String, String> = serde_json::from_slice(labels.data()).map_err(|_| broken())?;
    let owner: Owner = text(owner).parse().map_err(|_| broken())?;
    Ok(SeriesKey { owner, name: text(name).to_owned(), labels })
}

fn schema() -> Result<TypePtr, ParquetError> {
    let fields = COLUMNS.into_iter().map(|(name, physical)| {
        let logical = match physical {
            Physical::BYTE_ARRAY => Some(LogicalType::String),
            Physical::INT64 => Some(LogicalType::timestamp(true, TimeUnit::MICROS)),
            _ => None,
        };
        let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED);
        Ok(Arc::new(field.with_logical_type(logical).build()?))
    });
    let fields = fields.collect::<Result<_, ParquetError>>()?;
    Ok(Arc::new(Type::group_type_builder("metrics").with_fields(fields).build()?))
}

fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by(concat!("naru ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for value in VALUES {
        let column = ColumnPath::from(COLUMNS[value].0);
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column.clone(), Encoding::BYTE_STREAM_SPLIT)
            .set_column_statistics_enabled(column, EnabledStatistics::None);
    }
    let start = ColumnPath::from(COLUMNS[START].0);
    properties.set_column_encoding(start, Encoding::DELTA_BINARY_PACKED).build()
}

fn write(file: impl std::io::Write + Send, rows: &[Row]) -> Result<(), ParquetError> {
    let mut writer = SerializedFileWriter::new(file, schema()?, Arc::new(properties()))?;
    let mut rest = rows;
    while !rest.is_empty() {
        let mut count = 0;
        let full = rest.iter().position(|row| {
            count += row.minutes.len();
            count >= GROUP_ROWS
        });
        let (group, after) = rest.split_at(full.map_or(rest.len(), |last| last + 1));
        rest = after;
        let mut writing = writer.next_row_group()?;
        put_group(&mut writing, group)?;
        writing.close()?;
    }
    writer.finish()?;
    Ok(())
}

fn put_group<W: std::io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[Row],
) -> Result<(), ParquetError> {
    put_texts(group, rows, |row| row.key.owner.to_string())?;
    put_texts(group, rows, |row| row.key.name.clone())?;
    put_texts(group, rows, |row| serde_json::to_string(&row.key.labels).unwrap_or_default())?;
    put_texts(group, rows, |row| row.unit.clone())?;
    put::<BoolType, _>(group, rows.iter().flat_map(|row| row.minutes.iter().map(|_| row.rate)))?;
    let minutes = || rows.iter().flat_map(|row| &row.minutes);
    put::<Int64Type, _>(group, minutes().map(|minute| i64::from(minute.start) * 1_000_000))?;
    put::<FloatType, _>(group, minutes().map(|minute| minute.mean))?;
    put::<FloatType, _>(group, minutes().map(|minute| minute.min))?;
    put::<FloatType, _>(group, minutes().map(|minute| minute.max))
}

/// The same text for each of a row's minutes.
fn put_texts<W: std::io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[Row],
    of: impl Fn(&Row) -> String,
) -> Result<(), ParquetError> {
    let texts = rows.iter().flat_map(|row| {
        let text = ByteArray::from(of(row).into_bytes());
        row.minutes.iter().map(move |_| text.clone())
    });
    put::<ByteArrayType, _>(group, texts)
}

fn put<T: DataType, W: std::io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<T::T> = values.collect();
    let no_column = || ParquetError::General("the schema has fewer columns than are written".to_owned());
    let mut column = group.next_column()?.ok_or_else(no_column)?;
    column.typed::<T>().write_batch(&values, None, None)?;
    column.close()
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
