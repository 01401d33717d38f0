//! Makes a segment of rows.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use naru_model::units::Timestamp;
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};

use super::Segment;
use super::footer;
use super::schema::{CALLS, Column, GROUPS, SLICE_ROWS, properties, schema};
use crate::archive::calls::Sums;
use crate::archive::error::Error;
use crate::archive::files;
use crate::archive::layout::no_column;
use crate::archive::rows::{Group, Row, Rows};
use crate::trace_ids::TraceIds;

/// Writes rows as the segment of a journal. There must be at least one.
pub(in crate::archive) fn write(
    folder: &Path,
    number: u64,
    rows: &Rows,
    ids: &TraceIds,
) -> Result<Segment, Error> {
    let path = files::transactions(folder, Timestamp(rows.first), number);
    let sorted = Sorted::of(rows, ids);
    let bytes = files::create(&path, |file| sorted.write(file).map_err(Error::parquet("write", &path)))?;
    Ok(Segment {
        path,
        number,
        first: rows.first,
        last: rows.last,
        rows: rows.rows.len() as u64,
        bytes,
        broken: AtomicBool::new(false),
    })
}

/// A path that a slice has less often is sorted among its like: by time, which then packs better than by path.
const COMMON: u32 = 8;

/// Rows in the order of the file.
struct Sorted<'r> {
    rows: &'r Rows,
    ids: &'r TraceIds,
    order: Vec<u32>,
    groups: Vec<Group>,
    /// The group of each way.
    group_of: Vec<u32>,
}

impl<'r> Sorted<'r> {
    /// By slices of time, so that a stretch of it lies in few pages; within a slice by what is alike, so that it packs
    /// well; within that by time.
    fn of(rows: &'r Rows, ids: &'r TraceIds) -> Sorted<'r> {
        let (groups, group_of) = groups(rows);
        let path_ranks = ranks(&rows.paths.values);
        let mut order: Vec<u32> = (0..rows.rows.len() as u32).collect();
        order.sort_by_key(|at| rows.rows[*at as usize].end);
        let mut counts = vec![0u32; path_ranks.len()];
        for slice in order.chunks_mut(SLICE_ROWS) {
            counts.fill(0);
            slice.iter().for_each(|at| counts[rows.rows[*at as usize].path as usize] += 1);
            slice.sort_by_cached_key(|at| {
                let row = &rows.rows[*at as usize];
                let path = row.path as usize;
                let path = if counts[path] < COMMON { u32::MAX } else { path_ranks[path] };
                (group_of[row.way as usize], path, row.method as u8, row.end)
            });
        }
        Sorted { rows, ids, order, groups, group_of }
    }

    fn write(&self, file: impl Write + Send) -> Result<(), ParquetError> {
        let mut writer = SerializedFileWriter::new(file, schema()?, Arc::new(properties()))?;
        let mut group = writer.next_row_group()?;
        for column in Column::ALL {
            self.write_column(&mut group, column)?;
        }
        group.close()?;
        let failed = |error: std::io::Error| ParquetError::External(error.into());
        let groups = footer::pack(&self.groups).map_err(failed)?;
        writer.append_key_value_metadata(KeyValue::new(GROUPS.to_owned(), groups));
        let calls = footer::pack(&Sums::of(self.rows)).map_err(failed)?;
        writer.append_key_value_metadata(KeyValue::new(CALLS.to_owned(), calls));
        writer.finish()?;
        Ok(())
    }

    fn write_column<W: Write + Send>(
        &self,
        group: &mut SerializedRowGroupWriter<'_, W>,
        column: Column,
    ) -> Result<(), ParquetError> {
        let rows = self.rows;
        let names = Texts::of(rows);
        match column {
            Column::End => self.put::<Int64Type, _>(group, |row| row.end as i64),
            Column::Response => self.put::<Int32Type, _>(group, |row| row.response_us as i32),
            Column::Waiting => self.put::<Int32Type, _>(group, |row| row.waiting_us as i32),
            Column::Connecting => self.put::<Int32Type, _>(group, |row| row.connecting_us as i32),
            Column::Other => self.put::<Int64Type, _>(group, other_us),
            Column::Group => self.put::<Int32Type, _>(group, |row| self.group_of[row.way as usize] as i32),
            Column::Service => {
                self.put::<ByteArrayType, _>(group, |row| names.services[row.way as usize].clone())
            }
            Column::Revision => {
                self.put::<Int32Type, _>(group, |row| rows.ways.values[row.way as usize].revision as i32)
            }
            Column::Ordinal => {
                self.put::<Int32Type, _>(group, |row| rows.ways.values[row.way as usize].ordinal as i32)
            }
            Column::Function => {
                self.put::<ByteArrayType, _>(group, |row| names.functions[row.way as usize].clone())
            }
            Column::Route => {
                self.put::<ByteArrayType, _>(group, |row| names.routes[row.way as usize].clone())
            }
            Column::Client => {
                let clients = texts(rows.clients.values.iter().map(ToString::to_string));
                self.put::<ByteArrayType, _>(group, |row| clients[row.client as usize].clone())
            }
            Column::Method => self.put::<ByteArrayType, _>(group, |row| row.method.as_str().into()),
            Column::Protocol => self.put::<Int32Type, _>(group, |row| row.protocol.into()),
            Column::Status => self.put::<Int32Type, _>(group, |row| row.status.into()),
            Column::Fault => self.put::<Int32Type, _>(group, |row| row.fault as i32),
            Column::Attempts => self.put::<Int32Type, _>(group, |row| row.attempts.into()),
            Column::Received => self.put::<Int64Type, _>(group, |row| clamped(row.received_bytes)),
            Column::Sent => self.put::<Int64Type, _>(group, |row| clamped(row.sent_bytes)),
            Column::Path => {
                let paths = texts(rows.paths.values.iter().map(|path| path.to_string()));
                self.put::<ByteArrayType, _>(group, |row| paths[row.path as usize].clone())
            }
            Column::Trace => self.put_traces(group),
            Column::Caller => {
                self.put::<ByteArrayType, _>(group, |row| names.callers[row.way as usize].clone())
            }
        }
    }

    fn put<T: DataType, W: Write + Send>(
        &self,
        group: &mut SerializedRowGroupWriter<'_, W>,
        value: impl Fn(&Row) -> T::T,
    ) -> Result<(), ParquetError> {
        let mut column = group.next_column()?.ok_or_else(no_column)?;
        let mut values = Vec::with_capacity(SLICE_ROWS);
        for slice in self.order.chunks(SLICE_ROWS) {
            values.clear();
            values.extend(slice.iter().map(|at| value(&self.rows.rows[*at as usize])));
            column.typed::<T>().write_batch(&values, None, None)?;
        }
        column.close()
    }

    fn put_traces<W: Write + Send>(
        &self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        let mut column = group.next_column()?.ok_or_else(no_column)?;
        for slice in self.order.chunks(SLICE_ROWS) {
            let trace = |at: &u32| self.rows.trace(&self.rows.rows[*at as usize], self.ids);
            let traces: Vec<Option<&[u8; 16]>> = slice.iter().map(trace).collect();
            let present: Vec<i16> = traces.iter().map(|trace| i16::from(trace.is_some())).collect();
            let kept = traces.into_iter().flatten();
            let values: Vec<FixedLenByteArray> = kept.map(|trace| trace.to_vec().into()).collect();
            column.typed::<FixedLenByteArrayType>().write_batch(&values, Some(&present), None)?;
        }
        column.close()
    }
}

