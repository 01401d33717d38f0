//! The columns of a segment, and how each is packed.
//!
//! Times and sizes are split into byte streams (BYTE_STREAM_SPLIT), so that zstd sees the bytes that hardly change apart
//! from those that are noise; what repeats is in dictionaries. Measured on the load of `bench/telemetry`, see there.

use std::sync::Arc;

use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

/// Columns in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    End,
    Response,
    Waiting,
    Connecting,
    Other,
    Group,
    Service,
    Revision,
    Ordinal,
    Function,
    Route,
    Client,
    Method,
    Protocol,
    Status,
    Fault,
    Attempts,
    Received,
    Sent,
    Path,
    Trace,
    /// Not in segments of before there were clients.
    Caller,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Time,
    /// In bits.
    Unsigned(i8),
    Signed,
    Text,
    Identifier,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Split,
    Dictionary,
    Plain,
}

impl Column {
    pub(super) const ALL: [Column; 22] = [
        Column::End,
        Column::Response,
        Column::Waiting,
        Column::Connecting,
        Column::Other,
        Column::Group,
        Column::Service,
        Column::Revision,
        Column::Ordinal,
        Column::Function,
        Column::Route,
        Column::Client,
        Column::Method,
        Column::Protocol,
        Column::Status,
        Column::Fault,
        Column::Attempts,
        Column::Received,
        Column::Sent,
        Column::Path,
        Column::Trace,
        Column::Caller,
    ];

    fn described(self) -> (&'static str, Shape, Packing) {
        use Packing::{Dictionary, Plain, Split};
        match self {
            Column::End => ("end", Shape::Time, Split),
            Column::Response => ("response_us", Shape::Unsigned(32), Split),
            Column::Waiting => ("waiting_us", Shape::Unsigned(32), Split),
            Column::Connecting => ("connecting_us", Shape::Unsigned(32), Split),
            Column::Other => ("other_us", Shape::Signed, Split),
            Column::Group => ("group", Shape::Unsigned(32), Dictionary),
            Column::Service => ("service", Shape::Text, Dictionary),
            Column::Revision => ("revision", Shape::Unsigned(32), Dictionary),
            Column::Ordinal => ("ordinal", Shape::Unsigned(32), Dictionary),
            Column::Function => ("function", Shape::Text, Dictionary),
            Column::Route => ("route", Shape::Text, Dictionary),
            Column::Client => ("client", Shape::Text, Dictionary),
            Column::Method => ("method", Shape::Text, Dictionary),
            Column::Protocol => ("protocol", Shape::Unsigned(8), Dictionary),
            Column::Status => ("status", Shape::Unsigned(16), Dictionary),
            Column::Fault => ("fault", Shape::Unsigned(8), Dictionary),
            Column::Attempts => ("attempts", Shape::Unsigned(8), Dictionary),
            Column::Received => ("received_bytes", Shape::Signed, Split),
            Column::Sent => ("sent_bytes", Shape::Signed, Split),
            Column::Path => ("path", Shape::Text, Dictionary),
            Column::Trace => ("trace_id", Shape::Identifier, Plain),
            Column::Caller => ("caller", Shape::Text, Dictionary),
        }
    }

    pub(super) fn name(self) -> &'static str {
        self.described().0
    }

    fn field(self) -> Result<Type, ParquetError> {
        let (name, shape, _) = self.described();
        let (physical, logical) = match shape {
            Shape::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
            Shape::Unsigned(bits) => (Physical::INT32, Some(LogicalType::integer(bits, false))),
            Shape::Signed => (Physical::INT64, None),
            Shape::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Shape::Identifier => (Physical::FIXED_LEN_BYTE_ARRAY, None),
        };
        let (repetition, length) = match shape {
            Shape::Identifier => (Repetition::OPTIONAL, 16),
            _ => (Repetition::REQUIRED, -1),
        };
        Type::primitive_type_builder(name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .with_length(length)
            .build()
    }
}

/// Rows of a page: what is read at once to show one transaction.
pub(super) const PAGE_ROWS: usize = 8192;
/// Rows of a slice: they are sorted by their end from slice to slice, and by what they are of within one. A multiple of
/// [`PAGE_ROWS`].
pub(in crate::archive) const SLICE_ROWS: usize = 64 << 10;
/// Under this key of the file's metadata: what each number of the column `group` stands for.
pub(super) const GROUPS: &str = "naru.groups";
/// Under this one: the calls added up, see [`crate::archive::calls`].
pub(super) const CALLS: &str = "naru.calls";

pub(super) fn schema() -> Result<TypePtr, ParquetError> {
    let fields = Column::ALL.iter().map(|column| column.field().map(Arc::new)).collect::<Result<_, _>>()?;
    Ok(Arc::new(Type::group_type_builder("transactions").with_fields(fields).build()?))
}

pub(super) fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by(concat!("naru ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_dictionary_page_size_limit(4 << 20)
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for column in Column::ALL {
        let (name, _, packing) = column.described();
        let path = ColumnPath::from(name);
        properties = match packing {
            Packing::Split => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::BYTE_STREAM_SPLIT),
            Packing::Plain => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::PLAIN),
            Packing::Dictionary => properties,
        };
    }
    for column in [Column::End, Column::Response] {
        let path = ColumnPath::from(column.name());
        properties = properties.set_column_statistics_enabled(path, EnabledStatistics::Page);
    }
    properties.build()
}
