//! Leaves out of a scan what a search's filter does not want, by columns that are read for that alone.

use std::ops::Range;

use naru_model::series::Filter;
use parquet::bloom_filter::Sbbf;
use parquet::data_type::{FixedLenByteArrayType, Int32Type};
use parquet::errors::ParquetError;

use super::read::{Choice, Opened, Part, keep};
use super::schema::Column;
use crate::archive::cursor::Cursor;
use crate::archive::texts;

/// Columns of one scan, which goes forwards.
#[derive(Default)]
pub(super) struct Others {
    statuses: Option<Cursor<Int32Type>>,
    traces: Option<Cursor<FixedLenByteArrayType>>,
    /// For each row, whether it is wanted.
    paths: Option<Vec<bool>>,
    clients: Option<Vec<bool>>,
    values: Vec<i32>,
}

impl Others {
    /// Leaves those of a page out that are not wanted.
    pub(super) fn keep(
        &mut self,
        opened: &Opened,
        filter: &Filter,
        parts: &mut Vec<Part>,
    ) -> Result<(), ParquetError> {
        if let Some(status) = filter.status {
            let statuses = match &mut self.statuses {
                Some(statuses) => statuses,
                none => none.insert(opened.cursor(Column::Status)?),
            };
            keep(statuses, parts, &mut self.values, |value| status.has(value as u16))?;
        }
        if let Some(client) = filter.client {
            let client = client.to_string();
            let clients = match &mut self.clients {
                Some(clients) => clients,
                none => none.insert(opened.texts(Column::Client, |text| text == client)?),
            };
            retain(parts, clients);
        }
        if let Some(text) = &filter.text {
            let paths = match &mut self.paths {
                Some(paths) => paths,
                none => {
                    let lower = text.to_lowercase();
                    none.insert(opened.texts(Column::Path, |path| texts::contains(path, &lower))?)
                }
            };
            retain(parts, paths);
        }
        if let (Some(trace), Some(first), Some(last)) = (filter.trace, parts.first(), parts.last()) {
            let rows: Range<usize> = first.row as usize..last.row as usize + 1;
            let traces = match &mut self.traces {
                Some(traces) => traces,
                none => none.insert(opened.cursor(Column::Trace)?),
            };
            let ids = traces.options(rows.clone())?;
            parts.retain(|part| {
                let id = ids.get(part.row as usize - rows.start).and_then(Option::as_ref);
                id.is_some_and(|id| id.data() == trace)
            });
        }
        Ok(())
    }
}

fn retain(parts: &mut Vec<Part>, wanted: &[bool]) {
    parts.retain(|part| wanted.get(part.row as usize).copied().unwrap_or(false));
}

impl Opened {
    fn texts(&self, column: Column, wanted: impl Fn(&str) -> bool) -> Result<Vec<bool>, ParquetError> {
        let wanted = |text: &[u8]| std::str::from_utf8(text).is_ok_and(&wanted);
        texts::matching(&self.source, &self.metadata, 0, column as usize, wanted)
    }

    /// `false`: the segment has none of the trace that is looked for.
    pub(super) fn may_have_trace(&self, choice: &Choice<'_>) -> Result<bool, ParquetError> {
        let Some(trace) = choice.filter.and_then(|filter| filter.trace) else { return Ok(true) };
        let chunk = self.metadata.row_group(0).column(Column::Trace as usize);
        let filter = Sbbf::read_from_column_chunk(chunk, &*self.source)?;
        Ok(filter.is_none_or(|filter| filter.check(trace.as_slice())))
    }
}
