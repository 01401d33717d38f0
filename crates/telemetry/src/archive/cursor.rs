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
pub(crate) struct Cursor<T: DataType> {
    reader: ColumnReaderImpl<T>,
    position: usize,
}

impl<T: DataType> Cursor<T> {
    /// A column of a row group, which must be of this type.
    pub(crate) fn new(
        source: &Arc<Source>,
        metadata: &ParquetMetaData,
        group_number: usize,
        column: usize,
    ) -> Result<Cursor<T>, ParquetError> {
        let group = metadata.row_group(group_number);
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let locations = metadata.page_index_for_row_group(group_number).page_locations(column).cloned();
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

    pub(crate) fn read(&mut self, rows: Range<usize>, values: &mut Vec<T::T>) -> Result<(), ParquetError> {
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
    pub(crate) fn gather(
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

    /// The values of these rows of a column that may be null.
    pub(crate) fn options(&mut self, rows: Range<usize>) -> Result<Vec<Option<T::T>>, ParquetError> {
        self.go_to(rows.start)?;
        let (mut values, mut present) = (Vec::new(), Vec::new());
        while present.len() < rows.len() {
            let left = rows.len() - present.len();
            let (read, ..) = self.reader.read_records(left, Some(&mut present), None, &mut values)?;
            if read == 0 {
                return Err(ends_early());
            }
        }
        self.position = rows.end;
        let mut values = values.into_iter();
        Ok(present.into_iter().map(|level| if level > 0 { values.next() } else { None }).collect())
    }

    /// The value of a row of a column that may be null.
    pub(crate) fn optional(&mut self, row: u32) -> Result<Option<T::T>, ParquetError> {
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
