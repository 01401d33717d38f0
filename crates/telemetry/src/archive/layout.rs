//! How columns of the store's Parquet files are described, and packed.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
};
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::{ColumnPath, Type, TypePtr};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// UTC, microseconds.
    Time,
    /// In bits.
    Unsigned(i8),
    Signed,
    Truth,
    Text,
    /// Bytes of any kind.
    Packed,
    /// So many bytes.
    Identifier(i32),
    /// So many bytes, or null.
    MaybeIdentifier(i32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Into byte streams, so that zstd sees the bytes that hardly change apart from those that are noise.
    Split,
    /// The distance from the value before.
    Delta,
    /// What repeats, once.
    Dictionary,
    Plain,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) packing: Packing,
    /// The least and the most of each page are written, so that pages can be passed over.
    pub(crate) pages: bool,
}

impl Field {
    pub(crate) const fn new(name: &'static str, shape: Shape, packing: Packing) -> Field {
        Field { name, shape, packing, pages: false }
    }

    pub(crate) const fn with_pages(self) -> Field {
        Field { pages: true, ..self }
    }

    fn schema(&self) -> Result<Type, ParquetError> {
        let (physical, logical) = match self.shape {
            Shape::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
            Shape::Unsigned(bits) => (Physical::INT32, Some(LogicalType::integer(bits, false))),
            Shape::Signed => (Physical::INT64, None),
            Shape::Truth => (Physical::BOOLEAN, None),
            Shape::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Shape::Packed => (Physical::BYTE_ARRAY, None),
            Shape::Identifier(_) | Shape::MaybeIdentifier(_) => (Physical::FIXED_LEN_BYTE_ARRAY, None),
        };
        let (repetition, length) = match self.shape {
            Shape::Identifier(length) => (Repetition::REQUIRED, length),
            Shape::MaybeIdentifier(length) => (Repetition::OPTIONAL, length),
            _ => (Repetition::REQUIRED, -1),
        };
        Type::primitive_type_builder(self.name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .with_length(length)
            .build()
    }
}

/// The schema of a file of these columns.
pub(crate) fn schema(name: &str, fields: &[Field]) -> Result<TypePtr, ParquetError> {
    let fields = fields.iter().map(|field| field.schema().map(Arc::new)).collect::<Result<_, _>>()?;
    Ok(Arc::new(Type::group_type_builder(name).with_fields(fields).build()?))
}

/// How the columns are written, in pages of so many rows.
pub(crate) fn properties(fields: &[Field], page_rows: usize) -> WriterPropertiesBuilder {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by(concat!("naru ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_data_page_row_count_limit(page_rows)
        .set_dictionary_page_size_limit(4 << 20)
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for field in fields {
        let path = ColumnPath::from(field.name);
        let encoding = match field.packing {
            Packing::Split => Some(Encoding::BYTE_STREAM_SPLIT),
            Packing::Delta => Some(Encoding::DELTA_BINARY_PACKED),
            Packing::Plain => Some(Encoding::PLAIN),
            Packing::Dictionary => None,
        };
        if let Some(encoding) = encoding {
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path.clone(), encoding);
        }
        if field.pages {
            properties = properties.set_column_statistics_enabled(path, EnabledStatistics::Page);
        }
    }
    properties
}

/// Writes the next column of a row group; where it may be null, `present` has 1 or 0 for each row and `values` those
/// that are.
pub(crate) fn put<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    present: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.ok_or_else(no_column)?;
    column.typed::<T>().write_batch(values, present, None)?;
    column.close()
}

pub(crate) fn no_column() -> ParquetError {
    ParquetError::General("the schema has fewer columns than are written".to_owned())
}

/// Whether a file has the columns of a schema, with their types.
pub(crate) fn is_of(metadata: &ParquetMetaData, wanted: &[TypePtr]) -> bool {
    let columns = metadata.file_metadata().schema_descr().columns();
    let names = metadata.file_metadata().schema().get_fields().iter().map(|field| field.name());
    let types = wanted.iter().map(|field| (field.get_physical_type(), field.is_optional()));
    names.eq(wanted.iter().map(|field| field.name()))
        && types.eq(columns.iter().map(|column| (column.physical_type(), column.self_type().is_optional())))
}
