//! A column of a Parquet file, read forwards with rows left out.

use std::ops::Range;
use std::sync::Arc;

use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::source::Source;

/// Whole pages that hold no wanted row are not read.
pub(super) struct Cursor<T: DataType> {
    reader: ColumnReaderImpl<T>,
    position: usize,
}

impl<T: DataType> Cursor<T> {
    /// A column of the first row group, which must be of this type.
    pub(super) fn new(
        source: &Arc<Source>,
        metadata: &ParquetMetaData,
        column: usize,
    ) -> Result<Cursor<T>, ParquetError> {
        let group = metadata.row_group(0);
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let locations = metadata.page_index_for_row_group(0).page_locations(column).cloned();
        let chunk = group.column(column);
        let pages = SerializedPageReader::new(source.clone(), chunk, rows, locations)?;
        let reader = ColumnReaderImpl::new(chunk.column_descr_ptr(), Box::new(pages));
        Ok(Cursor { reader, position: 0 })
    }

    fn go_to(&mut self, row: usize) -> Result<(), ParquetError> {
        let skip = row.checked_sub(self.position).ok_or_else(out_of_order)?;
        if self.reader.skip_records(skip)? != skip {
            return Err(ends_early());
        }
        self.position = row;
        Ok(())
    }

    pub(super) fn read(&mut self, rows: Range<usize>, values: &mut Vec<T::T>) -> Result<(), ParquetError> {
        values.clear();
        self.append(rows, values)
    }

    fn append(&mut self, rows: Range<usize>, values: &mut Vec<T::T>) -> Result<(), ParquetError> {
        self.go_to(rows.start)?;
        let (read, ..) = self.reader.read_records(rows.len(), None, None, values)?;
        if read != rows.len() {
            return Err(ends_early());
        }
        self.position = rows.end;
        Ok(())
    }

    /// The values of these rows only, which are in ascending order.
    pub(super) fn gather(
        &mut self,
        rows: impl IntoIterator<Item = u32>,
        values: &mut Vec<T::T>,
    ) -> Result<(), ParquetError> {
        values.clear();
        let mut rows = rows.into_iter().map(|row| row as usize).peekable();
        while let Some(start) = rows.next() {
            // Rows one after another are read at once.
            let mut end = start + 1;
            while rows.next_if_eq(&end).is_some() {
                end += 1;
            }
            self.append(start..end, values)?;
        }
        Ok(())
    }

    /// The value of a row of a column that may be null.
    pub(super) fn optional(&mut self, row: u32) -> Result<Option<T::T>, ParquetError> {
        self.go_to(row as usize)?;
        let (mut values, mut present) = (Vec::new(), Vec::new());
        self.reader.read_records(1, Some(&mut present), None, &mut values)?;
        self.position += 1;
        Ok(values.pop())
    }
}

fn out_of_order() -> ParquetError {
    ParquetError::General("rows are read in ascending order only".to_owned())
}

fn ends_early() -> ParquetError {
    ParquetError::EOF("a column ends before the file does".to_owned())
}