/// The names of each way, as the file has them.
struct Texts {
    services: Vec<ByteArray>,
    functions: Vec<ByteArray>,
    routes: Vec<ByteArray>,
    callers: Vec<ByteArray>,
}

impl Texts {
    fn of(rows: &Rows) -> Texts {
        let ways = || rows.ways.values.iter();
        Texts {
            services: texts(ways().map(|way| rows.service(*way).to_owned())),
            functions: texts(ways().map(|way| rows.function(*way).to_owned())),
            routes: texts(ways().map(|way| rows.route(*way).to_owned())),
            callers: texts(ways().map(|way| rows.caller(*way).to_owned())),
        }
    }
}

fn texts(values: impl Iterator<Item = String>) -> Vec<ByteArray> {
    values.map(|value| ByteArray::from(value.into_bytes())).collect()
}

/// What is left of the response time when waiting, connecting and the service are taken off: the gateway's own, and the
/// bodies' way. Below zero when a part was measured for longer than the whole.
fn other_us(row: &Row) -> i64 {
    let parts = [row.waiting_us, row.connecting_us, row.upstream_us];
    i64::from(row.response_us) - parts.into_iter().map(i64::from).sum::<i64>()
}

fn clamped(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Numbers the groups in the order of their names, and says which one each way is in.
fn groups(rows: &Rows) -> (Vec<Group>, Vec<u32>) {
    let names: Vec<Group> = rows.ways.values.iter().map(|way| rows.group(*way)).collect();
    let mut numbers: BTreeMap<&Group, u32> = names.iter().map(|group| (group, 0)).collect();
    numbers.values_mut().zip(0..).for_each(|(number, at)| *number = at);
    let group_of = names.iter().map(|group| numbers[group]).collect();
    (numbers.into_keys().cloned().collect(), group_of)
}

/// Where each value stands among all of them in order.
fn ranks<T: Ord>(values: &[T]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by_key(|at| &values[*at as usize]);
    let mut ranks = vec![0; values.len()];
    for (rank, at) in order.into_iter().enumerate() {
        ranks[at as usize] = rank as u32;
    }
    ranks
}
